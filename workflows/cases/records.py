"""Cases as rows: what a decision must know is read here, and what it changed is written here. Nothing is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select

from bot import attachments, ladder
from bot.calendar import Calendar
from bot.effects import Actor, Change, Order, Owner
from bot.engine import Flow
from bot.errors import Lost
from bot.ladder import Ladder
from bot.room import Room
from bot.router import OpenCase as Matter
from bot.store import audit, people, timeline
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import Building, QuestionRow, Staff
from bot.triage.triage import Label, triage
from workflows.cases import end_flow, flow, staff_flow, worklists
from workflows.cases.end_words import OF_ITS_END, MovesOf
from workflows.cases.facts import Case, Facts
from workflows.cases.number import number_of, sequence_of
from workflows.cases.rows import CaseRow
from workflows.cases.rules import RULES, decide
from workflows.cases.states import NOT_ENDED, WORKED_ON
from workflows.cases.words import (
    AcceptCase,
    AmendCase,
    AnswerCase,
    CaseFor,
    Climb,
    DeclineCase,
    HandOver,
    MyWork,
    OpenCase,
    Seen,
    StatusOf,
    Triage,
    WhoIsOnDuty,
    WhoWaits,
)
from workflows.places.words import Place

CASE, BUILDING, QUESTION, STAFF = table_of(CaseRow), table_of(Building), table_of(QuestionRow), table_of(Staff)
FIRST_NUMBER = 1000

_CASE = (
    select(CASE, BUILDING.c.grid_id, STAFF.c.person_id.label("accepter"), STAFF.c.role.label("accepter_role"))
    .outerjoin(BUILDING, BUILDING.c.id == CASE.c.building_id)
    .outerjoin(STAFF, STAFF.c.id == CASE.c.accepted_by)
)
_BY_NUMBER = _CASE.where(CASE.c.number == bindparam("wanted")).with_for_update(of=CASE)
_SAID_OF = (CASE.c.number, CASE.c.category, CASE.c.label, CASE.c.state, CASE.c.received_at, CASE.c.resolved_at, CASE.c.needs_person)
_MATTER = select(*_SAID_OF).order_by(CASE.c.id.desc()).limit(5)
_OF_PERSON = _MATTER.where(CASE.c.person_id == bindparam("owner"), CASE.c.state.in_(NOT_ENDED))
_OF_HOUSEHOLD = _MATTER.where(CASE.c.household_id == bindparam("owner"), CASE.c.state.in_(NOT_ENDED))
_TAKEN = _MATTER.where(CASE.c.accepted_by == bindparam("staff"), CASE.c.state.in_(WORKED_ON))
_ASKED = select(QUESTION.c.person_id, QUESTION.c.closed_at).where(QUESTION.c.subject == bindparam("about"), QUESTION.c.flow == "ping")
_GRID = select(BUILDING.c.grid_id).where(BUILDING.c.id == bindparam("building"))


def room(calendar: Calendar) -> Room:
    """The room of cases, promising by this calendar."""
    flows: dict[str, Flow] = {
        "report": flow.report,
        "follow": flow.follow,
        "status": flow.status,
        "ping": flow.ping,
        "work": end_flow.work,
        "verdict": end_flow.verdict,
        "told": end_flow.told,
        "person": flow.person,
        "cancel": flow.nothing_open,
        "thanks": flow.thanks,
        "help": flow.help,
        "my_work": staff_flow.my_work,
        "who_waits": staff_flow.who_waits,
        "case": staff_flow.case,
        "answer": staff_flow.answer,
    }
    return Room("cases", flows, tuple(RULES), partial(load, calendar), decide, apply, matters)


def matters(tx: Tx, actor: Actor) -> tuple[Matter, ...]:
    """The open cases that this person or household reported or, of staff, has taken, newest first."""
    owner = actor.owner
    if owner.person_id is None:
        rows = [*tx.all(_OF_HOUSEHOLD, {"owner": owner.household_id})]
    else:
        rows = [*tx.all(_OF_PERSON, {"owner": owner.person_id})]
    if actor.staff_id is not None:
        rows += tx.all(_TAKEN, {"staff": actor.staff_id})
    return tuple(_matter(row) for row in rows)


def _matter(row: Row[Any]) -> Matter:
    """What was resolved is spoken of while its reporter is asked about it; danger is then a new report."""
    is_asked = row.state == "resolved"
    is_urgent = row.label == Label.URGENT and not is_asked
    at = row.resolved_at if is_asked and row.resolved_at else row.received_at
    return Matter(row.number, row.category, is_urgent, at, wants_person=row.needs_person == "person", is_asked=is_asked)


def load(calendar: Calendar, tx: Tx, order: Order) -> Facts:
    """What the rows say about the case a command is about."""
    command = order.command
    if isinstance(command, Triage):
        return Facts(calendar, seen=_seen(command, order.actor.language))
    if isinstance(command, OpenCase):
        return _fresh(calendar, tx, order, place=command.place)
    if isinstance(command, StatusOf | HandOver):
        return _theirs(calendar, tx, order, number=command.number)
    if isinstance(command, MyWork | WhoWaits):
        return Facts(calendar, lines=worklists.mine(tx, order) if isinstance(command, MyWork) else worklists.waiting(tx, order))
    if isinstance(command, CaseFor):
        facts = _about(calendar, tx, order, number=command.number)
        return replace(facts, asked_roles=worklists.asked_roles(tx, facts.case.subject)) if facts.case else facts
    assert isinstance(command, OF_ONE_CASE)
    place = command.place if isinstance(command, AmendCase) else None
    facts = _about(calendar, tx, order, number=command.number, place=place)
    if isinstance(command, AnswerCase) and command.seen and facts.case is not None:
        facts = replace(facts, entries=timeline.length_by_people(tx, facts.case.subject))
    return replace(facts, phones=_phones(tx, facts)) if isinstance(command, WhoIsOnDuty) else facts


def _phones(tx: Tx, facts: Facts) -> Mapping[int, str]:
    """The first number that can be dialled of everybody a caller may be put through to."""
    wanted = {person_id for people_ids in facts.standing.values() for person_id in people_ids}
    if facts.case and facts.case.accepter is not None:
        wanted.add(facts.case.accepter)
    dialled = {
        person_id: [address.value for address in people.addresses_of(tx, Owner(person_id)) if address.value.startswith("+")]
        for person_id in sorted(wanted)
    }
    return {person_id: numbers[0] for person_id, numbers in dialled.items() if numbers}


def _seen(command: Triage, language: str | None) -> Seen:
    found = triage(command.text, language)
    reasons = tuple(f"{reason.word}: {reason.why}" for reason in found.reasons)
    label = Label.URGENT if command.danger or command.unheard else found.label  # what nobody has heard may be anything
    return Seen(label.value, found.category, found.confidence, reasons, found.advice or "")


def _fresh(calendar: Calendar, tx: Tx, order: Order, *, place: Place | None) -> Facts:
    """A new incident: its data key, the number made from that key's id, and who stands ready."""
    data_key_id = tx.new_data_key(order.now)
    grid_id = _grid_of(tx, place) if place and place.is_found else None
    needed = ladder.URGENT if isinstance(order.command, OpenCase) and order.command.seen.label == Label.URGENT else None
    return Facts(
        calendar,
        number=number_of(FIRST_NUMBER + data_key_id),
        data_key_id=data_key_id,
        grid_id=grid_id,
        standing=_standing(tx, needed, grid_id, now=order.now),
    )


OF_ONE_CASE = (AmendCase, AcceptCase, DeclineCase, AnswerCase, Climb, WhoIsOnDuty, *OF_ITS_END)
QUIET = (StatusOf, MovesOf)  # commands after which nobody of staff is told anything
ALL_MAY_HEAR = (AnswerCase, *OF_ITS_END)  # and after which several may be


def _theirs(calendar: Calendar, tx: Tx, order: Order, *, number: str) -> Facts:
    """The case of this number, or the newest open one of whoever asks; who hands over without one gets a fresh number."""
    own = matters(tx, order.actor)
    if number or own:
        facts = _about(calendar, tx, order, number=number or own[0].number)
        others = tuple(matter.number for matter in own)
        return replace(facts, others=others)
    return _fresh(calendar, tx, order, place=None) if isinstance(order.command, HandOver) else Facts(calendar)


def _about(calendar: Calendar, tx: Tx, order: Order, *, number: str, place: Place | None = None) -> Facts:
    """The case of this number, and who stands ready for it: at the place that is now said, else where it is."""
    sequence = sequence_of(number)
    row = tx.first(_BY_NUMBER, {"wanted": number_of(sequence)}) if sequence is not None else None
    if row is None:
        return Facts(calendar)
    case = _case(tx, row)
    is_placed = place is not None and place.is_found
    grid_id = _grid_of(tx, place) if place is not None and is_placed else case.grid_id
    may_climb = case.climbs and (case.is_waiting or is_placed or isinstance(order.command, DeclineCase))
    may_climb = may_climb or isinstance(order.command, ALL_MAY_HEAR)
    asked = tx.all(_ASKED, {"about": case.subject}) if case.climbs else ()
    return Facts(
        calendar,
        case=case,
        grid_id=grid_id,
        standing={} if isinstance(order.command, QUIET) else _standing(tx, case.steps if may_climb else None, grid_id, now=order.now),
        asked=frozenset(row.person_id for row in asked if row.closed_at is None),
        was_asked=frozenset(row.person_id for row in asked),
    )


def _grid_of(tx: Tx, place: Place) -> int | None:
    row = tx.first(_GRID, {"building": place.building_id})
    return row.grid_id if row else None


def _standing(tx: Tx, steps: Ladder | None, grid_id: int | None, *, now: datetime) -> Mapping[str, tuple[int, ...]]:
    roles = {"community_duty"} if steps is None else {*(step.role for step in steps.steps), steps.last_resort}
    found = people.standing_behind(tx, sorted(roles), grid_id, now=now)
    return {role: tuple(member.person_id for member in members) for role, members in found.items() if members}


def _case(tx: Tx, row: Row[Any]) -> Case:
    place = tx.unseal(row.data_key_id, row.place)
    return Case(
        id=row.id,
        number=row.number,
        label=row.label,
        category=row.category,
        state=row.state,
        owner=Owner(row.person_id, row.household_id),
        data_key_id=row.data_key_id,
        due_at=row.due_at,
        version=row.version,
        address_id=row.address_id,
        channel=row.channel,
        provisional=row.provisional,
        words=tx.unseal(row.data_key_id, row.words),
        place=msgspec.json.decode(place, type=Place) if place else None,
        grid_id=row.grid_id,
        accepted_by=row.accepted_by,
        accepter=row.accepter,
        accepter_role=row.accepter_role or "",
        steps=msgspec.json.decode(row.ladder, type=Ladder) if row.ladder else ladder.URGENT,
        level=row.ladder_level,
        needs_person=row.needs_person,
        hurt=row.hurt,
        said_since=_said_since(tx, f"case:{row.number}") if row.label == Label.URGENT and row.state in NOT_ENDED else (),
        first_responded_at=row.first_responded_at,
        received_at=row.received_at,
        met_at=row.met_at,
        breached_at=row.breached_at,
        arrived_at=row.arrived_at,
        waiting_since=row.waiting_since,
        paused_days=row.paused_days,
        reopened_at=row.reopened_at,
        reopened=row.reopened,
        verdict=row.verdict,
    )


def _said_since(tx: Tx, subject: str) -> tuple[str, ...]:
    said = (entry for entry in timeline.entries(tx, subject) if entry.kind == "amended" and not entry.actor.startswith("staff:"))
    bodies = [timeline.body_of(tx, entry) or {} for entry in said]
    return tuple(body["words"] for body in bodies if "words" in body)


def apply(tx: Tx, change: Change, order: Order) -> None:
    """One change of a case is written; `Lost` when somebody else changed the case since it was read."""
    CHANGES[change.what](tx, order, **change.fields)


def _open(tx: Tx, order: Order, *, case: Case, seen: Seen, media: tuple[Any, ...]) -> None:
    tx.insert(
        CaseRow,
        number=case.number,
        data_key_id=case.data_key_id,
        person_id=case.owner.person_id,
        household_id=case.owner.household_id,
        channel=order.actor.channel,
        address_id=case.address_id,
        label=case.label,
        category=case.category,
        confidence=seen.confidence,
        words=tx.seal(case.data_key_id, case.words),
        reasons=tx.seal(case.data_key_id, "\n".join(seen.reasons)) if seen.reasons else None,
        **_placed(tx, case.data_key_id, case.place),
        needs_person=case.needs_person,
        received_at=order.now,
        due_at=case.due_at,
        provisional=case.provisional,
        ladder=msgspec.json.encode(case.steps).decode() if case.label == Label.URGENT else None,
    )
    _want(tx, order, case, media=media)


def _placed(tx: Tx, data_key_id: int, place: Place | None) -> dict[str, Any]:
    """The columns of a place: ids and room stay clear, the words it was read from are sealed."""
    if place is None:
        return {}
    return {
        "estate_id": place.estate_id,
        "building_id": place.building_id,
        "unit_id": place.unit_id,
        "floor": int(place.floor) if place.floor.lstrip("-").isdigit() else None,
        "room": place.room,
        "place": tx.seal(data_key_id, msgspec.json.encode(place)),
    }


def _want(tx: Tx, order: Order, case: Case, *, media: tuple[Any, ...]) -> None:
    sent = order.inbound_id
    for one in media:
        attachments.want(
            tx, case.subject, media=one, channel=order.actor.channel, data_key_id=case.data_key_id, now=order.now, inbound_id=sent
        )


def _amend(tx: Tx, order: Order, *, case: Case, **added: Any) -> None:
    values: dict[str, Any] = _placed(tx, case.data_key_id, added["place"])
    if added["hurt"]:
        values["hurt"] = added["hurt"]
    if added["place"] is not None:
        needs = case.needs_person or ("" if added["place"].is_found else "place")
        values["needs_person"] = "" if needs == "place" and added["place"].is_found else needs
    if values:
        _update(tx, case, **values)
    _want(tx, order, case, media=added["media"])


def _climb(tx: Tx, order: Order, *, number: str, **climbed: Any) -> None:
    values: dict[str, Any] = {"ladder_level": climbed["level"], "ladder_next_at": climbed["next_at"]}
    if climbed["nobody"]:
        values["needs_person"] = "nobody"
    _update_open(tx, number, **values)


def _needs_person(tx: Tx, order: Order, *, number: str, why: str) -> None:
    _update_open(tx, number, needs_person=why)


def _accept(tx: Tx, order: Order, *, case: Case, staff_id: int, at: datetime) -> None:
    needs = "" if case.needs_person in SETTLED_BY_TAKING else case.needs_person
    _update(tx, case, state="accepted", accepted_by=staff_id, accepted_at=at, ladder_next_at=None, needs_person=needs)


def _give_back(tx: Tx, order: Order, *, case: Case, **values: Any) -> None:
    _update(tx, case, accepted_by=None, accepted_at=None, arrived_at=None, **values)


def _set(tx: Tx, order: Order, *, case: Case, values: Mapping[str, Any]) -> None:
    _update(tx, case, **values)


def _keep(tx: Tx, order: Order, *, case: Case, **texts: Any) -> None:
    """Texts that people wrote are sealed; a ladder is copied as it stands."""
    steps = texts.pop("ladder", None)
    sealed = {name: tx.seal(case.data_key_id, text) if text else None for name, text in texts.items()}
    _update_open(tx, case.number, **sealed, **({"ladder": msgspec.json.encode(steps).decode()} if steps else {}))


def _looked(tx: Tx, order: Order, *, subject: str, why: str) -> None:
    """Whose look it was is on record."""
    audit.unseal_for(tx, (), reader=str(order.actor), subject=subject, why=why, now=order.now)


def _update(tx: Tx, case: Case, /, **values: Any) -> None:
    """The row of a case that was read is changed; `Lost` when somebody else changed it since."""
    tx.update(CaseRow, case.id, version=case.version, **values)


def _update_open(tx: Tx, number: str, /, **values: Any) -> None:
    """The row of a case is changed that this very transaction may have made or changed."""
    row = tx.first(_ID, {"wanted": number})
    if row is None:
        raise Lost(f"case {number} is gone")
    tx.update(CaseRow, row.id, **values)


_ID = select(CASE.c.id).where(CASE.c.number == bindparam("wanted"))
SETTLED_BY_TAKING = ("reopened", "given back")  # nothing waits for a person any more when one has it
CHANGES: Mapping[str, Callable[..., None]] = {
    "open": _open,
    "amend": _amend,
    "climb": _climb,
    "needs_person": _needs_person,
    "accept": _accept,
    "give_back": _give_back,
    "looked": _looked,
    "set": _set,
    "keep": _keep,
}
