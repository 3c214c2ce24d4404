"""The home that the cells of a list mean: exactly one of the register, or a sentence that says why not. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache

from bot.errors import AnlinError
from bot.store.people_files import HomeAt, Written
from workflows.places.match import Building, Estate, Register, building_number, unit_number
from workflows.places.numerals import fold
from workflows.places.reading import Reading, floor_of, read

NEAREST = 3
_PLAIN_ROOM = re.compile(r"[A-Z]?\d{1,5}[A-Z]?", re.ASCII)  # what a list of rooms may say that no sentence would: 1, 0501, 12B
_AFTER_ROOM = re.compile(r"\s*(?:号?[室房]|号)$")
_FLOOR = re.compile(r"(-?\d{1,2})\s*(?:层|楼|F)?", re.ASCII)


class NoSuchHome(AnlinError):
    """The cells mean no home of the register; the sentence says which of them is wrong."""


def home(register: Register, cells: Written) -> HomeAt:
    """The home that the cells mean, each on its own or together as in “3-2-501”. Raises `NoSuchHome` with a sentence."""
    said = _said(cells.room)
    there = _building(register, cells, said)
    units = [unit_number(cells.unit) if cells.unit else None, _said(cells.building).unit, said.unit]
    if cells.building and said.or_unit:
        units.append(said.building)
    named = sorted(set(filter(None, units)))
    if len(named) > 1:
        raise NoSuchHome(f"the unit is both {' and '.join(named)}.")
    unit_id, unit_name = _unit(there, named[0] if named else None)
    room = _room(cells.room, said)
    return HomeAt(there.id, unit_id, unit_name, _floor(cells.floor, room), room)


def _estates(register: Register, cell: str) -> tuple[Estate, ...]:
    if not cell:
        if len(register.estates) == 1:
            return register.estates
        raise NoSuchHome(f"小区 is empty, and the register has {len(register.estates) or 'no'} estates.")
    wanted = fold(cell).strip()
    found = tuple(each for each in register.estates if wanted in {fold(name).strip() for name in (each.name, *each.aliases)})
    if not found:
        raise NoSuchHome(f"no estate is called “{cell}”{_nearest(cell, (each.name for each in register.estates))}.")
    return found


def _building(register: Register, cells: Written, said: Reading) -> Building:
    cell, estates = cells.building, _estates(register, cells.estate)
    number = said.building if not cell else building_number(cell)
    if said.other_buildings or (cell and not said.or_unit and said.building and number != said.building):
        raise NoSuchHome("楼 and 室 name different buildings.")
    if not cell and not number:
        raise NoSuchHome("楼 is empty.")
    inside = _buildings_of(register, frozenset(each.id for each in estates))
    found = inside.get(number or fold(cell).strip(), ())
    if not found:
        there = (each[0].name for each in inside.values())
        raise NoSuchHome(f"{estates[0].name} has no building “{cell or number}”{_nearest(cell or number or '', there)}.")
    if len(found) > 1:
        raise NoSuchHome(f"“{cell or number}” is the name of {len(found)} buildings.")
    return found[0]


@lru_cache(maxsize=4096)
def _said(cell: str) -> Reading:
    return read(cell)


@lru_cache(maxsize=64)
def _buildings_of(register: Register, estates: frozenset[int]) -> Mapping[str, tuple[Building, ...]]:
    """The buildings by number, and those without one by what they are called."""
    found: dict[str, dict[int, Building]] = {}
    for building in register.buildings:
        if building.estate_id in estates:
            for name in (building.name, *building.aliases):
                found.setdefault(building_number(name) or fold(name).strip(), {})[building.id] = building
    return {name: tuple(buildings.values()) for name, buildings in found.items()}


def _unit(building: Building, wanted: str | None) -> tuple[int | None, str]:
    if not building.units:
        return None, f"{wanted}单元" if wanted and len(wanted) <= 2 else wanted or ""
    if wanted is None:
        if len(building.units) == 1:
            return building.units[0].id, ""
        raise NoSuchHome(f"单元 is empty; {building.name} has {_listed(unit.name for unit in building.units)}.")
    for unit in building.units:
        if unit_number(unit.name) == wanted:
            return unit.id, ""
    raise NoSuchHome(f"{building.name} has no unit “{wanted}”; it has {_listed(unit.name for unit in building.units)}.")


def _room(cell: str, said: Reading) -> str:
    if not cell:
        raise NoSuchHome("室 is empty.")
    if said.other_rooms:
        raise NoSuchHome(f"室 is “{cell}”, which names {1 + len(said.other_rooms)} rooms; write one line for each.")
    bare = _AFTER_ROOM.sub("", fold(cell).strip())
    if _PLAIN_ROOM.fullmatch(bare):
        return bare
    if said.room is None or said.rest.strip("号室房 "):
        raise NoSuchHome(f"室 is “{cell}”, which is no room that we can read; write 501, or 3-2-501.")
    return said.room


def _floor(cell: str, room: str) -> int | None:
    written = cell or floor_of(room) or ""
    if not written:
        return None
    found = _FLOOR.fullmatch(fold(written).strip())
    floor = found[1] if found else read(written).floor
    if floor is None or not floor.lstrip("-").isdigit():
        raise NoSuchHome(f"楼层 is “{cell}”, not a floor.")
    return int(floor)


def _nearest(cell: str, names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    close = get_close_matches(cell, known, n=NEAREST, cutoff=0.3) or known[:NEAREST]
    return f"; there are {_listed(close)}" if close else "; the register is empty"


def _listed(names: Iterable[str]) -> str:
    return "、".join(names)
