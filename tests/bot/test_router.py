"""Who takes an inbound: the order of the house as a table, and that no text of anybody's makes the router raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import plain
from bot.envelope import Address, Event, Inbound, Lane, Media, Pin
from bot.prompt import YES_NO, Answer, Ask, Choice, Expect, ask
from bot.router import (
    COMMANDS,
    STAFF_COMMANDS,
    Again,
    Answered,
    Closed,
    Commanded,
    Corrected,
    Desk,
    Followed,
    Greeted,
    HungUp,
    OpenCase,
    OpenQuestion,
    Reported,
    Route,
    Unclear,
    WhichOne,
    route,
)
from bot.translate import load_translator

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
TRANSLATOR = load_translator("zh_CN", ZoneInfo("Asia/Shanghai"))
VOCABULARY = TRANSLATOR.vocabulary(COMMANDS)
OF_STAFF = VOCABULARY | TRANSLATOR.vocabulary(STAFF_COMMANDS)

TAKE = Choice("accept", "I take it", "going"), Choice("decline", "I cannot", "no")


def question(number: int, asked: Ask, *, flow: str = "report", **other: Any) -> OpenQuestion:
    shown = OpenQuestion(
        id=number,
        name=asked.name,
        flow=flow,
        subject="",
        prompt=TRANSLATOR.prompt(asked),
        lane=asked.lane,
        put_at=NOW - timedelta(minutes=5),
        asked_here=True,
        unanswered=True,
        in_talk=True,
    )
    return replace(shown, **other)


def ping(number: int, quoted: str, **other: Any) -> OpenQuestion:
    asked = ask("reply", "Can you take it?", *TAKE, words_too=True, takes_danger=True, lane=Lane.URGENT)
    return question(number, asked, flow="ping", in_talk=False, quoted=quoted, **other)


WHAT = question(1, ask("what", "What has happened?", takes_danger=True))
HELLO = question(9, ask("what", "Hello. What has happened?", takes_danger=True), greets=True)
PLACE = question(2, ask("place.words", "Where?", expects=Expect.PLACE))
HOME = question(3, ask("place.home", "At home?", *YES_NO, words_too=True))
HURT = question(4, ask("hurt", "Hurt?", *YES_NO, words_too=True, takes_danger=True, lane=Lane.URGENT))
PICK = question(5, ask("pick", "Which?", Choice("a", "3号楼"), Choice("b", "5号楼")))
NAME = question(10, ask("name", "Your name?", gives_way=True), flow="register")
NEEDS = question(11, ask("needs", "What help?", *(Choice(value, value) for value in "abc"), several=True, gives_way=True), flow="register")
WHOM = question(12, ask("helper", "Whom?", Choice("none", "Nobody", "no|不用了"), words_too=True), flow="register")
PING, PONG = ping(7, "10013"), ping(8, "10024")
LIFT = OpenCase("10013", "lift", True, NOW - timedelta(hours=1))
WATER = OpenCase("10024", "water", False, NOW - timedelta(hours=1))
DRAFT = OpenCase("10035", "other", False, NOW - timedelta(hours=1), wants_person=True)


ASKED = OpenCase("10046", "water", False, NOW - timedelta(days=3), is_asked=True)  # whether it is solved
ASKED_OTHER = OpenCase("10057", "other", False, NOW - timedelta(days=3), is_asked=True)


def inbound(text: str, **other: Any) -> Inbound:
    return Inbound("sms", "in-1", Address("sms", "+9990100001"), NOW, text, **other)


def desk(*open_: OpenQuestion, **other: Any) -> Desk:
    return Desk(VOCABULARY, open_, **other)


def answered(to: OpenQuestion, text: str, value: str | None = None, *, danger: bool = False) -> Answered:
    return Answered(to, Answer(text, value, danger=danger))


ORDER = [
    # 2. it names its question, whatever else it says
    ("1", desk(HOME, PING, named=HOME), answered(HOME, "1", "yes")),
    ("1", desk(HOME, named_is_closed=True), Closed()),
    ("取消", desk(HOME, named_is_closed=True), Closed()),
    ("👍", desk(HOME, PLACE, named=HOME), Unclear(HOME)),
    # but words spoken at it may be a cry, or a word for a person
    ("着火了", desk(PLACE, named=PLACE, danger=True), Reported(danger=True)),
    ("着火了", desk(HURT, named=HURT, danger=True), answered(HURT, "着火了", danger=True)),
    ("着火了", desk(named_is_closed=True, danger=True), Reported(danger=True)),
    ("人工", desk(PLACE, named=PLACE), Commanded("person")),
    ("楼下垃圾站旁边", desk(PLACE, named=PLACE), answered(PLACE, "楼下垃圾站旁边")),
    # 3. danger words, in any state
    ("着火了", desk(HURT, danger=True), answered(HURT, "着火了", danger=True)),
    ("1着火了", desk(WHAT, HURT, danger=True), answered(HURT, "1着火了", danger=True)),
    ("有", desk(HURT, danger=True), answered(HURT, "有", "yes", danger=True)),
    ("着火了", desk(HOME, PLACE, danger=True), Reported(danger=True)),
    ("着火了", desk(PING, danger=True), answered(PING, "着火了", danger=True)),
    ("着火了", desk(danger=True, category="fire"), Reported(danger=True)),
    ("又掉了一层", desk(cases=(LIFT,), danger=True, category="lift"), Followed(LIFT, danger=True)),
    ("着火了", desk(cases=(LIFT,), danger=True, category="fire"), Reported(danger=True)),
    ("着火了", desk(cases=(WATER,), danger=True, category="water"), Reported(danger=True)),
    ("救命", desk(cases=(replace(LIFT, at=NOW - timedelta(days=2)),), danger=True), Reported(danger=True)),
    ("着火了", desk(cases=(WATER,), danger=True, is_flood=True, category="fire"), Reported(danger=True)),
    # a flood joins the case, danger apart
    ("还没修", desk(cases=(WATER,), is_flood=True, category="power"), Followed(WATER)),
    ("取消", desk(HOME, cases=(WATER,), is_flood=True), Followed(WATER)),
    # 4. whole-word commands, before any answer
    ("帮助", desk(), Commanded("help")),
    ("Help!", desk(HOME), Commanded("help")),
    ("HELP", desk(HURT), answered(HURT, "HELP", danger=True)),
    ("help", desk(cases=(LIFT,)), Followed(LIFT, danger=True)),
    ("返回", desk(HOME), Commanded("back")),
    ("取消。", desk(HURT), Commanded("cancel")),
    ("人工", desk(PLACE), Commanded("person")),
    ("in english", desk(PLACE), Commanded("language:en")),
    ("退订", desk(), Commanded("stop")),
    ("状态", desk(PLACE), Commanded("status")),
    ("状态10013", desk(), Commanded("status", "10013")),
    ("查询 10 013", desk(HOME), Commanded("status", "10013")),
    ("10013号进度", desk(), Commanded("status", "10013")),
    ("10013", desk(), Commanded("status", "10013")),
    ("10013", desk(HOME, cases=(LIFT,)), Commanded("status", "10013")),
    ("10013", desk(PING), Commanded("status", "10013")),
    ("１００１３", desk(WHAT), Commanded("status", "10013")),
    ("报修", desk(), Reported(words=False)),
    ("0", desk(HOME), Corrected()),
    ("０", desk(), Corrected()),
    ("谢谢", desk(HOME), Commanded("thanks")),
    ("登记", desk(), Commanded("register")),
    ("我要登记", desk(HOME), Commanded("register")),
    ("登记 花园3号楼2单元", desk(), Commanded("register", "花园3号楼2单元")),
    ("登记：花园3号楼", desk(), Commanded("register", "花园3号楼")),
    ("register join_12_3", desk(), Commanded("register", "join_12_3")),
    ("登记 3号楼路灯坏了", desk(category="power"), Reported()),
    ("登记 一下水管漏了", desk(category="water"), Reported()),
    ("登记一下路灯", desk(category="power"), Reported()),
    ("给我妈登记", desk(), Commanded("family")),
    ("我换号码了", desk(), Commanded("number")),
    ("删除我的信息", desk(HOME), Commanded("erase")),
    # 5. an answer that fits
    ("王大爷", desk(NAME), answered(NAME, "王大爷")),
    ("水管漏了", desk(NAME, category="water"), Reported()),
    ("老水", desk(NAME, category="water"), answered(NAME, "老水")),
    ("13", desk(NEEDS), answered(NEEDS, "13", "a,c")),
    ("３、１", desk(NEEDS), answered(NEEDS, "３、１", "a,c")),
    ("1和2", desk(NEEDS), answered(NEEDS, "1和2", "a,b")),
    ("14", desk(NEEDS), Unclear(NEEDS)),
    ("2", desk(NEEDS), answered(NEEDS, "2", "b")),
    ("不用了", desk(WHOM), answered(WHOM, "不用了", "none")),
    ("不用了", desk(HOME), Commanded("cancel")),
    ("1", desk(HOME), answered(HOME, "1", "yes")),
    ("２。", desk(HOME), answered(HOME, "２。", "no")),
    ("是的", desk(HOME), answered(HOME, "是的", "yes")),
    ("YES", desk(HOME), answered(HOME, "YES", "yes")),
    ("5号楼", desk(PICK), answered(PICK, "5号楼", "b")),
    ("3-501", desk(HOME), answered(HOME, "3-501")),
    ("50123", desk(PLACE), answered(PLACE, "50123")),
    ("3", desk(PLACE), answered(PLACE, "3")),
    ("楼道灯坏了", desk(WHAT), answered(WHAT, "楼道灯坏了")),
    ("1", desk(HOME, HURT), answered(HURT, "1", "yes")),
    ("1", desk(replace(HURT, asked_here=False), HOME), answered(HOME, "1", "yes")),
    ("1", desk(replace(HURT, unanswered=False), HOME), answered(HOME, "1", "yes")),
    ("1", desk(HOME, replace(HOME, id=9, put_at=NOW)), answered(replace(HOME, id=9, put_at=NOW), "1", "yes")),
    ("1", desk(PING, PONG), WhichOne((PONG, PING), Answer("1", "accept"))),
    ("火很大", desk(PING, PONG), WhichOne((PONG, PING), Answer("火很大"))),
    ("10013 1", desk(PING, PONG), answered(PING, "1", "accept")),
    ("2 10024", desk(PING, PONG), answered(PONG, "2", "decline")),
    ("10024号 going", desk(PING, PONG), answered(PONG, "going", "accept")),
    ("110013 1", desk(PING), answered(PING, "110013 1")),
    ("5号楼1单元", desk(PING, PLACE), answered(PLACE, "5号楼1单元")),
    ("1", desk(PING, PLACE), answered(PING, "1", "accept")),
    ("我在外地", desk(PING), answered(PING, "我在外地")),
    # 6. a follow-up
    ("灯还在闪呢", desk(cases=(WATER,)), Followed(WATER)),
    ("水还在漏", desk(cases=(LIFT, WATER), category="water"), Followed(WATER)),
    # What we have just called done is spoken of for days: of its kind, or in thanks; anything else is a report, danger above all.
    ("厨房的水还在漏", desk(cases=(ASKED,), category="water"), Followed(ASKED)),
    ("谢谢师傅来得这么快", desk(cases=(ASKED,)), Followed(ASKED)),
    ("谢谢师傅来得这么快", desk(cases=(ASKED,), danger=True), Followed(ASKED)),
    ("谢谢，可是现在漏煤气了", desk(cases=(ASKED,), danger=True, category="gas"), Reported(danger=True)),
    ("快来人啊出事了", desk(cases=(ASKED_OTHER,), danger=True), Reported(danger=True)),
    ("楼道的灯又坏掉了", desk(cases=(ASKED,), category="power"), Reported()),
    ("想问问食堂几点开门", desk(cases=(ASKED,)), Reported()),
    ("想问暖气费", desk(cases=(DRAFT,), category="heating"), Followed(DRAFT)),
    # 7. a new report
    ("暖气不热", desk(), Reported()),
    ("暖气不热", desk(cases=(WATER,), category="heating"), Reported()),
    ("灯还在闪呢", desk(cases=(replace(WATER, at=NOW - timedelta(days=1)),)), Reported()),
    ("暖气不热，家里冷得很", desk(PICK, category="heating"), Reported()),
    # 8. unclear
    ("", desk(), Unclear()),
    ("👍", desk(), Unclear()),
    ("7", desk(), Unclear()),
    ("7", desk(HOME), Unclear(HOME)),
    ("👍", desk(PLACE), Unclear(PLACE)),
    ("啊", desk(HURT), Unclear(HURT)),
    ("那个楼", desk(PICK), Unclear(PICK)),
    ("示例新村1号楼1单元101", desk(NEEDS), Unclear(NEEDS)),
    ("示例新村1号楼1单元101", desk(PICK), Reported()),
    ("👍", desk(PING), Unclear(PING)),
    ("👍", desk(PING, PLACE), Unclear(PLACE)),
]


DONE = [
    (Event.ARRIVED, desk(HOME, PLACE), Again(HOME)),
    (Event.ARRIVED, desk(), Greeted()),
    (Event.ARRIVED, desk(HELLO), Again(HELLO)),
    (Event.SILENT, desk(HELLO, named=HELLO), Unclear(HELLO)),
    (Event.LEFT, desk(HELLO), HungUp(HELLO)),
    (Event.SILENT, desk(PLACE, named=PLACE), Unclear(PLACE)),
    (Event.SILENT, desk(named_is_closed=True), Closed()),
    (Event.LEFT, desk(PLACE), HungUp(PLACE)),
    (Event.LEFT, desk(PING), HungUp(None)),
]


@pytest.mark.parametrize(("event", "at", "taken"), DONE)
def test_what_is_done_without_words_is_taken_too(event: Event, at: Desk, taken: Route) -> None:
    assert route(inbound("", event=event), at) == taken


@pytest.mark.parametrize(("text", "at", "taken"), ORDER)
def test_an_inbound_goes_where_the_order_of_the_house_says(text: str, at: Desk, taken: Route) -> None:
    assert route(inbound(text), at) == taken


def test_a_word_of_thanks_is_an_answer_where_it_was_offered_as_one() -> None:
    offered = question(9, ask("ok", "All right?", Choice("yes", "Yes", "好的")))

    assert route(inbound("好的"), desk(offered)) == answered(offered, "好的", "yes")


def test_a_photo_and_a_pin_are_reports_and_answers_of_their_own() -> None:
    photo, pin = Media("https://example.org/1"), Pin(38.5, 102.1)

    assert route(inbound("", media=(photo,)), desk()) == Reported()
    assert route(inbound("", pin=pin), desk(PLACE)) == Answered(PLACE, Answer("", None, (), pin))
    assert route(inbound("", media=(photo,)), desk(HOME)) == Answered(HOME, Answer("", None, (photo,)))


@pytest.mark.parametrize(("text", "bare"), [("１。", "1"), (" Help! ", "help"), ("好 的～", "好 的"), ("。。。", "。。。"), ("", "")])
def test_words_are_compared_without_width_case_and_closing_marks(text: str, bare: str) -> None:
    assert plain(text) == bare


def test_a_digit_is_read_by_what_was_shown_not_by_what_is_offered_today() -> None:
    assert route(inbound("2"), desk(PICK)) == answered(PICK, "2", "b")


def test_every_word_of_every_list_is_a_command_in_every_language() -> None:
    for name, words in COMMANDS.items():
        for language in TRANSLATOR.languages:
            for word in TRANSLATOR.listed(words, language):
                taken = route(inbound(word), desk())
                assert taken == (Reported(words=False) if name == "report" else Commanded(name)), (language, word)


TEXTS = st.text(max_size=300) | st.sampled_from(
    ["1", "0", "10013", "10013 1", "号" * 10_000, "1" * 10_000, " " * 10_000, "- " * 5_000 + "1"]
)
DESKS = st.builds(
    Desk,
    vocabulary=st.just(VOCABULARY),
    questions=st.lists(st.sampled_from([WHAT, PLACE, HOME, HURT, PICK, PING, PONG]), unique_by=lambda one: one.id, max_size=5).map(tuple),
    cases=st.lists(st.sampled_from([LIFT, WATER, DRAFT]), unique_by=lambda one: one.number, max_size=3).map(tuple),
    danger=st.booleans(),
    category=st.sampled_from(["other", "water", "lift"]),
    is_flood=st.booleans(),
)


@given(TEXTS, DESKS)
def test_no_text_makes_the_router_raise_and_only_open_questions_are_answered(text: str, at: Desk) -> None:
    taken = route(inbound(text), at)

    if isinstance(taken, Answered):
        assert taken.question in at.questions
    if isinstance(taken, WhichOne):
        assert len(taken.questions) > 1


@given(TEXTS, DESKS.map(lambda one: replace(one, danger=True)))
def test_danger_never_ends_as_a_command_or_as_unclear(text: str, at: Desk) -> None:
    taken = route(inbound(text), at)

    assert isinstance(taken, Answered | Followed | Reported)
    assert (taken.answer.danger if isinstance(taken, Answered) else taken.danger) is True


# Who has only just come is taken at their words, as if nothing had been asked

GREETED = [
    ("楼道灯坏了", desk(HELLO), Reported()),
    ("着火了", desk(HELLO, danger=True), Reported(danger=True)),
    ("人出来了", desk(HELLO, cases=(LIFT,), danger=True, category="lift"), Followed(LIFT, danger=True)),
    ("水还在漏", desk(HELLO, cases=(WATER,), category="water"), Followed(WATER)),
    ("进度", desk(HELLO), Commanded("status")),
    ("嗯？", desk(HELLO), Unclear(HELLO)),
    ("1", desk(HELLO, HOME), answered(HOME, "1", "yes")),
    ("我去", desk(HELLO, PING), answered(PING, "我去", "accept")),
]


@pytest.mark.parametrize(("text", "at", "taken"), GREETED)
def test_a_greeting_takes_nothing_for_itself(text: str, at: Desk, taken: Route) -> None:
    assert route(inbound(text), at) == taken


RECORDING = (Media("https://api.twilio.com/RE1", "audio/x-wav"),)


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        (desk(HELLO), Reported()),
        (desk(WHAT), Answered(WHAT, Answer(media=RECORDING))),
        (desk(PLACE), Answered(PLACE, Answer(media=RECORDING))),
        (desk(HURT), Answered(HURT, Answer(media=RECORDING))),
        (desk(cases=(WATER,)), Reported()),
        (desk(cases=(LIFT,)), Followed(LIFT)),
    ],
)
def test_what_nobody_has_heard_yet_is_never_lost_in_a_routine_case(at: Desk, taken: Route) -> None:
    assert route(inbound("", media=RECORDING), at) == taken


# The words of staff, which are words like any others in everybody else's mouth

STAFF_WORDS = [
    ("我的活", Commanded("my_work")),
    ("My work", Commanded("my_work")),
    ("谁在等？", Commanded("who_waits")),
    ("案件 10013", Commanded("case", "10013")),
    ("查10013", Commanded("case", "10013")),
    ("case 10013", Commanded("case", "10013")),
    ("状态10013", Commanded("status", "10013")),
    ("答复10013", Commanded("answer", "10013")),
    ("答复10013 明天来修", Commanded("answer", "10013", "明天来修")),
    ("答复 10013：3点来修，2个人", Commanded("answer", "10013", "3点来修，2个人")),
    ("回复１００１３号，今天来", Commanded("answer", "10013", "今天来")),
    ("Answer 10013 We come at 9.", Commanded("answer", "10013", "We come at 9.")),
    ("答复10013 第一行\n第二行", Commanded("answer", "10013", "第一行\n第二行")),
    ("答复", Commanded("answer")),
]


@pytest.mark.parametrize(("text", "taken"), STAFF_WORDS, ids=[text for text, _taken in STAFF_WORDS])
def test_staff_command_in_whole_words(text: str, taken: Commanded) -> None:
    assert route(inbound(text), Desk(OF_STAFF, (PING,))) == taken


@pytest.mark.parametrize("text", [text for text, taken in STAFF_WORDS if taken.word != "status"])
def test_in_a_resident_s_mouth_they_command_nothing(text: str) -> None:
    assert not isinstance(route(inbound(text), desk()), Commanded)


def test_danger_in_an_answer_to_somebody_else_is_no_cry_and_everywhere_else_it_is() -> None:
    on_duty = Desk(OF_STAFF, danger=True, category="fire")
    assert route(inbound("答复10013 着火的管子换好了"), on_duty) == Commanded("answer", "10013", "着火的管子换好了")
    assert route(inbound("3号楼着火了"), on_duty) == Reported(danger=True)
    assert route(inbound("案件10013着火了"), on_duty) == Reported(danger=True)
