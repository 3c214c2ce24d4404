"""What a room is to the machine: its talks, its commands, and how it loads, decides and applies them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.effects import Actor, Change, Command, Decision, Order
from bot.engine import Flow
from bot.envelope import Address
from bot.router import OpenCase
from bot.store.begin import Store, Tx
from bot.translate import Translator


@dataclass(frozen=True, slots=True)
class Room:
    """One room of the house.

    `load` reads the rows that the decision needs, `decide` is pure and is the only door-keeper, `apply` writes the room's own rows.
    `matters` tells the router which open cases a person may be writing about.
    """

    name: str
    flows: Mapping[str, Flow]
    commands: tuple[type[Command[Any]], ...]
    load: Callable[[Tx, Order], Any]
    decide: Callable[[Any, Order], Decision[Any]]
    apply: Callable[[Tx, Change, Order], None]
    matters: Callable[[Tx, Actor], tuple[OpenCase, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What triage sees at first glance in an inbound: enough for the router, never for a person."""

    danger: bool
    category: str


@dataclass(frozen=True)
class House:
    """Everything a turn needs, handed over once by the composition root; the machine room knows no room or channel by name."""

    store: Store
    rooms: tuple[Room, ...]
    translator: Translator
    vocabulary: Mapping[str, str]
    look: Callable[[str, str | None], Sight]
    can_reach: Callable[[Address], bool]
    can_answer: Callable[[Address], bool]
    staff_vocabulary: Mapping[str, str] = field(default_factory=dict)  # command words of staff, in whose mouths alone they are commands
    is_abroad: Callable[[Address], bool] = lambda _address: True  # whether what is told at an address leaves the country
    kin: Mapping[str, str] = field(default_factory=dict)  # channel to channel: the same value there is the same person
    inbound_per_minute: int = 20

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """Every talk by its name."""
        return {name: flow for room in self.rooms for name, flow in room.flows.items()}

    @cached_property
    def room_of(self) -> dict[type[Command[Any]], Room]:
        """Every command's room."""
        return {command: room for room in self.rooms for command in room.commands}

    @cached_property
    def command_named(self) -> dict[str, type[Command[Any]]]:
        """Every command by the name it is stored under."""
        return {command.__name__: command for command in self.room_of}
