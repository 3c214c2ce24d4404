"""The suites of invented texts: each half of the chats keeps its figures by itself, long texts theirs, and no text is taught."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.triage import evaluation
from bot.triage.evaluation import Row
from bot.triage.train import examples
from bot.triage.triage import Label

FOLDER = Path(__file__).parent
CHATS = sorted(FOLDER.glob("chat_*.jsonl"))
LONG = FOLDER / "long.jsonl"
# Emergencies found at least, and calm texts urgent at most. The rules were made beside half a; half b was read for the first time when they
# stood, and what it showed then is what may never be worse. What is promised of chats, 0.98 and 0.05, half b does not keep yet.
KEPT = {"chat_a": (0.98, 0.05), "chat_b": (0.89, 0.17)}


def rows(path: Path) -> list[Row]:
    return evaluation.read(path.read_text("utf-8").splitlines())


def told(seen: list[evaluation.Seen], *, danger: bool) -> str:
    """The texts that were missed, or cried out for nothing, for whoever reads the failure."""
    return "\n".join(f"{each.row.id} {each.row.text}" for each in seen if not each.is_right and (each.row.label is Label.URGENT) is danger)


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
def test_the_emergencies_in_a_chat_are_found(path: Path) -> None:
    seen = evaluation.look(rows(path))
    assert evaluation.figures(seen).scores[Label.URGENT].recall.value >= KEPT[path.stem][0], told(seen, danger=True)


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
def test_few_of_the_calm_texts_in_a_chat_are_urgent_and_15_in_100_at_most_are_asked(path: Path) -> None:
    seen = evaluation.look(rows(path))
    found = evaluation.figures(seen)
    assert found.false_urgent.value <= KEPT[path.stem][1], told(seen, danger=False)
    assert found.asked.value <= 0.15


@pytest.mark.parametrize("kind", ["l", "p", "e"], ids=["letters", "calls for rescue", "English reports"])
def test_long_texts_get_their_class(kind: str) -> None:
    seen = [each for each in evaluation.look(rows(LONG)) if each.row.id.startswith(kind)]
    found = evaluation.figures(seen)
    assert found.scores[Label.URGENT].recall.value >= 0.9, told(seen, danger=True)
    assert found.false_urgent.value <= 0.1, told(seen, danger=False)


def test_no_text_of_a_suite_is_among_the_examples_that_the_second_reader_is_taught() -> None:
    taught = {text for text, _ in examples()}
    assert [row.text for path in (*CHATS, LONG) for row in rows(path) if row.text in taught] == []


def test_no_text_stands_in_a_suite_twice() -> None:
    texts = [row.text for path in (*CHATS, LONG) for row in rows(path)]
    assert len(set(texts)) == len(texts)
