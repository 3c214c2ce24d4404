"""Small work for a store in tests, and threads that do it together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.tables import TimerRow

NOW = datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)
TIMER = table_of(TimerRow)
TIMERS = select(func.count()).select_from(TIMER)


def timers(store: Store) -> int:
    with store.read() as tx:
        return int(tx.run(TIMERS).scalar_one())


def add_timer(store: Store, subject: str = "case:1") -> int:
    with store.begin() as tx:
        return tx.insert(TimerRow, due_at=NOW, subject=subject, command="{}")


def together(*calls: Callable[[], None]) -> list[BaseException | None]:
    """What each call raised, all of them run at once in threads of their own."""
    outcomes: list[BaseException | None] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            calls[place]()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes
