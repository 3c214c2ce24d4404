"""Who is asked next when nobody has taken a case: steps of roles and waits, and an end that is always named.

A ladder is copied into the record that climbs it. Who stands behind a role is asked when a step comes due, never before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

NOBODY = "nobody"
AT_ONCE = timedelta(0)
HALF_AN_HOUR = timedelta(minutes=30)
WAYS = ("chat", "sms", "call")


class Why(StrEnum):
    """Why a role was passed over."""

    UNFILLED = "unfilled"  # nobody is entered for the role
    UNREACHABLE = "unreachable"  # somebody is entered, but none of them can be reached now


@dataclass(frozen=True, slots=True)
class Step:
    """A role, how long after the step before it is asked (the first: after the start), and by which ways in order."""

    role: str
    after: timedelta
    by: tuple[str, ...] = WAYS

    def __post_init__(self) -> None:
        if not self.role or self.role == NOBODY:
            raise ValueError(f"{self.role!r} is no role")
        if self.after < AT_ONCE:
            raise ValueError(f"the step to {self.role} cannot wait {self.after}")


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps in order, then the last resort: asked when the steps are used up, and again `repeats` times, `every` so often."""

    steps: tuple[Step, ...]
    last_resort: str
    last_by: tuple[str, ...] = WAYS
    every: timedelta = HALF_AN_HOUR
    repeats: int = 6

    def __post_init__(self) -> None:
        if not self.last_resort or self.last_resort == NOBODY:
            raise ValueError("a ladder ends with a named last resort")
        if self.every <= AT_ONCE or self.repeats < 0:
            raise ValueError("the last resort is asked again after a real wait, a number of times")


@dataclass(frozen=True, slots=True)
class Skip:
    role: str
    why: Why


@dataclass(frozen=True, slots=True)
class Climbed:
    """The role to ask now and how, who was passed over to get there, and when to climb to `level + 1`.

    When even the last resort is empty the role is `NOBODY`: that has to be shown to everybody who can see the record.
    """

    level: int
    role: str
    by: tuple[str, ...]
    skipped: tuple[Skip, ...]
    next_after: timedelta | None

    @property
    def exhausted(self) -> bool:
        """Nothing more happens by itself: the record stands in sight until a person takes it."""
        return self.next_after is None


# Design, not law: no national norm sets these waits (community after 30 minutes, street after an hour, both from the start).
URGENT = Ladder(
    steps=(
        Step("grid_worker", after=AT_ONCE),
        Step("grid_leader", after=timedelta(minutes=15)),
        Step("community_duty", after=timedelta(minutes=15)),
        Step("street", after=timedelta(minutes=30)),
    ),
    last_resort="administrator",
)


def climb(ladder: Ladder, level: int, *, reachable: Mapping[str, bool]) -> Climbed:
    """The first role from this level on that can be reached; empty ones are passed over at once, each with its reason.

    `reachable` tells of each role whether somebody behind it can be reached now; a role that is absent has nobody entered.
    """
    if level < 0:
        raise ValueError(f"a ladder has no level {level}")
    skipped: list[Skip] = []
    for at, step in enumerate(ladder.steps[level:], start=level):
        if reachable.get(step.role):
            return Climbed(at, step.role, step.by, tuple(skipped), wait_before(ladder, at + 1))
        skipped.append(_skip(step.role, reachable))
    at = max(level, len(ladder.steps))
    wait = wait_before(ladder, at + 1)
    if reachable.get(ladder.last_resort):
        return Climbed(at, ladder.last_resort, ladder.last_by, tuple(skipped), wait)
    skipped.append(_skip(ladder.last_resort, reachable))
    return Climbed(at, NOBODY, (), tuple(skipped), wait)


def wait_before(ladder: Ladder, level: int) -> timedelta | None:
    """How long after the level before it this one is due, or None when the ladder has no such level."""
    if level < len(ladder.steps):
        return ladder.steps[level].after
    if level == 0:
        return AT_ONCE
    return ladder.every if level <= len(ladder.steps) + ladder.repeats else None


def _skip(role: str, reachable: Mapping[str, bool]) -> Skip:
    return Skip(role, Why.UNREACHABLE if role in reachable else Why.UNFILLED)
