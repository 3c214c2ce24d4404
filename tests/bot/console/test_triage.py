"""`anlin triage`: a line in, a line out, whatever the line is; and the figures of a file with its misses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.console.triage import triage
from bot.errors import AnlinError

ROWS = '{"id": "1", "text": "三楼着火了", "label": "urgent", "source": "a#1"}\n{"id": "2", "text": "灯坏了", "label": "suggestion"}\n'


def ran(*words: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(triage, words, input=given, catch_exceptions=False)


def test_each_line_is_answered_by_one_with_its_reasons() -> None:
    answers = [json.loads(line) for line in ran(given='三楼着火了\n{"id": "x7", "text": "建议加装扶手"}\n\n').output.splitlines()]
    assert [(answer["id"], answer["label"]) for answer in answers] == [("1", "urgent"), ("x7", "suggestion"), ("3", "general")]
    (reason,) = answers[0]["reasons"]
    assert (reason["word"], reason["start"], reason["end"]) == ("着火", 2, 4)
    assert set(answers[0]) == {"id", "label", "confidence", "category", "ask", "reasons"}


@pytest.mark.parametrize("line", [b"\xff\xfe\x00", b"{", b'{"text": 5}', b"[]", b"{}", "着火了".encode("gbk")])
def test_a_line_that_is_no_text_is_answered_too(line: bytes) -> None:
    (answer,) = [json.loads(each) for each in ran(given=line + b"\n").output.splitlines()]
    assert answer["label"] == "general"


def test_figures_and_misses_of_a_file_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS, "utf-8")
    shown = ran("eval", str(path), "--by", "source").output
    for words in (
        "all: 2 texts",
        "a: 1 texts",
        "recall 1/1 1.000",
        "asked, not urgent 0/1 0.000",
        "ms (median)",
        "2: suggestion taken for general",
    ):
        assert words in shown, words
    assert "taken for" not in ran("eval", str(path), "--no-misses").output


def test_figures_come_as_one_document_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS, "utf-8")
    told = json.loads(ran("eval", str(path), "--json").stdout_bytes)
    assert told["figures"]["all"]["urgent_recall"] == {"part": 1, "whole": 1}
    assert told["misses"] == [{"id": "2", "label": "suggestion", "found": "general", "text": "灯坏了"}]


def test_a_file_without_labelled_texts_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("hello", "utf-8")
    with pytest.raises(AnlinError, match="no file of labelled texts"):
        ran("eval", str(path))
