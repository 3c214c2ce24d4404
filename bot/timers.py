"""What falls due: commands as rows, each tagged with the subject and step it belongs to. A stale one does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from bot.effects import Command
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import TimerRow

TIMER = table_of(TimerRow)

MOST_TRIES = 5
AGAIN_AFTER = timedelta(minutes=1)

_DUE = (
    select(TIMER.c.id)
    .where(TIMER.c.due_at <= bindparam("now"), TIMER.c.tries < MOST_TRIES)
    .order_by(TIMER.c.due_at, TIMER.c.id)
    .limit(bindparam("most"))
)
_TAKE = select(TIMER.c.id, TIMER.c.command, TIMER.c.tries).where(TIMER.c.id == bindparam("timer")).with_for_update(skip_locked=True)
_DELETE = delete(TIMER).where(TIMER.c.id == bindparam("timer"))
_DROP = delete(TIMER).where(TIMER.c.subject == bindparam("about"))
_POSTPONE = update(TIMER).where(TIMER.c.due_at <= bindparam("now"), TIMER.c.tries < MOST_TRIES)
_STUCK = select(TIMER.c.id, TIMER.c.subject, TIMER.c.step, TIMER.c.due_at).where(TIMER.c.tries >= MOST_TRIES).order_by(TIMER.c.due_at)


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose moment has come."""

    id: int
    command: bytes
    tries: int


def later(tx: Tx, command: Command[Any], *, due_at: datetime, subject: str, step: str = "") -> int:
    """The command falls due at `due_at`."""
    return tx.insert(TimerRow, due_at=due_at, subject=subject, step=step, command=msgspec.json.encode(command).decode(), tries=0)


def drop(tx: Tx, subject: str) -> None:
    """Nothing of this subject falls due any more."""
    tx.run(_DROP, {"about": subject})


def due(tx: Tx, now: datetime, most: int) -> tuple[int, ...]:
    """The timers whose moment has come, oldest first; those that failed too often stand aside (`stuck`)."""
    return tuple(row[0] for row in tx.all(_DUE, {"now": now, "most": most}))


def take(tx: Tx, timer_id: int) -> Due | None:
    """This timer, taken out of the table by this transaction, or None when another has it."""
    row = tx.first(_TAKE, {"timer": timer_id})
    if row is None:
        return None
    tx.run(_DELETE, {"timer": timer_id})
    return Due(row.id, row.command.encode(), row.tries)


def failed(tx: Tx, timer_id: int, now: datetime) -> int:
    """The timer is tried again a little later; the answer is how often it has failed."""
    row = tx.first(_TAKE, {"timer": timer_id})
    if row is None:
        return 0
    tx.update(TimerRow, timer_id, tries=row.tries + 1, due_at=now + AGAIN_AFTER * (row.tries + 1))
    return int(row.tries) + 1


def postpone(tx: Tx, *, until: datetime, now: datetime) -> int:
    """Nothing that is due now falls due before then; how many that are."""
    return tx.run(_POSTPONE, {"now": now, "due_at": until}).rowcount


def stuck(tx: Tx) -> tuple[dict[str, Any], ...]:
    """The timers that failed too often: a person must look."""
    return tuple(dict(row._mapping) for row in tx.all(_STUCK))
