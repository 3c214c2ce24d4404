"""Words made for the address in hand: at each attempt to send, and when a waiting hook or terminal draws its own deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, or_, select

from bot.deliveries import DELIVERY
from bot.envelope import Address, Outbound
from bot.errors import Erased
from bot.outbox import IN_FULL, LATE, Claimed, read, waiting
from bot.prompt import Phrase
from bot.settling import mark_sent
from bot.store.addresses import ADDRESS
from bot.store.begin import Tx


class Canvas(Protocol):
    """What drawing words needs of a channel."""

    @property
    def name(self) -> str: ...
    @property
    def variant(self) -> Any: ...
    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str: ...


class Translating(Protocol):
    """What drawing words needs of the translator."""

    def language(self, wanted: str | None) -> str: ...
    def say(self, phrase: Phrase, language: str | None, variant: str, now: datetime) -> str: ...  # noqa: PLR0917


@dataclass(frozen=True, slots=True)
class Brush:
    """A channel and a translator: what is said, in its place and language."""

    channel: Canvas
    translator: Translating


_HERE = (
    IN_FULL.where(DELIVERY.c.address_id == bindparam("address"), DELIVERY.c.channel == bindparam("channel"), ~LATE)
    .order_by(DELIVERY.c.id)
    .with_for_update(of=DELIVERY)
)
_DRAWN_BEFORE = (
    select(
        DELIVERY.c.id,
        DELIVERY.c.data_key_id,
        DELIVERY.c.as_sent,
        DELIVERY.c.valid_until,
        ADDRESS.c.value,
        ADDRESS.c.data_key_id.label("address_key_id"),
    )
    .join(ADDRESS, ADDRESS.c.id == DELIVERY.c.address_id)
    .where(
        DELIVERY.c.address_id == bindparam("address"),
        DELIVERY.c.as_sent.is_not(None),
        or_(DELIVERY.c.inbound_id == bindparam("inbound"), DELIVERY.c.external_id == bindparam("external")),
    )
    .order_by(DELIVERY.c.id)
)


def words_for(claimed: Claimed, brush: Brush, now: datetime) -> str:
    """The words of a delivery as this channel shows them in the person's language, at this moment."""
    channel, translator = brush.channel, brush.translator
    language, variant = translator.language(claimed.language), channel.variant
    says = tuple(translator.say(phrase, language, variant, now) for phrase in claimed.content.says)
    asked = claimed.content.asked
    if asked is None:
        return channel.draw(says)
    shown = claimed.prompt.choices if claimed.prompt else ()
    choices = tuple((choice.key, choice.words.get(language) or next(iter(choice.words.values()), choice.value)) for choice in shown)
    return channel.draw(says, translator.say(asked, language, variant, now), choices)


def drawn(tx: Tx, brush: Brush, address_id: int, *, inbound_id: int | None, now: datetime) -> tuple[Outbound, ...]:
    """What waits for this address is sent, by being answered here, oldest first; the same inbound asked again draws the same words.

    For channels that do not push: the transaction must be committed before the words are shown.
    """
    if inbound_id is not None:
        before = tx.all(_DRAWN_BEFORE, {"address": address_id, "inbound": inbound_id, "external": f"drawn-{inbound_id}"})
        if before:
            return tuple(outbound for row in before if (outbound := _as_drawn(tx, brush.channel.name, row)) is not None)
    rows = waiting(tx, _HERE, {"address": address_id, "channel": brush.channel.name, "now": now})
    readable = [claimed for row in rows if (claimed := read(tx, row, "", now=now)) is not None]
    drawings = [(claimed, words_for(claimed, brush, now)) for claimed in readable]
    mark_sent(tx, [(claimed, words, f"drawn-{inbound_id or claimed.id}") for claimed, words in drawings], now)
    return tuple(Outbound(claimed.id, claimed.to, words, claimed.valid_until) for claimed, words in drawings)


def _as_drawn(tx: Tx, channel: str, row: Any) -> Outbound | None:
    try:
        to = Address(channel, tx.unseal(row.address_key_id, row.value))
        return Outbound(row.id, to, tx.unseal(row.data_key_id, row.as_sent), row.valid_until)
    except Erased:
        return None
