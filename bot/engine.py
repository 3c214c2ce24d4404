"""The conversation engine: a flow is run again each turn and looks its steps up by name in the journal.

Two verbs: `step` goes on with one new answer, `leave` ends a talk at its open question. Pure: no clock, database, network or randomness.
What a flow must not do: `finally` or a bare `except` round a yield, loops over anything that is not a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from bot.effects import Command, answer_type
from bot.errors import FlowBroken, Lost, StoreDown
from bot.prompt import Answer, Ask, Say

Flow = Callable[..., Generator[Any, Any, Any]]
Perform = Callable[[Command[Any]], Any]

ANSWERED = "a"
DONE = "d"
LOOKED = "l"  # done, and nothing was changed by it
MOST_STEPS = 500  # one turn of any talk; a flow that loops is broken, not slow


class Left(Exception):
    """The person cancelled, was handed over to a person, or the waiting ended; `why` says which."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Talk:
    """A moment and a channel: all that a flow may know of its surroundings, and always those of the latest entry it has consumed."""

    __slots__ = ("channel", "now")

    def __init__(self, now: datetime, channel: str) -> None:
        self.now = now
        self.channel = channel


class Entry(Struct, frozen=True, array_like=True):
    """One journal entry: an answer or a command's result as JSON values, and when and where it was given."""

    kind: str
    value: Any
    at: datetime
    channel: str


class Journal(Struct, frozen=True):
    """All that a talk remembers: how it began and its entries by name, oldest first."""

    flow: str
    args: dict[str, Any] = {}
    entries: dict[str, Entry] = {}

    def with_answer(self, name: str, answer: Answer, here: Talk) -> Journal:
        """The journal with one more answer; an answer given again under the same name replaces the old one and is the newest."""
        kept = {key: entry for key, entry in self.entries.items() if key != name}
        kept[name] = Entry(ANSWERED, msgspec.to_builtins(answer), here.now, here.channel)
        return Journal(self.flow, self.args, kept)

    @property
    def has_changed(self) -> bool:
        """Whether a command was done in it that did more than look."""
        return any(entry.kind == DONE for entry in self.entries.values())

    def without_last_answer(self) -> Journal | None:
        """The journal as it was before the newest answer, or None when something was changed since (that is then an amendment)."""
        kept = dict(self.entries)
        while kept:
            _name, entry = kept.popitem()
            if entry.kind == ANSWERED:
                return Journal(self.flow, self.args, kept)
            if entry.kind != LOOKED:
                return None
        return None


class Stretch(Struct, frozen=True):
    """What one turn of a talk came to: what is told, what is now asked (under which name), or that it ended."""

    journal: Journal
    says: tuple[Say, ...] = ()
    ask: Ask | None = None
    asked: str = ""
    ended: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Journal).decode


def to_json(journal: Journal) -> bytes:
    """The stored form of a journal."""
    return _encode(journal)


def from_json(stored: bytes | str) -> Journal:
    """The journal that was stored."""
    return _decode(stored)


def step(flow: Flow, journal: Journal, *, given: str | None, here: Talk, perform: Perform) -> Stretch:
    """The talk after the answer named `given`, which is in the journal already; None when the talk only begins, or asks again.

    What follows that answer is told, done and asked; nothing is told or done twice. Raises `FlowBroken` when the flow itself raises.
    """
    return _Run(journal, here, perform, given=given).go(flow, None)


def leave(flow: Flow, journal: Journal, why: str, *, here: Talk, perform: Perform) -> Stretch:
    """The talk ended at its open question with `Left(why)`; the flow may still tell and do, but asks nothing more."""
    return _Run(journal, here, perform, given=None).go(flow, Left(why))


class _Run:
    """One replay of a flow. `live` is false while it only retraces what has been said and done before."""

    __slots__ = ("entries", "given", "here", "journal", "live", "perform", "says", "seen")

    def __init__(self, journal: Journal, here: Talk, perform: Perform, *, given: str | None) -> None:
        self.journal = journal
        self.entries: dict[str, Entry] = dict(journal.entries)
        self.given = given
        self.live = not journal.entries
        self.here = here
        self.perform = perform
        self.says: list[Say] = []
        self.seen: dict[str, int] = {}

    def go(self, flow: Flow, left: Left | None) -> Stretch:
        talk = self._first_talk()
        try:
            running = flow(talk, **self.journal.args)
            return self._follow(running, talk, left)
        except (FlowBroken, Left, Lost, StoreDown):  # a lost race and a database that is away are the turn's, not the talk's
            raise
        except Exception as fault:
            raise FlowBroken(f"The talk {self.journal.flow} raised {type(fault).__name__}.") from fault

    def _first_talk(self) -> Talk:
        first = next(iter(self.entries.values()), None)
        return Talk(first.at, first.channel) if first else Talk(self.here.now, self.here.channel)

    def _follow(self, running: Generator[Any, Any, Any], talk: Talk, left: Left | None) -> Stretch:
        try:
            wanted = self._told(running, next(running))
            for _ in range(MOST_STEPS):
                name = self._name(wanted)
                known, value = self._lookup(name, wanted, talk)
                if known:
                    wanted = self._told(running, running.send(value))
                elif isinstance(wanted, Command):
                    wanted = self._told(running, running.send(self._do(name, wanted, talk)))
                elif left is None:
                    return self._stretch(wanted, name)
                else:
                    self.live = True
                    thrown, left = left, Left("left twice")
                    wanted = self._told(running, running.throw(thrown))
            raise FlowBroken(f"The talk {self.journal.flow} took more than {MOST_STEPS} steps in one turn.")
        except (StopIteration, Left):
            return self._stretch(None, "")

    def _told(self, running: Generator[Any, Any, Any], wanted: Any) -> Any:
        """The next step that is not a sentence; sentences are told where the talk is live."""
        while isinstance(wanted, Say):
            if self.live:
                self.says.append(wanted)
            wanted = running.send(None)
        return wanted

    def _name(self, wanted: Ask | Command[Any]) -> str:
        name = wanted.name if isinstance(wanted, Ask) else type(wanted).__name__
        times = self.seen.get(name, 0) + 1
        self.seen[name] = times
        return name if times == 1 else f"{name}#{times}"

    def _lookup(self, name: str, wanted: Ask | Command[Any], talk: Talk) -> tuple[bool, Any]:
        entry = self.entries.get(name)
        if entry is None:
            return False, None
        if isinstance(wanted, Ask):
            if entry.kind != ANSWERED:
                return False, None
            value: Any = msgspec.convert(entry.value, Answer)
            if not fits(wanted, value):
                return False, None
        else:
            value = msgspec.convert(entry.value, answer_type(type(wanted)))
        talk.now, talk.channel = entry.at, entry.channel
        self.live = self.live or name == self.given
        return True, value

    def _do(self, name: str, command: Command[Any], talk: Talk) -> Any:
        self.live = True
        value = msgspec.to_builtins(self.perform(command))
        self.entries[name] = Entry(LOOKED if command.only_looks else DONE, value, self.here.now, self.here.channel)
        talk.now, talk.channel = self.here.now, self.here.channel
        return msgspec.convert(value, answer_type(type(command)))

    def _stretch(self, asked: Ask | None, name: str) -> Stretch:
        journal = Journal(self.journal.flow, self.journal.args, self.entries)
        return Stretch(journal, tuple(self.says), asked, name, asked is None)


def fits(asked: Ask, answer: Answer) -> bool:
    """Whether an answer from the journal still fits its question: a picked value must be one of today's choices."""
    if not asked.choices:
        return True
    if answer.value is None:
        return asked.words_too or answer.danger
    picked = answer.value.split(",") if asked.several else [answer.value]
    return {choice.value for choice in asked.choices}.issuperset(picked)


def opening(flow: str, args: Mapping[str, Any] | None = None) -> Journal:
    """The journal of a talk that has not begun."""
    return Journal(flow, dict(args or {}))
