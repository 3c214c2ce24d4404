"""Being signed in: how it ends, whose forms are taken, what every answer carries, and what happens when the database is away."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.effects import Actor, Owner
from bot.store import accounts, people
from bot.store.begin import Store
from bot.store.sealed import Vault
from bot.store.tables import Estate, Grid
from bot.web.desk.door import POLICY, actor, only
from tests.bot.web.desk.rigs import PASSWORD, STEP, Place, place_on, token_of
from tests.stores import opened

HOUR = timedelta(hours=1)


# The actor


def test_a_view_knows_who_gives_its_commands(place: Place) -> None:
    """A grid worker with the grids they look after."""
    with place.store.begin() as tx:
        estate_id = tx.insert(Estate, code="示例-1", name="示例新村")
        grid = tx.insert(Grid, estate_id=estate_id, name="第一网格")
        staff_id = people.add_staff(tx, "示例·乙", handle="grid1", role="grid_worker", grids=(grid,), now=place.clock())
    seen: list[Actor] = []

    @only("grid_worker")
    def look() -> str:
        seen.append(actor())
        return ""

    token = place.invited("grid1").rpartition("/")[2]
    with place.store.begin() as tx:
        who = accounts.invited(tx, token, place.clock())
        assert who
        accounts.enrol(tx, who, password=place.door.passwords.hashed(PASSWORD), step=0, now=place.clock())
    browser = place.browser()
    place.app.view_functions["desk.home"] = look
    place.sign_in(browser, "grid1")
    assert browser.get("/desk").status_code == 200
    assert seen == [Actor("staff", Owner(who.person_id), staff_id, "grid_worker", (grid,), "desk")]


# How a session ends


@pytest.mark.parametrize(("idle", "left"), [(12 * HOUR - timedelta(seconds=1), True), (12 * HOUR, False)])
def test_a_session_ends_when_nobody_was_there_for_twelve_hours(place: Place, idle: timedelta, left: bool) -> None:
    browser = place.signed_in("duty")
    place.clock.pass_by(idle)
    assert browser.is_in() is left


def test_a_session_ends_after_a_day_however_busy(place: Place) -> None:
    browser = place.signed_in("duty")
    for _ in range(23):
        place.clock.pass_by(HOUR)
        assert browser.is_in()
    place.clock.pass_by(HOUR)
    assert not browser.is_in()


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(place: Place) -> None:
    browser = place.signed_in("duty")
    home = place.app.view_functions["desk.home"]
    home.__dict__["desk_wakes"] = False
    try:
        place.clock.pass_by(11 * HOUR)
        assert browser.is_in()
        place.clock.pass_by(HOUR)
        assert not browser.is_in()
    finally:
        home.__dict__["desk_wakes"] = True


def test_signing_out_ends_the_session_and_not_only_the_cookie(place: Place) -> None:
    browser = place.signed_in("duty")
    stolen = browser.cookie()
    assert browser.post("/desk/sign-out", "/desk").location == "/desk/sign-in"
    assert browser.cookie() == ""
    browser.client.set_cookie("desk", stolen)
    assert not browser.is_in()


def test_signing_out_everywhere_ends_all_of_ones_own_and_nobody_elses(place: Place) -> None:
    first, other = place.signed_in("duty"), place.signed_in("other")
    second = place.browser()
    place.sign_in(second, "duty")
    assert "2" in first.get("/desk/account").text
    first.post("/desk/sign-out/everywhere", "/desk/account")
    assert [each.is_in() for each in (first, second, other)] == [False, False, True]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE staff SET is_active = false",
        "UPDATE staff SET role = 'grid_worker'",
        "UPDATE staff SET role = 'administrator'",
    ],
)
def test_whoever_leaves_or_gets_another_role_is_signed_out(place: Place, change: str) -> None:
    """However it was changed: the session itself knows with which role it began."""
    browser = place.signed_in("duty")
    with place.store.begin() as tx:
        tx.run(text(change))
    assert not browser.is_in()


def test_a_cookie_that_nobody_gave_out_opens_nothing(place: Place) -> None:
    place.signed_in("duty")
    kept = place.rows("SELECT token_hash FROM desk_session WHERE stage = 'full'")[0][0]
    for forged in ("", "x", "0" * 43, bytes(kept).hex(), "'; --", "值"):
        browser = place.browser()
        browser.client.set_cookie("desk", forged)
        assert not browser.is_in()


def test_signing_in_gives_new_tokens_and_takes_none_that_was_there_before(place: Place) -> None:
    """Who planted a cookie beforehand holds nothing afterwards (session fixation)."""
    place.enrolled("duty")
    browser = place.browser()
    browser.client.set_cookie("desk", "planted")
    place.half_in(browser, "duty")
    half = browser.cookie("desk-half")
    place.sign_in(browser, "duty")
    assert browser.cookie() not in ("", "planted", half)
    assert browser.cookie("desk-half") == ""


def test_the_database_holds_no_token(place: Place) -> None:
    browser = place.signed_in("duty")
    tokens = [browser.cookie(name) for name in ("desk", "desk-known")]
    assert all(tokens)
    kept = str(place.rows("SELECT * FROM desk_session") + place.rows("SELECT * FROM desk_browser"))
    assert [token for token in tokens if token in kept] == []


# Forms


FORMS = ["/desk/sign-in", "/desk/sign-in/code", "/desk/sign-out", "/desk/sign-out/everywhere", "/desk/account/codes", "/desk/join/x"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_a_form_without_its_token_is_not_taken(place: Place, path: str, token: str | None) -> None:
    browser = place.signed_in("duty")
    refused = browser.client.post(path, data={} if token is None else {"csrf_token": token})
    assert refused.status_code == 400
    assert "Go back" in refused.text
    assert browser.is_in()


def test_whoever_was_signed_out_over_a_long_answer_is_told_how_to_save_it(place: Place) -> None:
    browser = place.signed_in("duty")
    form = {"csrf_token": token_of(browser.get("/desk/account").text), "current": PASSWORD}
    place.clock.pass_by(12 * HOUR)
    refused = browser.client.post("/desk/account/codes", data=form)
    assert (refused.status_code, "copy what you wrote, sign in" in refused.text) == (400, True)


def test_the_token_of_one_session_is_of_no_use_in_another(place: Place) -> None:
    mine, theirs = place.signed_in("duty"), place.signed_in("other")
    token = token_of(theirs.get("/desk/account").text)
    assert mine.client.post("/desk/sign-out", data={"csrf_token": token}).status_code == 400
    before = place.browser()
    early = token_of(before.get("/desk/sign-in").text)
    place.sign_in(before, "duty")
    assert before.client.post("/desk/sign-out", data={"csrf_token": early}).status_code == 400
    assert before.is_in()


def test_signing_out_twice_is_no_fault(place: Place) -> None:
    browser = place.signed_in("duty")
    form = {"csrf_token": token_of(browser.get("/desk").text)}
    cookies = {name: browser.cookie(name) for name in ("desk", "desk-form")}
    browser.client.post("/desk/sign-out", data=form)
    for name, value in cookies.items():
        browser.client.set_cookie(name, value)
    assert browser.client.post("/desk/sign-out", data=form).status_code in (303, 400)
    assert not browser.is_in()


# What every answer carries


@pytest.mark.parametrize("path", ["/desk", "/desk/sign-in", "/desk/account", "/desk/join/x", "/desk/static/desk.css", "/desk/static/none"])
def test_every_answer_says_what_a_browser_may_do_with_it(place: Place, path: str) -> None:
    answer = place.signed_in("duty").get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"] or "/static/" in path
    assert "http:" not in POLICY
    assert "unsafe" not in POLICY


def test_over_https_a_cookie_is_for_this_host_alone_and_never_sent_in_the_clear(new_sqlite: Callable[..., str], vault: Vault) -> None:
    with opened(new_sqlite(), vault) as store:
        place = place_on(store, public_url="https://anlin.example.org")
        place.enrolled("duty")
        client = place.app.test_client()
        base = "https://anlin.example.org"
        token = token_of(client.get("/desk/sign-in", base_url=base).text)
        half = client.post("/desk/sign-in", base_url=base, data={"csrf_token": token, "handle": "duty", "password": PASSWORD})
        place.clock.pass_by(STEP)
        token = token_of(client.get(half.location, base_url=base).text)
        entered = client.post(half.location, base_url=base, data={"csrf_token": token, "code": place.code("duty")})
        set_cookies = half.headers.getlist("Set-Cookie") + entered.headers.getlist("Set-Cookie")
        assert len(set_cookies) >= 4
        for cookie in set_cookies:
            assert cookie.startswith("__Host-desk"), cookie
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; ")), cookie
            assert "Domain" not in cookie


def test_on_this_machine_plain_http_will_do_and_elsewhere_not(place: Place) -> None:
    client = place.app.test_client()
    for host, status in (
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("192.168.1.5:8000", 403),
        ("evil.example", 403),
    ):
        answer = client.get("/desk/sign-in", base_url=f"http://{host}")
        assert answer.status_code == status, host
    assert "https" in answer.text


def test_the_theme_is_remembered_and_nothing_else_is_taken_for_one(place: Place) -> None:
    browser = place.browser()
    assert 'data-theme="dark"' in browser.get("/desk/sign-in?theme=dark&next=/desk/account").text
    assert 'data-theme="dark"' in browser.get("/desk/sign-in").text
    assert "<script>" not in browser.get('/desk/sign-in?theme="><script>&next="><script>').text
    assert 'data-theme="auto"' in browser.get("/desk/sign-in?theme=auto").text


def test_the_switches_keep_where_one_wanted_to_go(place: Place) -> None:
    assert "next=%2Fdesk%2Faccount&amp;language=en" in place.browser().get("/desk/sign-in?next=/desk/account").text


def test_after_a_fault_the_switches_lead_to_a_page_that_can_be_opened(place: Place) -> None:
    """What can only be posted would answer that it cannot be asked for."""
    browser = place.signed_in("duty")
    answer = browser.post("/desk/account/password", "/desk/account", current="", password="", again="")
    switches = re.findall(r'href="([^"]+theme=[^"]+)"', answer.text)
    assert len(switches) == 3
    assert [browser.get(html.unescape(each)).status_code for each in switches] == [200] * 3


# Faults


def test_without_the_database_the_door_says_so_in_a_sentence(place: Place) -> None:
    browser = place.signed_in("duty")
    form = {"csrf_token": token_of(browser.get("/desk/account").text), "current": PASSWORD}
    with held(place.store):
        answer = browser.client.post("/desk/account/codes", data=form)
    assert (answer.status_code, "database" in answer.text) == (503, True)
    assert browser.is_in()


def test_while_nothing_can_be_written_pages_can_be_read(place: Place) -> None:
    browser = place.signed_in("duty")
    place.clock.pass_by(HOUR)
    with held(place.store):
        assert browser.get("/desk/account").status_code == 200


def test_a_page_that_breaks_says_so_in_a_sentence_and_tells_nothing_else(place: Place) -> None:
    browser = place.signed_in("duty")

    @only("community_duty")
    def broken() -> str:
        raise RuntimeError("secret words")

    place.app.view_functions["desk.home"] = broken
    answer = browser.get("/desk")
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    assert "try again" in answer.text


def held(store: Store) -> closing[sqlite3.Connection]:
    """Another program writes to the database and does not end."""
    other = sqlite3.connect(store._url.database or "")
    other.execute("BEGIN IMMEDIATE")
    return closing(other)
