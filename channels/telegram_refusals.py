"""What the messenger's refusals mean for us (core.telegram.org/bots/api#making-requests).

Its own words may name people and are never kept.
"""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Dead, Misconfigured, Refused, SendError, Stopped, Throttled, Unavailable, Unreachable
from bot.prompt import _

LONGEST_WAIT = timedelta(hours=1)

_BLOCKED = _("This person has blocked our bot in Telegram; only they can open it again.")
_DELETED = _("This Telegram account was deleted.")
_NO_CHAT = _("There is no such chat in Telegram, or it has moved; please mend it.")
_NOT_BEGUN = _("This person has not opened our bot in Telegram yet; it cannot write to them first.")
_QUEUE = _("Telegram asks us to send more slowly.")
_WORDS = _("Telegram refuses these words.")
_TOKEN = _("Telegram does not accept our bot's token, or the address of its API.")
_TAKEN = _("Another program asks Telegram for the same bot's messages: only one may.")
_AWAY = _("Telegram did not answer in a way that we could understand.")

_OURS = {401: _TOKEN, 404: _TOKEN, 409: _TAKEN}
_NOWHERE = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty", "upgraded to a supergroup")


def refused(code: int, description: str, *, after: float | None = None) -> SendError:
    """What a refusal means, by its code and, where one code has several meanings, by the platform's words."""
    said, told = description.casefold(), str(code)
    if code == 429 or after:
        return Throttled(_QUEUE, code=told, after=min(timedelta(seconds=after), LONGEST_WAIT) if after else None)
    if code == 403:
        return _forbidden(said)
    if code in _OURS:
        return Misconfigured(_OURS[code], code=told)
    if code == 400 and any(words in said for words in _NOWHERE):
        return Dead(_NO_CHAT, code=told)
    if 400 <= code < 500 and code != 408:
        return Refused(_WORDS, code=told)
    return unavailable(told)


def unavailable(code: str) -> Unavailable:
    """The messenger could not be understood; `code` says how ("network", "nonsense", or the status). It may have taken what was sent."""
    return Unavailable(_AWAY, code=code)


def _forbidden(said: str) -> SendError:
    if "deactivated" in said:
        return Dead(_DELETED, code="403")
    if "initiate" in said:
        return Unreachable(_NOT_BEGUN, code="403")
    return Stopped(_BLOCKED, code="403")
