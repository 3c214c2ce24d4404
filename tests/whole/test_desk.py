"""The desk's first room in a real browser: what is new appears by itself, is answered, listened to; at night, by keyboard, and for axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bot.clock import Clock
from bot.store import accounts, people
from bot.web.desk import proof
from bot.web.desk.invitation import invitation_path
from tests.waiting import until
from tests.whole.breaking import broken
from tests.whole.browsing import DESK, PHONE, Browser, chromium
from tests.whole.service import ALONE, NEIGHBOUR, STRANGER, TRAPPED, Running
from tests.whole.telephone import ring

PASSWORD = "三只燕子 七把雨伞 一口井"
WAITING = "[data-section='waiting'] [data-number]"
COMING = "师傅十分钟到，请别扒门。"
LOOKS = [(size, theme) for size in (PHONE, DESK) for theme in ("light", "dark")]
_NUMBERS = "return [...document.querySelectorAll(arguments[0])].map(card => card.dataset.number)"
_LOADED = """
const [audio, done] = [document.querySelector("audio"), arguments[0]];
audio.onloadedmetadata = () => { audio.currentTime = audio.duration / 2; };
audio.onseeked = () => done([audio.duration, audio.currentTime]);
audio.onerror = () => done([0, 0]);
audio.load();
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def window(browser: Browser, anlin: Running) -> Browser:
    """The duty officer has signed in, on the screen of a phone, and looks at the board."""
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.complaints()
    browser.size(PHONE)
    secret = proof.new_secret()
    with anlin.service.base.store.begin() as tx:
        member = people.staff_by_handle(tx, "duty1")
        assert member
        token = accounts.invite(tx, member.id, secret=secret, actor="console", now=Clock().now())
    browser.open(f"{anlin.url}/desk{invitation_path(token)}?language=zh_CN")
    browser.fill(password=PASSWORD, again=PASSWORD, code=proof.code_at(secret, Clock().now()))
    browser.press("main button")
    browser.press("main button")  # the recovery codes are written down
    assert browser.path == "/desk"
    return browser


def numbers(window: Browser, selector: str = WAITING) -> list[str]:
    found: list[str] = window.driver.execute_script(_NUMBERS, selector)
    return found


def shown(window: Browser, selector: str) -> str:
    """What is read there now, though the page may change in this moment."""
    return str(window.driver.execute_script("return document.querySelector(arguments[0]).innerText", selector))


def becomes(window: Browser, seen: Callable[[], object]) -> None:
    until(lambda: bool(seen()), told=window.text)


def stays(window: Browser) -> Callable[[], bool]:
    """Whether the page is still the one of now, never loaded again."""
    window.driver.execute_script("window.stays = true")
    return lambda: bool(window.driver.execute_script("return window.stays === true"))


def test_a_report_appears_by_itself_is_answered_and_the_resident_hears(anlin: Running, window: Browser) -> None:
    assert "没有人在等" in window.text()
    is_the_same = stays(window)

    anlin.phones.said(NEIGHBOUR, TRAPPED)

    becomes(window, lambda: numbers(window))
    (case,) = anlin.cases()
    assert numbers(window) == [case.number]
    assert window.driver.title.startswith("(1) ")
    assert window.driver.execute_script("return document.getElementById('say-urgent').textContent") == f"新来一件急事：{case.number}号。"
    assert shown(window, "[data-count='waiting']") == "1"
    assert "没有人在等" not in window.text()

    anlin.phones.said(STRANGER, "转人工")
    becomes(window, lambda: window.find("#fresh button").is_displayed())
    assert shown(window, "#fresh button") == "有1件新的，点这里看"
    assert numbers(window) == [case.number], "what is not urgent moves nothing"
    window.find("#fresh button").click()
    becomes(window, lambda: len(numbers(window)) == 2)
    assert not window.find("#fresh button").is_displayed()
    assert is_the_same()

    window.press(f"[data-number='{case.number}'] a")
    assert TRAPPED in window.text()
    window.fill(words=COMING)
    window.press("#answering button")

    assert "您的答复正在发给居民。" in window.text()
    assert anlin.phones.hears(NEIGHBOUR, COMING) == f"{case.number}号答复：{COMING}"
    assert window.complaints() == []


def test_a_recording_is_listened_to_from_any_place(anlin: Running, window: Browser) -> None:
    ring(anlin.phones, STRANGER).is_silent().records(4, key="#")
    (case,) = until(anlin.cases)
    window.open(f"{anlin.url}/desk/cases/{case.number}")
    if not window.all("audio"):
        becomes(window, lambda: window.find("#fresh button").is_displayed())
        assert shown(window, "#fresh button") == "这件事有新进展，点这里看"
        window.find("#fresh button").click()
    becomes(window, lambda: window.all("audio"))

    length, at = window.driver.execute_async_script(_LOADED)

    assert (round(length), round(at)) == (4, 2)
    assert window.complaints() == []


def test_what_is_being_typed_outlives_what_is_new(anlin: Running, window: Browser) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    (case,) = until(anlin.cases)
    window.open(f"{anlin.url}/desk/cases/{case.number}")
    is_the_same = stays(window)
    window.fill(words=COMING)

    anlin.phones.said(NEIGHBOUR, "1")
    becomes(window, lambda: window.find("#fresh button").is_displayed())
    assert "有人受伤或被困" not in shown(window, "#facts")
    window.find("#fresh button").click()
    becomes(window, lambda: "有人受伤或被困" in shown(window, "#facts"))
    anlin.phones.said(ALONE, "我家着火了")
    becomes(window, lambda: window.find("#urgent-elsewhere a").is_displayed())

    assert is_the_same()
    assert window.axe() == []
    assert window.find("[name='words']").get_attribute("value") == COMING
    window.press("#answering button")
    anlin.phones.hears(NEIGHBOUR, COMING)
    assert window.complaints() == []


def test_a_page_that_hears_nothing_any_more_says_so(window: Browser) -> None:
    assert not window.find("#lost").is_displayed()

    window.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    becomes(window, lambda: window.find("#lost").is_displayed())
    assert "眼前的内容可能是旧的" in shown(window, "#lost")


def test_it_is_done_by_keyboard_alone(anlin: Running, window: Browser) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    becomes(window, lambda: numbers(window))
    window.open(f"{anlin.url}/desk")

    keys(window, Keys.TAB, Keys.ENTER)  # past the frame
    assert window.driver.switch_to.active_element.get_attribute("id") == "main"
    keys(window, Keys.TAB)
    assert "电梯" in window.driver.switch_to.active_element.text
    before = window.find("html")
    keys(window, Keys.ENTER)
    window.after(before)
    window.find("[name='words']").send_keys(COMING)
    before = window.find("html")
    keys(window, Keys.TAB, Keys.ENTER)
    window.after(before)

    anlin.phones.hears(NEIGHBOUR, COMING)


def keys(window: Browser, *pressed: str) -> None:
    for each in pressed:
        ActionChains(window.driver).send_keys(each).perform()


def test_it_rings_only_when_somebody_has_asked_for_it(window: Browser) -> None:
    assert (shown(window, "#sound"), window.find("#sound").get_attribute("aria-pressed")) == ("有急事时响铃", "false")

    window.find("#sound").click()
    becomes(window, lambda: window.find("#sound").get_attribute("aria-pressed") == "true")
    assert shown(window, "#sound") == "响铃已开"
    window.find("#sound").click()
    becomes(window, lambda: window.find("#sound").get_attribute("aria-pressed") == "false")


def test_axe_finds_nothing_and_nobody_scrolls_sideways(anlin: Running, window: Browser) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.said(NEIGHBOUR, "1")
    anlin.phones.said(ALONE, "我家厨房水管漏水了，楼下都滴水了，已经三天没人管，" * 5)
    ring(anlin.phones, STRANGER).is_silent().records(4, key="#")
    until(lambda: anlin.rows("SELECT count(*) FROM attachment WHERE state = 'kept'") == [(1,)])
    house = anlin.service.house
    anlin.service.house = broken(house)
    anlin.phones.said("+9990100003", "楼道灯坏了")
    anlin.service.house = house
    pages = ["/desk", "/desk?state=closed", "/desk/find?number=12345", "/desk/parked", "/desk/cases/99999"]
    pages += [f"/desk/cases/{case.number}" for case in anlin.cases()]

    for path in pages:
        for size, theme in LOOKS:
            window.size(size)
            window.open(f"{anlin.url}{path}{'&' if '?' in path else '?'}theme={theme}")
            assert window.axe() == [], (path, size, theme)
            assert window.wider_than_screen() <= 0, (path, size, theme)
    assert window.complaints() == []
