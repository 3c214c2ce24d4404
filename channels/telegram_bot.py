"""The messenger's large client, behind the two things that we need of it.

Importing this takes seconds and 150 MB, so it is only done where it is said how: in `channels.telegram`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage
from aiohttp import ClientError, ClientResponseError, ClientTimeout
from msgspec import Struct

from bot.errors import SendError
from bot.prompt import _
from channels.media import Fetched, MediaRefused, read_within, too_large, typed
from channels.telegram_api import TelegramAccount
from channels.telegram_refusals import refused, unavailable

MOST_ANSWER = 1 << 20
_FILE = 60  # seconds
# What the client raises: its own, the network's, and what it stumbles over in an answer that is not as it should be.
FAULTS = (AiogramError, ClientError, OSError, LookupError, TypeError, ValueError)
_GONE = _("This file is no longer there.")
_CODES: tuple[tuple[type[TelegramAPIError], int], ...] = (
    (TelegramEntityTooLarge, 413),
    (TelegramForbiddenError, 403),
    (TelegramUnauthorizedError, 401),
    (TelegramNotFound, 404),
    (TelegramConflictError, 409),
    (TelegramMigrateToChat, 400),
    (TelegramBadRequest, 400),
    (TelegramServerError, 500),
)
_SAY = SendMessage(chat_id=0, text="-")  # stands for every one of ours in the client's errors, so that none names a chat
_JSON = {"Content-Type": "application/json"}


class TelegramBot:
    """The client with its connections; made and closed on one event loop."""

    def __init__(self, account: TelegramAccount, *, in_flight: int, patience: float) -> None:
        server = TelegramAPIServer.from_base(account.api_base.rstrip("/"))
        self._line = _Line(api=server, limit=in_flight, timeout=patience)
        self._bot = Bot(account.token, session=self._line)

    async def close(self) -> None:
        """No connection is left."""
        await self._line.close()

    async def say(self, chat_id: int, words: str, markup: dict[str, Any] | None) -> str:
        """The words stand in the chat; the answer is the platform's number for them."""
        post = {"chat_id": chat_id, "text": words, "link_preview_options": {"is_disabled": True}}
        try:
            return await self._line.say(self._bot, post if markup is None else post | {"reply_markup": markup})
        except FAULTS as fault:
            raise error_of(fault) from None  # the fault's own words may name the chat

    async def fetch(self, file_id: str, limit: int) -> Fetched:
        """The bytes of a file that somebody sent."""
        try:
            file = await self._bot.get_file(file_id)
            if (file.file_size or 0) > limit:
                raise too_large()
            if not file.file_path:
                raise MediaRefused(_GONE)
            url = self._line.api.file_url(self._bot.token, file.file_path)
            content = await read_within(self._line.stream_content(url, timeout=_FILE), limit)
        except FAULTS as fault:
            raise _unfetched(fault) from None
        if content is None:
            raise too_large()
        return typed(content)


class _Post(Struct):
    message_id: int


class _Said(Struct):
    ok: bool
    result: _Post


class _Line(AiohttpSession):
    """The client's own connections. What was taken is only asked for its number: a model of every post, both ways, halves the rate,
    and one of a shape that the client does not know would be sent again.
    """

    async def say(self, bot: Bot, post: dict[str, Any]) -> str:
        """The number of what was posted; whatever else is answered, the client reads and raises."""
        session = await self.create_session()
        url = self.api.api_url(bot.token, "sendMessage")
        async with session.post(
            url, data=msgspec.json.encode(post), headers=_JSON, timeout=ClientTimeout(total=self.timeout), allow_redirects=False
        ) as answer:
            content = await read_within(answer.content.iter_any(), MOST_ANSWER) or b""
        try:
            if answer.status == 200:
                return str(msgspec.json.decode(content, type=_Said).result.message_id)
        except msgspec.DecodeError:
            raise unavailable("nonsense") from None
        self.check_response(bot, _SAY, answer.status, content.decode("utf-8", "replace"))
        raise unavailable("nonsense")


def error_of(fault: Exception) -> SendError:
    """What a failure of the client means for us."""
    if isinstance(fault, TelegramRetryAfter):
        return refused(429, "", after=fault.retry_after)
    if isinstance(fault, TelegramMigrateToChat):
        return refused(400, "upgraded to a supergroup")
    code = next((code for kind, code in _CODES if isinstance(fault, kind)), 0)
    if code and isinstance(fault, TelegramAPIError):
        return refused(code, fault.message)
    if isinstance(fault, TelegramAPIError) and not isinstance(fault, TelegramNetworkError):
        return refused(429 if fault.message.startswith("Too Many") else 400, fault.message)
    is_network = isinstance(fault, TelegramNetworkError | ClientError | OSError)
    return unavailable("network" if is_network else "nonsense")


def _unfetched(fault: Exception) -> SendError | MediaRefused:
    if isinstance(fault, ClientResponseError):
        return MediaRefused(_GONE) if fault.status in (404, 410) else unavailable(str(fault.status))
    if isinstance(fault, TelegramBadRequest):
        return too_large() if "too big" in fault.message else MediaRefused(_GONE)
    return error_of(fault)
