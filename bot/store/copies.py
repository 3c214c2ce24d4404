"""A copy of the SQLite database, taken while others write, and what can be said of a copy without opening anything sealed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import AnlinError
from bot.store.meta import SEALED_WORD

COUNTED = ("person", "inbound", "delivery", "timer", "timeline", "attachment")
WAIT = 30.0  # seconds; only for somebody who folds the write-ahead log at this very moment


class Unsound(AnlinError):
    """The database file is damaged."""


def take(source: Path, target: Path) -> None:
    """`target` is the database as it was at one moment, in one file.

    It is taken in one step. With a write-ahead log that is one snapshot and holds up no writer, whereas a copy in small steps would
    begin anew at every write of another process and not end on a busy evening (sqlite.org/c3ref/backup_finish.html).
    """
    with closing(_opened(source, "ro")) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
        other.execute("PRAGMA journal_mode=DELETE")


def check(path: Path) -> None:
    """Every page and index of the file holds together. Raises `Unsound`."""
    try:
        with closing(_opened(path, "ro")) as one:
            found = one.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError:
        raise Unsound from None
    if found != "ok":
        raise Unsound


def counts(path: Path) -> dict[str, int]:
    """How many rows of what; a database of an earlier release may not have all of it."""
    with closing(_opened(path, "ro")) as one:
        there = {row[0] for row in one.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {name: _count(one, name) for name in COUNTED if name in there}


def revision(path: Path) -> str:
    """The revision its tables are at."""
    with closing(_opened(path, "ro")) as one:
        return str(one.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def key_id(path: Path) -> str:
    """Which key of the key file seals it now."""
    with closing(_opened(path, "ro")) as one:
        row = one.execute("SELECT value FROM meta WHERE key = ?", (SEALED_WORD,)).fetchone()
        return str(row[0]).partition(":")[0] if row else ""


def is_open_elsewhere(path: Path) -> bool:
    """Whether another connection has this file: only the last one can give up the write-ahead log. A file that is no database has none."""
    try:
        with closing(_opened(path, "rw")) as one:
            one.execute("PRAGMA busy_timeout=0")
            one.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as fault:
        return fault.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    except sqlite3.DatabaseError:
        return False
    return False


def _count(one: sqlite3.Connection, table: str) -> int:
    return int(one.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 -- one of our own tables


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=WAIT)
