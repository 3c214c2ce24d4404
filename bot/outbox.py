"""The outbox: what is to be said, one row for each address, written in the transaction that decided it.

Per address and lane one delivery is in flight, oldest first; nothing leaves too early, too late, or to an address that was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NotRequired, Protocol, TypedDict, Unpack
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct
from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot import deliveries
from bot.deliveries import DELIVERY, GIVE_UP_AFTER, QUESTION, QUEUED, SENDING
from bot.effects import Command
from bot.envelope import Address, DeliveryState, Lane, Purpose
from bot.errors import Erased, SendError
from bot.prompt import Phrase, Prompt, _
from bot.store.addresses import ADDRESS, DATA_KEY, HOUSEHOLD, PERSON, is_stopped
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.sealed import Unreadable, Vault
from bot.store.tables import DeliveryRow, PromptRow

UNREADABLE = _("What it was to say cannot be read any more.")
WAS_STOPPED = _("The person stopped this kind of words here before it was sent.")
WAS_SETTLED = _("What it was to ask was settled before it was sent.")
WAS_GONE = _("This address was found dead before it was sent.")

MOST_PASSES = 20  # over deliveries that turn out not to be sent; the rest of them wait for the next claim

PROMPT = table_of(PromptRow)


class Content(Struct, frozen=True):
    """What a delivery says and asks, in source sentences; sealed in its row. The choices are those of the question's prompt."""

    says: tuple[Phrase, ...] = ()
    asked: Phrase | None = None
    connect: Phrase | None = None  # told, and done, only where a voice is carried
    connects_to: str = ""


class Target(Protocol):
    """An address something can be sent to."""

    @property
    def id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def data_key_id(self) -> int: ...


class Terms(TypedDict):
    """How urgent a delivery is, why it is written, what it belongs to, and when it may leave."""

    lane: Lane
    purpose: Purpose
    question_id: NotRequired[int | None]
    inbound_id: NotRequired[int | None]
    subject: NotRequired[str]
    valid_for: NotRequired[timedelta | None]
    not_before: NotRequired[datetime | None]
    then: NotRequired[Command[Any] | None]
    replaces_id: NotRequired[int | None]


class Claimed(Struct, frozen=True):
    """One delivery in hand, with all that its words need."""

    id: int
    to: Address
    content: Content
    lane: Lane
    purpose: str
    tries: int
    holder: str
    data_key_id: int
    address_id: int
    question_id: int | None
    language: str | None
    prompt: Prompt | None
    valid_until: datetime | None
    give_up_at: datetime


class Waiting(Struct, frozen=True):
    """One row of `FULL`, column by column: many times quicker to read than the row itself."""

    id: int
    channel: str
    address_id: int
    data_key_id: int | None
    question_id: int | None
    inbound_id: int | None
    lane: int
    purpose: str
    body: bytes | None
    tries: int
    valid_until: datetime | None
    give_up_at: datetime
    is_late: bool
    is_settled: bool
    value: bytes | None
    address_key_id: int
    stopped: str
    gone_at: datetime | None
    language: str | None
    prompt: str | None


class Depth(Struct, frozen=True):
    """How much of one lane waits or is in flight, and for how long the oldest has."""

    lane: Lane
    state: DeliveryState
    count: int
    oldest: timedelta


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Content).decode
_bells: WeakKeyDictionary[Vault, Callable[[], object]] = WeakKeyDictionary()

MOMENT = bindparam("now", type_=DELIVERY.c.next_at.type)
_other = DELIVERY.alias("other")
# What holds a delivery back: another to the same address in the same lane that is in flight, or is older and due,
# or is older and has been tried: what was said first arrives first.
_HELD_BACK = exists().where(
    _other.c.address_id == DELIVERY.c.address_id,
    _other.c.lane == DELIVERY.c.lane,
    _other.c.state.in_((str(QUEUED), str(SENDING))),
    _other.c.id != DELIVERY.c.id,
    or_(
        _other.c.state == str(SENDING),
        and_(_other.c.id < DELIVERY.c.id, or_(_other.c.next_at <= MOMENT, _other.c.tries > 0)),
    ),
)
LATE: ColumnElement[bool] = or_(DELIVERY.c.give_up_at <= MOMENT, func.coalesce(DELIVERY.c.valid_until <= MOMENT, False))
FULL: Select[Any] = (
    select(
        DELIVERY.c.id,
        DELIVERY.c.channel,
        DELIVERY.c.address_id,
        DELIVERY.c.data_key_id,
        DELIVERY.c.question_id,
        DELIVERY.c.inbound_id,
        DELIVERY.c.lane,
        DELIVERY.c.purpose,
        DELIVERY.c.body,
        DELIVERY.c.tries,
        DELIVERY.c.valid_until,
        DELIVERY.c.give_up_at,
        LATE.label("is_late"),
        QUESTION.c.closed_at.is_not(None).label("is_settled"),
        ADDRESS.c.value,
        ADDRESS.c.data_key_id.label("address_key_id"),
        ADDRESS.c.stopped,
        ADDRESS.c.gone_at,
        func.coalesce(PERSON.c.language, HOUSEHOLD.c.language).label("language"),
        PROMPT.c.body.label("prompt"),
    )
    .select_from(DELIVERY)
    .join(ADDRESS, ADDRESS.c.id == DELIVERY.c.address_id)
    .outerjoin(PERSON, PERSON.c.id == ADDRESS.c.person_id)
    .outerjoin(HOUSEHOLD, HOUSEHOLD.c.id == ADDRESS.c.household_id)
    .outerjoin(QUESTION, QUESTION.c.id == DELIVERY.c.question_id)
    .outerjoin(PROMPT, PROMPT.c.id == QUESTION.c.prompt_id)
)
IN_FULL = FULL.where(DELIVERY.c.state == str(QUEUED), DELIVERY.c.next_at <= MOMENT)
_DUE: Select[Any] = (
    IN_FULL.where(DELIVERY.c.channel == bindparam("channel"), ~_HELD_BACK)
    .order_by(DELIVERY.c.lane, DELIVERY.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=DELIVERY, skip_locked=True)
)
_TAKE = (
    update(DELIVERY)
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=str(SENDING), tries=DELIVERY.c.tries + 1, claimed_by=bindparam("holder"), lease_until=bindparam("until"))
)
_RUN_OUT = (
    update(DELIVERY)
    .where(DELIVERY.c.state == str(SENDING), DELIVERY.c.channel == bindparam("name"), DELIVERY.c.lease_until <= MOMENT)
    .values(state=str(QUEUED), lease_until=None)
)
_TAKE_OVER = update(DELIVERY).where(DELIVERY.c.state == str(SENDING)).values(state=str(QUEUED), lease_until=None)
_LET_GO = (
    update(DELIVERY)
    .where(
        DELIVERY.c.id.in_(bindparam("ids", expanding=True)),
        DELIVERY.c.state == str(SENDING),
        DELIVERY.c.claimed_by == bindparam("holder"),
    )
    .values(state=str(QUEUED), tries=DELIVERY.c.tries - 1, lease_until=None)
)
_KEYS = select(DATA_KEY.c.id, DATA_KEY.c.key_id, DATA_KEY.c.sealed).where(DATA_KEY.c.id.in_(bindparam("ids", expanding=True)))
_DEPTH = (
    select(DELIVERY.c.lane, DELIVERY.c.state, func.count(), func.min(DELIVERY.c.made_at))
    .where(DELIVERY.c.state.in_((str(QUEUED), str(SENDING))))
    .group_by(DELIVERY.c.lane, DELIVERY.c.state)
    .order_by(DELIVERY.c.lane, DELIVERY.c.state)
)


def on_enqueue(store: Store, ring: Callable[[], object]) -> None:
    """`ring` is called after every commit that queued something in this store; the rows themselves are the truth."""
    _bells[store.vault] = ring


def enqueue(tx: Tx, *, address: Target, content: Content, now: datetime, **terms: Unpack[Terms]) -> int:
    """The words are queued for this address, to leave once the transaction is committed; the answer is the delivery's id."""
    lane, starts_at = terms["lane"], terms.get("not_before") or now
    valid_for, then = terms.get("valid_for"), terms.get("then")
    delivery_id = tx.insert(
        DeliveryRow,
        channel=address.channel,
        address_id=address.id,
        data_key_id=address.data_key_id,
        question_id=terms.get("question_id"),
        inbound_id=terms.get("inbound_id"),
        subject=terms.get("subject", ""),
        lane=int(lane),
        purpose=str(terms["purpose"]),
        body=tx.seal(address.data_key_id, _encode(content)),
        made_at=now,
        next_at=starts_at,
        valid_until=None if valid_for is None else starts_at + valid_for,
        give_up_at=starts_at + GIVE_UP_AFTER[lane],
        then=None if then is None else _encode(then).decode(),
        replaces_id=terms.get("replaces_id"),
    )
    ring = _bells.get(tx.vault)
    if ring is not None:
        tx.after_commit(ring)
    return delivery_id


def claim(  # noqa: PLR0913 -- each is a fact of its own
    tx: Tx, channels: Sequence[str], *, holder: str, now: datetime, lease: timedelta, limit: int
) -> tuple[Claimed, ...]:
    """The deliveries that are due are the holder's until `now + lease`: most pressing lane first, then oldest.

    After the lease another dispatcher may take them, so a platform may be handed the same delivery twice.
    Those that are too late end here, those to an address that was stopped or died meanwhile go to the next one.
    """
    for name in channels:
        tx.run(_RUN_OUT, {"name": name, "now": now})
    for _again in range(MOST_PASSES if limit > 0 else 0):
        due = [row for name in channels for row in waiting(tx, _DUE, {"channel": name, "now": now, "most": limit})]
        due = sorted(due, key=_pressing)[:limit]
        claimed = tuple(taken for row in due if (taken := _take(tx, row, holder, now=now)) is not None)
        if any(row.is_late for row in due):
            deliveries.expire(tx, now)
        if claimed:
            tx.run(_TAKE, {"ids": [taken.id for taken in claimed], "holder": holder, "until": now + lease})
        if claimed or not due:
            return claimed
    return ()


def let_go(tx: Tx, unsent: Iterable[Claimed], holder: str) -> None:
    """Deliveries that were claimed and never tried are free for everybody at once."""
    ids = [claimed.id for claimed in unsent]
    if ids:
        tx.run(_LET_GO, {"ids": ids, "holder": holder})


def take_over(tx: Tx) -> None:
    """Everything in flight is free again: whoever had claimed it is known to be dead."""
    tx.run(_TAKE_OVER)


def depth(tx: Tx, now: datetime) -> tuple[Depth, ...]:
    """What waits and what is in flight, by lane."""
    return tuple(Depth(Lane(lane), DeliveryState(state), count, now - oldest) for lane, state, count, oldest in tx.all(_DEPTH, {}))


def waiting(tx: Tx, statement: Select[Any], params: Mapping[str, Any]) -> list[Waiting]:
    """What a statement made of `FULL` finds, with the data keys it needs at hand."""
    rows = [Waiting(*row) for row in tx.all(statement, params)]
    open_keys(tx, (key_id for row in rows for key_id in (row.data_key_id, row.address_key_id)))
    return rows


def _pressing(row: Waiting) -> tuple[int, int]:
    return row.lane, row.id


def _take(tx: Tx, row: Waiting, holder: str, *, now: datetime) -> Claimed | None:
    """The delivery ready to be sent, or None when it must not be sent any more; then what follows has been written."""
    if row.is_late:
        return None
    if row.inbound_id is None:  # an answer to somebody who has just written is always tried
        if row.is_settled:
            deliveries.end(tx, row.id, SendError(WAS_SETTLED), state=deliveries.EXPIRED, now=now)
            return None
        if row.gone_at is not None:
            deliveries.fail(tx, row.id, SendError(WAS_GONE), now=now)
            return None
        if row.stopped and is_stopped(row.stopped, row.purpose):
            deliveries.fail(tx, row.id, SendError(WAS_STOPPED), now=now)
            return None
    return read(tx, row, holder, now=now)


def read(tx: Tx, row: Waiting, holder: str, *, now: datetime) -> Claimed | None:
    """The delivery of a row, unsealed; one that cannot be read any more has failed, with its reason."""
    try:
        return _read(tx, row, holder)
    except (Erased, Unreadable, LookupError, msgspec.MsgspecError):
        deliveries.end(tx, row.id, SendError(UNREADABLE), state=deliveries.FAILED, now=now)
        return None


def _read(tx: Tx, row: Waiting, holder: str) -> Claimed:
    """A row without words of its own (a roll call, written by one statement) asks its prompt."""
    prompt = None if row.prompt is None else _read_prompt(row.prompt)
    data_key_id = row.data_key_id or row.address_key_id
    if row.body is not None:
        content = _decode(tx.unseal_bytes(data_key_id, row.body))
    else:
        content = Content((), Phrase(prompt.words) if prompt else None)
    return Claimed(
        row.id,
        Address(row.channel, tx.unseal(row.address_key_id, row.value)),
        content,
        Lane(row.lane),
        row.purpose,
        row.tries + 1,
        holder,
        data_key_id,
        row.address_id,
        row.question_id,
        row.language,
        prompt,
        row.valid_until,
        row.give_up_at,
    )


def open_keys(tx: Tx, data_key_ids: Iterable[int | None]) -> None:
    """These data keys are at hand, fetched in one statement instead of one each."""
    held = tx.vault.held
    wanted = [key_id for key_id in set(data_key_ids) if key_id is not None and held(key_id) is None]
    if len(wanted) < 2:
        return
    for key in tx.all(_KEYS, {"ids": wanted}):
        if key.sealed is not None:
            tx.vault.hold(key.id, tx.vault.open_data_key(key.key_id, bytes(key.sealed)))


@lru_cache(maxsize=4096)
def _read_prompt(body: str) -> Prompt:
    return msgspec.json.decode(body, type=Prompt)
