"""Words where nothing is pushed: they wait until their owner looks, and go on to another address when nobody does in time.

Who has no other address finds them whenever they come back; nothing that was not fetched ever counts as told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, and_, bindparam, case, exists, or_, select, type_coerce, update

from bot import deliveries
from bot.deliveries import DELIVERY, QUEUED
from bot.effects import Owner
from bot.envelope import Lane
from bot.errors import Unreachable
from bot.prompt import _
from bot.store.addresses import ADDRESS, ANSWERED_ONLY, Reached, addresses_of
from bot.store.begin import Store, Tx
from bot.store.instant import EPOCH, MICROSECOND

NOBODY_LOOKED = _("Nobody looked at it there in time.")
KEPT_FOR = timedelta(days=180)  # as long as a browser can come back for it
MOST_PASSED_ON = 200

# How long words may wait to be looked at while their owner has another address. A page that is open fetches them within seconds.
UNSEEN_AFTER: Mapping[Lane, timedelta] = {
    Lane.EVACUATION: timedelta(seconds=30),
    Lane.URGENT: timedelta(minutes=1),
    Lane.CARE: timedelta(minutes=5),
    Lane.REPLY: timedelta(minutes=10),
    Lane.UPDATE: timedelta(minutes=30),
    Lane.BULK: timedelta(hours=2),
}

_LATEST = type_coerce(DELIVERY.c.made_at, BigInteger) + KEPT_FOR // MICROSECOND
_HERE = and_(DELIVERY.c.state == str(QUEUED), DELIVERY.c.channel.in_(bindparam("waits", expanding=True)))
_TO_KEEP = and_(_HERE, DELIVERY.c.then.is_(None), type_coerce(DELIVERY.c.give_up_at, BigInteger) < _LATEST)
_ANY_TO_KEEP = select(DELIVERY.c.id).where(_TO_KEEP).limit(1)
_KEEP = update(DELIVERY).where(_TO_KEEP).values(give_up_at=_LATEST)
_other = ADDRESS.alias("other")
_HAS_ANOTHER = exists().where(
    or_(_other.c.person_id == ADDRESS.c.person_id, _other.c.household_id == ADDRESS.c.household_id),
    _other.c.id != ADDRESS.c.id,
    _other.c.gone_at.is_(None),
    _other.c.channel.not_in(bindparam("waits", expanding=True)),
)
_MOMENT = bindparam("now", type_=DELIVERY.c.next_at.type)
# What came here from another address has been tried there: it goes no further round.
_UNSEEN = (
    select(DELIVERY.c.id, DELIVERY.c.purpose, ADDRESS.c.person_id, ADDRESS.c.household_id)
    .join(ADDRESS, ADDRESS.c.id == DELIVERY.c.address_id)
    .where(
        _HERE,
        DELIVERY.c.replaces_id.is_(None),
        type_coerce(DELIVERY.c.next_at, BigInteger)
        + case({int(lane): after // MICROSECOND for lane, after in UNSEEN_AFTER.items()}, value=DELIVERY.c.lane, else_=0)
        <= bindparam("now_raw"),
        or_(DELIVERY.c.valid_until.is_(None), DELIVERY.c.valid_until > _MOMENT),
        _HAS_ANOTHER,
    )
    .order_by(DELIVERY.c.lane, DELIVERY.c.id)
    .limit(MOST_PASSED_ON)
)


def look_after(store: Store, waits: tuple[str, ...], now: datetime) -> int:
    """On these channels words wait for their owner instead of being given up; what nobody looked at is queued for their other address.

    The answer is how many were. A command that is to follow when nobody can be told is not kept waiting.
    """
    asked = {"waits": waits, "now": now, "now_raw": (now - EPOCH) // MICROSECOND}
    with store.read() as tx:  # most of the time there is nothing to do, and nobody has to wait for that
        if tx.first(_ANY_TO_KEEP, asked) is None and tx.first(_UNSEEN, asked) is None:
            return 0
    with store.begin() as tx:
        tx.run(_KEEP, {"waits": waits})
        return sum(_passed_on(tx, row, waits, now=now) for row in tx.all(_UNSEEN.with_for_update(of=DELIVERY, skip_locked=True), asked))


def _passed_on(tx: Tx, row: Row[Any], waits: Collection[str], *, now: datetime) -> bool:
    to = _another(tx, row, waits)
    return to is not None and deliveries.pass_on(tx, row.id, Unreachable(NOBODY_LOOKED, code="unseen"), to=to, now=now)


def _another(tx: Tx, row: Row[Any], waits: Collection[str]) -> Reached | None:
    """The owner's first address where words are pushed, whichever comes first in their order."""
    usable = addresses_of(tx, Owner(row.person_id, row.household_id), row.purpose)
    return next((address for address in usable if address.preference < ANSWERED_ONLY and address.channel not in waits), None)
