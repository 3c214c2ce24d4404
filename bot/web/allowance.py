"""How often somebody may do something in a minute, counted in this process only: a brake on floods, never on people."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
MOST_REMEMBERED = 10_000


class Allowance:
    """So many in a minute for each name; the names heard of longest ago are forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def takes(self, name: str, now: datetime) -> bool:
        """Whether this one is still allowed; it is counted."""
        with self._lock:
            since, count = self._counted.pop(name, (now, 0))
            if not timedelta(0) <= now - since < MINUTE:
                since, count = now, 0
            self._counted[name] = since, count + 1
            while len(self._counted) > MOST_REMEMBERED:
                self._counted.popitem(last=False)
            return count < self._most
