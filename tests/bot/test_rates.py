"""The rate of a channel is kept as a row, by all dispatchers together."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import rates
from bot.store.begin import Store
from tests.bot.sending import MINUTE, NOW, SECOND


def take(store: Store, rate: int, wanted: int, now: datetime) -> int:
    with store.begin() as tx:
        slots = rates.slots(tx, "sms", rate, now=now)
        taken = min(wanted, slots.free)
        if taken:
            rates.spend(tx, "sms", rate, taken=taken, found=slots)
        return taken


def test_a_quiet_channel_may_send_a_second_at_once_and_then_keeps_its_pace(store: Store) -> None:
    assert take(store, 10, 50, NOW) == 10
    assert take(store, 10, 50, NOW) == 0
    assert take(store, 10, 50, NOW + timedelta(milliseconds=99)) == 0
    assert take(store, 10, 50, NOW + timedelta(milliseconds=300)) == 3


def test_one_a_second_is_one_a_second(store: Store) -> None:
    taken = [take(store, 1, 50, NOW + tick * timedelta(milliseconds=250)) for tick in range(40)]

    assert sum(taken) == 10


def test_a_long_silence_saves_up_no_more_than_a_second(store: Store) -> None:
    take(store, 10, 50, NOW)

    assert take(store, 10, 500, NOW + MINUTE) == 10


def test_over_a_minute_no_more_leave_than_the_rate_allows(store: Store) -> None:
    taken = [take(store, 7, 3, NOW + tick * timedelta(milliseconds=130)) for tick in range(int(60 / 0.13))]

    assert 7 * 59 <= sum(taken) <= 7 * 61


def test_a_clock_that_was_set_back_does_not_silence_the_channel(store: Store) -> None:
    take(store, 10, 50, NOW + timedelta(days=30))

    assert take(store, 10, 50, NOW) == 10
    assert take(store, 10, 50, NOW + SECOND) == 10
