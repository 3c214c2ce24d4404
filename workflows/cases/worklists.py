"""The rows that lists for staff are made of: only clear columns, so that nothing is unsealed for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, literal, or_, select

from bot.effects import Order
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import Building, Estate, QuestionRow, Staff, Unit
from workflows.cases.facts import Line
from workflows.cases.rows import CaseRow
from workflows.cases.states import WAITS_TO_BE_TAKEN, WORKED_ON

CASE, BUILDING, UNIT, ESTATE = table_of(CaseRow), table_of(Building), table_of(Unit), table_of(Estate)
QUESTION, STAFF = table_of(QuestionRow), table_of(Staff)

_UNTAKEN = and_(CASE.c.state.in_(WAITS_TO_BE_TAKEN), CASE.c.accepted_by.is_(None))
_ASKED = exists().where(
    QUESTION.c.subject == literal("case:") + CASE.c.number,
    QUESTION.c.flow == "ping",
    QUESTION.c.person_id == bindparam("person"),
    QUESTION.c.closed_at.is_(None),
)
_LINES = (
    select(
        CASE.c.number,
        CASE.c.label,
        CASE.c.due_at,
        CASE.c.received_at,
        CASE.c.needs_person,
        CASE.c.accepted_by,
        CASE.c.first_responded_at,
        _UNTAKEN.label("is_waiting"),
        _ASKED.label("is_asked"),
        BUILDING.c.grid_id,
        func.coalesce(ESTATE.c.name, "").label("estate"),
        func.coalesce(BUILDING.c.name, "").label("building"),
        func.coalesce(UNIT.c.name, "").label("unit"),
    )
    .select_from(CASE)
    .outerjoin(BUILDING, BUILDING.c.id == CASE.c.building_id)
    .outerjoin(UNIT, UNIT.c.id == CASE.c.unit_id)
    .outerjoin(ESTATE, ESTATE.c.id == func.coalesce(BUILDING.c.estate_id, CASE.c.estate_id))
)
_MINE = _LINES.where(or_(and_(CASE.c.accepted_by == bindparam("staff"), CASE.c.state.in_(WORKED_ON)), and_(_UNTAKEN, _ASKED)))
_WAITING = _LINES.where(or_(CASE.c.needs_person != "", and_(_UNTAKEN, CASE.c.label == "urgent")))
_ROLES = (
    select(STAFF.c.role)
    .join(QUESTION, QUESTION.c.person_id == STAFF.c.person_id)
    .where(QUESTION.c.subject == bindparam("about"), QUESTION.c.flow == "ping")
    .order_by(QUESTION.c.id)
)


def mine(tx: Tx, order: Order) -> tuple[Line, ...]:
    """What whoever asks has taken, or is asked to take."""
    return tuple(_line(row) for row in tx.all(_MINE, {"staff": order.actor.staff_id, "person": order.actor.owner.person_id}))


def waiting(tx: Tx, order: Order) -> tuple[Line, ...]:
    """Everything that waits for a person, wherever it is."""
    return tuple(_line(row) for row in tx.all(_WAITING, {"person": order.actor.owner.person_id}))


def asked_roles(tx: Tx, subject: str) -> tuple[str, ...]:
    """The roles of who was asked about a case, in the order in which they were."""
    return tuple(dict.fromkeys(row.role for row in tx.all(_ROLES, {"about": subject})))


def _line(row: Row[Any]) -> Line:
    return Line(
        number=row.number,
        label=row.label,
        grid_id=row.grid_id,
        place=f"{row.estate}{row.building}{row.unit}",
        due_at=row.due_at,
        received_at=row.received_at,
        needs_person=row.needs_person,
        is_waiting=bool(row.is_waiting),
        accepted_by=row.accepted_by,
        is_asked=bool(row.is_asked),
        is_answered=row.first_responded_at is not None,
    )
