"""What the platforms answered, written down in one batch: sent, to be tried again, or on to the person's next address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from bot import deliveries
from bot.deliveries import DELIVERY, EXPIRED, FAILED, QUEUED, SENDING, SENT
from bot.envelope import DeliveryState, Lane, Sent
from bot.errors import Erased, Misconfigured, SendError, Unreachable
from bot.outbox import Claimed, open_keys
from bot.store.addresses import next_address
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.instant import EPOCH, MICROSECOND
from bot.store.tables import ReceiptRow

AGAIN_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45), timedelta(minutes=2), timedelta(minutes=5))
AGAIN_WHEN_MENDED = timedelta(minutes=5)
# Words about danger do not sit out the longest waits.
LONGEST_WAIT: Mapping[Lane, timedelta] = {Lane.EVACUATION: AGAIN_AFTER[1], Lane.URGENT: AGAIN_AFTER[2], Lane.CARE: AGAIN_AFTER[2]}
# Nor do they wait for one platform to come back while the person has another address.
TRIES_HERE: Mapping[Lane, int] = {Lane.EVACUATION: 2, Lane.URGENT: 3, Lane.CARE: 4}

RECEIPT = table_of(ReceiptRow)


class Outcome(Struct, frozen=True):
    """What became of one attempt: the words as they were sent, and what the platform said."""

    delivery: Claimed
    words: str
    answer: Sent | SendError


_AGAIN = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.state == str(SENDING), DELIVERY.c.claimed_by == bindparam("holder"))
    .values(state=str(QUEUED), next_at=bindparam("later"), error=bindparam("why"), error_code=bindparam("code"), lease_until=None)
)
_ANY_UNATTACHED = select(RECEIPT.c.id).where(RECEIPT.c.delivery_id.is_(None)).limit(1)
_UNATTACHED = (
    select(RECEIPT.c.id, RECEIPT.c.state, RECEIPT.c.error, RECEIPT.c.code, DELIVERY.c.id.label("delivery_id"))
    .join(DELIVERY, (DELIVERY.c.channel == RECEIPT.c.channel) & (DELIVERY.c.external_id == RECEIPT.c.external_id))
    .where(RECEIPT.c.delivery_id.is_(None))
    .order_by(RECEIPT.c.id)
)
_ATTACH = update(RECEIPT).where(RECEIPT.c.id == bindparam("receipt")).values(delivery_id=bindparam("delivery"))


def settle(tx: Tx, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Every outcome is kept: what was sent is sent, what may be tried again is queued, what cannot go there goes to the next address."""
    sent = [(outcome.delivery, outcome.words, outcome.answer.external_id) for outcome in outcomes if isinstance(outcome.answer, Sent)]
    mark_sent(tx, sent, now)
    for outcome in outcomes:
        if isinstance(outcome.answer, SendError):
            _settle_refusal(tx, outcome.delivery, outcome.answer, now=now)


def mark_sent(tx: Tx, sent: Sequence[tuple[Claimed, str, str]], now: datetime) -> None:
    """These deliveries (with words and external id) are sent, or further where a receipt was faster; their questions now wait."""
    if not sent:
        return
    open_keys(tx, (delivery.data_key_id for delivery, _words, _external in sent))
    cells: list[object] = [(now - EPOCH) // MICROSECOND]
    for delivery, words, external_id in sent:
        cells += (delivery.id, external_id, _sealed(tx, delivery, words))
    tx.connection.exec_driver_sql(_sent_sql(tx.connection.dialect.name, len(sent)), tuple(cells))
    deliveries.mark_asked(tx, {delivery.question_id for delivery, _words, _external in sent if delivery.question_id}, now)
    attach(tx, now)


def attach(tx: Tx, now: datetime) -> int:
    """Receipts that came before we knew what the platform calls the delivery now count for it; the answer is how many."""
    if tx.first(_ANY_UNATTACHED) is None:
        return 0
    found = tx.all(_UNATTACHED)
    for receipt in found:
        tx.run(_ATTACH, {"receipt": receipt.id, "delivery": receipt.delivery_id})
        error = Unreachable(receipt.error or None, code=receipt.code or None)
        count(tx, receipt.delivery_id, DeliveryState(receipt.state), error=error, now=now)
    return len(found)


def count(tx: Tx, delivery_id: int, state: DeliveryState, *, error: SendError, now: datetime) -> bool:
    """What a receipt says of the delivery is so, if it may still become so; True when it did."""
    if state is FAILED:
        return deliveries.fail(tx, delivery_id, error, now=now)
    if state is EXPIRED:
        return deliveries.end(tx, delivery_id, error, state=EXPIRED, now=now)
    return state in deliveries.CLIMBS and deliveries.climb(tx, delivery_id, state, now=now)


def again_at(delivery: Claimed, error: SendError, now: datetime) -> datetime:
    """When the same address is tried again: as the platform asks, else by the family of the error; never after we have given up."""
    limit = delivery.give_up_at if delivery.valid_until is None else min(delivery.give_up_at, delivery.valid_until)
    return min(now + _wait(delivery, error), limit)


def _wait(delivery: Claimed, error: SendError) -> timedelta:
    if error.after is not None:
        return error.after
    if isinstance(error, Misconfigured):
        return AGAIN_WHEN_MENDED
    wait = AGAIN_AFTER[min(delivery.tries, len(AGAIN_AFTER)) - 1]
    spread = 1 + delivery.id * 7919 % 100 / 500  # up to a fifth longer, so that an outage does not end in one great wave
    return min(wait, LONGEST_WAIT.get(delivery.lane, wait)) * spread


def _settle_refusal(tx: Tx, delivery: Claimed, error: SendError, *, now: datetime) -> None:
    if not error.retryable or _moves_on(tx, delivery):
        deliveries.fail(tx, delivery.id, error, now=now)
        return
    tx.run(
        _AGAIN,
        {
            "delivery": delivery.id,
            "holder": delivery.holder,
            "later": again_at(delivery, error, now),
            "why": str(error),
            "code": error.code or "",
        },
    )


def _moves_on(tx: Tx, delivery: Claimed) -> bool:
    """Whether a pressing delivery was tried here often enough and the person has another address."""
    most = TRIES_HERE.get(delivery.lane)
    if most is None or delivery.tries < most:
        return False
    return next_address(tx, delivery.address_id, delivery.purpose, lane=delivery.lane) is not None


@lru_cache(maxsize=512)
def _sent_sql(database: str, count: int) -> str:
    """So many deliveries marked sent by one statement.

    Many executions of a small one would hand the interpreter to the sending thread and back for each row: a quarter slower in all.
    """
    mark, blob = ("?", "BLOB") if database == "sqlite" else ("%s", "BYTEA")
    row = f"(CAST({mark} AS INTEGER), CAST({mark} AS VARCHAR), CAST({mark} AS {blob}))"
    climbs = " ".join(f"WHEN '{earlier}' THEN '{SENT}'" for earlier in deliveries.PRECEDES[SENT])
    return (
        f"UPDATE delivery SET state = CASE delivery.state {climbs} ELSE delivery.state END, "  # noqa: S608 -- made of our own words only
        f"external_id = coalesce(delivery.external_id, batch.column2), sent_at = coalesce(delivery.sent_at, {mark}), "
        f"as_sent = batch.column3 FROM (VALUES {', '.join([row] * count)}) AS batch WHERE delivery.id = batch.column1"
    )


def _sealed(tx: Tx, delivery: Claimed, words: str) -> bytes | None:
    try:
        return tx.seal(delivery.data_key_id, words)
    except Erased:
        return None  # the person was erased while the words were on their way
