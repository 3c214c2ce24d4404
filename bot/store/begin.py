"""The store: where every transaction begins, and ends whole or not at all."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from bot.errors import StoreDown
from bot.store import connect, meta, schema
from bot.store.faults import DATABASE_ERRORS, raise_for
from bot.store.sealed import Vault
from bot.store.tx import Tx

__all__ = ["Store", "Tx"]

log = logging.getLogger(__name__)
PATIENCE = timedelta(seconds=5)


class Store:
    """An SQLite file or a PostgreSQL database, and the vault that reads it.

    On SQLite one thread of the process writes at a time: our lock wakes the next one at once, SQLite's lets it sleep and try again.
    """

    def __init__(self, url: str, vault: Vault, *, patience: timedelta = PATIENCE) -> None:
        self._url = connect.parsed(url)
        self.vault = vault
        self.is_sqlite = self._url.drivername == "sqlite"
        self._patience = patience
        self._lock = threading.Lock()
        self._writing_thread: int | None = None
        self._is_refusing = False
        if self.is_sqlite:
            self._writer = connect.sqlite_writer(self._url, patience)
            self._reader = connect.sqlite_reader(self._url, patience)
        else:
            self._writer = connect.postgres(self._url, patience)
            self._reader = self._writer.execution_options(postgresql_readonly=True)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction that may write; committed when the block ends well, otherwise nothing of it was written."""
        try:
            with self._write_lock(), self._opened(self._writer) as tx:
                yield tx
        except StoreDown:
            self._is_refusing = True
            raise
        self._is_refusing = False
        tx.committed()
        if tx.has_erased and self.is_sqlite:
            self._checkpoint()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that cannot write and waits for nobody."""
        with self._opened(self._reader) as tx:
            yield tx

    def migrate(self) -> None:
        """The tables are those of this release and nothing kept is lost; the key file is the one that sealed this database."""
        if self.is_sqlite:
            self._touch()
        try:
            if not schema.is_current(self._reader):
                with self._write_lock():
                    schema.upgrade(self._writer)
        except DATABASE_ERRORS as error:
            raise_for(error)
        with self.begin() as tx:
            meta.fit(tx)

    def ready(self) -> bool:
        """True when the database answers with this release's tables and, if the last write was refused, takes writes again."""
        try:
            if not schema.is_current(self._reader):
                return False
            if self._is_refusing:
                with self.begin() as tx:
                    meta.put(tx, "written_again", "yes")
        except (StoreDown, *DATABASE_ERRORS):
            return False
        return True

    def close(self) -> None:
        """Every connection is closed; on SQLite the write-ahead log is folded into the file."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _opened(self, engine: Engine) -> Iterator[Tx]:
        try:
            with connect.transaction(engine) as connection:
                yield Tx(connection, self.vault)
        except DATABASE_ERRORS as error:
            raise_for(error)

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("a writing transaction began inside another one of the same thread")
        if not self._lock.acquire(timeout=self._patience.total_seconds()):
            raise StoreDown
        self._writing_thread = threading.get_ident()
        try:
            yield
        finally:
            self._writing_thread = None
            self._lock.release()

    def _touch(self) -> None:
        """The file is there, for its owner's eyes only; the write-ahead log takes its mode."""
        path = Path(self._url.database or "")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreDown(f"The database file {path} cannot be opened: {error.strerror}.") from error

    def _checkpoint(self) -> None:
        """An erased key is gone from the write-ahead log too, unless a reader still needs the old pages; then at the next checkpoint."""
        try:
            with self._write_lock(), self._writer.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except (StoreDown, *DATABASE_ERRORS) as error:  # the erasure itself is committed
            log.warning("checkpoint after an erasure: %s", type(error).__name__)
