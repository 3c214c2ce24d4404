"""Texts by Twilio: what comes in, what becomes of what went out, and what is sent.

The hooks answer 204 and every reply leaves from the outbox, so that nothing is said that was not written down first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.envelope import Address, DeliveryState, Inbound, Media, Outbound, Purpose, Receipt, Sent
from bot.errors import Malformed
from channels.contract import Capability, Variant, Wish
from channels.media import Fetched
from channels.segments import split
from channels.twilio import RETRIES, Form, TwilioAccount, is_number, number_in, signed_form
from channels.twilio_client import OnTwilio, Patience
from channels.twilio_reach import reach
from channels.twilio_refusals import failed, refusal

INBOUND_PATH = "/hooks/twilio/sms"
STATUS_PATH = "/hooks/twilio/status"

_STATES: Mapping[str, DeliveryState] = MappingProxyType(
    {
        **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), DeliveryState.SENT),
        "delivered": DeliveryState.DELIVERED,
        "read": DeliveryState.READ,
        **dict.fromkeys(("undelivered", "failed"), DeliveryState.FAILED),
        "canceled": DeliveryState.EXPIRED,  # only we cancel, and only what is no longer true
    }
)
_TOO_LATE = "30036"
_LONGEST_VALID = 36_000  # seconds; Twilio keeps nothing longer in its queue
_MOST_UNITS = 1600
_MOST_UNITS_CHINA = 500
_MOST_MEDIA = 10

_EVERYTHING = frozenset(Purpose)
# The carrier obeys these by itself; only an exact single word counts (twilio.com/docs/messaging: opt-out keywords).
_CARRIER = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit"), Wish("stop", _EVERYTHING, by_carrier=True)),
    **dict.fromkeys(("start", "yes", "unstop"), Wish("start", _EVERYTHING, by_carrier=True)),
    **dict.fromkeys(("help", "info"), Wish("help", by_carrier=True)),
}
# Ours stop what we tell of our own accord; warnings and answers go on.
_TOLD = frozenset({Purpose.CASE, Purpose.NEWS})
_OURS = {
    **dict.fromkeys(("退订", "td"), Wish("stop", _TOLD)),
    **dict.fromkeys(("恢复", "订阅"), Wish("start", _TOLD)),
}
# Where a choice would read like a word the carrier takes for itself, another stands beside its digit.
_INSTEAD = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe"), "No more of this"),
    **dict.fromkeys(("cancel", "end", "quit"), "Leave it"),
    **dict.fromkeys(("start", "unstop"), "Begin"),
    "yes": "Right",
    "help": "I need help",
    "info": "Tell me more",
}

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 _&+-]{1,15}")
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


class Sms(OnTwilio):
    """The SMS channel on one Twilio account."""

    name = "sms"
    variant: Variant = "sms"
    pushes = True
    abroad = True

    def __init__(
        self, account: TwilioAccount, *, clock: Callable[[], datetime], rate: int = 1, in_flight: int = 50, patience: Patience | None = None
    ) -> None:
        """A channel that is not open yet; `rate` is what the sending number carries (a long code: one segment a second)."""
        self.rate = rate
        self.in_flight = in_flight
        super().__init__(account, patience)
        self._clock = clock

    def capability(self, address: Address) -> Capability:
        """What Twilio can do at this number."""
        return reach(address)

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Everything in as few segments as it takes: sentences run on, choices stand in one line behind their digits."""
        words = ""
        for piece in filter(None, (*says, asked, _inline(choices))):
            words += _space(words) + piece
        return words

    async def send(self, outbound: Outbound) -> Sent:
        """Hand a text to Twilio, a very long one in several; the last carries our delivery id and answers for all."""
        *first, last = split(outbound.words, _most_units(outbound.to))
        for piece in first:
            await self._create(outbound, Body=piece)
        callback = f"{self._account.public_url.rstrip('/')}{STATUS_PATH}?delivery={outbound.delivery_id}{RETRIES}"
        return Sent(await self._create(outbound, Body=last, StatusCallback=callback))

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a photo or recording sent to us by MMS."""
        return await self._client.fetch(media, limit)

    async def _create(self, outbound: Outbound, **text: str) -> str:
        pool = self._account.messaging_service_sid
        sender = {"MessagingServiceSid": pool} if pool else {"From": self._account.from_number}
        given = await self._client.create("Messages.json", {"To": outbound.to.value} | text | sender | self._validity(outbound))
        if given.error_code:
            raise refusal(str(given.error_code))
        return given.sid

    def _validity(self, outbound: Outbound) -> dict[str, str]:
        if outbound.valid_until is None:
            return {}
        left = int((outbound.valid_until - self._clock()).total_seconds())
        return {"ValidityPeriod": str(min(max(left, 1), _LONGEST_VALID))}


def parse(account: TwilioAccount, *, url_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
    """The text somebody sent us, from a request to `INBOUND_PATH` that Twilio signed."""
    return inbound_of(signed_form(account, url_path=url_path, headers=headers, body=body), now=now)


def parse_receipt(account: TwilioAccount, *, url_path: str, headers: Mapping[str, str], body: bytes) -> Receipt | None:
    """What became of a text of ours, from a signed request to `STATUS_PATH`; None for a status that says nothing to us."""
    return receipt_of(signed_form(account, url_path=url_path, headers=headers, body=body), url_path=url_path)


def inbound_of(form: Form, *, now: datetime) -> Inbound:
    """The text in a form whose signature was good; what Twilio adds one day does no harm."""
    sid = form.get("MessageSid") or form.get("SmsMessageSid", "")
    sender = number(form.get("From", ""))
    if not sid or sender is None:
        raise Malformed
    text = _text(form.get("Body", ""))
    wish = stop_word(text, form.get("OptOutType", ""))
    kind = wish.kind if wish and wish.by_carrier and wish.kind != "help" else ""
    return Inbound("sms", sid, Address("sms", sender), now, text=text, media=_media(form), wish=kind)


def receipt_of(form: Form, *, url_path: str) -> Receipt | None:
    """The receipt in a form whose signature was good; our delivery id comes back in the address it was sent to."""
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    status = (form.get("MessageStatus") or form.get("SmsStatus", "")).lower()
    if not sid or not status:
        raise Malformed
    state = _STATES.get(status)
    if state is None:
        return None
    error = None
    if state is DeliveryState.FAILED:
        code = form.get("ErrorCode", "")
        error = failed(code if is_number(code) else "")
        state = DeliveryState.EXPIRED if code == _TOO_LATE else state
    return Receipt("sms", sid, status, state, delivery_id=number_in(url_path, "delivery"), error=error)


def stop_word(text: str, opt_out_type: str = "") -> Wish | None:
    """The wish in a word kept for it, alone in its text; `opt_out_type` is what Twilio itself took the text for, in any language."""
    word = text.strip().casefold()
    if opt_out_type:
        return _CARRIER.get(opt_out_type.strip().casefold())
    return _CARRIER.get(word) or _OURS.get(word.rstrip("。.!！~～"))


def number(sender: str) -> str | None:
    """A sender as an address: E.164, a short code or a sender's name; None when it can be none of them."""
    bare = re.sub(r"[\s()-]", "", sender)
    if _NUMBER.fullmatch(bare):
        return bare
    name = sender.strip()
    return name if _NAME.fullmatch(name) else None


def _text(body: str) -> str:
    return body.replace("\x00", "")  # a database keeps no NUL in a text


def _media(form: Form) -> tuple[Media, ...]:
    return tuple(
        Media(url, form.get(f"MediaContentType{place}", "")) for place in range(_MOST_MEDIA) if (url := form.get(f"MediaUrl{place}"))
    )


def _most_units(to: Address) -> int:
    return _MOST_UNITS_CHINA if to.value.startswith("+86") else _MOST_UNITS


def _inline(choices: tuple[tuple[str, str], ...]) -> str:
    """The choices in one line: 1有 2没有; or 1 Right, 2 No; or 1: 3号楼 2: 5号楼, where the words begin with a digit themselves."""
    shown = [(key, _INSTEAD.get(words.strip().casefold(), words)) for key, words in choices]
    gap = _gap([words for _key, words in shown])
    between = " " if all(_WIDE.search(words) for _key, words in shown) else ", "
    return between.join(f"{key}{gap}{words}" for key, words in shown)


def _gap(choices: list[str]) -> str:
    if any(words[:1].isdigit() for words in choices):
        return ": "
    return "" if all(_WIDE.match(words) for words in choices) else " "


def _space(words: str) -> str:
    """Chinese sentences follow each other without a space, which would cost a place."""
    return "" if not words or _WIDE.match(words[-1]) else " "
