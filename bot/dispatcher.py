"""The dispatcher: takes what is due out of the outbox, sends it, and writes down what became of it.

Nothing is sent inside a transaction and nothing is marked sent before it was; a kill at any moment doubles at most what was in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot import deliveries, outbox, rates, settling
from bot.attachments import Fetching, Shelf, fetch_due
from bot.drawing import Brush, Canvas, Translating, outbound_for
from bot.envelope import Outbound, Sent
from bot.errors import Refused, SendError, StoreDown, Throttled, Unavailable, where
from bot.outbox import Claimed
from bot.prompt import _
from bot.settling import Outcome
from bot.store.begin import Store, Tx

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MOST_CLAIMED = 200  # in one transaction
AHEAD = 0.1  # seconds of sending that are claimed beforehand: nobody waits for a claim, and a new alarm not for what was claimed
LONGEST_SEND = 45.0  # seconds; longer than the patience of any channel, shorter than the lease
GATHER = 100  # outcomes that are worth a transaction at once
LINGER = 0.03  # seconds that fewer outcomes wait for company
POLL = 1.0  # seconds after which the outbox is looked at without a nudge
MEASURE_EVERY = 0.2  # seconds
TIDY_EVERY = timedelta(seconds=10)
PAUSE = 1.0  # seconds for which a platform that fails every time, or says "slower", is asked nothing
LONGEST_PAUSE = timedelta(minutes=1)
STOP_WITHIN = 10.0  # seconds for sends in flight to end

NO_ANSWER = _("The platform did not answer in time.")
BROKE_DOWN = _("Sending broke down on our side; the log says more.")
NO_WORDS = _("Its words could not be made.")


class Channel(Canvas, Fetching, Protocol):
    """What the dispatcher needs of a channel; see `channels.contract`."""

    @property
    def pushes(self) -> bool: ...
    @property
    def rate(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def send(self, outbound: Outbound) -> Sent: ...


@dataclass(slots=True)
class Line:
    """One channel's claimed deliveries on their way out, the most pressing first."""

    brush: Brush
    channel: Channel
    waiting: list[tuple[int, int, Claimed]] = field(default_factory=list)
    held: set[int] = field(default_factory=set)  # ids that are waiting, being sent or not yet settled
    sending: int = 0
    may_have_more: bool = False
    ended: int = 0  # sends since `measured_at`
    measured_at: float = 0.0
    pace: float = 0.0  # sends a second, lately
    refused: int = 0  # sends in a row that are to be tried again
    paused_until: float = 0.0

    @property
    def ahead(self) -> int:
        """How many to have claimed beforehand, by how fast the platform takes them."""
        return min(MOST_CLAIMED, max(self.channel.in_flight, int(self.pace * AHEAD)))

    @property
    def room(self) -> int:
        """How many more to claim; none until a good batch fits."""
        return self.ahead - len(self.waiting) if self.is_low else 0

    @property
    def is_low(self) -> bool:
        return len(self.waiting) <= self.ahead // 2

    def measure(self, answer: Sent | SendError, now: float) -> None:
        """The pace follows what has been sent lately; a platform that is down, or asks for it, is left in peace for a while."""
        self.ended += 1
        self.refused = self.refused + 1 if isinstance(answer, SendError) and answer.retryable else 0
        if isinstance(answer, Throttled):
            self.paused_until = now + (min(answer.after, LONGEST_PAUSE).total_seconds() if answer.after else PAUSE)
        elif self.refused >= self.channel.in_flight:
            self.paused_until = now + PAUSE
        if now - self.measured_at > MEASURE_EVERY:
            self.pace, self.ended, self.measured_at = self.ended / (now - self.measured_at), 0, now


@dataclass(frozen=True, slots=True)
class Found:
    """What one claim took, and how much it might have taken: as much as that, and there may be more."""

    claimed: tuple[Claimed, ...]
    limit: int


class Dispatcher:
    """An event loop in a thread of its own, and beside it one thread for the database, which the loop itself never touches."""

    def __init__(self, store: Store, channels: Sequence[Channel], *, translator: Translating, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._shelf: Shelf | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._channels = tuple(channels)  # from those that push nothing (a call) there may be recordings to fetch
        self._lines = [Line(Brush(channel, translator), channel) for channel in channels if channel.pushes]
        self._clock = clock
        self._holder = new_holder()
        self._outcomes: list[Outcome] = []
        self._tidied_at: datetime | None = None
        self._sends: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._is_nudged = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")

    def fetch_to(self, shelf: Shelf) -> None:
        """Photos and recordings are fetched too, and kept here."""
        self._shelf = shelf

    def start(self) -> None:
        """The channels are open and sending has begun; whatever keeps a channel from opening is raised here."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(opened)), name="dispatcher", daemon=True)
        self._thread.start()
        opened.result()
        outbox.on_enqueue(self._store, self.nudge)
        self.nudge()

    @property
    def is_running(self) -> bool:
        """Whether somebody sends what is due."""
        return self._thread is not None and self._thread.is_alive()

    def nudge(self) -> None:
        """The outbox is looked at now; may be called from any thread."""
        loop = self._loop
        if self._is_nudged or loop is None or loop.is_closed():
            return
        self._is_nudged = True
        with contextlib.suppress(RuntimeError):  # the loop was closed since we looked
            loop.call_soon_threadsafe(self._wake.set)

    def stop(self) -> None:
        """Nothing more is claimed, sends in flight have ended or had ten seconds to, and what is known is settled."""
        self._is_stopping = True
        self._is_nudged = False
        self.nudge()
        if self._thread is not None:
            self._thread.join()
        self._database.shutdown()

    async def _run(self, opened: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            for channel in self._channels:
                await channel.open()
        except BaseException as fault:
            opened.set_exception(fault)
            return
        opened.set_result(None)
        self._fetching = asyncio.create_task(self._fetch()) if self._shelf else None
        while not self._is_stopping:
            await self._sleep()
            await self._round()
        await self._finish()

    async def _sleep(self) -> None:
        """Until there is something to do: a nudge, outcomes to settle, room for more, or the next look at the clock."""
        try:
            async with asyncio.timeout(self._next_look()):
                await self._wake.wait()
            if self._is_nudged and not self._is_stopping:
                await asyncio.sleep(LINGER)  # a moment later there is more to claim, and turns keep the write lock meanwhile
        except TimeoutError:
            pass
        self._wake.clear()
        self._is_nudged = False

    def _next_look(self) -> float:
        moment = asyncio.get_running_loop().time()
        waits = [max(1 / line.channel.rate, LINGER, line.paused_until - moment) for line in self._lines if line.may_have_more and line.room]
        return min([POLL, *waits])

    async def _round(self) -> None:
        """One transaction: what came back is settled, and as much is claimed as there is room for."""
        outcomes, self._outcomes = self._outcomes, []
        moment = asyncio.get_running_loop().time()
        rooms = [(line, line.room) for line in self._lines if line.room > 0 and line.paused_until <= moment and not self._is_stopping]
        if not outcomes and not rooms and not self._is_untidy:
            return
        try:
            claimed = await self._in_database(self._settle_and_claim, outcomes, rooms)
        except Exception as fault:
            await self._wait_for_store(outcomes, fault)
            return
        for outcome in outcomes:
            self._settled(outcome)
        for (line, _room), found in zip(rooms, claimed, strict=True):
            line.may_have_more = len(found.claimed) == found.limit
            if not found.limit:
                line.paused_until = moment + min(1 / line.channel.rate, POLL)  # the rate is used up: nothing to ask for until then
            self._begin(line, found.claimed)

    def _settle_and_claim(self, outcomes: Sequence[Outcome], rooms: Sequence[tuple[Line, int]]) -> list[Found]:
        now = self._clock()
        with self._store.begin() as tx:
            settling.settle(tx, outcomes, now)
            is_untidy = self._is_untidy
            if is_untidy:
                self._tidy(tx, now)
            claimed = [claim_at_rate(tx, line.channel, self._holder, room=room, now=now) for line, room in rooms]
        if is_untidy:
            self._tidied_at = now
        return claimed

    @property
    def _is_untidy(self) -> bool:
        return self._tidied_at is None or abs(self._clock() - self._tidied_at) >= TIDY_EVERY

    def _tidy(self, tx: Tx, now: datetime) -> None:
        """What nobody will send any more has expired, and early receipts are attached."""
        if self._tidied_at is None and self._store.is_sqlite:
            outbox.take_over(tx)  # one process writes to an SQLite file: whoever held a lease before is dead
        deliveries.expire(tx, now)
        settling.attach(tx, now)

    async def _wait_for_store(self, outcomes: list[Outcome], fault: Exception) -> None:
        """The database is down: what came back is kept, and a second later it is asked again.

        One outcome that cannot be kept for a reason of its own holds up no other; its lease runs out and it is tried again.
        """
        log.warning("outbox round failed: %s", where(fault))
        if isinstance(fault, StoreDown) or not outcomes:
            self._outcomes[:0] = outcomes
            await asyncio.sleep(POLL)
            return
        for outcome in outcomes:
            try:
                await self._in_database(self._settle_and_claim, [outcome], [])
            except Exception as own_fault:
                log.error("outcome lost delivery=%s: %s", outcome.delivery.id, where(own_fault))
            self._settled(outcome)

    def _settled(self, outcome: Outcome) -> None:
        for line in self._lines:
            line.held.discard(outcome.delivery.id)

    def _begin(self, line: Line, found: Sequence[Claimed]) -> None:
        for claimed in found:
            if claimed.id not in line.held:  # the clock was moved past our own lease: it is still on its way
                line.held.add(claimed.id)
                heapq.heappush(line.waiting, (claimed.lane, claimed.id, claimed))
        while line.waiting and line.sending < line.channel.in_flight:
            line.sending += 1
            task = asyncio.create_task(self._send_on(line))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)

    async def _send_on(self, line: Line) -> None:
        """One after the other leaves, until nothing of this channel waits."""
        while line.waiting and not self._is_stopping:
            _lane, _id, claimed = heapq.heappop(line.waiting)
            self._came_back(line, await send(line.brush, line.channel, claimed, clock=self._clock))
        line.sending -= 1

    def _came_back(self, line: Line, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        line.measure(outcome.answer, asyncio.get_running_loop().time())
        if len(self._outcomes) >= GATHER or (line.may_have_more and len(line.waiting) == line.ahead // 2):
            self._wake.set()
        elif len(self._outcomes) == 1 and self._loop is not None:
            self._loop.call_later(LINGER, self._wake.set)

    async def _fetch(self) -> None:
        """Attachments come in beside the sends, one small batch after the other."""
        assert self._shelf is not None
        while True:
            try:
                fetched = await fetch_due(self._store, self._channels, self._shelf, now=self._clock())
            except Exception as fault:
                log.warning("no attachments fetched: %s", where(fault))
                fetched = 0
            if not fetched:
                await asyncio.sleep(POLL)

    async def _finish(self) -> None:
        if self._fetching:
            self._fetching.cancel()
        if self._sends:
            await asyncio.wait(self._sends, timeout=STOP_WITHIN)
        for task in tuple(self._sends):
            task.cancel()
        unsent = [claimed for line in self._lines for _lane, _id, claimed in line.waiting]
        try:
            await self._in_database(self._leave, unsent)
        except Exception as fault:
            log.error("outbox left unsettled: %s", where(fault))  # the leases run out and it is tried again
        for channel in self._channels:
            await channel.close()

    def _leave(self, unsent: Sequence[Claimed]) -> None:
        with self._store.begin() as tx:
            settling.settle(tx, self._outcomes, self._clock())
            outbox.let_go(tx, unsent, self._holder)

    async def _in_database(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._database, work, *given)


def claim_at_rate(tx: Tx, channel: Channel, holder: str, *, room: int, now: datetime) -> Found:
    """As many due deliveries as the channel has room and rate for."""
    slots = rates.slots(tx, channel.name, channel.rate, now=now)
    limit = min(room, slots.free)
    claimed = outbox.claim(tx, (channel.name,), holder=holder, now=now, lease=LEASE, limit=limit) if limit else ()
    if claimed:
        rates.spend(tx, channel.name, channel.rate, taken=len(claimed), found=slots)
    return Found(claimed, limit)


async def send(brush: Brush, channel: Channel, claimed: Claimed, *, clock: Callable[[], datetime]) -> Outcome:
    """What became of one attempt; whatever goes wrong is an answer, so that no delivery is lost on the way."""
    try:
        outbound = outbound_for(claimed, brush, clock())
    except Exception as fault:
        log.error("no words delivery=%s: %s", claimed.id, where(fault))
        return Outcome(claimed, "", Refused(NO_WORDS))
    try:
        async with asyncio.timeout(LONGEST_SEND):
            answer: Sent | SendError = await channel.send(outbound)
    except SendError as error:
        answer = error
    except TimeoutError:
        answer = Unavailable(NO_ANSWER)
    except Exception as fault:
        log.error("sending broke down delivery=%s: %s", claimed.id, where(fault))
        answer = Unavailable(BROKE_DOWN)
    return Outcome(claimed, outbound.words, answer)


def drain(store: Store, channels: Sequence[Channel], *, translator: Translating, now: datetime) -> int:
    """Everything due at `now` was sent once, whatever came of it; the answer is how many sends that took. For the console and tests."""
    return asyncio.run(_drain(store, [channel for channel in channels if channel.pushes], translator, now))


async def _drain(store: Store, channels: Sequence[Channel], translator: Translating, now: datetime) -> int:  # noqa: PLR0917
    holder, sent = new_holder(), 0
    for channel in channels:
        await channel.open()
    while True:
        outcomes: list[Outcome] = []
        for channel in channels:
            claimed = await asyncio.to_thread(_claim_once, store, channel, holder, now)
            brush = Brush(channel, translator)
            outcomes += await asyncio.gather(*(send(brush, channel, one, clock=lambda: now) for one in claimed))
        if not outcomes:
            break
        await asyncio.to_thread(_settle_once, store, outcomes, now)
        sent += len(outcomes)
    for channel in channels:
        await channel.close()
    return sent


def _claim_once(store: Store, channel: Channel, holder: str, now: datetime) -> tuple[Claimed, ...]:  # noqa: PLR0917
    with store.begin() as tx:
        return outbox.claim(tx, (channel.name,), holder=holder, now=now, lease=LEASE, limit=channel.in_flight)


def _settle_once(store: Store, outcomes: Sequence[Outcome], now: datetime) -> None:
    with store.begin() as tx:
        settling.settle(tx, outcomes, now)


def new_holder() -> str:
    """A name for whoever claims now; two that claim at once never share one."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
