"""Whatever happens to a case, in any order: it moves along its table, its timeline verifies, and nothing closes unpromised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import turn
from bot.calendar import WORKING_DAYS, load_years, promise, within, working_days
from bot.effects import CLOCK, Actor, Command, Owner
from bot.envelope import Address
from bot.errors import NotAllowed
from bot.store import people, timeline
from bot.store.sealed import Vault
from tests.stores import opened
from tests.talks import CAST, START, Talks
from workflows.cases.clocks import again, promised, resumed
from workflows.cases.end_words import (
    ArriveCase,
    Breach,
    CancelCase,
    CloseSilent,
    GoOn,
    JudgeCase,
    NoteCase,
    ProgressCase,
    RateCase,
    ReclassifyCase,
    ResolveCase,
    WaitForResident,
)
from workflows.cases.facts import Case
from workflows.cases.states import TABLE
from workflows.cases.views import CaseView
from workflows.cases.words import AcceptCase, AnswerCase, DeclineCase, OpenCase, Seen

CALENDAR = load_years()
CLASSES = st.sampled_from(["urgent", "general", "suggestion"])
WAITS = st.sampled_from([timedelta(minutes=20), timedelta(hours=7), timedelta(days=2), timedelta(days=9), timedelta(days=31)])
BY_STAFF: tuple[Callable[[str], Command[Any]], ...] = (
    AcceptCase,
    DeclineCase,
    ProgressCase,
    ArriveCase,
    lambda number: AnswerCase(number, "已联系"),
    lambda number: ResolveCase(number, "修好了", "visit"),
    lambda number: CancelCase(number, "重复"),
    lambda number: NoteCase(number, "缺配件"),
    lambda number: WaitForResident(number, "周三在家吗？"),
    lambda number: ReclassifyCase(number, "urgent", "有危险"),
    lambda number: ReclassifyCase(number, "general", "没有危险"),
    Breach,
    CloseSilent,
)
BY_RESIDENT: tuple[Callable[[str], Command[Any]], ...] = (
    lambda number: JudgeCase(number, "solved"),
    lambda number: JudgeCase(number, "partly"),
    lambda number: JudgeCase(number, "not"),
    lambda number: RateCase(number, "fair"),
    GoOn,
)
MOVES = st.one_of(st.sampled_from(BY_STAFF), st.sampled_from(BY_RESIDENT), WAITS)


@pytest.fixture
def talks(new_sqlite: Callable[[], str], vault: Vault) -> Iterator[Talks]:
    with opened(new_sqlite(), vault) as store:
        yield Talks(store)


def actor(talks: Talks, who: str) -> Actor:
    with talks.store.read() as tx:
        known = people.at(tx, Address("sms", CAST[who]))
        assert known is not None
        grids = people.grids_of(tx, known.staff_id) if known.staff_id else ()
    owner = Owner(known.person_id, known.household_id)
    return Actor("staff" if known.staff_id else "person", owner, known.staff_id, known.role or "", grids, "sms", known.address_id)


def case_of(talks: Talks, number: str) -> CaseView:
    return next(case for case in talks.cases() if case.number == number)


def opened_by(talks: Talks, who: str, label: str) -> str:
    done = turn.give(talks.house, OpenCase("楼道灯坏了", Seen(label, "power")), actor=actor(talks, who), now=talks.now)
    return str(done.number)


def do(talks: Talks, command: Command[Any], who: Actor) -> None:
    """The command is given; what is refused changes nothing."""
    with suppress(NotAllowed):
        turn.give(talks.house, command, actor=who, now=talks.now)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=CLASSES, moves=st.lists(MOVES, min_size=1, max_size=12))
def test_whatever_is_done_to_a_case_keeps_the_laws(talks: Talks, label: str, moves: list[Any]) -> None:
    talks.now = max(talks.now, START)
    resident, officer = actor(talks, "居民"), actor(talks, "值班员")
    number = opened_by(talks, "居民", label)
    before = case_of(talks, number)
    for move in moves:
        if isinstance(move, timedelta):
            talks.wait(move)
        else:
            command = move(number)
            clock = isinstance(command, Breach | CloseSilent)
            do(talks, command, CLOCK if clock else resident if move in BY_RESIDENT else officer)
        after = case_of(talks, number)
        check(before, after, is_one_move=not isinstance(move, timedelta))
        before = after
    with talks.store.read() as tx:
        assert timeline.verify(tx, f"case:{number}") is None


def check(before: CaseView, after: CaseView, *, is_one_move: bool) -> None:
    """What must hold between any two moments of a case."""
    if is_one_move and after.state != before.state:
        assert after.state in TABLE[before.state].values()
    if before.breached:
        assert after.breached  # nothing that is done later takes it away
    if after.state == "closed":
        assert after.met or after.breached
        assert after.offline
        assert after.ended_why in ("agreed", "silence", "unreachable")
    if after.state == "cancelled":
        assert any(step.kind == "cancelled" and step.body["why"] for step in after.timeline)
    if not after.reopened:  # the class counts from receipt, whenever it was changed, and days of waiting are kept
        assert after.due == due_of(after)
    assert len(after.timeline) >= len(before.timeline)
    assert after.timeline[: len(before.timeline)] == before.timeline


def due_of(case: CaseView) -> datetime:
    if case.label == "urgent":
        return promise(CALENDAR, "urgent", received_at=case.received).due_at
    return within(CALENDAR, WORKING_DAYS[case.label] + case.paused_days, since=case.received).due_at


DAYS = st.integers(0, 200).map(lambda days: datetime(2026, 1, 5, 1, tzinfo=UTC) + timedelta(days=days))


@given(label=st.sampled_from(["general", "suggestion"]), received=DAYS, after=st.integers(0, 18), waits=st.integers(0, 14))
def test_waiting_never_brings_a_promise_nearer_and_only_working_days_are_added(
    *, label: str, received: datetime, after: int, waits: int
) -> None:
    due = promise(CALENDAR, label, received_at=received).due_at
    since = received + timedelta(days=after)
    case = Case("10013", label, "water", "waiting", Owner(1), 1, due, 0, received_at=received, waiting_since=since)
    there = resumed(CALENDAR, case, now=since + timedelta(days=waits))

    assert there.due_at >= due
    assert there.paused_days == working_days(CALENDAR, since, since + timedelta(days=waits)) <= waits
    assert there.due_at == promised(CALENDAR, label, there).due_at


@given(label=CLASSES, minutes=st.integers(0, 60 * 24 * 270))
def test_a_second_try_never_takes_as_long_as_the_first(label: str, minutes: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    first, second = promise(CALENDAR, label, received_at=at), again(CALENDAR, label, reopened_at=at)
    assert at < second.due_at < first.due_at
