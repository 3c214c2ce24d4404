"""Signing in, and every way in which it must not work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import Parameters, Type

from bot.store import accounts
from bot.web.desk import proof
from bot.web.desk.proof import Passwords
from bot.web.desk.sign_in import FROM_ONE
from tests.bot.web.desk.rigs import CHEAP, PASSWORD, STEP, Browser, Place, token_of

QUARTER = timedelta(minutes=15)
WRONG = "Name, password or code are not right."


def wrong_password(place: Place, browser: Browser, *, times: int, handle: str = "duty") -> None:
    for _ in range(times):
        assert place.half_in(browser, handle, password="not this one").status_code == 403


def test_password_and_code_lead_to_the_page_that_was_asked_for(place: Place) -> None:
    staff_id = place.enrolled("duty")
    browser = place.browser()
    asked = browser.get("/desk/account?done=no")
    assert asked.location == "/desk/sign-in?next=/desk/account?done%3Dno"
    entered = place.sign_in(browser, "duty", to="/desk/account")
    assert (entered.status_code, entered.location) == (303, "/desk/account")
    assert "示例·duty" in browser.get("/desk").text
    assert place.timeline(staff_id) == ["invited", "enrolled", "signed_in"]


def test_every_failure_says_the_same(place: Place) -> None:
    """Nobody learns which names there are, nor whether a password was right."""
    place.enrolled("duty")
    place.hire("new")
    said = set()
    for handle, password in (("duty", "wrong"), ("nobody", PASSWORD), ("new", PASSWORD), ("", ""), ("du\0ty", "x" * 5000)):
        browser = place.browser()
        answer = place.half_in(browser, handle, password=password)
        assert answer.status_code == 403
        assert browser.cookie("desk-half") == ""
        said.add(WRONG in answer.text)
    assert said == {True}


def test_a_password_alone_opens_nothing(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    place.half_in(browser, "duty")
    assert not browser.is_in()
    browser.client.set_cookie("desk", browser.cookie("desk-half"))
    assert not browser.is_in()


def test_a_wrong_code_is_refused_and_a_right_one_still_works_after_it(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty").location
    wrong = f"{(int(place.code('duty')) + 1) % 10**6:06}"
    refused = browser.post(half, code=wrong)
    assert refused.status_code == 403
    assert WRONG in refused.text
    assert browser.post(half, code=place.code("duty")).status_code == 303
    assert browser.is_in()


@pytest.mark.parametrize("typed", ["", "١٢٣٤٥٦", "12345", "0000000", "abcdefghij", "\0", "六" * 500])
def test_what_is_no_code_is_refused(place: Place, typed: str) -> None:
    place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty").location
    assert browser.post(half, code=typed).status_code == 403


def test_a_code_with_a_gap_is_read(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty").location
    code = place.code("duty")
    assert browser.post(half, code=f" {code[:3]} {code[3:]} ").status_code == 303


def test_it_does_not_matter_on_which_keyboard_something_was_typed(place: Place) -> None:
    """A Chinese keyboard left on full width; a Mac that takes an accent apart."""
    staff_id = place.enrolled("duty1")
    with place.store.begin() as tx:
        accounts.set_password(tx, staff_id, CHEAP.hashed("café 2026 lampes"))
    browser = place.browser()
    half = place.half_in(browser, " ｄｕｔｙ１ ", password="cafe\u0301 ２０２６ lampes")
    assert half.status_code == 303
    wide = "".join(chr(ord(figure) + 0xFEE0) for figure in place.code("duty1"))
    assert browser.post(half.location, code=wide).status_code == 303


@pytest.mark.parametrize(("off", "status"), [(-2, 403), (-1, 303), (0, 303), (1, 303), (2, 403)])
def test_a_code_is_good_for_half_a_minute_before_and_after(place: Place, off: int, status: int) -> None:
    place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty").location
    code = proof.code_at(place.secrets["duty"], place.clock() + off * STEP)
    assert browser.post(half, code=code).status_code == status


def test_a_code_works_once(place: Place) -> None:
    """Not for whoever looked over the shoulder, and none from before it either."""
    place.enrolled("duty")
    earlier, code = proof.code_at(place.secrets["duty"], place.clock() - STEP), place.code("duty")
    first, second = place.browser(), place.browser()
    assert first.post(place.half_in(first, "duty").location, code=code).status_code == 303
    half = place.half_in(second, "duty").location
    assert second.post(half, code=code).status_code == 403
    assert second.post(half, code=earlier).status_code == 403
    assert not second.is_in()


def test_the_way_from_password_to_code_ends_after_ten_minutes(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty", to="/desk/account").location
    place.clock.pass_by(timedelta(minutes=10))
    late = browser.post("/desk/sign-in/code?next=/desk/account", "/desk/sign-in", code=place.code("duty"))
    assert late.location == "/desk/sign-in?next=/desk/account"
    assert browser.get(half).location == "/desk/sign-in?next=/desk/account"


def test_the_form_of_the_code_posted_twice_signs_in_once(place: Place) -> None:
    staff_id = place.enrolled("duty")
    browser = place.browser()
    half = place.half_in(browser, "duty").location
    form = {"csrf_token": token_of(browser.get(half).text), "code": place.code("duty")}
    cookies = {name: browser.cookie(name) for name in ("desk-half", "desk-form")}
    twice = [place.browser() for _ in range(2)]
    for each in twice:
        for name, value in cookies.items():
            each.client.set_cookie(name, value)
    assert [each.client.post(half, data=form).location for each in twice] == ["/desk", "/desk/sign-in?next=/desk"]
    assert place.timeline(staff_id).count("signed_in") == 1


# Too many tries


def test_after_five_wrong_passwords_not_even_the_right_one_works_for_a_quarter_of_an_hour(place: Place) -> None:
    staff_id = place.enrolled("duty")
    browser = place.browser()
    wrong_password(place, browser, times=5)
    assert place.half_in(browser, "duty").status_code == 403
    place.clock.pass_by(QUARTER - timedelta(seconds=1))
    assert place.half_in(browser, "duty").status_code == 403
    place.clock.pass_by(timedelta(seconds=1))
    assert place.half_in(browser, "duty").status_code == 303
    assert place.timeline(staff_id).count("locked_out") == 1


def test_wrong_codes_count_too_and_the_password_does_not_wipe_them_out(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    for _ in range(5):
        half = place.half_in(browser, "duty").location
        assert browser.post(half, code="abcdefghij").status_code == 403
    place.clock.pass_by(STEP)
    assert browser.post(half, code=place.code("duty")).status_code == 403
    assert place.half_in(browser, "duty").status_code == 403


def test_whoever_gets_in_begins_to_count_anew(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    wrong_password(place, browser, times=4)
    place.sign_in(browser, "duty")
    other = place.browser()
    wrong_password(place, other, times=4)
    assert place.half_in(other, "duty").status_code == 303


def test_a_stranger_locks_out_strangers_and_not_the_browser_from_which_they_signed_in(place: Place) -> None:
    browser = place.signed_in("duty")
    stranger = place.browser()
    wrong_password(place, stranger, times=5)
    place.clock.pass_by(STEP)
    assert place.half_in(place.browser(), "duty").status_code == 403
    browser.post("/desk/sign-out", "/desk")
    assert place.sign_in(browser, "duty").status_code == 303


def test_a_known_browser_is_locked_out_by_its_own_tries_and_helps_with_no_other_name(place: Place) -> None:
    browser = place.signed_in("duty")
    place.enrolled("other")
    browser.post("/desk/sign-out", "/desk")
    wrong_password(place, browser, times=5)
    assert place.half_in(browser, "duty").status_code == 403
    assert place.half_in(place.browser(), "duty").status_code == 303
    wrong_password(place, browser, times=5, handle="other")
    assert place.half_in(place.browser(), "other").status_code == 403


def test_the_machine_of_the_duty_room_is_known_to_all_who_signed_in_there(place: Place) -> None:
    """Whoever signs in second does not make a stranger of the first; nor do the wrong tries of one count for the other."""
    browser = place.signed_in("duty")
    browser.post("/desk/sign-out", "/desk")
    place.enrolled("other")
    place.sign_in(browser, "other")
    browser.post("/desk/sign-out", "/desk")
    for handle in ("duty", "other"):
        wrong_password(place, place.browser(), times=5, handle=handle)
    wrong_password(place, browser, times=5, handle="other")
    assert place.half_in(browser, "other").status_code == 403
    assert place.half_in(browser, "duty").status_code == 303


def test_nobody_makes_up_the_token_of_a_known_browser(place: Place) -> None:
    place.enrolled("duty")
    browser = place.browser()
    browser.client.set_cookie("desk-known", "made-up-by-a-stranger")
    place.sign_in(browser, "duty")
    assert browser.cookie("desk-known") not in ("", "made-up-by-a-stranger")


def test_one_address_is_slowed_down_but_never_a_known_browser(place: Place) -> None:
    browser = place.signed_in("duty")
    browser.post("/desk/sign-out", "/desk")
    stranger = place.browser()
    answers = [place.half_in(stranger, f"guess{number}", password="guess").status_code for number in range(3)]
    assert set(answers) == {403}
    form = {"csrf_token": token_of(stranger.get("/desk/sign-in").text), "handle": "", "password": ""}
    slowed = [stranger.client.post("/desk/sign-in", data=form | {"handle": f"g{number}"}).status_code for number in range(FROM_ONE)]
    assert 429 in slowed
    assert place.half_in(browser, "duty").status_code == 303


# Where it leads


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example/desk",
        "/\\evil.example",
        "\\\\evil.example",
        "/desk\n//evil",
        "/deskevil",
        "//evil.example/desk",
        "/%2Fevil.example",
        "javascript:alert(1)",
        "http:/desk",
        "/hooks/twilio/sms",
        "",
        "desk",
    ],
)
def test_the_way_in_never_leads_off_the_desk(place: Place, to: str) -> None:
    place.enrolled("duty")
    browser = place.browser()
    place.clock.pass_by(STEP)
    half = browser.client.post(
        "/desk/sign-in",
        query_string={"next": to},
        data={"csrf_token": token_of(browser.get("/desk/sign-in").text), "handle": "duty", "password": PASSWORD},
    ).location
    assert half == "/desk/sign-in/code?next=/desk"
    form = {"csrf_token": token_of(browser.get(half).text), "code": place.code("duty")}
    assert browser.client.post("/desk/sign-in/code", query_string={"next": to}, data=form).location == "/desk"


# Passwords of another time


def test_a_password_hashed_with_other_parameters_is_hashed_anew(place: Place) -> None:
    staff_id = place.enrolled("duty")
    weaker = Passwords(Parameters(Type.ID, 19, 16, 16, time_cost=1, memory_cost=16, parallelism=2))
    with place.store.begin() as tx:
        accounts.set_password(tx, staff_id, weaker.hashed(PASSWORD))
    place.sign_in(place.browser(), "duty")
    with place.store.read() as tx:
        account = accounts.by_staff(tx, staff_id)
    assert account
    assert not CHEAP.is_outdated(account.password)
    assert CHEAP.fits(account.password, PASSWORD)
