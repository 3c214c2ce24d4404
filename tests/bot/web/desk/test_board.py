"""The board: who waits is first, grids decide what is seen, and what is new is told to a page that lies open."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from bot import turn
from bot.effects import Actor, Owner
from bot.store import audit
from bot.store.columns import table_of
from bot.store.tables import ReadLog
from tests.bot.web.desk.offices import ELSEWHERE, ROLES, Browser, Office, words_of
from tests.talks import Talks
from workflows.cases.number import number_of, sequence_of
from workflows.cases.words import AcceptCase, AnswerCase, OpenCase, Seen

LIFT = "3号楼2单元电梯困人了"
LEAK = "水管漏水了"
READ_LOG = table_of(ReadLog)
SECTION = re.compile(r'<h2 id="(waiting|urgent|other)"|data-number="(\d+)"')


def lift(talks: Talks) -> str:
    """The number of an urgent case in the grid of `grid1`."""
    talks.say("邻居", LIFT)
    return talks.cases()[-1].number


def leak(talks: Talks) -> str:
    """The number of a case in another estate."""
    talks.say("花园居民", LEAK)
    talks.say("花园居民", "1")
    return talks.cases()[-1].number


def answered(talks: Talks, number: str) -> None:
    turn.give(talks.house, AnswerCase(number, "师傅马上到"), actor=Actor("staff", role="administrator", channel="desk"), now=talks.now)


def shown(browser: Browser, path: str = "/desk") -> dict[str, list[str]]:
    """The numbers on the board by section, in order."""
    found: dict[str, list[str]] = {"": []}
    section = ""
    for heading, number in SECTION.findall(browser.get(path).get_data(as_text=True)):
        section = heading or section
        found.setdefault(section, []).extend([number] if number else [])
    return {name: numbers for name, numbers in found.items() if numbers}


def test_who_waits_for_a_person_is_first_with_its_age_and_why(talks: Talks, duty: Browser) -> None:
    general, urgent = leak(talks), lift(talks)
    talks.now += timedelta(minutes=12)

    assert shown(duty) == {"waiting": [urgent], "other": [general]}
    board = duty.sees("/desk")
    assert board.startswith("(1) ")
    assert "在等人 1" in board
    assert f"{urgent}号 · 电梯 紧急 等了12分钟 示例新村3号楼2单元电梯 “{LIFT}” 紧急，还没人接手。" in board
    assert f"{general}号 · 给排水 一般" in board
    assert "最迟12月18日" in board


def test_an_urgent_case_waits_until_a_person_has_answered_it(talks: Talks, duty: Browser) -> None:
    number = lift(talks)
    taker = Actor("staff", Owner(person_id=9), staff_id=7, role="community_duty", channel="desk")
    turn.give(talks.house, AcceptCase(number), actor=taker, now=talks.now)
    assert shown(duty) == {"waiting": [number]}
    assert "还没有人给居民回话" in duty.sees("/desk")

    answered(talks, number)

    assert shown(duty) == {"urgent": [number]}


def test_what_comes_after_an_answer_waits_from_then_on(talks: Talks, duty: Browser) -> None:
    number = leak(talks)
    answered(talks, number)
    talks.now += timedelta(hours=5)
    talks.say("花园居民", "还在漏水")
    talks.now += timedelta(minutes=7)

    assert shown(duty) == {"waiting": [number]}
    assert "等了7分钟" in duty.sees("/desk")
    assert "居民又补充了话。" in duty.sees("/desk")


def test_what_is_past_its_date_says_so(talks: Talks, duty: Browser) -> None:
    number = leak(talks)
    talks.now += timedelta(days=60)

    board = duty.sees("/desk")

    assert shown(duty) == {"other": [number]}
    assert "共过期1件" in board
    assert "过期31天" in board


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("grid_worker", {"near"}),
        ("grid_leader", {"near"}),
        *((role, {"near", "far"}) for role in ("community_duty", "street", "administrator")),
    ],
)
def test_roles_and_grids_decide_what_is_seen(talks: Talks, office: Office, role: str, sees: set[str]) -> None:
    numbers = {"near": lift(talks), "far": leak(talks)}
    browser = office.browser(ROLES[role])

    assert {name for name, number in numbers.items() if number in browser.sees("/desk")} == sees
    assert {name for name, number in numbers.items() if number in browser.get("/desk/events").text} == sees - {"far"}
    for name, number in numbers.items():
        assert browser.get(f"/desk/cases/{number}").status_code == (200 if name in sees else 404)
        assert browser.get(f"/desk/find?number={number}").status_code == (303 if name in sees else 404)


def test_a_case_of_an_unknown_place_is_seen_by_everybody(talks: Talks, office: Office) -> None:
    talks.say("陌生人", "水管爆了，水漫到楼道了")

    assert shown(office.browser(ELSEWHERE)) != {}


def test_a_look_at_the_board_is_one_entry_of_the_read_log_and_names_what_was_read(talks: Talks, duty: Browser) -> None:
    numbers = {lift(talks), leak(talks)}

    duty.get("/desk")
    duty.get("/desk/events")

    with talks.store.read() as tx:
        ((_at, reader, why),) = audit.readings(tx, "board")
    assert reader.startswith("staff:")
    assert set(why.removeprefix("board read: ").split()) == numbers


def test_fifty_stand_on_a_page_and_the_rest_on_the_next(talks: Talks, duty: Browser) -> None:
    total = 52
    for place in range(total):
        wanted = OpenCase(f"建议第{place}盏路灯换一个", Seen("suggestion", "suggestion"))
        turn.give(talks.house, wanted, actor=Actor("person", Owner(person_id=1), channel="sms"), now=talks.now)

    first, second = shown(duty), shown(duty, "/desk?page=2")

    assert (sum(map(len, first.values())), sum(map(len, second.values()))) == (50, total - 50)
    assert "下一页" in duty.sees("/desk")
    assert "上一页" in duty.sees("/desk?page=2")
    assert shown(duty, "/desk?page=900") == {}
    assert shown(duty, "/desk?page=x") == first


def test_class_and_state_are_filtered_by_plain_links(talks: Talks, duty: Browser) -> None:
    urgent, general = lift(talks), leak(talks)

    assert shown(duty, "/desk?class=urgent") == {"waiting": [urgent]}
    assert shown(duty, "/desk?class=general") == {"other": [general]}
    assert shown(duty, "/desk?class=general&state=accepted") == {}
    assert shown(duty, "/desk?class=nonsense&state=nonsense") == {"waiting": [urgent], "other": [general]}
    assert "没有。" in duty.sees("/desk?state=closed")


@pytest.mark.parametrize("written", ["{}", " {} ", "{0[0]} {0[1]}{0[2]}-{0[3]}{0[4]}"])
def test_a_number_leads_to_its_case_however_it_is_written(talks: Talks, duty: Browser, written: str) -> None:
    number = lift(talks)

    assert duty.get("/desk/find").status_code == 200
    answer = duty.client.get("/desk/find", query_string={"number": written.format(number)})

    assert (answer.status_code, answer.location) == (303, f"/desk/cases/{number}")


def test_a_number_with_a_wrong_digit_is_told_from_one_that_is_not_there(talks: Talks, duty: Browser) -> None:
    number = lift(talks)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    nobodys = number_of((sequence_of(number) or 0) + 500)

    assert f"{wrong}不是事项编号" in words_of(duty.get(f"/desk/find?number={wrong}"))
    assert f"没有{nobodys}号" in words_of(duty.get(f"/desk/find?number={nobodys}"))
    assert "<b>" not in duty.get("/desk/find?number=<b>").text


# What is new


def told(answer: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in answer.strip().splitlines())


def test_an_event_stream_gives_what_is_new_and_ends(talks: Talks, duty: Browser) -> None:
    page = duty.get("/desk").text
    path = re.search(r'data-live="([^"]+)"', page)
    assert path
    quiet = duty.get(path[1].replace("&amp;", "&"))
    assert quiet.mimetype == "text/event-stream"
    assert told(quiet.text) == {"retry": "3000"}

    number = lift(talks)
    new = told(duty.get(path[1].replace("&amp;", "&")).text)

    assert msgspec.json.decode(new["data"]) == {
        "counts": {"waiting": 1, "urgent": 0, "other": 0},
        "named": [[number, "urgent"]],
        "case": "",
    }
    assert LIFT not in new["data"]
    assert told(duty.get(path[1], Last_Event_ID=new["id"]).text) == {"retry": "3000"}


def test_every_change_is_told_once(talks: Talks, duty: Browser) -> None:
    number = lift(talks)
    seen = set()
    for change in (
        lambda: None,
        lambda: talks.wait(timedelta(minutes=20)),  # the next of the ladder
        lambda: answered(talks, number),
    ):
        change()
        seen.add(told(duty.get("/desk/events").text)["id"])
    assert len(seen) == 3


def test_a_page_that_asks_by_itself_writes_nothing(talks: Talks, duty: Browser) -> None:
    lift(talks)
    before = talks.count(READ_LOG)

    for _time in range(5):
        assert duty.get("/desk/events").status_code == 200

    assert talks.count(READ_LOG) == before


def test_an_open_page_of_a_case_hears_of_its_own_case(talks: Talks, duty: Browser, office: Office) -> None:
    number = lift(talks)
    before = msgspec.json.decode(told(duty.get(f"/desk/events?case={number}").text)["data"])["case"]
    talks.say("邻居", "2")
    after = msgspec.json.decode(told(duty.get(f"/desk/events?case={number}").text)["data"])["case"]

    assert before != after
    elsewhere = office.browser(ELSEWHERE).get(f"/desk/events?case={number}").text
    assert msgspec.json.decode(told(elsewhere)["data"])["case"] == ""
