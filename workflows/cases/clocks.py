"""The moments that a case is held to: the first promise, the shorter one after a resident's no, the end of waiting for their word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.calendar import Calendar, Promise, morning_after, promise, within
from workflows.cases.facts import Case

# Design, not law: no clause says how long a second try may take. A quarter of the first clock, whole days rounded up: who has waited once
# does not wait as long again, and there is still time to send somebody.
AGAIN_URGENT = timedelta(hours=6)
AGAIN_WORKING_DAYS = {"general": 5, "suggestion": 4}
SILENCE_WORKING_DAYS = 5  # what a resident does not say for a working week is taken for agreement, and the record says so
NEXT_AFTER_WORKING_DAYS = 1  # a case that is not urgent and that nobody takes up again goes one role higher


def promised(calendar: Calendar, label: str, case: Case) -> Promise:
    """What a case of this class is promised: counted from its receipt, or from the reopening where it was reopened."""
    if case.reopened_at is not None:
        return again(calendar, label, reopened_at=case.reopened_at)
    assert case.received_at is not None
    return promise(calendar, label, received_at=case.received_at)


def again(calendar: Calendar, label: str, *, reopened_at: datetime) -> Promise:
    """The shorter clock of a case that was not solved after all."""
    if label == "urgent":
        return Promise(reopened_at.astimezone(UTC) + AGAIN_URGENT, provisional=False)
    return within(calendar, AGAIN_WORKING_DAYS[label], since=reopened_at)


def reopened(calendar: Calendar, case: Case, *, now: datetime) -> Promise:
    """The shorter clock, or the promise that was first given where that is earlier and still ahead."""
    short = again(calendar, case.label, reopened_at=now)
    if case.label != "urgent" and now < case.due_at < short.due_at:
        return Promise(case.due_at, case.provisional)
    return short


def silence_ends(calendar: Calendar, *, now: datetime) -> datetime:
    """When a resident who was asked whether it is solved has been waited for long enough."""
    return morning_after(calendar, SILENCE_WORKING_DAYS, since=now)


def next_asked(calendar: Calendar, case: Case, wait: timedelta | None, *, now: datetime) -> datetime | None:
    """When the next on the ladder is asked: after the step's own wait if it is urgent, else after a working day, in the morning."""
    if wait is None or case.label == "urgent":
        return None if wait is None else now + wait
    return morning_after(calendar, NEXT_AFTER_WORKING_DAYS, since=now)
