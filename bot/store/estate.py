"""The register of built places: loaded from files, kept by code, given out to whoever reads what people say of a place.

Only what a file says is made: an estate of 56 buildings has no building rows until somebody lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlmodel import SQLModel

from bot.store import meta
from bot.store.columns import table_of
from bot.store.estate_files import HOMES, REGISTER, EstateFile, EstateLine, HomeLine, read_csv
from bot.store.spreadsheets import BadFile, decoded
from bot.store.tables import Building, Estate, Grid, Household, Unit
from bot.store.tx import Tx

__all__ = ["BadFile", "BuildingPlace", "EstateFile", "EstatePlace", "Totals", "decoded", "load", "read_csv", "register", "totals"]

ESTATE, GRID, BUILDING, UNIT, HOUSEHOLD = (table_of(row) for row in (Estate, Grid, Building, Unit, Household))
EDITION = "register_edition"  # a fact that changes with every load: who keeps the register in memory reads it again
OWN = "own:"  # begins the code of an estate that no register has numbered

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a file says, or the whole register, for a person to compare with the printed one."""

    kind: str
    estates: int
    households: int
    buildings: int
    area_m2: int = 0
    units: int = 0
    grids: int = 0


@dataclass(frozen=True, slots=True)
class BuildingPlace:
    """A building as people name it, with its units."""

    id: int
    name: str
    aliases: tuple[str, ...]
    grid_id: int | None
    latitude: float | None
    longitude: float | None
    units: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class EstatePlace:
    """An estate as people name it, with its buildings."""

    id: int
    name: str
    aliases: tuple[str, ...]
    buildings: tuple[BuildingPlace, ...]


_ESTATES = select(ESTATE.c.id, ESTATE.c.code, ESTATE.c.name, ESTATE.c.aliases).order_by(ESTATE.c.id)
_GRIDS = select(GRID.c.id, GRID.c.estate_id, GRID.c.name)
_BUILDINGS = select(BUILDING).order_by(BUILDING.c.estate_id, BUILDING.c.id)
_UNITS = select(UNIT.c.id, UNIT.c.building_id, UNIT.c.name).order_by(UNIT.c.building_id, UNIT.c.id)
_HOUSEHOLDS = select(HOUSEHOLD.c.id, HOUSEHOLD.c.building_id, HOUSEHOLD.c.unit_id, HOUSEHOLD.c.room)
_TOTALS = select(
    func.count().label("estates"),
    func.coalesce(func.sum(ESTATE.c.household_count), 0).label("households"),
    func.coalesce(func.sum(ESTATE.c.building_count), 0).label("buildings"),
    func.coalesce(func.sum(ESTATE.c.area_m2), 0).label("area_m2"),
).select_from(ESTATE)
_COUNT_OWN = (
    update(ESTATE)
    .where(ESTATE.c.code == bindparam("the_code"))
    .values(
        building_count=select(func.count()).where(BUILDING.c.estate_id == ESTATE.c.id).scalar_subquery(),
        household_count=select(func.count())
        .select_from(HOUSEHOLD.join(BUILDING, BUILDING.c.id == HOUSEHOLD.c.building_id))
        .where(BUILDING.c.estate_id == ESTATE.c.id)
        .correlate(ESTATE)
        .scalar_subquery(),
    )
)


def load(tx: Tx, file: EstateFile) -> Totals:
    """The register says what the file says. Loading it again changes nothing; what the file does not name is not touched."""
    if file.faults:
        raise BadFile(file.faults)
    meta.put(tx, EDITION, str(int(meta.get(tx, EDITION) or 0) + 1))
    return _Homes(tx).load(file.homes) if file.kind == HOMES else _load_register(tx, file.estates)


def totals(tx: Tx) -> Totals:
    """What the whole register holds, as the register of estates counts it."""
    row = tx.first(_TOTALS)
    assert row is not None
    return Totals(REGISTER, row.estates, row.households, row.buildings, row.area_m2)


def register(tx: Tx) -> tuple[EstatePlace, ...]:
    """Every estate with its buildings and their units: what the reader of places knows."""
    of_building = groupby(tx.all(_UNITS), lambda row: row.building_id)
    units = {building_id: tuple((row.id, row.name) for row in rows) for building_id, rows in of_building}
    buildings: dict[int, list[BuildingPlace]] = {}
    for row in tx.all(_BUILDINGS):
        place = BuildingPlace(row.id, row.name, _names(row.aliases), row.grid_id, row.latitude, row.longitude, units.get(row.id, ()))
        buildings.setdefault(row.estate_id, []).append(place)
    return tuple(EstatePlace(row.id, row.name, _names(row.aliases), tuple(buildings.get(row.id, ()))) for row in tx.all(_ESTATES))


def _names(aliases: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(aliases, type=list[str]))


def _load_register(tx: Tx, estates: tuple[EstateLine, ...]) -> Totals:
    known = {row.code: row.id for row in tx.all(_ESTATES)}
    for estate in estates:
        fields = asdict(estate)
        del fields["line"]
        if estate.code in known:
            tx.update(Estate, known[estate.code], **fields)
        else:
            tx.insert(Estate, **fields)
    return Totals(
        REGISTER,
        len(estates),
        sum(estate.household_count for estate in estates),
        sum(estate.building_count for estate in estates),
        sum(estate.area_m2 for estate in estates),
    )


class _Homes:
    """One list of homes on its way into the register."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.estates: dict[str, set[int]] = {}
        for row in tx.all(_ESTATES):
            for name in {row.code, row.name, *_names(row.aliases)}:
                self.estates.setdefault(name, set()).add(row.id)
        self.grids = {(row.estate_id, row.name): row.id for row in tx.all(_GRIDS)}
        self.buildings = {(row.estate_id, row.name): row.id for row in tx.all(_BUILDINGS)}
        self.units = {(row.building_id, row.name): row.id for row in tx.all(_UNITS)}
        self.households = {(row.building_id, row.unit_id, row.room): row.id for row in tx.all(_HOUSEHOLDS)}

    def load(self, homes: tuple[HomeLine, ...]) -> Totals:
        self._refuse_unclear(homes)
        for name, of_estate in _grouped(homes, lambda home: home.estate).items():
            estate_id = self._estate(name)
            for of_building in _grouped(of_estate, lambda home: home.building).values():
                building_id = self._building(estate_id, of_building)
                for home in of_building:
                    self._home(building_id, home)
            self.tx.run(_COUNT_OWN, {"the_code": OWN + name})
        return Totals(
            HOMES,
            estates=len({home.estate for home in homes}),
            grids=len({(home.estate, home.grid) for home in homes if home.grid}),
            buildings=len({(home.estate, home.building) for home in homes}),
            units=len({(home.estate, home.building, home.unit) for home in homes if home.unit}),
            households=sum(1 for home in homes if home.room),
        )

    def _refuse_unclear(self, homes: Iterable[HomeLine]) -> None:
        unclear = {home.estate: home.line for home in reversed(tuple(homes)) if len(self.estates.get(home.estate, ())) > 1}
        if unclear:
            raise BadFile(tuple(f"Line {line}: several estates are called “{name}”; write the code." for name, line in unclear.items()))

    def _estate(self, name: str) -> int:
        if name not in self.estates:
            self.estates[name] = {self.tx.insert(Estate, code=OWN + name, name=name)}
        return next(iter(self.estates[name]))

    def _building(self, estate_id: int, homes: list[HomeLine]) -> int:
        """The building, in its grid, with every alias and the pin that any of its lines gives."""
        first = homes[0]
        fields: dict[str, Any] = {}
        if first.grid:
            fields["grid_id"] = self._made(self.grids, (estate_id, first.grid), Grid, estate_id=estate_id, name=first.grid)
        aliases = tuple(dict.fromkeys(alias for home in homes for alias in home.aliases))
        if aliases:
            fields["aliases"] = msgspec.json.encode(aliases).decode()
        pin = next((home.pin for home in homes if home.pin), None)
        if pin:
            fields["latitude"], fields["longitude"] = pin
        building_id = self._made(self.buildings, (estate_id, first.building), Building, estate_id=estate_id, name=first.building)
        if fields:
            self.tx.update(Building, building_id, **fields)
        return building_id

    def _home(self, building_id: int, home: HomeLine) -> None:
        unit_id = self._made(self.units, (building_id, home.unit), Unit, building_id=building_id, name=home.unit) if home.unit else None
        if home.room:
            key = (building_id, unit_id, home.room)
            household_id = self._made(self.households, key, Household, building_id=building_id, unit_id=unit_id, room=home.room)
            if home.floor is not None:
                self.tx.update(Household, household_id, floor=home.floor)

    def _made(self, known: dict[K, int], key: K, row: type[SQLModel], **fields: Any) -> int:
        """The id of what is known by this key, made if it was not."""
        if key not in known:
            known[key] = self.tx.insert(row, **fields)
        return known[key]


def _grouped(homes: Iterable[HomeLine], key: Callable[[HomeLine], str]) -> dict[str, list[HomeLine]]:
    groups: dict[str, list[HomeLine]] = {}
    for home in homes:
        groups.setdefault(key(home), []).append(home)
    return groups
