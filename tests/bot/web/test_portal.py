"""The web chat's pages as a browser meets them: the real house behind them, and a browser that keeps its cookies."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot import conversations, turn
from bot.attachments import ATTACHMENT, INBOUND, Shelf, fetch_due
from bot.conversations import MOST
from bot.deliveries import DELIVERY
from bot.drawing import Brush
from bot.effects import Actor, Owner
from bot.envelope import Inbound
from bot.errors import StoreDown
from bot.store import people
from bot.store.audit import readings
from bot.store.begin import Store
from bot.web.front import front
from bot.web.portal import NEW_A_MINUTE, PHOTOS_A_MINUTE, Portal, portal_pages
from bot.web.server import create_app
from bot.web.visitor import COOKIE, new_token
from channels.uploads import Uploads
from channels.webchat import Webchat
from tests.channels.rigs import portal as bare_portal
from tests.talks import TRANSLATOR, Talks
from workflows.cases.words import AnswerCase

OWN = {"Sec-Fetch-Site": "same-origin"}
SCRIPT = OWN | {"Accept": "application/json"}
TRAPPED, LIGHT = "示例新村3号楼2单元电梯困人了", "示例新村3号楼2单元楼道灯不亮"
JPEG = b"\xff\xd8\xff\xe0" + b"a wall with a crack" * 20


@dataclass
class Site:
    """The portal over a house."""

    talks: Talks
    folder: Path
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def uploads(self) -> Uploads:
        return Uploads(self.folder / "uploads")

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.folder / "attachments", 1_000_000)

    @property
    def app(self) -> Flask:
        one = self.portal()
        return create_app([front("", one.translator, one.clock), portal_pages(one)])

    def portal(self) -> Portal:
        store, brush = self.talks.store, Brush(Webchat(self.uploads), TRANSLATOR)
        return bare_portal(
            **{
                "take": lambda inbound: turn.receive(self.talks.house, inbound, self.talks.now),
                "news": lambda address, after: conversations.news(store, brush, address, after=after, now=self.talks.now),
                "history": lambda address: conversations.history(store, brush, address, now=self.talks.now),
                "photo": lambda address, one: conversations.photo(store, self.shelf, address, attachment_id=one, now=self.talks.now),
                "is_known": partial(conversations.is_known, store),
                "is_danger": lambda words: self.talks.house.look(words, None).danger,
                "clock": lambda: self.talks.now,
                "uploads": self.uploads,
                **self.given,
            },
        )

    def fetch(self) -> int:
        return asyncio.run(fetch_due(self.talks.store, [Webchat(self.uploads)], self.shelf, now=self.talks.now))

    def rows(self, *columns: Any) -> list[Any]:
        with self.talks.store.read() as tx:
            return list(tx.all(select(*columns)))


class Browser:
    """One browser without a script, and what its page shows."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.shown = ""

    def opens(self, path: str = "/chat", **headers: str) -> str:
        self.shown = unescape(self.client.get(path, headers=headers).get_data(as_text=True))
        return self.shown

    def posts(self, form: dict[str, Any], path: str = "/chat/say", headers: dict[str, str] = OWN) -> TestResponse:
        return self.client.post(path, data=form, headers=headers)

    def says(self, text: str = "", **more: Any) -> TestResponse:
        """What is typed into the page as it stands is posted, and the page that comes of it is shown."""
        self.opens()
        answer = self.posts({**self.hidden(), "text": text, **more})
        if answer.status_code == 303:
            self.opens(answer.headers["Location"].partition("#")[0])
        else:
            self.shown = unescape(answer.get_data(as_text=True))
        return answer

    def hidden(self) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="(id|token)" value="([^"]+)"', self.shown)[::-1])

    def picks(self, words: str) -> TestResponse:
        (value,) = re.findall(rf'<button name="pick" value="([^"]+)"[^>]*>{words}<', self.shown)
        answer = self.posts({"pick": value})
        self.opens()
        return answer

    def events(self, after: int = 0) -> TestResponse:
        return self.client.get("/chat/events", headers={"Last-Event-ID": str(after)} if after else {})

    @property
    def token(self) -> str:
        cookie = self.client.get_cookie(COOKIE)
        return cookie.value if cookie else ""


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


@pytest.fixture
def site(talks: Talks, tmp_path: Path) -> Site:
    return Site(talks, tmp_path)


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.app)


def answered(talks: Talks, words: str) -> None:
    """A member of staff answers the newest case."""
    case = talks.cases()[-1]
    with talks.store.read() as tx:
        officer = people.staff_by_handle(tx, "duty1")
    assert officer is not None
    actor = Actor("staff", Owner(officer.person_id), officer.id, officer.role, channel="console")
    turn.give(talks.house, AnswerCase(case.number, words), actor=actor, now=talks.now)


# The conversation


def test_without_a_script_a_stranger_reports_answers_and_finds_it_all_again(browser: Browser, talks: Talks) -> None:
    browser.says("3号楼2单元电梯困人了")
    assert "是哪个小区？" in browser.shown
    browser.picks("示例新村")
    browser.picks("没有")

    (case,) = talks.cases()
    assert (case.label, case.hurt) == ("urgent", "no")
    for words in ("3号楼2单元电梯困人了", case.number, "示例新村", "没有", "待在安全的地方"):
        assert words in browser.shown
    assert 'name="pick"' not in browser.shown  # nothing is asked any more


def test_the_first_key_is_the_emergency_on_the_front_page_too(browser: Browser, talks: Talks) -> None:
    shown = browser.opens("/")
    assert re.findall(r"<(?:button|a class=\"go\")[^>]*>([^<]+)<", shown)[0] == "🆘 一键求助"
    browser.posts({**browser.hidden(), "key": "sos"})

    assert re.findall(r"<button[^>]*>([^<]+)<", browser.opens())[:3] == ["🆘 一键求助", "报修", "我的事"]
    (case,) = talks.cases()
    assert (case.label, case.words) == ("urgent", "🆘 一键求助")
    assert "119" in browser.shown


def test_the_code_of_a_stair_leads_to_registering_with_the_stair_known(browser: Browser) -> None:
    browser.opens("/chat?at=join-1-1")
    assert "您扫的是楼道里的码" in browser.shown
    (key,) = re.findall(r'<button [^>]*value="(join-[^"]+)">登记我家<', browser.shown)
    browser.posts({**browser.hidden(), "key": key})

    assert "登记要存您的住处" in browser.opens()
    assert "登记我家" in browser.shown
    assert "join_1_1" not in browser.shown
    browser.picks("同意")
    assert "几室" in browser.shown


@pytest.mark.parametrize("at", ["", "join-", "join-3-2-1", "join-x", "join-3<script>", "JOIN-3", "join-1234567890"])
def test_what_is_no_code_of_a_stair_shows_the_page_as_ever(browser: Browser, at: str) -> None:
    assert "楼道里的码" not in browser.opens(f"/chat?at={at}")
    assert "<h1>" in browser.shown


def test_there_is_no_cookie_before_the_first_word_and_then_one_that_no_script_reads(browser: Browser, site: Site) -> None:
    browser.opens("/")
    browser.opens()
    browser.events()
    assert not browser.token
    assert not site.rows(INBOUND.c.id)

    set_cookie = browser.says(LIGHT).headers["Set-Cookie"]
    assert re.search(r"; HttpOnly;", set_cookie)
    assert re.search(r"; SameSite=Lax", set_cookie)
    assert "Secure" in set_cookie  # its public address is https
    assert f"Max-Age={180 * 86400}" in set_cookie


def test_the_token_is_kept_nowhere_but_in_the_browser(browser: Browser, site: Site) -> None:
    browser.says(LIGHT)
    assert browser.token

    for table in DELIVERY.metadata.sorted_tables:
        assert browser.token.encode() not in repr(site.rows(*table.c)).encode()


def test_a_form_posted_twice_is_one_report_and_one_conversation(browser: Browser, site: Site, talks: Talks) -> None:
    """Two taps before any cookie is there."""
    browser.opens()
    form = {**browser.hidden(), "text": LIGHT}
    first, second = site.app.test_client().post("/chat/say", data=form, headers=OWN), browser.posts(form)

    assert first.headers["Set-Cookie"].split(";")[0] == second.headers["Set-Cookie"].split(";")[0]
    assert len(talks.cases()) == len(site.rows(INBOUND.c.id)) == 1
    assert talks.cases()[0].number in browser.opens()


def test_a_browser_that_keeps_no_cookie_is_told_that_the_words_have_arrived(site: Site, talks: Talks) -> None:
    browser = Browser(site.app)
    browser.client = site.app.test_client(use_cookies=False)
    browser.says(TRAPPED)

    assert "您写的我们收到了" in browser.shown
    assert "119" in browser.shown
    assert len(talks.cases()) == 1


def test_two_browsers_are_two_people(site: Site) -> None:
    one, other = Browser(site.app), Browser(site.app)
    one.says(LIGHT)
    other.says(TRAPPED)

    assert LIGHT not in other.opens()
    assert TRAPPED not in one.opens()
    assert one.token != other.token


def test_a_conversation_that_is_ended_here_goes_on_elsewhere(browser: Browser, talks: Talks) -> None:
    browser.says(LIGHT)
    answer = browser.posts({}, "/chat/end")

    assert answer.headers["Location"] == "/chat?ended=1"
    assert not browser.token
    assert "已经结束" in browser.opens("/chat?ended=1")
    assert LIGHT not in browser.shown
    assert talks.cases()[0].state == "open"


def test_what_a_page_shows_again_is_on_record(browser: Browser, site: Site) -> None:
    browser.says(LIGHT)
    (address,) = set(site.rows(INBOUND.c.address_id))

    with site.talks.store.read() as tx:
        looks = readings(tx, f"address:{address.address_id}")
    assert {reader.partition(":")[0] for _at, reader, _why in looks} == {"person"}


def test_words_are_shown_as_words(browser: Browser) -> None:
    browser.client.set_cookie(COOKIE, "A" * 43)
    browser.posts({"id": "an-id-of-a-form", "text": "<script>alert(1)</script> & 漏水了"})

    page = browser.client.get("/chat").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 漏水了" in page


# What is new


def test_the_stream_gives_what_is_new_and_ends(browser: Browser, talks: Talks) -> None:
    browser.says(LIGHT)
    seen = int(re.findall(r'data-after="(\d+)"', browser.shown)[0])
    assert browser.events(seen).get_data(as_text=True) == "retry: 2000\n\n"

    answered(talks, "电工下午三点到")
    answer = browser.events(seen)
    stream = answer.get_data(as_text=True)

    assert answer.mimetype == "text/event-stream"
    assert stream.count("data: ") == 1
    (told,) = re.findall(r"^id: (\d+)$", stream, re.MULTILINE)
    assert "电工下午三点到" in stream
    assert browser.events(int(told)).get_data(as_text=True) == "retry: 2000\n\n"
    assert "电工下午三点到" in browser.events(seen).get_data(as_text=True), "what was lost on the way comes again"


def test_who_claims_to_have_seen_nothing_gets_the_newest_and_no_more(browser: Browser, talks: Talks) -> None:
    browser.says(LIGHT)
    for number in range(MOST + 10):
        talks.now += timedelta(seconds=10)
        browser.posts({"key": "status", "id": f"an-id-{number:05}"})
        browser.events(1)

    assert browser.events().get_data(as_text=True).count("data: ") == MOST


def test_what_was_told_in_the_stream_counts_as_sent_and_not_before(browser: Browser, site: Site, talks: Talks) -> None:
    def latest() -> str:
        rows = site.rows(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.channel)
        return str(max((row.id, row.state) for row in rows if row.channel == "webchat")[1])

    browser.says(LIGHT)
    answered(talks, "电工下午三点到")
    assert latest() == "queued"

    browser.events()

    assert latest() == "sent"


def test_where_there_is_no_conversation_nothing_will_come(browser: Browser) -> None:
    assert browser.events().status_code == 204
    browser.client.set_cookie(COOKIE, "A" * 43)
    assert browser.events().status_code == 204
    browser.client.set_cookie(COOKIE, "; DROP TABLE")
    assert browser.events().status_code == 204


@pytest.mark.parametrize("seen", ["-1", "9" * 30, "１", "0x1", "", "1; 2"])
def test_an_odd_count_of_what_was_seen_is_nothing(browser: Browser, seen: str) -> None:
    browser.says(LIGHT)
    answer = browser.client.get("/chat/events", headers={"Last-Event-ID": seen.encode().decode("latin-1")}, query_string={"after": seen})
    assert answer.status_code == 200


def test_a_client_that_comes_back_a_thousand_times_changes_nothing_and_leaves_no_thread(browser: Browser, site: Site) -> None:
    browser.says(LIGHT)
    before, threads = site.rows(*DELIVERY.c), threading.active_count()
    last = max(one.id for one in before)

    answers = {browser.events(last).get_data(as_text=True) for _ in range(1000)}

    assert answers == {"retry: 2000\n\n"}
    assert site.rows(*DELIVERY.c) == before
    assert threading.active_count() <= threads
    assert len(site.rows(INBOUND.c.id)) == 1


# What is refused, and what never is


def test_another_sites_form_is_not_taken(browser: Browser, talks: Talks) -> None:
    browser.says(LIGHT)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        for path in ("/chat/say", "/chat/end"):
            answer = browser.posts({"id": "an-id-of-a-form", "text": TRAPPED}, path, headers)
            assert answer.status_code == 403
    assert len(talks.cases()) == 1
    assert browser.token


def test_an_empty_form_is_told_so_and_changes_nothing(browser: Browser, site: Site) -> None:
    answer = browser.says("  ")
    assert (answer.status_code, "请写几个字" in browser.shown) == (400, True)
    assert not site.rows(INBOUND.c.id)


def test_many_strangers_from_one_machine_are_slowed_and_danger_never_is(site: Site) -> None:
    app, elsewhere = site.app, {"REMOTE_ADDR": "203.0.113.7"}

    def stranger(words: str, environ: dict[str, str]) -> TestResponse:
        one = Browser(app)
        one.client.environ_base.update(environ)
        return one.posts({"id": "an-id-of-a-form", "token": new_token(), "text": words})

    taken = [stranger(LIGHT, elsewhere) for _ in range(NEW_A_MINUTE)]
    slowed = stranger(LIGHT, elsewhere)

    assert {answer.status_code for answer in taken} == {303}
    assert slowed.status_code == 429
    assert f">{LIGHT}</textarea>" in slowed.get_data(as_text=True), "the words are kept"
    assert "请过一分钟再发" in slowed.get_data(as_text=True)
    assert stranger(TRAPPED, elsewhere).status_code == 303
    assert stranger(LIGHT, {"REMOTE_ADDR": "203.0.113.8"}).status_code == 303
    site.talks.now += timedelta(minutes=1)
    assert stranger(LIGHT, elsewhere).status_code == 303


def test_with_the_database_down_the_words_stay_and_the_numbers_are_told(site: Site) -> None:
    def down(_inbound: Inbound) -> None:
        raise StoreDown

    def away(*_given: Any) -> None:
        raise StoreDown

    browser = Browser(Site(site.talks, site.folder, {"take": down, "is_known": away, "history": away, "news": away}).app)
    browser.client.set_cookie(COOKIE, "A" * 43)
    answer = browser.says(TRAPPED)

    assert answer.status_code == 503
    assert f">{TRAPPED}</textarea>" in browser.shown
    assert "119、120或110" in browser.shown
    assert browser.client.get("/chat").status_code == 503
    assert browser.events().status_code == 503
    assert browser.posts({"id": "an-id-of-a-form", "text": "漏水"}, headers=SCRIPT).get_json()["note"].startswith("系统这会儿收不下")


def test_two_hundred_sends_in_a_minute_are_joined_and_danger_among_them_is_heard(browser: Browser, talks: Talks) -> None:
    browser.says(LIGHT)
    for number in range(200):
        assert browser.posts({"id": f"an-id-{number:05}", "text": f"还没修，第{number}次"}).status_code == 303
    shown = browser.opens()
    browser.posts({"id": "an-id-of-a-cry", "text": "着火了，救命"})

    assert shown.count('class="said ours"') < 50, "the answers are slowed"
    assert "119" in browser.opens()
    assert sorted(case.label for case in talks.cases()) == ["general", "urgent"]


# Photos


def photo(content: bytes, name: str = "wall.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_a_photo_is_kept_sealed_and_shown_to_who_sent_it_alone(browser: Browser, site: Site) -> None:
    browser.says("示例新村3号楼2单元墙裂了", photo=photo(JPEG))
    assert "您发来的照片或文件。" in browser.shown
    assert site.fetch() == 1

    (kept,) = site.rows(ATTACHMENT.c.id, ATTACHMENT.c.state, ATTACHMENT.c.content_type)
    assert tuple(kept)[1:] == ("kept", "image/jpeg")
    assert f'src="/chat/photo/{kept.id}"' in browser.opens()
    answer = browser.client.get(f"/chat/photo/{kept.id}")
    assert (answer.data, answer.mimetype, answer.headers["Cache-Control"]) == (JPEG, "image/jpeg", "no-store")
    assert all(b"crack" not in file.read_bytes() for file in site.folder.rglob("*") if file.is_file() and file.suffix != ".db")
    other = Browser(site.app)
    other.says(LIGHT)
    assert other.client.get(f"/chat/photo/{kept.id}").status_code == 404
    assert site.app.test_client().get(f"/chat/photo/{kept.id}").status_code == 404
    assert browser.client.get(f"/chat/photo/{'9' * 30}").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (JPEG + bytes(1_000_000), "wall.jpg", "照片超过1兆"),
        (b"MZ\x90\x00 a program", "holiday.jpg", "这个文件不是照片"),
        (b"<html>", "page.png", "这个文件不是照片"),
    ],
)
def test_a_photo_that_is_refused_never_costs_the_words_beside_it(
    browser: Browser, site: Site, content: bytes, name: str, told: str
) -> None:
    answer = browser.says(TRAPPED, photo=photo(content, name))

    assert (answer.status_code, told in browser.shown) == (200, True)
    assert [case.label for case in site.talks.cases()] == ["urgent"]
    assert not (site.folder / "uploads").exists()
    assert browser.token


def test_a_refused_photo_alone_is_told_and_begins_nothing(browser: Browser, site: Site) -> None:
    answer = browser.says(photo=photo(b"MZ a program"))
    assert (answer.status_code, "这个文件不是照片" in browser.shown) == (400, True)
    assert not site.rows(INBOUND.c.id)


def test_more_than_the_door_takes_is_413_with_a_sentence(browser: Browser, site: Site) -> None:
    answer = browser.says(TRAPPED, photo=photo(bytes(3_100_000)))
    assert answer.status_code == 413
    assert "请分几次发" in browser.shown
    assert not site.rows(INBOUND.c.id)


def test_a_flood_of_photos_is_slowed_and_its_words_are_not(browser: Browser, site: Site) -> None:
    def one_more(number: int) -> str:
        form = {"id": f"an-id-{number:05}", "token": "A" * 43, "text": "漏水", "photo": photo(JPEG)}
        return str(browser.posts(form, headers=SCRIPT).get_json()["note"])

    notes = [one_more(number) for number in range(PHOTOS_A_MINUTE + 2)]
    assert [bool(note) for note in notes] == [False] * PHOTOS_A_MINUTE + [True] * 2
    assert len(list((site.folder / "uploads").iterdir())) == PHOTOS_A_MINUTE
    assert len(site.rows(INBOUND.c.id)) == len(notes)


# Places and languages


def test_a_place_is_taken_and_shown(browser: Browser, site: Site) -> None:
    browser.says("", latitude="38.5", longitude="102.1")
    assert "您的位置" in browser.shown
    assert len(site.rows(INBOUND.c.id)) == 1


def test_a_place_that_cannot_be_one_never_costs_the_words_beside_it(browser: Browser, talks: Talks) -> None:
    browser.says(TRAPPED, latitude="0", longitude="0")
    assert "没有读出位置" in browser.shown
    assert len(talks.cases()) == 1


@pytest.mark.parametrize(("language", "told"), [("en", "In danger, call"), ("zh_CN", "有危险马上打电话")])
def test_the_emergency_key_answers_in_the_language_of_the_page(browser: Browser, language: str, told: str) -> None:
    browser.opens(f"/chat?language={language}")
    browser.posts({**browser.hidden(), "key": "sos"})
    assert told in browser.opens()


def test_their_own_words_tell_their_language_better_than_the_page(browser: Browser) -> None:
    browser.opens("/chat?language=en")
    browser.says("示例新村3号楼2单元楼道灯不亮")
    assert "编号" in browser.shown
    assert '<p lang="zh-CN">' in browser.shown


@pytest.mark.parametrize("path", ["/", "/chat"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_pages_load_nothing_from_elsewhere_and_run_nothing_inline(browser: Browser, path: str, language: str) -> None:
    answer = browser.client.get(f"{path}?language={language}")
    page = answer.get_data(as_text=True)

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|(?:src|href|action)=\"(?:https?:)?//", page)
    assert f'<html lang="{language.replace("_", "-")}">' in page
    assert answer.headers["Referrer-Policy"] == "same-origin"
