"""How fast a channel may send, kept as one row a channel, so that all dispatchers together keep to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import Rate

BURST = timedelta(seconds=1)  # what a quiet channel may send at once
ASTRAY = timedelta(minutes=1)  # further ahead than any two clocks: the clock was set back

RATE = table_of(Rate)

_FREE_AT = select(RATE.c.free_at).where(RATE.c.channel == bindparam("name")).with_for_update()
_SPEND = update(RATE).where(RATE.c.channel == bindparam("name")).values(free_at=bindparam("until", type_=RATE.c.free_at.type))


@dataclass(frozen=True, slots=True)
class Slots:
    """What a channel may send now: how many, counted from when everything claimed so far has been paid for."""

    free: int
    paid_until: datetime


def slots(tx: Tx, channel: str, rate: int, *, now: datetime) -> Slots:
    """The sends that the channel has free now; no other dispatcher takes them before this transaction ends."""
    row = tx.first(_FREE_AT, {"name": channel})
    earliest = now - BURST
    if row is None:
        tx.insert(Rate, channel=channel, free_at=earliest)
        return Slots(rate, earliest)
    paid_until = earliest if row.free_at > now + ASTRAY else max(row.free_at, earliest)
    return Slots(max(0, (now - paid_until) * rate // timedelta(seconds=1)), paid_until)


def spend(tx: Tx, channel: str, rate: int, *, taken: int, found: Slots) -> None:
    """So many of the slots found are used up."""
    tx.run(_SPEND, {"name": channel, "until": found.paid_until + taken * timedelta(seconds=1) / rate})
