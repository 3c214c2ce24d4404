"""`python -m bot.triage.train`: the weights of the second reader, made anew from `examples/`. The same examples make the same weights."""

import csv
import math
import zlib
from collections.abc import Iterable
from pathlib import Path

from bot.triage import lexicon
from bot.triage.features import features
from bot.triage.hearing import hear
from bot.triage.model import CLASSES

HERE = Path(__file__).parent
ROUNDS = 30
STEP = 0.3  # of AdaGrad (Duchi, Hazan, Singer 2011)
DECAY = 1e-4  # pulls weights that nothing needs towards zero
SMALLEST = 0.03  # a weight below it in every class is not kept

Example = tuple[str, int]


def examples(folder: Path = HERE / "examples") -> list[Example]:
    """Every line of the example files with the number of its class; a line that begins with # is a remark."""
    return [
        (line, number)
        for number, name in enumerate(CLASSES)
        for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]


def trained(texts: Iterable[Example]) -> dict[str, list[float]]:
    """Weights by multinomial logistic regression."""
    known = lexicon.load()
    rows = [(text, sorted(features(known, hear(known, text))), number) for text, number in texts]
    weights: dict[str, list[float]] = {}
    squares: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for _, names, number in sorted(rows, key=lambda row: zlib.crc32(f"{turn} {row[0]}".encode())):
            _learn(weights, squares, names, number=number)
    return weights


def _learn(weights: dict[str, list[float]], squares: dict[str, list[float]], names: list[str], *, number: int) -> None:
    rows = [weights.setdefault(name, [0.0] * len(CLASSES)) for name in names]
    steps = [squares.setdefault(name, [1.0] * len(CLASSES)) for name in names]
    sums = [sum(row[each] for row in rows) for each in range(len(CLASSES))]
    parts = [math.exp(total - max(sums)) for total in sums]
    for each, part in enumerate(parts):
        slope = part / sum(parts) - (each == number)
        for row, square in zip(rows, steps, strict=True):
            pull = slope + DECAY * row[each]
            square[each] += pull * pull
            row[each] -= STEP * pull / math.sqrt(square[each])


def written(weights: dict[str, list[float]], path: Path) -> int:
    """The weights are in the file, in hundredths, sorted by name; how many were kept."""
    kept = sorted(name for name, row in weights.items() if max(map(abs, row)) >= SMALLEST)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([name, *(round(100 * weight) for weight in weights[name])] for name in kept)
    return len(kept)


def main() -> None:
    """Train on all examples and say what was kept."""
    texts = examples()
    kept = written(trained(texts), HERE / "weights.csv")
    print(f"{len(texts)} examples, {kept} weights kept.")


if __name__ == "__main__":
    main()
