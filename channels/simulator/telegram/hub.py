"""The hub: one lock round the messenger, its updates and its troubles, and the ways by which updates reach the service."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram import faults, refusals
from channels.simulator.telegram.accounts import bot_of
from channels.simulator.telegram.faults import Fault, Faults, Trouble
from channels.simulator.telegram.messenger import Messenger
from channels.simulator.telegram.refusals import RefusedError
from channels.simulator.telegram.updates import Update, UpdateQueue
from channels.simulator.telegram.webhook import Failure, Hook, HookPoster, Pauses, forged_secret

QUERY_LIVES = timedelta(seconds=15)  # the platform names no figure; its clients give up after about as long

# A new box goes on above the ids of the last one, which the service has seen; they stay within 32 bits until 2033.
_IDS_SINCE, _IDS_PER_SECOND = 1_735_689_600, 8  # since 2025-01-01


@dataclass(frozen=True, slots=True)
class Ask:
    """One getUpdates."""

    offset: int = 0
    limit: int = 100
    timeout: int = 0


class Hub:
    """Everything that the Bot API, the control API and the webhook act upon."""

    def __init__(self, settings: SimulatorSettings, *, now: Callable[[], datetime], service_url: Callable[[], str]) -> None:
        """Nothing is posted before `start`; ValueError when the token is none."""
        self.settings = settings
        self.now = now
        self.stopping = threading.Event()
        self.failure: Failure | None = None
        bot = bot_of(settings.telegram_token, username=settings.telegram_username, first_name=settings.telegram_name)
        first_id = max(int(now().timestamp()) - _IDS_SINCE, 1) * _IDS_PER_SECOND
        self._service_url = service_url
        self._changed = threading.Condition()
        self._messenger = Messenger(bot, settings.accounts, first_id=first_id)
        self._queue = UpdateQueue(first_id=first_id)
        self._faults = Faults()
        self._queries: dict[str, tuple[int, datetime]] = {}  # pressed buttons without an answer: chat, until when
        self._hook = Hook()
        self._pauses = Pauses(settings.telegram_retry_seconds)
        self._polls = 0
        self._is_polled = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Updates are posted from now on, when a webhook is set."""
        self._thread = threading.Thread(target=self._run, name="simulator-telegram", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing is posted any more, and no poll is held."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=2)  # a service that does not answer may hold it longer; it ends with the program
            self._thread = None

    @contextmanager
    def held(self) -> Iterator[Messenger]:
        """The messenger, while nobody else changes it."""
        with self._changed:
            yield self._messenger

    # Updates

    def publish(self, kind: str, body: Mapping[str, object]) -> int | None:
        """The bot will be told; None when it did not ask for this kind."""
        with self._changed:
            update_id = self._queue.put(kind, body, now=self.now())
            self._changed.notify_all()
            return update_id

    def ask_for(self, kinds: tuple[str, ...]) -> None:
        """Only these kinds are told from now on; what waits already is told all the same."""
        with self._changed:
            self._queue.ask_for(kinds)

    def poll(self, ask: Ask) -> tuple[Update, ...]:
        """What waits, as soon as anything does; RefusedError when a webhook is set or a later poll takes this one's place."""
        ends = time.monotonic() + ask.timeout
        with self._changed:
            if self._hook.url:
                raise RefusedError(refusals.WEBHOOK_ACTIVE)
            self._polls += 1
            mine, self._is_polled = self._polls, False
            self._queue.confirm(ask.offset)
            self._changed.notify_all()
            while True:
                found = self._queue.waiting(ask.limit, now=self.now())
                left = ends - time.monotonic()
                if found or left <= 0 or self.stopping.is_set():
                    return found
                self._is_polled = True
                self._changed.wait(left)
                self._check_still_polling(mine)
                self._is_polled = False

    def is_polled(self) -> bool:
        """True while a poll waits."""
        with self._changed:
            return self._is_polled

    def _check_still_polling(self, mine: int) -> None:
        if self._hook.url:
            self._is_polled = False
            raise RefusedError(refusals.POLL_ENDED_BY_WEBHOOK)
        if self._polls != mine:  # the later poll is the one that waits
            raise RefusedError(refusals.OTHER_POLL)

    def waiting_ids(self) -> frozenset[int]:
        """The updates that the service has not taken yet."""
        with self._changed:
            self._queue.waiting(0, now=self.now())
            return self._queue.waiting_ids()

    def asked_for(self) -> tuple[str, ...]:
        """The kinds of updates that were asked for by name."""
        return self._queue.asked_for()

    def settle(self, timeout: float) -> bool:
        """True as soon as the service has taken every update; False when that did not come within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue.waiting_ids(), timeout)

    # The webhook

    def hook(self) -> Hook:
        """The webhook in force."""
        return self._hook

    def set_hook(self, hook: Hook, *, is_drop: bool) -> None:
        """Updates go to this address from now on, or wait to be polled when it has none."""
        with self._changed:
            self._hook, self.failure = hook, None
            self._pauses.end()
            if is_drop:
                self._queue.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        poster = HookPoster()
        while (due := self._next_due()) is not None:
            hook, update, trouble = due
            secret = forged_secret() if trouble is Trouble.SECRET_FORGED else hook.secret
            sentences = [poster.post(self._reached(hook.url), update, secret=secret) for _ in range(_times(trouble))]
            # What came with a wrong secret is not the platform's: the update itself is still to be told.
            if trouble is not Trouble.SECRET_FORGED:
                self._note(hook, update, sentences[-1])

    def _next_due(self) -> tuple[Hook, Update, Trouble | None] | None:
        """The update to post next, once there is one and its pause is over; None when the simulator stops."""
        with self._changed:
            while not self.stopping.is_set():
                found = self._queue.waiting(1, now=self.now()) if self._hook.url else ()
                pause = self._pauses.left() if found else None
                if found and pause is not None and pause <= 0:
                    fault = self._faults.take(faults.WEBHOOK, "", chat_id=None)
                    return self._hook, found[0], fault.trouble if fault else None
                self._changed.wait(pause)
            return None

    def _note(self, hook: Hook, update: Update, sentence: str) -> None:
        with self._changed:
            if hook is not self._hook:
                return
            if sentence:
                self.failure = Failure(self.now(), sentence)
                self._pauses.begin()
            else:
                self._queue.settle(update.id)
                self._pauses.end()
            self._changed.notify_all()

    def _reached(self, url: str) -> str:
        """Where an address of the service is really found on this machine."""
        public = self.settings.public_url.rstrip("/")
        return self._service_url() + url.removeprefix(public) if public and url.startswith(public + "/") else url

    # Pressed buttons

    def open_query(self, chat_id: int) -> str:
        """The id of a pressed button, to which the bot may answer for a while."""
        query_id = str(secrets.randbelow(9 * 10**17) + 10**17)
        with self._changed:
            now = self.now()
            self._queries = {number: waiting for number, waiting in self._queries.items() if waiting[1] > now}
            self._queries[query_id] = (chat_id, now + QUERY_LIVES)
        return query_id

    def close_query(self, query_id: str) -> int:
        """The chat in which the button was pressed, for its one answer; RefusedError when it is too late for one."""
        with self._changed:
            chat_id, until = self._queries.pop(query_id, (0, self.now()))
            if self.now() >= until:
                raise RefusedError(refusals.QUERY_TOO_OLD)
            return chat_id

    # Troubles

    def answer_fault(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault, if any, that spoils the answer to this request."""
        with self._changed:
            family = faults.ANSWER if chat_id is None else faults.ANSWER | faults.CHAT
            return self._faults.take(family, method, chat_id=chat_id)

    def add_fault(self, fault: Fault) -> None:
        """From now on this goes wrong."""
        with self._changed:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        with self._changed:
            self._faults.clear()

    def listed_faults(self) -> tuple[Fault, ...]:
        """What is in force."""
        with self._changed:
            return self._faults.listed()


def _times(trouble: Trouble | None) -> int:
    return 2 if trouble is Trouble.UPDATE_DOUBLED else 1
