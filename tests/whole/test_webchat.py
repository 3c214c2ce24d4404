"""The web chat in a real browser, with the whole service behind it: by finger, by keyboard, without a script, and on a bad line."""

from __future__ import annotations

import socket
import struct
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from axe_core_python.selenium import Axe  # type: ignore[import-untyped]
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from bot import turn
from bot.effects import Actor, Owner
from bot.store import people
from tests.channels.simulator.test_page import browser
from tests.waiting import until
from tests.whole.service import TRAPPED, WORKER, Running, inbound
from workflows.cases.words import AnswerCase

__all__ = ["browser"]  # a fixture is found by its name in this module

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LIGHT = "示例新村3号楼2单元楼道灯不亮"
Look = dict[str, int]


class Page:
    """The page as somebody uses it."""

    def __init__(self, chrome: webdriver.Chrome, url: str) -> None:
        self.chrome = chrome
        self.url = url
        self.held(PHONE)
        self.opens("/?language=zh_CN")  # the browser itself speaks English

    def held(self, look: Look, *, theme: str = "light") -> None:
        told = {**look, "deviceScaleFactor": 1, "mobile": look is PHONE}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", told)
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]})

    def opens(self, path: str = "/chat") -> None:
        self.chrome.get(self.url + path)

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def says(self, words: str) -> None:
        self.find("#text").send_keys(words)
        self.find("#send").click()

    def sees(self, words: str, selector: str = "#log") -> None:
        """These words stand there, if need be after the page has come anew."""
        patient = WebDriverWait(self.chrome, 15, 0.1, ignored_exceptions=[StaleElementReferenceException, NoSuchElementException])
        patient.until(lambda one: words in one.find_element(By.CSS_SELECTOR, selector).text, f"{words!r} never showed")

    def taps(self, words: str) -> None:
        """The newest key with these words, as soon as it is there."""
        found = f"//button[normalize-space()={words!r}][not(@aria-disabled)]"
        WebDriverWait(self.chrome, 15, 0.1).until(lambda one: one.find_elements(By.XPATH, found), words)[-1].click()

    def has_no_fault(self) -> None:
        """axe finds nothing, and the browser has nothing to complain of."""
        found = Axe().run(self.chrome)
        assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]] == []

    def is_quiet(self) -> None:
        assert self.chrome.get_log("browser") == []

    def online(self, *, is_on: bool) -> None:
        told = {"offline": not is_on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.chrome.execute_cdp_cmd("Network.enable", {})
        self.chrome.execute_cdp_cmd("Network.emulateNetworkConditions", told)


@pytest.fixture
def page(browser: webdriver.Chrome, anlin: Running) -> Page:
    return Page(browser, anlin.url)


def answered(anlin: Running, words: str) -> None:
    """A member of staff answers the newest case."""
    now = anlin.service.base.clock.now()
    with anlin.service.base.store.read() as tx:
        officer = people.staff_by_handle(tx, "duty1")
    assert officer is not None
    actor = Actor("staff", Owner(officer.person_id), officer.id, officer.role, channel="console")
    turn.give(anlin.service.house, AnswerCase(anlin.cases()[0].number, words), actor=actor, now=now)


def test_a_stranger_reports_answers_by_key_reloads_and_hears_from_staff_without_reloading(page: Page, anlin: Running) -> None:
    page.opens()
    page.says(TRAPPED)
    page.taps("示例新村")
    page.taps("没有")
    page.sees("待在安全的地方")
    (case,) = anlin.cases()
    assert (case.label, case.hurt, case.words) == ("urgent", "no", TRAPPED)
    assert anlin.phones.hears(WORKER, "您能去吗")

    page.opens()
    for words in (TRAPPED, case.number, "示例新村", "没有", "待在安全的地方"):
        page.sees(words)
    page.chrome.execute_script("window.sameDocument = true")
    answered(anlin, "维修工十分钟后到")
    page.sees("维修工十分钟后到")

    assert page.chrome.execute_script("return window.sameDocument")
    assert len(page.chrome.find_elements(By.XPATH, "//*[@id='log']//p[contains(., '维修工十分钟后到')]")) == 1
    page.is_quiet()


def test_one_tap_on_the_first_page_is_an_emergency(page: Page, anlin: Running) -> None:
    page.opens("/")
    page.find("main button").click()
    page.sees("有危险马上打电话")

    assert [case.label for case in anlin.cases()] == ["urgent"]
    page.sees("🆘 一键求助")


def test_the_emergency_key_takes_along_what_is_typed(page: Page, anlin: Running) -> None:
    page.opens()
    page.find("#text").send_keys("三楼着火了")
    page.taps("🆘 一键求助")
    page.sees("119")

    assert [case.words for case in anlin.cases()] == ["🆘 一键求助 三楼着火了"]
    assert page.find("#text").get_property("value") == ""


def test_it_is_used_by_keyboard_alone(page: Page, anlin: Running) -> None:
    page.held(DESK)
    page.opens()

    def press(*keys: str) -> WebElement:
        ActionChains(page.chrome).send_keys(*keys).perform()
        return page.chrome.switch_to.active_element

    def tab_to(is_there: Callable[[WebElement], bool]) -> None:
        for _ in range(25):
            if is_there(press(Keys.TAB)):
                return
        pytest.fail("it is not reached by the tabulator")

    tab_to(lambda one: one.get_attribute("id") == "text")
    press(TRAPPED, Keys.ENTER)
    page.sees("是哪个小区？")
    assert page.chrome.switch_to.active_element.get_attribute("id") == "text"
    ActionChains(page.chrome).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()  # back, into the conversation
    assert page.chrome.switch_to.active_element.text == "示例花园"
    press(Keys.ENTER)
    page.sees("有人受伤或被困吗？")

    assert len(anlin.cases()) == 1
    page.has_no_fault()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_nothing_is_wrong_with_the_pages_for_who_sees_or_hears_badly(page: Page, language: str, theme: str) -> None:
    for look in (PHONE, DESK):
        page.held(look, theme=theme)
        page.opens(f"/?language={language}")
        page.has_no_fault()
        page.opens()
        page.has_no_fault()
    page.says(TRAPPED)
    page.sees("是哪个小区？")
    page.find("summary").click()
    page.has_no_fault()
    page.opens()
    page.has_no_fault()
    assert_large(page)
    page.is_quiet()


def assert_large(page: Page) -> None:
    """Nothing is written smaller than 18 px, and whatever is tapped is at least 48 px high."""
    small = page.chrome.execute_script(
        """return [...document.querySelectorAll('body *')].filter((one) => one.offsetParent && one.textContent.trim()
           && parseFloat(getComputedStyle(one).fontSize) < 18).map((one) => one.outerHTML)"""
    )
    low = page.chrome.execute_script(
        """return [...document.querySelectorAll('button, a, textarea, summary, .file')].filter((one) => one.offsetParent
           && one.getBoundingClientRect().height < 47.5).map((one) => one.outerHTML)"""
    )
    assert (small, low) == ([], [])


def test_words_are_kept_on_a_line_that_breaks_off_and_arrive_once(page: Page, anlin: Running) -> None:
    page.opens()
    page.says("你好")
    page.sees("直接说")
    page.online(is_on=False)
    page.says(LIGHT)
    page.sees("没发出去，点这里再发一次")
    page.sees("网断了", "#state")
    page.online(is_on=True)
    page.sees("编号")

    assert [case.words for case in anlin.cases()] == [LIGHT]
    assert "没发出去" not in page.find("#log").text


def test_what_could_not_be_sent_survives_a_reload(page: Page, anlin: Running) -> None:
    page.opens()
    page.chrome.execute_script("window.realFetch = window.fetch; window.fetch = () => Promise.reject(new TypeError('cut off'))")
    page.says(LIGHT)
    page.sees("没发出去，点这里再发一次")
    page.opens()
    page.sees("编号")

    assert [case.words for case in anlin.cases()] == [LIGHT]


def test_a_large_photo_is_made_smaller_before_it_is_sent(page: Page, anlin: Running, tmp_path: Path) -> None:
    large = tmp_path / "墙.png"
    large.write_bytes(png(3200, 2000))
    page.opens()
    page.find("#photo").send_keys(str(large))
    page.sees("墙.jpg", "#chosen")
    page.says("示例新村3号楼2单元墙裂了")
    page.sees("编号")
    (kept,) = until(lambda: anlin.rows("SELECT content_type, size, id FROM attachment WHERE state = 'kept'"))

    assert kept.content_type == "image/jpeg"
    page.opens()
    image = page.find(f"img[src='/chat/photo/{kept.id}']")
    WebDriverWait(page.chrome, 15, 0.1).until(lambda one: one.execute_script("return arguments[0].naturalWidth", image) == 1600)
    page.has_no_fault()
    page.is_quiet()


def test_the_place_is_asked_of_the_device_only_when_its_key_is_pressed(page: Page, anlin: Running) -> None:
    place = {"latitude": 24.8125, "longitude": 118.5731, "accuracy": 10}
    page.chrome.execute_cdp_cmd("Emulation.setGeolocationOverride", place)
    allow(page, "denied")
    page.opens()
    page.taps("发我的位置")
    page.sees("没有给出位置", "#note")
    assert anlin.rows("SELECT id FROM inbound") == []

    allow(page, "granted")
    page.taps("发我的位置")
    page.sees("您的位置")
    until(lambda: anlin.rows("SELECT id FROM inbound"))


def allow(page: Page, setting: str) -> None:
    told = {"permission": {"name": "geolocation"}, "setting": setting, "origin": page.url}
    page.chrome.execute_cdp_cmd("Browser.setPermission", told)


def test_without_a_script_it_all_works_too(anlin: Running, browser: webdriver.Chrome) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page = Page(browser, anlin.url)
    page.opens()
    assert not page.find("#locate").is_displayed()
    page.find("#text").send_keys(TRAPPED)
    page.find("#send").click()
    page.sees("是哪个小区？")
    page.taps("示例新村")
    page.taps("没有")
    page.sees("待在安全的地方")
    page.find("#text").send_keys("   ")
    page.find("#send").click()
    page.sees("请写几个字", "#note")
    page.sees(TRAPPED)
    page.find("summary").click()
    page.taps("在这台设备上结束对话")
    page.sees("已经结束", "#note")

    assert TRAPPED not in page.find("#log").text
    (case,) = anlin.cases()
    assert (case.label, case.hurt) == ("urgent", "no")


def test_a_photo_of_fifty_megabytes_costs_the_words_nothing(anlin: Running) -> None:
    """Without a script nobody makes it smaller; the words beside it are taken, and a sentence says why it is not."""
    form = {"id": "an-id-of-a-form", "text": TRAPPED}
    files = {"photo": ("lift.jpg", b"\xff\xd8\xff" + bytes(50_000_000), "image/jpeg")}
    answer = requests.post(f"{anlin.url}/chat/say", data=form, files=files, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)

    assert answer.status_code == 200
    assert "照片超过20兆" in answer.text
    assert [case.label for case in anlin.cases()] == ["urgent"]


def test_more_than_the_door_takes_ends_there(anlin: Running) -> None:
    answer = requests.post(f"{anlin.url}/chat/say", data=bytes(60_100_000), headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    assert answer.status_code == 413


def test_three_hundred_pages_that_keep_their_lines_open_leave_one_for_a_hook(anlin: Running) -> None:
    port = anlin.service.base.settings.port
    with ExitStack() as lines:
        for _ in range(300):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            line.sendall(b"GET /chat/events HTTP/1.1\r\nHost: here\r\n\r\n")
            assert line.recv(1000).startswith(b"HTTP/1.1 204")
        assert anlin.post(inbound(LIGHT)) == 204


def png(width: int, height: int) -> bytes:
    """A picture of so many dots, in one colour."""

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\x00" + b"\x80\x90\xa0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
