"""A list of people on its way into the rows, in one transaction; loading it again changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, update

from bot.effects import Actor, Owner
from bot.store import estate, meta, people, timeline
from bot.store.columns import table_of
from bot.store.joining import naming_persons
from bot.store.people_plan import CALLS, CARE, HEALTH, Key, Plan, Step, given_at, key_of
from bot.store.tables import Consent, Household, Need, Person, Unit
from bot.store.tx import Tx

NEED = table_of(Need)
SUBJECT = "people"  # of the timeline that says who loaded what
WAYS = {"paper": "本人在纸上签字同意：", "voice": "本人口头同意并已录音："}
WORDING = {
    CARE: "为了在我需要时找到我、照顾我，社区保存我的姓名、电话、住址和需要照顾的情况。",
    HEALTH: "为了在紧急时救助我，社区另外保存我行动、听力和用电医疗设备的情况。",
}
_NEED_OVER = delete(NEED).where(NEED.c.id == bindparam("need"))


def counted(plan: Plan) -> dict[str, int]:
    """What a plan adds and changes, for a person to look at before and after."""
    known = [step for step in plan.steps if step.person_id is not None]
    changed = sum(1 for step in known if step.changes)
    return {
        "new_households": len({key_of(step.home) for step in plan.steps if step.household_id is None}),
        "new_people": len(plan.steps) - len(known),
        "new_addresses": len({each for step in plan.steps for each in (*step.addresses, *step.shared)}),
        "changed": changed,
        "unchanged": len(known) - changed,
    }


def load(tx: Tx, plan: Plan, *, actor: Actor, zone: ZoneInfo, now: datetime) -> None:
    """Everybody on the list is kept as it says, and that it was loaded is on record; addresses wait to be verified by their owners."""
    if not plan.changes:
        return
    loading = _Loading(tx, zone, now)
    loading.households(plan)
    for step in plan.steps:
        loading.person(step)
    for step in plan.steps:  # whoever helps may stand on a later line
        loading.pair(step)
    timeline.append(tx, SUBJECT, at=now, actor=str(actor), channel=actor.channel, kind="imported", body=counted(plan))


class _Loading:
    """The rows as they are made."""

    def __init__(self, tx: Tx, zone: ZoneInfo, now: datetime) -> None:
        self.tx = tx
        self.zone = zone
        self.now = now
        self.made: dict[Key, int] = {}
        self.units: dict[tuple[int, str], int] = {}
        self.people: dict[int, int] = {}  # line to person

    def households(self, plan: Plan) -> None:
        """Every home that the register did not list is there."""
        for step in plan.steps:
            home, key = step.home, key_of(step.home)
            if step.household_id is not None or key in self.made:
                continue
            unit_id = home.unit_id
            if home.unit:
                unit_id = self._unit(home.building_id, home.unit)
            self.made[key] = self.tx.insert(Household, building_id=home.building_id, unit_id=unit_id, floor=home.floor, room=home.room)
        if self.units:
            meta.put(self.tx, estate.EDITION, str(int(meta.get(self.tx, estate.EDITION) or 0) + 1))

    def _unit(self, building_id: int, name: str) -> int:
        key = (building_id, name)
        if key not in self.units:
            self.units[key] = self.tx.insert(Unit, building_id=building_id, name=name)
        return self.units[key]

    def person(self, step: Step) -> None:
        """The person of this line, with their addresses, needs and consent."""
        tx, line = self.tx, step.line
        household_id = step.household_id if step.household_id is not None else self.made[key_of(step.home)]
        if step.person_id is None:
            person_id = people.add_person(tx, name=line.name, household_id=household_id, language=line.language, now=self.now)
        else:
            person_id = step.person_id
            self._change(step, person_id, household_id)
        self.people[line.line] = person_id
        owner = Owner(person_id)
        for place, address in enumerate(step.addresses):
            preference = people.ANSWERED_ONLY if address.channel == CALLS else place
            people.add_address(tx, address, owner, now=self.now, preference=preference)
        for stranger in step.strangers:
            self._is_no_stranger(stranger, person_id)
        self._share(step, household_id)
        self._needs(step, person_id)

    def _change(self, step: Step, person_id: int, household_id: int) -> None:
        fields: dict[str, Any] = dict(step.fields)
        if not fields:
            return
        if "household_id" in fields:
            fields["household_id"] = household_id
        if "name" in fields:
            fields["name"] = self.tx.seal(people.key_of(self.tx, person_id), fields["name"])
        self.tx.update(Person, person_id, **fields)

    def _is_no_stranger(self, stranger: int, person_id: int) -> None:
        """All that a stranger has said and reported is this person's; what was sealed stays under the key that sealed it."""
        for column in naming_persons():
            self.tx.run(update(column.table).where(column == stranger).values({column: person_id}))

    def _share(self, step: Step, household_id: int) -> None:
        for place, address in enumerate(step.shared):
            preference = people.ANSWERED_ONLY if address.channel == CALLS else place
            people.add_address(self.tx, address, Owner(household_id=household_id), now=self.now, preference=preference)

    def _needs(self, step: Step, person_id: int) -> None:
        for need_id in step.needs_over:
            self.tx.run(_NEED_OVER, {"need": need_id})
        for kind, remark in step.needs.items():
            people.add_need(self.tx, person_id, kind, note=remark)
        agreed = step.line.consent
        if agreed is None:
            return
        for kind in step.consents:
            words, at = f"{WAYS[agreed.channel]}{WORDING[kind]}", given_at(agreed, self.zone)
            self.tx.insert(Consent, person_id=person_id, kind=kind, wording=words, channel=agreed.channel, given_at=at)

    def pair(self, step: Step) -> None:
        """Whoever helps this person is noted."""
        for place, helper in step.helpers:
            helper_id = helper if isinstance(helper, int) else self.people[helper.line.line]
            people.pair(self.tx, self.people[step.line.line], helper_id, preference=place)
