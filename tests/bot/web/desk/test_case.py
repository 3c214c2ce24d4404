"""One case at the desk: read whole, answered once, and what was typed is never lost."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot import turn
from bot.attachments import Shelf
from bot.effects import Actor, Owner
from bot.store import audit, timeline
from bot.store.sealed import Vault
from tests.bot.web.desk.offices import ELSEWHERE, ROLES, Browser, Office, words_of
from tests.stores import NewDatabase, opened
from tests.talks import Talks, words_to
from workflows.cases.number import number_of, sequence_of
from workflows.cases.words import AmendCase

LIFT = "3号楼2单元电梯困人了"
COMING = "师傅十分钟到，请别扒门。"
NEIGHBOUR = "+9990100002"


@pytest.fixture
def number(talks: Talks) -> str:
    """An urgent case in the grid of `grid1`."""
    talks.say("邻居", LIFT)
    return talks.cases()[0].number


def typed(answer_page: str) -> str:
    """What stands in the form for the answer."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", answer_page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def kinds(talks: Talks, number: str) -> list[str]:
    with talks.store.read() as tx:
        return [entry.kind for entry in timeline.entries(tx, f"case:{number}")]


def test_everything_is_there_and_the_first_words_come_first(talks: Talks, number: str, duty: Browser) -> None:
    talks.say("邻居", "1")
    talks.wait(timedelta(minutes=15))

    page = duty.sees(f"/desk/cases/{number}")

    assert f"{number}号 · 电梯 紧急 还没人接手 有人受伤或被困 {LIFT}" in page
    assert "地点 示例新村3号楼2单元电梯" in page
    assert "期限 最迟明天9:00" in page
    assert "居民说：有人受伤或被困。" in page
    assert page.index("叫了网格长。") < page.index("叫了网格员。") < page.index("收到来报，归为紧急、电梯。")


def test_a_look_is_on_record(talks: Talks, number: str, duty: Browser) -> None:
    duty.sees(f"/desk/cases/{number}")

    with talks.store.read() as tx:
        assert [why for _at, reader, why in audit.readings(tx, f"case:{number}") if reader.startswith("staff:")] == ["case read"]


# The answer


@pytest.mark.parametrize("role", ROLES)
def test_every_role_that_sees_a_case_answers_it(talks: Talks, office: Office, number: str, role: str) -> None:
    talks.heard()
    browser = office.browser(ROLES[role])

    answer = browser.answers(number, COMING)

    assert (answer.status_code, answer.location) == (303, f"/desk/cases/{number}?done=answered")
    assert words_to("邻居", talks.heard()) == [f"{number}号答复：{COMING}"]
    page = browser.sees(answer.location)
    assert "您的答复正在发给居民。" in page
    assert f"（{ROLES[role]}）答复居民： {COMING}" in page


def test_a_form_that_is_posted_twice_is_done_once_and_shows_the_same_page(talks: Talks, number: str, duty: Browser) -> None:
    talks.heard()
    form = duty.form(f"/desk/cases/{number}") | {"words": COMING}

    first, second = (duty.client.post(f"/desk/cases/{number}/answer", data=form) for _time in range(2))

    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert kinds(talks, number).count("answered") == 1
    assert len(words_to("邻居", talks.heard())) == 1


def test_gone_back_and_written_anew_the_same_form_is_another_answer(talks: Talks, number: str, duty: Browser) -> None:
    """It is not swallowed as a repeat: the page says that there is something new, and the words wait."""
    form = duty.form(f"/desk/cases/{number}")
    duty.client.post(f"/desk/cases/{number}/answer", data=form | {"words": COMING})

    again = duty.client.post(f"/desk/cases/{number}/answer", data=form | {"words": "师傅到了。"})

    assert again.status_code == 409
    assert typed(again.text) == "师傅到了。"
    assert duty.answers(number, "师傅到了。").status_code == 303
    assert kinds(talks, number).count("answered") == 2


def test_what_came_meanwhile_is_shown_first_and_the_words_are_kept(talks: Talks, number: str, duty: Browser) -> None:
    form = duty.form(f"/desk/cases/{number}") | {"words": COMING}
    talks.say("邻居", "2")

    answer = duty.client.post(f"/desk/cases/{number}/answer", data=form, headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 409
    assert "这件事有了新进展" in words_of(answer)
    assert "居民说：没有人受伤或被困。" in words_of(answer)
    assert typed(answer.text) == COMING
    assert "answered" not in kinds(talks, number)
    assert duty.client.post(f"/desk/cases/{number}/answer", data=form).status_code == 409

    fresh = dict(re.findall(r'name="(seen|key|csrf_token)" value="([^"]*)"', answer.text))
    assert duty.client.post(f"/desk/cases/{number}/answer", data=fresh | {"words": COMING}).status_code == 303


def test_that_the_next_one_was_called_meanwhile_holds_no_answer_up(talks: Talks, number: str, duty: Browser) -> None:
    form = duty.form(f"/desk/cases/{number}") | {"words": COMING}
    before = kinds(talks, number)
    talks.wait(timedelta(minutes=31))
    assert kinds(talks, number) != before

    assert duty.client.post(f"/desk/cases/{number}/answer", data=form).status_code == 303


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "还没有写答复"),
        (" \r\n\t ", "还没有写答复"),
        ("好" * 10_000, "最多1000个字，您写了10000个字"),
        ("<b>&amp;" * 200, "最多1000个字"),
    ],
)
def test_what_is_refused_is_told_on_the_page_and_the_words_are_kept(talks: Talks, number: str, duty: Browser, words: str, why: str) -> None:
    answer = duty.answers(number, words)

    assert answer.status_code == 422
    assert why in words_of(answer)
    assert typed(answer.text) == words.replace("\r\n", "\n")
    assert "answered" not in kinds(talks, number)


def test_words_that_the_database_cannot_take_stay_on_the_page(new_sqlite: NewDatabase, vault: Vault, tmp_path: Path) -> None:
    url = new_sqlite()
    with opened(url, vault, patience=timedelta(milliseconds=50)) as store, closing(sqlite3.connect(str(make_url(url).database))) as other:
        talks = Talks(store)
        talks.say("邻居", LIFT)
        number = talks.cases()[0].number
        duty = Office(talks, Shelf(tmp_path)).browser("duty1")
        form = duty.form(f"/desk/cases/{number}") | {"words": COMING}
        other.execute("BEGIN IMMEDIATE")

        answer = duty.client.post(f"/desk/cases/{number}/answer", data=form, headers={"Accept-Language": "zh-CN"})

        other.rollback()
        assert answer.status_code == 503
        assert "您的话没有发出" in words_of(answer)
        assert typed(answer.text) == COMING
        again = dict(re.findall(r'name="(seen|key|csrf_token)" value="([^"]*)"', answer.text)) | {"words": COMING}
        assert duty.client.post(f"/desk/cases/{number}/answer", data=again).status_code == 303


def test_lines_are_kept_as_they_were_typed(talks: Talks, number: str, duty: Browser) -> None:
    talks.heard()
    duty.answers(number, "第一，别扒门。\r\n第二，等师傅。")

    assert words_to("邻居", talks.heard()) == [f"{number}号答复：第一，别扒门。\n第二，等师傅。"]


@pytest.mark.parametrize("broken", [{"key": ""}, {"key": "short"}, {"key": "x" * 100}, {"seen": ""}, {"seen": "-1"}, {"seen": "²"}])
def test_a_form_that_is_not_ours_is_refused(talks: Talks, number: str, duty: Browser, broken: dict[str, str]) -> None:
    assert duty.answers(number, COMING, **broken).status_code == 400
    assert "answered" not in kinds(talks, number)


def test_without_the_pages_token_nothing_is_done(talks: Talks, number: str, duty: Browser) -> None:
    for act in ("answer", "accept", "decline", "phone"):
        assert duty.client.post(f"/desk/cases/{number}/{act}", data={"words": COMING, "seen": "1", "key": "k" * 20}).status_code == 400
    assert "answered" not in kinds(talks, number)


# Taking it


def test_who_takes_it_has_it_however_often_they_press(talks: Talks, number: str, office: Office) -> None:
    talks.heard()
    worker, page = office.browser("grid1"), f"/desk/cases/{number}"
    form = worker.form(page)

    answers = [worker.client.post(f"{page}/accept", data=form) for _time in range(2)]

    assert [answer.location for answer in answers] == [f"{page}?done=accepted"] * 2
    assert "这件事归您了" in worker.sees(f"{page}?done=accepted")
    assert "网格员（grid1），就是您" in worker.sees(page)
    assert kinds(talks, number).count("accepted") == 1
    assert words_to("邻居", talks.heard()) == [f"网格员已经接了您报的{number}号。"]


def test_who_was_slower_is_told_who_has_it(talks: Talks, number: str, office: Office, duty: Browser) -> None:
    page = f"/desk/cases/{number}"
    late = duty.form(page)
    office.browser("grid1").post(f"{page}/accept", of=page)

    answer = duty.client.post(f"{page}/accept", data=late)

    assert "网格员（grid1）先接手了。" in duty.sees(answer.location)
    assert kinds(talks, number).count("accepted") == 1


def test_who_cannot_go_after_all_gives_it_back(talks: Talks, number: str, office: Office) -> None:
    page, worker = f"/desk/cases/{number}", office.browser("grid1")
    worker.post(f"{page}/accept", of=page)

    worker.post(f"{page}/decline", of=page)

    assert talks.cases()[0].state == "open"
    assert "网格员（grid1）接手后又去不了，已马上叫下一位。" in worker.sees(page)


def test_only_who_is_being_called_says_that_they_cannot_go(talks: Talks, number: str, office: Office, duty: Browser) -> None:
    page, button = f"/desk/cases/{number}", "我去不了"
    assert button in office.browser("grid1").sees(page)
    assert button not in duty.sees(page)

    talks.wait(timedelta(minutes=31))

    assert button in duty.sees(page)
    assert button not in office.browser("grid1").sees(page)
    duty.post(f"{page}/decline", of=page)
    assert "值班员（duty1）说去不了。" in duty.sees(page)
    assert "叫了街道值班员。" in duty.sees(page)


# What others may not


def test_a_case_of_another_grid_is_not_there_for_anything(talks: Talks, number: str, office: Office) -> None:
    worker, page = office.browser(ELSEWHERE), f"/desk/cases/{number}"
    nobodys = number_of((sequence_of(number) or 0) + 500)

    hidden, unknown = worker.get(page), worker.get(f"/desk/cases/{nobodys}")

    assert (hidden.status_code, words_of(hidden)) == (unknown.status_code, words_of(unknown)) == (404, words_of(unknown))
    form = worker.form("/desk") | {"words": COMING, "seen": "1", "key": "k" * 20}
    for act in ("answer", "accept", "decline", "phone"):
        assert worker.client.post(f"{page}/{act}", data=form).status_code == 404
    assert set(kinds(talks, number)) == {"opened", "asked"}


@pytest.mark.parametrize("number", ["0", "x", "10013x", "1" * 300, "%00", "..%2f..", "１００１３"])
def test_what_is_no_number_is_not_there(duty: Browser, number: str) -> None:
    assert duty.get(f"/desk/cases/{number}").status_code == 404


@pytest.mark.parametrize(("role", "may"), [(role, role != "administrator") for role in ROLES])
def test_the_phone_number_is_shown_to_who_asks_and_it_is_on_record(
    talks: Talks, office: Office, number: str, role: str, *, may: bool
) -> None:
    page, browser = f"/desk/cases/{number}", office.browser(ROLES[role])
    assert NEIGHBOUR not in browser.get(page).text

    answer = browser.post(f"{page}/phone", of=page, words=COMING)

    assert (answer.status_code, NEIGHBOUR in answer.text) == ((200, True) if may else (403, False))
    assert answer.headers["Cache-Control"] == "no-store"
    assert not may or typed(answer.text) == COMING
    with talks.store.read() as tx:
        assert ("phone shown" in [why for _at, _reader, why in audit.readings(tx, f"case:{number}")]) is may
    assert browser.get(f"{page}/phone").status_code == 405


def test_an_erased_case_is_still_a_page(talks: Talks, number: str, duty: Browser) -> None:
    with talks.store.begin() as tx:
        ((key,),) = tx.connection.exec_driver_sql("SELECT data_key_id FROM case_record").all()
        tx.erase(key, talks.now)

    page = duty.sees(f"/desk/cases/{number}")

    assert LIFT not in page
    assert "（没有文字）" in page


def test_words_of_a_resident_are_words_and_never_a_page(talks: Talks, duty: Browser) -> None:
    talks.say("陌生人", "<script>alert(1)</script>水管漏水")
    number = talks.cases()[0].number
    words = AmendCase(number, note="{place} %s </blockquote>")
    turn.give(talks.house, words, actor=Actor("staff", Owner(), role="administrator", channel="desk"), now=talks.now)

    for path in ("/desk", f"/desk/cases/{number}"):
        assert "<script>alert" not in duty.get(path).text
    assert "{place} %s </blockquote>" in duty.sees(f"/desk/cases/{number}")
