"""The dispatcher, with a real store and channels that answer as told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot import dispatcher as dispatching
from bot.attachments import Shelf, want
from bot.dispatcher import Dispatcher, Found, Line, claim_at_rate, drain
from bot.drawing import Brush
from bot.envelope import Lane, Media, Outbound, Sent
from bot.errors import SendError, Throttled, Unavailable, Unreachable
from bot.store.begin import Store
from tests.bot.sending import LEASE, MINUTE, NOW, TRANSLATOR, Climb, Paper, claim, due_commands, person, queue, reached, row, rows
from tests.stores import opened
from tests.waiting import until

PATIENT = 10.0  # seconds; only a test that fails waits so long


def fill(store: Store, count: int, **how: Any) -> list[int]:
    return [queue(store, person(store, "sms", number=number)[0], **how) for number in range(count)]


@contextmanager
def running(store: Store, *channels: Any, translator: Any = TRANSLATOR) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(store, channels, translator=translator, clock=lambda: NOW)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop()


def states(store: Store) -> list[str]:
    return [each.state for each in rows(store)]


class Gate(Paper):
    """A channel whose sends wait until the gate is opened."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    async def send(self, outbound: Outbound) -> Sent:
        self.entered.release()
        await asyncio.to_thread(self.opened.wait, PATIENT)
        return await super().send(outbound)


def test_everything_queued_is_sent_once(store: Store) -> None:
    fill(store, 130)
    paper = Paper(in_flight=7)

    with running(store, paper):
        until(lambda: states(store) == ["sent"] * 130)

    assert sorted(outbound.delivery_id for outbound in paper.taken) == list(range(1, 131))
    assert {outbound.words for outbound in paper.taken} == {"Hello."}


def test_a_commit_is_sent_without_waiting_for_the_next_look(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "POLL", 60.0)
    paper = Paper()

    with running(store, paper):
        for number in range(3):
            queue(store, person(store, "sms", number=number)[0])
            until(lambda wanted=number + 1: len(paper.taken) == wanted)


def test_never_more_is_in_flight_than_the_channel_bears(store: Store) -> None:
    fill(store, 12)
    gate = Gate(in_flight=3)

    with running(store, gate):
        for _ in range(3):
            assert gate.entered.acquire(timeout=PATIENT)
        assert not gate.entered.acquire(timeout=0.1)
        gate.opened.set()
        until(lambda: states(store) == ["sent"] * 12)


def test_an_alarm_overtakes_what_was_claimed_before_it(store: Store) -> None:
    fill(store, 8, lane=Lane.BULK)
    gate = Gate(in_flight=2)

    with running(store, gate):
        gate.entered.acquire(timeout=PATIENT)
        gate.entered.acquire(timeout=PATIENT)
        alarm = queue(store, person(store, "sms", number=99)[0], lane=Lane.EVACUATION)
        gate.opened.set()
        until(lambda: states(store) == ["sent"] * 9)

    assert [outbound.delivery_id for outbound in gate.taken].index(alarm) <= 6


def test_stopping_waits_for_what_is_in_flight_and_frees_the_rest(store: Store) -> None:
    fill(store, 6)
    gate = Gate(in_flight=2)
    dispatcher = Dispatcher(store, (gate,), translator=TRANSLATOR, clock=lambda: NOW)
    dispatcher.start()
    gate.entered.acquire(timeout=PATIENT)
    dispatcher.nudge()
    until(lambda: states(store).count("sending") == 4)

    stopping = threading.Thread(target=dispatcher.stop)
    stopping.start()
    gate.opened.set()
    stopping.join(PATIENT)

    assert sorted(states(store)) == ["queued"] * 4 + ["sent"] * 2
    assert {each.tries for each in rows(store) if each.state == "queued"} == {0}


def test_a_send_that_never_ends_keeps_its_lease_when_we_stop(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "STOP_WITHIN", 0.05)
    fill(store, 1)
    gate = Gate()
    with running(store, gate):
        gate.entered.acquire(timeout=PATIENT)
        gate_opens = threading.Timer(0.2, gate.opened.set)
        gate_opens.start()

    assert states(store) == ["sending"]
    assert [again.tries for again in claim(store, NOW + LEASE)] == [2]
    gate_opens.join()


def test_a_send_that_never_ends_is_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "LONGEST_SEND", 0.05)
    fill(store, 1)
    gate = Gate()

    with running(store, gate):
        until(lambda: "in time" in row(store, 1).error)
        assert [(each.state, each.tries) for each in rows(store)] == [("queued", 1)]
        gate.opened.set()


def test_a_channel_that_breaks_down_loses_nothing_and_stops_nobody(store: Store) -> None:
    broken, sound = queue(store, person(store, "sms")[0]), queue(store, person(store, "sms", number=2)[0])

    def answer(outbound: Outbound) -> Sent | SendError:
        return Sent("SM") if outbound.delivery_id == sound else 1 / 0  # type: ignore[return-value]

    with running(store, Paper(answer=answer)):
        until(lambda: [row(store, broken).state, row(store, sound).state] == ["queued", "sent"])


class Tongue:
    """A translator that cannot say one sentence."""

    def language(self, wanted: str | None) -> str:
        return "en"

    def say(self, phrase: Any, *how: Any) -> str:
        if phrase.words == "Broken {place.":
            raise KeyError("place")
        return str(phrase.words)


def test_words_that_cannot_be_made_fail_in_sight(store: Store) -> None:
    (address,), (other,) = person(store, "sms"), person(store, "sms", number=2)
    broken, sound = queue(store, address, "Broken {place.", then=Climb(1), subject="case:1"), queue(store, other)

    with running(store, Paper(), translator=Tongue()):
        until(lambda: [row(store, broken).state, row(store, sound).state] == ["failed", "sent"])

    assert due_commands(store) == [("case:1", '{"type":"Climb","step":1}')]


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_database_that_is_down_is_waited_for(
    store_url: str, vault: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatching, "POLL", 0.05)
    with opened(store_url, vault, patience=timedelta(milliseconds=50)) as store:
        fill(store, 3)
        paper = Paper()
        dispatcher = Dispatcher(store, (paper,), translator=TRANSLATOR, clock=lambda: NOW)
        with store.begin():  # whoever else writes now is refused
            dispatcher.start()
            until(lambda: caplog.text.count("outbox round failed: StoreDown") >= 2)
            assert paper.taken == []
        until(lambda: states(store) == ["sent"] * 3)
        dispatcher.stop()


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_was_sent_while_the_database_was_down_is_settled_later_and_not_sent_again(
    store_url: str, vault: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatching, "POLL", 0.05)
    with opened(store_url, vault, patience=timedelta(milliseconds=50)) as store:
        fill(store, 2)
        gate = Gate()
        with running(store, gate):
            gate.entered.acquire(timeout=PATIENT)
            gate.entered.acquire(timeout=PATIENT)
            with store.begin():
                gate.opened.set()
                until(lambda: len(gate.taken) == 2 and "StoreDown" in caplog.text)
            until(lambda: states(store) == ["sent"] * 2)
        assert len(gate.taken) == 2


def test_a_channel_that_cannot_open_says_so_at_the_start(store: Store) -> None:
    class Closed(Paper):
        async def open(self) -> None:
            raise OSError("no line")

    with pytest.raises(OSError, match="no line"):
        Dispatcher(store, (Closed(),), translator=TRANSLATOR, clock=lambda: NOW).start()


@pytest.mark.parametrize("database", ["sqlite"])
def test_after_a_crash_on_sqlite_nobody_waits_for_the_dead_ones_lease(store: Store) -> None:
    fill(store, 2)
    claim(store, holder="dead")

    with running(store, Paper()):
        until(lambda: states(store) == ["sent", "sent"])


def test_a_delivery_still_on_its_way_is_not_sent_twice_when_the_clock_is_moved(store: Store) -> None:
    """Training moves the clock by days, past our own lease."""
    fill(store, 1)
    moment = [NOW]
    gate = Gate()
    dispatcher = Dispatcher(store, (gate,), translator=TRANSLATOR, clock=lambda: moment[0])
    dispatcher.start()
    gate.entered.acquire(timeout=PATIENT)

    moment[0] = NOW + 10 * MINUTE
    dispatcher.nudge()
    until(lambda: row(store, 1).tries == 2)
    gate.opened.set()
    until(lambda: states(store) == ["sent"])
    dispatcher.stop()

    assert len(gate.taken) == 1


def test_the_rate_of_a_channel_is_kept(store: Store) -> None:
    fill(store, 5)
    paper = Paper(rate=2)

    with running(store, paper):
        until(lambda: len(paper.taken) == 2)
        assert states(store).count("queued") == 3  # the clock stands still


def test_an_idle_channel_is_not_asked_again_and_again(store: Store) -> None:
    """An empty outbox looks different from a rate that is used up."""
    paper = Paper(rate=5)
    with store.begin() as tx:
        assert claim_at_rate(tx, paper, "one", room=50, now=NOW) == Found((), 5)
    fill(store, 9)
    with store.begin() as tx:
        found = claim_at_rate(tx, paper, "one", room=50, now=NOW)
        assert (len(found.claimed), found.limit) == (5, 5)
        assert claim_at_rate(tx, paper, "one", room=50, now=NOW) == Found((), 0)


def test_it_says_whether_it_runs(store: Store) -> None:
    with running(store, Paper()) as dispatcher:
        assert dispatcher.is_running
    assert not dispatcher.is_running


def test_photos_are_fetched_beside_the_sends(store: Store, tmp_path: Any) -> None:
    (address,) = person(store, "sms")
    with store.begin() as tx:
        want(tx, "case:1", media=Media("http://x"), channel="sms", data_key_id=1, now=NOW)
    dispatcher = Dispatcher(store, (Paper(fetched=b"\xff\xd8\xff photo"),), translator=TRANSLATOR, clock=lambda: NOW)
    dispatcher.fetch_to(Shelf(tmp_path / "shelf"))
    dispatcher.start()

    until(lambda: list((tmp_path / "shelf").glob("*.sealed")))
    dispatcher.stop()
    assert reached(store, address).channel == "sms"


ANSWERS = [
    # what came back, how many times, seconds of peace
    (Sent("SM"), 30, 0.0),
    (Unreachable(), 30, 0.0),
    (Unavailable(), 4, 0.0),
    (Unavailable(), 5, dispatching.PAUSE),
    (Throttled(), 1, dispatching.PAUSE),
    (Throttled(after=timedelta(seconds=20)), 1, 20.0),
    (Throttled(after=timedelta(hours=1)), 1, dispatching.LONGEST_PAUSE.total_seconds()),
]


@pytest.mark.parametrize(("answer", "times", "peace"), ANSWERS)
def test_a_platform_that_is_down_or_asks_for_it_is_left_in_peace(answer: Sent | SendError, times: int, peace: float) -> None:
    paper = Paper(in_flight=5)
    line = Line(Brush(paper, TRANSLATOR), paper)
    for _ in range(times):
        line.measure(answer, 1000.0)

    assert max(line.paused_until - 1000.0, 0.0) == peace


def test_draining_sends_all_that_is_due_and_ends(store: Store) -> None:
    fill(store, 25)
    later = queue(store, person(store, "sms", number=50)[0], not_before=NOW + MINUTE)
    (waiting,) = person(store, "chat", number=51)
    queue(store, waiting)

    def answer(outbound: Outbound) -> Sent | SendError:
        return Unavailable() if outbound.delivery_id == 3 else Sent(f"SM{outbound.delivery_id}")

    sent = drain(store, (Paper(answer=answer), Paper(name="chat", pushes=False)), translator=TRANSLATOR, now=NOW)

    assert sent == 25
    assert [each.id for each in rows(store) if each.state == "queued"] == [3, later, later + 1]


def test_draining_follows_a_failure_to_the_next_address(store: Store) -> None:
    sms, _telegram = person(store, "sms", "telegram")
    queue(store, sms)
    telegram = Paper(name="telegram", variant="screen")

    drain(store, (Paper(answer=lambda outbound: Unreachable()), telegram), translator=TRANSLATOR, now=NOW)

    assert states(store) == ["failed", "sent"]
    assert len(telegram.taken) == 1
