"""The engine alone: from the stored JSON text of a talk, with one more answer, to the next stored JSON text. Seconds are processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from bot import engine
from bot.effects import Command
from bot.engine import Talk
from bot.prompt import YES_NO, Answer, ask, say
from tests.bench.table import Line

WANTED = 50_000
TALKS = 4000
ROUNDS = 5
NOW = datetime(2026, 12, 1, tzinfo=UTC)
HERE = Talk(NOW, "sms")
ANSWERS = (
    ("what", Answer("The lift is stuck on the third floor")),
    ("hurt", Answer("No", "no")),
    ("where", Answer("Building 3, Unit 2")),
    ("more", Answer("Nothing else")),
)


class Filed(Struct, frozen=True):
    number: str


class File(Command[Filed], frozen=True):
    """What the talk wants done in its last turn."""

    words: str


def four_answers(talk: Talk) -> Generator[Any, Any, None]:
    """A talk of four answers that tells something and does something."""
    what = yield from ask("what", "What has happened?")
    yield from ask("hurt", "Is anyone hurt?", *YES_NO)
    yield from ask("where", "Where is it?")
    more = yield from ask("more", "What else?")
    filed = yield from File(f"{what.text} {more.text}")
    yield from say("Your number is {number}.", number=filed.number)


def run() -> list[Line]:
    """Turns a second on one core; the floor reads and writes the same texts and runs no talk."""
    texts = _texts()
    ours, floor = (statistics.median(_rate(each, texts) for _ in range(ROUNDS)) for each in (_turn, _read_and_write))
    return [Line("engine alone, turns a second per core", ours, floor, wanted=f">= {WANTED:,} /s", holds=ours >= WANTED)]


def _rate(once: Callable[[str, int], str], texts: list[str]) -> float:
    began = time.process_time()
    for _ in range(TALKS):
        for step, text in enumerate(texts):
            once(text, step)
    return TALKS * len(texts) / (time.process_time() - began)


def _turn(text: str, step: int) -> str:
    name, answer = ANSWERS[step]
    journal = engine.from_json(text).with_answer(name, answer, HERE)
    return engine.to_json(engine.step(four_answers, journal, given=name, here=HERE, perform=_perform).journal).decode()


def _read_and_write(text: str, step: int) -> str:
    name, answer = ANSWERS[step]
    return engine.to_json(engine.from_json(text).with_answer(name, answer, HERE)).decode()


def _perform(_command: Command[Any]) -> Filed:
    return Filed("10013")


def _texts() -> list[str]:
    """The stored text before each of the four answers."""
    begun = engine.step(four_answers, engine.opening("four"), given=None, here=HERE, perform=_perform)
    texts = [engine.to_json(begun.journal).decode()]
    for step in range(len(ANSWERS) - 1):
        texts.append(_turn(texts[-1], step))
    assert '"File"' in _turn(texts[-1], len(ANSWERS) - 1), "the talk does not end in its fourth answer"
    return texts
