"""How words become places of the register. Pure: the register and the home are given."""

from __future__ import annotations

from dataclasses import dataclass

from bot.effects import Decision, Order
from workflows.places import match
from workflows.places.match import Home, Register
from workflows.places.reading import read
from workflows.places.words import FindPlace, FoundPlaces, Place

PIN_WITHIN_M = 60.0  # a phone's own error between houses
MOST_OFFERED = 4  # more choices than this nobody of 80 reads


@dataclass(frozen=True, slots=True)
class Facts:
    """The register as it stands, and where whoever asks is registered as living."""

    register: Register
    home: Home | None = None
    home_unit: str = ""


def decide(facts: Facts, order: Order) -> Decision[FoundPlaces]:
    """One place, several to choose from, or none; and the registered home."""
    command = order.command
    assert isinstance(command, FindPlace)
    near = facts.home
    found = match.find(facts.register, read(command.text), near=near, limit=MOST_OFFERED) if command.text else match.Found()
    if found.none and command.pin:
        nearest = match.nearest(facts.register, command.pin.latitude, command.pin.longitude, within_m=PIN_WITHIN_M)
        found = match.Found(one=nearest[0]) if len(nearest) == 1 else match.Found(several=nearest[:MOST_OFFERED])
    return Decision(
        FoundPlaces(
            one=_place(facts.register, found.one, command.text) if found.one else None,
            several=tuple(_place(facts.register, place, command.text) for place in found.several),
            home=_home(facts.register, near, facts.home_unit) if near else None,
        )
    )


def _home(register: Register, home: Home, unit: str) -> Place:
    number = match.unit_number(unit) if unit else None
    return _place(register, match.Place(home.estate_id, home.building_id, home.unit_id, number, None, home.room), "")


def _place(register: Register, place: match.Place, words: str) -> Place:
    named = match.label(place, register)
    return Place(
        words=words,
        estate_id=place.estate_id,
        building_id=place.building_id,
        unit_id=place.unit_id,
        estate=(named.estate or "") if len(register.estates) > 1 else "",
        building=(named.building if named.is_numbered else named.building_name) or "",
        is_numbered=named.is_numbered,
        unit=named.unit or "",
        floor=named.floor or "",
        room="、".join(filter(None, (named.room, *named.other_rooms))),
        landmark=named.landmark or "",
        sure=not place.doubtful,
    )
