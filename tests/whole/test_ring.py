"""Calls that we place, from the text that does not get through to the end of the call: the whole service and the simulator's telephones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.effects import Owner
from bot.envelope import Address
from bot.store import people
from channels.ring import CALL_PATH, STATUS_PATH
from tests.waiting import until
from tests.whole.service import DUTY, NEIGHBOUR, OURS, STRANGER, Running, based, running
from tests.whole.telephone import Telephone, ring, rung

STREET = "+9990200031"
LANDLINE = "+861088880000"
HELLO = "您好，这里是安邻打来的电话。"
CAN_YOU = "您能去吗？\n我去，请按1。\n去不了，请按2。"
AGAIN = "要再听一遍，请按星号键。"
GOODBYE = "谢谢您，再见。"


def case_of(anlin: Running) -> Any:
    """The only case there is."""
    (case,) = until(anlin.cases)
    return case


def paged(anlin: Running) -> Telephone:
    """Somebody is in a lift, the duty officer's texts do not get through, and their telephone rings."""
    anlin.phones.goes_wrong("unreachable", number=DUTY)
    anlin.phones.said(STRANGER, "电梯困人了")
    call = rung(anlin.phones, DUTY)
    assert call.state == "ringing"
    return call


def deliveries(anlin: Running) -> list[Any]:
    """Everything that rang or was to ring, with how far it has come."""
    return [tuple(row) for row in anlin.rows("SELECT state, tries FROM delivery WHERE channel = 'ring' ORDER BY id")]


def said(anlin: Running) -> int:
    """How much was said or pressed in calls; that one is over is no word."""
    ((words,),) = anlin.rows("SELECT count(*) FROM inbound WHERE channel = 'voice' AND external_id NOT LIKE '%:end'")
    return int(words)


def comes_to(anlin: Running, *states: str) -> None:
    until(lambda: [state for state, _tries in deliveries(anlin)] == list(states), told=lambda: deliveries(anlin))


# Somebody picks up


def test_a_page_that_no_text_carries_rings_and_one_key_takes_the_case(anlin: Running) -> None:
    call = paged(anlin).does("pick_up")

    first, *words = call.hears.splitlines()
    assert first == HELLO
    assert words[0].startswith("急！")
    assert "电梯困人" in words[0]
    assert words[1:] == [*CAN_YOU.splitlines(), AGAIN]
    assert {entry["rate"] for entry in call.call["heard"]} == {"85%"}
    assert case_of(anlin).state == "open"

    call.presses("1")

    number = " ".join(case_of(anlin).number)
    assert call.hears.startswith(f"谢谢！{number}号交给您了")
    assert case_of(anlin).state == "accepted"
    assert "值班员" in anlin.phones.hears(STRANGER, "接了您报的")
    call.hangs_up()
    comes_to(anlin, "delivered")


def test_picked_up_is_delivered_and_never_an_answer(anlin: Running) -> None:
    paged(anlin).does("pick_up").hangs_up()

    comes_to(anlin, "delivered")
    assert case_of(anlin).state == "open"
    assert anlin.rows("SELECT count(*) FROM question WHERE flow = 'ping' AND closed_at IS NULL") == [(1,)]
    anlin.phones.later(timedelta(minutes=30))
    anlin.phones.hears(STREET, "急！")


def test_a_silence_is_told_twice_and_then_let_go(anlin: Running) -> None:
    call = paged(anlin).does("pick_up")
    first = call.hears

    assert call.is_silent().hears == first.removeprefix(HELLO).strip()
    assert call.is_silent().hears == GOODBYE
    assert (call.state, case_of(anlin).state) == ("ended", "open")
    assert said(anlin) == 0
    comes_to(anlin, "delivered")


def test_a_spoken_word_takes_the_case_too(anlin: Running) -> None:
    assert "交给您了" in paged(anlin).does("pick_up").says("我去").hears

    assert case_of(anlin).state == "accepted"


def test_who_speaks_english_is_rung_in_english(anlin: Running) -> None:
    anlin.phones.said(DUTY, "English")
    call = paged(anlin).does("pick_up")

    words = call.hears.splitlines()
    assert (words[0], words[2]) == ("This is Anlin calling.", "Can you take it?")
    assert words[3:] == ["I take it: press 1.", "I cannot: press 2.", "To hear it again, press star."]
    assert call.call["waiting"]["language"] == "en-US"
    assert call.presses("1").hears.startswith("Thank you.")


def test_who_cannot_go_says_so_with_a_key_and_the_next_is_asked_at_once(anlin: Running) -> None:
    paged(anlin).does("pick_up").presses("2")

    anlin.phones.hears(STREET, "急！")
    assert case_of(anlin).state == "open"


def test_the_star_says_the_same_again_and_a_wrong_key_asks_once_more(anlin: Running) -> None:
    call = paged(anlin).does("pick_up")
    words = call.hears.splitlines()

    assert call.presses("*").hears.splitlines() == words[1:-1]
    assert call.presses("7").hears.startswith("对不起，没听明白。")
    assert "交给您了" in call.presses("1").hears


def test_who_goes_silent_after_a_wrong_key_is_let_go(anlin: Running) -> None:
    call = paged(anlin).does("pick_up").presses("7")

    assert call.is_silent().state == "ended"
    assert case_of(anlin).state == "open"


def test_words_that_are_no_answer_go_to_the_case_and_the_question_still_stands(anlin: Running) -> None:
    call = paged(anlin).does("pick_up").says("电梯里有几个人")

    assert "已记到" in call.hears
    assert case_of(anlin).state == "open"
    assert "交给您了" in call.presses("1").hears


def test_who_rings_back_from_that_telephone_is_asked_the_same_and_may_take_it(anlin: Running) -> None:
    paged(anlin).does("no_answer")

    back = ring(anlin.phones, DUTY)
    assert back.hears.endswith(CAN_YOU)
    assert "交给您了" in back.presses("1").hears
    assert case_of(anlin).state == "accepted"


# Nobody does, or a machine


def add(anlin: Running, address: Address, preference: int) -> None:
    """The duty officer has one more address."""
    base = anlin.service.base
    with base.store.begin() as tx:
        known = people.at(tx, Address("sms", DUTY))
        assert known is not None
        people.verify(
            tx, people.add_address(tx, address, Owner(known.person_id), now=base.clock.now(), preference=preference), base.clock.now()
        )


@pytest.mark.parametrize("deed", ["busy", "no_answer", "failed", "voicemail"])
def test_a_telephone_that_nobody_picks_up_hands_over_to_the_next_address_at_once(anlin: Running, deed: str) -> None:
    other = "+9990200029"
    anlin.phones.connect(other, "值班室的另一部手机")
    add(anlin, Address("sms", other), 5)

    paged(anlin).does(deed)

    assert "急！" in anlin.phones.hears(other, "电梯困人")
    comes_to(anlin, "failed")
    assert case_of(anlin).state == "open"
    anlin.phones.said(other, "1")
    assert case_of(anlin).state == "accepted"


def test_a_busy_telephone_with_no_other_address_rings_again_a_minute_later_and_not_for_ever(anlin: Running) -> None:
    paged(anlin).does("busy")
    for times in (2, 3):
        comes_to(anlin, *["failed"] * (times - 1), "queued")
        anlin.phones.later(timedelta(minutes=1))
        call = rung(anlin.phones, DUTY, times=times)
        if times == 2:
            call.does("busy")

    assert "交给您了" in call.does("pick_up").presses("1").hears


def test_a_telephone_that_stays_busy_is_left_to_the_ladder(anlin: Running) -> None:
    paged(anlin)
    for times in (1, 2, 3):
        rung(anlin.phones, DUTY, times=times).does("busy")
        comes_to(anlin, *["failed"] * times, *(["queued"] if times < 3 else []))
        anlin.phones.later(timedelta(minutes=1))

    anlin.phones.later(timedelta(minutes=30))
    anlin.phones.hears(STREET, "急！")


def test_nobody_is_rung_about_what_was_taken_meanwhile(anlin: Running) -> None:
    paged(anlin).does("busy")
    comes_to(anlin, "failed", "queued")
    ring(anlin.phones, DUTY).presses("1").hangs_up()

    anlin.phones.later(timedelta(minutes=1))

    comes_to(anlin, "failed", "expired")
    assert [call["direction"] for call in anlin.phones.asked("get", "calls")["calls"]] == ["inbound", "outbound-api"]


def test_a_machine_is_told_once_and_the_ladder_goes_on(anlin: Running) -> None:
    call = paged(anlin).does("voicemail")

    spoken = call.hears
    assert spoken.count("急！") == 1
    assert (call.state, call.call["answered_by"]) == ("ended", "machine_start")
    comes_to(anlin, "failed")
    assert case_of(anlin).state == "open"
    anlin.phones.later(timedelta(minutes=30))
    anlin.phones.hears(STREET, "急！")


def test_the_greeting_of_a_machine_is_nobodys_word(anlin: Running) -> None:
    call = paged(anlin)
    anlin.phones.asked("post", f"calls/{call.call['sid']}/voicemail", greeting="我去")

    assert call.looks().state == "ended"
    assert case_of(anlin).state == "open"
    assert said(anlin) == 0


def test_a_telephone_is_no_worse_for_being_off_tonight(anlin: Running) -> None:
    paged(anlin).does("failed")
    comes_to(anlin, "failed")

    assert anlin.rows("SELECT count(*) FROM address WHERE channel = 'voice' AND gone_at IS NOT NULL") == [(0,)]


def test_who_only_ever_rang_us_is_never_rung(anlin: Running) -> None:
    anlin.phones.goes_wrong("unreachable", number=NEIGHBOUR)
    ring(anlin.phones, NEIGHBOUR).says("3号楼2单元电梯困人了").hangs_up()
    anlin.phones.later(timedelta(hours=1))

    calls = anlin.phones.asked("get", "calls")["calls"]
    assert {call["direction"] for call in calls if call["phone"] == NEIGHBOUR} == {"inbound"}
    assert anlin.rows("SELECT count(*) FROM delivery WHERE channel = 'ring'") == [(0,)]


# What is no longer true


def test_who_picks_up_when_somebody_else_has_taken_it_hears_just_that(anlin: Running) -> None:
    call = paged(anlin)
    anlin.phones.later(timedelta(minutes=30))
    anlin.phones.hears(STREET, "急！")
    anlin.phones.said(STREET, "1")
    until(lambda: case_of(anlin).state == "accepted")

    call.does("pick_up")

    assert call.hears == "这件事已经有人接了，打扰您了。"
    assert call.state == "ended"
    comes_to(anlin, "expired")


def test_a_call_that_comes_hours_late_says_nothing_old(anlin: Running) -> None:
    call = paged(anlin)
    anlin.phones.later(timedelta(hours=2))

    assert call.does("pick_up").hears == "给您打电话的事已经过去了，打扰您了。"
    assert call.state == "ended"


# What goes wrong on the way


def test_a_call_in_which_every_step_comes_twice_is_one_answer(anlin: Running) -> None:
    call = paged(anlin)
    anlin.phones.goes_wrong("webhook_doubled")

    call.does("pick_up")
    assert call.hears.startswith(HELLO)
    assert "交给您了" in call.presses("1").hears
    assert [entry.kind for entry in case_of(anlin).timeline].count("accepted") == 1


@pytest.mark.parametrize("kind", ["receipts_doubled", "receipts_reversed", "receipts_late", "receipts_lost"])
def test_reports_doubled_late_reversed_or_lost_leave_it_delivered(anlin: Running, kind: str) -> None:
    anlin.phones.goes_wrong(kind, number=DUTY)
    anlin.phones.goes_wrong("landline", number=DUTY)
    anlin.phones.said(STRANGER, "电梯困人了")
    rung(anlin.phones, DUTY).does("pick_up").presses("1").hangs_up()
    anlin.phones.asked("post", "release")

    comes_to(anlin, "delivered")
    assert case_of(anlin).state == "accepted"


def test_a_call_that_we_never_heard_was_placed_counts_all_the_same(anlin: Running) -> None:
    anlin.phones.goes_wrong("landline", number=DUTY, count=1)
    anlin.phones.goes_wrong("dropped", number=DUTY, count=2)  # the text's answer, then the call's
    anlin.phones.said(STRANGER, "电梯困人了")
    first = rung(anlin.phones, DUTY)

    assert "交给您了" in first.does("pick_up").presses("1").hears
    until(lambda: [state for state, _tries in deliveries(anlin)] == ["delivered"], told=lambda: deliveries(anlin))


def form(**fields: str) -> dict[str, str]:
    return {"CallSid": "CA1", "From": OURS, "To": DUTY, "Direction": "outbound-api", "CallStatus": "in-progress", **fields}


def posted(anlin: Running, path: str, told: dict[str, str]) -> requests.Response:
    """What a signed step is answered with."""
    return requests.post(anlin.url + path, data=told, headers={"X-Twilio-Signature": anlin.signed(told, path)}, timeout=30)


@pytest.mark.parametrize("query", ["", "?delivery=", "?delivery=x", "?delivery=-1", f"?delivery={'9' * 30}"])
@pytest.mark.parametrize("path", [CALL_PATH, STATUS_PATH])
def test_a_step_that_names_no_delivery_is_refused(anlin: Running, path: str, query: str) -> None:
    assert posted(anlin, path + query, form(CallStatus="completed")).status_code == 400


def test_a_delivery_that_never_was_has_no_words_and_its_end_is_only_kept(anlin: Running) -> None:
    assert posted(anlin, f"{CALL_PATH}?delivery=999", form()).status_code == 400
    assert posted(anlin, f"{STATUS_PATH}?delivery=999", form(CallStatus="busy")).status_code == 204
    assert [tuple(row) for row in anlin.rows("SELECT channel, status, delivery_id FROM receipt")] == [("ring", "busy", None)]


def test_nobody_else_hears_what_was_meant_for_the_duty_officer(anlin: Running) -> None:
    paged(anlin)
    ((delivery,),) = anlin.rows("SELECT id FROM delivery WHERE channel = 'ring'")

    for told in (form(To=NEIGHBOUR), form(To=""), form(Direction="inbound")):
        assert posted(anlin, f"{CALL_PATH}?delivery={delivery}", told).status_code == 400
    ((text,),) = anlin.rows("SELECT max(id) FROM delivery WHERE channel = 'sms'")
    assert posted(anlin, f"{CALL_PATH}?delivery={text}", form()).status_code == 400


@pytest.mark.parametrize("path", [f"{CALL_PATH}?delivery=1", f"{STATUS_PATH}?delivery=1"])
@pytest.mark.parametrize(("told", "status"), [({}, 403), ({"SpeechResult": "a" * 1_200_000}, 413), ({"CallSid": ""}, 400)])
def test_a_step_that_is_forged_oversize_or_of_no_call_is_refused(anlin: Running, path: str, told: dict[str, str], status: int) -> None:
    whole = form(**told)
    headers = {"X-Twilio-Signature": anlin.signed(whole, path) if told else "forged"}

    assert requests.post(anlin.url + path, data=whole, headers=headers, timeout=30).status_code == status


def test_with_the_database_away_the_numbers_are_said_and_it_rings_again_later(home: Path) -> None:
    with running(based(home, patience=0.2, duty_phone=DUTY)) as anlin:
        call = paged(anlin)
        until(lambda: deliveries(anlin) == [("sent", 1)])
        path = anlin.service.base.settings.data_dir / "anlin.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            words = call.does("pick_up").hears
            assert all(number in words for number in ("1 1 9", "1 2 0", "1 1 0"))
            assert "接通" not in words
            assert call.state == "ended"
            other.execute("ROLLBACK")
        comes_to(anlin, "failed", "queued")
        anlin.phones.later(timedelta(minutes=1))
        assert "急！" in rung(anlin.phones, DUTY, times=2).does("pick_up").hears
