"""The moments that a case is held to: the first promise, the shorter one after a resident's no, the end of waiting for their word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.calendar import WORKING_DAYS, Calendar, Promise, morning_after, promise, within, working_days
from workflows.cases.facts import Case

# Design, not law: no clause says how long a second try may take. A quarter of the first clock, whole days rounded up: who has waited once
# does not wait as long again, and there is still time to send somebody.
AGAIN_URGENT = timedelta(hours=6)
AGAIN_WORKING_DAYS = {"general": 5, "suggestion": 4}
SILENCE_WORKING_DAYS = 5  # what a resident does not say for a working week is taken for agreement, and the record says so
WAIT_WORKING_DAYS = 5  # at whose ends a case may wait for its resident; then it goes on with what is known
NEXT_AFTER_WORKING_DAYS = 1  # a case that is not urgent and that nobody takes up again goes one role higher


def promised(calendar: Calendar, label: str, case: Case) -> Promise:
    """What a case of this class is promised: counted from its receipt, or from the reopening where it was reopened."""
    if case.reopened_at is not None:
        return again(calendar, label, reopened_at=case.reopened_at, paused_days=case.paused_days)
    assert case.received_at is not None
    if label == "urgent" or not case.paused_days:
        return promise(calendar, label, received_at=case.received_at)
    return within(calendar, WORKING_DAYS[label] + case.paused_days, since=case.received_at)


def again(calendar: Calendar, label: str, *, reopened_at: datetime, paused_days: int = 0) -> Promise:
    """The shorter clock of a case that was not solved after all."""
    if label == "urgent":
        return Promise(reopened_at.astimezone(UTC) + AGAIN_URGENT, provisional=False)
    return within(calendar, AGAIN_WORKING_DAYS[label] + paused_days, since=reopened_at)


def wait_ends(calendar: Calendar, *, now: datetime) -> datetime:
    """When a case that waits for its resident has waited at the ends of as many working days as it may."""
    return morning_after(calendar, WAIT_WORKING_DAYS - 1, since=now)


def resumed(calendar: Calendar, case: Case, *, now: datetime) -> Case:
    """A case that waited, with what was left: a working day counts unless the case was waiting at its end. Any other as it is."""
    if case.state != "waiting" or case.waiting_since is None:
        return case
    is_late = case.waiting_since > case.due_at  # waiting makes no broken promise whole
    waited = 0 if is_late else working_days(calendar, case.waiting_since, now)
    new = within(calendar, waited, since=case.due_at) if waited else Promise(case.due_at, provisional=False)
    is_provisional = case.provisional or new.provisional
    gone_on = replace(case, state="in_progress", waiting_since=None, paused_days=case.paused_days + waited)
    return replace(gone_on, due_at=new.due_at, provisional=is_provisional)


def as_row(case: Case, there: Case) -> dict[str, Any]:
    """The columns that `resumed` has changed."""
    names = ("state", "waiting_since", "paused_days", "due_at", "provisional")
    return {name: getattr(there, name) for name in names if there is not case}


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
