"""Cases as people read them: every look unseals in a writing transaction, so that the read log has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, bindparam, select

from bot import attachments
from bot.prompt import Phrase
from bot.store import timeline
from bot.store.audit import unseal_for
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import AddressRow, Building
from workflows.cases.end_words import WORTH
from workflows.cases.number import number_of, sequence_of
from workflows.cases.rows import CaseRow
from workflows.places.words import Place, name_of

CASE, BUILDING, ADDRESS = table_of(CaseRow), table_of(Building), table_of(AddressRow)
_ALL = select(CASE, BUILDING.c.grid_id).outerjoin(BUILDING, BUILDING.c.id == CASE.c.building_id).order_by(CASE.c.id.desc())
_NUMBER = _ALL.where(CASE.c.number == bindparam("wanted"))
_STATE = _ALL.where(CASE.c.state == bindparam("state"))
_WAITING = _ALL.where(CASE.c.needs_person != "")
_ADDRESS = select(ADDRESS.c.data_key_id, ADDRESS.c.value).order_by(ADDRESS.c.preference, ADDRESS.c.id)
_OF_PERSON = _ADDRESS.where(ADDRESS.c.person_id == bindparam("owner"), ADDRESS.c.gone_at.is_(None))
_OF_HOUSEHOLD = _ADDRESS.where(ADDRESS.c.household_id == bindparam("owner"), ADDRESS.c.gone_at.is_(None))


class Step(Struct, frozen=True):
    """One entry of a timeline, its body unsealed; None where it says nothing or was erased."""

    at: datetime
    actor: str
    channel: str
    kind: str
    body: Any = None


class CaseView(Struct, frozen=True):
    """A case with everything a person of staff may see of it."""

    number: str
    label: str
    category: str
    state: str
    place: Phrase | None
    channel: str
    due: datetime
    provisional: bool
    received: datetime
    words: str
    hurt: str
    needs_person: str
    first_responded: datetime | None
    accepted: datetime | None
    timeline: tuple[Step, ...]
    accepted_by: int | None = None
    arrived: datetime | None = None
    met: datetime | None = None  # when what was promised was done
    breached: datetime | None = None  # when it was last seen that a promise was broken
    resolved: datetime | None = None
    resolution: str = ""
    offline: str = ""
    offline_why: str = ""
    verdict: str = ""
    satisfaction: str = ""
    worth: float | None = None  # what the grade counts in the satisfaction rate
    closed: datetime | None = None
    ended_why: str = ""
    reopened: int = 0
    waiting_since: datetime | None = None
    paused_days: int = 0


def show(tx: Tx, number: str, *, reader: str, now: datetime, grids: Sequence[int] | None = None) -> CaseView | None:
    """The case of this number, None when there is none (or none in these grids); the look is on record."""
    row = _row(tx, number, grids)
    return _view(tx, row, reader=reader, now=now) if row else None


def is_there(tx: Tx, number: str, grids: Sequence[int] | None = None) -> bool:
    """Whether there is a case of this number (in these grids); nothing of it is read."""
    return _row(tx, number, grids) is not None


def progress(tx: Tx, number: str, grids: Sequence[int] | None = None) -> str:
    """A mark that changes when something happens to the case or is fetched for it; empty when there is no such case (in these grids)."""
    row = _row(tx, number, grids)
    if row is None:
        return ""
    subject = f"case:{row.number}"
    fetched = sum(each.state != "wanted" for each in attachments.attached_to(tx, subject))
    return f"{timeline.length(tx, subject)}-{fetched}"


def phones(tx: Tx, number: str, *, reader: str, now: datetime, grids: Sequence[int] | None = None) -> tuple[str, ...] | None:
    """The telephone numbers of who reported this case, the look on record; None when there is no such case (in these grids)."""
    row = _row(tx, number, grids)
    if row is None:
        return None
    owner, statement = (row.person_id, _OF_PERSON) if row.person_id is not None else (row.household_id, _OF_HOUSEHOLD)
    sealed = [(each.data_key_id, each.value) for each in tx.all(statement, {"owner": owner})]
    values = unseal_for(tx, sealed, reader=reader, subject=f"case:{row.number}", why="phone shown", now=now)
    return tuple(dict.fromkeys(value for value in values if value and value.startswith("+")))


def _row(tx: Tx, number: str, grids: Sequence[int] | None) -> Row[Any] | None:
    sequence = sequence_of(number)
    row = tx.first(_NUMBER, {"wanted": number_of(sequence)}) if sequence is not None else None
    return row if row and _is_within(row, grids) else None


def listed(  # noqa: PLR0913 -- a list and its filters
    tx: Tx, *, reader: str, now: datetime, state: str = "", waiting: bool = False, grids: Sequence[int] | None = None
) -> tuple[CaseView, ...]:
    """The cases, newest first: all, those in a state, or those that wait for a person; only those of `grids` where given."""
    statement: Select[Any] = _WAITING if waiting else _STATE if state else _ALL
    rows = tx.all(statement, {"state": state} if state and not waiting else {})
    return tuple(_view(tx, row, reader=reader, now=now) for row in rows if _is_within(row, grids))


def _is_within(row: Row[Any], grids: Sequence[int] | None) -> bool:
    return grids is None or row.grid_id is None or row.grid_id in grids


def _view(tx: Tx, row: Row[Any], *, reader: str, now: datetime) -> CaseView:
    subject = f"case:{row.number}"
    entries = timeline.entries(tx, subject)
    texts = [(row.data_key_id, text) for text in (row.words, row.place, row.resolution, row.offline_why)]
    sealed = [*texts, *((entry.data_key_id, entry.body) for entry in entries)]
    words, place, resolution, offline_why, *bodies = unseal_for(tx, sealed, reader=reader, subject=subject, why="case read", now=now)
    return CaseView(
        number=row.number,
        label=row.label,
        category=row.category,
        state=row.state,
        place=name_of(msgspec.json.decode(place, type=Place)) if place else None,
        channel=row.channel,
        due=row.due_at,
        provisional=row.provisional,
        received=row.received_at,
        words=words or "",
        hurt=row.hurt,
        needs_person=row.needs_person,
        first_responded=row.first_responded_at,
        accepted=row.accepted_at,
        accepted_by=row.accepted_by,
        timeline=tuple(
            Step(entry.at, entry.actor, entry.channel, entry.kind, msgspec.json.decode(body) if body else None)
            for entry, body in zip(entries, bodies, strict=True)
        ),
        arrived=row.arrived_at,
        met=row.met_at,
        breached=row.breached_at,
        resolved=row.resolved_at,
        resolution=resolution or "",
        offline=row.offline,
        offline_why=offline_why or "",
        verdict=row.verdict,
        satisfaction=row.satisfaction,
        worth=WORTH.get(row.satisfaction),
        closed=row.closed_at,
        ended_why=row.ended_why,
        reopened=row.reopened,
        waiting_since=row.waiting_since,
        paused_days=row.paused_days,
    )
