"""The ladder: rows for who is asked when, and the law that it never ends in silence."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ladder import NOBODY, URGENT, Climbed, Ladder, Skip, Step, Why, climb, wait_before

MINUTE = timedelta(minutes=1)
ROLES = ("grid_worker", "grid_leader", "community_duty", "street")
ALL = dict.fromkeys((*ROLES, "administrator"), True)


def without(*roles: str) -> dict[str, bool]:
    return {**ALL, **dict.fromkeys(roles, False)}


def climb_to_the_end(ladder: Ladder, reachable: Mapping[str, bool]) -> list[tuple[timedelta, Climbed]]:
    """Every climb from the start, each with the time since the start."""
    first = wait_before(ladder, 0)
    assert first is not None
    passed, climbed = first, climb(ladder, 0, reachable=reachable)
    way = [(passed, climbed)]
    while climbed.next_after is not None:
        passed += climbed.next_after
        climbed = climb(ladder, climbed.level + 1, reachable=reachable)
        way.append((passed, climbed))
        assert len(way) <= len(ladder.steps) + ladder.repeats + 1
    return way


REPEATED = [(90 + 30 * n, "administrator") for n in range(7)]


@pytest.mark.parametrize(
    ("empty", "asked"),
    [
        ((), [(0, "grid_worker"), (15, "grid_leader"), (30, "community_duty"), (60, "street"), *REPEATED]),
        (("grid_worker",), [(0, "grid_leader"), (15, "community_duty"), (45, "street")]),
        (("grid_leader",), [(0, "grid_worker"), (15, "community_duty"), (45, "street")]),
        (("grid_leader", "community_duty"), [(0, "grid_worker"), (15, "street"), (45, "administrator")]),
        (("street",), [(0, "grid_worker"), (15, "grid_leader"), (30, "community_duty"), (60, "administrator")]),
        (ROLES, [(0, "administrator"), (30, "administrator"), (60, "administrator")]),
        ((*ROLES, "administrator"), [(0, NOBODY), (30, NOBODY), (60, NOBODY)]),
    ],
)
def test_the_urgent_ladder_asks_who_can_be_reached_with_waits_from_the_step_before(
    empty: tuple[str, ...], asked: list[tuple[int, str]]
) -> None:
    way = [(passed, climbed.role) for passed, climbed in climb_to_the_end(URGENT, without(*empty))]
    assert way[: len(asked)] == [(minutes * MINUTE, role) for minutes, role in asked]


def test_an_empty_role_is_passed_over_at_once_with_its_reason() -> None:
    reachable = {"grid_leader": False, "community_duty": True, "administrator": True}
    assert climb(URGENT, 0, reachable=reachable) == Climbed(
        level=2,
        role="community_duty",
        by=("chat", "sms", "call"),
        skipped=(Skip("grid_worker", Why.UNFILLED), Skip("grid_leader", Why.UNREACHABLE)),
        next_after=30 * MINUTE,
    )


def test_when_even_the_last_resort_is_empty_the_ladder_says_nobody_and_names_everyone_it_tried() -> None:
    climbed = climb(URGENT, 0, reachable={})
    assert climbed.role == NOBODY
    assert climbed.by == ()
    assert [skip.role for skip in climbed.skipped] == [*ROLES, "administrator"]
    assert not climbed.exhausted


def test_who_stands_behind_a_role_is_looked_up_at_each_level() -> None:
    """A last resort that was empty is asked as soon as somebody is there."""
    first = climb(URGENT, 0, reachable={})
    assert climb(URGENT, first.level + 1, reachable={"administrator": True}).role == "administrator"


def test_after_the_last_repeat_the_ladder_stands_and_says_so() -> None:
    end = len(URGENT.steps) + URGENT.repeats
    assert not climb(URGENT, end - 1, reachable=ALL).exhausted
    for level in (end, end + 5):
        assert climb(URGENT, level, reachable=ALL).exhausted
        assert climb(URGENT, level, reachable=ALL).role == "administrator"


def test_a_ladder_without_steps_goes_to_the_last_resort_at_once() -> None:
    ladder = Ladder((), last_resort="administrator", repeats=1)
    way = climb_to_the_end(ladder, ALL)
    assert [(passed, climbed.role) for passed, climbed in way] == [(0 * MINUTE, "administrator"), (30 * MINUTE, "administrator")]


def test_a_ladder_and_a_climb_come_back_from_json_as_they_were() -> None:
    assert msgspec.json.decode(msgspec.json.encode(URGENT), type=Ladder) == URGENT
    climbed = climb(URGENT, 1, reachable={"administrator": True})
    assert msgspec.json.decode(msgspec.json.encode(climbed), type=Climbed) == climbed


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Ladder((), last_resort=""),
        lambda: Ladder((), last_resort=NOBODY),
        lambda: Ladder((), last_resort="administrator", every=0 * MINUTE),
        lambda: Ladder((), last_resort="administrator", repeats=-1),
        lambda: Step("", after=MINUTE),
        lambda: Step(NOBODY, after=MINUTE),
        lambda: Step("grid_worker", after=-MINUTE),
        lambda: climb(URGENT, -1, reachable=ALL),
    ],
)
def test_a_ladder_that_could_end_in_silence_cannot_be_made(broken: object) -> None:
    assert callable(broken)
    with pytest.raises(ValueError, match=r"."):
        broken()


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    roles = draw(st.lists(st.sampled_from([*ROLES, "substitute", "captain"]), unique=True))
    waits = st.integers(0, 90).map(lambda minutes: minutes * MINUTE)
    return Ladder(tuple(Step(role, after=draw(waits)) for role in roles), last_resort="administrator", repeats=draw(st.integers(0, 4)))


REACHABLE = st.dictionaries(st.sampled_from([*ROLES, "substitute", "captain", "administrator"]), st.booleans())


@given(ladder=ladders(), reachable=REACHABLE)
def test_every_climb_ends_asks_each_reachable_role_once_in_order_and_is_never_silent(ladder: Ladder, reachable: dict[str, bool]) -> None:
    way = [climbed for _, climbed in climb_to_the_end(ladder, reachable)]
    asked = [climbed.role for climbed in way]
    steps = [step.role for step in ladder.steps if reachable.get(step.role)]
    end = "administrator" if reachable.get("administrator") else NOBODY
    assert asked == [*steps, *[end] * (ladder.repeats + 1)]
    assert way[-1].exhausted
    passed_over = [skip.role for climbed in way for skip in climbed.skipped if skip.role != "administrator"]
    assert passed_over == [step.role for step in ladder.steps if not reachable.get(step.role)]
    assert all(climbed.skipped for climbed in way if climbed.role == NOBODY)
