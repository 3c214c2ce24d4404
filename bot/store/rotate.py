"""Rotation: the data keys, and nothing else, are sealed again under the key file's current key."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from bot.store import meta
from bot.store.columns import table_of
from bot.store.tables import DataKey
from bot.store.tx import Tx

DATA_KEY = table_of(DataKey)
_OLD = (
    select(DATA_KEY.c.id, DATA_KEY.c.key_id, DATA_KEY.c.sealed)
    .where(DATA_KEY.c.key_id != bindparam("current"), DATA_KEY.c.sealed.is_not(None))
    .with_for_update()
)
_RESEAL = update(DATA_KEY).where(DATA_KEY.c.id == bindparam("the_id"), DATA_KEY.c.sealed.is_not(None))


def reseal(tx: Tx) -> int:
    """Every living data key is sealed by the current key, and the database knows its key file by it; how many were changed.

    Once this is committed, the older keys may leave the key file.
    """
    changes = []
    for row in tx.all(_OLD, {"current": tx.vault.keys.current}):
        key_id, sealed = tx.vault.resealed(row.key_id, bytes(row.sealed))
        changes.append({"the_id": row.id, "key_id": key_id, "sealed": sealed})
    if changes:
        tx.run(_RESEAL, changes)
    meta.remember_key(tx)
    return len(changes)
