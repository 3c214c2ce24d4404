"""What goes wrong with a database: locked, full, away, restarted. Then the store is down, says so, and is up again afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.errors import SettingsFault, StoreDown
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import Building, Estate, TimerRow
from tests.bot.store.works import NOW, add_timer, timers, together
from tests.stores import opened, plain

SHORT = timedelta(milliseconds=150)
EVERYBODY_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"


ROOT = Path(__file__).parents[3]
FILLS_UP = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.errors import StoreDown
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import TimerRow

store = Store(sys.argv[1], Vault(KeyFile.load(Path(sys.argv[2]))))

def add(subject):
    with store.begin() as tx:
        tx.insert(TimerRow, due_at=datetime(2026, 3, 2, tzinfo=UTC), subject=subject, command="x" * 20000)

add("before")
used = Path(sys.argv[1].removeprefix("sqlite:///") + "-wal").stat().st_size
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (used + 8192, most))
try:
    add("full")
except StoreDown:
    pass
else:
    raise SystemExit("the write was taken")
assert not store.ready()
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
assert store.ready()
add("after")
store.close()
"""


def test_a_mistake_of_ours_is_not_taken_for_a_race(store: Store) -> None:
    with pytest.raises((IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError)), store.begin() as tx:
        tx.insert(Building, estate_id=4711, name="1号楼")
    with pytest.raises((IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError)), store.begin() as tx:
        tx.insert(Estate, code="示例-1")


def test_an_error_of_the_database_does_not_tell_what_was_said(store: Store) -> None:
    with pytest.raises(DBAPIError) as caught, store.begin() as tx:
        tx.run(text("INSERT INTO nowhere (words) VALUES (:words)"), {"words": "厨房着火了"})
    assert "厨房" not in str(caught.value)


def test_a_locked_database_is_down_and_nothing_was_written(store_url: str, vault: Vault) -> None:
    with opened(store_url, vault, patience=SHORT) as store:
        with locked(store_url), pytest.raises(StoreDown):
            add_timer(store)
        add_timer(store)
        assert timers(store) == 1


def test_a_thread_that_waits_too_long_for_another_of_ours_finds_the_store_down(store_url: str, vault: Vault) -> None:
    with opened(store_url, vault, patience=SHORT) as store, store.begin() as tx:
        tx.run(text("UPDATE meta SET value = value"))

        def write() -> None:
            with store.begin() as other:
                other.run(text("UPDATE meta SET value = value"))

        assert [type(outcome) for outcome in together(write)] == [StoreDown]


def test_a_full_disk_is_down_until_there_is_room(new_sqlite: Callable[..., str], vault: Vault) -> None:
    with opened(new_sqlite(), vault) as store:
        with store.begin() as tx:
            pages = tx.run(text("PRAGMA page_count")).scalar_one()
            tx.run(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StoreDown), store.begin() as tx:
            tx.insert(TimerRow, due_at=NOW, subject="case:1", command="x" * 800_000)
        assert timers(store) == 0
        with store.begin() as tx:
            tx.run(text("PRAGMA max_page_count = 1000000"))
        add_timer(store)
        assert timers(store) == 1


def test_a_disk_that_fills_up_at_the_commit_is_down_and_what_was_committed_before_stays(
    new_sqlite: Callable[..., str], tmp_path: Path, key_file: KeyFile
) -> None:
    """A limit on the size of files stands in for the disk; it holds for a whole process, so this is one of its own."""
    url = new_sqlite()
    key_file.write(tmp_path / "sealing.key")
    done = subprocess.run([sys.executable, "-c", FILLS_UP, url, str(tmp_path / "sealing.key")], check=False, capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    with opened(url, Vault(key_file)) as store:
        assert timers(store) == 2


def test_a_file_that_is_no_database_is_down(tmp_path: Path, vault: Vault) -> None:
    path = tmp_path / "anlin.db"
    path.write_bytes(b"no database at all" * 100)
    with opened(f"sqlite:///{path}", vault) as store:
        with pytest.raises(StoreDown):
            store.migrate()
        with pytest.raises(StoreDown), store.begin():
            pass
        assert not store.ready()
    assert path.read_bytes() == b"no database at all" * 100


def test_a_server_out_of_room_is_down(new_postgres: Callable[..., str], vault: Vault) -> None:
    """A limit on temporary files stands in for a full disk: both are of the server's class 53."""
    with opened(new_postgres(), vault) as store, store.begin() as tx:
        tx.run(text("SET LOCAL temp_file_limit = '1kB'"))
        tx.run(text("SET LOCAL work_mem = '64kB'"))
        with pytest.raises(StoreDown):
            tx.run(text("SELECT count(*) FROM (SELECT g FROM generate_series(1, 200000) g ORDER BY -g OFFSET 0) many"))


def test_a_file_that_cannot_be_opened_is_down(tmp_path_factory: pytest.TempPathFactory, vault: Vault) -> None:
    folder = tmp_path_factory.mktemp("folder")
    with opened(f"sqlite:///{folder}", vault) as store:
        with pytest.raises(StoreDown):
            store.migrate()
        with pytest.raises(StoreDown), store.begin():
            pass
        with pytest.raises(StoreDown), store.read():
            pass
        assert not store.ready()


def test_a_server_that_is_away_is_down(vault: Vault) -> None:
    with opened("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2", vault) as store:
        with pytest.raises(StoreDown), store.begin():
            pass
        with pytest.raises(StoreDown):
            store.migrate()
        assert not store.ready()


def test_a_server_that_restarts_is_down_for_one_turn_at_most(new_postgres: Callable[..., str], vault: Vault) -> None:
    url = new_postgres()

    def turn(store: Store) -> None:
        with store.begin() as tx:
            tx.insert(TimerRow, due_at=NOW, subject="case:1", command="{}")
            with psycopg.connect(plain(url), autocommit=True) as other:
                other.execute(EVERYBODY_OUT)
            tx.insert(TimerRow, due_at=NOW, subject="case:2", command="{}")

    with opened(url, vault) as store:
        with pytest.raises(StoreDown):
            turn(store)
        add_timer(store)
        assert timers(store) == 1


def test_ready_tells_the_truth_after_a_refused_write(store_url: str, vault: Vault) -> None:
    with opened(store_url, vault, patience=SHORT) as store:
        assert store.ready()
        with locked(store_url):
            with pytest.raises(StoreDown):
                add_timer(store)
            assert not store.ready()
        assert store.ready()


def test_a_database_of_another_kind_is_a_fault_of_the_settings(vault: Vault) -> None:
    for url in ("mysql://host/name", "sqlite://", "sqlite:///:memory:", "not a url"):
        with pytest.raises(SettingsFault):
            Store(url, vault)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else, with a connection of their own, holds the lock that writers need."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()
        return
    with psycopg.connect(plain(url)) as connection:
        connection.execute("LOCK TABLE timer, meta IN EXCLUSIVE MODE")
        yield
