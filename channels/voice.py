"""The hotline by Twilio: what a caller says or presses comes in, and what they hear goes back in the answer of the hook that waits.

The first words are an open question, never a menu (GB/T 33358-2016). Only a key pressed or a word recognised is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from bot.envelope import Address, Event, Inbound, Media, Outbound, Sent
from bot.errors import Malformed, Unavailable, Unreachable
from bot.prompt import _
from channels import telephone
from channels.contract import Capability, Variant
from channels.media import Fetched
from channels.twilio import Form, TwilioAccount, number_in
from channels.twilio_client import NotThere, OnTwilio, Patience
from channels.twilio_reach import reach

CALL_PATH = "/hooks/twilio/voice"
ANSWER_PATH = "/hooks/twilio/voice/answer"
RECORDING_PATH = "/hooks/twilio/voice/recording"
DIALLED_PATH = "/hooks/twilio/voice/dialled"
STATUS_PATH = "/hooks/twilio/voice/status"


REPEAT, CORRECT, OTHER_LANGUAGE = "*", "0", "9"
IN_LANGUAGE: Mapping[str, str] = MappingProxyType({"en": "english", "zh_CN": "中文"})  # what a key pressed for a language says
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class Voice(OnTwilio):
    """Calls while they last. Words are drawn into the answer of the hook that waits; what we begin ourselves is the ring channel's."""

    name = "voice"
    variant: Variant = "spoken"
    pushes = False
    abroad = True
    rate = 1000
    in_flight = 4

    def __init__(self, account: TwilioAccount, *, patience: Patience | None = None) -> None:
        super().__init__(account, patience)

    def capability(self, address: Address) -> Capability:
        """Nobody is spoken to who is in no call: what is told later goes to their next address, or rings their telephone."""
        return replace(reach(address), reaches=False, two_way=False, why="")

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Each sentence on a line of its own, to be said one after the other; the choices say their keys themselves."""
        return telephone.draw(says, asked, choices)

    async def send(self, outbound: Outbound) -> Sent:
        """Nothing is said into a call that nobody is in."""
        raise Unreachable(_("The call has ended."), code="ended")

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a recording. The platform names it some moments before it can be fetched (twilio.com/docs/voice/twiml/record)."""
        try:
            return await self._client.fetch(media, limit)
        except NotThere as fault:
            raise Unavailable(_("The recording is not there yet."), code="404") from fault


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a caller did: what came in, and the delivery it followed, whose words can be put to them once more."""

    inbound: Inbound
    delivery: int | None = None
    key: str = ""
    is_last: bool = False  # they hung up with it: nobody hears what is answered

    @property
    def is_silent(self) -> bool:
        return self.inbound.event is Event.SILENT


def arrived(form: Form, *, now: datetime) -> Step:
    """Somebody rings us."""
    return Step(_inbound(form, "begin", now, event=Event.ARRIVED))


def answered(form: Form, *, url_path: str, now: datetime) -> Step:
    """What was said or pressed at the question of the delivery that the address names; nothing is a silence.

    A key answers what was asked there and then. Words are taken like words from anywhere: danger, and the wish for a person, come first.
    """
    delivery, is_after = _delivery(url_path)
    name = f"{delivery}:after" if is_after else f"{delivery}"
    key, text = form.get("Digits", "").strip(), form.get("SpeechResult", "").replace("\x00", "").strip()
    other = _query(url_path, "other")
    if key == OTHER_LANGUAGE and other in IN_LANGUAGE:
        return Step(_inbound(form, name, now, text=IN_LANGUAGE[other]), delivery)
    if key:
        names = None if is_after or key == CORRECT else delivery
        return Step(_inbound(form, name, now, text=key, answers=names), delivery, key)
    if text:
        return Step(_inbound(form, name, now, text=text), delivery)
    return Step(_inbound(form, name, now, event=Event.SILENT, answers=None if is_after else delivery), delivery)


def recorded(form: Form, *, url_path: str, now: datetime) -> Step:
    """Words that nobody has heard yet; a recording in which nothing was said is a silence."""
    delivery, _is_after = _delivery(url_path)
    url, seconds = form.get("RecordingUrl", ""), form.get("RecordingDuration", "0")
    is_last = form.get("CallStatus", "") in _OVER or form.get("Digits", "") == "hangup"
    name = f"{delivery}:recording"
    if not url or not seconds.isdecimal() or int(seconds) == 0:
        return Step(_inbound(form, name, now, event=Event.SILENT, answers=delivery), delivery, is_last=is_last)
    return Step(_inbound(form, name, now, media=(Media(url, "audio/x-wav"),)), delivery, is_last=is_last)


def hung_up(form: Form, *, now: datetime, after: str = "") -> Step | None:
    """The call is over, as its status or its last step (`after`) says; None for a status that does not end it."""
    if not after and form.get("CallStatus", "") not in _OVER:
        return None
    return Step(_inbound(form, f"{after}:end" if after else "end", now, event=Event.LEFT))


def was_reached(form: Form) -> bool:
    """Whether somebody, or something, took the call that was put through; who takes the case says so by a key elsewhere."""
    return form.get("DialCallStatus", "") in {"completed", "answered"}


def is_named(form: Form) -> bool:
    """Whether the caller shows a number that can be rung or written to."""
    return telephone.far_end(form) is not None


def _inbound(form: Form, step: str, now: datetime, /, **said: object) -> Inbound:
    """A caller who hides the number is somebody new in each call, and reports like everybody else."""
    call = form.get("CallSid", "")
    if not call:
        raise Malformed
    sender = Address("voice", telephone.far_end(form) or f"call:{call}")
    return Inbound("voice", f"{call}:{step}", sender, now, **said)  # type: ignore[arg-type]


def _delivery(url_path: str) -> tuple[int, bool]:
    """The delivery that a step follows, and whether that had asked nothing."""
    for name in ("delivery", "after"):
        given = number_in(url_path, name)
        if given is not None:
            return given, name == "after"
    raise Malformed


def _query(url_path: str, name: str) -> str:
    return parse_qs(urlsplit(url_path).query).get(name, [""])[0]
