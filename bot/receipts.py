"""What platforms say later of a delivery. It climbs by `bot.deliveries.FOLLOWS` and never falls; every different receipt is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import settling
from bot.deliveries import DELIVERY, EXPIRED, FAILED
from bot.envelope import Receipt
from bot.errors import Unreachable
from bot.settling import RECEIPT
from bot.store.begin import Tx

_OF_CHANNEL = select(DELIVERY.c.id, DELIVERY.c.external_id).where(DELIVERY.c.channel == bindparam("channel"))
_BY_EXTERNAL = _OF_CHANNEL.where(DELIVERY.c.external_id == bindparam("external"))
_BY_ID = _OF_CHANNEL.where(DELIVERY.c.id == bindparam("delivery"))
_NAME = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.external_id.is_(None))
    .values(external_id=bindparam("external"))
)


def take(tx: Tx, receipt: Receipt, now: datetime) -> bool:
    """The receipt is kept, and True when it moved its delivery.

    An unknown delivery's receipt waits until the platform's own answer is settled. A failure sends the words to the next address at once.
    """
    row = _find(tx, receipt)
    _keep(tx, receipt, row, now=now)
    if row is None:
        return False
    if row.external_id is None:
        tx.run(_NAME, {"delivery": row.id, "external": receipt.external_id})
    elif receipt.state in (FAILED, EXPIRED) and row.external_id != receipt.external_id:
        return False  # an attempt whose answer was lost has failed; the one that counts has not
    return settling.count(tx, row.id, receipt.state, error=receipt.error or Unreachable(), now=now)


def _find(tx: Tx, receipt: Receipt) -> Row[Any] | None:
    found = tx.first(_BY_EXTERNAL, {"channel": receipt.channel, "external": receipt.external_id})
    if found is None and receipt.delivery_id is not None:
        found = tx.first(_BY_ID, {"channel": receipt.channel, "delivery": receipt.delivery_id})
    return found


def _keep(tx: Tx, receipt: Receipt, row: Row[Any] | None, *, now: datetime) -> None:
    error = receipt.error
    tx.run(
        _KEEPS[tx.connection.dialect.name],
        {
            "channel": receipt.channel,
            "external_id": receipt.external_id,
            "status": receipt.status,
            "state": str(receipt.state),
            "error": str(error) if error else "",
            "code": (error.code if error else None) or "",
            "delivery_id": row.id if row else None,
            "at": now,
            "times": 1,
        },
    )


def _keep_with(insert: type[postgresql.Insert] | type[sqlite.Insert]) -> postgresql.Insert | sqlite.Insert:
    kept = insert(RECEIPT)
    return kept.on_conflict_do_update(
        index_elements=[RECEIPT.c.channel, RECEIPT.c.external_id, RECEIPT.c.status],
        set_={"times": RECEIPT.c.times + 1, "delivery_id": kept.excluded.delivery_id},
    )


_KEEPS = {"sqlite": _keep_with(sqlite.Insert), "postgresql": _keep_with(postgresql.Insert)}
