"""The life of a delivery: how it climbs, and what follows when it has ended. A final state refuses everything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, and_, bindparam, case, func, or_, select, type_coerce, update
from sqlalchemy.sql.elements import ColumnElement

from bot.envelope import DeliveryState, Lane
from bot.errors import Dead, SendError, Stopped
from bot.prompt import _
from bot.store import addresses
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.instant import EPOCH, MICROSECOND
from bot.store.tables import DeliveryRow, QuestionRow, TimerRow

QUEUED, SENDING, SENT = DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT
DELIVERED, READ = DeliveryState.DELIVERED, DeliveryState.READ
FAILED, EXPIRED = DeliveryState.FAILED, DeliveryState.EXPIRED

# What may follow what; an absent key refuses everything. A receipt may know of a delivery whose own answer was lost,
# so it may climb from anywhere below; only an attempt that is to be repeated goes back to the queue.
FOLLOWS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    QUEUED: frozenset({SENDING, SENT, DELIVERED, READ, FAILED, EXPIRED}),
    SENDING: frozenset({QUEUED, SENT, DELIVERED, READ, FAILED, EXPIRED}),
    SENT: frozenset({DELIVERED, READ, FAILED, EXPIRED}),
    DELIVERED: frozenset({READ}),
}
CLIMBS = (SENT, DELIVERED, READ)
PRECEDES = {state: tuple(str(earlier) for earlier, later in FOLLOWS.items() if state in later) for state in DeliveryState}

# How long one address is tried. Words about danger are wrong after half an hour; a reply is still awaited the next morning.
GIVE_UP_AFTER: Mapping[Lane, timedelta] = {
    Lane.EVACUATION: timedelta(minutes=30),
    Lane.URGENT: timedelta(hours=2),
    Lane.CARE: timedelta(hours=6),
    Lane.REPLY: timedelta(hours=12),
    Lane.UPDATE: timedelta(hours=24),
    Lane.BULK: timedelta(hours=24),
}
MOST_GIVEN_UP = 500
ENGAGED_FOR = timedelta(minutes=1)  # until a line that was busy is tried again
MOST_ENGAGED = 3  # times

TOO_LATE = _("It was no longer true, so it was not sent.")
GIVEN_UP = _("It could not be sent for too long, so we gave up.")

DELIVERY = table_of(DeliveryRow)
QUESTION = table_of(QuestionRow)

_CLIMB = {
    state: update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.state.in_(PRECEDES[state]))
    .values(state=str(state), sent_at=func.coalesce(DELIVERY.c.sent_at, bindparam("now", type_=DELIVERY.c.sent_at.type)))
    for state in CLIMBS
}
_END = {
    state: update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.state.in_(PRECEDES[state]))
    .values(state=str(state), settled_at=bindparam("now"), error=bindparam("why"), error_code=bindparam("code"))
    for state in (FAILED, EXPIRED)
}
_ROW = select(DELIVERY).where(DELIVERY.c.id == bindparam("delivery"))
_QUESTION_OF = select(DELIVERY.c.question_id).where(DELIVERY.c.id == bindparam("delivery"))
_MOMENT = bindparam("now", type_=DELIVERY.c.next_at.type)


def _raw(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The instant as the database counts it, to reckon with."""
    return type_coerce(column, BigInteger)


_ASKED = (
    update(QUESTION)
    .where(
        QUESTION.c.id.in_(bindparam("questions", expanding=True)),
        or_(QUESTION.c.first_sent_at.is_(None), QUESTION.c.unanswered_since.is_(None)),
    )
    .values(
        first_sent_at=func.coalesce(QUESTION.c.first_sent_at, _MOMENT),
        unanswered_since=func.coalesce(QUESTION.c.unanswered_since, _MOMENT),
        expires_at=case(
            (QUESTION.c.first_sent_at.is_(None), _raw(QUESTION.c.expires_at) + bindparam("now_raw") - _raw(QUESTION.c.put_at)),
            else_=_raw(QUESTION.c.expires_at),
        ),
    )
)
_MOVED = update(QUESTION).where(QUESTION.c.id == bindparam("question")).values(address_id=bindparam("to"))
# Those that somebody else has in hand are looked at again later: two that wait for each other would both fail.
_QUEUED = select(DELIVERY.c.id).where(DELIVERY.c.state == str(QUEUED)).with_for_update(skip_locked=True)
_OUTLIVED = (
    update(DELIVERY)
    .where(DELIVERY.c.id.in_(_QUEUED.where(DELIVERY.c.valid_until <= _MOMENT)))
    .values(state=str(EXPIRED), settled_at=_MOMENT, error=TOO_LATE)
    .returning(DELIVERY.c.subject, DELIVERY.c.then)
)
_GIVEN_UP = (
    update(DELIVERY)
    .where(DELIVERY.c.id.in_(_QUEUED.where(DELIVERY.c.give_up_at <= _MOMENT).order_by(DELIVERY.c.lane, DELIVERY.c.id).limit(MOST_GIVEN_UP)))
    .values(state=str(EXPIRED), settled_at=_MOMENT, error=GIVEN_UP)
    .returning(*DELIVERY.c)
)
_MAY_HAVE_LEFT = or_(DELIVERY.c.state == str(SENDING), and_(DELIVERY.c.state == str(QUEUED), DELIVERY.c.next_at <= _MOMENT))
_SET_ASIDE = (
    update(DELIVERY)
    .where(_MAY_HAVE_LEFT)
    .values(state=str(EXPIRED), settled_at=_MOMENT, lease_until=None, error=bindparam("why"))
    .returning(DELIVERY.c.id, DELIVERY.c.subject, DELIVERY.c.then)
)


def climb(tx: Tx, delivery_id: int, state: DeliveryState, *, now: datetime) -> bool:
    """The delivery has come as far as sent, delivered or read; False when it was there already, or had ended."""
    if tx.run(_CLIMB[state], {"delivery": delivery_id, "now": now}).rowcount != 1:
        return False
    row = tx.first(_QUESTION_OF, {"delivery": delivery_id})
    if row and row.question_id:
        mark_asked(tx, (row.question_id,), now)
    return True


def mark_asked(tx: Tx, question_ids: Collection[int], now: datetime) -> None:
    """These questions wait for their answer from the first time they were sent."""
    if question_ids:
        tx.run(_ASKED, {"questions": tuple(question_ids), "now": now, "now_raw": (now - EPOCH) // MICROSECOND})


def fail(tx: Tx, delivery_id: int, error: SendError, *, now: datetime) -> bool:
    """The delivery has failed for this reason and its words go to the person's next address at once; False when it had ended before.

    With no address left, one that was only engaged is tried again a little later; else the command that was to follow falls due.
    """
    row = _end(tx, delivery_id, error, state=FAILED, now=now)
    if row is None:
        return False
    _mark_address(tx, row, error, now=now)
    if not (_hand_over(tx, row, now) or _try_again(tx, row, error, now=now)):
        _follow(tx, ((row.subject, row.then),), now)
    return True


def end(tx: Tx, delivery_id: int, error: SendError, *, state: DeliveryState, now: datetime) -> bool:
    """The delivery has failed or expired for this reason and nobody else is tried: its words are gone, or no longer true."""
    row = _end(tx, delivery_id, error, state=state, now=now)
    if row is not None:
        _follow(tx, ((row.subject, row.then),), now)
    return row is not None


def expire(tx: Tx, now: datetime) -> int:
    """Everything still queued that is no longer true has expired; what was tried for too long here goes to the next address.

    The answer is how many that were. Of the latter it takes a good number at a time, since each is looked at by itself.
    """
    outlived = tx.run(_OUTLIVED, {"now": now}).all()
    given_up = tx.run(_GIVEN_UP, {"now": now}).all()
    stranded = [row for row in given_up if not _hand_over(tx, row, now)]
    _follow(tx, ((row.subject, row.then) for row in (*outlived, *stranded)), now)
    return len(outlived) + len(given_up)


def set_aside(tx: Tx, why: str, now: datetime) -> Sequence[tuple[int, str]]:
    """Everything that is due or in flight has ended unsent, at every address; what follows the end of it falls due. Which, and of what."""
    ended = tx.run(_SET_ASIDE, {"now": now, "why": why}).all()
    _follow(tx, ((row.subject, row.then) for row in ended), now)
    return [(row.id, row.subject) for row in ended]


def _end(tx: Tx, delivery_id: int, error: SendError, *, state: DeliveryState, now: datetime) -> Row[Any] | None:
    """The row of the delivery that has now ended; None when it had ended before."""
    ended = tx.run(_END[state], {"delivery": delivery_id, "now": now, "why": str(error), "code": error.code or ""})
    return tx.first(_ROW, {"delivery": delivery_id}) if ended.rowcount == 1 else None


def _mark_address(tx: Tx, row: Row[Any], error: SendError, *, now: datetime) -> None:
    if isinstance(error, Stopped):
        addresses.stop(tx, row.address_id)
    elif isinstance(error, Dead):  # a phone that is off tonight is not a dead number
        addresses.mark_gone(tx, row.address_id, str(error), now)


def pass_on(tx: Tx, delivery_id: int, error: SendError, *, to: addresses.Reached, now: datetime) -> bool:
    """The delivery has expired here for this reason and its words are queued for that address; False when it had ended before."""
    row = _end(tx, delivery_id, error, state=EXPIRED, now=now)
    if row is not None:
        _queue_for(tx, row, to, now=now)
    return row is not None


def _hand_over(tx: Tx, row: Row[Any], now: datetime) -> bool:
    """True when the words are queued for the person's next address; its tries and its time begin anew."""
    if row.valid_until is not None and row.valid_until <= now:
        return False
    following = addresses.next_address(tx, row.address_id, row.purpose, lane=row.lane)
    if following is None:
        return False
    _queue_for(tx, row, following, now=now)
    return True


def _queue_for(tx: Tx, row: Row[Any], to: addresses.Reached, *, now: datetime) -> None:
    anew = {"channel": to.channel, "address_id": to.id, "next_at": now, "give_up_at": now + GIVE_UP_AFTER[Lane(row.lane)]}
    _replace(tx, row, anew, now)
    if row.question_id:
        tx.run(_MOVED, {"question": row.question_id, "to": to.id})


def _try_again(tx: Tx, row: Row[Any], error: SendError, *, now: datetime) -> bool:
    """True when the words are queued for the same address once more, with the tries and the time that are left."""
    later = now + ENGAGED_FOR
    ends = row.give_up_at if row.valid_until is None else min(row.give_up_at, row.valid_until)
    if not error.retryable or row.tries >= MOST_ENGAGED or later >= ends:
        return False
    same = {"channel": row.channel, "address_id": row.address_id, "next_at": later, "give_up_at": row.give_up_at, "tries": row.tries}
    _replace(tx, row, same, now)
    return True


def _replace(tx: Tx, row: Row[Any], where: Mapping[str, Any], now: datetime) -> None:  # noqa: PLR0917 - called like a sentence
    tx.insert(
        DeliveryRow,
        data_key_id=row.data_key_id,  # the body stays sealed as it is
        question_id=row.question_id,
        subject=row.subject,
        lane=row.lane,
        purpose=row.purpose,
        body=row.body,
        made_at=now,
        valid_until=row.valid_until,
        then=row.then,
        replaces_id=row.id,
        **where,
    )


def _follow(tx: Tx, ended: Iterable[tuple[str, str | None]], now: datetime) -> None:
    """The commands that were to follow the end of these deliveries (subject, command) are due."""
    for subject, then in ended:
        if then:
            tx.insert(TimerRow, due_at=now, subject=subject, command=then)
