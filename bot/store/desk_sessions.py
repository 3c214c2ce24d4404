"""Who sits at the desk: sessions, known by the hash of a random token, and the ways they end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from bot.effects import Actor, Owner
from bot.store.account_rows import BrowserRow, DeskSessionRow
from bot.store.columns import table_of
from bot.store.staff import grids_of
from bot.store.tables import Staff
from bot.store.tx import Tx

HALF_WAY = timedelta(minutes=10)  # from the password to the code
KEPT = timedelta(days=90)  # an ended session, for whoever must find out who was in
BROWSER_KEPT = timedelta(days=365)
SEEN_EVERY = timedelta(minutes=1)  # a page a second is no reason for a write a second

SESSION, BROWSER, STAFF = table_of(DeskSessionRow), table_of(BrowserRow), table_of(Staff)
_BY_TOKEN = (
    select(SESSION.c.id, SESSION.c.staff_id, SESSION.c.stage, SESSION.c.made_at, SESSION.c.seen_at, STAFF.c.person_id, STAFF.c.role)
    .join(STAFF, STAFF.c.id == SESSION.c.staff_id)
    .where(
        SESSION.c.token_hash == bindparam("hash"),
        SESSION.c.ended_at.is_(None),
        STAFF.c.is_active.is_(True),
        STAFF.c.role == SESSION.c.role,
    )
)
_KNOWN = select(BROWSER.c.staff_id).where(BROWSER.c.token_hash == bindparam("hash"))
_OPEN = select(SESSION.c.id).where(SESSION.c.staff_id == bindparam("staff"), SESSION.c.ended_at.is_(None), SESSION.c.stage == "full")


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long a session lasts: without a page asked for, and at most."""

    idle: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True)
class DeskSession:
    """An open session; `actor` is who gives the commands."""

    id: int
    stage: str
    actor: Actor
    seen_at: datetime


def token_hash(token: str) -> bytes:
    """What a random token is kept as: it has 128 bits or more, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).digest()


def start(tx: Tx, staff_id: int, *, role: str, stage: str, now: datetime) -> str:
    """The token of a new session. What ended long ago is forgotten."""
    tx.run(delete(SESSION).where(SESSION.c.staff_id == staff_id, SESSION.c.made_at < now - KEPT))
    token = secrets.token_urlsafe(32)
    tx.insert(DeskSessionRow, token_hash=token_hash(token), staff_id=staff_id, role=role, stage=stage, made_at=now, seen_at=now)
    return token


def at(tx: Tx, token: str, lasts: Lasts, *, now: datetime) -> DeskSession | None:
    """The session of this token, unless it ended: by being idle, by age, by hand, or because whose it is left or changed roles."""
    row = tx.first(_BY_TOKEN, {"hash": token_hash(token)})
    if row is None:
        return None
    lasts = lasts if row.stage == "full" else Lasts(HALF_WAY, HALF_WAY)
    if now >= row.seen_at + lasts.idle or now >= row.made_at + lasts.most:
        return None
    actor = Actor("staff", Owner(row.person_id), row.staff_id, row.role, grids_of(tx, row.staff_id), "desk")
    return DeskSession(row.id, row.stage, actor, row.seen_at)


def touch(tx: Tx, session_id: int, now: datetime) -> None:
    """Somebody is there."""
    tx.run(update(SESSION).where(SESSION.c.id == session_id).values(seen_at=now))


def end(tx: Tx, session_id: int, *, why: str, now: datetime) -> None:
    """This session is over; one that ended before stays as it ended."""
    tx.run(update(SESSION).where(SESSION.c.id == session_id, SESSION.c.ended_at.is_(None)).values(ended_at=now, ended_why=why))


def end_all(tx: Tx, staff_id: int, *, why: str, now: datetime) -> int:
    """Every session of this member of staff is over; how many there were."""
    ended = update(SESSION).where(SESSION.c.staff_id == staff_id, SESSION.c.ended_at.is_(None)).values(ended_at=now, ended_why=why)
    return tx.run(ended).rowcount


def end_everybodys(tx: Tx, *, why: str, now: datetime) -> None:
    """Whoever is at the desk signs in anew."""
    tx.run(update(SESSION).where(SESSION.c.ended_at.is_(None)).values(ended_at=now, ended_why=why))


def count(tx: Tx, staff_id: int) -> int:
    """How many sessions are open, at most: one that ran out is counted until it is looked at."""
    return len(tx.all(_OPEN, {"staff": staff_id}))


def remember_browser(tx: Tx, staff_id: int, token: str, *, now: datetime) -> str:
    """The token of a browser from which this member of staff signed in; those who share the machine of the duty room share it."""
    tx.run(delete(BROWSER).where(BROWSER.c.staff_id == staff_id, BROWSER.c.made_at < now - BROWSER_KEPT))
    holders = _holders(tx, token)
    if staff_id in holders:
        return token
    if not holders:  # nobody chooses a token but us
        token = secrets.token_urlsafe(16)
    tx.insert(BrowserRow, token_hash=token_hash(token), staff_id=staff_id, made_at=now)
    return token


def knows_browser(tx: Tx, token: str, staff_id: int) -> bool:
    """Whether this member of staff signed in from this browser before."""
    return staff_id in _holders(tx, token)


def _holders(tx: Tx, token: str) -> frozenset[int]:
    return frozenset(row.staff_id for row in tx.all(_KNOWN, {"hash": token_hash(token)}))
