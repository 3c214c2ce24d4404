"""A browser without a window for the desk's pages: signed in as somebody of the invented estate, on a real store."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.attachments import Shelf
from bot.room import House
from bot.store import desk_sessions, people
from bot.web.desk.desk import desk_pages
from bot.web.desk.door import Door
from bot.web.server import create_app
from tests.bot.web.desk.rigs import CHEAP
from tests.talks import START, TRANSLATOR, Talks

ROLES = {"grid_worker": "grid1", "grid_leader": "leader1", "community_duty": "duty1", "street": "street1", "administrator": "admin1"}
ELSEWHERE = "grid3"  # looks after another estate


@dataclass(frozen=True)
class Browser:
    """A browser with somebody's session in it."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(
            path, headers={"Accept-Language": "zh-CN"} | {name.replace("_", "-"): told for name, told in headers.items()}
        )

    def sees(self, path: str) -> str:
        """The words of a page that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return words_of(answer)

    def form(self, path: str) -> dict[str, str]:
        """What the forms of a page carry hidden."""
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.get(path).get_data(as_text=True)))

    def post(self, path: str, *, of: str = "", **fields: str) -> TestResponse:
        """A form of the page `of`, else of the board, is posted with these fields."""
        told = self.form(of or "/desk") | fields
        return self.client.post(path, data=told, headers={"Accept-Language": "zh-CN"})

    def answers(self, number: str, words: str, **fields: str) -> TestResponse:
        page = f"/desk/cases/{number}"
        return self.post(f"{page}/answer", of=page, words=words, **fields)


def words_of(answer: TestResponse) -> str:
    """What is read on a page: its text, in one line."""
    shown = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(html.unescape(shown).split())


class Office:
    """The desk on the store of these talks; everybody of the staff can have a browser there."""

    def __init__(self, talks: Talks, shelf: Shelf, *, house: House | None = None) -> None:
        self.talks = talks
        self.shelf = shelf
        door = Door(
            store=talks.store,
            translator=TRANSLATOR,
            clock=lambda: talks.now,
            wall=lambda: START,
            public_url="http://127.0.0.1",
            secret="a secret of the tests",
            passwords=CHEAP,
        )
        self.app: Flask = create_app([desk_pages(door, house or talks.house, shelf)])

    def browser(self, handle: str = "") -> Browser:
        """Signed in as who signs with this handle, or as nobody."""
        client = self.app.test_client()
        if handle:
            with self.talks.store.begin() as tx:
                member = people.staff_by_handle(tx, handle)
                assert member is not None
                client.set_cookie("desk", desk_sessions.start(tx, member.id, role=member.role, stage="full", now=START))
        return Browser(client)
