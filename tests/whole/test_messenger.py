"""The whole service and the messenger over HTTP: a report with buttons, a blocked chat, a photo, the hook with its secret, a hard end."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.app import Anlin
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram.demo import DEMO_ACCOUNTS
from tests.channels.simulator.telegram.stage import PIXEL
from tests.waiting import until
from tests.whole.service import OURS, TRAPPED, WORKER, Running, based, cases_of, machine

AN, LE, ROBIN = (account.id for account in DEMO_ACCOUNTS[:3])
TOKEN, SECRET = "4242424242:an-invented-token-of-thirty-five-ch", "a-secret-of-the-hook"


class Chats:
    """The accounts of the simulator's messenger."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, path: str, **fields: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{path}", json=fields, timeout=30)
        assert answer.ok, answer.text
        given: dict[str, Any] = answer.json()
        return given

    def send(self, account: int, **fields: Any) -> dict[str, Any]:
        return self.post(f"accounts/{account}/send", **fields)

    def chat(self, account: int) -> dict[str, Any]:
        given: dict[str, Any] = requests.get(f"{self.url}/control/accounts/{account}/messages", timeout=30).json()
        return given

    def said(self, account: int) -> list[dict[str, Any]]:
        """What our bot has said there."""
        return [post for post in self.chat(account)["messages"] if post["from_bot"]]

    def hears(self, account: int, words: str) -> dict[str, Any]:
        """The latest post of ours with these words, as soon as there is one."""
        found = until(lambda: [post for post in self.said(account) if words in post["text"]], told=lambda: self.chat(account))
        return found[-1]

    def press(self, account: int, post: dict[str, Any], words: str) -> None:
        """The button with these words under a post is pressed."""
        keys = [key for row in post["reply_markup"]["inline_keyboard"] for key in row]
        (key,) = [key for key in keys if key["text"] == words]
        self.post(f"accounts/{account}/press", message_id=post["message_id"], data=key["callback_data"])


def test_a_report_with_buttons_becomes_a_case_that_a_grid_worker_takes(anlin: Running) -> None:
    chats = Chats(anlin.phones.url)
    chats.send(AN, text=TRAPPED)
    chats.press(AN, chats.hears(AN, "是哪个小区？"), "示例新村")
    assert "收到" not in anlin.phones.hears(WORKER, "您能去吗")
    hurt = chats.hears(AN, "有人受伤或被困吗？")
    chats.press(AN, hurt, "有")
    chats.hears(AN, "记下了：示例新村3号楼2单元")
    chats.press(AN, hurt, "没有")
    chats.hears(AN, "这个问题已经结束")

    (case,) = anlin.cases()
    assert (case.label, case.hurt, case.words) == ("urgent", "yes", TRAPPED)
    until(lambda: len(chats.chat(AN)["answers"]) == 3)  # each button was answered
    keys = chats.chat(AN)["keyboard"]["keyboard"]
    assert keys[0][0]["text"] == "🆘 一键求助"


def test_the_emergency_key_begins_at_once_in_any_language(anlin: Running) -> None:
    chats = Chats(anlin.phones.url)
    chats.post(f"accounts/{ROBIN}/start", payload="poster-3-2")
    chats.hears(ROBIN, "In danger, call 119")  # in the language of their menus
    chats.send(ROBIN, text="What is this please")
    chats.send(ROBIN, text="🆘 SOS")

    until(lambda: [case.label for case in anlin.cases()].count("urgent") == 1)


def test_who_blocks_the_bot_is_told_by_the_next_address(anlin: Running) -> None:
    """The number of their own card is the next address; the platform told nothing of the block."""
    chats, number = Chats(anlin.phones.url), "+9990300009"
    anlin.phones.connect(number, "小安的手机")
    chats.post("accounts", id=42, first_name="示例", phone=number)
    chats.post("accounts/42/start")
    chats.send(42, contact="own")
    chats.hears(42, "都是同一位")
    chats.send(42, text="示例新村3号楼2单元楼道灯不亮")
    chats.hears(42, "编号")
    chats.post("messenger/faults", kind="blocked", chat_id=42)
    chats.send(42, text="状态")

    anlin.phones.hears(number, anlin.cases()[0].number)
    (address,) = anlin.rows("SELECT stopped FROM address WHERE channel = 'telegram'")
    assert address.stopped == "*"


def test_a_photo_is_fetched_and_sealed(anlin: Running) -> None:
    chats = Chats(anlin.phones.url)
    chats.send(AN, photo={"bytes_base64": PIXEL}, caption="示例新村3号楼2单元墙裂了")
    chats.hears(AN, "编号")
    (kept,) = until(lambda: anlin.rows("SELECT state, content_type FROM attachment WHERE state != 'wanted'"))

    assert tuple(kept) == ("kept", "image/png")


def test_everybody_is_heard_once_though_the_platform_falters(anlin: Running) -> None:
    """Its answers are cut off and it is slow; what we took is not taken twice, and every reply arrives."""
    chats = Chats(anlin.phones.url)
    chats.post("messenger/faults", kind="dropped", method="getUpdates", count=2)
    chats.post("messenger/faults", kind="bad_gateway", method="sendMessage", count=1)
    chats.post("messenger/faults", kind="throttled", method="sendMessage", count=1, seconds=1)
    chats.send(AN, text="示例新村3号楼2单元楼道灯不亮")
    anlin.phones.later(timedelta(minutes=1))
    chats.hears(AN, "编号")

    assert len(anlin.cases()) == 1


# The hook


@contextmanager
def messenger() -> Iterator[Simulator]:
    made = SimulatorSettings(
        "AC" + os.urandom(16).hex(), os.urandom(16).hex(), (OURS,), accounts=DEMO_ACCOUNTS, telegram_token=TOKEN, telegram_retry_seconds=0.1
    )
    simulator = Simulator(made)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


@pytest.fixture
def hooked(home: Path) -> Iterator[tuple[Anlin, Chats]]:
    """The service with a hook for the messenger, which runs beside it."""
    with messenger() as simulator:
        given = {"telegram_token": TOKEN, "telegram_secret": SECRET, "telegram_api_base": simulator.url}
        service = Anlin(based(home, simulator="off", patience=0.5, **given))
        service.start()
        try:
            chats = Chats(simulator.url)
            until(lambda: requests.get(f"{simulator.url}/control/messenger", timeout=30).json()["webhook"])
            yield service, chats
        finally:
            service.stop()


def test_the_hook_takes_what_bears_its_secret_and_nothing_else(hooked: tuple[Anlin, Chats]) -> None:
    service, chats = hooked
    chats.post("messenger/faults", kind="secret_forged", count=1)
    chats.post("messenger/faults", kind="update_doubled", count=1)
    chats.send(AN, text=TRAPPED)
    chats.press(AN, chats.hears(AN, "是哪个小区？"), "示例新村")
    chats.hears(AN, "有人受伤或被困吗？")

    assert len(cases_of(service.base)) == 1
    assert requests.post(f"{service.url}/hooks/telegram", data=b"{}", timeout=30).status_code == 403


def test_with_the_database_down_the_hook_asks_for_the_update_once_more(hooked: tuple[Anlin, Chats], home: Path) -> None:
    service, chats = hooked
    with closing(sqlite3.connect(home / "anlin.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        chats.send(AN, text=TRAPPED)
        state = until(lambda: requests.get(f"{chats.url}/control/messenger", timeout=30).json()["webhook_error"])
        assert "503" in state
    chats.hears(AN, "是哪个小区？")

    assert len(cases_of(service.base)) == 1


# A hard end


def test_a_report_that_was_being_taken_at_a_power_cut_is_taken_after_it(home: Path) -> None:
    """Killed between two updates and started again: everybody has their case once, and nobody waits for a lease."""
    with messenger() as simulator, machine(home, simulator, **_by_polling(simulator)) as one:
        one.start("run")
        chats = Chats(simulator.url)
        threads = [
            threading.Thread(target=chats.send, args=(account,), kwargs={"text": "示例新村3号楼2单元楼道灯不亮"}) for account in (AN, LE)
        ]
        for thread in threads:
            thread.start()
        one.kill()
        for thread in threads:
            thread.join()
        one.start("run")
        for account in (AN, LE):
            chats.hears(account, "编号")
        one.kill()
    base = based(home)
    cases = cases_of(base)
    base.store.close()
    assert len(cases) == 2


def _by_polling(simulator: Simulator) -> dict[str, str]:
    return {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_BASE": simulator.url, "SIMULATOR": "off"}
