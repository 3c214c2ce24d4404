"""The only way in for a person: what they read is unsealed and the reading is on record, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import bindparam, select

from bot.errors import Erased
from bot.store.columns import table_of
from bot.store.tables import ReadLog
from bot.store.tx import Tx

READ_LOG = table_of(ReadLog)
_READINGS = select(READ_LOG).where(READ_LOG.c.subject == bindparam("about")).order_by(READ_LOG.c.id)

Sealed = tuple[int | None, bytes | None]


class Look(TypedDict):
    """Who looks (`staff:3`), at what (`case:7`), why, and when."""

    reader: str
    subject: str
    why: str
    now: datetime


def unseal_for(tx: Tx, values: Sequence[Sealed], **look: Unpack[Look]) -> tuple[str | None, ...]:
    """What each (data key id, sealed bytes) says, None for what is erased or empty; the read log has one row for the whole look.

    It needs a transaction that can write: what cannot be logged is not read.
    """
    if not look["reader"] or not look["why"]:
        raise ValueError("nobody reads without a name and a reason")
    tx.insert(ReadLog, at=look["now"], reader=look["reader"], subject=look["subject"], why=look["why"])
    return tuple(_unsealed(tx, value) for value in values)


def readings(tx: Tx, subject: str) -> tuple[tuple[datetime, str, str], ...]:
    """Who read this subject: when, who, why, oldest first."""
    return tuple((row.at, row.reader, row.why) for row in tx.all(_READINGS, {"about": subject}))


def _unsealed(tx: Tx, value: Sealed) -> str | None:
    data_key_id, blob = value
    if data_key_id is None or blob is None:
        return None
    try:
        return tx.unseal(data_key_id, blob)
    except Erased:
        return None
