"""The store: where every transaction begins, and ends whole or not at all."""

from __future__ import annotations

import logging
import os
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
from bot.store.writer import Writer

__all__ = ["Store", "Tx"]

log = logging.getLogger(__name__)
PATIENCE = timedelta(seconds=5)
PROOF, A_REPORT = "written_again", "x" * 10_000  # a word still fits into a half-filled page when no report does


class Store:
    """An SQLite file or a PostgreSQL database, and the vault that reads it. On SQLite one thread of the process writes at a time."""

    def __init__(self, url: str, vault: Vault, *, patience: timedelta = PATIENCE) -> None:
        self._url = connect.parsed(url)
        self.vault = vault
        self.is_sqlite = self._url.drivername == "sqlite"
        self._is_refusing = False
        if self.is_sqlite:
            self._engine = connect.sqlite_writer(self._url, patience)
            self._reader = connect.sqlite_reader(self._url, patience)
            self._writer = Writer(self._engine, patience)
        else:
            self._engine = connect.postgres(self._url, patience)
            self._reader = self._engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction that may write; committed when the block ends well, otherwise nothing of it was written."""
        try:
            with _told(), self._writer.turn() if self.is_sqlite else connect.transaction(self._engine) as connection:
                tx = Tx(connection, self.vault)
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
        with _told(), connect.transaction(self._reader) as connection:
            tx = Tx(connection, self.vault)
            yield tx
        tx.committed()

    def migrate(self) -> None:
        """The tables are those of this release and nothing kept is lost; the key file is the one that sealed this database."""
        if self.is_sqlite:
            self._touch()
        with _told():
            if not schema.is_current(self._reader):
                with self._alone() as engine:
                    schema.upgrade(engine)
        with self.begin() as tx:
            meta.fit(tx)

    def ready(self) -> bool:
        """True when the database answers with this release's tables and, if the last write was refused, takes writes again."""
        try:
            if not schema.is_current(self._reader):
                return False
            if self._is_refusing:
                with self.begin() as tx:
                    meta.put(tx, PROOF, A_REPORT)
                    meta.put(tx, PROOF, "")
        except (StoreDown, *DATABASE_ERRORS):
            return False
        return True

    def close(self) -> None:
        """Every connection is closed; on SQLite the write-ahead log is folded into the file."""
        self._reader.dispose()
        if self.is_sqlite:
            self._writer.close()
        self._engine.dispose()

    @contextmanager
    def _alone(self) -> Iterator[Engine]:
        if self.is_sqlite:
            with self._writer.alone() as engine:
                yield engine
        else:
            yield self._engine

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
            with self._alone() as engine, engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except (StoreDown, *DATABASE_ERRORS) as error:  # the erasure itself is committed
            log.warning("checkpoint after an erasure: %s", type(error).__name__)


@contextmanager
def _told() -> Iterator[None]:
    """What the database complains of is told in our own errors."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise_for(error)
