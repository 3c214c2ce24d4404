"""A CSV file of the people of an estate, a line a person, as a community office keeps it.

Reading writes nothing and tells every fault at once, by its line. Where the homes are, and who is known already, is looked at later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bot import phones
from bot.store.spreadsheets import BadFile, cells

HEADINGS: Mapping[str, str] = {
    "小区": "estate",
    "楼": "building",
    "楼栋": "building",
    "楼号": "building",
    "单元": "unit",
    "楼层": "floor",
    "室": "room",
    "房号": "room",
    "室号": "room",
    "姓名": "name",
    "电话": "phone",
    "手机": "phone",
    "其他电话": "other_phones",
    "合用电话": "shared",
    "语言": "language",
    "独居": "lives_alone",
    "行动不便": "cannot_walk",
    "听力不便": "hears_badly",
    "用电医疗设备": "powered_device",
    "帮助人电话": "helper",
    "同意方式": "consent",
}
SHOWN = {key: heading for heading, key in reversed(tuple(HEADINGS.items()))}  # the first heading of each
NEEDED = ("room", "name")
NEEDS = ("lives_alone", "cannot_walk", "hears_badly", "powered_device")
YES = frozenset({"是", "有", "√", "✓", "✔", "对", "1", "y", "yes", "true", "x", "合用"})
NO = frozenset({"否", "无", "没有", "不", "不是", "×", "0", "n", "no", "false", "-", "/"})
UNSURE = frozenset({"不详", "未知", "不清楚", "待查", "待定", "?", "？", "unknown"})
LANGUAGES = {"中文": "zh_CN", "汉语": "zh_CN", "普通话": "zh_CN", "zh": "zh_CN", "zh_cn": "zh_CN", "chinese": "zh_CN"} | {
    "英语": "en",
    "英文": "en",
    "en": "en",
    "english": "en",
}
PAPER = frozenset({"", "纸", "纸质", "书面", "签字", "paper", "signed"})
RECORDED = frozenset({"录音", "电话录音", "recording", "voice"})
LONGEST_NAME = 60

_BETWEEN_NUMBERS = re.compile(r"[;；、,，/|]+")
_DAY = re.compile(r"(20\d\d)(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))", re.ASCII)
_SHORTENED = re.compile(r"\d\.\d+E\+\d+", re.ASCII | re.IGNORECASE)  # what a spreadsheet makes of a long number
_INSIDE_A_NAME = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line, in a sentence."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.words}"


@dataclass(frozen=True, slots=True)
class Written:
    """A home as its cells say it."""

    estate: str
    building: str
    unit: str
    floor: str
    room: str


@dataclass(frozen=True, slots=True)
class HomeAt:
    """A home in the register; `unit` names a unit that is still to be made, in a building whose units nobody has listed."""

    building_id: int
    unit_id: int | None
    unit: str
    floor: int | None
    room: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """Consent that was given before: on which day, and whether on paper or as a recorded voice."""

    on: date
    channel: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person. `needs` holds only what the line speaks of: None for a no, "" for a bare yes, words for a yes with a remark."""

    line: int
    home: Written
    name: str
    phones: tuple[str, ...]
    shared: tuple[str, ...]
    language: str | None
    needs: Mapping[str, str | None]
    helpers: tuple[str, ...]
    consent: Agreed | None


def read_people(text: str, *, today: date) -> tuple[tuple[PersonLine, ...], tuple[Fault, ...]]:
    """Every line of the file that can be read, and every fault of the others."""
    header, rows = cells(text)
    names = _named(header)
    people: list[PersonLine] = []
    faults: list[Fault] = []
    for line, row in rows:
        if len(row) < len(header) or any(row[len(header) :]):
            faults.append(Fault(line, f"it has {len(row)} cells under {len(header)} headings."))
            continue
        told: list[str] = []
        person = _person(line, dict(zip(names, row, strict=False)), tell=told.append, today=today)
        faults.extend(Fault(line, words) for words in told)
        if not told:
            people.append(person)
    return tuple(people), tuple(faults)


def _named(header: tuple[str, ...]) -> tuple[str, ...]:
    """What each column holds; a heading that is not known, doubled or missing is told."""
    names = tuple(HEADINGS.get(heading, heading.casefold().replace(" ", "_")) for heading in header)
    wrong = [heading for heading, name in zip(header, names, strict=True) if name not in SHOWN]
    faults = [f"Line 1: “{heading}” is no heading that we know; there are {'、'.join(SHOWN.values())}." for heading in wrong]
    faults += [f"Line 1: “{SHOWN[name]}” is there twice." for name in SHOWN if names.count(name) > 1]
    faults += [f"Line 1: the heading “{SHOWN[name]}” is missing." for name in NEEDED if name not in names]
    if faults:
        raise BadFile(tuple(faults))
    return names


def _person(line: int, row: Mapping[str, str], *, tell: Tell, today: date) -> PersonLine:
    home = Written(*(row.get(part, "") for part in ("estate", "building", "unit", "floor", "room")))
    name = _INSIDE_A_NAME.sub("", " ".join(row["name"].split()))
    if not name or len(name) > LONGEST_NAME:
        tell("姓名 is empty." if not name else f"姓名 has more than {LONGEST_NAME} characters.")
    needs = _needs(row, tell)
    consent = _consent(row.get("consent", ""), tell, today=today)
    own = (*_numbers("phone", row.get("phone", ""), tell), *_numbers("other_phones", row.get("other_phones", ""), tell))
    own, shared = _shared(row.get("shared", ""), own, tell)
    if len(set(own + shared)) != len(own + shared):
        tell("the same number is there twice.")
    helpers = _numbers("helper", row.get("helper", ""), tell)
    language = LANGUAGES.get(row.get("language", "").casefold())
    if row.get("language") and language is None:
        tell(f"语言 is “{row['language']}”; we write 中文 or English.")
    return PersonLine(line, home, name, own, shared, language, needs, helpers, consent)


def _numbers(column: str, cell: str, tell: Tell) -> tuple[str, ...]:
    found = []
    for written in filter(None, (part.strip() for part in _BETWEEN_NUMBERS.split(cell))):
        number = phones.number_of(written.removesuffix(".0"))
        if number:
            found.append(number)
        elif _SHORTENED.fullmatch(written):
            tell(f"{SHOWN[column]} is “{written}”: the spreadsheet has cut the number short; set the column to text and write it again.")
        else:
            tell(f"{SHOWN[column]} is “{written}”, which cannot be a telephone number; a landline needs its area code.")
    return tuple(found)


def _shared(cell: str, own: tuple[str, ...], tell: Tell) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whose the numbers are: the person's, and the household's. 合用电话 says that the first one is shared, or gives one that is."""
    if not cell or cell.casefold() in NO:
        return own, ()
    if cell.casefold() not in YES:
        return own, _numbers("shared", cell, tell)
    if not own:
        tell("合用电话 says yes, and there is no number.")
    return own[1:], own[:1]


def _needs(row: Mapping[str, str], tell: Tell) -> dict[str, str | None]:
    """What is said of each need: "" for a bare yes, words for a yes with a remark, None for a no; nothing where the cell is empty."""
    said: dict[str, str | None] = {}
    for kind in NEEDS:
        cell = unicodedata.normalize("NFKC", row.get(kind, ""))
        if cell.casefold() in UNSURE:
            tell(f"{SHOWN[kind]} is “{cell}”; ask them, and write 是 or 否, or nothing.")
        elif cell:
            said[kind] = None if cell.casefold() in NO else "" if cell.casefold() in YES else cell
    return said


def _consent(cell: str, tell: Tell, *, today: date) -> Agreed | None:
    if not cell:
        return None
    found = _DAY.search(cell)
    way = cell.replace(found[0], "").strip(" ,，:：()（）").casefold() if found else cell
    if found is None or way not in PAPER | RECORDED:
        tell(f"同意方式 is “{cell}”; write how and on which day, such as “纸质 2026-11-01” or “录音 2026-11-01”.")
        return None
    try:
        on = date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        tell(f"同意方式 is “{cell}”, and there is no such day.")
        return None
    if on > today:
        tell(f"同意方式 is “{cell}”, and that day has not come yet.")
        return None
    return Agreed(on, "voice" if way in RECORDED else "paper")
