"""The second reader: a linear model over pieces of words, trained by `python -m bot.triage.train` from our own examples.

It hears what no rule foresaw. It gives no reasons but the pieces that weighed most, so it never overrules the lexicon without a question.
"""

import csv
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

CLASSES = ("urgent", "general", "suggestion")
_PIECE = (2, 3)  # characters of a piece that is shown as a reason
Weights = Mapping[str, tuple[int, int, int]]  # in hundredths: whole numbers, so that their order does not matter


@dataclass(frozen=True, slots=True)
class Opinion:
    """How probable each class is, from 0 to 1."""

    urgent: float
    general: float
    suggestion: float


@cache
def load() -> Weights:
    """The weights as they were trained, read at the first call and then kept."""
    with resources.files("bot.triage").joinpath("weights.csv").open(encoding="utf-8") as file:
        return {name: (int(urgent), int(general), int(wish)) for name, urgent, general, wish in csv.reader(file)}


def judge(weights: Weights, names: Collection[str]) -> Opinion:
    """What the weights make of these features."""
    urgent = general = suggestion = 0
    for first, second, third in filter(None, map(weights.get, names)):
        urgent += first
        general += second
        suggestion += third
    sums = (urgent / 100, general / 100, suggestion / 100)
    top = max(sums)
    parts = [math.exp(each - top) for each in sums]
    return Opinion(*(part / sum(parts) for part in parts))


def telling(weights: Weights, names: Collection[str], *, most: int = 3) -> list[str]:
    """The pieces of words that spoke most for urgent, the strongest first."""
    lifts = {name: weights[name][0] - max(weights[name][1:]) for name in names if name in weights and len(name) in _PIECE}
    return [name for name in sorted(lifts, key=lambda name: (-lifts[name], name))[:most] if lifts[name] > 0]
