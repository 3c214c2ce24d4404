"""Facts and leases, and a key file that does not belong to the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.errors import SettingsFault
from bot.store import meta
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests.stores import opened

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_fact_replaces_the_one_before(store: Store) -> None:
    with store.begin() as tx:
        assert meta.get(tx, "polled") is None
        meta.put(tx, "polled", "7")
        meta.put(tx, "polled", "8")
        assert meta.get(tx, "polled") == "8"


def test_a_lease_is_one_holders_until_it_runs_out_or_is_given_back(store: Store) -> None:
    def take(holder: str, now: datetime) -> bool:
        with store.begin() as tx:
            return meta.take(tx, "poller", holder=holder, lasts=MINUTE, now=now)

    def keep(holder: str, now: datetime) -> bool:
        with store.begin() as tx:
            return meta.keep(tx, "poller", holder=holder, lasts=MINUTE, now=now)

    assert take("a", NOW)
    assert not take("b", NOW + timedelta(seconds=59))
    assert take("a", NOW + timedelta(seconds=30))
    assert keep("a", NOW + timedelta(seconds=60))
    assert not keep("b", NOW + timedelta(seconds=60))
    assert not take("b", NOW + timedelta(seconds=90))
    assert take("b", NOW + timedelta(seconds=120))
    assert not keep("a", NOW + timedelta(seconds=121))
    with store.begin() as tx:
        meta.release(tx, "poller", holder="a")
    assert not take("a", NOW + timedelta(seconds=122))
    with store.begin() as tx:
        meta.release(tx, "poller", holder="b")
    assert take("a", NOW + timedelta(seconds=123))


def test_a_lease_that_ran_out_is_not_kept_though_nobody_took_it(store: Store) -> None:
    with store.begin() as tx:
        assert meta.take(tx, "poller", holder="a", lasts=MINUTE, now=NOW)
        assert not meta.keep(tx, "poller", holder="a", lasts=MINUTE, now=NOW + MINUTE)


def _another_key(keys: KeyFile) -> KeyFile:
    return KeyFile("", {}, keys.hash_key).rotated()


def _same_id_another_key(keys: KeyFile) -> KeyFile:
    return replace(keys, keys={keys.current: b"x" * 32})


def _another_hash_key(keys: KeyFile) -> KeyFile:
    return replace(keys, hash_key=b"x" * 32)


@pytest.mark.parametrize("wrong", [_another_key, _same_id_another_key, _another_hash_key])
def test_a_wrong_key_file_stops_the_start(store_url: str, key_file: KeyFile, wrong: Callable[[KeyFile], KeyFile]) -> None:
    with opened(store_url, Vault(wrong(key_file))) as store, pytest.raises(SettingsFault):
        store.migrate()
    with opened(store_url, Vault(key_file)) as store:
        store.migrate()


def test_a_database_with_data_keys_and_no_word_is_not_taken_over_by_a_new_key_file(store: Store) -> None:
    with store.begin() as tx:
        tx.new_data_key(NOW)
        tx.run(text("DELETE FROM meta"))
    with pytest.raises(SettingsFault, match="does not belong"):
        store.migrate()
