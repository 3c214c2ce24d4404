"""Facts about this installation: single values, leases for what may run once, and whether the key file is the right one."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta

from sqlalchemy import Executable, bindparam, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import SettingsFault
from bot.store.columns import table_of
from bot.store.sealed import Unreadable
from bot.store.tables import DataKey, Lease, Meta
from bot.store.tx import Tx

META = table_of(Meta)
LEASE = table_of(Lease)

SEALED_WORD = "sealed_word"
HASHED_WORD = "hashed_word"
WORD = "anlin"
WRONG_KEY = "The sealing key file does not belong to this database; nothing in it could be read. Restore the one made with it."

_GET = select(META.c.value).where(META.c.key == bindparam("key"))
_HOLD = _GET.with_for_update()
_MINE = (LEASE.c.name == bindparam("the_name"), LEASE.c.holder == bindparam("the_holder"))
_KEEP = update(LEASE).where(*_MINE, LEASE.c.until > bindparam("now", type_=LEASE.c.until.type))
_RELEASE = delete(LEASE).where(*_MINE)


def get(tx: Tx, key: str) -> str | None:
    row = tx.first(_GET, {"key": key})
    return None if row is None else row.value


def hold(tx: Tx) -> None:
    """Nobody else who holds the facts goes on until the transaction ends (where the database does not see to it by itself)."""
    tx.run(_HOLD, {"key": SEALED_WORD})


def put(tx: Tx, key: str, value: str) -> None:
    """The fact is kept, in place of an earlier one."""
    tx.run(_PUTS[tx.connection.dialect.name], {"key": key, "value": value})


def take(tx: Tx, name: str, *, holder: str, lasts: timedelta, now: datetime) -> bool:
    """True when the lease is the holder's until `now + lasts`: it was free, run out, or theirs already."""
    params = {"name": name, "holder": holder, "until": now + lasts, "now": now}
    return tx.first(_TAKES[tx.connection.dialect.name], params) is not None


def keep(tx: Tx, name: str, *, holder: str, lasts: timedelta, now: datetime) -> bool:
    """True when the holder still had the lease and has it until `now + lasts`."""
    done = tx.run(_KEEP, {"the_name": name, "the_holder": holder, "until": now + lasts, "now": now})
    return done.rowcount == 1


def release(tx: Tx, name: str, *, holder: str) -> None:
    """The lease is free, if it was the holder's."""
    tx.run(_RELEASE, {"the_name": name, "the_holder": holder})


def fit(tx: Tx) -> None:
    """The key file is the one this database was begun with; a new database remembers it by a sealed word and a hashed one."""
    stored = get(tx, SEALED_WORD)
    if stored is None:
        if tx.run(select(exists().where(table_of(DataKey).c.id.is_not(None)))).scalar():
            raise SettingsFault((WRONG_KEY,))
        remember_key(tx)
        return
    key_id, _, sealed = stored.partition(":")
    try:
        word = tx.vault.open_word(key_id, base64.b64decode(sealed))
    except Unreadable:
        raise SettingsFault((WRONG_KEY,)) from None
    if word != WORD or not hmac.compare_digest(get(tx, HASHED_WORD) or "", tx.hash_of("", WORD).hex()):
        raise SettingsFault((WRONG_KEY,))


def remember_key(tx: Tx) -> None:
    """The database knows its key file by a word sealed with the current key and a word hashed with the hash key."""
    key_id, sealed = tx.vault.seal_word(WORD)
    put(tx, SEALED_WORD, f"{key_id}:{base64.b64encode(sealed).decode()}")
    put(tx, HASHED_WORD, tx.hash_of("", WORD).hex())


def _put_with(insert: type[postgresql.Insert] | type[sqlite.Insert]) -> postgresql.Insert | sqlite.Insert:
    put = insert(META)
    return put.on_conflict_do_update(index_elements=[META.c.key], set_={"value": put.excluded.value})


def _take_with(insert: type[postgresql.Insert] | type[sqlite.Insert]) -> Executable:
    taken = insert(LEASE).values(name=bindparam("name"), holder=bindparam("holder"), until=bindparam("until"))
    return taken.on_conflict_do_update(
        index_elements=[LEASE.c.name],
        set_={"holder": taken.excluded.holder, "until": taken.excluded.until},
        where=or_(LEASE.c.until <= bindparam("now", type_=LEASE.c.until.type), LEASE.c.holder == taken.excluded.holder),
    ).returning(LEASE.c.name)  # a row only when it was taken; drivers do not agree on the count


_PUTS = {"sqlite": _put_with(sqlite.Insert), "postgresql": _put_with(postgresql.Insert)}
_TAKES = {"sqlite": _take_with(sqlite.Insert), "postgresql": _take_with(postgresql.Insert)}
