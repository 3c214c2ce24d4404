"""Timelines: append-only entries of a case, notice or check-in, each chained to the one before it.

A chain covers what is stored, sealed bytes included, so that it verifies without any key and after an erasure. That entries were cut off
at the end shows only against a chain value kept elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

import msgspec
from sqlalchemy import bindparam, func, select

from bot.store.columns import table_of
from bot.store.instant import EPOCH, MICROSECOND
from bot.store.tables import TimelineRow
from bot.store.tx import Tx

TIMELINE = table_of(TimelineRow)
START = bytes(32)
CLOCK = "clock"

_ENTRIES = select(TIMELINE).where(TIMELINE.c.subject == bindparam("about")).order_by(TIMELINE.c.sequence)
_LAST = (
    select(TIMELINE.c.sequence, TIMELINE.c.chain, TIMELINE.c.data_key_id)
    .where(TIMELINE.c.subject == bindparam("about"))
    .order_by(TIMELINE.c.sequence.desc())
    .limit(1)
)

_BY_PEOPLE = select(func.count()).select_from(TIMELINE).where(TIMELINE.c.subject == bindparam("about"), TIMELINE.c.actor != CLOCK)


class NewEntry(TypedDict):
    """Who did what, by which channel; without a data key of its own an entry takes that of the one before it."""

    at: datetime
    actor: str
    kind: str
    channel: NotRequired[str]
    body: NotRequired[dict[str, Any] | str | None]
    data_key_id: NotRequired[int | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored; `body` is sealed JSON, to be read by `body_of` (the machine) or `bot.store.audit` (a person)."""

    sequence: int
    at: datetime
    actor: str
    channel: str
    kind: str
    data_key_id: int | None
    body: bytes | None


def append(tx: Tx, subject: str, **entry: Unpack[NewEntry]) -> int:
    """The entry stands at the end of the subject's timeline; the answer is its place there, from 1. Two at once: one is `Lost`."""
    last = tx.first(_LAST, {"about": subject})
    sequence, chain, data_key_id = (0, START, None) if last is None else (last.sequence, bytes(last.chain), last.data_key_id)
    data_key_id = entry.get("data_key_id") or data_key_id
    body = entry.get("body")
    if body is not None and data_key_id is None:
        data_key_id = tx.new_data_key(entry["at"])
    stored: dict[str, Any] = {
        "subject": subject,
        "sequence": sequence + 1,
        "at": entry["at"],
        "actor": entry["actor"],
        "channel": entry.get("channel", ""),
        "kind": entry["kind"],
        "data_key_id": data_key_id,
        "body": None if body is None or data_key_id is None else tx.seal(data_key_id, msgspec.json.encode(body)),
    }
    tx.insert(TimelineRow, chain=_link(chain, stored), **stored)
    return int(sequence) + 1


def entries(tx: Tx, subject: str) -> tuple[Entry, ...]:
    """The whole timeline, oldest first."""
    rows = tx.all(_ENTRIES, {"about": subject})
    return tuple(Entry(row.sequence, row.at, row.actor, row.channel, row.kind, row.data_key_id, row.body) for row in rows)


def length(tx: Tx, subject: str) -> int:
    """How many entries the timeline has."""
    last = tx.first(_LAST, {"about": subject})
    return 0 if last is None else int(last.sequence)


def length_by_people(tx: Tx, subject: str) -> int:
    """How many entries people have made: what the clock does by itself is left out."""
    row = tx.first(_BY_PEOPLE, {"about": subject})
    return 0 if row is None else int(row[0])


def body_of(tx: Tx, entry: Entry) -> Any:
    """What the entry says, for the machine's own use; None when it says nothing."""
    if entry.body is None or entry.data_key_id is None:
        return None
    return msgspec.json.decode(tx.unseal_bytes(entry.data_key_id, entry.body))


def verify(tx: Tx, subject: str) -> int | None:
    """The sequence of the first entry that is not as it was written, or missing before; None when the chain holds."""
    chain = START
    for expected, row in enumerate(tx.all(_ENTRIES, {"about": subject}), start=1):
        chain = _link(chain, dict(row._mapping))
        if row.sequence != expected or bytes(row.chain) != chain:
            return expected
    return None


def _link(before: bytes, stored: dict[str, Any]) -> bytes:
    """The hash over the chain so far and this entry; msgpack keeps every field apart from its neighbours."""
    covered = (
        before,
        stored["subject"],
        stored["sequence"],
        (stored["at"] - EPOCH) // MICROSECOND,
        stored["actor"],
        stored["channel"],
        stored["kind"],
        stored["data_key_id"],
        stored["body"],
    )
    return hashlib.sha256(msgspec.msgpack.encode(covered)).digest()
