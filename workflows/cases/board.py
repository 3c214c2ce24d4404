"""The board of open cases: what waits for a person first. Lean: one statement for a page, one entry in the read log for a look."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypedDict, Unpack

import msgspec
from sqlalchemy import Row, Select, and_, bindparam, case, func, or_, select

from bot.prompt import Phrase
from bot.store.audit import unseal_for
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import Building, Staff, TimelineRow
from workflows.cases.roles import signed
from workflows.cases.rows import CaseRow
from workflows.cases.states import ENDED, NOT_ENDED, UNDER_WAY, WAITS_TO_BE_TAKEN
from workflows.places.words import Place, name_of

PAGE = 50
MOST_NAMED = 200  # waiting cases that a page keeps an eye on, the newest ones
SECTIONS = ("waiting", "urgent", "other")

CASE, BUILDING, STAFF, TIMELINE = table_of(CaseRow), table_of(Building), table_of(Staff), table_of(TimelineRow)

_NOT_ENDED = CASE.c.state.in_(NOT_ENDED)
_URGENT = CASE.c.label == "urgent"
_UNANSWERED = and_(_URGENT, CASE.c.state.in_(UNDER_WAY), CASE.c.first_responded_at.is_(None))
_WAITS = or_(CASE.c.needs_person != "", _UNANSWERED)  # also when it has ended: somebody is not satisfied, or could not be asked
_OPEN = or_(_NOT_ENDED, _WAITS)
_RANK = case(
    (and_(_WAITS, _URGENT, CASE.c.state.in_(WAITS_TO_BE_TAKEN)), 0), (and_(_WAITS, _URGENT), 1), (_WAITS, 2), (_URGENT, 3), else_=4
)
_SECTION = case((_WAITS, "waiting"), (_URGENT, "urgent"), else_="other")
_LATE = CASE.c.due_at < bindparam("now", type_=CASE.c.due_at.type)
_SHOWN = (
    *(CASE.c[name] for name in ("number", "label", "category", "state", "needs_person", "hurt", "channel")),
    *(CASE.c[name] for name in ("received_at", "due_at", "provisional", "first_responded_at", "data_key_id", "words", "place")),
    _SECTION.label("section"),
    STAFF.c.role.label("accepter_role"),
    STAFF.c.handle.label("accepter"),
)
_ANSWERED = (
    select(TIMELINE.c.subject, func.max(TIMELINE.c.sequence).label("last"))
    .where(TIMELINE.c.kind == "answered", TIMELINE.c.subject.in_(bindparam("subjects", expanding=True)))
    .group_by(TIMELINE.c.subject)
    .subquery()
)
# What makes a case wait again after somebody has answered it.
_ANEW = ("amended", "handed_over", "nobody_to_ask", "given_back", "reopened", "not_asked", "rated")
_SINCE = (
    select(TIMELINE.c.subject, func.min(TIMELINE.c.at).label("since"))
    .join(_ANSWERED, and_(_ANSWERED.c.subject == TIMELINE.c.subject, TIMELINE.c.sequence > _ANSWERED.c.last))
    .where(TIMELINE.c.kind.in_(_ANEW))
    .group_by(TIMELINE.c.subject)
)


class Sight(TypedDict):
    """Whose eyes: the grids they see, None for all; and which class and state they asked for, empty for all that is not closed."""

    grids: Sequence[int] | None
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Card:
    """A case as the board shows it. `since` is when it began to wait: when it came, or when something new came after an answer."""

    number: str
    section: str
    label: str
    category: str
    state: str
    needs_person: str
    hurt: str
    channel: str
    place: Phrase | None
    words: str
    received: datetime
    since: datetime
    due: datetime
    provisional: bool
    accepter: Phrase | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are of each section, how many of all are past their date, and a mark that changes with every change."""

    waiting: int
    urgent: int
    other: int
    late: int
    mark: str


def cards(tx: Tx, *, reader: str, now: datetime, page: int = 1, **sight: Unpack[Sight]) -> tuple[Card, ...]:
    """One page of the board: who waits for a person, then urgent ones, then the others by their date; closed ones newest first."""
    asked = _asked(sight) | {"page": PAGE, "before": (page - 1) * PAGE}
    rows = tx.all(_page(*_kind(sight)), asked)
    sealed = [cell for row in rows for cell in ((row.data_key_id, row.words), (row.data_key_id, row.place))]
    why = f"board read: {' '.join(row.number for row in rows)}" if rows else "board read"
    said = unseal_for(tx, sealed, reader=reader, subject="board", why=why, now=now)
    since = _since(tx, [row for row in rows if row.section == "waiting" and row.first_responded_at])
    return tuple(
        _card(row, words or "", place or "", since=since.get(row.number, row.received_at))
        for row, words, place in zip(rows, said[::2], said[1::2], strict=True)
    )


def tally(tx: Tx, *, now: datetime, **sight: Unpack[Sight]) -> Tally:
    """How the board stands, from clear columns alone: nobody's words are read."""
    rows = tx.all(_tally(*_kind(sight)), _asked(sight) | {"now": now})
    counts = {section: sum(row.many for row in rows if row.section == section) for section in SECTIONS}
    mark = hashlib.sha256(repr(sorted(tuple(row) for row in rows)).encode()).hexdigest()[:16]
    return Tally(**counts, late=sum(row.late or 0 for row in rows), mark=mark)


def waiting(tx: Tx, grids: Sequence[int] | None) -> tuple[tuple[str, str], ...]:
    """The number and class of what waits for a person, the newest first, up to `MOST_NAMED`."""
    rows = tx.all(_waiting(grids is not None), {"grids": list(grids)} if grids is not None else {})
    return tuple((row.number, row.label) for row in rows)


def _card(row: Row[Any], words: str, place: str, *, since: datetime) -> Card:
    return Card(
        number=row.number,
        section=row.section,
        label=row.label,
        category=row.category,
        state=row.state,
        needs_person=row.needs_person,
        hurt=row.hurt,
        channel=row.channel,
        place=name_of(msgspec.json.decode(place, type=Place)) if place else None,
        words=words,
        received=row.received_at,
        since=since,
        due=row.due_at,
        provisional=row.provisional,
        accepter=signed(row.accepter_role, row.accepter) if row.accepter else None,
    )


def _since(tx: Tx, rows: Sequence[Row[Any]]) -> dict[str, datetime]:
    """When those cases began to wait that had been answered before."""
    if not rows:
        return {}
    found = tx.all(_SINCE, {"subjects": [f"case:{row.number}" for row in rows]})
    return {row.subject.removeprefix("case:"): row.since for row in found}


def _kind(sight: Sight) -> tuple[bool, bool, str]:
    return sight["grids"] is not None, bool(sight["label"]), sight["state"]


def _asked(sight: Sight) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if sight["grids"] is not None:
        asked["grids"] = list(sight["grids"])
    if sight["label"]:
        asked["label"] = sight["label"]
    return asked


# One statement for each kind of look, made once: they are compiled only the first time.


@cache
def _page(by_grid: bool, by_label: bool, state: str) -> Select[Any]:
    order = (CASE.c.id.desc(),) if state in ENDED else (_RANK, CASE.c.due_at, CASE.c.id)
    shown = select(*_SHOWN).outerjoin(STAFF, STAFF.c.id == CASE.c.accepted_by)
    return _limited(shown, by_grid, by_label, state=state).order_by(*order).limit(bindparam("page")).offset(bindparam("before"))


@cache
def _tally(by_grid: bool, by_label: bool, state: str) -> Select[Any]:
    marks = (func.max(CASE.c.id), func.sum(CASE.c.version), func.sum(CASE.c.ladder_level))
    late = func.sum(case((and_(CASE.c.state.in_(UNDER_WAY), CASE.c.met_at.is_(None), _LATE), 1), else_=0)).label("late")
    grouped = (_SECTION.label("section"), CASE.c.needs_person, CASE.c.state)
    counted = select(*grouped, func.count().label("many"), late, *marks)
    return _limited(counted, by_grid, by_label, state=state).group_by("section", CASE.c.needs_person, CASE.c.state)


@cache
def _waiting(by_grid: bool) -> Select[Any]:
    named = select(CASE.c.number, CASE.c.label).where(_WAITS)
    return _limited(named, by_grid, False, state="").order_by(CASE.c.id.desc()).limit(MOST_NAMED)


def _limited(statement: Select[Any], by_grid: bool, by_label: bool, *, state: str) -> Select[Any]:
    statement = statement.outerjoin(BUILDING, BUILDING.c.id == CASE.c.building_id)
    statement = statement.where(CASE.c.state == state) if state else statement.where(_OPEN)
    if by_label:
        statement = statement.where(CASE.c.label == bindparam("label"))
    if by_grid:
        statement = statement.where(or_(BUILDING.c.grid_id.is_(None), BUILDING.c.grid_id.in_(bindparam("grids", expanding=True))))
    return statement
