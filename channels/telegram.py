"""The messenger Telegram: words with buttons under them, sent through its bot; what comes in is read in `channels.telegram_updates`.

Its large client is loaded beside everything else once the channel opens, so that nobody waits for it who does not write there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

from bot.envelope import Address, Media, Outbound, Sent
from bot.prompt import _
from channels.contract import Capability, Variant
from channels.media import Fetched, MediaRefused
from channels.segments import split
from channels.telegram_api import TelegramAccount
from channels.telegram_refusals import refused
from channels.telegram_updates import BUTTON, FILE

MOST_UNITS = 4096
PER_SECOND = 30  # over all chats (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this)
PATIENCE = 15.0  # seconds
WIDEST = 12  # places that each of up to three choices side by side may take; a Chinese character takes two

SOS = _("SOS")
REPORT = _("Report a problem")
STATUS = _("My cases")
PLACE = _("Send my place")
NUMBER = _("Leave my phone number")

_EVERYTHING = Capability(reaches=True, two_way=True, links=True, media=True, voice=False, abroad=True)


class Client(Protocol):
    """What sending and fetching need of the messenger's client."""

    async def close(self) -> None: ...
    async def say(self, chat_id: int, words: str, markup: dict[str, Any] | None) -> str: ...
    async def fetch(self, file_id: str, limit: int) -> Fetched: ...


class Telegram:
    """The Telegram channel of one bot."""

    name = "telegram"
    variant: Variant = "screen"
    pushes = True
    abroad = True

    def __init__(
        self,
        account: TelegramAccount,
        *,
        translate: Callable[[str, str], str],
        rate: int = PER_SECOND,
        in_flight: int = 50,
        patience: float = PATIENCE,
    ) -> None:
        """A channel that is not open yet; `translate` gives a sentence of ours in a language, `patience` is in seconds."""
        self.rate = rate
        self.in_flight = in_flight
        self._account = account
        self._translate = translate
        self._patience = patience
        self._loading: asyncio.Task[Client] | None = None

    def capability(self, address: Address) -> Capability:
        """Whoever has opened the bot reads, taps and sends files, but cannot be rung."""
        return _EVERYTHING

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Each sentence on a line of its own; the choices are buttons beneath."""
        return "\n".join((*says, *([asked] if asked else ())))

    async def open(self) -> None:
        """The client is being loaded; what is sent meanwhile waits for it."""
        self._loading = asyncio.create_task(self._load())

    async def close(self) -> None:
        """Its connections are closed."""
        loading, self._loading = self._loading, None
        if loading is not None:
            with contextlib.suppress(Exception):  # one that could not be loaded holds nothing
                await (await loading).close()

    async def send(self, outbound: Outbound) -> Sent:
        """Words that are too long go in several; the last carries the buttons, each with our delivery id, and answers for all."""
        chat_id, client = _chat(outbound.to), await self._open()
        *first, last = split(outbound.words, MOST_UNITS)
        for piece in first:
            await client.say(chat_id, piece, None)
        markup = buttons(outbound) if outbound.choices else self.keyboard(outbound.language)
        return Sent(await client.say(chat_id, last, markup))

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a photo, a recording or a document that somebody sent to the bot."""
        if not media.url.startswith(FILE):
            raise MediaRefused(_("This file does not lie with Telegram."))
        return await (await self._open()).fetch(media.url.removeprefix(FILE), limit)

    def keyboard(self, language: str) -> dict[str, Any]:
        """The keys that stay beneath the chat: help in an emergency first, alone in its row."""
        rows: tuple[tuple[dict[str, Any], ...], ...] = (
            ({"text": SOS},),
            ({"text": REPORT}, {"text": STATUS}),
            ({"text": PLACE, "request_location": True}, {"text": NUMBER, "request_contact": True}),
        )
        keys = [[key | {"text": self._translate(key["text"], language)} for key in row] for row in rows]
        return {"keyboard": keys, "is_persistent": True, "resize_keyboard": True}

    async def _load(self) -> Client:
        made = await asyncio.to_thread(_client_class)
        return made(self._account, in_flight=self.in_flight, patience=self._patience)

    async def _open(self) -> Client:
        assert self._loading is not None, "The Telegram channel is used before it is opened."
        return await asyncio.shield(self._loading)


def buttons(outbound: Outbound) -> dict[str, Any]:
    """A button for each choice; what it sends back names the delivery it answers, in at most 64 bytes."""
    keys = [{"text": words, "callback_data": f"{BUTTON}:{outbound.delivery_id}:{key}"} for key, words in outbound.choices]
    is_short = len(keys) <= 3 and all(_width(words) <= WIDEST for _key, words in outbound.choices)
    return {"inline_keyboard": [keys] if is_short else [[key] for key in keys]}


def _width(words: str) -> int:
    return sum(2 if character >= "\u2e80" else 1 for character in words)


def _client_class() -> Callable[..., Client]:
    from channels.telegram_bot import TelegramBot  # noqa: PLC0415 -- seconds and 150 MB: only when the channel opens

    return TelegramBot


def _chat(to: Address) -> int:
    """The chat of an address; what is no number can be nobody's."""
    try:
        return int(to.value)
    except ValueError:
        raise refused(400, "chat not found") from None
