"""The process is killed at every commit and at every send: nothing acknowledged is lost, nothing is done twice, little is said twice."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot import outbox
from bot.dispatcher import Dispatcher
from bot.envelope import Lane, Purpose
from bot.outbox import Content
from bot.prompt import Phrase
from bot.store.addresses import ADDRESS, Reached
from tests.waiting import until
from tests.whole.dying import Day, Fuse, Line, Platform, watched
from tests.whole.service import ALONE, NEIGHBOUR, ROOT, TRAPPED, WORKER, Machine, Phones, carrier, machine

TABLES = ("address", "case_record", "data_key", "delivery", "inbound", "person", "prompt", "question", "session", "timeline", "timer")
Play = Callable[..., Day]


@dataclass(frozen=True)
class Ended:
    """How a day has ended, as far as a kill may not change it."""

    cases: list[tuple[Any, ...]]
    rows: dict[str, int]
    told: Counter[str]


def small_day(day: Day) -> Day:
    """Somebody is trapped, the grid worker takes it; a lamp is out, the desk answers; the neighbour asks how far it is."""
    day.text(NEIGHBOUR, TRAPPED)
    day.text(WORKER, "1")
    day.text(NEIGHBOUR, "1")
    day.text(ALONE, "楼道灯坏了")
    day.text(ALONE, "是")
    day.answer("电工今天下午来换灯。")
    day.text(NEIGHBOUR, "状态")
    return day


def ended(day: Day) -> Ended:
    cases = [
        (case.number, case.label, case.state, case.words, case.hurt, case.place is not None, tuple(step.kind for step in case.timeline))
        for case in day.cases()
    ]
    rows = {table: day.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}
    return Ended(cases, rows, day.platform.told)


@pytest.fixture
def play(furnished: Path, tmp_path: Path) -> Play:
    """Plays the day with a machine that dies at these boundaries, each time in a folder of its own."""
    folders = count()

    def once(*blows_at: int, has_receipts: bool = False) -> Day:
        fuse = Fuse(blows_at)
        with watched(fuse):
            day = small_day(Day(furnished, tmp_path / f"day{next(folders)}", fuse, has_receipts=has_receipts))
        day.base.store.close()
        return day

    return once


@pytest.fixture
def undisturbed() -> dict[bool, Ended]:
    """How the day ends when nothing happens to the machine, with receipts and without, once it has been played."""
    return {}


def check(day: Day, undisturbed: Ended) -> None:
    """What must hold whenever and however often the machine died."""
    taken = {row.external_id: row.state for row in day.rows("SELECT external_id, state FROM inbound")}
    assert taken == dict.fromkeys(day.acknowledged, "taken")
    assert ended(day) == undisturbed
    assert {row.state for row in day.rows("SELECT state FROM delivery")} <= {"sent", "delivered"}
    assert day.platform.doubled <= day.in_flight
    assert all(times <= day.kills for times in day.platform.doubled_at.values()), "more than one for an address at one kill"


def test_undisturbed_the_day_gives_two_cases(play: Play) -> None:
    day = play()
    general, urgent = day.cases()
    assert (urgent.label, urgent.state, urgent.hurt) == ("urgent", "accepted", "yes")
    assert (general.label, general.first_responded is not None) == ("general", True)
    assert (day.kills, day.platform.doubled) == (0, Counter())


def test_a_kill_at_any_boundary_loses_nothing_and_doubles_only_what_was_in_flight(play: Play, record_property: Any) -> None:
    """The worst case: no receipt ever tells of a send whose own answer was lost."""
    whole = play()
    undisturbed, boundaries = ended(whole), whole.fuse.passed
    doubled, in_flight = 0, 0
    for boundary in range(1, boundaries + 1):
        day = play(boundary)
        assert day.kills == 1
        check(day, undisturbed)
        doubled += day.platform.doubled.total()
        in_flight += day.in_flight.total()
        shutil.rmtree(day.folder)
    told = f"{boundaries} kills, one at each boundary: {in_flight} sends were in flight, {doubled} were doubled"
    record_property("doubled sends", told)
    print(told)
    assert 0 < doubled <= in_flight, "some kills must fall between a send and its settling, or the boundaries are not where they should be"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blows_at=st.sets(st.integers(1, 110), min_size=2, max_size=4), has_receipts=st.booleans())
def test_a_machine_that_dies_again_and_again_ends_the_same_day(
    play: Play, undisturbed: dict[bool, Ended], blows_at: set[int], has_receipts: bool
) -> None:
    """Where receipts come, they carry our delivery id and settle what a kill has left open: then nothing at all is doubled."""
    if has_receipts not in undisturbed:
        undisturbed[has_receipts] = ended(play(has_receipts=has_receipts))
    day = play(*blows_at, has_receipts=has_receipts)
    check(day, undisturbed[has_receipts])
    assert not (has_receipts and day.platform.doubled)


# The dispatcher as it runs


def queued(day: Day) -> int:
    """An update to everybody we know waits in the outbox; the answer is to how many."""
    with day.base.store.begin() as tx:
        addresses = tx.all(select(ADDRESS).where(ADDRESS.c.channel == "sms").limit(8))
        for row in addresses:
            content = Content((Phrase("Example."),))
            address = Reached(row.id, row.channel, row.data_key_id)
            outbox.enqueue(tx, address=address, content=content, now=day.now, lane=Lane.UPDATE, purpose=Purpose.SAFETY)
    return len(addresses)


def dispatched(day: Day, platform: Platform, fuse: Fuse) -> None:
    """The dispatcher ran until everything was sent, or the machine died."""
    line = Line(platform, fuse)
    one = Dispatcher(day.base.store, (line,), translator=day.base.translator, clock=lambda: day.now)
    with watched(fuse):
        one.start()
        until(lambda: fuse.is_blown or day.rows("SELECT count(*) FROM delivery WHERE state <> 'sent'") == [(0,)])
        one.stop()


def test_the_dispatcher_that_runs_doubles_only_what_it_had_in_flight(
    furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """Each time it dies in its own threads, and another one takes over at once, leases or not."""
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    monkeypatch.setattr(logging.getLogger("asyncio"), "disabled", True)
    doubled, boundary, has_died = 0, 0, True
    while has_died:
        boundary += 1
        fuse = Fuse((boundary,))
        day = Day(furnished, tmp_path / f"day{boundary}", Fuse(), has_receipts=False)
        addresses, platform = queued(day), Platform()
        dispatched(day, platform, fuse)
        has_died = fuse.is_blown
        in_flight = {row.id for row in day.rows("SELECT id FROM delivery WHERE state = 'sending'")}
        fuse.mend()
        dispatched(day, platform, fuse)
        day.base.store.close()
        assert set(platform.told.values()) == {1}
        assert len(platform.told) == addresses
        assert set(platform.doubled) <= in_flight
        assert set(platform.doubled_at.values()) <= {1}
        doubled += platform.doubled.total()
    told = f"{boundary - 1} kills of the dispatcher with {addresses} sends each: {doubled} were doubled"
    record_property("doubled sends of the dispatcher", told)
    print(told)
    assert boundary > 2 * addresses, "it died before and after every send"
    assert doubled


# A process that is really killed


def shown(one: Machine, number: str) -> dict[str, Any]:
    """`anlin case show N --json`, by a process of its own."""
    told = [sys.executable, "-m", "bot", "case", "show", number, "--json"]
    answer = subprocess.run(told, cwd=ROOT, env=one.environment, capture_output=True, text=True, timeout=60, check=True)
    case: dict[str, Any] = json.loads(answer.stdout)
    return case


def number_in(words: str) -> str:
    return words.split("编号")[1][:5]


def test_a_report_survives_kill_9_between_any_two_turns(home: Path) -> None:
    """3号楼2单元电梯困人了: killed after each of its turns, the talk goes on as if nothing had been, and gives one case."""
    with carrier() as simulator, machine(home, simulator) as one:
        phones = Phones(simulator.url)
        one.start()
        phones.said(NEIGHBOUR, TRAPPED)
        one.kill()  # acknowledged, and nothing more is known: the reply may have left or not
        one.start()
        number = number_in(phones.hears(NEIGHBOUR, "编号"))
        phones.hears(WORKER, "您能去吗")
        one.kill()
        one.start()
        phones.said(NEIGHBOUR, "1")
        one.kill()
        one.start()
        phones.hears(NEIGHBOUR, "电话别关")
        phones.said(WORKER, "1")
        phones.hears(WORKER, "交给您了")
        phones.hears(NEIGHBOUR, "已经接了")
        case = shown(one, number)
        said = Counter(phones.heard(NEIGHBOUR))
    kinds = [step["kind"] for step in case["timeline"]]
    assert (case["class"], case["state"], case["hurt"], case["place"]) == ("urgent", "accepted", "yes", "示例新村3号楼2单元电梯")
    assert kinds == ["opened", "asked", "amended", "accepted"]
    doubled = said.total() - len(said)
    print(f"3 kills of the process: {doubled} texts to the resident were doubled")
    assert doubled <= 3
