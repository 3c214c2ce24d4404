"""What the +86 operators do to texts."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.simulator.carrier import Account, Carrier
from channels.simulator.china import has_link
from channels.simulator.texts import Submission
from tests.channels.simulator.stage import MAINLAND, OURS, RESIDENT, SID

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def codes(*sends: tuple[timedelta, str], to: str = MAINLAND) -> list[int | None]:
    carrier = Carrier(Account(SID, (OURS,)), ())
    asked = ((at, Submission(to=to, sender=OURS, body=body)) for at, body in sends)
    return [carrier.submit(one, trouble=None, now=NOW + at).error_code for at, one in asked]


LINKS = [
    ("详见 https://anlin.example/n/1", True),
    ("见www.anlin.example", True),
    ("打开 anlin.cn 看看", True),
    ("请回复1", False),
    ("最迟12月18日（周五）。单号 K7-204", False),
    ("水温3.5度", False),
]


@pytest.mark.parametrize(("body", "expected"), LINKS)
def test_a_web_address_is_seen_by_the_filter(body: str, expected: bool) -> None:
    assert has_link(body) is expected


def test_a_text_with_a_link_is_accepted_and_never_delivered() -> None:
    assert codes((timedelta(0), "见 https://anlin.example")) == [30007]
    assert codes((timedelta(0), "见 https://anlin.example"), to=RESIDENT) == [None]


def test_the_third_time_the_same_words_within_a_day_are_rejected() -> None:
    hour = timedelta(hours=1)

    assert codes(*((hour * n, "今天还好吗") for n in range(4))) == [None, None, 30007, 30007]
    assert codes(*((hour * n, f"今天还好吗 {n}") for n in range(4))) == [None] * 4
    assert codes(*((hour * n, "今天还好吗") for n in range(4)), to=RESIDENT) == [None] * 4


def test_after_a_day_the_same_words_pass_again() -> None:
    almost = DAY - timedelta(seconds=1)

    assert codes((timedelta(0), "早"), (timedelta(0), "早"), (almost, "早")) == [None, None, 30007]
    assert codes((timedelta(0), "早"), (timedelta(0), "早"), (DAY, "早")) == [None, None, None]
