"""Passwords, codes and recovery codes by themselves."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from bot.web.desk import proof
from bot.web.desk.proof import Busy, Passwords

# RFC 6238, appendix B: SHA-1, the last six of its eight figures
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = ((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"))


def test_a_password_is_kept_by_argon2id_with_the_parameters_of_the_rfc() -> None:
    passwords = Passwords()
    kept = passwords.hashed("电池 订书钉 正确 马")
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert passwords.fits(kept, "电池 订书钉 正确 马")
    assert not passwords.fits(kept, "电池 订书钉 正确 驴")
    assert not passwords.is_outdated(kept)


def test_where_no_password_is_kept_none_fits_and_as_much_is_computed() -> None:
    """What stands in for it has the parameters of a real one, so it costs the same; and it is well-formed, or nothing would be computed."""
    passwords = Passwords()
    assert extract_parameters(passwords._nobody) == RFC_9106_LOW_MEMORY
    assert not passwords.fits(None, "")
    assert not passwords.fits("not a hash", "x")


def test_more_at_once_than_the_machine_can_bear_are_turned_away() -> None:
    passwords = Passwords(at_once=1, patience=0.01)
    inside, leave = threading.Event(), threading.Event()

    def occupy() -> None:
        with passwords._a_place():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=occupy)
    thread.start()
    inside.wait(10)
    with pytest.raises(Busy):
        passwords.hashed("x")
    leave.set()
    thread.join(10)
    assert passwords.fits(passwords.hashed("x"), "x")


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert proof.code_at(RFC_SECRET, now) == code
    assert proof.step_of(RFC_SECRET, code, now) == seconds // 30


def test_the_step_of_a_code_is_the_one_it_was_shown_in() -> None:
    now = datetime.fromtimestamp(2000000000, UTC)
    for off in (-1, 0, 1):
        shown = proof.code_at(RFC_SECRET, now + timedelta(seconds=30 * off))
        assert proof.step_of(RFC_SECRET, shown, now) == 2000000000 // 30 + off
    assert proof.step_of(RFC_SECRET, "", now) is None
    assert proof.step_of(RFC_SECRET, "二七九零三七", now) is None


def test_a_secret_has_160_bits_and_an_authenticator_can_read_its_address() -> None:
    secret = proof.new_secret()
    read = pyotp.parse_uri(proof.authenticator_url(secret, "duty 1/值"))
    assert len(secret) * 5 == 160
    assert (read.secret, read.name, read.issuer) == (secret, "duty 1/值", "Anlin")


@pytest.mark.parametrize(
    ("password", "is_long", "is_obvious"),
    [
        ("short", False, False),
        ("x" * 129, False, True),
        ("正确的马电池订书", False, False),
        ("正确的马电池订书钉子", True, False),
        ("1234567890ab", True, True),
        ("aaaaaaaaaabb", True, True),
        ("my-Duty1-here", True, True),
        ("Anlin-is-good", True, True),
        ("QWERTYUIOP[]", True, True),
        ("correct horse battery", True, False),
    ],
)
def test_a_password_is_judged_by_its_length_and_by_what_a_stranger_would_try_first(password: str, is_long: bool, is_obvious: bool) -> None:
    assert proof.is_long_enough(password) is is_long
    assert proof.is_obvious(password, "duty1") is is_obvious


def test_recovery_codes_differ_and_are_read_however_they_are_written() -> None:
    codes = proof.new_codes()
    assert len(set(codes)) == proof.CODES
    assert {proof.bare(f" {code[:5].upper()}-{code[5:]} ") for code in codes} == set(codes)
    assert not any(code.isdecimal() for code in codes)
