"""The homes that lists mean, and the sentences for the lines that mean none."""

from __future__ import annotations

import pytest

from bot.store.people_files import HomeAt, Written
from workflows.places.homes import NoSuchHome, home
from workflows.places.match import Building, Estate, Register, Unit

NEW, GARDEN = 1, 2
REGISTER = Register(
    (Estate(NEW, "示例新村"), Estate(GARDEN, "示例花园", ("花园",))),
    (
        *(
            Building(10 * estate + number, estate, f"{number}号楼", (), (Unit(100 * estate + 10 * number + 1, "1单元"), Unit(0, "2单元")))
            for estate in (NEW, GARDEN)
            for number in (1, 3)
        ),
        Building(50, NEW, "阳光楼", ("老楼",), (Unit(501, "东单元"),)),
        Building(60, NEW, "13号楼"),
    ),
)
AT = HomeAt(13, 131, "", 5, "501")
READ = {
    ("3号楼", "1单元", "", "501"): AT,
    ("3", "1", "", "501室"): AT,
    ("三号楼", "一单元", "5层", "五零一"): AT,
    ("3#", "1", "", "５０１"): AT,
    ("", "", "", "3-1-501"): AT,
    ("", "", "", "3号楼1单元501"): AT,
    ("3号楼", "", "", "1-501"): AT,
    ("3号楼1单元", "", "", "501"): AT,
    ("3号楼", "1", "", "3-1-501"): AT,
    ("3", "1", "6", "501"): HomeAt(13, 131, "", 6, "501"),
    ("3", "1", "", "东户"): HomeAt(13, 131, "", None, "东户"),
    ("3", "1", "", "1"): HomeAt(13, 131, "", None, "1"),
    ("老楼", "", "", "302"): HomeAt(50, 501, "", 3, "302"),
    ("13号楼", "2", "", "302"): HomeAt(60, None, "2单元", 3, "302"),
    ("13号楼", "", "", "302"): HomeAt(60, None, "", 3, "302"),
}
REFUSED = {
    ("33号楼", "1", "", "501"): "示例新村 has no building “33号楼”; there are 3号楼、13号楼、1号楼.",
    ("", "", "", "501"): "楼 is empty.",
    ("3", "", "", "501"): "单元 is empty; 3号楼 has 1单元、2单元.",
    ("3", "4", "", "501"): "3号楼 has no unit “4”; it has 1单元、2单元.",
    ("3", "1", "", "2-501"): "the unit is both 1 and 2.",
    ("1", "1", "", "3-1-501"): "楼 and 室 name different buildings.",
    ("3", "1", "", ""): "室 is empty.",
    ("3", "1", "", "3月2日"): "室 is “3月2日”, which is no room that we can read; write 501, or 3-2-501.",
    ("3", "1", "", "2001/3/2"): "室 is “2001/3/2”, which is no room that we can read; write 501, or 3-2-501.",
    ("3", "1", "", "地下室"): "室 is “地下室”, which is no room that we can read; write 501, or 3-2-501.",
    ("3", "1", "高", "501"): "楼层 is “高”, not a floor.",
}


@pytest.mark.parametrize(("cells", "at"), READ.items(), ids=map(" ".join, READ))
def test_a_home_is_found_however_its_cells_are_written(cells: tuple[str, ...], at: HomeAt) -> None:
    assert home(REGISTER, Written("示例新村", *cells)) == at


@pytest.mark.parametrize(("cells", "told"), REFUSED.items(), ids=map(" ".join, REFUSED))
def test_what_is_no_home_is_told_and_never_guessed(cells: tuple[str, ...], told: str) -> None:
    with pytest.raises(NoSuchHome) as caught:
        home(REGISTER, Written("示例新村", *cells))
    assert str(caught.value) == told


def test_an_estate_is_called_by_its_name_or_another_that_it_is_known_by() -> None:
    assert home(REGISTER, Written("花园", "3", "1", "", "501")).building_id == 23
    for cell, told in (("", "the register has 2 estates"), ("示例花", "there are 示例花园、示例新村")):
        with pytest.raises(NoSuchHome, match=told):
            home(REGISTER, Written(cell, "3", "1", "", "501"))


def test_with_one_estate_nobody_need_name_it() -> None:
    alone = Register(REGISTER.estates[:1], REGISTER.buildings)
    assert home(alone, Written("", "3", "1", "", "501")) == AT
