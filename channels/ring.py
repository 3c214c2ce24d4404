"""Calls that we place, by Twilio: a delivery rings a telephone, and whoever picks up hears its words from the hook that then waits.

Picked up is delivered and never an answer: only a key or a word is, and it comes in by the hotline's own hooks, from the same telephone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.envelope import Address, DeliveryState, Media, Outbound, Receipt, Sent
from bot.errors import Engaged, Malformed, SendError, Unreachable
from bot.prompt import _
from channels import telephone
from channels.contract import Capability, Variant
from channels.media import Fetched, MediaRefused
from channels.twilio import RETRIES, Form, TwilioAccount, number_in
from channels.twilio_client import OnTwilio, Patience
from channels.twilio_reach import reach

CALL_PATH = "/hooks/twilio/ring"
STATUS_PATH = "/hooks/twilio/ring/status"

RING_FOR = 40  # seconds; somebody of 80 needs a while to get to the telephone
# Who picks up hears nothing until it is known what they are (twilio.com/docs/voice/answering-machine-detection): five seconds at most,
# a second after they have said hello, and two and a half when they say nothing.
DETECTION: Mapping[str, str] = MappingProxyType(
    {
        "MachineDetection": "Enable",
        "MachineDetectionTimeout": "5",
        "MachineDetectionSpeechEndThreshold": "1000",
        "MachineDetectionSilenceTimeout": "2500",
    }
)
_MACHINES = ("machine", "fax")

_BUSY = _("The telephone was busy.")
_NOBODY = _("Nobody picked up.")
_NOT_CONNECTED = _("The call could not be put through.")
_MACHINE = _("A machine picked up.")
_UNSAID = _("Somebody picked up, but our words were not said.")
_NO_NUMBER = _("Calls need a number of ours to come from: give ANLIN_TWILIO_FROM.")

_UNDER_WAY = frozenset({"queued", "initiated", "ringing", "in-progress"})
# What a number's own network says of it tonight is not for ever: no call marks a telephone as dead, the next address is tried all the same.
_ENDED: Mapping[str, tuple[type[SendError], str]] = MappingProxyType(
    {
        "busy": (Engaged, _BUSY),
        "no-answer": (Unreachable, _NOBODY),
        "failed": (Unreachable, _NOT_CONNECTED),
        "completed": (Engaged, _UNSAID),  # what was said is delivered by then
    }
)


@dataclass(frozen=True, slots=True)
class PickedUp:
    """A telephone that we rang was picked up: whose it is, and what that means for the delivery."""

    telephone: Address
    receipt: Receipt

    @property
    def is_machine(self) -> bool:
        """Whether no human seems to listen."""
        return self.receipt.error is not None


class Ring(OnTwilio):
    """The calls we place on one Twilio account."""

    name = "ring"
    variant: Variant = "spoken"
    pushes = True
    abroad = True
    in_flight = 4

    def __init__(self, account: TwilioAccount, *, rate: int = 1, patience: Patience | None = None) -> None:
        """A channel that is not open yet; `rate` is how many calls a second the account may begin."""
        self.rate = rate
        super().__init__(account, patience)

    def capability(self, address: Address) -> Capability:
        """Whether Twilio can ring this number; who picks up answers there by a key."""
        found = reach(address)
        rings = found.voice and bool(self._account.from_number)
        why = "" if rings else _NO_NUMBER if found.voice else found.why
        return replace(found, reaches=rings, two_way=rings, links=False, media=False, voice=rings, same_words_per_day=None, why=why)

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Each sentence on a line of its own, as the hotline says it."""
        return telephone.draw(says, asked, choices)

    async def send(self, outbound: Outbound) -> Sent:
        """The telephone is to be rung; the words are asked for by the hook once it is picked up, if they are true then."""
        asked = dict(DETECTION) | {
            "To": outbound.to.value,
            "From": self._account.from_number,
            "Url": self._at(CALL_PATH, outbound),
            "StatusCallback": self._at(STATUS_PATH, outbound),
            "Timeout": str(RING_FOR),
        }
        return Sent((await self._client.create("Calls.json", asked)).sid)

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """Nothing comes in here: what is said in a call of ours is the hotline's."""
        raise MediaRefused(_("This file is no longer there."))

    def _at(self, path: str, outbound: Outbound) -> str:
        return f"{self._account.public_url.rstrip('/')}{path}?delivery={outbound.delivery_id}{RETRIES}"


def picked_up(form: Form, *, url_path: str) -> PickedUp:
    """Somebody, or a machine, has picked up, from a signed request to `CALL_PATH`."""
    number = telephone.far_end(form)
    if number is None:
        raise Malformed
    by = form.get("AnsweredBy", "")
    is_machine = by.startswith(_MACHINES)
    state, error = (DeliveryState.FAILED, Unreachable(_MACHINE, code=by)) if is_machine else (DeliveryState.DELIVERED, None)
    return PickedUp(Address("voice", number), _receipt(form, url_path, f"picked up {by}".strip(), state=state, error=error))


def receipt_of(form: Form, *, url_path: str) -> Receipt | None:
    """How a call of ours ended, from a signed request to `STATUS_PATH`; None for a status that says nothing to us."""
    status = form.get("CallStatus", "").lower()
    if status in _UNDER_WAY:
        return _receipt(form, url_path, status, state=DeliveryState.SENT)
    if status == "canceled":  # only we cancel, and only what is no longer true
        return _receipt(form, url_path, status, state=DeliveryState.EXPIRED)
    if status not in _ENDED:
        _receipt(form, url_path, status, state=DeliveryState.SENT)
        return None
    kind, words = (Unreachable, _MACHINE) if form.get("AnsweredBy", "").startswith(_MACHINES) else _ENDED[status]
    error = kind(words, code=f"{status} {form.get('SipResponseCode', '')}".strip())
    return _receipt(form, url_path, status, state=DeliveryState.FAILED, error=error)


def _receipt(form: Form, url_path: str, status: str, *, state: DeliveryState, error: SendError | None = None) -> Receipt:
    call, delivery = form.get("CallSid", ""), number_in(url_path, "delivery")
    if not call or delivery is None:
        raise Malformed
    return Receipt("ring", call, status, state, delivery_id=delivery, error=error)
