"""The one writer of an SQLite file. Turns take it one after the other, and those that wait for each other share a commit.

A commit waits for the disk and writes pages that the next turn changes again; where eight turns wait it is paid once (group commit).
Each turn still ends whole or not at all, at a savepoint of its own, and nobody hears that it ended before the disk has it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction

from bot.errors import StoreDown
from bot.store.connect import begun
from bot.store.faults import DATABASE_ERRORS

MOST_TURNS = 32  # of one commit: the first of them waits for the last


@dataclass(slots=True)
class _Group:
    """The turns of one transaction; `fault` says why none of them was kept."""

    transaction: RootTransaction
    turns: int = 0
    is_whole: bool = True  # false once a turn could not be undone by itself
    fault: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Writer:
    """The connection that writes, held while the store is open. Our lock wakes the next turn at once; SQLite's would let it sleep."""

    def __init__(self, engine: Engine, patience: timedelta) -> None:
        self._engine = engine
        self._patience = patience.total_seconds()
        self._free = threading.Condition()
        self._waiting = 0
        self._thread: int | None = None  # whose turn it is
        self._connection: Connection | None = None
        self._group: _Group | None = None  # what was written and is not committed yet

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """A block that writes; it is on the disk when this ends well, and nothing of it is there otherwise.

        Raises `StoreDown` when the writer was not free in time, or when a commit shared with others failed.
        """
        self._take()
        try:
            group = self._group or self._begun()
            with self._savepoint(group) as connection:
                yield connection
        except BaseException:
            self._undone()
            raise
        is_ours = self._hand_on(group)
        group.done.wait()
        if group.fault is not None:
            raise group.fault if is_ours else StoreDown

    @contextmanager
    def alone(self) -> Iterator[Engine]:
        """Nobody writes meanwhile, everything written is committed, and the connection that wrote it is closed."""
        self._take()
        try:
            if self._group:
                self._end(self._group)
            self._discard()
            yield self._engine
        finally:
            self._let_go()

    def close(self) -> None:
        """The connection is closed."""
        self._discard()
        self._engine.dispose()

    def _take(self) -> None:
        me = threading.get_ident()
        with self._free:
            if self._thread == me:
                raise RuntimeError("a writing transaction began inside another one of the same thread")
            self._waiting += 1
            try:
                if not self._free.wait_for(lambda: self._thread is None, self._patience):
                    raise StoreDown
                self._thread = me
            finally:
                self._waiting -= 1

    def _let_go(self) -> None:
        with self._free:
            self._thread = None
            self._free.notify()

    def _begun(self) -> _Group:
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            self._group = _Group(begun(self._connection))
        except BaseException:
            self._discard()
            raise
        return self._group

    @contextmanager
    def _savepoint(self, group: _Group) -> Iterator[Connection]:
        """The first turn needs none: it is undone with the transaction."""
        assert self._connection is not None
        if group.turns == 0:
            yield self._connection
        else:
            self._driver.execute("SAVEPOINT turn")
            try:
                yield self._connection
                self._driver.execute("RELEASE turn")
            except BaseException:
                self._back(group)
                raise
        group.turns += 1

    def _back(self, group: _Group) -> None:
        """Nothing of this turn is there. Where SQLite has rolled back everything (a full disk), or cannot, nothing of the group is kept."""
        try:
            self._driver.execute("ROLLBACK TO turn")
            self._driver.execute("RELEASE turn")
        except DATABASE_ERRORS:
            group.is_whole = False

    def _undone(self) -> None:
        """A turn came to nothing; the others of its commit are kept if they can be."""
        group = self._group
        if group is None:
            self._let_go()
        elif group.turns and group.is_whole:
            self._hand_on(group)
        else:
            self._close(group, StoreDown())

    @property
    def _driver(self) -> Any:
        assert self._connection is not None
        return self._connection.connection.driver_connection

    def _hand_on(self, group: _Group) -> bool:
        """The next turn joins this commit; with nobody waiting it is made. Whether this thread made it."""
        with self._free:
            if self._waiting and group.turns < MOST_TURNS:
                self._thread = None
                self._free.notify()
                return False
        self._close(group)
        return True

    def _close(self, group: _Group, fault: BaseException | None = None) -> None:
        """The group has ended and the writer is free, whatever happens on the way."""
        try:
            self._end(group, fault)
        finally:
            self._let_go()

    def _end(self, group: _Group, fault: BaseException | None = None) -> None:
        """The group is committed, or undone because of this fault; everybody in it is told."""
        self._group = None
        try:
            if fault is None:
                group.transaction.commit()
        except BaseException as failed:  # whoever waits for this commit must hear of it, whatever it was
            fault = failed
        try:
            if fault is not None:
                self._undo(group)
        finally:
            group.fault = fault
            group.done.set()

    def _undo(self, group: _Group) -> None:
        """Nothing of the group is there. SQLAlchemy takes a transaction whose commit failed for ended, so SQLite is asked itself."""
        try:
            group.transaction.rollback()
            self._driver.rollback()
        except Exception:  # in whatever words it fails: a connection that cannot go back is closed
            self._discard()

    def _discard(self) -> None:
        """The connection is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*DATABASE_ERRORS):
                connection.invalidate()
                connection.close()
