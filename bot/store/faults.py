"""What a database error means to us: try the platform again later, take the turn again, or a mistake of ours."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from bot.errors import Lost, StoreDown

# https://www.sqlite.org/rescode.html, primary codes: busy, locked, read-only, I/O error, corrupt, full, cannot open, not a database
SQLITE_DOWN = frozenset({5, 6, 8, 10, 11, 13, 14, 26})
SQLITE_LOST = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_BUSY_SNAPSHOT})

# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources (disk full), operator's hand, system;
# a lock not got in time; a server that became read-only; a database that is not there
POSTGRES_DOWN = ("08", "53", "57", "58", "55P03", "25006", "3D000")
POSTGRES_LOST = ("23505", "40001", "40P01")  # unique, serialization failure, deadlock

# as SQLAlchemy wraps them, as the drivers raise them when a connection opens, and a pool that has none left
DATABASE_ERRORS = (DBAPIError, sqlite3.Error, psycopg.Error, PoolExhausted)


def raise_for(error: Exception) -> NoReturn:
    """Raise what a database error means: `StoreDown`, `Lost`, or the error itself."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        kind = _sqlite_kind(original)
    elif isinstance(original, psycopg.Error):
        kind = _postgres_kind(original)
    else:
        kind = StoreDown if isinstance(original, PoolExhausted) else None
    if kind is None:
        raise error
    raise kind from error


def _sqlite_kind(error: sqlite3.Error) -> type[Lost | StoreDown] | None:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in SQLITE_LOST:
        return Lost
    return StoreDown if code & 0xFF in SQLITE_DOWN else None


def _postgres_kind(error: psycopg.Error) -> type[Lost | StoreDown] | None:
    if error.sqlstate is None:  # never reached the server, or the line broke
        return StoreDown if isinstance(error, psycopg.OperationalError) else None
    if error.sqlstate.startswith(POSTGRES_LOST):
        return Lost
    return StoreDown if error.sqlstate.startswith(POSTGRES_DOWN) else None
