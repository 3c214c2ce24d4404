"""The right to do what only one process may do at a time: a row that is held for a while, and held again before it runs out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import meta
from bot.store.begin import Store

LASTS = timedelta(seconds=60)
ONLY = "the only process"


@dataclass(frozen=True, slots=True)
class Lease:
    """One such right, and who asks for it. With SQLite there is one process, and whoever held it before is dead."""

    store: Store
    name: str
    holder: str
    clock: Callable[[], datetime]

    def held(self) -> bool:
        """Whether it is the holder's from now on for a minute; asked again before that, it stays theirs."""
        with self.store.begin() as tx:
            return meta.take(tx, self.name, holder=self._who, lasts=LASTS, now=self.clock())

    def let_go(self) -> None:
        """Another process may have it at once."""
        with self.store.begin() as tx:
            meta.release(tx, self.name, holder=self._who)

    @property
    def _who(self) -> str:
        return ONLY if self.store.is_sqlite else self.holder
