"""A brake on floods counts by the minute, and forgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.web import allowance
from bot.web.allowance import Allowance

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_so_many_are_taken_in_a_minute_and_as_many_in_the_next() -> None:
    brake = Allowance(2)

    assert [brake.takes("one", NOW) for _ in range(3)] == [True, True, False]
    assert brake.takes("two", NOW)
    assert [brake.takes("one", NOW + MINUTE) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_holds_nobody_up() -> None:
    brake = Allowance(1)
    assert brake.takes("one", NOW)
    assert brake.takes("one", NOW - MINUTE)


def test_it_never_remembers_more_than_it_may() -> None:
    brake = Allowance(1)
    for number in range(allowance.MOST_REMEMBERED + 1):
        brake.takes(str(number), NOW)

    assert brake.takes("0", NOW)  # forgotten
    assert not brake.takes(str(allowance.MOST_REMEMBERED), NOW)
