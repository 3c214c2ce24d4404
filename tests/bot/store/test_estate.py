"""The register: loaded from files as people keep them, kept by code, the same however often it is loaded."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.store import estate
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.tables import Building, Estate, Household

JINCHANG = Path(__file__).parents[4] / "shared" / "data" / "jinchang_estates.csv"

REGISTER = """序号,县区,小区名,建成年份,户数,建筑面积万m2,楼栋数,结构,已改造,计划年度_计划表,计划年度_类型表,改造类型
1,示例区,示例新村,1981—1990年,150,1.25,6,砖混,节能改造,2022,2023,基础类
1,样板县,示例新村,2001—2005年,24,0.065,1,砖混,,2024,2024,基础类+完善类
"""
HOMES = """小区,网格,楼栋,单元,楼层,房号,别名,纬度,经度
样板花园,第一网格,3号楼,1单元,5层,501,红楼;老三栋,38.52,102.19
样板花园,第一网格,3号楼,2单元,-1,001,,,
样板花园,第二网格,4号楼,,,,,,
"""


def load(store: Store, text: str) -> estate.Totals:
    with store.begin() as tx:
        return estate.load(tx, estate.read_csv(text))


def count(store: Store, row: type[Estate] | type[Building] | type[Household]) -> int:
    with store.read() as tx:
        return int(tx.run(select(func.count()).select_from(table_of(row))).scalar_one())


def test_a_register_is_kept_by_code_so_that_two_estates_may_share_a_name(store: Store) -> None:
    assert load(store, REGISTER) == estate.Totals("register", estates=2, households=174, buildings=7, area_m2=13150)
    with store.read() as tx:
        rows = tx.all(select(table_of(Estate)).order_by(table_of(Estate).c.id))
        assert [(row.code, row.name, row.household_count, row.area_m2) for row in rows] == [
            ("示例区-1", "示例新村", 150, 12500),
            ("样板县-1", "示例新村", 24, 650),
        ]
        assert (rows[0].built, rows[0].renovated, rows[0].plan_year, rows[0].plan_year_by_kind, rows[0].plan_kind) == (
            "1981—1990年",
            "节能改造",
            "2022",
            "2023",
            "基础类",
        )
        assert [place.buildings for place in estate.register(tx)] == [(), ()]


def test_loading_a_register_again_changes_what_it_says_and_adds_nothing(store: Store) -> None:
    load(store, REGISTER)
    load(store, REGISTER.replace("1,示例区,示例新村", "1,示例区,示例一村").replace("150,", "151,"))
    with store.read() as tx:
        assert [place.name for place in estate.register(tx)] == ["示例一村", "示例新村"]
        assert estate.totals(tx).households == 175


def test_a_list_of_homes_makes_what_it_names(store: Store) -> None:
    assert load(store, HOMES) == estate.Totals("homes", estates=1, households=2, buildings=2, units=2, grids=2)
    with store.read() as tx:
        (place,) = estate.register(tx)
        three, four = place.buildings
        home = tx.first(select(table_of(Household)).where(table_of(Household).c.room == "501"))
        assert (place.name, estate.totals(tx).households, estate.totals(tx).buildings) == ("样板花园", 2, 2)
    assert (three.name, three.aliases, three.latitude, three.longitude) == ("3号楼", ("红楼", "老三栋"), 38.52, 102.19)
    assert [name for _, name in three.units] == ["1单元", "2单元"]
    assert (four.name, four.units, four.aliases) == ("4号楼", (), ())
    assert three.grid_id != four.grid_id
    assert home is not None
    assert (home.floor, home.unit_id) == (5, three.units[0][0])


def test_loading_homes_again_adds_nothing_and_a_new_line_adds_itself(store: Store) -> None:
    load(store, HOMES)
    load(store, HOMES)
    assert (count(store, Estate), count(store, Building), count(store, Household)) == (1, 2, 2)
    load(store, HOMES + "样板花园,第一网格,3号楼,2单元,1,101,,,\n")
    assert (count(store, Building), count(store, Household)) == (2, 3)
    with store.read() as tx:
        assert estate.register(tx)[0].buildings[0].aliases == ("红楼", "老三栋")


def test_homes_join_the_estate_of_the_register_by_name_alias_or_code(store: Store) -> None:
    load(store, REGISTER.replace("样板县,示例新村", "样板县,样板新村"))
    load(store, HOMES.replace("样板花园", "样板新村"))
    load(store, HOMES.replace("样板花园", "示例区-1"))
    assert count(store, Estate) == 2
    with store.read() as tx:
        assert [len(place.buildings) for place in estate.register(tx)] == [2, 2]
        assert estate.totals(tx).households == 174


def test_homes_of_a_name_that_two_estates_share_are_refused_and_nothing_is_written(store: Store) -> None:
    load(store, REGISTER)
    with pytest.raises(estate.BadFile, match="Line 2: several estates are called “示例新村”"):
        load(store, HOMES.replace("样板花园", "示例新村"))
    assert count(store, Building) == 0


def test_english_headings_do_as_well(store: Store) -> None:
    text = "estate,grid,building,unit,floor,room\nSample Court,Grid 1,Block 3,A,5,501\n"
    assert load(store, text) == estate.Totals("homes", estates=1, households=1, buildings=1, units=1, grids=1)


def line(**changed: str) -> str:
    cells = dict(zip(HOMES.splitlines()[0].split(","), HOMES.splitlines()[1].split(","), strict=True)) | changed
    out = io.StringIO()
    csv.writer(out).writerow(cells.values())
    return out.getvalue()


FAULTS = {
    "": "The file lists nothing.",
    "姓名,电话\n示例,1\n": "Line 1: the headings are neither",
    "小区,网格,楼栋,单元,楼层,房号,房号\na,b,c,d,1,2,3\n": "Line 1: the headings are neither",
    REGISTER.replace("150,", "约150,"): "Line 2: 户数 is “约150”, not a number.",
    REGISTER.replace("1.25,", "nan,"): "Line 2: 建筑面积万m2 is “nan”, not a number.",
    REGISTER.replace("1,样板县", "1,示例区"): "Line 3: “示例区-1” is there already on line 2.",
    REGISTER.replace("1,样板县,示例新村", "1,样板县,"): "Line 3: 小区名 is empty.",
    REGISTER + "3,样板县\n": "Line 4: it has 2 cells under 12 headings.",
    HOMES + line(楼层="顶"): "Line 5: 楼层 is “顶”, not a floor.",
    HOMES + line(纬度="0", 经度="0"): "Line 5: “0, 0” is no place on the earth.",
    HOMES + line(纬度="98", 经度="102"): "Line 5: “98, 102” is no place on the earth.",
    HOMES + line(): "Line 5: “样板花园 3号楼 1单元 501” is there already on line 2.",
    HOMES
    + line(网格="第二网格", 房号="502"): "Line 5: 3号楼 is in “第二网格” here and in “第一网格” before; a building is in one grid only.",
    HOMES + line(楼栋=""): "Line 5: 楼栋 is empty.",
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.items(), ids=FAULTS.values())
def test_a_bad_line_is_told_and_nothing_is_written(store: Store, text: str, fault: str) -> None:
    with pytest.raises(estate.BadFile) as caught:
        load(store, text)
    assert any(told.startswith(fault) for told in caught.value.faults)
    assert count(store, Estate) == 0


def test_all_faults_are_told_at_once() -> None:
    assert len(estate.read_csv(REGISTER.replace("150,", "x,").replace("24,0.065", "y,z")).faults) == 3


def test_files_from_spreadsheets_are_read_whatever_they_are_encoded_in() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert estate.decoded(HOMES.encode(encoding)) == HOMES
    with pytest.raises(estate.BadFile):
        estate.decoded(b"\xff\xd8\xff\xe0\x00")


@pytest.mark.skipif(not JINCHANG.exists(), reason="the printed register lies beside the checkout only where Anlin is made")
def test_the_register_of_jinchang_has_its_printed_totals(store: Store) -> None:
    totals = load(store, estate.decoded(JINCHANG.read_bytes()))
    assert (totals.estates, totals.households, totals.buildings) == (48, 29941, 813)
    with store.read() as tx:
        assert estate.totals(tx) == totals
