"""`anlin triage`: the class of what is written, line by line, and how good triage is on labelled texts."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from bot.console.desk import json_option, printed
from bot.errors import AnlinError
from bot.triage import evaluation
from bot.triage.evaluation import Figures, Seen
from bot.triage.triage import Label, Triage
from bot.triage.triage import triage as judged


@click.group(invoke_without_command=True)
@click.pass_context
def triage(context: click.Context) -> None:
    """Give the class of texts: urgent, general or suggestion, with the reasons.

    Without a command, each line of standard input (a plain text, or a JSON document with "id" and "text") is answered with one JSON line.
    """
    if context.invoked_subcommand is None:
        for number, line in enumerate(sys.stdin.buffer, start=1):
            given = line.decode("utf-8", "replace").rstrip("\r\n")
            click.echo(msgspec.json.encode(_answer(*_asked(given, number))).decode())


@triage.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", type=click.Choice(["source", "language", "style"]), help="Figures of each group, too.")
@click.option("--misses/--no-misses", default=True, help="Whether the texts that came out wrong are shown.")
@json_option
def evaluate(file: Path, *, by: str | None, misses: bool, is_json: bool) -> None:
    """Measure triage on FILE, a JSONL file of labelled texts: every figure with its counts. Nothing is learnt from it."""
    try:
        rows = evaluation.read(file.read_text("utf-8").splitlines())
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise AnlinError(f"{file} is no file of labelled texts: {fault}") from fault
    seen = evaluation.look(rows)
    groups = {"all": evaluation.figures(seen)} | (evaluation.by_group(seen, by) if by else {})
    wrong = [each for each in seen if not each.is_right] if misses else []
    if is_json:
        printed({"figures": {name: _plain(each) for name, each in groups.items()}, "misses": [_miss(each) for each in wrong]})
        return
    for name, told in groups.items():
        click.echo("\n".join(_told(name, told)))
    click.echo(_times([row.text for row in rows]))
    for each in wrong:
        click.echo(f"{each.row.id}: {each.row.label} taken for {each.found.label}: {each.row.text[:80]!r}")


def _asked(line: str, number: int) -> tuple[str, str]:
    """The id and the text of a line."""
    if line.startswith("{"):
        try:
            given = msgspec.json.decode(line)
        except msgspec.DecodeError:
            return str(number), line
        if isinstance(given, dict) and isinstance(given.get("text"), str):
            return str(given.get("id", number)), given["text"]
    return str(number), line


def _answer(name: str, text: str) -> dict[str, Any]:
    found: Triage = judged(text)
    return {
        "id": name,
        "label": found.label,
        "confidence": found.confidence,
        "category": found.category,
        "ask": found.ask,
        "reasons": [{"word": each.word, "start": each.start, "end": each.end, "why": each.why} for each in found.reasons],
    }


def _told(name: str, figures: Figures) -> Iterator[str]:
    yield f"{name}: {figures.count} texts, macro F1 {figures.macro_f1:.3f}"
    for label in Label:
        score = figures.scores[label]
        yield f"  {label:<10} recall {score.recall}   precision {score.precision}   F1 {score.f1:.3f}"
    yield f"  false urgents {figures.false_urgent}   on urgent-looking texts {figures.false_looking}   asked, not urgent {figures.asked}"


def _plain(figures: Figures) -> Mapping[str, Any]:
    shares = {"false_urgent": figures.false_urgent, "false_looking": figures.false_looking, "asked": figures.asked}
    for label, score in figures.scores.items():
        shares |= {f"{label}_recall": score.recall, f"{label}_precision": score.precision}
    return {
        "count": figures.count,
        "macro_f1": round(figures.macro_f1, 4),
        **{f"{label}_f1": round(score.f1, 4) for label, score in figures.scores.items()},
        **{name: {"part": share.part, "whole": share.whole} for name, share in shares.items()},
    }


def _miss(each: Seen) -> dict[str, str]:
    return {"id": each.row.id, "label": each.row.label, "found": each.found.label, "text": each.row.text}


def _times(texts: list[str]) -> str:
    """How long a text takes the processor here and now, each read anew."""
    if not texts:
        return "no texts"
    taken = []
    for text in texts:
        began = time.process_time()
        judged.__wrapped__(text)
        taken.append(1000 * (time.process_time() - began))
    taken.sort()
    length = statistics.median(map(len, texts))
    return (
        f"a text of {length:.0f} characters takes {statistics.median(taken):.3f} ms (median), {taken[int(0.99 * len(taken))]:.3f} ms (p99)"
    )
