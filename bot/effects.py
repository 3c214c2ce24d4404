"""What somebody wants (a command), who wants it (an actor), and what is then written (effects)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, get_args

from msgspec import Struct

from bot.envelope import Lane, Purpose
from bot.prompt import Ask, Phrase

T = TypeVar("T")


class Command(Struct, Generic[T], frozen=True, tag=True):
    """Something wanted of a room; the type parameter is what the room answers.

    A flow yields it, the desk gives it, a timer row holds it. A command is never renamed and its fields only grow, with defaults.
    One that `only_looks` changes nothing, so that an answer given before it can still be taken back.
    """

    only_looks: ClassVar[bool] = False

    def __iter__(self) -> Generator[Command[T], T, T]:
        return (yield self)


@cache
def answer_type(kind: type[Command[Any]]) -> Any:
    """The type a command is answered with, as its class declares it."""
    for base in kind.__orig_bases__:  # type: ignore[attr-defined]
        arguments = get_args(base)
        if arguments:
            return arguments[0]
    raise TypeError(f"{kind.__name__} does not say what it is answered with")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a talk, question or address belongs to: a person, or a household that shares a phone."""

    person_id: int | None = None
    household_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants a command, and over which channel. `role` and `grids` are there for staff only; the clock has neither."""

    kind: str  # person | staff | clock
    owner: Owner = Owner()
    staff_id: int | None = None
    role: str = ""
    grids: tuple[int, ...] = ()
    channel: str = ""
    address_id: int | None = None
    language: str | None = None
    is_abroad: bool = False  # what is told there leaves the country

    def __str__(self) -> str:
        if self.kind == "staff":
            return f"staff:{self.staff_id}"
        if self.kind == "clock":
            return "clock"
        return f"person:{self.owner.person_id}" if self.owner.person_id else f"household:{self.owner.household_id}"


CLOCK = Actor("clock")


@dataclass(frozen=True, slots=True)
class Order:
    """A command, who wants it, and when; `inbound_id` is what they sent, where it came of that."""

    command: Command[Any]
    actor: Actor
    now: datetime
    inbound_id: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A room's own rows are changed; only the room's `apply` knows how. The same data class serves every room."""

    what: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """An entry on the timeline of `subject`; the body is sealed under the subject's key."""

    subject: str
    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    data_key_id: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """A question to an owner without a talk; the first answer begins `flow` with `args` and that answer given.

    It goes to `address_id` if it can be answered there. `then` follows when it cannot be asked at all.
    """

    owner: Owner
    flow: str
    args: dict[str, Any]
    ask: Ask
    subject: str
    before: tuple[Phrase, ...] = ()
    purpose: Purpose = Purpose.WORK
    then: Command[Any] | None = None
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """Something told to an owner on their first usable address, or on `address_id` when they are being answered there."""

    owner: Owner
    words: tuple[Phrase, ...]
    subject: str = ""
    lane: Lane = Lane.UPDATE
    purpose: Purpose = Purpose.CASE
    address_id: int | None = None
    valid_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """A command that falls due at `due_at`, tagged with the step it belongs to; a stale one does nothing."""

    due_at: datetime
    command: Command[Any]
    subject: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """The timers and open questions of a subject end, with the reason."""

    subject: str
    why: str


Effect = Change | Note | Put | Tell | Later | Drop


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """What a room answers to a command, and what is then written."""

    answer: T
    effects: tuple[Effect, ...] = ()
