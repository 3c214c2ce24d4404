"""The few methods of the Bot API that must work without its large client: asking for updates, and short answers to the platform.

Updates are left as the bytes they are: a kind that a typed client does not know would otherwise stop all that wait behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from msgspec import Raw, Struct

from bot.errors import SendError
from channels.media import read_within
from channels.telegram_refusals import refused, unavailable

API_BASE = "https://api.telegram.org"
HOOK_PATH = "/hooks/telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")  # what we ask to be told
MOST_ANSWER = 64 << 20  # bytes; a hundred updates of the longest texts are far smaller
_CONNECT, _ANSWER = 5.0, 15.0  # seconds


@dataclass(frozen=True, slots=True)
class TelegramAccount:
    """One bot: its token, and where both sides find each other. With a secret the messenger calls our hook, else we ask it."""

    token: str = field(repr=False)
    api_base: str = API_BASE
    secret: str = field(default="", repr=False)
    public_url: str = ""

    @property
    def hook_url(self) -> str:
        return f"{self.public_url.rstrip('/')}{HOOK_PATH}"


class _Parameters(Struct):
    retry_after: float | None = None


class _Answer(Struct):
    ok: bool
    result: Raw = Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: _Parameters | None = None


class _Me(Struct):
    username: str


class TelegramApi:
    """A pool of connections to the Bot API; made and closed on one event loop."""

    def __init__(self, account: TelegramAccount) -> None:
        self._base = f"{account.api_base.rstrip('/')}/bot{account.token}"
        self._session = ClientSession(cookie_jar=DummyCookieJar())

    async def close(self) -> None:
        """No connection is left."""
        await self._session.close()

    async def updates(self, offset: int, *, wait: int) -> list[Raw]:
        """What has come since the offset, each as it is; all before it is confirmed by asking. Held `wait` seconds while there is none."""
        fields = {"offset": offset, "timeout": wait, "limit": 100, "allowed_updates": KINDS}
        result = await self.call("getUpdates", fields, patience=wait + _ANSWER)
        try:
            return msgspec.json.decode(result, type=list[Raw])
        except msgspec.DecodeError as fault:
            raise unavailable("nonsense") from fault

    async def name(self) -> str:
        """What the bot is called in links, without the @."""
        try:
            return msgspec.json.decode(await self.call("getMe", {}, patience=_CONNECT), type=_Me).username
        except msgspec.DecodeError as fault:
            raise unavailable("nonsense") from fault

    async def call(self, method: str, fields: dict[str, Any], *, patience: float = _ANSWER) -> Raw:
        """What a method answers, or the `SendError` that its refusal, or the lack of an answer, means."""
        try:
            async with self._session.post(
                f"{self._base}/{method}",
                json=fields,
                timeout=ClientTimeout(total=patience, sock_connect=_CONNECT),
                allow_redirects=False,
            ) as answer:
                content = await read_within(answer.content.iter_any(), MOST_ANSWER)
                return _result(answer.status, content)
        except (ClientError, OSError, TimeoutError) as fault:
            raise _unsaid(fault) from None  # the fault's own words hold the address, and with it the token


def _result(status: int, content: bytes | None) -> Raw:
    try:
        answer = msgspec.json.decode(content or b"", type=_Answer)
    except msgspec.DecodeError:
        raise unavailable(str(status) if status != 200 else "nonsense") from None
    if answer.ok and status < 300:
        return answer.result
    after = answer.parameters.retry_after if answer.parameters else None
    raise refused(answer.error_code or status, answer.description, after=after)


def _unsaid(fault: Exception) -> SendError:
    return unavailable("timeout" if isinstance(fault, TimeoutError) else "network")
