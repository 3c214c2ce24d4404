"""The hooks of the calls that we place: who picks up hears one delivery, if it is still true. They answer by the hotline's hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response

from bot.answering import Stale
from bot.envelope import Address, Outbound, Receipt
from bot.prompt import _
from bot.web.hooks import Settle, answered, asked_path
from bot.web.voice import GOODBYE, Hotline, form_of, over, spoken
from channels import ring, twiml, voice
from channels.twilio import Form
from channels.twiml import Ringing

OPENING = _("This is Anlin calling.")
AGAIN = _("To hear it again, press star.")
STALE = {
    Stale.SETTLED: _("Somebody has seen to this already. Sorry to have troubled you."),
    Stale.PAST: _("What we called about is over. Sorry to have troubled you."),
}


@dataclass(frozen=True, slots=True)
class Bell:
    """What the hooks need besides the hotline: `take` gives the words that rang a telephone, `settle` keeps a receipt."""

    take: Callable[[Receipt, Address], tuple[Outbound, Stale | None]]
    settle: Settle


def ring_hooks(hotline: Hotline, bell: Bell) -> Blueprint:
    """The hooks of a call of ours: it is picked up, and it ends."""
    hooks = Blueprint("ring", __name__)

    @hooks.post(ring.CALL_PATH)
    def picked_up() -> Response:
        return spoken(hotline, lambda form: _said(hotline, bell, form), dial="")  # who was rung did not ask to be put through

    @hooks.post(ring.STATUS_PATH)
    def status() -> Response:
        return answered(lambda: _ended(hotline, bell, form_of(hotline)))

    return hooks


def _said(hotline: Hotline, bell: Bell, form: Form) -> str:
    call = ring.picked_up(form, url_path=asked_path())
    outbound, stale = bell.take(call.receipt, call.telephone)
    language = outbound.language
    if stale:
        return twiml.closing(hotline.said(STALE[stale], language), language=language)
    opening, again, goodbye = (hotline.said(words, language) for words in (OPENING, AGAIN, GOODBYE))
    return twiml.rung(outbound, Ringing(opening, again, goodbye, call.is_machine))


def _ended(hotline: Hotline, bell: Bell, form: Form) -> None:
    """How the call ended is kept; a talk that somebody was in goes on elsewhere."""
    receipt = ring.receipt_of(form, url_path=asked_path())
    if receipt is not None:
        bell.settle(receipt)
    if receipt is not None and receipt.status == "completed":
        over(hotline, voice.hung_up(form, now=hotline.clock()))
