"""Words made for the address in hand: at each attempt to send, and when a waiting hook or terminal draws its own deliveries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, or_, select

from bot.deliveries import DELIVERY
from bot.envelope import Outbound
from bot.outbox import FULL, IN_FULL, LATE, Claimed, Waiting, read, waiting
from bot.prompt import Phrase, _, phrase
from bot.settling import mark_sent
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
_DRAWN = FULL.where(DELIVERY.c.address_id == bindparam("address"), DELIVERY.c.as_sent.is_not(None)).order_by(DELIVERY.c.id)
_DRAWN_BEFORE = _DRAWN.where(or_(DELIVERY.c.inbound_id == bindparam("inbound"), DELIVERY.c.external_id == bindparam("external")))
_DRAWN_ONE = _DRAWN.where(DELIVERY.c.id == bindparam("delivery"))
_RUNG = FULL.where(
    DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.address_id == bindparam("address"), DELIVERY.c.channel == bindparam("channel")
).with_for_update(of=DELIVERY)
_DRAWN_SINCE = _DRAWN.where(DELIVERY.c.id > bindparam("after")).order_by(None).order_by(DELIVERY.c.id.desc()).limit(bindparam("most"))
_AS_SENT = select(DELIVERY.c.data_key_id, DELIVERY.c.as_sent).where(DELIVERY.c.id == bindparam("delivery"))


def outbound_for(claimed: Claimed, brush: Brush, now: datetime) -> Outbound:
    """The delivery as this channel shows it in the person's language, at this moment."""
    channel, language = brush.channel, brush.translator.language(claimed.language)
    content, variant = claimed.content, channel.variant

    def said(phrase: Phrase) -> str:
        return brush.translator.say(phrase, language, variant, now)

    connects = content.connect if variant == "spoken" else None
    says = tuple(said(phrase) for phrase in (*content.says, *((connects,) if connects else ())))
    choices = _choices(claimed, language, said if variant == "spoken" else None) if content.asked else ()
    words = channel.draw(says, said(content.asked) if content.asked else None, choices)
    return Outbound(
        claimed.id,
        claimed.to,
        words,
        claimed.valid_until,
        choices=choices,
        asks=content.asked is not None,
        language=language,
        connects_to=content.connects_to if connects else "",
        is_language_known=claimed.language is not None,
    )


def _choices(claimed: Claimed, language: str, said: Callable[[Phrase], str] | None) -> tuple[tuple[str, str], ...]:
    """Each choice with its key, as it was shown; spoken, it says itself which key to press."""
    shown = claimed.prompt.choices if claimed.prompt else ()
    plain = tuple((choice.key, choice.words.get(language) or next(iter(choice.words.values()), choice.value)) for choice in shown)
    if said is None:
        return plain
    return tuple((key, said(phrase(_("{choice}: press {key}."), choice=words, key=key))) for key, words in plain)


def drawn(tx: Tx, brush: Brush, address_id: int, *, inbound_id: int | None, now: datetime) -> tuple[Outbound, ...]:
    """What waits for this address is sent, by being answered here, oldest first; the same inbound asked again draws the same words.

    For channels that do not push: the transaction must be committed before the words are shown.
    """
    if inbound_id is not None:
        drawn_for = {"address": address_id, "inbound": inbound_id, "external": f"drawn-{inbound_id}", "now": now}
        before = _as_drawn(tx, brush, waiting(tx, _DRAWN_BEFORE, drawn_for), now=now)
        if before:
            return before
    rows = waiting(tx, _HERE, {"address": address_id, "channel": brush.channel.name, "now": now})
    readable = [claimed for row in rows if (claimed := read(tx, row, "", now=now)) is not None]
    drawings = [(claimed, outbound_for(claimed, brush, now)) for claimed in readable]
    mark_sent(tx, [(claimed, outbound.words, f"drawn-{inbound_id or claimed.id}") for claimed, outbound in drawings], now)
    return tuple(outbound for _claimed, outbound in drawings)


@dataclass(frozen=True, slots=True)
class Rung:
    """A delivery that rings a telephone, as it is to be said there; `is_late` when it is not true any more."""

    claimed: Claimed
    outbound: Outbound
    is_late: bool


def rung(tx: Tx, brush: Brush, address_id: int, *, delivery_id: int, now: datetime) -> Rung | None:
    """What to say at this address for a delivery that was sent there by this channel; the same words whenever it is asked for."""
    params = {"address": address_id, "delivery": delivery_id, "channel": brush.channel.name, "now": now}
    for row in waiting(tx, _RUNG, params):
        claimed = read(tx, row, "", now=now)
        if claimed is not None:
            made = outbound_for(claimed, brush, now)
            return Rung(claimed, replace(made, words=_words_sent(tx, claimed) or made.words), row.is_late)
    return None


def redrawn(tx: Tx, brush: Brush, address_id: int, *, delivery_id: int, now: datetime) -> tuple[Outbound, ...]:
    """A delivery that was drawn for this address, once more in the same words; nothing when there is none."""
    return _as_drawn(tx, brush, waiting(tx, _DRAWN_ONE, {"address": address_id, "delivery": delivery_id, "now": now}), now=now)


def drawn_since(  # noqa: PLR0913 -- each is a fact of its own
    tx: Tx, brush: Brush, address_id: int, *, after: int, most: int, now: datetime
) -> tuple[Outbound, ...]:
    """The newest deliveries later than `after` that were drawn for this address, once more in the same words."""
    return _as_drawn(tx, brush, waiting(tx, _DRAWN_SINCE, {"address": address_id, "after": after, "most": most, "now": now}), now=now)


def _as_drawn(tx: Tx, brush: Brush, rows: Sequence[Waiting], *, now: datetime) -> tuple[Outbound, ...]:
    readable = [claimed for row in rows if (claimed := read(tx, row, "", now=now)) is not None]
    return tuple(replace(outbound_for(claimed, brush, now), words=_words_sent(tx, claimed)) for claimed in readable)


def _words_sent(tx: Tx, claimed: Claimed) -> str:
    row = tx.first(_AS_SENT, {"delivery": claimed.id})
    return tx.unseal(claimed.data_key_id, row.as_sent) if row else ""
