"""Rotating re-seals data keys and nothing else; erasing destroys one for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import Erased
from bot.store import meta, people, rotate
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import DataKey
from tests.stores import opened

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
DATA_KEY = table_of(DataKey)


def people_of(store: Store) -> list[tuple[object, ...]]:
    with store.read() as tx:
        return [tuple(row) for row in tx.all(text("SELECT id, data_key_id, name FROM person ORDER BY id"))]


def test_after_rotating_only_the_new_key_is_needed(store: Store, store_url: str, key_file: KeyFile) -> None:
    with store.begin() as tx:
        for name in ("示例·甲", "示例·乙"):
            people.add_person(tx, name=name, now=NOW)
    before = people_of(store)
    rotated = key_file.rotated()
    with opened(store_url, Vault(rotated)) as between, between.begin() as tx:
        meta.fit(tx)
        assert people.name_of(tx, 1) == "示例·甲"
        assert rotate.reseal(tx) == 2
        assert rotate.reseal(tx) == 0
    only_new = replace(rotated, keys={rotated.current: rotated.keys[rotated.current]})
    with opened(store_url, Vault(only_new)) as after:
        after.migrate()
        assert people_of(after) == before
        with after.read() as tx:
            assert [people.name_of(tx, person_id) for person_id in (1, 2)] == ["示例·甲", "示例·乙"]


def test_what_an_erased_key_sealed_is_never_read_again(store: Store, store_url: str, key_file: KeyFile) -> None:
    with store.begin() as tx:
        person_id = people.add_person(tx, name="示例·甲", now=NOW)
        assert people.name_of(tx, person_id) == "示例·甲"
        data_key_id = key_of(tx, person_id)
    with store.begin() as tx:
        tx.erase(data_key_id, NOW)
    for vault in (store.vault, Vault(key_file)):
        with opened(store_url, vault) as again, again.begin() as tx:
            with pytest.raises(Erased):
                people.name_of(tx, person_id)
            with pytest.raises(Erased):
                tx.seal(data_key_id, "示例")
            assert rotate.reseal(tx) == 0
            row = tx.first(DATA_KEY.select().where(DATA_KEY.c.id == data_key_id))
            assert row is not None
            assert (row.sealed, row.destroyed_at) == (None, NOW)


def test_an_erased_key_is_in_no_file_any_more(new_sqlite: Callable[..., str], vault: Vault) -> None:
    """Neither in the free room of its page, nor in the write-ahead log."""
    url = new_sqlite()
    with opened(url, vault) as store:
        with store.begin() as tx:
            ids = [tx.new_data_key(NOW) for _ in range(60)]
        with store.read() as tx:
            sealed = {row.id: bytes(row.sealed) for row in tx.all(DATA_KEY.select())}
        for data_key_id in ids[10:50:7]:
            assert sealed[data_key_id] in _files(url)
            with store.begin() as tx:
                tx.erase(data_key_id, NOW)
            assert sealed[data_key_id] not in _files(url)
            assert sealed[data_key_id + 1] in _files(url)


def key_of(tx: Tx, person_id: int) -> int:
    return int(tx.run(text("SELECT data_key_id FROM person WHERE id = :id"), {"id": person_id}).scalar_one())


def _files(url: str) -> bytes:
    folder = Path(url.removeprefix("sqlite:///")).parent
    return b"\n".join(path.read_bytes() for path in folder.iterdir())
