"""Numbers as people write and say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.places.numerals import code, fold, numeral

SAID = [
    ("501", "501"),
    ("５０１", "501"),
    ("五零一", "501"),
    ("二〇三", "203"),
    ("二○三", "203"),
    ("幺零三", "103"),
    ("一二〇三", "1203"),
    ("5零1", "501"),
    ("5O1", "501"),
    ("三", "3"),
    ("叁", "3"),
    ("貳", "2"),
    ("两", "2"),
    ("兩", "2"),
    ("十", "10"),
    ("十二", "12"),
    ("二十", "20"),
    ("二十三", "23"),
    ("廿三", "23"),
    ("卅", "30"),
    ("一百", "100"),
    ("一百零二", "102"),
    ("一百一十二", "112"),
    ("一百十二", "112"),
    ("五百一", "510"),
    ("五百零一", "501"),
    ("一千二百零三", "1203"),
    ("一千零三", "1003"),
    ("一千零二十", "1020"),
    ("03", "3"),
    ("⑤", "5"),
    ("0", "0"),
]

NOT_ONE_NUMBER = ["", "一9", "五六", "三四", "二三十", "百二", "十十", "一百零", "二十零", "五楼", "-3", "3.5", "1380000000000", "½", "²"]


@pytest.mark.parametrize(("said", "figures"), SAID)
def test_a_number_is_read_however_it_is_said(said: str, figures: str) -> None:
    assert numeral(said) == figures


@pytest.mark.parametrize("said", NOT_ONE_NUMBER)
def test_what_is_not_exactly_one_number_is_none(said: str) -> None:
    assert numeral(said) is None


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("b3", "B3"),
        ("Ｂ３", "B3"),
        ("十二甲", "12甲"),
        ("3a", "3A"),
        ("a", "A"),
        ("东", "东"),
        ("東", "东"),
        ("0", None),
        ("楼", None),
        ("AB", None),
        ("", None),
    ],
)
def test_letters_and_sides_stay_with_their_number(said: str, kept: str | None) -> None:
    assert code(said) == kept


@given(st.integers(1, 9999))
def test_every_number_survives_figure_by_figure(number: int) -> None:
    figures = "".join("零一二三四五六七八九"[int(c)] for c in str(number))
    assert numeral(figures) in (str(number), None)
    assert len(figures) == 2 or numeral(figures) == str(number)


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="零一二三四五六七八九十百千两幺0123456789甲A"))
def test_no_run_of_figures_is_too_strange(text: str) -> None:
    number = numeral(text)
    assert number is None or number.isdecimal()
    assert code(text) is None or code(text)
