"""How the messenger's updates reach us: we ask for them, or it calls our hook. Either way one is confirmed only after its commit.

Short answers that only the platform waits for (a button was seen, a group is left) go out beside that, and may be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.envelope import Inbound
from bot.errors import Malformed, SendError, StoreDown, where
from bot.prompt import _
from channels.telegram_api import KINDS, TelegramAccount, TelegramApi
from channels.telegram_updates import Read, parse

log = logging.getLogger(__name__)

WAIT = 25  # seconds that the platform holds an empty answer
LOOK_AGAIN = 5.0  # seconds until whoever does not listen asks whether it may
PAUSES = (0.2, 1.0, 2.0, 5.0, 15.0, 30.0)  # seconds after failures in a row
AT_ONCE = 8  # hook calls at the same time
CLOSED = "closed"

OLD_BUTTON = _("That question is closed already; nothing was changed.")
NO_GROUPS = _("I only talk with one person at a time: please write to me directly. In danger, call 119, 120 or 110.")
COMMANDS: Mapping[str, str] = {
    "sos": _("Emergency: get help now"),
    "report": _("Report a problem"),
    "status": _("My cases"),
    "help": _("What you can do here"),
}


class Turn(Protocol):
    """The right to ask for updates, which one process has at a time."""

    def held(self) -> bool: ...
    def let_go(self) -> None: ...


@dataclass(frozen=True, slots=True)
class House:
    """What listening needs of us: `take` commits an inbound and says what it was taken as; `translate` gives a sentence in a language."""

    take: Callable[[Inbound], str]
    turn: Turn
    clock: Callable[[], datetime]
    translate: Callable[[str, str], str]
    own: str  # the language for whom we do not know
    languages: tuple[str, ...] = ()


class Listener:
    """An event loop in a thread of its own, which asks for updates or lets the hook's come in, and answers the platform."""

    def __init__(self, account: TelegramAccount, house: House) -> None:
        """Nobody listens before `start`."""
        self._account = account
        self._house = house
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None
        self._asides: set[asyncio.Task[None]] = set()
        self._api: TelegramApi | None = None
        self._offset = 0  # all before it is committed
        self._is_known = False  # the platform knows that we ask, and our menu
        self._thread = threading.Thread(target=self._main, name="telegram", daemon=True)

    def start(self) -> None:
        """Updates come in from now on."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """No update is taken any more; one that was being taken is committed, and told once more after the next start."""
        if self._loop is not None and self._listening is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._listening.cancel)
            self._thread.join()
        with contextlib.suppress(StoreDown):
            self._house.turn.let_go()

    def hear(self, update: bytes) -> None:
        """An update that the hook was given is committed. Raises Malformed for what is none, and StoreDown when it must be told again."""
        self._take(parse(update, now=self._house.clock()))

    def _take(self, read: Read) -> None:
        taken_as = self._house.take(read.inbound) if read.inbound else ""
        is_old = read.inbound is None or taken_as == CLOSED
        if read.query:
            words = {"text": self._say(OLD_BUTTON)} if is_old else {}
            self._aside(("answerCallbackQuery", {"callback_query_id": read.query, **words}))
        elif read.group:
            refusal = {"chat_id": read.group, "text": self._say(NO_GROUPS)}
            self._aside(("sendMessage", refusal), ("leaveChat", {"chat_id": read.group}))

    def _say(self, words: str) -> str:
        return self._house.translate(words, self._house.own)

    def _aside(self, *calls: tuple[str, dict[str, Any]]) -> None:
        """The platform is told this soon; may be called from any thread."""

        def begin() -> None:
            task = asyncio.create_task(self._call(*calls))
            self._asides.add(task)
            task.add_done_callback(self._asides.discard)

        loop = self._loop
        with contextlib.suppress(RuntimeError):  # we are stopping
            if loop is not None:
                loop.call_soon_threadsafe(begin)

    async def _call(self, *calls: tuple[str, dict[str, Any]]) -> None:
        assert self._api is not None
        for method, fields in calls:
            try:
                await self._api.call(method, fields)
            except SendError as error:  # a button that was pressed long ago wants no answer any more
                log.info("telegram %s was not taken: %s", method, error.code)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        finally:
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._api = TelegramApi(self._account)
        self._listening = asyncio.create_task(self._hooked() if self._account.secret else self._poll())
        self._ready.set()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
            if self._asides:
                await asyncio.wait(self._asides, timeout=2)
        finally:
            await self._api.close()

    async def _hooked(self) -> None:
        """The platform knows our hook and its secret; then there is only to wait."""
        assert self._api is not None
        api, account = self._api, self._account
        fields = {"url": account.hook_url, "secret_token": account.secret, "allowed_updates": KINDS, "max_connections": AT_ONCE}
        await _until_done(lambda: api.call("setWebhook", fields))
        await self._show_commands()
        await asyncio.Event().wait()

    async def _poll(self) -> None:
        """Asked again and again from where we were; after a failure from the same place. Nothing that goes wrong ends it."""
        failures = 0
        while True:
            try:
                failures = 0 if await self._ask() else failures + 1
                pause = _pause(failures) if failures else 0.0
            except (SendError, StoreDown) as error:
                failures += 1
                pause = _pause(failures, error)
                log.warning("telegram waits %.0f s: %s", pause, error)
            except Exception as fault:
                failures += 1
                pause = _pause(failures)
                log.error("telegram waits %.0f s: %s", pause, where(fault))
            await asyncio.sleep(pause)

    async def _ask(self) -> bool:
        """Once, if it is our turn to; False when not everything that came could be taken."""
        assert self._api is not None
        if not await asyncio.to_thread(self._house.turn.held):
            self._is_known = False
            await asyncio.sleep(LOOK_AGAIN)
            return True
        if not self._is_known:
            await self._api.call("deleteWebhook", {})  # while one is set, nobody may ask
            await self._show_commands()
            self._is_known = True
        return await self._round(self._api)

    async def _round(self, api: TelegramApi) -> bool:
        """What waits is taken, each in its own transaction; False when one could not be.

        That one is told again, and with it those behind it, which change nothing then: it holds up nobody.
        """
        offset, left = self._offset, list[int]()
        for raw in await api.updates(offset, wait=WAIT):
            try:
                read = parse(raw, now=self._house.clock())
            except Malformed:  # it has no number to go on from
                log.error("telegram told what is no update")
                left.append(offset)
                continue
            try:
                await asyncio.to_thread(self._take, read)
            except StoreDown:
                log.warning("telegram update waits id=%s: the database is down", read.id)
                left.append(read.id)
                break
            except Exception as fault:
                log.error("telegram update not taken id=%s: %s", read.id, where(fault))
                left.append(read.id)
            offset = max(offset, read.id + 1)
        self._offset = min(left, default=offset)
        return not left

    async def _show_commands(self) -> None:
        """The menu beside the field for words is in the languages we have; emergency help is its first line."""
        for language in ("", *self._house.languages):
            spoken = language or self._house.own
            commands = [{"command": name, "description": self._house.translate(words, spoken)} for name, words in COMMANDS.items()]
            await self._call(("setMyCommands", {"commands": commands, "language_code": language.partition("_")[0]}))


async def _until_done(work: Callable[[], Awaitable[object]]) -> None:
    failures = 0
    while True:
        try:
            await work()
        except SendError as error:
            failures += 1
            pause = _pause(failures, error)
            log.warning("telegram waits %.0f s: %s", pause, error)
            await asyncio.sleep(pause)
        else:
            return


def _pause(failures: int, error: Exception | None = None) -> float:
    """Seconds until the next attempt: as the platform asks, else longer with every failure."""
    asked = error.after if isinstance(error, SendError) else None
    return asked.total_seconds() if asked else PAUSES[min(failures, len(PAUSES)) - 1]
