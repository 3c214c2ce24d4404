"""Segments as an operator counts them."""

import pytest

from channels.simulator.segments import segments_of

COUNTS = [
    ("", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("[" * 80, 1),
    ("[" * 81, 2),
    ("水" * 70, 1),
    ("水" * 71, 2),
    ("水" * 134, 2),
    ("水" * 135, 3),
    ("a" * 70 + "’", 2),
    ("👍" * 35, 1),
    ("👍" * 36, 2),
]


@pytest.mark.parametrize(("body", "segments"), COUNTS)
def test_one_character_outside_gsm7_makes_all_ucs2(body: str, segments: int) -> None:
    assert segments_of(body) == segments
