"""The telephone on the page, in a real browser."""

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from channels.simulator.server import Simulator
from tests.channels.simulator.calls.stage import VOICE, ring, ringing, says
from tests.channels.simulator.stage import OTHER, RESIDENT, Desk, Ear
from tests.channels.simulator.test_page import browser, wait_for

__all__ = ["browser"]

LISTENS = '<Gather input="speech dtmf" language="cmn-Hans-CN" action="/heard" timeout="10"><Say language="zh-CN">请讲。</Say></Gather>'


def tap(browser: webdriver.Chrome, selector: str) -> None:
    found = browser.find_element(By.CSS_SELECTOR, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    found.click()


@pytest.fixture
def page(browser: webdriver.Chrome, simulator: Simulator) -> Iterator[webdriver.Chrome]:
    browser.get(f"{simulator.url}/?lang=zh-CN")
    wait_for(browser, "甲", "#who")
    yield browser
    assert [line for line in browser.get_log("browser") if "409" not in line["message"]] == []


def test_a_call_is_made_by_hand_from_its_first_ring_to_its_end(page: webdriver.Chrome, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)
    says(ear, f"<Say>正在接通值班员</Say><Dial action='/dialled'>{OTHER}</Dial>", path="/heard")
    says(ear, '<Gather numDigits="2" action="/keys"><Say>请按键</Say></Gather>', path="/dialled")
    says(ear, "<Record action='/recorded'/>", path="/keys")

    tap(page, "#ring")
    wait_for(page, "请讲。", "#heard")
    wait_for(page, "可以说话，也可以按键", "#call-state")
    page.find_element(By.ID, "speech-words").send_keys("电梯困人了", Keys.ENTER)
    wait_for(page, "正在接通值班员", "#heard")
    wait_for(page, "正在接通 乙", "#call-state")
    assert ear.at("/heard")[0].form["SpeechResult"] == "电梯困人了"

    # The other phone rings, is taken in hand, picked up, spoken into and hung up.
    wait_for(page, "乙 的电话在响", "#ringing")
    tap(page, "#ringing button")
    wait_for(page, "来电：甲", "#call-state")
    tap(page, "[data-deed=pick_up]")
    wait_for(page, "已接通 甲", "#call-state")
    page.find_element(By.ID, "speech-words").send_keys("马上到", Keys.ENTER)
    wait_for(page, "马上到", "#heard")
    tap(page, "#hang-up")
    wait_for(page, "通话结束", "#call-state")

    # Back at the first phone: what the other said is there, and keys go by hand and by keyboard.
    tap(page, "#phones li:first-child button")
    wait_for(page, "马上到", "#heard")
    wait_for(page, "请按键", "#heard")
    tap(page, "[data-key='1']")
    wait_for(page, "按了 1", "#heard")
    page.find_element(By.CSS_SELECTOR, "[data-key='5']").send_keys("2")
    wait_for(page, "正在录音", "#call-state")
    assert ear.at("/keys")[0].form["Digits"] == "12"

    # Whoever hangs up with words in the box has said them.
    page.find_element(By.ID, "speech-words").send_keys("三号楼二单元")
    tap(page, "#hang-up")
    wait_for(page, "录下：三号楼二单元", "#heard")
    assert ear.at("/recorded")[0].form["Digits"] == "hangup"
    wait_for(page, "再拨一次", "#ring")


def test_a_call_that_goes_on_elsewhere_appears_without_reloading(page: webdriver.Chrome, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS + "<Say>没有听到</Say>")

    phone = ring(desk)
    wait_for(page, "请讲。", "#heard")
    tap(page, "#silence")

    wait_for(page, "没有听到", "#heard")
    assert phone.call["state"] == "ended"


def test_an_incoming_call_can_be_left_to_the_voicemail_and_a_warning_is_shown(page: webdriver.Chrome, desk: Desk, ear: Ear) -> None:
    says(ear, f"<Dial>{RESIDENT}</Dial><Say language='cmn-Hans-CN'>再见</Say>")
    caller = ring(desk, OTHER)
    ringing(desk, RESIDENT)

    wait_for(page, "来电：乙", "#call-state")
    tap(page, "[data-deed=voicemail]")
    wait_for(page, "已接通 乙", "#call-state")
    caller.do("hangup")
    wait_for(page, "通话结束", "#call-state")

    tap(page, "#phones li:nth-child(2) button")
    wait_for(page, "平台警告 13512", "#call-warnings")


def test_a_call_without_a_service_says_so(page: webdriver.Chrome, simulator: Simulator) -> None:
    simulator.service_url = "http://127.0.0.1:9"

    tap(page, "#ring")

    wait_for(page, "application error", "#heard")
    wait_for(page, "平台警告 11205", "#call-warnings")


def test_every_key_and_button_can_be_reached_and_has_a_name(page: webdriver.Chrome, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)
    tap(page, "#ring")
    wait_for(page, "请讲。", "#heard")

    shown = [one for one in page.find_elements(By.CSS_SELECTOR, "#telephone button, #telephone textarea") if one.is_displayed()]

    assert len(shown) == 1 + 1 + 12 + 2
    assert all(one.accessible_name for one in shown)
    assert {one.accessible_name for one in shown} >= {"星号键", "井号键", "挂断", "不说话"}
    assert [tuple(one.rect[side] >= 40 for side in ("width", "height")) for one in shown] == [(True, True)] * len(shown)
    assert len(ear.at(VOICE)) == 1
