"""How fast strangers may try. Only a brake: behind a proxy everybody comes from one address, so it never shuts out a known browser."""

from __future__ import annotations

import threading
from datetime import datetime

MOST_ADDRESSES = 10_000


class Pace:
    """So many tries a minute from each address, and so many from all together, saved up to the same numbers."""

    def __init__(self, *, each: int, together: int) -> None:
        self._each = each
        self._together = together
        self._left: dict[str, tuple[float, datetime]] = {}
        self._all: tuple[float, datetime] | None = None
        self._lock = threading.Lock()

    def allows(self, address: str, now: datetime) -> bool:
        """Whether one more try may be made now; it is counted."""
        with self._lock:
            mine = _saved_up(self._left.pop(address, None), self._each, now)
            if len(self._left) >= MOST_ADDRESSES:
                self._left.pop(next(iter(self._left)))
            self._left[address] = (max(0.0, mine - 1), now)
            if mine < 1:  # one address must not use up what is everybody's
                return False
            left = _saved_up(self._all, self._together, now)
            self._all = (max(0.0, left - 1), now)
            return left >= 1


def _saved_up(last: tuple[float, datetime] | None, per_minute: int, now: datetime) -> float:
    if last is None:
        return float(per_minute)
    left, since = last
    return min(float(per_minute), left + (now - since).total_seconds() / 60 * per_minute)
