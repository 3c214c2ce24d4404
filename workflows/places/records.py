"""The register of estates as the rows have it, and a person's registered home."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from bot.effects import Change, Order
from bot.room import Room
from bot.store import estate, meta, people
from bot.store.begin import Tx
from workflows.places.match import Building, Estate, Home, Register, Unit
from workflows.places.rules import Facts, decide
from workflows.places.words import FindPlace

Read = Callable[[Tx], Register]


def room() -> Room:
    """The room of places."""
    return Room("places", {}, (FindPlace,), partial(load, _Shelf().register), decide, apply)


def load(register: Read, tx: Tx, order: Order) -> Facts:
    """The register and the home of whoever asks."""
    home = people.home_of(tx, order.actor.owner)
    if home is None:
        return Facts(register(tx))
    return Facts(register(tx), Home(home.estate_id, home.building_id, home.unit_id, home.room or None), home.unit)


def apply(tx: Tx, change: Change, order: Order) -> None:
    """Finding a place changes nothing."""
    raise AssertionError(change.what)


class _Shelf:
    """The register as last read; read again when an import has changed it."""

    def __init__(self) -> None:
        self._edition: str | None = None
        self._register = register_of(())

    def register(self, tx: Tx) -> Register:
        edition = meta.get(tx, estate.EDITION) or ""
        if edition != self._edition:
            self._register = register_of(estate.register(tx))
            self._edition = edition
        return self._register


def register_of(estates: Iterable[estate.EstatePlace]) -> Register:
    """The register that words are matched against."""
    kept = tuple(estates)
    return Register(
        tuple(Estate(place.id, place.name, place.aliases) for place in kept),
        tuple(
            Building(
                building.id,
                place.id,
                building.name,
                building.aliases,
                tuple(Unit(unit_id, name) for unit_id, name in building.units),
                building.latitude,
                building.longitude,
            )
            for place in kept
            for building in place.buildings
        ),
    )
