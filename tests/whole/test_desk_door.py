"""The door of the desk in a real browser: invited, enrolled, in, out; on a phone at night and at a desk, by keyboard, and for axe."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bot.clock import Clock
from bot.store import accounts, people
from bot.web.desk import proof
from bot.web.desk.invitation import invitation_path
from tests.waiting import until
from tests.whole.browsing import DESK, PHONE, Browser, chromium
from tests.whole.service import Machine, Running, based, running

PASSWORD = "三只燕子 七把雨伞 一口井"
LOOKS = [(theme, language) for theme in ("light", "dark") for language in ("zh_CN", "en")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def window(browser: Browser) -> Browser:
    """The browser of somebody who was never here."""
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.complaints()
    return browser


class Member:
    """The duty officer of the invented estate, with an authenticator on paper."""

    def __init__(self, anlin: Running) -> None:
        self.host = anlin.url
        self.url = anlin.url + "/desk"
        self._store = anlin.service.base.store
        self._last = ""
        self.secret = proof.new_secret()

    def invitation(self) -> str:
        with self._store.begin() as tx:
            member = people.staff_by_handle(tx, "duty1")
            assert member
            token = accounts.invite(tx, member.id, secret=self.secret, actor="console", now=Clock().now())
        return self.url + invitation_path(token)

    def code(self) -> str:
        """A code that was not used yet: the one of now, or as far as clocks may differ the next."""
        now = Clock().now()
        shown = [proof.code_at(self.secret, now), proof.code_at(self.secret, now + proof.STEP)]
        self._last = shown[1] if shown[0] == self._last else shown[0]
        return self._last


@pytest.fixture
def member(anlin: Running) -> Member:
    return Member(anlin)


def looked_at(window: Browser) -> None:
    """Axe finds nothing, in both themes and languages, and nobody scrolls sideways."""
    page = window.driver.current_url
    for theme, language in LOOKS:
        window.open(f"{page}{'&' if '?' in page else '?'}theme={theme}&language={language}")
        assert window.find("html").get_attribute("data-theme") == theme
        assert window.find("html").get_attribute("lang") == language.replace("_", "-")
        assert window.axe() == [], (page, theme, language)
        assert window.wider_than_screen() <= 0, (page, theme, language)
    window.open(page)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_invited_enrolled_out_and_in_again(member: Member, window: Browser, size: tuple[int, int]) -> None:
    window.size(size)
    window.open(member.invitation())
    looked_at(window)
    window.fill(password=PASSWORD, again=PASSWORD, code="000000")
    window.press("main button")
    assert window.driver.switch_to.active_element.get_attribute("role") == "alert", "after a fault one begins at the fault"
    assert window.axe() == []
    window.fill(password=PASSWORD, again=PASSWORD, code=member.code())
    window.press("main button")
    assert window.path == "/desk/account/recovery"
    assert len(window.all(".codes li")) == proof.CODES
    looked_at(window)
    window.press("main button")
    assert window.path == "/desk"
    looked_at(window)
    window.open(member.url + "/account")
    looked_at(window)
    window.press(".who button")
    assert window.path == "/desk/sign-in"
    looked_at(window)
    window.fill(handle="duty1", password="not this one")
    window.press("main button")
    assert window.axe() == []
    window.fill(handle="duty1", password=PASSWORD)
    window.press("main button")
    assert window.path == "/desk/sign-in/code"
    looked_at(window)
    window.fill(code=member.code())
    window.press("main button")
    assert "示例·值班员" in window.text()
    assert window.complaints() == []


def test_the_whole_way_by_keyboard(member: Member, window: Browser) -> None:
    """Tab and Enter only, from the first key; the first stop skips to the content."""
    window.size(DESK)
    window.open(member.invitation())
    enrolled = window.find("html")
    window.find("#password").send_keys(PASSWORD, Keys.TAB, PASSWORD)
    window.find("#code").send_keys(member.code(), Keys.ENTER)
    window.after(enrolled)
    window.open(member.url)
    ActionChains(window.driver).send_keys(Keys.TAB).perform()
    assert window.driver.switch_to.active_element.get_attribute("class") == "skip"
    assert window.driver.switch_to.active_element.is_displayed()
    ActionChains(window.driver).send_keys(Keys.ENTER).perform()
    until(lambda: window.driver.switch_to.active_element.get_attribute("id") == "main")


def test_whoever_tries_the_demo_is_in_by_what_the_terminal_and_the_page_say(tmp_path: Path, window: Browser) -> None:
    """No authenticator, no command: a link to open, a password, a code to copy. The second start makes no invitation."""
    one = Machine(tmp_path / "data", SIMULATOR_PORT="0")
    try:
        one.start()
        (link,) = until(lambda: re.findall(r"http://\S+/desk/join/\S+", one.said()), told=one.said)
        window.open(link)
        window.fill(password=PASSWORD, again=PASSWORD, code=re.findall(r"\d{3}\s\d{3}", window.find(".note").text)[0])
        window.press("main button")
        window.press("main button")
        assert "示例·值班员" in window.text()
        assert one.end(signal.SIGTERM) == 0
        one.start()
        until(lambda: re.search(r"/desk\n", one.said()), told=one.said)
        window.open(one.url + "/desk")
        assert "示例·值班员" in window.text(), "a restart signs nobody out"
    finally:
        one.close()


def test_how_long_nobody_may_be_there_is_a_setting(home: Path) -> None:
    with running(based(home, desk_idle_minutes=7)) as one:
        door = one.service._door()
    assert (door.idle, door.is_training, door.is_secure) == (timedelta(minutes=7), True, False)


def test_nothing_is_asked_of_anybody_else(member: Member, window: Browser) -> None:
    """Every file of every page comes from here: the browser's own list says so."""
    window.open(member.invitation())
    loaded = window.driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert loaded
    assert [each for each in loaded if not each.startswith(f"{member.host}/")] == []


def test_a_script_from_elsewhere_or_in_the_page_is_not_run(member: Member, window: Browser) -> None:
    window.open(member.url + "/sign-in")
    window.driver.execute_script("const s = document.createElement('script'); s.textContent = 'window.bitten = 1'; document.body.append(s)")
    assert window.driver.execute_script("return window.bitten") is None
    assert any("Content Security Policy" in each for each in window.complaints())


def test_a_phone_set_to_dark_gets_the_dark_page_unasked(member: Member, window: Browser) -> None:
    window.size(PHONE)
    grounds = {}
    for scheme in ("light", "dark"):
        window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        window.open(member.url + "/sign-in")
        grounds[scheme] = window.find("body").value_of_css_property("background-color")
        assert window.axe() == []
    window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert grounds["light"] != grounds["dark"]


def test_what_a_thumb_presses_is_large_enough(member: Member, window: Browser) -> None:
    """44 by 44 points, WCAG 2.5.5; links in a sentence aside."""
    window.size(PHONE)
    for page in (member.invitation(), member.url + "/sign-in"):
        window.open(page)
        for each in window.all("button, .button, input:not([type=hidden], .only-read), .foot a"):
            assert each.size["height"] >= 44, each.get_attribute("outerHTML")
