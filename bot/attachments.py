"""Photos, recordings and documents that people sent: first only a reference, then a sealed file, or the reason why not.

The bytes are fetched after the turn, sealed under the subject's data key and kept beside the database; destroying the key erases them too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NotRequired, Protocol, TypedDict, Unpack

import msgspec
from sqlalchemy import Row, bindparam, select, update

from bot import outbox
from bot.effects import Owner
from bot.envelope import Address, Lane, Media, Purpose
from bot.errors import AnlinError, Erased, SendError, StoreDown, where
from bot.outbox import Content
from bot.prompt import Phrase, _, phrase
from bot.store import people, timeline
from bot.store.addresses import ADDRESS, Reached
from bot.store.audit import unseal_for
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.tables import AttachmentRow, InboundRow

log = logging.getLogger(__name__)

NOT_KEPT = _("We could not keep the photo, recording or file you sent.")
WHAT_WE_TAKE = _("We can keep photos, recordings and PDF files of up to {limit} MB.")
SEND_AGAIN = _("Please send it once more.")
SAY_AGAIN = _("Please tell us once more; a few written words will do.")

AGAIN_AFTER = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
MOST_TRIES = 12  # about half a day: platforms keep what was sent to us for longer
LEASE = timedelta(minutes=5)  # a fetch in hand is nobody else's
AT_ONCE = 4
MEGABYTE = 1_000_000

ATTACHMENT, INBOUND = table_of(AttachmentRow), table_of(InboundRow)
_MOMENT = bindparam("now", type_=ATTACHMENT.c.next_at.type)
_DUE = (
    select(ATTACHMENT)
    .where(ATTACHMENT.c.state == "wanted", ATTACHMENT.c.next_at <= _MOMENT, ATTACHMENT.c.channel.in_(bindparam("channels", expanding=True)))
    .order_by(ATTACHMENT.c.next_at, ATTACHMENT.c.id)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SETTLE = update(ATTACHMENT).where(ATTACHMENT.c.id == bindparam("attachment"), ATTACHMENT.c.state == "wanted")
_KEPT = _SETTLE.values(state="kept", content_type=bindparam("type"), size=bindparam("bytes"), why="")
_ENDED = _SETTLE.values(state=bindparam("ended"), why=bindparam("reason"), file="")
_AGAIN = _SETTLE.values(next_at=bindparam("later", type_=ATTACHMENT.c.next_at.type), why=bindparam("reason"))
_BY_ID = select(ATTACHMENT).where(ATTACHMENT.c.id == bindparam("attachment"))
_OF_SUBJECT = select(ATTACHMENT).where(ATTACHMENT.c.subject == bindparam("about")).order_by(ATTACHMENT.c.id)
_SENDER = select(ADDRESS).join(INBOUND, INBOUND.c.address_id == ADDRESS.c.id).where(INBOUND.c.id == bindparam("inbound"))


class Fetched(Protocol):
    """Bytes that the channel has looked at, and what they are."""

    @property
    def content(self) -> bytes: ...
    @property
    def content_type(self) -> str: ...


class Reaching(Protocol):
    """What a channel can do at an address, as far as it matters here."""

    @property
    def reaches(self) -> bool: ...


class Fetching(Protocol):
    """What fetching needs of a channel."""

    @property
    def name(self) -> str: ...
    def capability(self, address: Address) -> Reaching: ...
    async def fetch(self, media: Media, limit: int) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where sealed files lie, and how large one may be."""

    folder: Path
    limit: int = 20 * MEGABYTE

    def put(self, name: str, sealed: bytes) -> None:
        """The file is there whole, for its owner's eyes only, and survives a power cut."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.folder / name)
        finally:
            beside.unlink(missing_ok=True)

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Errand:
    """One attachment to be fetched now."""

    id: int
    subject: str
    channel: str
    data_key_id: int
    inbound_id: int | None
    file: str
    tries: int
    media: Media


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment as it stands, without what it shows or says; `state` is wanted, kept, refused or gone."""

    id: int
    subject: str
    state: str
    content_type: str
    size: int
    why: str


class Wanted(TypedDict):
    """What somebody sent: where it lies on its platform, and under which data key it is to be kept."""

    media: Media
    channel: str
    data_key_id: int
    now: datetime
    inbound_id: NotRequired[int | None]


class Look(TypedDict):
    """Who looks (`staff:3`), why, and when."""

    reader: str
    why: str
    now: datetime


def want(tx: Tx, subject: str, **wanted: Unpack[Wanted]) -> int:
    """The photo, recording or document will be fetched for this subject; the answer is the attachment's id."""
    data_key_id, media = wanted["data_key_id"], wanted["media"]
    return tx.insert(
        AttachmentRow,
        subject=subject,
        inbound_id=wanted.get("inbound_id"),
        channel=wanted["channel"],
        data_key_id=data_key_id,
        source=tx.seal(data_key_id, msgspec.json.encode(media)),
        next_at=wanted["now"],
    )


async def fetch_due(store: Store, channels: Sequence[Fetching], shelf: Shelf, *, now: datetime) -> int:
    """What is wanted and due was asked for once, a few at a time; the answer is how many. The event loop never touches the database."""
    by_name = {channel.name: channel for channel in channels}
    errands = await asyncio.to_thread(_take, store, tuple(by_name), now)
    await asyncio.gather(*(_run(store, by_name[errand.channel], shelf, errand=errand, now=now) for errand in errands))
    return len(errands)


def attached_to(tx: Tx, subject: str) -> tuple[Attached, ...]:
    """What was sent about this subject, oldest first."""
    return tuple(_attached(row) for row in tx.all(_OF_SUBJECT, {"about": subject}))


def attached(tx: Tx, attachment_id: int) -> Attached | None:
    """One attachment, None when there is none with this id."""
    row = tx.first(_BY_ID, {"attachment": attachment_id})
    return None if row is None else _attached(row)


def open_attachment(store: Store, shelf: Shelf, attachment_id: int, **look: Unpack[Look]) -> tuple[bytes, str] | None:
    """The bytes and their type, the reading on record before; None for what is not there, not kept, or erased.

    A large file is read and unsealed after the writing transaction: nobody who wants to write waits for it.
    """
    with store.begin() as tx:
        row = tx.first(_BY_ID, {"attachment": attachment_id})
        if row is None or row.state != "kept":
            return None
        unseal_for(tx, (), subject=f"attachment:{attachment_id}", **look)
    with store.read() as tx:
        try:
            return tx.unseal_bytes(row.data_key_id, shelf.get(row.file)), str(row.content_type)
        except (Erased, FileNotFoundError):
            return None


def _attached(row: Row[Any]) -> Attached:
    return Attached(row.id, row.subject, row.state, row.content_type, row.size, row.why)


def _take(store: Store, channels: tuple[str, ...], now: datetime) -> list[Errand]:
    """The next attachments that are due, nobody else's until the lease ends. A file's name is chosen once: a repeat leaves none over."""
    errands = []
    with store.begin() as tx:
        for row in tx.all(_DUE, {"now": now, "channels": channels}):
            file = row.file or f"{secrets.token_hex(16)}.sealed"
            tx.update(AttachmentRow, row.id, tries=row.tries + 1, next_at=now + LEASE, file=file)
            try:
                media = msgspec.json.decode(tx.unseal_bytes(row.data_key_id, row.source), type=Media)
            except Erased as erased:
                tx.run(_ENDED, {"attachment": row.id, "ended": "gone", "reason": str(erased)})
                continue
            errands.append(Errand(row.id, row.subject, row.channel, row.data_key_id, row.inbound_id, file, row.tries + 1, media))
    return errands


async def _run(store: Store, channel: Fetching, shelf: Shelf, *, errand: Errand, now: datetime) -> None:
    try:
        fetched = await channel.fetch(errand.media, shelf.limit)
        await asyncio.to_thread(_keep, store, shelf, errand, fetched=fetched)
    except SendError as error:
        await asyncio.to_thread(_again_or_gone, store, channel, errand, error=error, now=now)
    except (StoreDown, OSError) as fault:  # nothing could be written; it is fetched again when the lease has run out
        log.warning("attachment not kept attachment=%s: %s", errand.id, where(fault))
    except AnlinError as refusal:
        says = (Phrase(NOT_KEPT), Phrase(str(refusal)), phrase(WHAT_WE_TAKE, limit=shelf.limit // MEGABYTE))
        await asyncio.to_thread(_end, store, channel, errand, ending=_Ending("refused", str(refusal), says), now=now)
    except Exception as fault:
        log.error("fetching broke down attachment=%s: %s", errand.id, where(fault))


def _keep(store: Store, shelf: Shelf, errand: Errand, *, fetched: Fetched) -> None:
    with store.read() as tx:
        sealed = tx.seal(errand.data_key_id, fetched.content)
    shelf.put(errand.file, sealed)
    with store.begin() as tx:
        tx.run(_KEPT, {"attachment": errand.id, "type": fetched.content_type, "bytes": len(fetched.content)})


def _again_or_gone(store: Store, channel: Fetching, errand: Errand, *, error: SendError, now: datetime) -> None:
    if not error.retryable or errand.tries >= MOST_TRIES:
        once_more = SAY_AGAIN if errand.media.content_type.startswith("audio/") else SEND_AGAIN
        _end(store, channel, errand, ending=_Ending("gone", str(error), (Phrase(NOT_KEPT), Phrase(once_more))), now=now)
        return
    later = now + (error.after or AGAIN_AFTER[min(errand.tries, len(AGAIN_AFTER)) - 1])
    with store.begin() as tx:
        tx.run(_AGAIN, {"attachment": errand.id, "later": later, "reason": str(error)})


@dataclass(frozen=True, slots=True)
class _Ending:
    state: str
    why: str
    says: tuple[Phrase, ...]


def _end(store: Store, channel: Fetching, errand: Errand, *, ending: _Ending, now: datetime) -> None:
    """It will not be had; the subject's timeline says why, and so does a reply to whoever sent it."""
    with store.begin() as tx:
        if tx.run(_ENDED, {"attachment": errand.id, "ended": ending.state, "reason": ending.why}).rowcount != 1:
            return
        timeline.append(
            tx,
            errand.subject,
            at=now,
            actor="clock",
            channel=errand.channel,
            kind=f"attachment_{ending.state}",
            body={"attachment": errand.id, "why": ending.why},
            data_key_id=errand.data_key_id,
        )
        to = _sender(tx, channel, errand)
        if to is not None:
            content = Content(ending.says)
            outbox.enqueue(tx, address=to, content=content, now=now, lane=Lane.UPDATE, purpose=Purpose.REPLY, subject=errand.subject)


def _sender(tx: Tx, channel: Fetching, errand: Errand) -> Reached | None:
    """Where whoever sent it is told: there, or at their next address when no words of ours get through to that one (a call is over)."""
    sender = tx.first(_SENDER, {"inbound": errand.inbound_id})
    if sender is None:
        return None
    if channel.capability(Address(sender.channel, tx.unseal(sender.data_key_id, sender.value))).reaches:
        return Reached(sender.id, sender.channel, sender.data_key_id)
    others = people.addresses_of(tx, Owner(sender.person_id, sender.household_id), str(Purpose.REPLY))
    return next((address for address in others if address.id != sender.id), None)
