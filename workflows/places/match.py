"""Finding the place that was meant in the register of estates; what is not there is never guessed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import asin, cos, isfinite, radians, sin, sqrt

from workflows.places.landmarks import is_by_building
from workflows.places.names import Called, Names, called, index_of, written
from workflows.places.numerals import code
from workflows.places.reading import Reading, floor_of, read


@dataclass(frozen=True, slots=True)
class Unit:
    """A stairwell with its own door."""

    id: int
    name: str  # 2单元, 东单元, 2


@dataclass(frozen=True, slots=True)
class Building:
    """A building of an estate."""

    id: int
    estate_id: int
    name: str  # as the estate writes it: 3号楼, 3, 阳光楼
    aliases: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()  # empty where nobody has listed them
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate, with whatever else people call it."""

    id: int
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """All estates and buildings. Compared by identity, so that its index is built once; a changed register is a new one."""

    estates: tuple[Estate, ...]
    buildings: tuple[Building, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """Where the person who speaks is registered."""

    estate_id: int
    building_id: int
    unit_id: int | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the register; without a building it is the estate that was named."""

    estate_id: int
    building_id: int | None = None
    unit_id: int | None = None
    unit: str | None = None  # "2", "东"; known without an id where the register lists no units
    floor: str | None = None  # "5", "-1", "top"
    room: str | None = None
    other_rooms: tuple[str, ...] = ()
    landmark: str | None = None
    doubtful: bool = False  # the unit that was said does not exist in this building, and was left out


@dataclass(frozen=True, slots=True)
class Found:
    """One place; or several, of which the person must choose (even when it is only one); or none."""

    one: Place | None = None
    several: tuple[Place, ...] = ()
    more: bool = False  # there are others than `several`

    @property
    def none(self) -> bool:
        return self.one is None and not self.several


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """What a place is called, part by part, for a sentence in any language."""

    estate: str | None = None
    building: str | None = None  # its number where it has one, else its name
    building_name: str | None = None  # as the estate writes it
    is_numbered: bool = False
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    other_rooms: tuple[str, ...] = ()
    landmark: str | None = None


@dataclass(frozen=True, slots=True)
class _Index:
    estates: Mapping[int, Estate]
    buildings: Mapping[int, Building]
    by_number: Mapping[str, tuple[Building, ...]]
    in_estate: Mapping[tuple[int, str], tuple[Building, ...]]
    estate_names: Names
    building_names: Names


def find(register: Register, reading: Reading, *, near: Home | None = None, limit: int = 2) -> Found:
    """Return the place that the reading means, preferring the speaker's home where the words leave it open.

    A number that no building has, or an estate that is not in the register, finds nothing: a person looks at the words.
    """
    index = _index(register)
    home = near if near is not None and near.building_id in index.buildings else None
    named = called(index.estate_names, reading)
    buildings = _buildings(index, reading, named, home=home)
    if reading.building is not None or buildings:
        places, is_sure = _among_buildings(index, reading, buildings, named=named, home=home)
    else:
        places, is_sure = _without_building(index, reading, named, home=home)
    # "没有电的小区" looks like a name and is none, "海棠苑" is one that we do not know: whoever says so is asked.
    if len(places) == 1 and is_sure and (named is not None or reading.elsewhere is None):
        return Found(one=places[0])
    return Found(several=tuple(places[:limit]), more=len(places) > limit)


def nearest(register: Register, latitude: float, longitude: float, *, within_m: float) -> tuple[Place, ...]:
    """Return the buildings within so many metres of a pin, nearest first; none for a pin that cannot be true.

    Pin and register must use the same datum: GCJ-02, which Chinese maps show, lies some 500 m off WGS 84.
    """
    if not _is_possible(latitude, longitude):
        return ()
    away = [
        (_metres((latitude, longitude), (building.latitude, building.longitude)), building.id, building)
        for building in register.buildings
        if building.latitude is not None and building.longitude is not None and _is_possible(building.latitude, building.longitude)
    ]
    near = sorted(pair for pair in away if pair[0] <= within_m)
    return tuple(Place(building.estate_id, building.id) for _, _, building in near)


def label(place: Place, register: Register) -> PlaceWords:
    """Return the names of a place's parts; a part that has left the register has none."""
    index = _index(register)
    estate = index.estates.get(place.estate_id)
    building = None if place.building_id is None else index.buildings.get(place.building_id)
    number = building_number(building.name) if building else None
    return PlaceWords(
        estate=estate.name if estate else None,
        building=number or (building.name if building else None),
        building_name=building.name if building else None,
        is_numbered=number is not None,
        unit=place.unit,
        floor=place.floor,
        room=place.room,
        other_rooms=place.other_rooms,
        landmark=place.landmark,
    )


@lru_cache(maxsize=4096)
def building_number(name: str) -> str | None:
    """Return the number that a building's name says (3 for 三号楼, 3# and 3), or None for a name like 阳光楼."""
    said = read(name)
    return code(name) or (None if said.rest else said.building or said.floor)


@lru_cache(maxsize=1024)
def unit_number(name: str) -> str:
    """Return the number or the side that a unit's name says (2 for 二单元, 东 for 东单元), else the name itself."""
    return read(name).unit or code(name) or name


@lru_cache(maxsize=4)
def _index(register: Register) -> _Index:
    by_number: dict[str, list[Building]] = defaultdict(list)
    in_estate: dict[tuple[int, str], list[Building]] = defaultdict(list)
    words: list[tuple[int, tuple[str, ...]]] = []
    for building in register.buildings:
        numbers = {name: building_number(name) for name in (building.name, *building.aliases)}
        for number in dict.fromkeys(filter(None, numbers.values())):
            by_number[number].append(building)
            in_estate[building.estate_id, number].append(building)
        words.append((building.id, tuple(name for name, number in numbers.items() if number is None)))
    return _Index(
        estates={estate.id: estate for estate in register.estates},
        buildings={building.id: building for building in register.buildings},
        by_number={number: tuple(buildings) for number, buildings in by_number.items()},
        in_estate={key: tuple(buildings) for key, buildings in in_estate.items()},
        estate_names=index_of((estate.id, (estate.name, *estate.aliases)) for estate in register.estates),
        building_names=index_of(words),
    )


def _buildings(index: _Index, reading: Reading, named: Called | None, *, home: Home | None) -> list[Building]:
    """Return the buildings that the words may mean, each number at home rather than elsewhere."""
    if reading.building is None:
        found = [index.buildings[id_] for id_ in sorted(written(index.building_names, reading.words, shortest=2))]
        by_name = [building for building in found if _is_in(building, named)]
        return [building for building in by_name if home and building.estate_id == home.estate_id] or by_name
    fitting: list[Building] = []
    for number in (reading.building, *reading.other_buildings):
        at_home = index.in_estate.get((home.estate_id, number), ()) if home else ()
        everywhere = index.by_number.get(number, ())
        fitting += [b for b in at_home if _is_in(b, named)] or [b for b in everywhere if _is_in(b, named)]
    return fitting


def _is_in(building: Building, named: Called | None) -> bool:
    return named is None or building.estate_id in named.ids


def _among_buildings(
    index: _Index, reading: Reading, buildings: list[Building], *, named: Called | None, home: Home | None
) -> tuple[list[Place], bool]:
    """Return the places that fit, and whether they may be taken without asking when there is only one."""
    if reading.other_buildings:
        return [_outside(building, reading) for building in buildings], False
    own = [building for building in buildings if home and building.id == home.building_id]
    places = [_within(building, reading, home if own else None) for building in own or buildings]
    if reading.or_unit and named is None and home and not own:
        places += _as_unit(index.buildings[home.building_id], reading)
    elsewhere = home is not None and all(place.estate_id != home.estate_id for place in places)
    return places, named.is_sure if named else not elsewhere


def _without_building(index: _Index, reading: Reading, named: Called | None, *, home: Home | None) -> tuple[list[Place], bool]:
    inside = reading.unit or reading.floor or reading.room or (reading.landmark and is_by_building(reading.landmark))
    if reading.unclear or not (inside or reading.landmark or named):
        return [], True
    is_sure = named is None or named.is_sure
    if home and (named is None or home.estate_id in named.ids):
        building = index.buildings[home.building_id]
        return [_within(building, reading, home) if inside else Place(home.estate_id, landmark=reading.landmark)], is_sure
    return [_inside(Place(id_), reading) for id_ in sorted(named.ids if named else ())], is_sure


def _within(building: Building, reading: Reading, home: Home | None) -> Place:
    """Return the place in this building; `home` is given when the speaker lives in it."""
    place = _inside(Place(building.estate_id, building.id), reading)
    if reading.unit is not None and not building.units:
        return replace(place, unit=reading.unit)
    unit = _unit(building, reading, home)
    if unit is None:
        return replace(place, doubtful=reading.unit is not None)
    return replace(place, unit_id=unit.id, unit=unit_number(unit.name))


def _unit(building: Building, reading: Reading, home: Home | None) -> Unit | None:
    if reading.unit is not None:
        return next((unit for unit in building.units if unit_number(unit.name) == reading.unit), None)
    if len(building.units) == 1:
        return building.units[0]
    if home and (reading.building is None or (home.room is not None and reading.room == home.room)):
        return next((unit for unit in building.units if unit.id == home.unit_id), None)
    return None


def _as_unit(building: Building, reading: Reading) -> list[Place]:
    """Read 3-501 as room 501 of unit 3 in the home building, when it has one."""
    unit = next((unit for unit in building.units if unit_number(unit.name) == reading.building), None)
    return [_inside(Place(building.estate_id, building.id, unit.id, reading.building), reading)] if unit else []


def _inside(place: Place, reading: Reading) -> Place:
    floor = reading.floor or (floor_of(reading.room) if reading.room else None)
    return replace(place, floor=floor, room=reading.room, other_rooms=reading.other_rooms, landmark=reading.landmark)


def _outside(building: Building, reading: Reading) -> Place:
    """Of several buildings nobody can tell to which the unit and the room belong."""
    return Place(building.estate_id, building.id, landmark=reading.landmark)


def _is_possible(latitude: float | None, longitude: float | None) -> bool:
    """Tell whether a pin can be true: on the globe, and not the 0,0 of a phone that did not know."""
    if latitude is None or longitude is None or not (isfinite(latitude) and isfinite(longitude)):
        return False
    return abs(latitude) <= 90 and abs(longitude) <= 180 and max(abs(latitude), abs(longitude)) > 0.01


def _metres(from_: tuple[float, float], to: tuple[float, float]) -> float:
    """Return the great-circle distance."""
    (north, east), (other_north, other_east) = ((radians(degrees[0]), radians(degrees[1])) for degrees in (from_, to))
    half = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * 6_371_000 * asin(min(1.0, sqrt(half)))
