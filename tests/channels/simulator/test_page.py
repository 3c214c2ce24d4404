"""The page, in a real browser."""

import re
from collections.abc import Iterator

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from twilio.rest import Client

from channels.simulator.server import Simulator
from tests.channels.simulator.stage import OURS, RESIDENT, Desk, Ear
from tests.chrome import driven


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    with driven() as chrome:
        yield chrome


def wait_for(browser: webdriver.Chrome, words: str, selector: str = "#talk") -> None:
    WebDriverWait(browser, 15, 0.1).until(
        lambda one: any(words in found.text for found in one.find_elements(By.CSS_SELECTOR, selector)), f"{words!r} never showed"
    )


def test_a_text_is_sent_and_its_reply_appears_without_reloading(
    browser: webdriver.Chrome, simulator: Simulator, client: Client, desk: Desk, ear: Ear
) -> None:
    browser.get(f"{simulator.url}/?lang=zh-CN")
    wait_for(browser, "甲", "#who")
    browser.execute_script("window.sameDocument = true")

    browser.find_element(By.ID, "body").send_keys("你好", Keys.ENTER)
    wait_for(browser, "你好")
    wait_for(browser, "系统已收下")
    assert [hook.form["Body"] for hook in ear.heard] == ["你好"]

    client.messages.create(to=RESIDENT, from_=OURS, body="您好，我们收到了。")
    wait_for(browser, "您好，我们收到了。")
    wait_for(browser, "已送达")

    # A picture, the other phone, a fault and the clock, all by hand.
    browser.find_element(By.ID, "sample").click()
    wait_for(browser, "示例", "#attached")
    browser.find_element(By.CSS_SELECTOR, "#composer .send").click()
    WebDriverWait(browser, 15, 0.1).until(lambda _: len(ear.heard) == 2)
    assert ear.heard[1].form["MediaContentType0"] == "image/png"

    browser.find_element(By.CSS_SELECTOR, "#trouble button").click()
    wait_for(browser, "429", "#faults")
    assert [fault["kind"] for fault in desk.get("faults")["faults"]] == ["throttled"]
    browser.find_element(By.ID, "clear").click()
    wait_for(browser, "一切正常", "#faults")

    browser.find_element(By.CSS_SELECTOR, "[data-seconds='86400']").click()
    wait_for(browser, "时钟拨好了", "#clock-said")
    assert ear.heard[-1].form == {"seconds": "86400"}

    assert browser.execute_script("return window.sameDocument")
    assert browser.get_log("browser") == []


def test_a_reply_on_another_phone_is_marked(browser: webdriver.Chrome, simulator: Simulator, desk: Desk) -> None:
    browser.get(f"{simulator.url}/?lang=en")
    wait_for(browser, "甲", "#who")

    desk.text("在吗", sender="+99913800000002")

    wait_for(browser, "New text", "#phones")
    browser.find_elements(By.CSS_SELECTOR, "#phones button")[1].click()
    wait_for(browser, "在吗")
    assert "New text" not in browser.find_element(By.ID, "phones").text


def test_the_page_asks_no_other_machine_for_anything(simulator: Simulator) -> None:
    answer = requests.get(f"{simulator.url}/?lang=en", timeout=5)

    addresses = re.findall(r"(?:src|href)=\"([^\"#]+)", answer.text)
    assert {f"/static/{name}" for name in ("phones.css", "phones.js", "telephone.css", "telephone.js")} < set(addresses)
    assert all(address.startswith(("/static/", "?lang=")) for address in addresses)
    for address in addresses:
        page = requests.get(f"{simulator.url}/{address.lstrip('/')}", timeout=5)
        assert page.ok
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "accepted", "language"), [("en", "zh-CN", "en"), ("", "en-GB,en", "en"), ("", "", "zh-CN"), ("xx", "zh", "zh-CN")]
)
def test_the_page_speaks_the_language_asked_for(simulator: Simulator, asked: str, accepted: str, language: str) -> None:
    answer = requests.get(f"{simulator.url}/", {"lang": asked}, headers={"Accept-Language": accepted}, timeout=5)

    assert f'<html lang="{language}">' in answer.text
