"""Whose turn it is among the legs of one call: one thread moves them, and others may only leave a wish."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from channels.simulator.calls.leg import Leg


class Floor:
    """Held by one thread at a time; what it still has to do stands on the agenda."""

    def __init__(self) -> None:
        """Nobody has the floor."""
        self.agenda: deque[tuple[Leg, object]] = deque()
        self._wishes: deque[tuple[Leg, Exception]] = deque()
        self._free = threading.Condition()
        self._is_taken = False

    def take(self) -> None:
        """The floor is ours; whoever had it has finished."""
        with self._free:
            self._free.wait_for(lambda: not self._is_taken)
            self._is_taken = True

    def wish(self, leg: Leg, wish: Exception) -> bool:
        """The wish is kept; True when the floor was free and is now ours."""
        with self._free:
            self._wishes.append((leg, wish))
            was_free, self._is_taken = not self._is_taken, True
            return was_free

    def wish_for(self, leg: Leg) -> Exception | None:
        """The first wish for this leg, taken off the list."""
        with self._free:
            found = next((one for one in self._wishes if one[0] is leg), None)
            if found is None:
                return None
            self._wishes.remove(found)
            return found[1]

    def next(self) -> tuple[Leg, object] | None:
        """What is to be done next: wishes first."""
        with self._free:
            return self._wishes.popleft() if self._wishes else self.agenda.popleft() if self.agenda else None

    def leave(self) -> bool:
        """The floor is free, unless a wish has come in meanwhile."""
        with self._free:
            if self._wishes:
                return False
            self._is_taken = False
            self._free.notify_all()
            return True
