"""The hotline from the ring to the end of the call: the whole service, the simulator's telephones, and what goes wrong on a line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from channels.voice import ANSWER_PATH, CALL_PATH, RECORDING_PATH, STATUS_PATH
from tests.waiting import until
from tests.whole.service import ALONE, DUTY, LEADER, NEIGHBOUR, OURS, SHARED, STRANGER, TRAPPED, WORKER, Running, based, running
from tests.whole.telephone import Telephone, ring

LANDLINE, HIDDEN = "+861088880000", "+266696687"
HELLO = "您好，这里是安邻。出了什么事，在哪儿，您慢慢说。"
HURT = "有人受伤或被困吗？\n有，请按1。\n没有，请按2。"
WHERE = "您在几号楼几单元几楼？"
RECORDED = "您的话会录音，有人来听。"
CONNECTING = "现在给您接通网格员，请别挂电话。"


def case_of(anlin: Running) -> Any:
    """The only case there is."""
    (case,) = until(anlin.cases)
    return case


def text_of(anlin: Running, number: str) -> list[str]:
    return anlin.phones.heard(number)


def form(sid: str = "CA1", **fields: str) -> dict[str, str]:
    return {"CallSid": sid, "From": NEIGHBOUR, "To": OURS, "CallStatus": "in-progress", **fields}


def posted(anlin: Running, path: str, told: dict[str, str]) -> requests.Response:
    """What a signed step is answered with."""
    return requests.post(anlin.url + path, data=told, headers={"X-Twilio-Signature": anlin.signed(told, path)}, timeout=30)


def trapped(anlin: Running) -> Telephone:
    """The neighbour has told of somebody in the lift and is asked whether anybody is hurt."""
    call = ring(anlin.phones, NEIGHBOUR)
    assert call.hears == HELLO
    assert call.says(TRAPPED).state == "gathering"
    return call


# An urgent call


@pytest.mark.parametrize(("key", "hurt"), [("1", "yes"), ("2", "no")])
def test_an_urgent_call_is_a_case_from_the_first_words_and_is_put_through(anlin: Running, key: str, hurt: str) -> None:
    call = trapped(anlin)
    words = call.hears
    assert words.startswith("请打1 1 9或按警铃。")
    assert words.endswith(HURT)
    assert "电梯困人" in anlin.phones.hears(WORKER, "急！")

    call.presses(key)

    assert call.hears.endswith(CONNECTING)
    assert (call.state, case_of(anlin).hurt, case_of(anlin).label) == ("dialling", hurt, "urgent")
    assert call.rings_at(WORKER).state == "ringing"


def test_who_picks_up_talks_with_the_caller_and_the_ladder_waits_for_a_key_all_the_same(anlin: Running) -> None:
    call = trapped(anlin).presses("1")
    worker = call.rings_at(WORKER).does("pick_up")
    assert call.looks().state == "bridged"

    worker.says("我马上到").hangs_up()

    assert call.looks().hears.endswith("谢谢您，再见。")
    assert (call.state, case_of(anlin).state) == ("ended", "open")
    anlin.phones.later(timedelta(minutes=15))
    anlin.phones.hears(LEADER, "急！")


@pytest.mark.parametrize("deed", ["no_answer", "busy", "failed"])
def test_nobody_picking_up_is_told_and_others_are_called(anlin: Running, deed: str) -> None:
    call = trapped(anlin).presses("1")
    call.rings_at(WORKER).does(deed)

    words = call.looks().hears
    assert "暂时没人接听，我们接着找人" in words
    assert "1 1 9、1 2 0或1 1 0" in words
    assert call.state == "ended"
    anlin.phones.later(timedelta(minutes=15))
    anlin.phones.hears(LEADER, "急！")


def test_who_has_taken_the_case_is_who_the_caller_is_put_through_to(anlin: Running) -> None:
    call = trapped(anlin)
    anlin.phones.hears(WORKER, "急！")
    anlin.phones.later(timedelta(minutes=15))
    anlin.phones.hears(LEADER, "急！")
    anlin.phones.said(LEADER, "1")

    call.presses("2")

    assert call.hears.endswith("现在给您接通网格长，请别挂电话。")
    assert call.rings_at(LEADER).state == "ringing"


def test_who_rings_again_in_danger_is_put_through_at_once(anlin: Running) -> None:
    trapped(anlin).presses("1").hangs_up()

    again = ring(anlin.phones, NEIGHBOUR).says("电梯里还困着人，快来人")

    assert again.hears.endswith(CONNECTING)
    assert again.rings_at(WORKER).state == "ringing"


def test_danger_in_the_middle_of_a_routine_call_comes_first(anlin: Running) -> None:
    call = ring(anlin.phones, ALONE).says("厨房水龙头漏水了")
    assert "是您家3号楼2单元5 0 1室吗？" in call.hears

    assert "快打1 1 9" in call.says("哎呀着火了").hears

    assert sorted(case.label for case in anlin.cases()) == ["general", "urgent"]


def test_a_wish_for_a_person_is_heard_at_any_question(anlin: Running) -> None:
    assert "会有人联系您。" in trapped(anlin).says("转人工").hears

    assert case_of(anlin).needs_person == "person"


# A call that is hard to understand


def test_the_star_says_the_same_again_and_changes_nothing(anlin: Running) -> None:
    call = trapped(anlin)
    first, before = call.hears, anlin.rows("SELECT count(*) FROM inbound")

    assert call.presses("*").hears == first
    assert call.presses("*").hears == first
    assert anlin.rows("SELECT count(*) FROM inbound") == before
    assert call.presses("1").state == "dialling"


def test_a_wrong_key_asks_once_more_and_says_how_to_hear_it_again(anlin: Running) -> None:
    call = ring(anlin.phones, ALONE).says("厨房水龙头漏水了")
    question = call.hears.splitlines()[-3:]

    again = call.presses("7").hears
    assert again.splitlines() == ["对不起，没听明白。要再听一遍，请按星号键。", *question]

    assert "您的话会有人来听" in call.presses("#").hears
    assert case_of(anlin).needs_person == "unclear"


def test_in_danger_nothing_is_asked_twice(anlin: Running) -> None:
    assert trapped(anlin).presses("7").state == "dialling"
    assert case_of(anlin).hurt == ""


@pytest.mark.parametrize("pressed", ["", "5"])
def test_what_is_not_understood_is_recorded_and_a_person_listens(anlin: Running, pressed: str) -> None:
    call = ring(anlin.phones, STRANGER)
    call = call.presses(pressed) if pressed else call.is_silent()
    assert call.hears.endswith(RECORDED)
    assert call.state == "recording"

    call.records(4, key="#")

    assert call.hears.endswith(WHERE)
    case = case_of(anlin)
    assert (case.label, case.needs_person) == ("urgent", "recording")
    assert "有录音，还没人听" in anlin.phones.hears(DUTY, "急！")
    until(lambda: anlin.rows("SELECT state, content_type FROM attachment") == [("kept", "audio/wav")])
    ((file, size),) = anlin.rows("SELECT file, size FROM attachment")
    sealed = (anlin.service.base.settings.data_dir / "attachments" / file).read_bytes()
    assert len(sealed) > size == 44 + 4 * 16_000
    assert b"RIFF" not in sealed


def test_a_place_that_is_not_understood_is_recorded_too_and_all_who_come_are_told(anlin: Running) -> None:
    call = ring(anlin.phones, STRANGER).says("厨房煤气味好大")
    assert call.hears.endswith(WHERE)

    call.is_silent().records(6)

    assert call.hears.endswith(HURT)
    assert case_of(anlin).needs_person == "recording"
    anlin.phones.hears(DUTY, "又留了录音，请听一下")
    until(lambda: anlin.rows("SELECT count(*) FROM attachment WHERE state = 'kept'") == [(1,)])


def test_a_second_silence_hands_over_to_a_person(anlin: Running) -> None:
    call = ring(anlin.phones, STRANGER).is_silent().is_silent()

    assert "会有人联系您" in call.hears
    assert case_of(anlin).needs_person == "unclear"
    anlin.phones.hears(DUTY, "等人来看")


def test_who_only_breathes_is_listened_to_by_a_person(anlin: Running) -> None:
    """A breath is recorded, whatever it may mean; and every later silence goes on without waiting for ever."""
    call = ring(anlin.phones, STRANGER).is_silent().records(1)
    assert call.hears.endswith(WHERE)
    call.is_silent().is_silent()
    assert call.hears.endswith(HURT)
    call.is_silent()

    assert "现在给您接通值班员" in call.hears
    assert (case_of(anlin).label, case_of(anlin).needs_person) == ("urgent", "recording")


def test_an_english_caller_goes_on_in_english_with_one_key(anlin: Running) -> None:
    call = ring(anlin.phones, STRANGER)
    assert call.hears.splitlines() == [HELLO, "For English, press 9."]

    call.presses("9")

    assert call.hears.splitlines() == ["We go on in English.", "Hello, this is Anlin. Tell me what has happened, and where."]
    assert call.call["waiting"]["language"] == "en-US"
    assert "Call 1 1 9 now." in call.says("There is a fire in the kitchen").hears
    assert call.says("Building 5").hears.startswith("In which estate is it?")
    assert call.presses("1").hears.endswith("No, nobody is: press 2.")
    assert "I connect you to the" in call.presses("2").hears
    call.rings_at(call.call["waiting"]["legs"][0]["phone"]).does("no_answer")
    assert call.looks().hears.startswith("Nobody picked up yet.")


def test_who_is_known_to_speak_chinese_is_offered_nothing_else(anlin: Running) -> None:
    anlin.phones.said(STRANGER, "楼道灯坏了，示例新村3号楼")
    anlin.phones.hears(STRANGER, "编号")

    assert "press" not in ring(anlin.phones, STRANGER).hears


# A call that is cut off


def test_after_a_hang_up_the_question_goes_on_by_text_and_its_answer_finishes_the_case(anlin: Running) -> None:
    trapped(anlin).hangs_up()

    assert anlin.phones.hears(NEIGHBOUR, "电话断了") == "刚才电话断了。有人受伤或被困吗？1有 2没有"
    anlin.phones.said(NEIGHBOUR, "1")
    assert "最迟" in anlin.phones.hears(NEIGHBOUR, "记下了")
    assert case_of(anlin).hurt == "yes"


def test_who_hangs_up_before_a_word_is_asked_by_text(anlin: Running) -> None:
    ring(anlin.phones, STRANGER).hangs_up()

    assert "出了什么事" in anlin.phones.hears(STRANGER, "电话断了")
    anlin.phones.said(STRANGER, "示例新村3号楼2单元电梯困人了")
    until(lambda: anlin.cases() and case_of(anlin).label == "urgent")


def test_ringing_back_puts_the_open_question_again(anlin: Running) -> None:
    trapped(anlin).hangs_up()
    anlin.phones.hears(NEIGHBOUR, "电话断了")

    back = ring(anlin.phones, NEIGHBOUR)
    assert back.hears == HURT
    assert back.presses("2").state == "dialling"
    assert case_of(anlin).hurt == "no"


def test_the_words_of_who_rings_again_go_to_their_open_case(anlin: Running) -> None:
    trapped(anlin).presses("1").hangs_up()

    assert "已补记到" in ring(anlin.phones, NEIGHBOUR).says("里面的人出来了，没事了").hears
    assert len(anlin.cases()) == 1


@pytest.mark.parametrize("number", [LANDLINE, HIDDEN])
def test_who_cannot_be_texted_and_hangs_up_is_handed_to_a_person(anlin: Running, number: str) -> None:
    ring(anlin.phones, number).says(TRAPPED).hangs_up()

    until(lambda: case_of(anlin).needs_person == "hung up")
    anlin.phones.hears(DUTY, "等人来看")
    assert text_of(anlin, number) == []


def test_two_hidden_callers_never_hear_of_each_other(anlin: Running) -> None:
    ring(anlin.phones, HIDDEN).says("示例新村3号楼2单元电梯困人了")

    second = ring(anlin.phones, HIDDEN)
    assert second.hears.startswith(HELLO)
    second.says("示例新村5号楼1单元着火了")
    assert len(anlin.cases()) == 2


def test_who_hangs_up_to_end_a_recording_is_asked_the_rest_by_text(anlin: Running) -> None:
    ring(anlin.phones, STRANGER).is_silent().records(5, key="hangup")

    assert anlin.phones.hears(STRANGER, WHERE) == f"刚才电话断了。{WHERE}"
    assert case_of(anlin).needs_person == "recording"


# One person, two calls, two channels


def test_the_same_number_in_a_text_and_in_a_call_is_one_person(anlin: Running) -> None:
    anlin.phones.said(STRANGER, "楼道灯坏了，示例新村3号楼")
    number = case_of(anlin).number

    assert " ".join(number) in ring(anlin.phones, STRANGER).says("查进度").hears


def test_a_caller_is_known_when_they_text_later(anlin: Running) -> None:
    ring(anlin.phones, STRANGER).says("示例新村3号楼楼道灯坏了")
    anlin.phones.said(STRANGER, "进度")

    assert case_of(anlin).number in anlin.phones.hears(STRANGER, "号：")


def test_a_household_that_shares_a_phone_is_asked_about_its_own_home(anlin: Running) -> None:
    assert "是您家1号楼1单元2 0 1室吗？" in ring(anlin.phones, SHARED).says("家里水龙头漏水").hears


def test_two_calls_from_one_number_at_once_do_no_harm_to_each_other(anlin: Running) -> None:
    first, second = trapped(anlin), ring(anlin.phones, NEIGHBOUR)
    assert second.hears == HURT

    assert second.presses("1").state == "dialling"
    first.presses("2")

    assert "这个问题已经结束，没有改动。" in first.hears
    assert case_of(anlin).hurt == "yes"


def test_who_holds_the_line_is_answered_however_much_they_have_written(anlin: Running) -> None:
    for _time in range(25):
        anlin.phones.said(ALONE, "楼道灯还没修")

    call = ring(anlin.phones, ALONE)
    assert call.hears
    assert call.says("楼道灯还在闪").state == "gathering"


# What goes wrong on the way


def test_a_step_that_the_platform_repeats_draws_the_same_and_changes_nothing(anlin: Running) -> None:
    begun = posted(anlin, CALL_PATH, form())
    action = begun.text.partition('action="')[2].partition("#")[0].replace("&amp;", "&")
    steps = [(CALL_PATH, form()), (action, form(SpeechResult=TRAPPED)), (STATUS_PATH, form(CallStatus="completed"))]
    for path, told in steps:
        first = posted(anlin, path, told)
        before = anlin.rows("SELECT (SELECT count(*) FROM inbound), (SELECT count(*) FROM delivery), (SELECT count(*) FROM question)")
        again = posted(anlin, path, told)
        assert (again.status_code, again.text) == (first.status_code, first.text)
        counted = "SELECT (SELECT count(*) FROM inbound), (SELECT count(*) FROM delivery), (SELECT count(*) FROM question)"
        assert anlin.rows(counted) == before


def test_a_call_in_which_every_step_comes_twice_is_one_call(anlin: Running) -> None:
    anlin.phones.goes_wrong("webhook_doubled")
    call = trapped(anlin).presses("1")

    assert call.state == "dialling"
    assert len(anlin.cases()) == 1


@pytest.mark.parametrize("path", [CALL_PATH, f"{ANSWER_PATH}?delivery=1", f"{RECORDING_PATH}?delivery=1", STATUS_PATH])
@pytest.mark.parametrize(("told", "status"), [({}, 403), ({"SpeechResult": "a" * 1_200_000}, 413), ({"CallSid": ""}, 400)])
def test_a_step_that_is_forged_oversize_or_of_no_call_is_refused_and_kept_nowhere(
    anlin: Running, path: str, told: dict[str, str], status: int
) -> None:
    whole = form(CallStatus="completed", **told)
    headers = {"X-Twilio-Signature": anlin.signed(whole, path) if told else "forged"}

    assert requests.post(anlin.url + path, data=whole, headers=headers, timeout=30).status_code == status
    assert anlin.rows("SELECT count(*) FROM inbound") == [(0,)]


def test_a_very_long_speech_is_a_case_like_any_other(anlin: Running) -> None:
    assert posted(anlin, f"{ANSWER_PATH}?after=1", form(SpeechResult=TRAPPED + "，快来人" * 5_000)).status_code == 200
    assert case_of(anlin).label == "urgent"


def test_a_forged_step_is_not_a_call(anlin: Running) -> None:
    anlin.phones.goes_wrong("webhook_forged", count=1)
    call = Telephone(anlin.phones, anlin.phones.asked("post", "calls", **{"from": NEIGHBOUR}))

    assert call.looks().call["hook_statuses"] == [403]
    assert anlin.rows("SELECT count(*) FROM inbound WHERE taken_as <> 'hung up'") == [(0,)]


def test_a_recording_is_cut_at_two_minutes_and_one_that_is_too_large_is_refused_with_a_sentence(home: Path) -> None:
    with running(based(home, media_max_mb=1)) as anlin:
        ring(anlin.phones, STRANGER).is_silent().records(3600)

        assert "不超过1MB" in anlin.phones.hears(STRANGER, "没能存下来")
        assert anlin.rows("SELECT state FROM attachment") == [("refused",)]
        assert case_of(anlin).needs_person == "recording"


def test_a_recording_that_comes_late_is_fetched_later(anlin: Running) -> None:
    anlin.phones.goes_wrong("recording_gone", count=1)
    ring(anlin.phones, STRANGER).is_silent().records(3)
    until(lambda: anlin.rows("SELECT tries FROM attachment WHERE state = 'wanted' AND why <> ''") == [(1,)])

    anlin.phones.later(timedelta(minutes=1))

    until(lambda: anlin.rows("SELECT state FROM attachment") == [("kept",)])


def test_a_recording_that_never_comes_is_told_to_the_caller_and_stands_in_the_case(anlin: Running) -> None:
    anlin.phones.goes_wrong("recording_gone")
    ring(anlin.phones, STRANGER).is_silent().records(3)

    for tries in range(1, 13):
        until(partial(anlin.rows, f"SELECT 1 FROM attachment WHERE tries = {tries} AND why <> ''"))
        anlin.phones.later(timedelta(hours=1))

    assert "请您再说一遍" in anlin.phones.hears(STRANGER, "没能存下来")
    assert "attachment_gone" in [entry.kind for entry in case_of(anlin).timeline]
    assert case_of(anlin).needs_person


@pytest.fixture
def hasty(home: Path) -> Iterator[Running]:
    """A service that does not wait long for its database, and whose duty room has a phone."""
    with running(based(home, patience=0.2, duty_phone=DUTY)) as one:
        yield one


def test_with_the_database_away_the_numbers_are_said_and_the_duty_room_is_rung(hasty: Running) -> None:
    path = hasty.service.base.settings.data_dir / "anlin.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        call = ring(hasty.phones, NEIGHBOUR)
        words = call.hears
        assert all(number in words for number in ("1 1 9", "1 2 0", "1 1 0"))
        assert call.rings_at(DUTY).does("pick_up").state == "bridged"
        call.hangs_up()
        for step in (f"{ANSWER_PATH}?delivery=1", f"{RECORDING_PATH}?delivery=1"):
            assert "<Dial" in posted(hasty, step, form()).text
        assert posted(hasty, STATUS_PATH, form(CallStatus="completed")).status_code == 503
        other.execute("ROLLBACK")


def test_without_a_duty_phone_the_numbers_are_said_all_the_same(home: Path) -> None:
    with running(based(home, patience=0.2)) as one:
        path = one.service.base.settings.data_dir / "anlin.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            call = ring(one.phones, NEIGHBOUR)
            assert (call.state, "1 1 9" in call.hears) == ("ended", True)
            other.execute("ROLLBACK")


def test_a_talk_that_breaks_down_is_parked_and_its_caller_answered(home: Path) -> None:
    from tests.whole.breaking import broken  # noqa: PLC0415

    base = based(home)
    with running(base) as one:
        object.__setattr__(one.service, "house", broken(one.service.house))
        call = ring(one.phones, NEIGHBOUR).says(TRAPPED)
        words = call.hears
        assert "1 1 9" in words
        assert "会有人来看" in words
        assert one.rows("SELECT state FROM inbound WHERE state = 'parked'") == [("parked",)]
