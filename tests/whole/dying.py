"""A process that dies at the n-th boundary: what it had in memory is gone, what it had committed or sent is not."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine.default import DefaultDialect

from bot import receipts, turn
from bot.app import Base, house_of, open_base
from bot.dispatcher import LEASE, drain
from bot.effects import Actor
from bot.envelope import Address, DeliveryState, Inbound, Outbound, Receipt, Sent
from bot.room import House
from bot.settings import Settings
from channels.sms import Sms
from channels.twilio import TwilioAccount
from workflows.cases import views
from workflows.cases.views import CaseView
from workflows.cases.words import AnswerCase

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


class Killed(BaseException):
    """The machine lost its power; nothing of ours may catch that."""


@dataclass
class Fuse:
    """Counts the boundaries, and blows at those given. What is dead crosses no boundary any more, in no thread."""

    blows_at: tuple[int, ...] = ()
    passed: int = 0
    is_blown: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def boundary(self) -> None:
        with self._lock:
            if not self.is_blown:
                self.passed += 1
                self.is_blown = self.passed in self.blows_at
            if self.is_blown:
                raise Killed

    def mend(self) -> None:
        """The machine has power again."""
        self.is_blown = False


@contextmanager
def watched(fuse: Fuse) -> Iterator[None]:
    """Every commit of a writing transaction is two boundaries: just before it, and just after."""
    commit: Callable[..., None] = DefaultDialect.do_commit

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        cursor = connection.cursor()
        is_writing = cursor.execute("PRAGMA query_only").fetchone() == (0,)
        cursor.close()
        if is_writing:
            fuse.boundary()
        commit(dialect, connection)
        if is_writing:
            fuse.boundary()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DefaultDialect, "do_commit", do_commit)
        yield


@dataclass
class Platform:
    """What lies outside and survives: every text it took, and the receipts it still owes us."""

    taken: list[tuple[int, str, str]] = field(default_factory=list)
    owed: list[tuple[str, int]] = field(default_factory=list)

    @property
    def doubled(self) -> Counter[int]:
        """How often too many each delivery was handed over."""
        return Counter(delivery_id for delivery_id, _to, _words in self.taken) - Counter({taken[0] for taken in self.taken})

    @property
    def doubled_at(self) -> Counter[str]:
        """How often too many each number was told something."""
        return Counter(to for _id, to, _words in self.taken) - self.told

    @property
    def told(self) -> Counter[str]:
        """How many different deliveries each number got."""
        return Counter(to for _id, to in {(delivery_id, to) for delivery_id, to, _words in self.taken})


class Line(Sms):
    """The SMS channel, with a boundary before the platform takes a text and one before its answer is back."""

    def __init__(self, platform: Platform, fuse: Fuse) -> None:
        super().__init__(TwilioAccount("", ""), clock=lambda: START, rate=1000)
        self._platform = platform
        self._fuse = fuse

    async def open(self) -> None:
        """Nothing is held."""

    async def close(self) -> None:
        """Nothing was held."""

    async def send(self, outbound: Outbound) -> Sent:
        self._fuse.boundary()
        sid = f"SM{len(self._platform.taken)}"
        self._platform.taken.append((outbound.delivery_id, outbound.to.value, outbound.words))
        self._platform.owed.append((sid, outbound.delivery_id))
        await asyncio.sleep(0)
        self._fuse.boundary()
        return Sent(sid)


class Day:
    """One day of one house, with a machine that may die and comes back on the same files."""

    def __init__(self, furnished: Path, folder: Path, fuse: Fuse, *, has_receipts: bool) -> None:
        self.folder = Path(shutil.copytree(furnished, folder))
        self.fuse = fuse
        self.has_receipts = has_receipts
        self.platform = Platform()
        self.now = START
        self.acknowledged: list[str] = []
        self.in_flight: Counter[int] = Counter()  # at how many kills each delivery was on its way
        self.kills = 0
        self._boot()

    def _boot(self) -> None:
        try:
            self.base: Base = open_base(Settings(data_dir=self.folder))
        except Killed:
            self.kills += 1
            self.fuse.mend()
            self._boot()
            return
        self.line = Line(self.platform, self.fuse)
        self.house: House = house_of(self.base, self.line)

    def reboot(self) -> None:
        """Everything in memory is gone; when the machine is back, what was claimed before has run out."""
        self.kills += 1
        self.base.store.close()
        self.fuse.mend()
        self._boot()
        self.in_flight.update(row.id for row in self.rows("SELECT id FROM delivery WHERE state = 'sending'"))
        if self.has_receipts:
            self._survive(self._reported)
        self.now += LEASE + timedelta(seconds=1)

    def text(self, sender: str, words: str) -> None:
        """The platform brings a text until it is acknowledged, then the house does what is due."""
        sid = f"SM-in-{len(self.acknowledged)}"
        self._survive(lambda: self._received(sender, words, sid))
        self.acknowledged.append(sid)
        self._settle()

    def answer(self, words: str) -> None:
        """Somebody at the desk answers the newest routine case; before they type it again, they look whether it is there."""
        self._survive(lambda: self._answered(words))
        self._settle()

    def cases(self) -> tuple[CaseView, ...]:
        with self.base.store.begin() as tx:
            return views.listed(tx, reader="test", now=self.now)

    def rows(self, statement: str) -> list[Any]:
        with self.base.store.read() as tx:
            return list(tx.connection.exec_driver_sql(statement))

    def _survive(self, act: Callable[[], object]) -> None:
        while True:
            try:
                act()
            except Killed:
                self.reboot()
            else:
                return

    def _received(self, sender: str, words: str, sid: str) -> None:
        turn.receive(self.house, Inbound("sms", sid, Address("sms", sender), self.now, text=words), self.now)

    def _answered(self, words: str) -> None:
        case = next(case for case in self.cases() if case.label != "urgent")
        if not any(step.kind == "answered" for step in case.timeline):
            actor = Actor("staff", role="administrator", channel="console")
            turn.give(self.house, AnswerCase(case.number, words), actor=actor, now=self.now)

    def _settle(self) -> None:
        self.now += timedelta(seconds=20)
        self._survive(lambda: turn.fall_due(self.house, self.now))
        self._survive(lambda: drain(self.base.store, (self.line,), translator=self.base.translator, now=self.now))
        if self.has_receipts:
            self._survive(self._reported)

    def _reported(self) -> None:
        while self.platform.owed:
            sid, delivery_id = self.platform.owed[0]
            with self.base.store.begin() as tx:
                receipts.take(tx, Receipt("sms", sid, "delivered", DeliveryState.DELIVERED, delivery_id), self.now)
            self.platform.owed.pop(0)  # the platform asks no more once it was acknowledged
