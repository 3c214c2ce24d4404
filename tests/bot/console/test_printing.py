"""Posters on paper: what stands on them, what is left out, and that nothing is fetched."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from bot.console.printing import Poster, drawn, page, spaced
from bot.translate import load_translator
from workflows.places.words import Place

ZONE = ZoneInfo("Asia/Shanghai")
STAIR = Place(estate_id=1, estate="示例新村", building_id=12, building="3", is_numbered=True, unit_id=34, unit="2")
NUMBER, CHAT, BOT = "+8613800000000", "https://anlin.example.org", "ExampleBot"


def printed(*posters: Poster, language: str = "zh_CN", number: str = NUMBER, chat: str = CHAT, bot: str = BOT) -> str:
    return page(load_translator(language, ZONE), posters or (Poster(STAIR),), number=number, chat=chat, bot=bot)


def test_a_poster_says_where_one_is_and_whom_to_call() -> None:
    shown = printed()
    for words in ("楼里有事，说一声就行", "示例新村", "3号楼2单元", "138 0000 0000", "119", "120", "110", "编号", "Building 3, Unit 2"):
        assert words in shown, words


def test_each_way_in_has_its_code() -> None:
    shown = printed()
    for content in (
        "SMSTO:+8613800000000:登记 示例新村3号楼2单元",
        f"{CHAT}/chat?at=join-12-34",
        "https://t.me/ExampleBot?start=join-12-34",
    ):
        assert drawn(content) in shown, content
    assert shown.count("<svg") == 3


@pytest.mark.parametrize(
    ("missing", "left"), [({"number": ""}, 2), ({"chat": ""}, 2), ({"bot": ""}, 2), ({"number": "", "chat": "", "bot": ""}, 0)]
)
def test_a_way_in_that_there_is_not_is_left_out(missing: dict[str, str], left: int) -> None:
    shown = printed(**missing)
    assert shown.count("<svg") == left
    assert ("138 0000 0000" in shown) is ("number" not in missing)
    assert "119" in shown


def test_the_estate_s_own_numbers_stand_there_when_it_has_them() -> None:
    assert "燃气抢修" not in printed()
    shown = printed(Poster(STAIR, "0999-0001", "0999-0002"))
    assert re.search(r"燃气抢修.*0999-0001.*电梯困人.*0999-0002", shown, re.DOTALL)


def test_every_poster_is_a_sheet_of_its_own() -> None:
    shown = printed(Poster(STAIR), Poster(Place(estate_id=1, estate="示例新村", building_id=13, building="阳光楼")))
    assert shown.count('<section class="sheet">') == 2
    assert "阳光楼" in shown


def test_nothing_is_fetched_from_anywhere() -> None:
    assert not re.search(r"(?:src|href)=|url\(|@import", printed())


def test_a_name_is_never_taken_for_markup() -> None:
    shown = printed(Poster(Place(estate_id=1, estate="<b>示例</b>", building_id=12, building="3", is_numbered=True)))
    assert "<b>示例" not in shown
    assert "&lt;b&gt;示例" in shown


def test_in_english_nothing_stands_there_twice() -> None:
    shown = printed(language="en")
    assert shown.count("In danger, ring these first:") == 1
    assert "有危险" not in shown


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+8613800000000", "138 0000 0000"),
        ("+869358210001", "0935 821 0001"),
        ("+861062345678", "010 6234 5678"),
        ("+14155550100", "+1 415 555 0100"),
        ("", ""),
    ],
)
def test_a_number_is_printed_as_it_is_read_out(number: str, said: str) -> None:
    assert spaced(number) == said
