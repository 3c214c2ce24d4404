"""What the platform's rules for +86 do to a text (twilio.com/guidelines/cn/sms; support article 360016612253).

Both rules are the operators', behind the platform: the request is accepted and the text ends as undelivered with
30007 (filtered), as every carrier's filter ends. Only a landline is refused at once, by 21614.
"""

import re
from collections import deque
from datetime import datetime, timedelta

FILTERED = 30007
SAME_WORDS_WITHIN = timedelta(hours=24)
SAME_WORDS_TWICE = 2  # the third is rejected

_LINK = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(?:com|cn|net|org|top|me|cc|io|link|ly)\b", re.IGNORECASE | re.ASCII)


def is_mainland(number: str) -> bool:
    """True for a number of mainland China."""
    return number.startswith("+86")


def has_link(body: str) -> bool:
    """True when the operators' filter would see a web address."""
    return _LINK.search(body) is not None


class SameWords:
    """Remembers which words went to which number in the last 24 hours."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._sent: dict[tuple[str, str], deque[datetime]] = {}

    def is_too_many(self, number: str, body: str, *, now: datetime) -> bool:
        """True from the third time on; the attempt itself counts, for the rule counts what was submitted."""
        times = self._sent.setdefault((number, body), deque())
        while times and times[0] <= now - SAME_WORDS_WITHIN:
            times.popleft()
        times.append(now)
        return len(times) > SAME_WORDS_TWICE


def verdict(words: SameWords, number: str, body: str, *, now: datetime) -> int | None:
    """The error code with which a +86 operator drops this text, or None when it passes."""
    if not is_mainland(number):
        return None
    is_repeated = words.is_too_many(number, body, now=now)
    return FILTERED if is_repeated or has_link(body) else None
