"""How long one text takes to be understood, first glance and all: it runs on every inbound. Times are processor time."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bot.triage import evaluation
from bot.triage.triage import triage
from tests.bench.table import Line, below

SUITE = Path(__file__).parent.parent / "triage_suite"
SHORT, LONG = 30, 200  # characters
MOST_SHORT, MOST_LONG, MOST = 0.1, 0.5, 2.0  # milliseconds
ROUNDS = 5


def run() -> list[Line]:
    """Median milliseconds of short and long texts, and p99 of all; the suites are cut and joined to the lengths promised."""
    texts = [row.text for path in sorted(SUITE.glob("*.jsonl")) for row in evaluation.read(path.read_text("utf-8").splitlines())]
    joined = "，".join(texts)
    short = [joined[place : place + SHORT] for place in range(0, len(joined) - SHORT, SHORT)]
    long = [joined[place : place + LONG] for place in range(0, len(joined) - LONG, LONG)]
    taken = {name: sorted(_milliseconds(text) for text in chosen) for name, chosen in (("short", short), ("long", long))}
    everything = sorted(taken["short"] + taken["long"])
    return [
        below(f"triage, {SHORT} characters, median", statistics.median(taken["short"]), MOST_SHORT, unit="ms"),
        below(f"triage, {LONG} characters, median", statistics.median(taken["long"]), MOST_LONG, unit="ms"),
        below("triage, p99", everything[int(0.99 * len(everything))], MOST, unit="ms"),
    ]


def _milliseconds(text: str) -> float:
    """The best of some rounds: what the text costs, not what else the machine was doing."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        triage.__wrapped__(text)
        best = min(best, time.process_time() - began)
    return 1000 * best
