"""What a list of people would change: every line laid beside what is kept already, before anything is written.

A person is found by their name within the household, else by their telephone. Whoever has written to us without saying who they are
becomes the person that the list says has this number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from bot import phones
from bot.envelope import Address
from bot.store.columns import table_of
from bot.store.people_files import Agreed, Fault, HomeAt, PersonLine
from bot.store.tables import AddressRow, Consent, Household, Need, Pairing, Person, Staff
from bot.store.tx import Tx

CARE, HEALTH = "care", "health"  # the consents that what somebody needs is kept under
OF_HEALTH = frozenset({"cannot_walk", "hears_badly", "powered_device"})  # sensitive personal information (PIPL art. 28)
NO_CONSENT = "what somebody needs is kept only with consent; write under 同意方式 how and when they agreed, such as “纸质 2026-11-01”."
TEXTS, CALLS = "sms", "voice"

_HOUSEHOLDS = select(*(table_of(Household).c[name] for name in ("id", "building_id", "unit_id", "room")))
_PEOPLE = select(*(table_of(Person).c[name] for name in ("id", "data_key_id", "name", "household_id", "language")))
_ADDRESSES = select(*(table_of(AddressRow).c[name] for name in ("channel", "value_hash", "person_id", "household_id")))
_NEEDS = select(table_of(Need))
_CONSENTS = select(table_of(Consent)).where(table_of(Consent).c.kind.in_((CARE, HEALTH)))
_PAIRINGS = select(table_of(Pairing))
_STAFF = select(table_of(Staff).c.person_id)

Key = tuple[int, int | None, str, str]  # of a home: building, unit, the name of a unit that is still to be made, room


def key_of(home: HomeAt) -> Key:
    """What tells one home from another."""
    return home.building_id, home.unit_id, home.unit, home.room


def address_of(number: str) -> Address:
    """Where a number is reached: by text, or where no text arrives by a call."""
    return Address(TEXTS if phones.takes_texts(number) else CALLS, number)


@dataclass(frozen=True, slots=True)
class Placed:
    """A line whose home is known."""

    line: PersonLine
    home: HomeAt


@dataclass(slots=True, eq=False)
class Step:
    """What is to be done for one line; without a `person_id` they are new."""

    line: PersonLine
    home: HomeAt
    household_id: int | None
    person_id: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)  # of the person: name, language, household_id
    addresses: list[Address] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)  # who wrote from these addresses before anybody knew whose they are
    shared: list[Address] = field(default_factory=list)
    needs: dict[str, str] = field(default_factory=dict)  # kind to remark, to be noted anew
    needs_over: list[int] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)  # what they agreed to, on the day that the line says
    helpers: list[tuple[int, int | Step]] = field(default_factory=list)  # in which place, and who

    @property
    def changes(self) -> bool:
        lists = (self.fields, self.addresses, self.shared, self.needs, self.needs_over, self.consents, self.helpers)
        return any(lists)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every line that may be loaded, and what is wrong with the others."""

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]

    @property
    def changes(self) -> bool:
        return any(step.person_id is None or step.changes for step in self.steps)


class Kept:
    """What the rows say of everybody, read once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._names: dict[int, str] = {}
        self.households = {(row.building_id, row.unit_id, "", row.room): int(row.id) for row in tx.all(_HOUSEHOLDS)}
        self.people = {row.id: row for row in tx.all(_PEOPLE)}
        self.staff = {row.person_id for row in tx.all(_STAFF)}
        self.addresses = {(row.channel, bytes(row.value_hash)): row for row in tx.all(_ADDRESSES)}
        self.of_household: dict[int, list[int]] = defaultdict(list)
        for person in self.people.values():
            self.of_household[person.household_id].append(person.id)
        self.needs: dict[int, dict[str, Row[Any]]] = defaultdict(dict)
        for need in tx.all(_NEEDS):
            self.needs[need.person_id][need.kind] = need
        self.consents: dict[int, list[Row[Any]]] = defaultdict(list)
        for consent in tx.all(_CONSENTS):
            self.consents[consent.person_id].append(consent)
        self.helpers: dict[int, set[int]] = defaultdict(set)
        for pair in tx.all(_PAIRINGS):
            self.helpers[pair.person_id].add(pair.helper_id)

    def name(self, person_id: int) -> str:
        """The person's name; empty for who has only written to us."""
        if person_id not in self._names:
            row = self.people[person_id]
            self._names[person_id] = self._tx.unseal(row.data_key_id, row.name)
        return self._names[person_id]

    def remark(self, person_id: int, kind: str) -> str:
        """What was noted with a need."""
        return self._tx.unseal(self.people[person_id].data_key_id, self.needs[person_id][kind].note)

    def behind(self, number: str) -> Row[Any] | None:
        """Who a number belongs to, by text or by call."""
        found = (self.addresses.get((channel, self._tx.hash_of(channel, number))) for channel in (TEXTS, CALLS))
        return next((row for row in found if row is not None), None)


def planned(tx: Tx, lines: Sequence[Placed], *, zone: ZoneInfo) -> Plan:
    """What loading these lines would do. It reads only; the names it compares are shown to nobody."""
    kept = Kept(tx)
    faults = list(_twice(lines))
    wrong = {fault.line for fault in faults}
    named = {(kept.households.get(key_of(each.home)), each.line.name) for each in lines}
    steps: list[Step] = []
    claimed: set[int | None] = set()
    for each in lines:
        if each.line.line in wrong:
            continue
        deciding = _Deciding(kept, each, named=named, zone=zone)
        step = deciding.step()
        faults += [Fault(each.line.line, words) for words in deciding.faults]
        if step.person_id in claimed:
            faults.append(Fault(each.line.line, "somebody on a line before writes from this number too."))
        elif not deciding.faults:
            steps.append(step)
            claimed |= {step.person_id} - {None}
    return _with_helpers(kept, steps, faults)


def _twice(lines: Sequence[Placed]) -> Iterator[Fault]:
    """The same person on two lines, or one number for two who do not share it."""
    people: dict[tuple[Key, str], int] = {}
    numbers: dict[str, tuple[int, Key, bool]] = {}
    for each in lines:
        key, line = key_of(each.home), each.line
        first = people.setdefault((key, line.name), line.line)
        if first != line.line:
            yield Fault(line.line, f"“{line.name}” of this home is there already on line {first}.")
        for number in (*line.phones, *line.shared):
            mine = (line.line, key, number in line.shared)
            before = numbers.setdefault(number, mine)
            if before[0] != line.line and not (before[2] and mine[2] and before[1] == key):
                hint = " If they share it, write 是 under 合用电话 on both lines." if before[1] == key else ""
                yield Fault(line.line, f"the number {_masked(number)} is there already on line {before[0]}.{hint}")


class _Deciding:
    """One line beside what is kept."""

    def __init__(self, kept: Kept, placed: Placed, *, named: set[tuple[int | None, str]], zone: ZoneInfo) -> None:
        self.kept = kept
        self.line = placed.line
        self.home = placed.home
        self.named = named
        self.zone = zone
        self.household_id = kept.households.get(key_of(placed.home))
        self.faults: list[str] = []

    def step(self) -> Step:
        step = Step(self.line, self.home, self.household_id, self._by_name())
        for number in self.line.phones:
            self._own(step, number)
        for number in self.line.shared:
            self._shared(step, number)
        if step.person_id is None:
            step.fields = {}
        else:
            self._changed(step, step.person_id)
        self._needs(step)
        return step

    def _by_name(self) -> int | None:
        inside = self.kept.of_household.get(self.household_id, []) if self.household_id is not None else []
        return next((person_id for person_id in inside if self.kept.name(person_id) == self.line.name), None)

    def _own(self, step: Step, number: str) -> None:
        there = self.kept.behind(number)
        if there is None:
            step.addresses.append(address_of(number))
        elif there.person_id is None:
            whose = "this household shares" if there.household_id == self.household_id else "another household shares"
            self.faults.append(f"{_masked(number)} is kept as a number that {whose}.")
        elif there.person_id != step.person_id:
            self._somebody(step, number, there.person_id)

    def _somebody(self, step: Step, number: str, person_id: int) -> None:
        """The number belongs to a person already: to this one under another name, to a stranger who wrote from it, or to somebody else."""
        person, name = self.kept.people[person_id], self.kept.name(person_id)
        is_stranger = not name and person.household_id is None and person_id not in self.kept.staff
        is_same = name == self.line.name and person.household_id is None
        lives_here = person.household_id is not None and person.household_id == self.household_id
        is_renamed = lives_here and (self.household_id, name) not in self.named
        if step.person_id is None and (is_stranger or is_same or is_renamed):
            step.person_id = person_id
        elif is_stranger:
            step.addresses.append(address_of(number))
            step.strangers.append(person_id)
        elif lives_here:
            self.faults.append(f"{_masked(number)} is kept as the number of somebody else in this household.")
        else:
            self.faults.append(f"{_masked(number)} is kept as the number of somebody who is not registered here.")

    def _shared(self, step: Step, number: str) -> None:
        there = self.kept.behind(number)
        if there is None:
            step.shared.append(address_of(number))
        elif there.person_id is not None:
            self.faults.append(f"{_masked(number)} is kept as one person's number, not as one that a household shares.")
        elif there.household_id != self.household_id:
            self.faults.append(f"{_masked(number)} is kept as a number that another household shares.")

    def _changed(self, step: Step, person_id: int) -> None:
        person = self.kept.people[person_id]
        if self.kept.name(person_id) != self.line.name:
            step.fields["name"] = self.line.name
        if person.household_id is None or person.household_id != self.household_id:
            step.fields["household_id"] = self.household_id  # a new household has its id only when it is made
        if self.line.language and (person.language or "")[:2] != self.line.language[:2]:
            step.fields["language"] = self.line.language

    def _needs(self, step: Step) -> None:
        known: Mapping[str, Row[Any]] = self.kept.needs.get(step.person_id, {}) if step.person_id else {}
        for kind, remark in self.line.needs.items():
            need = known.get(kind)
            is_new = need is None or (step.person_id and remark and self.kept.remark(step.person_id, kind) != remark)
            if remark is not None and is_new:
                step.needs[kind] = remark
            if need is not None and (remark is None or is_new):
                step.needs_over.append(need.id)
        said = {kind for kind, remark in self.line.needs.items() if remark is not None}
        wanted = [CARE] if said or self.line.consent else []
        for kind in [*wanted, HEALTH] if said & OF_HEALTH else wanted:
            self._consent(step, kind)

    def _consent(self, step: Step, kind: str) -> None:
        """PIPL art. 28 and 29: health is kept only under a consent of its own; art. 15: one that was withdrawn stays so."""
        kept = self.kept.consents.get(step.person_id, []) if step.person_id else []
        given = [each for each in kept if each.kind == kind]
        agreed = self.line.consent
        if agreed is None:
            if not any(each.withdrawn_at is None for each in given) and NO_CONSENT not in self.faults:
                self.faults.append(NO_CONSENT)
            return
        at = given_at(agreed, self.zone)
        if any(each.withdrawn_at is not None and each.withdrawn_at >= at for each in given):
            self.faults.append(f"the consent of {agreed.on} has been withdrawn since; only a later one counts.")
        elif not any(each.withdrawn_at is None and each.given_at >= at for each in given):
            step.consents.append(kind)


def given_at(agreed: Agreed, zone: ZoneInfo) -> datetime:
    """When a consent of that day begins to count."""
    return datetime.combine(agreed.on, time(), tzinfo=zone)


def _with_helpers(kept: Kept, steps: list[Step], faults: list[Fault]) -> Plan:
    """Who helps is somebody who is known, or on a line that may be loaded; a line that is dropped may take others along."""
    while True:
        listed = {number: step for step in steps for number in step.line.phones}
        wrong = [fault for step in steps for fault in _helped(kept, step, listed)]
        if not wrong:
            return Plan(tuple(steps), tuple(sorted(faults, key=lambda fault: fault.line)))
        faults += wrong
        dropped = {fault.line for fault in wrong}
        steps = [step for step in steps if step.line.line not in dropped]


def _helped(kept: Kept, step: Step, listed: Mapping[str, Step]) -> Iterator[Fault]:
    step.helpers = []
    for place, number in enumerate(step.line.helpers):
        there, beside = kept.behind(number), listed.get(number)
        helper = beside.person_id if beside else there.person_id if there else None
        if beside is step or (helper is not None and helper == step.person_id):
            yield Fault(step.line.line, "帮助人电话 is their own number.")
        elif beside is None and helper is None:
            whose = "is a number that a household shares" if there else "belongs to nobody whom we know or who is on this list"
            yield Fault(step.line.line, f"帮助人电话 {_masked(number)} {whose}.")
        elif step.person_id is None or helper is None or helper not in kept.helpers.get(step.person_id, ()):
            step.helpers.append((place, helper if helper is not None else beside or 0))


def _masked(number: str) -> str:
    return f"…{number[-4:]}"
