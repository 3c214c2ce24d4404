"""What is said and asked: whole sentences with their places for values, and what answer is expected. A channel only draws it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from bot.envelope import Lane, Media, Pin


def _(words: str) -> str:
    """Mark an English source sentence for the catalogues; the sentence itself is returned."""
    return words


class Phrase(Struct, frozen=True):
    """A source sentence and the values for its places.

    A value is a str, an int, an aware datetime, or another Phrase. Places may name how a value is said: `{due:day}`, `{at:moment}`,
    `{number:digits}`; see `bot.translate`.
    """

    words: str
    values: dict[str, Any] = {}


def phrase(words: str, /, **values: str | int | datetime | Phrase) -> Phrase:
    """A phrase ready to be kept as JSON."""
    return Phrase(words, {name: pack(value) for name, value in values.items()})


def pack(value: str | int | datetime | Phrase) -> Any:
    """The JSON form of a phrase's value: text and numbers as they are, a moment as {"at"}, a phrase as {"words", "values"}."""
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, Phrase):
        return {"words": value.words, "values": value.values}
    return value


class Expect(StrEnum):
    """The kind of answer a question waits for."""

    TEXT = "text"
    CHOICE = "choice"
    PLACE = "place"


class Choice(Struct, frozen=True):
    """One answer that can be picked. `also` lists other words for it, separated by `|`, and is translated as a list."""

    value: str
    words: str
    also: str = ""
    values: dict[str, Any] = {}


class Answer(Struct, frozen=True):
    """What somebody answered: the picked value if there was a choice, and always their own words.

    `danger` marks an answer in which danger words stood; `sure` is false when the reading was a guess.
    """

    text: str = ""
    value: str | None = None
    media: tuple[Media, ...] = ()
    pin: Pin | None = None
    danger: bool = False
    sure: bool = True


class Say(Struct, frozen=True):
    """Something told; nothing is expected back."""

    words: str
    values: dict[str, Any] = {}

    def __iter__(self) -> Generator[Say, None, None]:
        yield self


class Connect(Say, frozen=True):
    """Told only where a voice is carried: the caller is then connected to this number."""

    number: str = ""


def connect(words: str, number: str, /, **values: str | int | datetime | Phrase) -> Connect:
    """A sentence, and the number that the call goes on to."""
    return Connect(words, {name: pack(value) for name, value in values.items()}, number)


def say(words: str, /, **values: str | int | datetime | Phrase) -> Say:
    """A sentence to be told, its values ready to be kept."""
    return Say(words, {name: pack(value) for name, value in values.items()})


class Ask(Struct, frozen=True):
    """A question with one name in its talk.

    With choices, a digit or a choice's words pick one, and where `several` may be picked their digits in a row do (the values come with a
    comma between them); `words_too` also takes any other words as they are. `takes_danger` keeps danger words as the answer to this
    question; one that `gives_way` leaves words that tell of a repair to be a report, and its talk ends there. When nobody has answered for
    `patience`, the talk is left.
    """

    name: str
    words: str
    choices: tuple[Choice, ...] = ()
    expects: Expect = Expect.TEXT
    values: dict[str, Any] = {}
    lane: Lane = Lane.REPLY
    words_too: bool = False
    takes_danger: bool = False
    several: bool = False
    gives_way: bool = False
    patience: timedelta = timedelta(hours=12)

    def __iter__(self) -> Generator[Ask, Answer, Answer]:
        return (yield self)


def ask(name: str, words: str, /, *choices: Choice, values: Mapping[str, str | int | datetime | Phrase] | None = None, **how: Any) -> Ask:
    """A question, its values ready to be kept; with choices it expects one of them unless told otherwise."""
    if choices:
        how.setdefault("expects", Expect.CHOICE)
    return Ask(name, words, choices, values={key: pack(value) for key, value in (values or {}).items()}, **how)


class Shown(Struct, frozen=True):
    """One choice as it was shown: its digit, its value, and its words in every language there was."""

    key: str
    value: str
    words: dict[str, str]
    also: tuple[str, ...] = ()


class Prompt(Struct, frozen=True):
    """A question as it was put, kept once; an answer is read by this, never by today's code."""

    words: str
    expects: Expect
    choices: tuple[Shown, ...] = ()
    words_too: bool = False
    takes_danger: bool = False
    several: bool = False
    gives_way: bool = False


YES_NO = (
    Choice("yes", _("Yes"), _("yes|y|yeah|right|correct")),
    Choice("no", _("No"), _("no|n|nope|not|wrong")),
)
