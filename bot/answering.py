"""An inbound whose sender waits for the answer, in a call or at a terminal: committed first, then drawn into the answer itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot import drawing, questions, receipts, settling, turn
from bot.drawing import Brush, Rung
from bot.envelope import Address, DeliveryState, Inbound, Outbound, Receipt
from bot.errors import Malformed, SendError
from bot.prompt import _
from bot.room import House
from bot.store import people
from bot.store.begin import Tx

NOT_SAID = _("It was no longer true when the telephone was picked up, so it was not said.")


class Stale(StrEnum):
    """Why the words of a call are not said any more."""

    SETTLED = "settled"  # somebody has answered what it was to ask
    PAST = "past"  # it came too late


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


def picked_up(house: House, brush: Brush, call: Receipt, *, telephone: Address, now: datetime) -> tuple[Outbound, Stale | None]:
    """The words of the delivery that rang this telephone, which has come as far as the receipt says; or why they must not be said.

    Raises `Malformed` when no such delivery was ever to ring there.
    """
    with house.store.begin() as tx:
        known = people.at(tx, telephone)
        rung = drawing.rung(tx, brush, known.address_id, delivery_id=call.delivery_id or 0, now=now) if known else None
        if rung is None:
            raise Malformed
        stale = _stale(tx, rung)
        if stale:
            call = replace(call, state=DeliveryState.EXPIRED, error=SendError(NOT_SAID))
        else:
            settling.mark_sent(tx, [(rung.claimed, rung.outbound.words, call.external_id)], now)
        receipts.take(tx, call, now)
        return rung.outbound, stale


def _stale(tx: Tx, rung: Rung) -> Stale | None:
    if rung.is_late:
        return Stale.PAST
    why = questions.closed_why(tx, rung.claimed.question_id) if rung.claimed.question_id else None
    if why is None:
        return None
    return Stale.PAST if why == questions.SILENCE else Stale.SETTLED
