"""Reading a place out of a resident's own words; pure, and silent about what it cannot read."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workflows.places import landmarks
from workflows.places.numerals import code, fold
from workflows.places.patterns import ALONE_AFTER, ALONE_BEFORE, AT_HOME, FIRSTS, JOINED, ONES, ROOM, SPOTS

READ_AT_MOST = 1000
"""Characters that are read; whoever writes more has named the place before."""

CALLED = frozenset({"110", "112", "114", "119", "120", "122", "911", "995", "999"})
"""Numbers that are dialled: a room only where 室 or the like says so."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words say about a place: None where they say nothing, every number in plain figures."""

    estate_words: str | None = None  # words right before the building that can only name an estate: 金桂园
    elsewhere: str | None = None  # words in another clause that look like an estate's name: 我在银杏苑
    before: str | None = None  # words right before the building that may be a name or anything else: 天润
    building: str | None = None  # "3", "B3", "A"
    other_buildings: tuple[str, ...] = ()  # further buildings in the same words
    or_unit: bool = False  # 3-501: the building's number may as well be a unit's
    unclear: bool = False  # no one building can be meant: 三四号楼, 幸福路12号2单元, 1单元和2单元
    unit: str | None = None  # "2", "东", "甲"; None also where two units are named
    floor: str | None = None  # "5", "-1", "top"
    room: str | None = None  # "501", "东户"
    other_rooms: tuple[str, ...] = ()
    landmark: str | None = None  # 小区东门口, 电梯里, 楼下垃圾站旁边
    words: str = ""  # all that was read, folded
    rest: str = ""  # the words as written, without building, unit, floor and room: names are guesses, and 着火了 is not lost to one


_Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Something in the words that looks like a part of a place, with what decides its meaning."""

    parts: tuple[str, ...]
    before: str = ""  # the part of a place that was read right before
    after: str = ""  # the kind of the next spot, where it follows at once
    next_code: str | None = None
    alone: bool = False  # nothing else is said
    at_home: bool = False  # 我家501
    named: bool = False  # a building was named before
    in_estate: bool = False  # it ends the words, and an estate's name stands before it: 金桂园3号


@dataclass(frozen=True, slots=True)
class _Piece:
    said: _Said
    start: int
    end: int


def read(text: str) -> Reading:
    """Return what the text says about a place; any text has a reading, and most have an empty one."""
    text = text[:READ_AT_MOST]
    words = fold(text)
    pieces = _pieces(words)
    said = _gathered(pieces)
    placed = [piece for piece in pieces if piece.said[0][0] != "street"]
    name, elsewhere = _names(words, placed, text)
    landmark = landmarks.landmark(_without(words, [*placed, _Piece((), *elsewhere)] if elsewhere else placed))
    buildings, rooms, units = said["building"] + said["either"], said["room"], said["unit"]
    return Reading(
        estate_words=words[slice(*name)] if name else None,
        elsewhere=words[slice(*elsewhere)] if elsewhere else None,
        before=None if name else _before(words, placed),
        building=_first(buildings),
        other_buildings=tuple(buildings[1:]),
        or_unit=bool(said["either"]) and len(buildings) == 1,
        unclear=not buildings and (len(units) > 1 or bool(said["unclear"] + said["street"])),
        unit=units[0] if len(units) == 1 else None,
        floor=_first(said["floor"]),
        room=_first(rooms),
        other_rooms=tuple(rooms[1:]),
        landmark=_first(said["landmark"]) or (text[slice(*landmark)] if landmark else None),
        words=words,
        rest=" ".join(_without(text, placed).split()).strip(" ,，.。、;；-"),
    )


def floor_of(room: str) -> str | None:
    """Return the floor that a room's number tells: 501 is on 5, 1203 on 12; None where it tells nothing."""
    number = ROOM.fullmatch(room)
    return None if number is None or number[1].strip("0") == "" else number[1].lstrip("0")


def _pieces(words: str) -> list[_Piece]:
    found: list[_Piece] = []
    spots = [m for m in SPOTS.finditer(words) if m.lastgroup]
    for i, m in enumerate(spots):
        meaning = _MEANINGS.get(m.lastgroup or "")
        said = meaning(_spot(words, spots[i : i + 2], found)) if meaning else ()
        if said:
            found.append(_Piece(said, m.start(), m.end()))
    return found


def _parts(m: re.Match[str]) -> tuple[str, ...]:
    return tuple(part for part in m.groups() if part is not None)[1:]


def _spot(words: str, spots: list[re.Match[str]], found: list[_Piece]) -> _Spot:
    m, following = spots[0], spots[1:]
    after = following[0] if following and JOINED.fullmatch(words, m.end(), following[0].start()) else None
    last = found[-1] if found and JOINED.fullmatch(words, found[-1].end, m.start()) else None
    ends = bool(ALONE_AFTER.fullmatch(words, m.end()))
    return _Spot(
        parts=_parts(m),
        before=last.said[-1][0] if last else "",
        after=(after.lastgroup or "") if after else "",
        next_code=code(_parts(after)[0]) if after and _parts(after) else None,
        alone=ends and bool(ALONE_BEFORE.fullmatch(words, 0, m.start())),
        at_home=bool(AT_HOME.search(words[max(0, m.start() - 6) : m.start()])),
        named=any(part in ("building", "either") for piece in found for part, _ in piece.said),
        in_estate=ends and landmarks.is_name(words[slice(*landmarks.chunk_before(words, m.start()))]),
    )


def _number(text: str, most: int) -> str | None:
    """Return a code whose number is small enough for what it should be."""
    found = code(ONES.get(text) or FIRSTS.get(text) or text)
    figures = "".join(c for c in found or "" if c.isdigit())
    return found if not figures or int(figures) <= most else None


def _said(part: str, value: str | None) -> _Said:
    return ((part, value),) if value else ()


def _is_room(number: str | None) -> bool:
    return number is not None and ROOM.fullmatch(number) is not None


def _chain(spot: _Spot) -> _Said:
    building, unit = _number(spot.parts[0], 999), _number(spot.parts[1], 99)
    room = _number(spot.parts[-1], 9999)
    if building is None or unit is None or room is None or not (_is_room(room) or spot.alone or len(spot.parts) == 4):
        return ()
    if len(spot.parts) == 3:
        return ("building", building), ("unit", unit), ("room", room)
    floor = _number(spot.parts[2], 99)
    full = room if _is_room(room) else f"{floor}{room:0>2}"
    return (("building", building), ("unit", unit), ("floor", floor), ("room", full)) if floor else ()


def _spaced(spot: _Spot) -> _Said:
    return _chain(spot) if _is_room(_number(spot.parts[-1], 9999)) else ()


def _pair(spot: _Spot) -> _Said:
    first, second = _number(spot.parts[0], 9999), _number(spot.parts[1], 9999)
    if first is None or second is None:
        return ()
    if _is_room(first):
        return (("room", first), ("room", second)) if spot.before in ("building", "unit", "floor") and _is_room(second) else ()
    if _is_room(second):
        return ("unit" if spot.before == "building" else "either", first), ("room", second)
    return (("building", first), ("unit", second)) if spot.alone else ()


def _building(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 999)
    if value is None:
        return (("unclear", spot.parts[0]),)
    return (("unit" if spot.before in ("building", "floor") and spot.named and value.isalpha() else "building", value),)


def _hash(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 9999)
    return _said("room" if _is_room(value) and (spot.named or spot.alone) else "building", value)


def _unit(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 9999)
    return _said("room" if _is_room(value) else "unit", value)


def _gate(spot: _Spot) -> _Said:
    return _said("unit", _number(spot.parts[0], 99)) if spot.before == "building" else ()


def _door(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 9999)
    if _is_room(value):
        return _said("room", value) if spot.before in ("building", "unit", "floor") else ()
    return _said("unit", value) if spot.before == "building" or spot.alone or spot.after in ("bare", "room") else ()


def _level(spot: _Spot) -> _Said:
    """N楼 is a floor, except where it can only be a building: 3楼2单元, 3楼501."""
    value = _number(spot.parts[0], 99)
    elsewhere = spot.after in ("bare", "room") and _is_room(spot.next_code) and floor_of(spot.next_code or "") != value
    return _said("building" if not spot.named and (spot.after == "unit" or elsewhere) else "floor", value)


def _room(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 9999)
    return _said("room", value) if _is_room(value) or spot.before in ("floor", "unit") else ()


def _hao(spot: _Spot) -> _Said:
    """N号 is a day or a number on a street unless a unit or a room comes with it."""
    value = _number(spot.parts[0], 9999)
    if _is_room(value):
        return _said("room", value) if spot.before in ("building", "unit", "floor") or spot.alone else ()
    if spot.before in ("floor", "unit"):
        return _said("room", value)
    joins = spot.after in ("unit", "door", "gate", "pair", "room") or (spot.after == "bare" and _is_room(spot.next_code))
    return _said("building", value) if spot.alone or spot.in_estate or joins else ()


def _bare(spot: _Spot) -> _Said:
    value = _number(spot.parts[0], 9999)
    stands = spot.before in ("building", "unit", "floor", "room") or spot.alone or spot.at_home
    return _said("room", value) if stands and _is_room(value) and value not in CALLED else ()


_MEANINGS: dict[str, Callable[[_Spot], _Said]] = {
    "street": lambda spot: (("street", spot.parts[0]),),
    "spaced": _spaced,
    "chain": _chain,
    "pair": _pair,
    "building": _building,
    "lettered": _building,
    "hash": _hash,
    "gate": _gate,
    "counted": lambda spot: (("landmark", spot.parts[0]),),
    "unit": _unit,
    "door": _door,
    "below": lambda spot: _said("floor", f"-{value}" if (value := _number(spot.parts[0], 9)) else None),
    "extreme": lambda spot: (("floor", "1" if spot.parts[0] in ("底", "GROUND") else "top"),),
    "level": _level,
    "storey": lambda spot: _said("floor", _number(spot.parts[0], 99)),
    "room": _room,
    "side": lambda spot: (("room", spot.parts[0]),) if spot.before or spot.alone else (),
    "en_building": _building,
    "en_unit": _unit,
    "en_room": lambda spot: _said("room", _number(spot.parts[0], 9999)),
    "en_floor": lambda spot: _said("floor", _number(spot.parts[0], 99)),
    "hao": _hao,
    "bare": _bare,
}


def _gathered(pieces: Iterable[_Piece]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {part: [] for part in ("building", "either", "unclear", "street", "unit", "floor", "room", "landmark")}
    for piece in pieces:
        for part, value in piece.said:
            if value not in said[part] and not (part == "either" and value in said["building"]):
                said[part].append(value)
    return said


def _without(text: str, pieces: Iterable[_Piece]) -> str:
    """Return the text with the pieces blanked out, as long as before."""
    for piece in pieces:
        text = text[: piece.start] + landmarks.GAP * (piece.end - piece.start) + text[piece.end :]
    return text


def _first(values: list[str]) -> str | None:
    return values[0] if values else None


def _names(words: str, placed: list[_Piece], text: str) -> tuple[landmarks.Span | None, landmarks.Span | None]:
    """Return where an estate is named right before the place, and else where another clause seems to name one."""
    right_before = landmarks.chunk_before(words, placed[0].start if placed else len(words))
    if placed and landmarks.is_name(words[slice(*right_before)]):
        return right_before, None
    left = _without(words, placed)
    return None, landmarks.english_name(text) or landmarks.name_in(left) or (
        right_before if landmarks.is_name(left[slice(*right_before)]) else None
    )


def _before(words: str, placed: list[_Piece]) -> str | None:
    if not placed or placed[0].said[0][0] not in ("building", "either"):
        return None
    chunk = words[slice(*landmarks.chunk_before(words, placed[0].start))]
    return chunk if landmarks.may_be_name(chunk) else None
