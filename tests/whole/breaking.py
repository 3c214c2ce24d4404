"""A house with a fault in it, for what must happen then."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from bot.effects import Command
from bot.engine import Talk
from bot.prompt import Ask, Say, ask
from bot.room import House, Sight


class Spilt(Exception):
    """A fault that repeats what was said, as a KeyError does."""


def breaks(talk: Talk, *, greets: bool = False) -> Generator[Ask | Say | Command[Any], Any, None]:
    """A report that raises on its way."""
    what = yield from ask("what", "?")
    raise Spilt(what.text)


def broken(house: House) -> House:
    """The house with a fault in its most important talk."""
    rooms = tuple(replace(room, flows={**room.flows, "report": breaks}) if "report" in room.flows else room for room in house.rooms)
    return replace(house, rooms=rooms)


def blind(house: House) -> House:
    """The house with a fault where every inbound is first looked at."""

    def look(text: str, language: str | None) -> Sight:
        raise Spilt(text)

    return replace(house, look=look)
