"""Case numbers: short to say, and a slip of the tongue is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.cases.number import FIRST, number_of, say_number, sequence_of

SEQUENCES = st.integers(FIRST, 99_999_999)


def test_the_first_case_has_five_digits() -> None:
    assert [number_of(sequence) for sequence in (1000, 1001, 9999)] == ["10008", "10019", "99992"]


@pytest.mark.parametrize(
    "text",
    [
        "10008",
        "  10008\n",
        "1 0 0 0 8",
        "10-008",
        "100–08",
        "１０００８",
        "１０００８　",
        "一零零零八",
        "幺零零零八",
        "一〇〇〇八",
        "一 零 零 零 八",
        "幺000八",
    ],
)
def test_a_number_is_read_as_people_write_and_say_it(text: str) -> None:
    assert sequence_of(text) == 1000


@pytest.mark.parametrize(
    "text", ["", "5", "1000", "00000", "010008", "10006", "10008x", "一万", "case", "🔥", "٠١٢٣٤", "²1008", "1" * 10_000, "13800138000"]
)
def test_what_is_no_number_of_a_case_is_not_read_as_one(text: str) -> None:
    assert sequence_of(text) is None


@pytest.mark.parametrize("sequence", [-1, 0, 999, 100_000_000])
def test_a_sequence_that_cannot_be_said_back_is_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="no sequence"):
        number_of(sequence)


def test_a_number_is_said_digit_by_digit() -> None:
    assert say_number("10008") == "1 0 0 0 8"
    assert sequence_of(say_number(number_of(4711))) == 4711


@given(SEQUENCES)
def test_every_number_leads_back_to_its_case(sequence: int) -> None:
    assert sequence_of(number_of(sequence)) == sequence


@given(SEQUENCES)
def test_every_single_wrong_digit_is_refused(sequence: int) -> None:
    number = number_of(sequence)
    wrong = [number[:at] + digit + number[at + 1 :] for at in range(len(number)) for digit in "0123456789" if digit != number[at]]
    assert [sequence_of(text) for text in wrong] == [None] * len(wrong)


@given(SEQUENCES)
def test_every_two_neighbours_that_changed_places_are_refused(sequence: int) -> None:
    number = number_of(sequence)
    pairs = [at for at in range(len(number) - 1) if number[at] != number[at + 1]]
    swapped = [number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in pairs]
    assert [sequence_of(text) for text in swapped] == [None] * len(swapped)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    sequence_of(text)
