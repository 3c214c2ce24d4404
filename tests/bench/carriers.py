"""The platforms whose dispatch is measured: our channel to it, and its client alone, as it is sold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.envelope import Address
from bot.translate import load_translator
from channels.contract import Channel
from channels.sms import Sms
from channels.telegram import Telegram
from channels.telegram_api import TelegramAccount
from channels.twilio import TwilioAccount
from tests.bench import sink

IN_FLIGHT = 50
UNBOUND = 1_000_000  # sends a second: nothing holds them back
TRANSLATOR = load_translator("en", ZoneInfo("Asia/Shanghai"))
Send = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A platform; `channel` and `bare` are given the URL of the sink that stands for it."""

    client: str
    answer: tuple[int, bytes]
    address: Callable[[int], Address]
    channel: Callable[[str], Channel]
    bare: Callable[[str], AbstractAsyncContextManager[Send]]


def words(number: int) -> str:
    """What is sent."""
    return f"The water in building {number % 12} is off from 9 o'clock. We will write when it is back."


def _twilio_account(url: str) -> TwilioAccount:
    return TwilioAccount("AC" + "0" * 32, "token", from_number="+9900000000", api_base=url, public_url="http://127.0.0.1")


@asynccontextmanager
async def _bare_twilio(url: str) -> AsyncIterator[Send]:
    account = _twilio_account(url)
    line = AsyncTwilioHttpClient(pool_connections=False)
    line.session = ClientSession(connector=TCPConnector(limit=IN_FLIGHT))
    client = Client(account.sid, account.token, http_client=line)
    client.api.base_url = account.api_base

    async def send(number: int) -> object:
        return await client.messages.create_async(
            to=f"+9900{number:08}",
            from_=account.from_number,
            body=words(number),
            status_callback=f"{account.public_url}/hooks/twilio/status?delivery={number}",
        )

    yield send
    await line.close()


@asynccontextmanager
async def _bare_telegram(url: str) -> AsyncIterator[Send]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(url), limit=IN_FLIGHT)
    bot = Bot("123456:example-token-of-the-bench", session=session)
    yield lambda number: bot.send_message(number + 1, words(number))
    await session.close()


TWILIO = Carrier(
    client="Twilio's async client",
    answer=sink.TWILIO,
    address=lambda number: Address("sms", f"+9900{number:08}"),
    channel=lambda url: Sms(_twilio_account(url), clock=lambda: datetime.now(UTC), rate=UNBOUND, in_flight=IN_FLIGHT),
    bare=_bare_twilio,
)
TELEGRAM = Carrier(
    client="aiogram",
    answer=sink.TELEGRAM,
    address=lambda number: Address("telegram", str(number + 1)),
    channel=lambda url: Telegram(
        TelegramAccount("123456:example-token-of-the-bench", url), translate=TRANSLATOR.on_screen, rate=UNBOUND, in_flight=IN_FLIGHT
    ),
    bare=_bare_telegram,
)
