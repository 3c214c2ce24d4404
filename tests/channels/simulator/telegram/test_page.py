"""The messenger on the page, in a real browser."""

import re
from collections.abc import Callable

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from channels.simulator.server import Simulator
from tests.channels.simulator.telegram.stage import AN, LE, YES_NO, People, Service
from tests.channels.simulator.test_page import browser, wait_for

__all__ = ["browser"]  # a fixture is found by its name in this module

KEYS = {"keyboard": [[{"text": "发送位置", "request_location": True}, {"text": "发送号码", "request_contact": True}], [{"text": "跳过"}]]}


@pytest.fixture
def click(browser: webdriver.Chrome) -> Callable[[str], None]:
    def by_words(words: str) -> None:
        found = f"//*[self::button or self::summary][normalize-space()={words!r}][not(@disabled)]"
        WebDriverWait(browser, 15, 0.1).until(lambda one: [key for key in one.find_elements(By.XPATH, found) if key.is_displayed()], words)[
            0
        ].click()

    return by_words


def pick_up(browser: webdriver.Chrome, label: str) -> None:
    wait_for(browser, label, "#accounts")
    next(one for one in browser.find_elements(By.CSS_SELECTOR, "#accounts button") if label in one.text).click()
    wait_for(browser, label, "#chat-who")


def newest(bot: Service, kind: str = "message") -> dict[str, object]:
    told: dict[str, object] = bot.heard()[kind]
    return told


def test_a_person_starts_writes_presses_shares_and_edits(
    browser: webdriver.Chrome, simulator: Simulator, bot: Service, people: People, click: Callable[[str], None]
) -> None:
    browser.get(f"{simulator.url}/?lang=zh-CN")
    pick_up(browser, "己")
    browser.execute_script("window.sameDocument = true")

    click("开始")
    wait_for(browser, "/start", "#chat")
    browser.find_element(By.ID, "chat-body").send_keys("三号楼停电", Keys.ENTER)
    wait_for(browser, "等系统来取", "#chat")
    bot.updates(offset=bot.updates()[-1]["update_id"] + 1)
    wait_for(browser, "系统已收下", "#chat")

    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)
    click("是")
    wait_pressed = WebDriverWait(browser, 15, 0.1)
    wait_pressed.until(lambda _: bot.updates())
    pressed = bot.heard()["callback_query"]
    assert (pressed["data"], pressed["message"]["message_id"]) == ("1:yes", asked["message_id"])
    bot.get("answerCallbackQuery", callback_query_id=pressed["id"], text="记下了。")
    wait_for(browser, "记下了。", "#toast")

    bot.get("sendMessage", chat_id=AN, text="您在哪里？", reply_markup=KEYS)
    click("发送号码")
    wait_for(browser, "+99913800000004", "#chat")
    assert newest(bot)["contact"] == {"phone_number": "+99913800000004", "first_name": "小安", "user_id": AN}
    click("发送位置")
    wait_for(browser, "位置：", "#chat")
    assert newest(bot)["location"] == {"latitude": 24.8125, "longitude": 118.5731}

    browser.find_element(By.ID, "chat-sample").click()
    wait_pressed.until(lambda _: "photo" in bot.heard()["message"])
    click("更多")
    click("示例语音")
    wait_for(browser, "语音，4 秒", "#chat")
    click("更多")

    click("修改")
    wait_for(browser, "/start", "#editing-text")
    click("不改了")
    browser.find_elements(By.CSS_SELECTOR, "#chat .mine")[1].find_element(By.TAG_NAME, "button").click()
    browser.find_element(By.ID, "chat-body").send_keys(Keys.CONTROL, "a")
    browser.find_element(By.ID, "chat-body").send_keys("四号楼停电", Keys.ENTER)
    wait_for(browser, "四号楼停电", "#chat")
    wait_for(browser, "已修改", "#chat")
    assert newest(bot, "edited_message")["text"] == "四号楼停电"

    click("屏蔽")
    wait_for(browser, "这个账号屏蔽了系统", "#chat-said")
    assert bot.refused("sendMessage", chat_id=AN, text="x")["error_code"] == 403
    click("重新开始")
    wait_pressed.until(lambda _: not people.get("accounts")["accounts"][0]["is_blocked"])

    assert browser.execute_script("return window.sameDocument")
    assert browser.get_log("browser") == []


def test_phones_and_accounts_are_picked_up_in_turn(browser: webdriver.Chrome, simulator: Simulator, bot: Service, people: People) -> None:
    browser.get(f"{simulator.url}/?lang=en")
    wait_for(browser, "甲", "#who")
    people.send(LE, text="hello")
    wait_for(browser, "New message", "#accounts")
    assert not browser.find_element(By.ID, "messenger").is_displayed()

    pick_up(browser, "庚")
    wait_for(browser, "hello", "#chat")
    assert "New message" not in browser.find_element(By.ID, "accounts").text
    assert not browser.find_element(By.ID, "talk").is_displayed()
    (current,) = browser.find_elements(By.CSS_SELECTOR, "[aria-current]")
    assert "庚" in current.text

    browser.find_element(By.CSS_SELECTOR, "#phones button").click()
    wait_for(browser, "甲", "#who")
    assert not browser.find_element(By.ID, "messenger").is_displayed()


def test_a_trouble_is_made_and_cleared_by_hand(
    browser: webdriver.Chrome, simulator: Simulator, people: People, click: Callable[[str], None]
) -> None:
    browser.get(f"{simulator.url}/?lang=en")
    pick_up(browser, "庚")

    browser.find_element(By.CSS_SELECTOR, "#chat-trouble-for [value=this]").click()
    browser.find_element(By.CSS_SELECTOR, "#chat-trouble button").click()
    wait_for(browser, "429", "#chat-faults")
    assert people.state()["faults"] == [{"kind": "throttled", "chat_id": LE, "method": "", "left": 1, "seconds": 20.0}]

    browser.find_element(By.ID, "chat-clear").click()
    wait_for(browser, "All is well", "#chat-faults")
    assert people.state()["faults"] == []


def test_the_messenger_asks_no_other_machine_for_anything(simulator: Simulator) -> None:
    addresses = set(re.findall(r"(?:src|href)=\"([^\"#]+)", requests.get(f"{simulator.url}/?lang=en", timeout=5).text))

    assert {"/static/messenger.css", "/static/messenger.js"} < addresses
    for name in ("messenger.css", "messenger.js", "messenger_base.js"):
        assert "//" not in re.sub(r"^\s*//.*|/\*.*|\s// .*", "", requests.get(f"{simulator.url}/static/{name}", timeout=5).text, flags=re.M)
