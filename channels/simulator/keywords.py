"""The single words that the carrier itself obeys, and what it then says to the phone.

STOP, HELP and START cannot be taken away by any account; only an exact single word counts, in any case of letters
(twilio.com/docs/messaging/tutorials/advanced-opt-out).
"""

from typing import Literal

OptOut = Literal["STOP", "START", "HELP"]

_KEYWORDS: dict[str, OptOut] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"), "STOP"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}

ANSWERS: dict[OptOut, str] = {
    "STOP": "You will get no more texts from this number. Reply START to receive them again.",
    "START": "You will receive texts from this number again. Reply HELP for help, STOP to end them.",
    "HELP": "Reply STOP to end texts from this number. Rates may apply.",
}


def opt_out_of(body: str) -> OptOut | None:
    """What the carrier takes a text for, or None when it is nothing but a text."""
    return _KEYWORDS.get(body.strip().upper())
