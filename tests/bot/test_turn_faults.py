"""What goes wrong in a turn: parked in sight, answered, told to staff, tried again; timers and talks that fail hold nobody else up."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import timers, turn
from bot.effects import Command, Decision
from bot.engine import Flow
from bot.errors import StoreDown
from bot.prompt import say
from bot.room import Room
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.sealed import Vault
from bot.store.tables import DeliveryRow, InboundRow, QuestionRow, SessionRow, TimerRow
from tests.stores import opened
from tests.talks import Talks, words_to
from workflows.cases.flow import WHAT
from workflows.cases.words import Climb

INBOUND, DELIVERY, QUESTION = table_of(InboundRow), table_of(DeliveryRow), table_of(QuestionRow)
SESSION, TIMER = table_of(SessionRow), table_of(TimerRow)
OF_THE_LADDER = TIMER.c.subject.startswith("case:")  # its promise is watched all the same
PLAIN = "您的话收到了，机器没能登记，会有人来看。"
DANGER_FIRST = "有危险马上打电话：火灾救援119，急救120，报警110。"
LIFT = "3号楼2单元电梯困人了"


class Trip(Command[None], frozen=True):
    """A command that fails until it is mended."""


class Wire:
    """A room of the test's own that trips."""

    def __init__(self) -> None:
        self.is_mended = False
        self.done = 0

    def room(self, **flows: Flow) -> Room:
        return Room("wire", flows, (Trip,), lambda _tx, _order: None, self.decide, lambda _tx, _change, _order: None)

    def decide(self, _facts: Any, _order: Any) -> Decision[None]:
        if not self.is_mended:
            raise ZeroDivisionError
        self.done += 1
        return Decision(None)


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


@pytest.fixture
def wire(talks: Talks) -> Wire:
    """A house whose report trips on its first command, until the wire is mended."""
    wire = Wire()

    def report(_talk: Any) -> Generator[Any, Any, None]:
        yield from WHAT
        yield from Trip()
        yield from say("All right, nothing was filed.")

    talks.house = replace(talks.house, rooms=(*talks.house.rooms, wire.room(report=report)))
    return wire


# What goes wrong is parked in sight


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.CRITICAL, "bot")
    return caplog


@pytest.mark.usefixtures("quiet")
def test_a_turn_that_raises_is_parked_answered_and_told_to_staff(talks: Talks, wire: Wire) -> None:
    heard = talks.say("居民", "厨房水龙头漏水了")

    assert words_to("居民", heard) == [PLAIN]
    assert {one.who for one in heard} == {"值班员", "管理员", "居民"}
    assert (talks.count(INBOUND, INBOUND.c.state == "parked"), wire.done, talks.cases()) == (1, 0, ())


@pytest.mark.usefixtures("quiet", "wire")
def test_danger_comes_first_when_a_turn_is_parked(talks: Talks) -> None:
    heard = talks.say("居民", "厨房着火了")

    assert words_to("居民", heard) == [DANGER_FIRST + PLAIN]
    assert talks.count(DELIVERY, DELIVERY.c.lane > 1) == 0


@pytest.mark.usefixtures("quiet", "wire")
def test_a_parked_inbound_that_comes_again_stays_parked(talks: Talks) -> None:
    text = talks.inbound("居民", "厨房水龙头漏水了")
    first, again = (turn.receive(talks.house, text, talks.now) for _time in range(2))

    assert (first.is_parked, again.is_parked, again.is_repeat) == (True, True, True)
    assert talks.count(INBOUND) == 1


@pytest.mark.usefixtures("quiet")
def test_a_parked_inbound_is_taken_when_it_is_tried_again_and_can_be_only_once(talks: Talks, wire: Wire) -> None:
    parked = turn.receive(talks.house, talks.inbound("居民", "厨房水龙头漏水了"), talks.now)
    talks.heard()
    still = turn.retry(talks.house, parked.inbound_id, talks.now)
    assert still.is_parked

    wire.is_mended = True
    talks.heard()
    taken = turn.retry(talks.house, still.inbound_id, talks.now)

    assert (taken.is_parked, wire.done) == (False, 1)
    assert words_to("居民", talks.heard()) == ["好的，没有登记。有事随时说。"]
    with pytest.raises(KeyError):
        turn.retry(talks.house, still.inbound_id, talks.now)


@pytest.mark.usefixtures("quiet", "wire")
def test_a_talk_that_broke_is_ended_so_that_the_next_words_find_no_trap(talks: Talks) -> None:
    talks.say("居民", "报修")
    talks.say("居民", "厨房水龙头漏水了")

    assert talks.count(QUESTION, QUESTION.c.closed_at.is_(None)) == 0
    assert talks.count(SESSION, SESSION.c.state == "open") == 0
    assert words_to("居民", talks.say("居民", "你好"))[0].startswith("有危险先打")


def test_with_the_database_away_the_platform_is_to_ask_again(new_sqlite: Callable[[], str], vault: Vault) -> None:
    url = new_sqlite()
    with opened(url, vault, patience=timedelta(milliseconds=50)) as store:
        talks = Talks(store)
        text = talks.inbound("居民", LIFT)
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreDown):
                turn.receive(talks.house, text, talks.now)
            other.rollback()
        assert talks.count(INBOUND) == 0
        assert not turn.receive(talks.house, text, talks.now).is_repeat


# What falls due


def later(talks: Talks, *commands: Command[Any]) -> None:
    with talks.store.begin() as tx:
        for command in commands:
            timers.later(tx, command, due_at=talks.now, subject="test")


@pytest.mark.usefixtures("quiet")
def test_a_timer_that_fails_is_tried_again_and_stands_aside_in_the_end(talks: Talks, wire: Wire) -> None:
    later(talks, Trip())
    for _minute in range(30):
        talks.wait(timedelta(minutes=1))

    with talks.store.read() as tx:
        assert [stuck["subject"] for stuck in timers.stuck(tx)] == ["test"]
    assert wire.done == 0


@pytest.mark.usefixtures("quiet")
def test_a_timer_that_failed_is_done_once_when_its_room_is_well_again(talks: Talks, wire: Wire) -> None:
    later(talks, Trip())
    turn.fall_due(talks.house, talks.now)
    wire.is_mended = True
    talks.wait(timedelta(minutes=10))

    assert (wire.done, talks.count(TIMER)) == (1, 0)


@pytest.mark.usefixtures("quiet")
def test_a_failing_timer_holds_nobody_else_up(talks: Talks) -> None:
    wire = Wire()
    talks.house = replace(talks.house, rooms=(*talks.house.rooms, wire.room()))
    talks.say("邻居", LIFT)
    (case,) = talks.cases()
    later(talks, Trip(), Climb(case.number, 1))

    heard = talks.wait(timedelta(0))

    assert [one.who for one in heard] == ["网格长"]
    assert wire.done == 0


def test_a_stale_timer_is_gone_and_nothing_has_happened(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    (case,) = talks.cases()
    later(talks, Climb(case.number, 3), Climb("10013", 1))
    before = talks.count(DELIVERY)

    assert talks.wait(timedelta(0)) == ()
    assert (talks.count(DELIVERY), talks.count(TIMER, OF_THE_LADDER)) == (before, 1)


def test_who_takes_a_case_takes_its_timers_away(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    talks.say("网格员", "1")

    assert talks.count(TIMER, OF_THE_LADDER) == 0
    assert talks.wait(timedelta(hours=5)) == ()


@pytest.mark.usefixtures("quiet")
def test_a_talk_that_breaks_when_its_waiting_ends_is_ended_and_holds_nobody_else_up(talks: Talks) -> None:
    """Else one broken talk would stand before every other question for ever."""

    def report(_talk: Any) -> Generator[Any, Any, None]:
        try:
            yield from WHAT
        except Exception as left:
            raise ZeroDivisionError from left

    talks.say("邻居", "厨房水龙头漏水了")
    talks.say("居民", "报修")
    talks.house = replace(talks.house, rooms=(*talks.house.rooms, Wire().room(report=report)))

    heard = talks.wait(timedelta(hours=12))

    assert talks.count(QUESTION, QUESTION.c.closed_at.is_(None)) == 0
    assert {one.who for one in heard} == {"值班员", "管理员"}
