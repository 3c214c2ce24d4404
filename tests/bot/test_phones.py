"""Telephone numbers as they are written in lists and on slips of paper."""

from __future__ import annotations

import pytest

from bot.phones import number_of, takes_texts

MOBILE = "+8613800000000"
WRITTEN = {
    "13800000000": MOBILE,
    "138 0000 0000": MOBILE,
    "138-0000-0000": MOBILE,
    "１３８００００００００": MOBILE,
    "+86 138 0000 0000": MOBILE,
    "8613800000000": MOBILE,
    "0086 13800000000": MOBILE,
    "0935-8210000": "+869358210000",
    "（0935）8210000": "+869358210000",
    "010 62345678": "+861062345678",
    "+9990100001": "+9990100001",
    "+852 9123 4567": "+85291234567",
    "8210000": None,  # without its area code nobody can tell where it rings
    "12345678901": None,
    "1380000000": None,
    "+8612345": None,
    "119": None,
    "1.38E+10": None,
    "张三": None,
    "": None,
}


@pytest.mark.parametrize(("written", "number"), WRITTEN.items(), ids=WRITTEN)
def test_a_number_is_read_as_it_is_written(written: str, number: str | None) -> None:
    assert number_of(written) == number


@pytest.mark.parametrize("number", sorted(filter(None, set(WRITTEN.values()))))
def test_a_number_that_was_read_reads_the_same_again(number: str) -> None:
    assert number_of(number) == number


def test_a_landline_of_china_takes_no_texts() -> None:
    assert [number for number in WRITTEN.values() if number and not takes_texts(number)] == ["+869358210000"] * 2 + ["+861062345678"]
