"""Transactions: whole or not at all, on both databases, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from bot.envelope import DeliveryState, Lane
from bot.errors import Erased, Lost, StoreDown
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import Estate, Meta, SessionRow, TimerRow
from tests.bot.store.works import NOW, TIMER, add_timer, timers, together
from tests.stores import opened

BY_ID = select(TIMER).where(TIMER.c.id == bindparam("id"))


def test_what_is_inserted_reads_back_with_the_defaults_of_its_class(store: Store) -> None:
    timer_id = add_timer(store)
    with store.read() as tx:
        row = tx.first(BY_ID, {"id": timer_id})
    assert row is not None
    assert (row.due_at, row.subject, row.step, row.command, row.tries) == (NOW, "case:1", "", "{}", 0)


def test_enumerations_are_kept_as_their_values(store: Store) -> None:
    with store.begin() as tx:
        timer_id = tx.insert(TimerRow, due_at=NOW, subject=DeliveryState.SENT, command="{}", tries=Lane.CARE)
        row = tx.first(BY_ID, {"id": timer_id})
    assert row is not None
    assert (row.subject, row.tries) == ("sent", 2)


def test_a_column_that_does_not_exist_is_refused(store: Store) -> None:
    with store.begin() as tx, pytest.raises(TypeError, match="colour"):
        tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}", colour="red")


def test_a_table_without_ids_answers_nought(store: Store) -> None:
    with store.begin() as tx:
        assert tx.insert(Meta, key="a", value="b") == 0


def test_a_block_that_raises_writes_nothing_and_calls_nothing(store: Store) -> None:
    called: list[str] = []

    def turn() -> None:
        with store.begin() as tx:
            tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
            tx.after_commit(lambda: called.append("after"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        turn()
    assert (timers(store), called) == (0, [])


def test_after_a_commit_each_call_is_made_once_and_sees_what_was_committed(store: Store) -> None:
    seen: list[int] = []
    with store.begin() as tx:
        tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
        tx.after_commit(lambda: seen.append(timers(store)))
        tx.after_commit(lambda: seen.append(add_timer(store)))
    assert len(seen) == 2
    assert seen[0] == 1


def test_a_call_that_fails_after_the_commit_does_not_fail_the_turn(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """The inbound is committed: were this to raise, it would be parked as well."""
    with store.begin() as tx:
        tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
        tx.after_commit(lambda: int("厨房着火了"))
    assert timers(store) == 1
    assert "ValueError" in caplog.text
    assert "厨房" not in caplog.text


def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with pytest.raises((StoreDown, DBAPIError)), store.read() as tx:
        tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
    assert timers(store) == 0
    add_timer(store)
    assert timers(store) == 1


def test_a_reader_does_not_wait_for_a_writer_and_does_not_see_half_of_it(store: Store) -> None:
    with store.begin() as tx:
        tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
        assert timers(store) == 0
    assert timers(store) == 1


def test_two_threads_that_change_the_same_version_one_of_them_loses(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        session_id = tx.insert(SessionRow, data_key_id=data_key_id, flow="report", at=NOW)

    def change(flow: str) -> None:
        both_read.wait()
        with store.begin() as tx:
            tx.update(SessionRow, session_id, version=0, flow=flow)

    both_read = threading.Barrier(2)
    outcomes = together(lambda: change("a"), lambda: change("b"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Lost", "NoneType"]
    with store.read() as tx:
        row = tx.first(select(SessionRow.version).where(SessionRow.id == session_id))  # type: ignore[arg-type]
    assert row is not None
    assert row.version == 1


def test_two_threads_that_insert_the_same_unique_row_one_of_them_loses(store: Store) -> None:
    start = threading.Barrier(2)

    def write() -> None:
        start.wait()
        with store.begin() as tx:
            tx.insert(Estate, code="示例-1", name="示例新村")

    outcomes = together(write, write)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Lost", "NoneType"]


def test_writers_in_many_threads_are_all_kept(store: Store) -> None:
    def write() -> None:
        for number in range(25):
            add_timer(store, f"case:{number}")

    assert together(*[write] * 4) == [None] * 4
    assert timers(store) == 100


def test_a_row_that_is_gone_is_lost(store: Store) -> None:
    with pytest.raises(Lost), store.begin() as tx:
        tx.update(TimerRow, 4711, tries=1)


def test_a_transaction_inside_a_transaction_is_refused_at_once(new_sqlite: Callable[..., str], vault: Vault) -> None:
    """It would wait for itself."""
    with opened(new_sqlite(), vault) as store, store.begin(), pytest.raises(RuntimeError), store.begin():
        pass


def test_the_database_file_is_for_its_owner_only(new_sqlite: Callable[..., str], vault: Vault) -> None:
    url = new_sqlite(empty=True)
    with opened(url, vault) as store:
        store.migrate()
        with store.begin() as tx:
            tx.insert(Meta, key="a", value="b")
        path = Path(url.removeprefix("sqlite:///"))
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.with_name("anlin.db-wal").stat().st_mode & 0o777 == 0o600


def test_a_data_key_of_a_rolled_back_transaction_opens_nothing(store: Store, store_url: str, key_file: KeyFile) -> None:
    """SQLite gives its id to the next one, here to that of another process."""

    def turn() -> None:
        with store.begin() as tx:
            tx.seal(tx.new_data_key(NOW), "示例")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        turn()
    with opened(store_url, Vault(key_file)) as another, another.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        sealed = tx.seal(data_key_id, "示例·甲")
    with store.read() as tx:
        assert tx.unseal(data_key_id, sealed) == "示例·甲"
        assert tx.unseal(data_key_id, None) == ""


def test_an_erasure_that_is_rolled_back_erases_nothing(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        sealed = tx.seal(data_key_id, "示例·甲")

    def turn() -> None:
        with store.begin() as tx:
            tx.erase(data_key_id, NOW)
            tx.unseal(data_key_id, sealed)

    with pytest.raises(Erased):
        turn()
    with store.read() as tx:
        assert tx.unseal(data_key_id, sealed) == "示例·甲"
