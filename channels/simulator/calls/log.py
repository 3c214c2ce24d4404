"""The log of all calls, the newest few thousand of them."""

import threading
from itertools import count

from channels.simulator import faults
from channels.simulator.calls.leg import Leg, Office, new_sid
from channels.simulator.calls.values import Call, Direction, Order
from channels.simulator.exchange import Exchange

KEPT = 2000  # calls; the oldest that are over are forgotten


class CallLog:
    """Every call by its sid, in the order in which they began."""

    def __init__(self, exchange: Exchange) -> None:
        """Nobody has rung anybody yet."""
        settings = exchange.settings
        self.office = Office(settings.account_sid, settings.numbers, exchange.now, url=lambda: exchange.url)
        self._exchange = exchange
        self._ids = count(1)
        self._lock = threading.Lock()
        self._legs: dict[str, Leg] = {}

    def opened(self, direction: Direction, order: Order, *, sender: str, to: str) -> Leg:
        """A call that has not begun, and what will befall its reports."""
        call = Call(next(self._ids), new_sid("CA"), direction, sender, to, self._exchange.now(), order)
        leg = Leg(call, self.office)
        if order.status_callback:
            leg.trouble = self._exchange.trouble(faults.RECEIPTS, call.phone)
        with self._lock:
            self._legs[call.sid] = leg
            self._forget()
        return leg

    def find(self, sid: str) -> Leg | None:
        """The call, or None when there is no such call any more."""
        return self._legs.get(sid)

    def calls(self) -> tuple[Call, ...]:
        """All calls, newest first."""
        with self._lock:
            return tuple(leg.call for leg in reversed(self._legs.values()))

    def _forget(self) -> None:
        if len(self._legs) > KEPT:
            oldest = next((sid for sid, leg in self._legs.items() if leg.call.is_over), "")
            self._legs.pop(oldest, None)
