"""What came in and could not be dealt with: it stays in sight until a person has looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import func, select

from bot.envelope import Inbound
from bot.store.audit import unseal_for
from bot.store.columns import table_of
from bot.store.tables import InboundRow
from bot.store.tx import Tx

MAY_LOOK = ("administrator", "street", "community_duty")

INBOUND = table_of(InboundRow)
_PARKED = select(INBOUND).where(INBOUND.c.state == "parked").order_by(INBOUND.c.id)
_COUNT = select(func.count()).select_from(INBOUND).where(INBOUND.c.state == "parked")


@dataclass(frozen=True, slots=True)
class Parked:
    """One inbound that waits: `why` is the name of what broke, `words` what was said."""

    id: int
    channel: str
    at: datetime
    why: str
    words: str


def count(tx: Tx) -> int:
    """How many wait."""
    row = tx.first(_COUNT)
    return 0 if row is None else int(row[0])


def listed(tx: Tx, *, reader: str, now: datetime) -> tuple[Parked, ...]:
    """What waits, oldest first; the look is on record."""
    rows = tx.all(_PARKED)
    sealed = [(row.data_key_id, row.body) for row in rows]
    bodies = unseal_for(tx, sealed, reader=reader, subject="parked", why="parked read", now=now)
    said = [msgspec.json.decode(body, type=Inbound).text if body else "" for body in bodies]
    return tuple(Parked(row.id, row.channel, row.at, row.why, words) for row, words in zip(rows, said, strict=True))
