"""A case is worked on and brought to its end at the desk, by the same door-keeper as everywhere."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from werkzeug.test import TestResponse

from bot.attachments import Shelf
from bot.store.sealed import Vault
from bot.web.desk.steps import STEPS, WAYS, steps_of
from tests.bot.web.desk.offices import Browser, Office
from tests.stores import NewDatabase, opened
from tests.talks import Talks, words_to
from workflows.cases.end_words import OFFLINE
from workflows.cases.states import ENDED, TABLE
from workflows.cases.views import CaseView

LEAK = "厨房水龙头漏水了"
DONE = "水龙头换了新的。"


@pytest.fixture
def number(talks: Talks) -> str:
    """A repair at a registered home."""
    talks.say("居民", LEAK)
    talks.say("居民", "1")
    return talks.cases()[0].number


def goes(browser: Browser, number: str, step: str, **fields: str) -> TestResponse:
    page = f"/desk/cases/{number}"
    return browser.post(f"{page}/steps/{step}", of=page, **fields)


def of(talks: Talks) -> CaseView:
    return talks.cases()[0]


def forms(browser: Browser, number: str) -> list[str]:
    """The steps that the page offers."""
    return re.findall(r'data-step="(\w+)"', browser.get(f"/desk/cases/{number}").text)


def test_a_case_is_taken_worked_on_and_done_and_its_resident_closes_it(talks: Talks, number: str, duty: Browser) -> None:
    duty.post(f"/desk/cases/{number}/accept", of=f"/desk/cases/{number}")
    assert goes(duty, number, "progress", words="师傅下午三点上门").status_code == 303
    assert "师傅下午三点上门" in words_to("居民", talks.heard())[-1]

    answer = goes(duty, number, "resolve", words=DONE, offline="visit")
    assert answer.headers["Location"].endswith(f"/desk/cases/{number}?done=resolve")
    assert "好了，已记在下面的经过里。" in duty.sees(answer.headers["Location"])
    assert f"我们办好了：{DONE}解决了吗？" in words_to("居民", talks.heard())[-1].replace("\n", "")
    talks.say("居民", "1")

    assert of(talks).state == "closed"
    assert forms(duty, number) == ["note"]


def test_a_form_posted_twice_is_one_step(talks: Talks, number: str, duty: Browser) -> None:
    form = duty.form(f"/desk/cases/{number}") | {"words": DONE, "offline": "call"}
    told = [duty.client.post(f"/desk/cases/{number}/steps/resolve", data=form) for _time in range(2)]

    assert [one.status_code for one in told] == [303, 303]
    assert len(words_to("居民", talks.heard())) == 1


def test_what_the_resident_said_is_written_down_by_another_than_who_did_it(
    talks: Talks, number: str, duty: Browser, office: Office
) -> None:
    goes(duty, number, "resolve", words=DONE, offline="visit")
    assert goes(duty, number, "verdict", verdict="solved").status_code == 422

    assert goes(office.browser("street1"), number, "verdict", verdict="not").status_code == 303
    assert of(talks).state == "reopened"


def test_a_case_that_waits_goes_on(talks: Talks, number: str, duty: Browser) -> None:
    duty.post(f"/desk/cases/{number}/accept", of=f"/desk/cases/{number}")
    goes(duty, number, "wait", words="几点在家？")
    assert of(talks).state == "waiting"
    assert goes(duty, number, "go_on").status_code == 303
    assert of(talks).state == "in_progress"


def test_a_note_among_staff_stays_among_them(talks: Talks, number: str, duty: Browser) -> None:
    talks.heard()
    goes(duty, number, "note", words="钥匙在门卫")
    assert words_to("居民", talks.heard()) == []
    assert "钥匙在门卫" in duty.sees(f"/desk/cases/{number}")

    goes(duty, number, "note", words="配件明天到", for_resident="yes")
    assert "配件明天到" in words_to("居民", talks.heard())[-1]


def test_another_class_is_another_date_and_the_resident_hears_why(talks: Talks, number: str, duty: Browser) -> None:
    assert goes(duty, number, "reclassify", label="suggestion", words="是建议不是报修").status_code == 303
    assert of(talks).label == "suggestion"
    assert "是建议不是报修" in words_to("居民", talks.heard())[-1]


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("resolve", {"words": "", "offline": "visit"}),
        ("resolve", {"words": DONE}),
        ("resolve", {"words": DONE, "offline": "none"}),
        ("resolve", {"words": DONE, "offline": "pigeon"}),
        ("resolve", {"words": "好" * 10_000, "offline": "visit"}),
        ("reclassify", {"words": "不对", "label": "nonsense"}),
        ("reclassify", {"words": "", "label": "urgent"}),
        ("cancel", {"words": " \r\n "}),
        ("note", {"words": ""}),
        ("wait", {"words": "几点在家？"}),  # nobody has taken it yet
        ("arrive", {}),
    ],
)
def test_what_is_refused_is_told_and_the_words_stand_in_their_open_form(
    talks: Talks, number: str, duty: Browser, step: str, fields: dict[str, str]
) -> None:
    answer = goes(duty, number, step, **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert of(talks).state == "open"
    if words := fields.get("words", "").strip():
        offered = re.search(rf'data-step="{step}" open>.*?<textarea[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
        assert (html.unescape(offered[1]).strip() if offered else words) == words
        assert offered or step in ("wait", "arrive")


def test_a_step_that_the_database_cannot_take_is_kept_whole_and_sent_again(new_sqlite: NewDatabase, vault: Vault, tmp_path: Path) -> None:
    url = new_sqlite()
    with opened(url, vault, patience=timedelta(milliseconds=50)) as store, closing(sqlite3.connect(str(make_url(url).database))) as other:
        talks = Talks(store)
        talks.say("居民", LEAK)
        case = talks.cases()[0].number
        duty = Office(talks, Shelf(tmp_path)).browser("duty1")
        page, form = f"/desk/cases/{case}/steps/resolve", duty.form(f"/desk/cases/{case}")
        other.execute("BEGIN IMMEDIATE")
        answer = duty.client.post(page, data=form | {"words": DONE, "offline": "none", "why_not": "家里没人"})
        other.rollback()

        assert (answer.status_code, of(talks).state) == (503, "open")
        again = dict(re.findall(r'name="(key|csrf_token|offline|why_not)" value="([^"]*)"', answer.text))
        kept = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
        assert kept is not None
        told = {name: html.unescape(value) for name, value in again.items()} | {"words": html.unescape(kept[1]).strip()}
        assert duty.client.post(page, data=told).status_code == 303
        assert of(talks).state == "resolved"


def test_another_grids_case_and_a_step_that_is_none_are_not_there(office: Office, number: str, duty: Browser) -> None:
    elsewhere = office.browser("grid3")
    form = {name: value for name, value in duty.form(f"/desk/cases/{number}").items() if name != "csrf_token"}

    assert elsewhere.post(f"/desk/cases/{number}/steps/note", words="不是我的", **form).status_code == 404
    assert goes(duty, number, "explode", words="x").status_code == 404
    assert "不是我的" not in duty.sees(f"/desk/cases/{number}")


@pytest.mark.parametrize("state", TABLE)
def test_a_page_offers_what_the_table_of_states_allows_and_a_note_always(state: str) -> None:
    offered = steps_of(state)
    assert set(offered) - {"note", "reclassify", "verdict"} <= set(TABLE[state])
    assert "note" in offered
    assert ("verdict" in offered) is (state == "resolved")
    assert ("reclassify" in offered) is (state not in (*ENDED, "resolved"))
    assert list(offered) == [name for name in STEPS if name in offered]


def test_every_way_to_tell_a_result_has_its_words() -> None:
    assert tuple(WAYS) == OFFLINE


def test_the_steps_have_no_script_to_stand_on(number: str, duty: Browser) -> None:
    page = duty.get(f"/desk/cases/{number}").text
    assert "onclick" not in page
    assert page.count("<details") == len(forms(duty, number))
