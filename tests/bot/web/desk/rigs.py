"""A desk to try the door of: a real store, a clock that the test sets, people who have an account, and browsers without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import Parameters, Type
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.attachments import Shelf
from bot.store import accounts, people
from bot.store.begin import Store
from bot.translate import load_translator
from bot.web.desk import proof
from bot.web.desk.desk import desk_pages
from bot.web.desk.door import Door
from bot.web.desk.proof import Passwords
from bot.web.server import create_app
from tests.talks import Talks

NOW = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
PASSWORD = "正确的马，电池，订书钉"
STEP = proof.STEP
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


CHEAP = Passwords(Parameters(Type.ID, 19, 16, 32, time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Clock:
    """The real clock, as far as the test lets it go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, by: timedelta) -> None:
        self.now += by


@dataclass(frozen=True)
class Browser:
    """A browser that keeps cookies and sends the forms that it was shown."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, shown_on: str = "", **fields: str) -> TestResponse:
        """A form is sent with the token of the page it stands on."""
        page = self.client.get(shown_on or path).text
        return self.client.post(path, data={"csrf_token": token_of(page), **fields})

    def cookie(self, name: str = "desk") -> str:
        found = self.client.get_cookie(name)
        return found.value if found else ""

    def is_in(self) -> bool:
        return self.get("/desk").status_code == 200


@dataclass(frozen=True)
class Place:
    """One desk with its people."""

    store: Store
    clock: Clock
    door: Door
    app: Flask
    secrets: dict[str, str] = field(default_factory=dict)

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def hire(self, handle: str, role: str = "community_duty") -> int:
        """Somebody works here and has no account."""
        with self.store.begin() as tx:
            return people.add_staff(tx, f"示例·{handle}", handle=handle, role=role, now=NOW)

    def invited(self, handle: str) -> str:
        """The page of a new invitation."""
        with self.store.begin() as tx:
            member = people.staff_by_handle(tx, handle)
            assert member
            self.secrets[handle] = proof.new_secret()
            token = accounts.invite(tx, member.id, secret=self.secrets[handle], actor="console", now=self.clock())
        return f"/desk/join/{token}"

    def enrolled(self, handle: str, role: str = "community_duty") -> int:
        """Somebody works here and has an account; their recovery codes are written down."""
        staff_id = self.hire(handle, role)
        token = self.invited(handle).rpartition("/")[2]
        with self.store.begin() as tx:
            who = accounts.invited(tx, token, self.clock())
            assert who
            assert accounts.enrol(tx, who, password=CHEAP.hashed(PASSWORD), step=0, now=self.clock())
        return staff_id

    def code(self, handle: str) -> str:
        """What the authenticator shows now."""
        return proof.code_at(self.secrets[handle], self.clock())

    def half_in(self, browser: Browser, handle: str, *, password: str = PASSWORD, to: str = "") -> TestResponse:
        return browser.post(f"/desk/sign-in{f'?next={to}' if to else ''}", handle=handle, password=password)

    def sign_in(self, browser: Browser, handle: str, *, to: str = "") -> TestResponse:
        """The answer to the last step; a code works once, so it is half a minute later."""
        self.clock.pass_by(STEP)
        half = self.half_in(browser, handle, to=to)
        assert half.status_code == 303, half.text
        return browser.post(half.location, code=self.code(handle))

    def signed_in(self, handle: str, role: str = "community_duty") -> Browser:
        """The browser of somebody who has just signed in."""
        self.enrolled(handle, role)
        browser = self.browser()
        self.sign_in(browser, handle)
        assert browser.is_in()
        return browser

    def timeline(self, staff_id: int) -> list[str]:
        rows = self.rows(f"SELECT kind FROM timeline WHERE subject = 'staff:{staff_id}' ORDER BY sequence")
        return [row[0] for row in rows]

    def rows(self, statement: str) -> list[Any]:
        with self.store.begin() as tx:
            return list(tx.connection.exec_driver_sql(statement))


def place_on(store: Store, **given: Any) -> Place:
    """A desk on this store."""
    clock = Clock()
    translator = load_translator("en", ZoneInfo("Asia/Shanghai"))
    settings: dict[str, Any] = {"public_url": "http://127.0.0.1:8000", "secret": "a secret of the test", "passwords": CHEAP, **given}
    door = Door(store=store, translator=translator, clock=clock, wall=clock, **settings)
    return Place(store, clock, door, create_app([desk_pages(door, Talks(store, estate=False).house, Shelf(Path("nowhere")))]))


def token_of(page: str) -> str:
    """The token of the first form on a page."""
    found = TOKEN.search(page)
    assert found, page
    return found[1]
