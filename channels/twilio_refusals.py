"""What Twilio's error codes mean for us (twilio.com/docs/api/errors); Twilio's own words name numbers and are never kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from bot.errors import Dead, Misconfigured, Refused, SendError, Stopped, Throttled, Unavailable, Unreachable
from bot.prompt import _

LONGEST_WAIT = timedelta(hours=1)

_GONE = _("There is no phone at this number that can be reached; please mend it.")
_LANDLINE = _("This number is a landline, which takes no texts; please mend it.")
_AWAY = _("The phone is switched off, or nobody on the way to it took the text.")
_LATE = _("The text waited longer than it was valid.")
_COUNTRY = _("Our Twilio account may not write to this number, or ring it: open its country, or verify it, in the Twilio console.")
_NO_CALL = _("Twilio carries no call to this number.")
_STOPPED = _("This number has stopped our texts, and the carrier keeps to it; only a START from that phone opens it again.")
_WORDS = _("The carrier refuses these words.")
_QUEUE = _("More is waiting than Twilio takes from us at once.")
_ACCOUNT = _("Twilio does not accept our account; its SID, token and state must be looked at.")
_SENDER = _("Twilio does not accept the number or messaging service we send from.")
_CALLBACK = _("Twilio does not accept the public address of this service.")
_AWAY_TWILIO = _("Twilio did not answer in a way that we could understand.")
_OTHER = _("Twilio refuses this for a reason of its own; its error code says which.")

_CODES: Mapping[str, tuple[type[SendError], str]] = {
    **dict.fromkeys(("21211", "21217", "30005"), (Dead, _GONE)),
    **dict.fromkeys(("21614", "21635", "30006"), (Dead, _LANDLINE)),
    # 30008 is "unknown": the next address costs at most being told twice, waiting may cost being told at all.
    **dict.fromkeys(("21612", "30003", "30008"), (Unreachable, _AWAY)),
    # These hold for one country or one number. Our account is sound, so nobody else's delivery waits for it.
    **dict.fromkeys(("21215", "21219", "21408", "21608"), (Unreachable, _COUNTRY)),
    **dict.fromkeys(("21214", "21216"), (Unreachable, _NO_CALL)),
    "30036": (Unreachable, _LATE),
    **dict.fromkeys(("21610", "30004"), (Stopped, _STOPPED)),
    **dict.fromkeys(("21602", "21617", "30007"), (Refused, _WORDS)),
    **dict.fromkeys(("10004", "14107", "20429", "21611", "30001", "30022"), (Throttled, _QUEUE)),
    **dict.fromkeys(("10001", "20003", "20005", "20006", "30002"), (Misconfigured, _ACCOUNT)),
    **dict.fromkeys(("21210", "21212", "21213", "21603", "21606", "21659", "21660", "21661", "21703"), (Misconfigured, _SENDER)),
    **dict.fromkeys(("21205", "21609"), (Misconfigured, _CALLBACK)),
}


def refusal(code: str) -> SendError:
    """What a code of Twilio's means; one we do not know refuses this text, and no other."""
    kind, words = _CODES.get(code, (Refused, _OTHER))
    return kind(words, code=code)


def failed(code: str) -> SendError:
    """What a failed delivery means; without a reason, or with one we do not know, the next address is tried."""
    return refusal(code) if code in _CODES else Unreachable(_AWAY, code=code or None)


def answered(status: int, body: str, retry_after: str = "") -> SendError:
    """What an answer other than success means: by its code, else by its status."""
    code = _code(body)
    after = _after(retry_after)
    if status == 429 or (code in _CODES and _CODES[code][0] is Throttled):
        return Throttled(_QUEUE, code=code or str(status), after=after)
    if code in _CODES:
        return refusal(code)
    if status in (401, 403, 404):
        return Misconfigured(_ACCOUNT, code=code or str(status))
    if status == 408 or status >= 500 or not code:
        return unavailable(str(status), after=after)
    return refusal(code)


def unavailable(code: str, *, after: timedelta | None = None) -> Unavailable:
    """Twilio could not be understood; `code` says how ("connect", "timeout", "lost", "nonsense", or the status).

    After "connect" nothing was taken; after the others it may have been, and a receipt may still tell.
    """
    return Unavailable(_AWAY_TWILIO, code=code, after=after)


def _code(body: str) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    code = answer.get("code") if isinstance(answer, dict) else None
    return str(code) if isinstance(code, int) else ""


def _after(retry_after: str) -> timedelta | None:
    text = retry_after.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        return None  # a date would need their clock to be ours
    return min(timedelta(seconds=int(text)), LONGEST_WAIT)
