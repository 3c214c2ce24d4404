"""CSV files of built places, as people keep them: the register of old estates (a row an estate), or a list of homes (a row a home).

Reading writes nothing and tells every fault at once, by its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.store.spreadsheets import BadFile, cells, twice

M2_PER_WAN = 10_000
REGISTER, HOMES = "register", "homes"

_REGISTER_HEADER = (
    "序号",
    "县区",
    "小区名",
    "建成年份",
    "户数",
    "建筑面积万m2",
    "楼栋数",
    "结构",
    "已改造",
    "计划年度_计划表",
    "计划年度_类型表",
    "改造类型",
)
_HOMES_NEEDED = frozenset({"estate", "grid", "building", "unit", "floor", "room"})
_HOMES_CHINESE = {
    "小区": "estate",
    "网格": "grid",
    "楼栋": "building",
    "单元": "unit",
    "楼层": "floor",
    "房号": "room",
    "别名": "aliases",
    "纬度": "latitude",
    "经度": "longitude",
}
_HOMES_KNOWN = frozenset(_HOMES_CHINESE.values())
_FLOOR = re.compile(r"(-?\d{1,2})(?:层|楼)?")
_BETWEEN_ALIASES = re.compile(r"[;；、|]")


@dataclass(frozen=True, slots=True)
class EstateLine:
    """One estate of the register; its number in its district is its code, whatever it is called."""

    line: int
    code: str
    district: str
    name: str
    built: str
    household_count: int
    building_count: int
    area_m2: int
    structure: str
    renovated: str
    plan_year: str
    plan_year_by_kind: str
    plan_kind: str


@dataclass(frozen=True, slots=True)
class HomeLine:
    """One home, or with no room one building or unit."""

    line: int
    estate: str
    grid: str
    building: str
    unit: str
    floor: int | None
    room: str
    aliases: tuple[str, ...]
    pin: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class EstateFile:
    """A file as read: rows of the kind its header announced, and every fault."""

    kind: str
    estates: tuple[EstateLine, ...] = ()
    homes: tuple[HomeLine, ...] = ()
    faults: tuple[str, ...] = ()


def read_csv(text: str) -> EstateFile:
    """The rows of the file, or why not; the header says which kind of file it is."""
    header, lines = cells(text)
    kind = _kind(header)
    faults = [f"Line {line}: it has {len(row)} cells under {len(header)} headings." for line, row in lines if len(row) != len(header)]
    rows = [(line, row) for line, row in lines if len(row) == len(header)]
    if kind == REGISTER:
        estates = [_estate(line, row, faults) for line, row in rows]
        faults.extend(twice([(estate.line, estate.code) for estate in estates]))
        return EstateFile(kind, estates=tuple(estates), faults=tuple(faults))
    named = [_HOMES_CHINESE.get(word, word) for word in header]
    homes = [_home(line, dict(zip(named, row, strict=True)), faults) for line, row in rows]
    faults.extend(twice([(home.line, f"{home.estate} {home.building} {home.unit} {home.room}".strip()) for home in homes]))
    faults.extend(_in_two_grids(homes))
    return EstateFile(kind, homes=tuple(homes), faults=tuple(faults))


def _kind(header: tuple[str, ...]) -> str:
    if header == _REGISTER_HEADER:
        return REGISTER
    named = {_HOMES_CHINESE.get(word, word) for word in header}
    if len(named) == len(header) and _HOMES_NEEDED <= named <= _HOMES_KNOWN:
        return HOMES
    register, homes = ",".join(_REGISTER_HEADER), ",".join(_HOMES_CHINESE)
    raise BadFile((f"Line 1: the headings are neither those of the register ({register}) nor those of a list of homes ({homes}).",))


def _estate(line: int, cells: list[str], faults: list[str]) -> EstateLine:
    number, district, name, built, households, area, buildings, *rest = cells
    for what, value in (("县区", district), ("小区名", name)):
        if not value:
            faults.append(f"Line {line}: {what} is empty.")
    code = f"{district}-{_count(line, number, what='序号', faults=faults)}"
    return EstateLine(
        line,
        code,
        district,
        name,
        built,
        _count(line, households, what="户数", faults=faults),
        _count(line, buildings, what="楼栋数", faults=faults),
        _area(line, area, faults),
        *rest,
    )


def _home(line: int, row: dict[str, str], faults: list[str]) -> HomeLine:
    for word, key in _HOMES_CHINESE.items():
        if key in {"estate", "building"} and not row[key]:
            faults.append(f"Line {line}: {word} is empty.")
    aliases = tuple(word.strip() for word in _BETWEEN_ALIASES.split(row.get("aliases", "")) if word.strip())
    return HomeLine(
        line,
        row["estate"],
        row["grid"],
        row["building"],
        row["unit"],
        _floor(line, row["floor"], faults),
        row["room"],
        aliases,
        _pin(line, (row.get("latitude", ""), row.get("longitude", "")), faults),
    )


def _count(line: int, value: str, *, what: str, faults: list[str]) -> int:
    if value.isascii() and value.isdigit():
        return int(value)
    faults.append(f"Line {line}: {what} is “{value}”, not a number.")
    return 0


def _area(line: int, value: str, faults: list[str]) -> int:
    try:
        area = Decimal(value)
    except InvalidOperation:
        area = Decimal(-1)
    if not area.is_finite() or area < 0:
        faults.append(f"Line {line}: 建筑面积万m2 is “{value}”, not a number.")
        return 0
    return int(area * M2_PER_WAN)


def _floor(line: int, value: str, faults: list[str]) -> int | None:
    if not value:
        return None
    found = _FLOOR.fullmatch(value)
    if found is None:
        faults.append(f"Line {line}: 楼层 is “{value}”, not a floor.")
        return None
    return int(found[1])


def _pin(line: int, degrees: tuple[str, str], faults: list[str]) -> tuple[float, float] | None:
    if degrees == ("", ""):
        return None
    try:
        pin = float(degrees[0]), float(degrees[1])
    except ValueError:
        pin = 0.0, 0.0
    if pin == (0.0, 0.0) or not (abs(pin[0]) <= 90 and abs(pin[1]) <= 180):
        faults.append(f"Line {line}: “{', '.join(degrees)}” is no place on the earth.")
        return None
    return pin


def _in_two_grids(homes: list[HomeLine]) -> Iterator[str]:
    grids: dict[tuple[str, str], str] = {}
    for home in homes:
        grid = grids.setdefault((home.estate, home.building), home.grid)
        if home.grid != grid:
            yield f"Line {home.line}: {home.building} is in “{home.grid}” here and in “{grid}” before; a building is in one grid only."
