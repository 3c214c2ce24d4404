"""An inbound whose sender waits for the answer, in a call or at a terminal: committed first, then drawn into the answer itself."""

from __future__ import annotations

from datetime import datetime

from bot import drawing, turn
from bot.drawing import Brush
from bot.envelope import Address, Inbound, Outbound
from bot.room import House
from bot.store import people


def answer(house: House, brush: Brush, inbound: Inbound, *, now: datetime) -> tuple[Outbound, ...]:
    """What the sender is answered; the same inbound again draws the same words. Raises `StoreDown` when nothing was kept."""
    received = turn.receive(house, inbound, now)
    return waiting_for(house, brush, inbound.sender, now=now, inbound_id=received.inbound_id)


def waiting_for(house: House, brush: Brush, address: Address, *, now: datetime, inbound_id: int | None = None) -> tuple[Outbound, ...]:
    """What waits to be told at this address is told now."""
    with house.store.begin() as tx:
        known = people.at(tx, address)
        return drawing.drawn(tx, brush, known.address_id, inbound_id=inbound_id, now=now) if known else ()


def once_more(house: House, brush: Brush, address: Address, *, delivery_id: int, now: datetime) -> tuple[Outbound, ...]:
    """The words of a delivery that was drawn at this address, as they were; nothing is taken and nothing changes."""
    with house.store.begin() as tx:
        known = people.at(tx, address)
        return drawing.redrawn(tx, brush, known.address_id, delivery_id=delivery_id, now=now) if known else ()
