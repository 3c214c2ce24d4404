"""Cases as rows: what a decision must know is read here, and what it changed is written here. Nothing is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Row, and_, bindparam, or_, select

from bot import attachments, ladder
from bot.calendar import Calendar
from bot.effects import Change, Order, Owner
from bot.engine import Flow
from bot.errors import Lost
from bot.ladder import Ladder
from bot.room import Room
from bot.router import OpenCase as Matter
from bot.store import people, timeline
from bot.store.begin import Tx
from bot.store.tables import Building, QuestionRow, Staff, table_of
from bot.triage.triage import Label, triage
from workflows.cases import flow
from workflows.cases.facts import Case, Facts
from workflows.cases.number import number_of, sequence_of
from workflows.cases.rows import CaseRow
from workflows.cases.rules import RULES, decide
from workflows.cases.words import AcceptCase, AmendCase, AnswerCase, Climb, DeclineCase, HandOver, OpenCase, Seen, StatusOf, Triage
from workflows.places.words import Place

CASE, BUILDING, QUESTION, STAFF = table_of(CaseRow), table_of(Building), table_of(QuestionRow), table_of(Staff)
FIRST_NUMBER = 1000
NOT_ENDED = ("open", "accepted")

_CASE = (
    select(CASE, BUILDING.c.grid_id, STAFF.c.person_id.label("accepter"))
    .outerjoin(BUILDING, BUILDING.c.id == CASE.c.building_id)
    .outerjoin(STAFF, STAFF.c.id == CASE.c.accepted_by)
)
_BY_NUMBER = _CASE.where(CASE.c.number == bindparam("wanted")).with_for_update(of=CASE)
_OWN = or_(
    and_(CASE.c.person_id.is_not(None), CASE.c.person_id == bindparam("person")),
    and_(CASE.c.household_id.is_not(None), CASE.c.household_id == bindparam("household")),
)
_MATTER = (CASE.c.number, CASE.c.category, CASE.c.label, CASE.c.received_at, CASE.c.needs_person)
_REPORTED = select(*_MATTER).where(_OWN, CASE.c.state.in_(NOT_ENDED)).order_by(CASE.c.id.desc()).limit(5)
_TAKEN = (
    select(*_MATTER)
    .join_from(STAFF, CASE, CASE.c.accepted_by == STAFF.c.id)
    .where(STAFF.c.person_id == bindparam("person"), CASE.c.state == "accepted")
    .order_by(CASE.c.id.desc())
    .limit(5)
)
_ASKED = select(QUESTION.c.person_id, QUESTION.c.closed_at).where(QUESTION.c.subject == bindparam("about"), QUESTION.c.flow == "ping")
_GRID = select(BUILDING.c.grid_id).where(BUILDING.c.id == bindparam("building"))


def room(calendar: Calendar) -> Room:
    """The room of cases, promising by this calendar."""
    flows: dict[str, Flow] = {
        "report": flow.report,
        "follow": flow.follow,
        "status": flow.status,
        "ping": flow.ping,
        "person": flow.person,
        "cancel": flow.nothing_open,
        "thanks": flow.thanks,
        "help": flow.help,
    }
    return Room("cases", flows, tuple(RULES), partial(load, calendar), decide, apply, matters)


def matters(tx: Tx, owner: Owner, now: datetime) -> tuple[Matter, ...]:
    """The open cases that this owner reported or, of staff, has taken, newest first."""
    rows = [*tx.all(_REPORTED, {"person": owner.person_id, "household": owner.household_id})]
    if owner.person_id is not None:
        rows += tx.all(_TAKEN, {"person": owner.person_id})
    return tuple(
        Matter(row.number, row.category, row.label == Label.URGENT, row.received_at, wants_person=row.needs_person == "person")
        for row in rows
    )


def load(calendar: Calendar, tx: Tx, order: Order) -> Facts:
    """What the rows say about the case a command is about."""
    command = order.command
    if isinstance(command, Triage):
        return Facts(calendar, seen=_seen(command, order.actor.language))
    if isinstance(command, OpenCase):
        return _fresh(calendar, tx, order, place=command.place)
    if isinstance(command, StatusOf | HandOver):
        return _theirs(calendar, tx, order, number=command.number)
    assert isinstance(command, AmendCase | AcceptCase | DeclineCase | AnswerCase | Climb)
    facts = _about(calendar, tx, order, number=command.number)
    if isinstance(command, AmendCase) and command.place and command.place.is_found and facts.case:
        return _with_grid(tx, facts, _grid_of(tx, command.place), now=order.now)
    return facts


def _seen(command: Triage, language: str | None) -> Seen:
    found = triage(command.text, language)
    reasons = tuple(f"{reason.word}: {reason.why}" for reason in found.reasons)
    label = Label.URGENT if command.danger else found.label
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


def _theirs(calendar: Calendar, tx: Tx, order: Order, *, number: str) -> Facts:
    """The case of this number, or the newest open one of whoever asks; who hands over without one gets a fresh number."""
    own = matters(tx, order.actor.owner, order.now)
    if number or own:
        facts = _about(calendar, tx, order, number=number or own[0].number)
        others = tuple(matter.number for matter in own)
        return replace(facts, others=others)
    return _fresh(calendar, tx, order, place=None) if isinstance(order.command, HandOver) else Facts(calendar)


def _about(calendar: Calendar, tx: Tx, order: Order, *, number: str) -> Facts:
    sequence = sequence_of(number)
    row = tx.first(_BY_NUMBER, {"wanted": number_of(sequence)}) if sequence is not None else None
    if row is None:
        return Facts(calendar)
    case = _case(tx, row)
    asked = tx.all(_ASKED, {"about": case.subject})
    may_climb = case.is_waiting or isinstance(order.command, DeclineCase)
    needed = case.steps if case.label == Label.URGENT and may_climb else None
    return Facts(
        calendar,
        case=case,
        grid_id=case.grid_id,
        standing=_standing(tx, needed, case.grid_id, now=order.now),
        asked=frozenset(row.person_id for row in asked if row.closed_at is None),
        was_asked=frozenset(row.person_id for row in asked),
    )


def _with_grid(tx: Tx, facts: Facts, grid_id: int | None, *, now: datetime) -> Facts:
    assert facts.case is not None
    needed = facts.case.steps if facts.case.label == Label.URGENT else None
    return replace(facts, grid_id=grid_id, standing=_standing(tx, needed, grid_id, now=now))


def _grid_of(tx: Tx, place: Place) -> int | None:
    row = tx.first(_GRID, {"building": place.building_id})
    return row.grid_id if row else None


def _standing(tx: Tx, steps: Ladder | None, grid_id: int | None, *, now: datetime) -> Mapping[str, tuple[int, ...]]:
    roles = {"community_duty"} if steps is None else {*(step.role for step in steps.steps), steps.last_resort}
    found = {role: tuple(member.person_id for member in people.standing(tx, role, grid_id, now)) for role in sorted(roles)}
    return {role: members for role, members in found.items() if members}


def _case(tx: Tx, row: Row[Any]) -> Case:
    place = tx.unseal(row.data_key_id, row.place)
    return Case(
        number=row.number,
        label=row.label,
        category=row.category,
        state=row.state,
        owner=Owner(row.person_id, row.household_id),
        data_key_id=row.data_key_id,
        due_at=row.due_at,
        version=row.version,
        address_id=row.address_id,
        provisional=row.provisional,
        words=tx.unseal(row.data_key_id, row.words),
        place=msgspec.json.decode(place, type=Place) if place else None,
        grid_id=row.grid_id,
        accepted_by=row.accepted_by,
        accepter=row.accepter,
        steps=msgspec.json.decode(row.ladder, type=Ladder) if row.ladder else ladder.URGENT,
        level=row.ladder_level,
        needs_person=row.needs_person,
        hurt=row.hurt,
        said_since=_said_since(tx, f"case:{row.number}") if row.label == Label.URGENT and row.state in NOT_ENDED else (),
        first_responded_at=row.first_responded_at,
    )


def _said_since(tx: Tx, subject: str) -> tuple[str, ...]:
    bodies = [timeline.body_of(tx, entry) or {} for entry in timeline.entries(tx, subject) if entry.kind == "amended"]
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
        _update(tx, case.number, case.version, **values)
    _want(tx, order, case, media=added["media"])


def _climb(tx: Tx, order: Order, *, number: str, **climbed: Any) -> None:
    values: dict[str, Any] = {"ladder_level": climbed["level"], "ladder_next_at": climbed["next_at"]}
    if climbed["nobody"]:
        values["needs_person"] = "nobody"
    _update(tx, number, None, **values)


def _needs_person(tx: Tx, order: Order, *, number: str, why: str) -> None:
    _update(tx, number, None, needs_person=why)


def _accept(tx: Tx, order: Order, *, case: Case, staff_id: int, at: datetime) -> None:
    _update(tx, case.number, case.version, state="accepted", accepted_by=staff_id, accepted_at=at, ladder_next_at=None)


def _give_back(tx: Tx, order: Order, *, case: Case) -> None:
    _update(tx, case.number, case.version, state="open", accepted_by=None, accepted_at=None)


def _answer(tx: Tx, order: Order, *, case: Case, at: datetime) -> None:
    _update(tx, case.number, case.version, first_responded_at=case.first_responded_at or at, needs_person="")


def _update(tx: Tx, number: str, version: int | None, /, **values: Any) -> None:
    row = tx.first(_ID, {"wanted": number})
    if row is None:
        raise Lost(f"case {number} is gone")
    tx.update(CaseRow, row.id, version=version, **values)


_ID = select(CASE.c.id).where(CASE.c.number == bindparam("wanted"))
CHANGES: Mapping[str, Callable[..., None]] = {
    "open": _open,
    "amend": _amend,
    "climb": _climb,
    "needs_person": _needs_person,
    "accept": _accept,
    "give_back": _give_back,
    "answer": _answer,
}
