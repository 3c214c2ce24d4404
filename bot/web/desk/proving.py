"""Signing in, step by step: each step is counted before it is looked at, and answers yes or no without saying what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.errors import Lost
from bot.store import accounts, desk_sessions, timeline, tries
from bot.store.accounts import Account
from bot.store.begin import Tx
from bot.store.desk_sessions import DeskSession
from bot.web.desk import proof
from bot.web.desk.door import Door

T = TypeVar("T")
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in: the tokens of their session and of their browser."""

    session: str
    browser: str
    has_codes_to_note: bool


def settled(door: Door, work: Callable[[Tx], T]) -> T:
    """What `work` answers in a transaction; when somebody else was faster it is done again."""
    for _ in range(ATTEMPTS - 1):
        try:
            with door.store.begin() as tx:
                return work(tx)
        except Lost:
            continue
    with door.store.begin() as tx:
        return work(tx)


def knows(door: Door, handle: str, browser: str) -> bool:
    """Whether the holder of this name signed in from this browser before."""
    with door.store.read() as tx:
        account = accounts.by_handle(tx, handle)
        return account is not None and desk_sessions.knows_browser(tx, browser, account.staff_id)


def by_password(door: Door, handle: str, password: str, *, browser: str) -> str | None:
    """The token that leads to the second factor, if name and password are right."""
    account = holder(door, handle, password, browser=browser)
    if account is None:
        return None

    def start(tx: Tx) -> str:
        return desk_sessions.start(tx, account.staff_id, role=account.role, stage="password", now=door.wall())

    return settled(door, start)


def holder(door: Door, handle: str, password: str, *, browser: str) -> Account | None:
    """Whose name and password these are; it takes as long when they are nobody's."""
    now = door.wall()

    def count(tx: Tx) -> tuple[Account | None, bytes, bool]:
        account = accounts.by_handle(tx, handle)
        key = _key(tx, account, handle, browser=browser)
        return account, key, tries.try_once(tx, key, now)

    account, key, is_allowed = settled(door, count)
    is_right = door.passwords.fits(account.password if account else None, password if len(password) <= proof.MOST else "")
    if not is_allowed:
        return None
    if account is None or not is_right:
        settled(door, lambda tx: _note_lock(tx, account, key, now=now))
        return None
    fresh = door.passwords.hashed(password) if door.passwords.is_outdated(account.password) else ""

    def took(tx: Tx) -> None:
        tries.take_back(tx, key)
        if fresh:
            accounts.set_password(tx, account.staff_id, fresh)

    settled(door, took)
    return account


def half_way(door: Door, token: str) -> DeskSession | None:
    """Whoever gave the password and not yet the code."""
    with door.store.read() as tx:
        found = desk_sessions.at(tx, token, door.lasts, now=door.wall())
    return found if found and found.stage == "password" else None


def by_code(door: Door, half: DeskSession, typed: str, *, browser: str) -> Entered | None:
    """Somebody is in, with a new token, if the code is right; each code works once, from an authenticator or from the paper."""
    now = door.wall()

    def enter(tx: Tx) -> Entered | None:
        account = accounts.by_staff(tx, half.actor.staff_id or 0)
        if account is None:
            return None
        key = _key(tx, account, account.handle, browser=browser)
        if not tries.try_once(tx, key, now):
            return None
        if not _is_code(tx, account, proof.bare(typed), now=now):
            _note_lock(tx, account, key, now=now)
            return None
        tries.right(tx, key)
        desk_sessions.end(tx, half.id, why="proved", now=now)
        return entered(tx, door, account.staff_id, role=account.role, browser=browser)

    return settled(door, enter)


def entered(tx: Tx, door: Door, staff_id: int, *, role: str, browser: str) -> Entered:
    """A new session, on the timeline of whose it is."""
    now = door.wall()
    token = desk_sessions.start(tx, staff_id, role=role, stage="full", now=now)
    timeline.append(tx, f"staff:{staff_id}", at=now, actor=f"staff:{staff_id}", kind="signed_in", channel="desk")
    known = desk_sessions.remember_browser(tx, staff_id, browser, now=now)
    return Entered(token, known, bool(accounts.fresh_codes(tx, staff_id)))


def _key(tx: Tx, account: Account | None, handle: str, *, browser: str) -> bytes:
    if account and browser and desk_sessions.knows_browser(tx, browser, account.staff_id):
        return tx.hash_of("desk-browser", f"{browser} {account.staff_id}")
    return tx.hash_of("desk-name", handle)


def _is_code(tx: Tx, account: Account, code: str, *, now: datetime) -> bool:
    if len(code) == proof.FIGURES:
        step = proof.step_of(account.secret, code, now)
        return step is not None and accounts.use_step(tx, account.staff_id, step)
    if not accounts.use_code(tx, account.staff_id, code):
        return False
    timeline.append(tx, f"staff:{account.staff_id}", at=now, actor=f"staff:{account.staff_id}", kind="recovery_code_used", channel="desk")
    return True


def _note_lock(tx: Tx, account: Account | None, key: bytes, *, now: datetime) -> None:
    """After a wrong try: that nothing more is tried stands on the timeline of whose name it is."""
    if account is not None and tries.is_locked(tx, key, now):
        timeline.append(tx, f"staff:{account.staff_id}", at=now, actor="stranger", kind="locked_out", channel="desk")
