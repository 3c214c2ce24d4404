"""Lists of people as offices keep them: what is read, and what is told by line."""

from __future__ import annotations

from datetime import date

import pytest

from bot.store.people_files import Agreed, PersonLine, read_people
from bot.store.spreadsheets import BadFile, decoded

TODAY = date(2026, 11, 20)
HEADER = "小区,楼,单元,楼层,室,姓名,电话,其他电话,合用电话,语言,独居,行动不便,听力不便,用电医疗设备,帮助人电话,同意方式"


def line(**cells: str) -> str:
    whole = {"小区": "样例里", "楼": "3号楼", "单元": "2单元", "室": "501", "姓名": "样例·甲"} | cells
    return ",".join(f'"{whole.get(heading, "")}"' for heading in HEADER.split(","))


def only(**cells: str) -> PersonLine:
    (person,), faults = read_people(f"{HEADER}\n{line(**cells)}\n", today=TODAY)
    assert faults == ()
    return person


def told(**cells: str) -> str:
    people, faults = read_people(f"{HEADER}\n{line()}\n{line(**cells)}\n", today=TODAY)
    assert len(people) == 1, "only the other line is read"
    return "\n".join(map(str, faults))


def test_everything_that_a_line_says_is_read() -> None:
    person = only(
        电话="138 0000 0001", 其他电话="0935-8210001；13800000002", 语言="English", 独居="是", 行动不便="轮椅", 听力不便="否",
        帮助人电话="13800000003", 同意方式="纸质 2026-11-01",
    )  # fmt: skip
    assert person.phones == ("+8613800000001", "+869358210001", "+8613800000002")
    assert (person.language, person.helpers) == ("en", ("+8613800000003",))
    assert person.needs == {"lives_alone": "", "cannot_walk": "轮椅", "hears_badly": None}
    assert person.consent == Agreed(date(2026, 11, 1), "paper")


@pytest.mark.parametrize(
    ("cells", "own", "shared"),
    [
        ({"电话": "13800000001"}, 1, 0),
        ({"电话": "13800000001", "合用电话": "是"}, 0, 1),
        ({"电话": "13800000001", "合用电话": "否"}, 1, 0),
        ({"电话": "13800000001", "合用电话": "0935-8210001"}, 1, 1),
        ({}, 0, 0),
    ],
)
def test_a_number_is_the_person_s_or_the_household_s(cells: dict[str, str], own: int, shared: int) -> None:
    person = only(**cells)
    assert (len(person.phones), len(person.shared)) == (own, shared)


@pytest.mark.parametrize("cell", ["2026-11-01", "2026/11/1", "2026年11月1日", "20261101", "书面 2026.11.1", "纸质（2026-11-01）"])
def test_a_day_on_paper_is_read_as_people_write_it(cell: str) -> None:
    assert only(同意方式=cell).consent == Agreed(date(2026, 11, 1), "paper")


def test_a_recorded_voice_is_a_consent_too() -> None:
    assert only(同意方式="录音 2026-11-01").consent == Agreed(date(2026, 11, 1), "voice")


def test_blanks_that_only_align_a_name_are_no_part_of_it() -> None:
    assert only(姓名="张　三").name == "张三"
    assert only(姓名=" Ann  Li ").name == "Ann Li"


FAULTS = {
    ("姓名", ""): "Line 3: 姓名 is empty.",
    ("电话", "12345"): "Line 3: 电话 is “12345”, which cannot be a telephone number; a landline needs its area code.",
    (
        "电话",
        "1.38E+10",
    ): "Line 3: 电话 is “1.38E+10”: the spreadsheet has cut the number short; set the column to text and write it again.",
    ("其他电话", "13800000001;13800000001"): "Line 3: the same number is there twice.",
    ("合用电话", "是"): "Line 3: 合用电话 says yes, and there is no number.",
    ("语言", "法语"): "Line 3: 语言 is “法语”; we write 中文 or English.",
    ("独居", "不详"): "Line 3: 独居 is “不详”; ask them, and write 是 or 否, or nothing.",
    ("同意方式", "口头"): "Line 3: 同意方式 is “口头”; write how and on which day, such as “纸质 2026-11-01” or “录音 2026-11-01”.",
    ("同意方式", "2026-02-30"): "Line 3: 同意方式 is “2026-02-30”, and there is no such day.",
    ("同意方式", "2026-11-21"): "Line 3: 同意方式 is “2026-11-21”, and that day has not come yet.",
}


@pytest.mark.parametrize(("cell", "words"), FAULTS.items(), ids=[" ".join(cell) for cell in FAULTS])
def test_a_fault_is_told_by_its_line(cell: tuple[str, str], words: str) -> None:
    assert told(**{cell[0]: cell[1]}) == words


def test_all_faults_of_a_line_are_told_at_once() -> None:
    assert told(姓名="", 电话="12", 语言="法语").count("Line 3") == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_a_file_is_read_whatever_spreadsheet_wrote_it(encoding: str, divider: str) -> None:
    text = divider.join(("室", "姓名", "电话")) + "\r\n" + divider.join(("3-2-501", "样例·甲", "13800000001")) + "\r\n"
    (person,), faults = read_people(decoded(text.encode(encoding)), today=TODAY)
    assert (person.name, person.phones, faults) == ("样例·甲", ("+8613800000001",), ())


def test_headings_may_be_english() -> None:
    (person,), _faults = read_people("estate,building,unit,room,name,phone\nX,3,2,501,Ann,13800000001\n", today=TODAY)
    assert (person.home.estate, person.home.building, person.name) == ("X", "3", "Ann")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("姓名,电话", "Line 1: the heading “室” is missing."),
        ("室,姓名,电话,手机", "Line 1: “电话” is there twice."),
        ("室,姓名,身份证号", "Line 1: “身份证号” is no heading that we know"),
    ],
)
def test_what_is_wrong_with_the_headings_stops_the_file(header: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_people(f"{header}\n1,2,3\n", today=TODAY)


def test_empty_cells_after_the_last_heading_do_no_harm() -> None:
    people, faults = read_people("室,姓名\n3-2-501,样例·甲,,\n3-2-502,样例·乙,多了\n3-2-503\n", today=TODAY)
    assert [person.name for person in people] == ["样例·甲"]
    assert [fault.line for fault in faults] == [3, 4]
