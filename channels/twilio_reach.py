"""What Twilio can do at a number, by country (twilio.com/guidelines/cn/sms; support.twilio.com article 360016488474).

For text and voice alike; the first row that fits a number is its answer.
"""

from __future__ import annotations

import re

from bot.envelope import Address
from bot.prompt import _
from channels.contract import Capability

_CHINA = Capability(
    reaches=True,
    two_way=False,
    links=False,
    media=False,
    voice=False,
    abroad=True,
    same_words_per_day=2,
    why=_(
        "To a phone in mainland China, Twilio sends texts only: no answer comes back, no calls, no links, no photos, "
        "and the same words at most twice in 24 hours."
    ),
)
_CHINA_LANDLINE = Capability(
    reaches=False,
    two_way=False,
    links=False,
    media=False,
    voice=False,
    abroad=True,
    why=_("This is a landline or a service number in mainland China: it takes no texts, and Twilio cannot call it."),
)
# Nobody has been given the country code 999, so that no carrier can dial it: the numbers of invented people.
_DEMO = Capability(reaches=True, two_way=True, links=True, media=True, voice=True, abroad=False)
_NORTH_AMERICA = Capability(reaches=True, two_way=True, links=True, media=True, voice=True, abroad=True)
_ELSEWHERE = Capability(
    reaches=True,
    two_way=True,
    links=True,
    media=False,
    voice=True,
    abroad=True,
    why=_("Twilio carries no photos by text in this country."),
)
_NOT_A_NUMBER = Capability(
    reaches=False,
    two_way=False,
    links=False,
    media=False,
    voice=False,
    abroad=True,
    why=_("This is a sender's name or a short code, not a phone number: nothing can be sent to it."),
)

_ROWS: tuple[tuple[re.Pattern[str], Capability], ...] = (
    (re.compile(r"\+999[0-9]{4,12}"), _DEMO),
    (re.compile(r"\+861[3-9][0-9]{9}"), _CHINA),
    (re.compile(r"\+86[0-9]*"), _CHINA_LANDLINE),
    (re.compile(r"\+1[2-9][0-9]{9}"), _NORTH_AMERICA),
    (re.compile(r"\+[1-9][0-9]{6,14}"), _ELSEWHERE),
)


def reach(address: Address) -> Capability:
    """What Twilio can do there."""
    return next((capability for pattern, capability in _ROWS if pattern.fullmatch(address.value)), _NOT_A_NUMBER)
