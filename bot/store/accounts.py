"""Accounts of the desk: who was invited, how they prove who they are, and the recovery codes for a lost phone.

What is random and what is hashed is made by the caller; here it is kept, each thing in the form that is of no use to a thief.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update

from bot.errors import Erased
from bot.store import desk_sessions, meta, timeline
from bot.store.account_rows import AccountRow, BrowserRow, InvitationRow, RecoveryRow
from bot.store.columns import table_of
from bot.store.desk_sessions import token_hash
from bot.store.tables import Person, Staff
from bot.store.tx import Tx

INVITATION_LASTS = timedelta(hours=48)
DESK_KEY = "desk_key"

ACCOUNT, RECOVERY, INVITATION, BROWSER = table_of(AccountRow), table_of(RecoveryRow), table_of(InvitationRow), table_of(BrowserRow)
STAFF, PERSON = table_of(Staff), table_of(Person)
_STAFF_COLUMNS = (STAFF.c.id.label("staff_id"), STAFF.c.person_id, STAFF.c.handle, STAFF.c.role)
_INVITED = (
    select(*_STAFF_COLUMNS, INVITATION.c.data_key_id, INVITATION.c.secret, INVITATION.c.until)
    .join(INVITATION, INVITATION.c.staff_id == STAFF.c.id)
    .where(INVITATION.c.token_hash == bindparam("hash"), STAFF.c.is_active.is_(True))
)
_ACCOUNTS = (
    select(*_STAFF_COLUMNS, ACCOUNT.c.data_key_id, ACCOUNT.c.secret, ACCOUNT.c.password)
    .join(ACCOUNT, ACCOUNT.c.staff_id == STAFF.c.id)
    .where(STAFF.c.is_active.is_(True))
)
_BY_HANDLE = _ACCOUNTS.where(STAFF.c.handle == bindparam("handle"))
_BY_STAFF = _ACCOUNTS.where(STAFF.c.id == bindparam("staff"))
_ANY = select(ACCOUNT.c.staff_id).limit(1)
_KEY_OF_STAFF = select(PERSON.c.data_key_id).join(STAFF, STAFF.c.person_id == PERSON.c.id).where(STAFF.c.id == bindparam("staff"))
_FRESH = select(ACCOUNT.c.data_key_id, ACCOUNT.c.fresh_codes).where(ACCOUNT.c.staff_id == bindparam("staff"))
_CODES = select(RECOVERY.c.code_hash).where(RECOVERY.c.staff_id == bindparam("staff"))


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who opened their invitation."""

    staff_id: int
    person_id: int
    handle: str
    role: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in: the hash of their password and the secret of their second factor."""

    staff_id: int
    person_id: int
    handle: str
    role: str
    secret: str = field(repr=False)
    password: str = field(repr=False)


def desk_key(tx: Tx, now: datetime) -> str:
    """The secret that signs the desk's forms: made at the first start, sealed, and the same for every process on this database."""
    meta.hold(tx)  # two that start at once must not make two
    kept = meta.get(tx, DESK_KEY)
    if kept:
        data_key_id, _, blob = kept.partition(":")
        return tx.unseal(int(data_key_id), base64.b64decode(blob))
    made = secrets.token_urlsafe(32)
    data_key_id = str(tx.new_data_key(now))
    meta.put(tx, DESK_KEY, f"{data_key_id}:{base64.b64encode(tx.seal(int(data_key_id), made)).decode()}")
    return made


def invite(tx: Tx, staff_id: int, *, secret: str, actor: str, now: datetime) -> str:
    """The token of a new invitation, which takes the place of an earlier one and is valid for two days."""
    token = secrets.token_urlsafe(16)
    data_key_id = _key_of(tx, staff_id)
    tx.run(delete(INVITATION).where(INVITATION.c.staff_id == staff_id))
    tx.insert(
        InvitationRow,
        staff_id=staff_id,
        token_hash=token_hash(token),
        data_key_id=data_key_id,
        secret=tx.seal(data_key_id, secret),
        until=now + INVITATION_LASTS,
    )
    timeline.append(tx, _subject(staff_id), at=now, actor=actor, kind="invited")
    return token


def invited(tx: Tx, token: str, now: datetime) -> Invited | None:
    """Who this invitation is for, as long as it is valid and unused."""
    row = tx.first(_INVITED, {"hash": token_hash(token)})
    if row is None or row.until <= now:
        return None
    return Invited(row.staff_id, row.person_id, row.handle, row.role, tx.unseal(row.data_key_id, row.secret))


def enrol(tx: Tx, who: Invited, *, password: str, step: int, now: datetime) -> bool:
    """The account is there and the invitation used up; False when it was used meanwhile."""
    if tx.run(delete(INVITATION).where(INVITATION.c.staff_id == who.staff_id)).rowcount != 1:
        return False
    _forget(tx, who.staff_id)
    data_key_id = _key_of(tx, who.staff_id)
    sealed = tx.seal(data_key_id, who.secret)
    kept = {"staff_id": who.staff_id, "data_key_id": data_key_id, "secret": sealed}
    tx.insert(AccountRow, **kept, password=password, last_step=step, enrolled_at=now)
    timeline.append(tx, _subject(who.staff_id), at=now, actor=_subject(who.staff_id), kind="enrolled", channel="desk")
    return True


def by_handle(tx: Tx, handle: str) -> Account | None:
    """The account of the active member of staff who signs with this handle."""
    return _account(tx, tx.first(_BY_HANDLE, {"handle": handle}))


def by_staff(tx: Tx, staff_id: int) -> Account | None:
    """The account of this active member of staff."""
    return _account(tx, tx.first(_BY_STAFF, {"staff": staff_id}))


def is_anybody(tx: Tx) -> bool:
    """Whether anybody at all has an account."""
    return tx.first(_ANY) is not None


def use_step(tx: Tx, staff_id: int, step: int) -> bool:
    """True once for each time step, and never for one before the last one used (RFC 6238, 5.2)."""
    used = update(ACCOUNT).where(ACCOUNT.c.staff_id == staff_id, ACCOUNT.c.last_step < step).values(last_step=step)
    return tx.run(used).rowcount == 1


def set_password(tx: Tx, staff_id: int, password: str) -> None:
    """The account has this password, given as its hash."""
    tx.run(update(ACCOUNT).where(ACCOUNT.c.staff_id == staff_id).values(password=password))


def give_codes(tx: Tx, staff_id: int, codes: Sequence[str]) -> None:
    """These recovery codes work, and no earlier ones; they can be shown until `written_down`."""
    row = tx.first(_FRESH, {"staff": staff_id})
    if row is None:
        raise LookupError(f"no account of staff {staff_id}")
    tx.run(delete(RECOVERY).where(RECOVERY.c.staff_id == staff_id))
    for code in codes:
        tx.insert(RecoveryRow, code_hash=_code_hash(tx, staff_id, code), staff_id=staff_id)
    sealed = tx.seal(row.data_key_id, msgspec.json.encode(list(codes)))
    tx.run(update(ACCOUNT).where(ACCOUNT.c.staff_id == staff_id).values(fresh_codes=sealed))


def fresh_codes(tx: Tx, staff_id: int) -> tuple[str, ...]:
    """The recovery codes that were given and not written down yet."""
    row = tx.first(_FRESH, {"staff": staff_id})
    if row is None or row.fresh_codes is None:
        return ()
    return tuple(msgspec.json.decode(tx.unseal_bytes(row.data_key_id, row.fresh_codes)))


def written_down(tx: Tx, staff_id: int) -> None:
    """The recovery codes are never shown again."""
    tx.run(update(ACCOUNT).where(ACCOUNT.c.staff_id == staff_id).values(fresh_codes=None))


def codes_left(tx: Tx, staff_id: int) -> int:
    """How many recovery codes still work."""
    return len(tx.all(_CODES, {"staff": staff_id}))


def use_code(tx: Tx, staff_id: int, code: str) -> bool:
    """True once for each recovery code."""
    used = delete(RECOVERY).where(RECOVERY.c.staff_id == staff_id, RECOVERY.c.code_hash == _code_hash(tx, staff_id, code))
    return tx.run(used).rowcount == 1


def close(tx: Tx, staff_id: int, *, why: str, actor: str, now: datetime) -> None:
    """Nothing of the account is left, its invitation and sessions neither; why stands on the timeline."""
    _forget(tx, staff_id)
    tx.run(delete(INVITATION).where(INVITATION.c.staff_id == staff_id))
    desk_sessions.end_all(tx, staff_id, why=why, now=now)
    timeline.append(tx, _subject(staff_id), at=now, actor=actor, kind=why)


def _forget(tx: Tx, staff_id: int) -> None:
    for table in (RECOVERY, BROWSER, ACCOUNT):
        tx.run(delete(table).where(table.c.staff_id == staff_id))


def _account(tx: Tx, row: Row[*tuple[Any, ...]] | None) -> Account | None:
    if row is None:
        return None
    try:
        secret = tx.unseal(row.data_key_id, row.secret)
    except Erased:
        return None
    return Account(row.staff_id, row.person_id, row.handle, row.role, secret, row.password)


def _key_of(tx: Tx, staff_id: int) -> int:
    row = tx.first(_KEY_OF_STAFF, {"staff": staff_id})
    if row is None:
        raise LookupError(f"no staff {staff_id}")
    return int(row.data_key_id)


def _code_hash(tx: Tx, staff_id: int, code: str) -> bytes:
    """By the key of this installation: a recovery code is short enough to be guessed from a plain hash."""
    return tx.hash_of("recovery", f"{staff_id}:{code}")


def _subject(staff_id: int) -> str:
    return f"staff:{staff_id}"
