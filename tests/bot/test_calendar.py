"""The working-day calendar: the year 2026 as the notice has it, and the laws that every calendar keeps."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import SHANGHAI, WORKING_DAYS, Calendar, CalendarError, Promise, Year, is_working_day, load_years, promise

SHIPPED = load_years()
CLASSES = tuple(WORKING_DAYS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def day_of(promised: Promise) -> date:
    return promised.due_at.astimezone(SHANGHAI).date()


# received, day 1, due as a suggestion (15), due as general (20): worked out by hand from the notice.
EXAMPLES = [
    pytest.param("2025-12-31 20:30", "2026-01-04", "2026-01-22", "2026-01-29", id="1 evening, crosses the year, Sunday works"),
    pytest.param("2026-01-05 09:10", "2026-01-06", "2026-01-26", "2026-02-02", id="2 plain"),
    pytest.param("2026-02-13 16:00", "2026-02-14", "2026-03-12", "2026-03-19", id="3 day 2 is 24 Feb, Sat 28 Feb counts"),
    pytest.param("2026-02-14 22:45", "2026-02-24", "2026-03-13", "2026-03-20", id="4 make-up Saturday, night"),
    pytest.param("2026-02-17 10:00", "2026-02-24", "2026-03-13", "2026-03-20", id="5 first day of the year of the moon"),
    pytest.param("2026-04-03 18:40", "2026-04-07", "2026-04-27", "2026-05-07", id="6 jumps 1-5 May"),
    pytest.param("2026-04-30 23:59", "2026-05-06", "2026-05-25", "2026-06-01", id="7 last minute, Sat 9 May counts"),
    pytest.param("2026-05-09 11:00", "2026-05-11", "2026-05-29", "2026-06-05", id="8 received on a make-up day"),
    pytest.param("2026-06-18 19:00", "2026-06-22", "2026-07-10", "2026-07-17", id="9 before the dragon boats"),
    pytest.param("2026-09-18 20:15", "2026-09-20", "2026-10-15", "2026-10-22", id="10 Sunday works, two feasts skipped"),
    pytest.param("2026-09-24 17:00", "2026-09-28", "2026-10-22", "2026-10-29", id="11 before mid-autumn"),
    pytest.param("2026-09-30 17:50", "2026-10-08", "2026-10-27", "2026-11-03", id="12 before the national day, Sat 10 Oct counts"),
    pytest.param("2026-10-04 08:00", "2026-10-08", "2026-10-27", "2026-11-03", id="13 inside the national days"),
    pytest.param("2026-11-20 09:00", "2026-11-23", "2026-12-11", "2026-12-18", id="14 plain autumn"),
    pytest.param("2026-12-04 09:00", "2026-12-07", "2026-12-25", "2027-01-04", id="15 runs into a year without a notice"),
]


@pytest.mark.parametrize(("received", "first", "suggestion", "general"), EXAMPLES)
def test_a_promise_falls_on_the_day_counted_by_hand(received: str, first: str, suggestion: str, general: str) -> None:
    for label, due in (("suggestion", suggestion), ("general", general)):
        promised = promise(SHIPPED, label, received_at=at(received))
        assert promised.counted[0] == date.fromisoformat(first)
        assert promised.counted[-1] == date.fromisoformat(due)
        assert promised.due_at == at(f"{due} 23:59:59")
        assert promised.due_at.tzinfo is UTC
        assert promised.provisional is (due > "2026-12-31")


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_of_a_shipped_year_is_as_somebody_else_typed_the_notice(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in days if is_working_day(SHIPPED, day) is not chinese_calendar.is_workday(day)] == []


def test_an_urgent_report_is_promised_24_clock_hours_whatever_the_day_and_never_provisional() -> None:
    assert promise(SHIPPED, "urgent", received_at=at("2026-10-01 02:00")) == Promise(
        at("2026-10-02 02:00").astimezone(UTC), provisional=False
    )
    assert not promise(Calendar({}), "urgent", received_at=at("2031-02-03 02:00")).provisional


def test_2026_has_248_working_days_in_the_months_of_the_notice() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    months = Counter(day.month for day in days if is_working_day(SHIPPED, day))
    assert [months[month] for month in range(1, 13)] == [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]
    assert months.total() == 248


def test_the_weekend_before_mid_autumn_2026_has_a_free_saturday_and_a_worked_sunday() -> None:
    assert not is_working_day(SHIPPED, date(2026, 9, 19))
    assert is_working_day(SHIPPED, date(2026, 9, 20))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2027-01-01", False),
        ("2027-01-04", True),
        ("2027-05-01", False),  # Saturday
        ("2027-05-03", False),  # made good for Saturday
        ("2027-05-04", False),  # made good for Sunday
        ("2027-05-05", True),
        ("2027-10-01", False),
        ("2027-10-05", False),
        ("2027-10-06", True),
        ("2027-10-10", False),
        ("2028-01-03", False),  # 1 January is a Saturday
    ],
)
def test_without_a_table_days_are_weekdays_less_the_fixed_holidays_and_their_substitutes(day: str, works: bool) -> None:
    assert is_working_day(SHIPPED, date.fromisoformat(day)) is works


def test_a_notice_may_move_the_last_days_of_december_before_its_year() -> None:
    moved = Year(2027, "invented", frozenset({date(2026, 12, 31), date(2027, 1, 1)}), frozenset({date(2026, 12, 27)}))
    calendar = Calendar({**SHIPPED.years, 2027: moved})
    assert not is_working_day(calendar, date(2026, 12, 31))
    assert is_working_day(calendar, date(2026, 12, 27))


def test_a_promise_is_provisional_only_while_a_counted_year_has_no_table() -> None:
    received = at("2026-12-04 09:00")
    assert promise(SHIPPED, "general", received_at=received).provisional
    with_2027 = Calendar({**SHIPPED.years, 2027: Year(2027, "invented", frozenset({date(2027, 1, 1)}), frozenset())})
    assert not promise(with_2027, "general", received_at=received).provisional


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        promise(SHIPPED, "urgent", received_at=datetime(2026, 1, 5, 9, 10))  # noqa: DTZ001


def test_a_class_without_a_promise_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ValueError, match="urgent, general, suggestion"):
        promise(SHIPPED, "soon", received_at=at("2026-01-05 09:10"))


# Laws

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
WEEKEND_DAYS = DAYS.filter(lambda day: day.weekday() >= 5)
INSTANTS = st.datetimes(datetime(2025, 12, 20), datetime(2027, 1, 20), timezones=st.just(SHANGHAI))  # noqa: DTZ001


@st.composite
def tables(draw: st.DrawFn) -> Year:
    off = draw(st.frozensets(DAYS, max_size=40))
    working = draw(st.frozensets(WEEKEND_DAYS, max_size=8)) - off
    return Year(2026, "drawn", off, working)


@given(table=tables(), day=DAYS, received=INSTANTS, label=st.sampled_from(CLASSES))
def test_a_new_day_off_never_makes_a_deadline_earlier(table: Year, day: date, received: datetime, label: str) -> None:
    more = Year(2026, "drawn", table.days_off | {day}, table.working - {day})
    before = promise(Calendar({2026: table}), label, received_at=received)
    assert promise(Calendar({2026: more}), label, received_at=received).due_at >= before.due_at


@given(table=tables(), day=WEEKEND_DAYS, received=INSTANTS, label=st.sampled_from(CLASSES))
def test_a_make_up_day_never_makes_a_deadline_later(table: Year, day: date, received: datetime, label: str) -> None:
    more = Year(2026, "drawn", table.days_off - {day}, table.working | {day})
    before = promise(Calendar({2026: table}), label, received_at=received)
    assert promise(Calendar({2026: more}), label, received_at=received).due_at <= before.due_at


@given(table=tables(), received=INSTANTS, label=st.sampled_from(CLASSES))
def test_a_promise_always_ends_on_a_working_day_and_counts_only_working_days_after_receipt(
    table: Year, received: datetime, label: str
) -> None:
    calendar = Calendar({2026: table})
    promised = promise(calendar, label, received_at=received)
    every = [received.date() + timedelta(days=n) for n in range(1, (day_of(promised) - received.date()).days + 1)]
    assert list(promised.counted) == [day for day in every if is_working_day(calendar, day)]
    assert len(promised.counted) == WORKING_DAYS[label]
    assert day_of(promised) == promised.counted[-1]


@given(received=INSTANTS, hours=st.integers(-12, 14), label=st.sampled_from(("urgent", *CLASSES)))
def test_the_same_instant_in_another_zone_is_promised_the_same_date(received: datetime, hours: int, label: str) -> None:
    elsewhere = received.astimezone(timezone(timedelta(hours=hours)))
    assert promise(SHIPPED, label, received_at=elsewhere) == promise(SHIPPED, label, received_at=received)


# Bad tables

FAULTY = """
year = "2027"
source = ""
author = "x"
[[festival]]
name = "A"
first = 2027-01-03
last = 2027-01-01
working = []
[[festival]]
name = "B"
first = 2027-02-01
last = "soon"
working = [2027-02-06T10:00:00]
"""
CONTRADICTORY = """
year = 2028
source = "invented"
[[festival]]
name = "A"
first = 2028-01-01
last = 2028-01-03
working = [2028-01-02, 2028-01-05, 2029-01-06]
"""


def test_bad_tables_are_refused_with_all_their_faults_at_once(tmp_path: Path) -> None:
    for name, text in (("2027.toml", FAULTY), ("2028.toml", CONTRADICTORY), ("2029.toml", "year = "), ("notes.txt", "not read")):
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(CalendarError) as refused:
        load_years(tmp_path)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["2027.toml"] * 6 + ["2028.toml"] * 3 + ["2029.toml"]
    for part in ("'2027'", "source", "author", "stretch", "'soon'", "list of days", "both", "weekday", "does not belong", "not TOML"):
        assert part in str(refused.value)


def test_a_table_under_another_years_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2030.toml").write_text(CONTRADICTORY.replace("2028-01-02, 2028-01-05, 2029-01-06", ""), "utf-8")
    with pytest.raises(CalendarError, match=r"must be named 2028\.toml"):
        load_years(tmp_path)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="no table"):
        load_years(tmp_path)
