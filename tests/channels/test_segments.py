"""What a text costs, and that cutting one loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.segments import Encoding, Segments, segments, split


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", Encoding.GSM7, 0, 1),
        ("a" * 160, Encoding.GSM7, 160, 1),
        ("a" * 161, Encoding.GSM7, 161, 2),
        ("a" * 306, Encoding.GSM7, 306, 2),
        ("a" * 307, Encoding.GSM7, 307, 3),
        ("€" * 80, Encoding.GSM7, 160, 1),
        ("€" * 81, Encoding.GSM7, 162, 2),
        ("€" * 153, Encoding.GSM7, 306, 3),  # 76 pairs a part: the 77th would be torn
        ("水" * 70, Encoding.UCS2, 70, 1),
        ("水" * 71, Encoding.UCS2, 71, 2),
        ("水" * 134, Encoding.UCS2, 134, 2),
        ("水" * 135, Encoding.UCS2, 135, 3),
        ("a" * 69 + "’", Encoding.UCS2, 70, 1),  # one curly quote makes all of it UCS-2
        ("a" * 70 + "’", Encoding.UCS2, 71, 2),
        ("🔥" * 35, Encoding.UCS2, 70, 1),
        ("🔥" * 36, Encoding.UCS2, 72, 2),
        ("🔥" * 67, Encoding.UCS2, 134, 3),  # 33 pairs a part: the 34th would be torn
    ],
)
def test_a_text_costs_what_the_carrier_counts(text: str, encoding: Encoding, units: int, parts: int) -> None:
    assert segments(text) == Segments(encoding, units, parts)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(st.sampled_from("水。！🔥a. \n")), st.integers(2, 12))
def test_pieces_fit_and_put_together_they_are_the_text_again(text: str, limit: int) -> None:
    pieces = split(text, limit)

    assert "".join(pieces) == text
    assert all(units(piece) <= limit for piece in pieces)
    assert all(pieces) or pieces == ("",)


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("水停了。电也停了。", 7, ("水停了。", "电也停了。")),
        ("“水停了。”电也停了。", 7, ("“水停了。”", "电也停了。")),
        ("水停了电也停了", 4, ("水停了电", "也停了")),
        ("🔥🔥🔥", 3, ("🔥", "🔥", "🔥")),
        ("No water. No power.", 12, ("No water.", " No power.")),
        ("3.5 m", 4, ("3.5 ", "m")),
    ],
)
def test_a_long_text_is_cut_after_a_sentence_where_it_can_be(text: str, limit: int, pieces: tuple[str, ...]) -> None:
    assert split(text, limit) == pieces


def test_a_piece_must_hold_an_emoji() -> None:
    with pytest.raises(ValueError, match="emoji"):
        split("🔥", 1)
