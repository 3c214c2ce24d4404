"""The one place that knows what time it is, and what wakes the sweeps. Rows are the truth; a wake-up is only a nudge.

In training the simulator may move the service's clock forward; the shift is kept with the database, so a restart does not go back in time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

from bot.errors import StoreDown, where
from bot.store import meta
from bot.store.begin import Store

log = logging.getLogger(__name__)
SHIFT = "clock_shift_seconds"
EVERY = timedelta(seconds=1)


class Clock:
    """The moment it is, aware UTC; shifted only in training."""

    def __init__(self, shift: timedelta = timedelta(0)) -> None:
        self._shift = shift

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC) + self._shift

    def move(self, store: Store, by: timedelta) -> datetime:
        """The clock is `by` further on, here and after a restart. Raises ValueError for a move back: promises would break."""
        if by < timedelta(0):
            raise ValueError("the clock only moves forward")
        shift = self._shift + by
        with store.begin() as tx:
            meta.put(tx, SHIFT, str(shift.total_seconds()))
        self._shift = shift
        return self.now()


def clock_of(store: Store) -> Clock:
    """The clock of this database: shifted as far as training has moved it."""
    with store.read() as tx:
        kept = meta.get(tx, SHIFT)
    return Clock(timedelta(seconds=float(kept)) if kept else timedelta(0))


class Waker:
    """Calls every sweep again and again until stopped; a sweep that fails is called again next time."""

    def __init__(self, sweeps: tuple[Callable[[], object], ...], every: timedelta = EVERY) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._awake_at = monotonic()
        for sweep in sweeps:
            self._scheduler.add_job(
                self._guarded(sweep), "interval", seconds=every.total_seconds(), max_instances=1, coalesce=True, misfire_grace_time=None
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No sweep runs any more; one under way has finished."""
        self._scheduler.shutdown(wait=True)

    def is_awake(self, within: timedelta) -> bool:
        """Whether a sweep has ended lately, well or not: one that hangs makes everything fall silent."""
        return monotonic() - self._awake_at < within.total_seconds()

    def _guarded(self, sweep: Callable[[], object]) -> Callable[[], None]:
        def once() -> None:
            try:
                sweep()
            except StoreDown:
                log.warning("sweep waits: the database is down")
            except Exception as fault:
                log.error("sweep failed: %s", where(fault))
            self._awake_at = monotonic()

        return once
