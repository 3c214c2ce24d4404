"""What a restored copy is told before it goes on: it knows nothing of what its service did after the copy was taken.

What was due then has most likely been said since, so it is not said again; what falls due waits until somebody has looked; and no number
that may have been given out since is given to somebody else.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, func, insert, select, text

from bot import deliveries, questions, timers
from bot.deliveries import DELIVERY, EXPIRED, QUEUED
from bot.store import desk_sessions, meta, timeline
from bot.store.addresses import ADDRESS, DATA_KEY
from bot.store.tx import Tx

LOOK_FIRST = timedelta(minutes=10)  # enough to read the list of open cases; no longer, since one of them may be in danger
SET_ASIDE = "It was due when this copy of the database was taken and has most likely been sent, so it was not sent again."
GAP = "A copy was restored here: the numbers before this one may have been used."
BACKED_UP, RESTORED, COPY_OF = "backed_up_at", "restored_at", "restored_copy_of"

# A case has its number from its data key; the id of a delivery stands in buttons on people's phones and in what platforms report.
CASE_GAP, DELIVERY_GAP = 10_000, 1_000_000

_KEPT = select(func.count()).select_from(DELIVERY).where(DELIVERY.c.state == str(QUEUED), DELIVERY.c.next_at > bindparam("now"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of what the copy was about to do."""

    set_aside: int  # deliveries that are not sent, since they may have been
    kept: int  # deliveries that are due later than now
    postponed: int  # timers and unanswered questions that are due, and wait


def settle(tx: Tx, *, made_at: datetime, now: datetime) -> Plan:
    """The copy may go on: it repeats nothing, hurries nothing and gives no number twice."""
    aside = deliveries.set_aside(tx, SET_ASIDE, now)
    for subject, count in Counter(subject for _delivery, subject in aside if subject).items():
        timeline.append(tx, subject, at=now, actor="clock", kind="set_aside", body={"deliveries": count, "copy_of": made_at.isoformat()})
    postponed = sum(rows.postpone(tx, until=now + LOOK_FIRST, now=now) for rows in (timers, questions))
    desk_sessions.end_everybodys(tx, why="restored", now=now)  # one that was ended since would be open again
    _leave_gaps(tx, now)
    meta.put(tx, RESTORED, now.isoformat())
    meta.put(tx, COPY_OF, made_at.isoformat())
    meta.put(tx, BACKED_UP, made_at.isoformat())
    return Plan(len(aside), int(tx.run(_KEPT, {"now": now}).scalar_one()), postponed)


def _leave_gaps(tx: Tx, now: datetime) -> None:
    """A delivery to nobody, under a key that was never there, stands at the far end of each gap."""
    key = _past(tx, DATA_KEY, CASE_GAP)
    tx.run(insert(DATA_KEY).values(id=key, key_id="", made_at=now, destroyed_at=now))
    nobody = {"channel": "none", "value_hash": secrets.token_bytes(32), "data_key_id": key, "gone_at": now, "gone_why": GAP}
    address = tx.run(insert(ADDRESS).values(**nobody).returning(ADDRESS.c.id)).scalar_one()
    last = _past(tx, DELIVERY, DELIVERY_GAP)
    ended = {"state": str(EXPIRED), "made_at": now, "next_at": now, "give_up_at": now, "settled_at": now, "error": GAP}
    tx.run(insert(DELIVERY).values(id=last, channel="none", address_id=address, **ended))
    if tx.connection.dialect.name == "postgresql":
        for table, reached in ((DATA_KEY, key), (DELIVERY, last)):
            tx.run(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :reached)"), {"name": table.name, "reached": reached})


def _past(tx: Tx, table: Table, gap: int) -> int:
    return int(tx.run(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + gap
