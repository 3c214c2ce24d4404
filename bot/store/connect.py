"""How the two databases are opened: what every new connection is told, and how a transaction begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsFault

BEGIN = "anlin_begin"
POSTGRES_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def parsed(url: str) -> URL:
    """The address of a database we can use: an SQLite file or PostgreSQL."""
    try:
        found = make_url(url)
    except ArgumentError:
        raise SettingsFault(("The database URL cannot be read; write sqlite:///FOLDER/anlin.db or postgresql://HOST/NAME.",)) from None
    if found.drivername in POSTGRES_NAMES:
        return found.set(drivername="postgresql+psycopg")
    if found.drivername != "sqlite" or found.database in (None, "", ":memory:"):
        raise SettingsFault(("The database must be an SQLite file (sqlite:///FOLDER/anlin.db) or PostgreSQL (postgresql://HOST/NAME).",))
    return found


def sqlite_writer(url: URL, patience: timedelta) -> Engine:
    """Transactions that write; each takes the write lock at once, so that none is refused half-way."""
    return _sqlite(url, "BEGIN IMMEDIATE", patience=patience)


def sqlite_reader(url: URL, patience: timedelta) -> Engine:
    """Transactions that only read, each from one snapshot, while others write."""
    return _sqlite(url, "BEGIN", "query_only=ON", patience=patience)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction, committed when the block ends well."""
    with engine.connect() as connection, begun(connection):
        yield connection


def begun(connection: Connection) -> RootTransaction:
    """A transaction on this connection.

    SQLite is told to begin here, and not by an event of SQLAlchemy's, which would be looked for at every statement.
    """
    transaction = connection.begin()
    begin = connection.get_execution_options().get(BEGIN)
    if begin:
        connection.exec_driver_sql(begin)
    return transaction


def postgres(url: URL, patience: timedelta) -> Engine:
    """READ COMMITTED; a lock not got in time, or a line gone dead, is an error; a connection that died in the pool is replaced unseen."""
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=patience.total_seconds(),
        hide_parameters=True,
        connect_args={"connect_timeout": max(2, int(patience.total_seconds())), "tcp_user_timeout": _milliseconds(patience)},
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _: object) -> None:
        connection.execute(f"SET lock_timeout = {_milliseconds(patience)}")
        connection.commit()

    return engine


def _sqlite(url: URL, begin: str, *more: str, patience: timedelta) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        pool_timeout=patience.total_seconds(),
        hide_parameters=True,
        connect_args={"check_same_thread": False, "cached_statements": 512},
        execution_options={BEGIN: begin},
    )
    event.listen(engine, "connect", _settles((*_pragmas(patience), *more), patience))
    return engine


def _settles(pragmas: tuple[str, ...], patience: timedelta) -> Callable[[Any, object], None]:
    def settle(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; `transaction` does
        _write_ahead(connection, patience)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return settle


def _write_ahead(connection: Any, patience: timedelta) -> None:
    """The file has a write-ahead log. SQLite does not wait for others when it changes to one, so several that start at once ask again."""
    until = monotonic() + patience.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)
        else:
            return


def _pragmas(patience: timedelta) -> tuple[str, ...]:
    return (
        f"busy_timeout={_milliseconds(patience)}",
        "synchronous=FULL",
        "wal_autocheckpoint=8000",  # a turn writes some twenty pages: folding the log in after every fifty turns makes those turns slow
        "foreign_keys=ON",
        "temp_store=MEMORY",  # what a savepoint would put back
        "secure_delete=FAST",  # overwrites a destroyed data key in its page at no further write
    )


def _milliseconds(patience: timedelta) -> int:
    return int(patience.total_seconds() * 1000)
