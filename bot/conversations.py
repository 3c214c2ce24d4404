"""A conversation as somebody sees it who comes back to it: what is new, and what was said and shown before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, or_, select

from bot import drawing
from bot.attachments import ATTACHMENT, INBOUND, Shelf, open_attachment
from bot.deliveries import DELIVERY, QUESTION, QUEUED
from bot.drawing import Brush
from bot.envelope import Address, Inbound
from bot.outbox import LATE, MOMENT, PROMPT
from bot.prompt import Prompt
from bot.store import people
from bot.store.audit import Sealed, unseal_for
from bot.store.begin import Store, Tx

MOST = 50  # of either side
OWN = "their own conversation"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said: ours with its delivery's id and the choices that can still be picked, or theirs."""

    at: datetime
    words: str
    delivery_id: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    language: str = ""
    photos: tuple[int, ...] = ()  # those that can be shown
    has_media: bool = False
    has_place: bool = False


_HERE = DELIVERY.c.address_id == bindparam("address")
_WAITING = (DELIVERY.c.state == str(QUEUED)) & (DELIVERY.c.next_at <= MOMENT) & ~LATE
_SHOWN = DELIVERY.c.as_sent.is_not(None)
_ANY_NEWS = select(DELIVERY.c.id).where(_HERE, or_(_WAITING, _SHOWN & (DELIVERY.c.id > bindparam("after")))).limit(1)
_OURS = (
    select(DELIVERY.c.id, DELIVERY.c.data_key_id, DELIVERY.c.as_sent, DELIVERY.c.sent_at)
    .where(_HERE, _SHOWN)
    .order_by(DELIVERY.c.id.desc())
    .limit(MOST)
)
_THEIRS = (
    select(INBOUND.c.id, INBOUND.c.data_key_id, INBOUND.c.body, INBOUND.c.at)
    .where(INBOUND.c.address_id == bindparam("address"), INBOUND.c.state != "retried")
    .order_by(INBOUND.c.id.desc())
    .limit(MOST)
)
_OPEN = (
    select(DELIVERY.c.id, DELIVERY.c.question_id)
    .join(QUESTION, QUESTION.c.id == DELIVERY.c.question_id)
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)), QUESTION.c.closed_at.is_(None))
    .order_by(DELIVERY.c.id)
)
_PROMPTS = (
    select(DELIVERY.c.id, PROMPT.c.body)
    .join(QUESTION, QUESTION.c.id == DELIVERY.c.question_id)
    .join(PROMPT, PROMPT.c.id == QUESTION.c.prompt_id)
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)), _HERE)
)
_PHOTOS = select(ATTACHMENT.c.id, ATTACHMENT.c.inbound_id).where(
    ATTACHMENT.c.inbound_id.in_(bindparam("ids", expanding=True)),
    ATTACHMENT.c.state == "kept",
    ATTACHMENT.c.content_type.startswith("image/"),
)
_OWN_PHOTO = (
    select(ATTACHMENT.c.id)
    .join(INBOUND, INBOUND.c.id == ATTACHMENT.c.inbound_id)
    .where(ATTACHMENT.c.id == bindparam("attachment"), INBOUND.c.address_id == bindparam("address"))
)


def is_known(store: Store, address: Address) -> bool:
    """Whether anything was ever said at this address."""
    with store.read() as tx:
        return people.at(tx, address) is not None


def news(store: Store, brush: Brush, address: Address, *, after: int, now: datetime) -> tuple[Said, ...] | None:
    """What waits here is told now, and what was told since the delivery `after` is told again; None where there is no conversation.

    Most of the time there is nothing; then nothing is written and nobody is kept waiting.
    """
    with store.read() as tx:
        known = people.at(tx, address)
        if known is None:
            return None
        if tx.first(_ANY_NEWS, {"address": known.address_id, "after": after, "now": now}) is None:
            return ()
    with store.begin() as tx:
        fresh = drawing.drawn(tx, brush, known.address_id, inbound_id=None, now=now)
        again = drawing.drawn_since(tx, brush, known.address_id, after=after, most=MOST, now=now)
        told = {each.delivery_id: each for each in (*again, *fresh)}
        open_ones = _open(tx, told)
    return tuple(
        Said(now, each.words, each.delivery_id, each.choices if each.delivery_id in open_ones else (), each.language)
        for _id, each in sorted(told.items())
    )


def history(store: Store, brush: Brush, address: Address, *, now: datetime) -> tuple[Said, ...] | None:
    """The newest of both sides in their order, what waits here among it, told now; None where there is no conversation.

    The reading is on record.
    """
    with store.begin() as tx:
        known = people.at(tx, address)
        if known is None:
            return None
        drawing.drawn(tx, brush, known.address_id, inbound_id=None, now=now)
        ours, theirs = tx.all(_OURS, {"address": known.address_id}), tx.all(_THEIRS, {"address": known.address_id})
        sealed = [*((row.data_key_id, row.as_sent) for row in ours), *((row.data_key_id, row.body) for row in theirs)]
        words = _unsealed(tx, known, sealed, now=now)
        said = [*_ours(tx, brush, known, rows=ours, words=words, now=now), *_theirs(tx, known, theirs, words=words[len(ours) :])]
    language = brush.translator.language(known.language)
    return tuple(replace(each, language=language) for each in sorted(said, key=lambda each: (each.at, each.delivery_id)))


def photo(store: Store, shelf: Shelf, address: Address, *, attachment_id: int, now: datetime) -> tuple[bytes, str] | None:
    """A photo that was sent from this address, and its type; None for anybody else's. The reading is on record."""
    with store.read() as tx:
        known = people.at(tx, address)
        if known is None or tx.first(_OWN_PHOTO, {"attachment": attachment_id, "address": known.address_id}) is None:
            return None
    return open_attachment(store, shelf, attachment_id, reader=_reader(known), why=OWN, now=now)


def _ours(  # noqa: PLR0913 -- one conversation, as it lies in its rows
    tx: Tx, brush: Brush, known: people.Known, *, rows: Sequence[Row[Any]], words: Sequence[str | None], now: datetime
) -> list[Said]:
    """What was shown here, as it was shown; only the latest words of an open question have its choices."""
    choices = {
        each.delivery_id: each.choices
        for one in _open(tx, [row.id for row in rows])
        for each in drawing.redrawn(tx, brush, known.address_id, delivery_id=one, now=now)
    }
    return [Said(row.sent_at, said, row.id, choices.get(row.id, ())) for row, said in zip(rows, words, strict=False) if said]


def _theirs(tx: Tx, known: people.Known, rows: Sequence[Row[Any]], *, words: Sequence[str | None]) -> list[Said]:
    read = [(row, msgspec.json.decode(body, type=Inbound)) for row, body in zip(rows, words, strict=True) if body]
    prompts = _prompts(tx, known, {inbound.answers for _row, inbound in read if inbound.answers is not None})
    photos = _photos(tx, [row.id for row, inbound in read if inbound.media])
    return [
        Said(
            row.at,
            _words(inbound, prompts.get(inbound.answers or 0), known.language),
            photos=tuple(photos.get(row.id, ())),
            has_media=bool(inbound.media),
            has_place=inbound.pin is not None,
        )
        for row, inbound in read
    ]


def _words(inbound: Inbound, prompt: Prompt | None, language: str | None) -> str:
    """Their words; of a choice those that stood on it."""
    shown = next((choice for choice in prompt.choices if choice.key == inbound.text), None) if prompt else None
    return shown.words.get(language or "") or next(iter(shown.words.values())) if shown else inbound.text


def _open(tx: Tx, ids: Collection[int]) -> set[int]:
    """Of these deliveries the latest of each question that still waits."""
    rows = tx.all(_OPEN, {"ids": sorted(ids)}) if ids else ()
    return set({row.question_id: row.id for row in rows}.values())


def _prompts(tx: Tx, known: people.Known, ids: Collection[int]) -> dict[int, Prompt]:
    rows = tx.all(_PROMPTS, {"ids": sorted(ids), "address": known.address_id}) if ids else ()
    return {row.id: msgspec.json.decode(row.body, type=Prompt) for row in rows}


def _photos(tx: Tx, inbound_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in tx.all(_PHOTOS, {"ids": list(inbound_ids)}) if inbound_ids else ():
        found.setdefault(row.inbound_id, []).append(row.id)
    return found


def _unsealed(tx: Tx, known: people.Known, values: Sequence[Sealed], *, now: datetime) -> tuple[str | None, ...]:
    return unseal_for(tx, values, reader=_reader(known), subject=f"address:{known.address_id}", why=OWN, now=now)


def _reader(known: people.Known) -> str:
    return f"person:{known.person_id}" if known.person_id else f"household:{known.household_id}"
