"""The keys beneath a chat, what only the platform waits for, files fetched within limits, and the client that is loaded late."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.envelope import Address, Media, Outbound
from bot.errors import AnlinError, Misconfigured, Throttled, Unavailable
from bot.router import COMMANDS
from bot.translate import load_translator
from bot.triage.triage import is_danger
from channels.media import Fetched, MediaRefused
from channels.telegram import REPORT, SOS, STATUS, Telegram, buttons
from channels.telegram_api import TelegramAccount, TelegramApi
from channels.telegram_listening import COMMANDS as MENU
from channels.telegram_refusals import refused
from channels.telegram_updates import parse
from tests.channels.provider import Provider, Reply
from tests.channels.rigs import BOT_TOKEN, NOW, TelegramRig
from tests.channels.test_contract import table

ROOT = Path(__file__).resolve().parents[2]
WORDS = load_translator("zh_CN", ZoneInfo("Asia/Shanghai"))
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)


def reply(result: Any) -> Reply:
    return Reply(body=json.dumps({"ok": True, "result": result}).encode())


def refusal(code: int, words: str) -> Reply:
    return Reply(code, body=json.dumps({"ok": False, "error_code": code, "description": words}).encode())


# What people press


@pytest.mark.parametrize("language", WORDS.languages)
def test_the_keys_beneath_a_chat_say_words_that_we_understand(language: str) -> None:
    vocabulary = WORDS.vocabulary(COMMANDS)

    assert is_danger(WORDS.on_screen(SOS, language))
    assert vocabulary[WORDS.on_screen(REPORT, language).casefold()] == "report"
    assert vocabulary[WORDS.on_screen(STATUS, language).casefold()] == "status"


@pytest.mark.parametrize("language", WORDS.languages)
def test_help_in_an_emergency_is_the_first_key_and_the_first_command(language: str) -> None:
    keyboard = Telegram(TelegramAccount(BOT_TOKEN), translate=WORDS.on_screen).keyboard(language)

    assert keyboard["keyboard"][0] == [{"text": WORDS.on_screen(SOS, language)}]
    assert next(iter(MENU)) == "sos"


@given(st.integers(min_value=1, max_value=10**18 - 1), st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=9))
def test_a_pressed_button_names_its_question_and_its_choice(delivery_id: int, words: list[str]) -> None:
    """What it sends back fits into the platform's 64 bytes, whatever the choice is called."""
    choices = tuple((str(key), each) for key, each in enumerate(words, start=1))
    rows = buttons(Outbound(delivery_id, Address("telegram", "7"), "？", choices=choices))["inline_keyboard"]
    keys = [key for row in rows for key in row]

    assert [key["text"] for key in keys] == words
    for (key, _words), button in zip(choices, keys, strict=True):
        assert 1 <= len(button["callback_data"].encode()) <= 64
        pressed = {"id": "1", "from": {"id": 7}, "data": button["callback_data"]}
        inbound = parse(json.dumps({"update_id": 1, "callback_query": pressed}).encode(), now=NOW).inbound
        assert inbound is not None
        assert (inbound.answers, inbound.text) == (delivery_id, key)


@pytest.mark.parametrize(
    "case", [case for case in table("telegram", "inbound") if "refused" not in case["expect"]], ids=lambda case: case["name"]
)
def test_only_a_button_wants_an_answer_and_only_a_group_is_left(case: dict[str, Any]) -> None:
    told, expect = TelegramRig().read(case), case["expect"]
    expected = {} if expect == "ignored" else expect

    assert (told.query, told.group) == (expected.get("query", ""), expected.get("group", 0))


# What the platform answers


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [(409, "Conflict: terminated by other getUpdates request", Misconfigured), (502, "", Unavailable), (408, "", Unavailable)],
)
def test_a_refusal_says_whether_to_ask_again(code: int, words: str, error: type[AnlinError]) -> None:
    assert type(refused(code, words)) is error


def test_the_platform_is_never_left_alone_for_more_than_an_hour() -> None:
    error = refused(429, "", after=10**9)

    assert isinstance(error, Throttled)
    assert error.after == timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Reply(502, body=b"<html>"), "502"),
        (Reply(200, body=b"<html>"), "nonsense"),
        (Reply(way="reset"), "network"),
        (refusal(404, "Not Found"), "404"),
        (Reply(body=b'{"ok": true, "result": {"update_id": 1}}'), "nonsense"),
        (Reply(302, {"Location": "http://127.0.0.1:9/"}), "302"),
    ],
)
def test_asking_for_updates_fails_by_name_and_never_tells_the_token(answer: Reply, code: str) -> None:
    async def once(base: str) -> AnlinError | None:
        api = TelegramApi(TelegramAccount(BOT_TOKEN, base))
        try:
            await api.updates(0, wait=0)
        except AnlinError as error:
            return error
        finally:
            await api.close()
        return None

    with Provider(answer) as provider:
        error = asyncio.run(once(provider.base))

    assert error is not None
    assert getattr(error, "code", None) == code
    assert BOT_TOKEN not in f"{error!r} {error.__cause__!r}"


# Files


def fetch(provider: Provider, url: str = "telegram:PH1", limit: int = 5_000_000) -> Fetched | AnlinError:
    async def once() -> Fetched | AnlinError:
        channel = Telegram(TelegramAccount(BOT_TOKEN, provider.base), translate=WORDS.on_screen)
        await channel.open()
        try:
            return await channel.fetch(Media(url), limit)
        except AnlinError as error:
            return error
        finally:
            await channel.close()

    return asyncio.run(once())


FOUND = reply({"file_id": "PH1", "file_unique_id": "u", "file_size": 2004, "file_path": "photos/1.jpg"})


def test_a_photo_is_fetched_and_typed_by_its_bytes() -> None:
    with Provider(FOUND, Reply(body=JPEG)) as provider:
        assert fetch(provider) == Fetched(JPEG, "image/jpeg")

    assert provider.asked[1].path == f"/file/bot{BOT_TOKEN}/photos/1.jpg"


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([refusal(400, "Bad Request: file is too big")], MediaRefused),
        ([refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")], MediaRefused),
        ([reply({"file_id": "PH1", "file_unique_id": "u", "file_size": 50_000_000, "file_path": "photos/1.jpg"})], MediaRefused),
        ([reply({"file_id": "PH1", "file_unique_id": "u"})], MediaRefused),
        ([FOUND, Reply(404)], MediaRefused),
        ([FOUND, Reply(body=b"MZ\x90\x00" + bytes(400))], MediaRefused),
        ([FOUND, Reply(way="streamed", size=50_000_000, body=JPEG)], MediaRefused),
        ([FOUND, Reply(502)], Unavailable),
        ([FOUND, Reply(way="reset")], Unavailable),
        ([FOUND, Reply(way="declared", size=5000, body=JPEG)], Unavailable),
        ([refusal(429, "Too Many Requests: retry after 3")], Throttled),
        ([Reply(502, body=b"<html>")], Unavailable),
    ],
)
def test_a_file_that_cannot_be_fetched_says_whether_to_ask_again(replies: list[Reply], error: type[AnlinError]) -> None:
    with Provider(*replies) as provider:
        assert type(fetch(provider)) is error


def test_no_other_address_is_ever_fetched() -> None:
    with Provider(Reply()) as provider:
        assert isinstance(fetch(provider, provider.base + "/x"), MediaRefused)

    assert provider.asked == []


# Weight


def test_the_large_client_is_loaded_only_when_the_channel_opens() -> None:
    """Everything of the house is imported, a channel is made, and nothing of it is there yet."""
    tried = (
        "import sys, bot.console.main, bot.app, bot.console.running; from channels.telegram import Telegram;"
        "from channels.telegram_api import TelegramAccount; Telegram(TelegramAccount('1:x'), translate=str);"
        "sys.exit('aiogram' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", tried], cwd=ROOT, check=False).returncode == 0
