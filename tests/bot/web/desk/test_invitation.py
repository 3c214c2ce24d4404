"""An invitation makes one account, once; and one's own account afterwards: recovery codes, a new password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from bot.store import accounts, demo
from bot.store.sealed import Vault
from bot.store.tables import Staff
from bot.web.desk import proof
from tests.bot.web.desk.rigs import PASSWORD, STEP, Browser, Place, place_on, token_of
from tests.stores import opened

NEW = "一把新的 钥匙 和门"
CODE = re.compile(r"<code>([a-z0-9]{5}\s[a-z0-9]{5})</code>")
TRAINING = re.compile(r"(\d{3}\s\d{3}) now")


def enrol(place: Place, browser: Browser, page: str, *, password: str = PASSWORD, **more: str) -> TestResponse:
    fields = {"password": password, "again": password, "code": place.code("duty")}
    return browser.post(page, **fields | more)


def change(browser: Browser, *, current: str = PASSWORD, password: str = NEW, again: str = NEW) -> TestResponse:
    return browser.post("/desk/account/password", "/desk/account", current=current, password=password, again=again)


def test_an_invitation_leads_to_an_account_and_in(place: Place) -> None:
    staff_id = place.hire("duty")
    page, browser = place.invited("duty"), place.browser()
    shown = browser.get(page).text
    assert place.secrets["duty"] in shown.replace(" ", "")
    assert "<svg" in shown
    assert "duty" in shown
    assert enrol(place, browser, page).location == "/desk/account/recovery?next=/desk"
    assert browser.is_in()
    assert place.timeline(staff_id) == ["invited", "enrolled", "signed_in"]
    place.clock.pass_by(STEP)
    assert place.sign_in(place.browser(), "duty").status_code == 303


def test_opening_an_invitation_uses_nothing_up(place: Place) -> None:
    """Chat programs open every link to show what is behind it."""
    place.hire("duty")
    page = place.invited("duty")
    for _ in range(3):
        assert place.browser().get(page).status_code == 200
    assert enrol(place, place.browser(), page).status_code == 303


def test_an_invitation_works_once(place: Place) -> None:
    place.hire("duty")
    page, late = place.invited("duty"), place.browser()
    form = {"csrf_token": token_of(late.get(page).text), "password": NEW, "again": NEW, "code": place.code("duty")}
    enrol(place, place.browser(), page)
    assert late.client.post(page, data=form).status_code == 410
    assert late.get(page).status_code == 410
    assert not late.is_in()


def test_two_who_post_the_same_invitation_at_once_make_one_account(place: Place) -> None:
    """The second one read the invitation before the first one used it."""
    place.hire("duty")
    token = place.invited("duty").rpartition("/")[2]
    with place.store.begin() as tx:
        who = accounts.invited(tx, token, place.clock())
        assert who
        assert accounts.enrol(tx, who, password="first", step=1, now=place.clock())
    with place.store.begin() as tx:
        assert not accounts.enrol(tx, who, password="second", step=1, now=place.clock())
        account = accounts.by_staff(tx, who.staff_id)
        assert account
        assert account.password == "first"


@pytest.mark.parametrize(("after", "status"), [(timedelta(hours=48) - STEP, 200), (timedelta(hours=48), 410)])
def test_an_invitation_is_valid_for_two_days(place: Place, after: timedelta, status: int) -> None:
    place.hire("duty")
    page = place.invited("duty")
    place.clock.pass_by(after)
    assert place.browser().get(page).status_code == status


def test_a_new_invitation_takes_the_place_of_the_old_one(place: Place) -> None:
    place.hire("duty")
    old, new = place.invited("duty"), place.invited("duty")
    assert [place.browser().get(page).status_code for page in (old, new, "/desk/join/made-up")] == [410, 200, 410]


def test_the_invitation_of_somebody_who_left_is_not_valid(place: Place) -> None:
    staff_id = place.hire("duty")
    page = place.invited("duty")
    with place.store.begin() as tx:
        tx.update(Staff, staff_id, is_active=False)
    assert place.browser().get(page).status_code == 410


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "", "again": ""}, "password"),
        ({"password": "x1y2" * 33, "again": "x1y2" * 33}, "password"),
        ({"password": "duty-duty-2026", "again": "duty-duty-2026"}, "password"),
        ({"password": "1234567890", "again": "1234567890"}, "password"),
        ({"again": "something else"}, "again"),
        ({"code": "000000"}, "code"),
        ({"code": ""}, "code"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_picture_stays_the_same(place: Place, fields: dict[str, str], field: str) -> None:
    place.hire("duty")
    page, browser = place.invited("duty"), place.browser()
    answer = enrol(place, browser, page, **fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-fault"' in answer.text
    assert place.secrets["duty"] in answer.text.replace(" ", "")
    for secret in fields.values():
        assert len(secret) < 5 or f'value="{secret}"' not in answer.text
    assert not browser.is_in()
    assert enrol(place, browser, page).status_code == 303


def test_only_in_training_are_the_invented_staff_shown_their_codes(new_sqlite: Callable[..., str], vault: Vault) -> None:
    """Somebody real is not, even while the simulator runs; and the invented ones are not once it does not."""
    for is_training, handle, is_shown in ((True, "duty1", True), (True, "duty", False), (False, "duty1", False)):
        with opened(new_sqlite(), vault) as store:
            place = place_on(store, is_training=is_training)
            with store.begin() as tx:
                demo.load(tx, place.clock())
            place.hire("duty")
            browser, page = place.browser(), place.invited(handle)
            found = TRAINING.search(browser.get(page).text)
            assert bool(found) is is_shown
            code = found[1] if found else place.code(handle)
            browser.post(page, password=PASSWORD, again=PASSWORD, code=code)
            again = place.browser()
            assert bool(TRAINING.search(again.get(place.half_in(again, handle).location).text)) is is_shown


# Recovery codes


def test_recovery_codes_are_shown_until_they_are_written_down_and_never_after(place: Place) -> None:
    place.hire("duty")
    browser = place.browser()
    enrol(place, browser, place.invited("duty"))
    codes = CODE.findall(browser.get("/desk/account/recovery").text)
    assert len(set(codes)) == proof.CODES
    place.clock.pass_by(STEP)
    again = place.browser()
    assert place.sign_in(again, "duty", to="/desk/account").location == "/desk/account/recovery?next=/desk/account"
    assert CODE.findall(again.get("/desk/account/recovery").text) == codes
    noted = again.post("/desk/account/recovery?next=/desk/account")
    assert noted.location == "/desk/account"
    assert CODE.findall(again.get("/desk/account/recovery").text) == []


def test_each_recovery_code_lets_in_once(place: Place) -> None:
    staff_id = place.hire("duty")
    first = place.browser()
    enrol(place, first, place.invited("duty"))
    code = CODE.findall(first.get("/desk/account/recovery").text)[3].upper()
    for status in (303, 403):
        browser = place.browser()
        assert browser.post(place.half_in(browser, "duty").location, code="", recovery=code).status_code == status
    assert "recovery_code_used" in place.timeline(staff_id)
    assert "left: 7" in first.get("/desk/account").text


def test_a_recovery_code_is_of_no_use_at_another_name(place: Place) -> None:
    place.hire("duty")
    first = place.browser()
    enrol(place, first, place.invited("duty"))
    code = CODE.findall(first.get("/desk/account/recovery").text)[0]
    place.enrolled("other")
    browser = place.browser()
    assert browser.post(place.half_in(browser, "other").location, code=code).status_code == 403


def test_new_recovery_codes_need_the_password_and_end_the_old_ones(place: Place) -> None:
    place.hire("duty")
    browser = place.browser()
    enrol(place, browser, place.invited("duty"))
    old = CODE.findall(browser.get("/desk/account/recovery").text)
    assert browser.post("/desk/account/codes", "/desk/account", current="not it").status_code == 422
    assert CODE.findall(browser.get("/desk/account/recovery").text) == old
    assert browser.post("/desk/account/codes", "/desk/account", current=PASSWORD).status_code == 303
    new = CODE.findall(browser.get("/desk/account/recovery").text)
    assert set(new).isdisjoint(old)
    late = place.browser()
    half = place.half_in(late, "duty").location
    assert late.post(half, code=old[0]).status_code == 403
    assert late.post(half, code=new[0]).status_code == 303


# A new password


def test_a_new_password_holds_and_everybody_else_with_the_account_is_out(place: Place) -> None:
    browser, other = place.signed_in("duty"), place.browser()
    place.sign_in(other, "duty")
    before = browser.cookie()
    assert change(browser).location == "/desk/account?done=password"
    assert browser.is_in()
    assert browser.cookie() != before
    assert not other.is_in()
    fresh = place.browser()
    assert place.half_in(fresh, "duty").status_code == 403
    assert place.half_in(fresh, "duty", password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("given", "field"),
    [({"current": "not it"}, "current"), ({"password": "short"}, "password"), ({"again": "else"}, "again"), ({"current": ""}, "current")],
)
def test_a_new_password_needs_the_old_one_and_must_be_good(place: Place, given: dict[str, str], field: str) -> None:
    browser = place.signed_in("duty")
    answer = change(browser, **given)
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert place.half_in(place.browser(), "duty").status_code == 303


def test_at_a_desk_left_open_the_password_cannot_be_guessed(place: Place) -> None:
    browser = place.signed_in("duty")
    for _ in range(5):
        change(browser, current="a guess")
    assert change(browser).status_code == 422
    assert browser.is_in()
