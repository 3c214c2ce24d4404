"""Working days and the dates we promise: pure counting over dated tables, one per yearly notice of the State Council.

A day of a year without a table is an estimate, and a promise that needed one says that it is provisional.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeGuard

from bot.errors import SettingsFault

# One zone, no summer time since 1991. A fixed offset needs no time zone database on the machine.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

URGENT_WITHIN = timedelta(hours=24)
WORKING_DAYS = {"general": 20, "suggestion": 15}
MORNING = time(9)

# The national holidays that stand on the same date every year (全国年节及纪念日放假办法, 2024, Art. 2).
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))


class CalendarError(SettingsFault):
    """A table of the calendar cannot be used; `faults` lists everything that was found wrong."""


@dataclass(frozen=True, slots=True)
class Year:
    """What one notice says; a table may also move the last days of December before its year."""

    year: int
    source: str
    days_off: frozenset[date]
    working: frozenset[date]

    def __post_init__(self) -> None:
        if faults := _faults_of_days(self):
            raise CalendarError(tuple(faults))


@dataclass(frozen=True, slots=True)
class Calendar:
    years: Mapping[int, Year]


@dataclass(frozen=True, slots=True)
class Promise:
    """A date we give: `counted` are the working days it took, empty for a promise in clock hours."""

    due_at: datetime
    provisional: bool
    counted: tuple[date, ...] = ()


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether offices work on this day, by the tables; by weekdays and the fixed holidays in a year without one."""
    if day.month == 12 and (said := _said_by(calendar.years.get(day.year + 1), day)) is not None:
        return said  # the later notice knew the earlier one
    own = calendar.years.get(day.year)
    if (said := _said_by(own, day)) is not None:
        return said
    return day.weekday() < 5 and (own is not None or day not in _fixed_days_off(day.year))


def promise(calendar: Calendar, label: str, *, received_at: datetime, zone: tzinfo = SHANGHAI) -> Promise:
    """The date promised for a report of this class: urgent 24 clock hours, general 20 working days, suggestion 15.

    The day of receipt is not counted and the last day ends at 24:00 (Civil Code Art. 201 and 203), kept as its last second.
    """
    if received_at.utcoffset() is None:
        raise ValueError("received_at has no time zone, so the day of receipt is not known")
    if label == "urgent":
        return Promise(received_at.astimezone(UTC) + URGENT_WITHIN, provisional=False)
    if label not in WORKING_DAYS:
        raise ValueError(f"{label!r} is no class with a promise; the classes are urgent, {', '.join(WORKING_DAYS)}")
    return within(calendar, WORKING_DAYS[label], since=received_at, zone=zone)


def within(calendar: Calendar, days: int, *, since: datetime, zone: tzinfo = SHANGHAI) -> Promise:
    """The end of this many working days, the day of `since` not counted."""
    first = since.astimezone(zone).date()
    counted = _working_days_after(calendar, first, count=days)
    return Promise(
        due_at=datetime.combine(counted[-1], time(23, 59, 59), zone).astimezone(UTC),
        provisional=_needs_estimate(calendar, first, last=counted[-1]),
        counted=counted,
    )


def morning_after(calendar: Calendar, days: int, *, since: datetime, zone: tzinfo = SHANGHAI) -> datetime:
    """The morning when this many whole working days have gone by: an hour at which people may be written to."""
    counted = _working_days_after(calendar, since.astimezone(zone).date(), count=days + 1)
    return datetime.combine(counted[-1], MORNING, zone).astimezone(UTC)


def working_days(calendar: Calendar, since: datetime, until: datetime, *, zone: tzinfo = SHANGHAI) -> int:
    """How many working days ended between the two moments."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    return sum(is_working_day(calendar, first + timedelta(days=day)) for day in range((last - first).days))


def load_years(folder: Traversable | None = None) -> Calendar:
    """The calendar of every table in the folder, by default those that are shipped; or one error with all faults of all files."""
    source = folder if folder is not None else resources.files("bot.years")
    faults: list[str] = []
    years: dict[int, Year] = {}
    for file in sorted(source.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        table = _read_year(file, faults)
        if table is None:
            continue
        if file.name != f"{table.year}.toml":
            faults.append(f"{file.name}: holds the year {table.year}, so it must be named {table.year}.toml")
        years[table.year] = table
    if not years and not faults:
        faults.append("there is no table of any year")
    if faults:
        raise CalendarError(tuple(faults))
    return Calendar(years)


def _said_by(table: Year | None, day: date) -> bool | None:
    """What a notice says of this day by name, if anything."""
    if table is None:
        return None
    if day in table.working:
        return True
    return False if day in table.days_off else None


def _working_days_after(calendar: Calendar, day: date, *, count: int) -> tuple[date, ...]:
    counted: list[date] = []
    while len(counted) < count:
        day += timedelta(days=1)
        if is_working_day(calendar, day):
            counted.append(day)
    return tuple(counted)


def _needs_estimate(calendar: Calendar, received_on: date, *, last: date) -> bool:
    first = received_on + timedelta(days=1)
    return any(year not in calendar.years for year in range(first.year, last.year + 1))


@lru_cache(maxsize=16)
def _fixed_days_off(year: int) -> frozenset[date]:
    """The fixed holidays, and for each on a weekend the next free weekday (Art. 6: it is made good on a working day).

    The feasts of the moon (Spring Festival and others) are left out: their days off are known only from the notice.
    """
    holidays = [date(year, month, day) for month, day in FIXED_HOLIDAYS]
    off = set(holidays)
    for holiday in holidays:
        if holiday.weekday() >= 5:
            off.add(next(day for day in _following(holiday) if day.weekday() < 5 and day not in off))
    return frozenset(off)


def _following(day: date) -> Iterator[date]:
    while True:
        day += timedelta(days=1)
        yield day


def _faults_of_days(table: Year) -> list[str]:
    faults = [f"{day} is both a day off and a working day" for day in sorted(table.days_off & table.working)]
    first, last = date(table.year - 1, 12, 24), date(table.year, 12, 31)
    faults += [
        f"{day} does not belong to the notice for {table.year}"
        for day in sorted(table.days_off | table.working)
        if not first <= day <= last
    ]
    faults += [f"{day} is a weekday and needs no make-up" for day in sorted(table.working) if day.weekday() < 5]
    return faults


def _read_year(file: Traversable, faults: list[str]) -> Year | None:
    """The table in the file, or None with its faults added to the list."""
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{file.name}: is not TOML: {error}")
        return None
    found = _faults_of_shape(raw)
    if found:
        faults.extend(f"{file.name}: {fault}" for fault in found)
        return None
    days_off = frozenset(day for festival in raw["festival"] for day in _days(festival["first"], festival["last"]))
    working = frozenset(day for festival in raw["festival"] for day in festival["working"])
    try:
        return Year(raw["year"], raw["source"], days_off, working)
    except CalendarError as error:
        faults.extend(f"{file.name}: {fault}" for fault in error.faults)
        return None


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _faults_of_shape(raw: Mapping[str, object]) -> list[str]:
    faults = []
    year, source, festivals = raw.get("year"), raw.get("source"), raw.get("festival")
    if not isinstance(year, int) or not 1950 <= year <= 9998:
        faults.append(f"year is {year!r}, not a year")
    if not isinstance(source, str) or not source.strip():
        faults.append("source does not name the notice")
    faults += [f"{name} is no part of a table" for name in raw if name not in ("year", "source", "festival")]
    if not isinstance(festivals, list) or not festivals:
        return [*faults, "there is no [[festival]]"]
    for festival in festivals:
        faults += _faults_of_festival(festival) if isinstance(festival, dict) else [f"{festival!r} is not a festival"]
    return faults


def _faults_of_festival(festival: Mapping[str, object]) -> list[str]:
    name = festival.get("name", "a festival without a name")
    first, last, working = festival.get("first"), festival.get("last"), festival.get("working")
    if not _is_day(first) or not _is_day(last):
        faults = [f"{name}: first and last must be days, not {first!r} and {last!r}"]
    elif first > last or (last - first).days > 30:
        faults = [f"{name}: {first} to {last} is not a stretch of days off"]
    else:
        faults = []
    if not isinstance(working, list) or not all(_is_day(day) for day in working):
        faults.append(f"{name}: working must be a list of days, empty when there are none")
    return faults


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)
