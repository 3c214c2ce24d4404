"""Whose request it is, what Twilio can do at a number, and who may see our credentials."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.envelope import Address
from bot.errors import Forged
from channels.twilio import TwilioAccount, sign, signed_form
from channels.twilio_client import may_know
from channels.twilio_reach import reach
from tests.channels.rigs import PUBLIC, TOKENS, account, twilio_signature

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
words = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.dictionaries(words, words, max_size=8), words)
def test_our_signature_is_the_one_that_twilios_own_library_computes(fields: dict[str, str], token: str) -> None:
    url = f"{PUBLIC}/hooks/twilio/sms?delivery=7"

    assert RequestValidator(token).validate(url, fields, sign(token, url, fields.items()))


@given(st.dictionaries(words.filter(bool), words, min_size=1, max_size=8), words.filter(bool), words)
def test_a_form_comes_through_as_it_was_signed_and_not_if_one_field_was_changed(fields: dict[str, str], name: str, value: str) -> None:
    signature = twilio_signature(TOKENS["current"], f"{PUBLIC}/hooks", urlencode(fields).encode())
    changed = fields | {name: value}

    assert opened(fields, signature) == fields
    if changed != fields:
        with pytest.raises(Forged):
            opened(changed, signature)


def opened(fields: dict[str, str], signature: str) -> Any:
    headers = FORM | {"X-Twilio-Signature": signature}
    return signed_form(account(), url_path="/hooks", headers=headers, body=urlencode(fields).encode())


def test_an_account_without_a_token_believes_nobody() -> None:
    """An empty token would let everybody sign."""
    open_door = TwilioAccount("AC1", "", public_url=PUBLIC)
    headers = FORM | {"X-Twilio-Signature": twilio_signature("", f"{PUBLIC}/hooks", b"a=b")}

    with pytest.raises(Forged):
        signed_form(open_door, url_path="/hooks", headers=headers, body=b"a=b")


@pytest.mark.parametrize(
    ("public", "signed"),
    [
        ("https://anlin.example", "https://anlin.example:443"),
        ("https://anlin.example:443/", "https://anlin.example"),
        ("https://anlin.example:8443", "https://anlin.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://anlin.example/estate", "https://anlin.example:443/estate"),
    ],
)
def test_our_address_is_known_with_and_without_its_port(public: str, signed: str) -> None:
    headers = FORM | {"X-Twilio-Signature": twilio_signature(TOKENS["current"], f"{signed}/hooks", b"a=b")}

    assert signed_form(account(public_url=public), url_path="/hooks", headers=headers, body=b"a=b") == {"a": "b"}


def test_an_account_never_shows_its_tokens() -> None:
    shown = repr(account())

    assert TOKENS["current"] not in shown
    assert TOKENS["previous"] not in shown


@pytest.mark.parametrize(
    ("number", "reaches", "two_way", "links", "voice", "abroad", "same_words"),
    [
        ("+8613800000000", True, False, False, False, True, 2),
        ("+8619900000000", True, False, False, False, True, 2),
        ("+869358200000", False, False, False, False, True, None),  # a landline in Jinchang
        ("+861012345678", False, False, False, False, True, None),  # Beijing's area code begins with a 1 as well
        ("+8612345", False, False, False, False, True, None),
        ("+999138000001", True, True, True, True, False, None),
        ("+85260000000", True, True, True, True, True, None),  # Hong Kong is not the mainland
        ("+886900000000", True, True, True, True, True, None),
        ("+12025550100", True, True, True, True, True, None),
        ("+447700900000", True, True, True, True, True, None),
        ("10086", False, False, False, False, True, None),
        ("ACME Water", False, False, False, False, True, None),
        ("", False, False, False, False, True, None),
        ("+8613800000000 ", False, False, False, False, True, None),
    ],
)
def test_what_twilio_can_do_is_known_before_anything_is_planned(
    number: str, reaches: bool, two_way: bool, links: bool, voice: bool, abroad: bool, same_words: int | None
) -> None:
    can = reach(Address("sms", number))

    assert (can.reaches, can.two_way, can.links, can.voice, can.abroad, can.same_words_per_day) == (
        reaches,
        two_way,
        links,
        voice,
        abroad,
        same_words,
    )
    assert bool(can.why) == (not all((can.reaches, can.two_way, can.links, can.media, can.voice)))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", True),
        ("https://media.us1.twilio.com/ME1", True),
        ("http://127.0.0.1:8090/media/ME1", True),
        ("http://127.0.0.1:8091/media/ME1", False),
        ("http://api.twilio.com/media/ME1", False),
        ("https://mms.twiliocdn.com/ME1", False),
        ("https://api.twilio.com@evil.example/ME1", False),
        ("https://twilio.com.evil.example/ME1", False),
        ("https://eviltwilio.com/ME1", False),
        ("file:///etc/passwd", False),
    ],
)
def test_our_credentials_are_shown_to_twilio_only(url: str, may: bool) -> None:
    assert may_know(account("http://127.0.0.1:8090"), url) is may
