"""What residents say about a place, and what is read in it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.places.landmarks import is_by_building
from workflows.places.reading import READ_AT_MOST, Reading, floor_of, read

PARTS = (
    "estate_words",
    "elsewhere",
    "building",
    "other_buildings",
    "or_unit",
    "unclear",
    "unit",
    "floor",
    "room",
    "other_rooms",
    "landmark",
)


def said(text: str) -> dict[str, Any]:
    reading = read(text)
    return {part: getattr(reading, part) for part in PARTS if getattr(reading, part)}


SPOKEN: list[tuple[str, dict[str, Any]]] = [
    # all three parts, however they are written
    ("三号楼二单元五零一", {"building": "3", "unit": "2", "room": "501"}),
    ("3号楼2单元501", {"building": "3", "unit": "2", "room": "501"}),
    ("３号楼２单元５０１", {"building": "3", "unit": "2", "room": "501"}),
    ("3 号 楼 2 单元 501", {"building": "3", "unit": "2", "room": "501"}),
    ("三号樓2單元501", {"building": "3", "unit": "2", "room": "501"}),
    ("三号楼，二单元，五零一。", {"building": "3", "unit": "2", "room": "501"}),
    ("3栋2单元501室", {"building": "3", "unit": "2", "room": "501"}),
    ("第3栋第2单元501号房间", {"building": "3", "unit": "2", "room": "501"}),
    ("我家在12幢一单元二〇三室", {"building": "12", "unit": "1", "room": "203"}),
    ("23号楼11单元1203", {"building": "23", "unit": "11", "room": "1203"}),
    ("三号楼二单元五百零一", {"building": "3", "unit": "2", "room": "501"}),
    ("三号楼二单元五楼五零一", {"building": "3", "unit": "2", "floor": "5", "room": "501"}),
    ("3号住宅楼2单元501", {"building": "3", "unit": "2", "room": "501"}),
    ("3号2单元501", {"building": "3", "unit": "2", "room": "501"}),
    ("3#2-501", {"building": "3", "unit": "2", "room": "501"}),
    ("3#楼2单元501", {"building": "3", "unit": "2", "room": "501"}),
    ("3-2-501", {"building": "3", "unit": "2", "room": "501"}),
    ("3－2－501", {"building": "3", "unit": "2", "room": "501"}),
    ("3—2—501室漏水", {"building": "3", "unit": "2", "room": "501"}),
    ("3/2/501", {"building": "3", "unit": "2", "room": "501"}),
    ("#3-2-501", {"building": "3", "unit": "2", "room": "501"}),
    ("3 2 501", {"building": "3", "unit": "2", "room": "501"}),
    ("三杠二杠五零一", {"building": "3", "unit": "2", "room": "501"}),
    ("3-2-5-1", {"building": "3", "unit": "2", "floor": "5", "room": "501"}),
    ("3栋-2-501", {"building": "3", "unit": "2", "room": "501"}),
    ("二号楼三门201", {"building": "2", "unit": "3", "room": "201"}),
    ("3号楼B座501", {"building": "3", "unit": "B", "room": "501"}),
    ("3-2-119", {"building": "3", "unit": "2", "room": "119"}),
    # two parts, one part
    ("3#2门", {"building": "3", "unit": "2"}),
    ("3号楼2号门", {"building": "3", "unit": "2"}),
    ("3栋2单元5楼", {"building": "3", "unit": "2", "floor": "5"}),
    ("3号楼2单元5层", {"building": "3", "unit": "2", "floor": "5"}),
    ("十二号楼东单元", {"building": "12", "unit": "东"}),
    ("3号楼甲单元", {"building": "3", "unit": "甲"}),
    ("3-2", {"building": "3", "unit": "2"}),
    ("2单元501", {"unit": "2", "room": "501"}),
    ("2单元的501", {"unit": "2", "room": "501"}),
    ("三号楼幺零三", {"building": "3", "room": "103"}),
    ("3号楼我家501", {"building": "3", "room": "501"}),
    ("12#1205", {"building": "12", "room": "1205"}),
    ("甲单元", {"unit": "甲"}),
    ("两单元", {"unit": "2"}),
    ("第二个单元", {"unit": "2"}),
    ("3号", {"building": "3"}),
    ("A座", {"building": "A"}),
    ("B3栋", {"building": "B3"}),
    ("3甲号楼", {"building": "3甲"}),
    ("甲楼", {"building": "甲"}),
    ("2号楼", {"building": "2"}),
    ("幺零三", {"room": "103"}),
    ("501", {"room": "501"}),
    ("我家501漏水", {"room": "501"}),
    ("119室", {"room": "119"}),
    ("三单元五楼东户", {"unit": "3", "floor": "5", "room": "东户"}),
    ("二单元五楼二号", {"unit": "2", "floor": "5", "room": "2"}),
    # floors
    ("五楼", {"floor": "5"}),
    ("20楼", {"floor": "20"}),
    ("5楼501", {"floor": "5", "room": "501"}),
    ("底楼", {"floor": "1"}),
    ("顶楼漏水", {"floor": "top"}),
    ("负一楼", {"floor": "-1"}),
    ("-1楼", {"floor": "-1"}),
    ("地下一层", {"floor": "-1"}),
    ("B2层", {"floor": "-2"}),
    # N楼 with a unit or another floor's room can only be a building
    ("3楼2单元501", {"building": "3", "unit": "2", "room": "501"}),
    ("3楼501", {"building": "3", "room": "501"}),
    # slips and mishearings
    ("三号搂二丹元", {"building": "3", "unit": "2"}),
    ("3动2单员501", {"building": "3", "unit": "2", "room": "501"}),
    ("3号楼2单元5O1", {"building": "3", "unit": "2", "room": "501"}),
    # estates
    ("金桂园3号楼", {"estate_words": "金桂园", "building": "3"}),
    ("金桂园3号", {"estate_words": "金桂园", "building": "3"}),
    ("桂园三号樓2單元501", {"estate_words": "桂园", "building": "3", "unit": "2", "room": "501"}),
    ("我妈住在金桂园小区3号楼", {"estate_words": "金桂园小区", "building": "3"}),
    ("金桂园三期5栋", {"estate_words": "金桂园三期", "building": "5"}),
    ("昌和里14区3号楼", {"estate_words": "昌和里14区", "building": "3"}),
    ("宝华里20号区5号楼", {"estate_words": "宝华里20号区", "building": "5"}),
    ("着火了3号楼,银杏苑", {"elsewhere": "银杏苑", "building": "3"}),
    ("Sunny Garden building three", {"elsewhere": "SUNNY GARDEN", "building": "3"}),
    ("金桂园", {"elsewhere": "金桂园"}),
    ("7栋一9栋", {"building": "7", "other_buildings": ("9",)}),
    ("统一3号楼", {"building": "3"}),
    ("5栋三楼A座", {"building": "5", "unit": "A", "floor": "3"}),
    ("着火了金桂园3号楼", {"estate_words": "金桂园", "building": "3"}),
    ("电梯困人金桂园3号楼", {"estate_words": "电梯困人金桂园", "building": "3", "landmark": "电梯"}),
    ("老小区3号楼", {"building": "3"}),
    # landmarks
    ("楼下垃圾站旁边", {"landmark": "楼下垃圾站旁边"}),
    ("着火了在垃圾站旁边", {"landmark": "垃圾站旁边"}),
    ("小区东门口", {"landmark": "小区东门口"}),
    ("金桂园东门口", {"elsewhere": "金桂园", "landmark": "东门口"}),
    ("地下室", {"landmark": "地下室"}),
    ("电梯里", {"landmark": "电梯里"}),
    ("3号楼前面", {"building": "3", "landmark": "前面"}),
    ("3号楼旁边的垃圾站", {"building": "3", "landmark": "旁边的垃圾站"}),
    ("3号楼东头第二个门洞", {"building": "3", "landmark": "东头第二个门洞"}),
    ("3号楼道里有烟", {"building": "3", "landmark": "楼道里"}),
    ("next to the east gate", {"landmark": "next to the east gate"}),
    # inside a sentence
    ("3号楼2单元电梯困人了", {"building": "3", "unit": "2", "landmark": "电梯"}),
    ("3号楼2单元3个人困住", {"building": "3", "unit": "2"}),
    ("6号楼4单元101老人摔倒", {"building": "6", "unit": "4", "room": "101"}),
    ("3号楼501只有老人", {"building": "3", "room": "501"}),
    ("3号楼501天花板漏水", {"building": "3", "room": "501"}),
    ("三号楼二单元五零一有两个人", {"building": "3", "unit": "2", "room": "501"}),
    ("3号楼，今天3点开始停水", {"building": "3"}),
    ("只有3栋停电", {"building": "3"}),
    # more than one
    ("3号楼2单元501和601", {"building": "3", "unit": "2", "room": "501", "other_rooms": ("601",)}),
    ("3栋501室502室", {"building": "3", "room": "501", "other_rooms": ("502",)}),
    ("3号楼和5号楼停水", {"building": "3", "other_buildings": ("5",)}),
    ("3号楼1单元和2单元没水", {"building": "3"}),
    ("1单元和2单元没水", {"unclear": True}),
    ("3-501", {"building": "3", "or_unit": True, "room": "501"}),
    # a building is meant, but which one is not said
    ("三四号楼2单元", {"unclear": True, "unit": "2"}),
    ("幸福路12号2单元501", {"unclear": True, "unit": "2", "room": "501"}),
    # English
    ("building 3 unit 2 room 501", {"building": "3", "unit": "2", "room": "501"}),
    ("Bldg 3, apt 501", {"building": "3", "room": "501"}),
    ("bldg3 unit2 rm501", {"building": "3", "unit": "2", "room": "501"}),
    ("Room 501, Unit 2, Building 3", {"building": "3", "unit": "2", "room": "501"}),
    ("Building 3 Unit 501", {"building": "3", "room": "501"}),
    ("my flat is 501 in building 3", {"building": "3", "room": "501"}),
    ("No. 3 Building, 3rd floor", {"building": "3", "floor": "3"}),
    ("3/F Block B", {"building": "B", "floor": "3"}),
    ("Building A, unit 5", {"building": "A", "unit": "5"}),
    ("the second floor", {"floor": "2"}),
]

NO_PLACE = [
    "",
    " ",
    "5月3号",
    "五月三号",
    "3月3日晚上",
    "3点",
    "三点半",
    "12:30",
    "2024-3-5",
    "2024/3/5",
    "12/25/2024",
    "2024年3月5日",
    "13800000000",
    "138-0000-0000",
    "010-55550000",
    "12345",
    "119",
    "幺幺零",
    "快打120",
    "两个小时",
    "500块钱",
    "120多户没水",
    "3-5天",
    "3号停水",
    "今天3号停水",
    "3号线",
    "3号门",
    "两栋楼都停电",
    "三栋楼都停水了",
    "这三栋",
    "6层楼",
    "五六楼",
    "三室一厅",
    "地上一层水",
    "一个人",
    "十分着急",
    "对面一栋高层着火了",
    "医院里的人",
    "all the buildings smell, see #12 and #14",
    "block a driveway",
    "the building I live in",
    "I waited 45 minutes for 2 people",
    "🔥🔥🔥",
]


@pytest.mark.parametrize(("text", "parts"), SPOKEN)
def test_a_place_is_read_as_people_say_it(text: str, parts: dict[str, Any]) -> None:
    assert said(text) == parts


@pytest.mark.parametrize("text", NO_PLACE)
def test_dates_times_telephones_and_amounts_are_no_place(text: str) -> None:
    assert said(text) == {}


def test_a_date_before_a_unit_is_not_its_building() -> None:
    assert said("5月3号2单元停电") == {"unit": "2"}
    assert said("今天3号，2单元停水") == {"unit": "2"}


def test_a_number_that_is_dialled_is_no_room_after_a_building() -> None:
    assert said("3号楼119") == {"building": "3"}


def test_what_is_not_a_place_is_left_as_it_was_written() -> None:
    assert read("３号樓2单元 電梯困人了").rest == "電梯困人了"
    assert read("着火了金桂园3号楼2单元501").rest == "着火了金桂园"
    assert read("3号楼2单元501").rest == ""


def test_words_right_before_the_building_are_kept_when_they_may_name_an_estate() -> None:
    assert read("天润3号楼").before == "天润"
    assert read("电梯坏了3号楼").before is None


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    assert said("啊" * READ_AT_MOST + "3号楼") == {}
    assert read("3号楼" + "啊" * 10_000).building == "3"


@pytest.mark.parametrize(
    ("room", "floor"),
    [
        ("501", "5"),
        ("1203", "12"),
        ("3301", "33"),
        ("501A", "5"),
        ("A501", "5"),
        ("2", None),
        ("12", None),
        ("东户", None),
        ("001", None),
        ("0501", "5"),
    ],
)
def test_a_room_tells_its_floor(room: str, floor: str | None) -> None:
    assert floor_of(room) == floor


@pytest.mark.parametrize(
    ("landmark", "is_by"),
    [("电梯里", True), ("楼下垃圾站旁边", True), ("地下室", True), ("the lift", True), ("小区东门口", False), ("地下车库", False)],
)
def test_a_landmark_is_by_a_building_or_in_the_estate(landmark: str, is_by: bool) -> None:
    assert is_by_building(landmark) is is_by


def one_by_one(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(c)] for c in str(number))


def counted(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{one_by_one(tens)}十") + (one_by_one(ones) if ones else "")


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)


STYLES = {
    "figures": lambda b, u, r: f"{b}号楼{u}单元{r}",
    "characters": lambda b, u, r: f"{counted(b)}号楼{counted(u)}单元{one_by_one(r)}室",
    "blocks": lambda b, u, r: f"我家住{b}栋{u}单元{r}室，快来",
    "dashes": lambda b, u, r: f"{b}-{u}-{r}",
    "slashes": lambda b, u, r: f"{b}/{u}/{r}",
    "sharp": lambda b, u, r: f"{b}#{u}门{r}",
    "wide": lambda b, u, r: wide(f"{b}幢{u}单元{r}"),
    "traditional": lambda b, u, r: f"{b}號樓{u}單元{r}號房",
    "spaced": lambda b, u, r: f"{b} {u} {r}",
    "estate": lambda b, u, r: f"金桂园{b}号楼{u}单元{r}漏水",
    "english": lambda b, u, r: f"Building {b}, Unit {u}, Room {r}",
    "backwards": lambda b, u, r: f"apt {r}, entrance {u}, bldg. {b}",
}


@pytest.mark.parametrize("style", STYLES)
@given(building=st.integers(1, 99), unit=st.integers(1, 20), floor=st.integers(1, 33), door=st.integers(1, 8))
def test_any_place_reads_back_from_any_style(style: str, building: int, unit: int, floor: int, door: int) -> None:
    reading = read(STYLES[style](building, unit, floor * 100 + door))
    assert (reading.building, reading.unit, reading.room) == (str(building), str(unit), f"{floor * 100 + door}")
    assert floor_of(reading.room or "") == str(floor)
    assert not reading.other_buildings
    assert not reading.or_unit


NUMBERS = ["3", "12", "五零一", "501", "十", "A", "B", "东", "甲", "第", "#", "-", "/", "，", " "]
SUFFIXES = ["号", "号楼", "楼", "栋", "单元", "门", "室", "层", "月", "点", "个", "building", "unit", "room", "floor"]
OTHERS = ["负", "金桂园", "小区", "的", "在", "我家", "电梯", "旁边", "停水"]
PIECES = st.lists(st.sampled_from([*NUMBERS, *SUFFIXES, *OTHERS]), max_size=12).map("".join)


@given(st.one_of(st.text(), PIECES))
def test_any_text_has_a_reading(text: str) -> None:
    reading = read(text)
    assert set(reading.rest) <= set(text) | {" "}
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
