"""`anlin deadline`: the date that a report would be promised, and how it was counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import click

from bot import settings
from bot.calendar import WORKING_DAYS, Promise, load_years, promise
from bot.console.desk import json_option, printed

CLASSES = ("urgent", *WORKING_DAYS)
SATURDAY = 5
_DAY = "%a %Y-%m-%d"


@click.command()
@click.option("--class", "label", type=click.Choice(CLASSES), required=True, help="The class of the report.")
@click.option(
    "--received", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]), required=True, help="Local time."
)
@json_option
def deadline(label: str, received: datetime, *, is_json: bool) -> None:
    """Print the date promised for a report of this class, and the days that count. The day of receipt does not; the last ends at 24:00."""
    zone = settings.load().zone
    received_at = received.replace(tzinfo=zone)
    promised = promise(load_years(), label, received_at=received_at, zone=zone)
    due = promised.due_at.astimezone(zone)
    free, worked = _free_weekdays(received_at.date(), promised), [day for day in promised.counted if day.weekday() >= SATURDAY]
    if is_json:
        printed(
            {
                "class": label,
                "received": received_at,
                "due": due,
                "provisional": promised.provisional,
                "counted": promised.counted,
                "weekdays_off": free,
                "weekends_worked": worked,
            }
        )
        return
    for line in _told(due, promised, free=free, worked=worked):
        click.echo(line)


def _free_weekdays(received_on: date, promised: Promise) -> list[date]:
    """The weekdays on the way that do not count."""
    if not promised.counted:
        return []
    days = (received_on + timedelta(days=number) for number in range(1, (promised.counted[-1] - received_on).days + 1))
    return [day for day in days if day.weekday() < SATURDAY and day not in promised.counted]


def _told(due: datetime, promised: Promise, *, free: list[date], worked: list[date]) -> Iterator[str]:
    if not promised.counted:
        yield f"Answered by {due:{_DAY} %H:%M}: 24 hours by the clock, nights and holidays too."
        return
    about = "About " if promised.provisional else "Due "
    yield f"{about}{due:{_DAY}}, 24:00: working day {len(promised.counted)}, counted from {promised.counted[0]:{_DAY}}."
    if free:
        yield f"Weekdays off on the way: {', '.join(f'{day:{_DAY}}' for day in free)}."
    if worked:
        yield f"Weekend days worked: {', '.join(f'{day:{_DAY}}' for day in worked)}."
    if promised.provisional:
        yield "The notice for the coming year is not entered: beyond it weekdays and the fixed holidays are counted, and the date may move."
