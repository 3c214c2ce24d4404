"""How good triage is on labelled texts: recall and precision with their counts, per label and per source, and what was missed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from bot.triage.triage import Label, Triage, triage


class Row(msgspec.Struct, frozen=True):
    """One labelled text; `urgent_looking` is true of one that mentions danger and is not urgent."""

    id: str
    text: str
    label: Label
    source: str = ""
    language: str = ""
    style: str = ""
    urgent_looking: bool = False

    def group(self, by: str) -> str:
        """The part of the rows that this one is counted with: its source without the number that follows a #."""
        return str(getattr(self, by)).split("#")[0] or "-"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return f"{self.part}/{self.whole} {self.value:.3f}" if self.whole else "-"


@dataclass(frozen=True, slots=True)
class Score:
    """Recall and precision of one label."""

    recall: Share
    precision: Share

    @property
    def f1(self) -> float:
        both = self.recall.whole + self.precision.whole
        return 2 * self.recall.part / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one set of texts; `asked` are those not urgent to which the question about danger would be put."""

    count: int
    scores: Mapping[Label, Score]
    false_urgent: Share
    false_looking: Share
    asked: Share

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that occur."""
        there = [score.f1 for score in self.scores.values() if score.recall.whole]
        return sum(there) / len(there) if there else 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A row and what triage made of it."""

    row: Row
    found: Triage

    @property
    def is_right(self) -> bool:
        return self.found.label is self.row.label


def read(lines: Iterable[str]) -> list[Row]:
    """The rows of a JSONL file; raises `msgspec.ValidationError` or `msgspec.DecodeError` for a line that is none."""
    return [msgspec.json.decode(line, type=Row) for line in lines if line.strip()]


def look(rows: Iterable[Row]) -> list[Seen]:
    """What triage says about each row now."""
    return [Seen(row, triage(row.text)) for row in rows]


def figures(seen: Iterable[Seen]) -> Figures:
    """The figures of these rows together."""
    all_of_them = list(seen)
    calm = [each for each in all_of_them if each.row.label is not Label.URGENT]
    looking = [each for each in calm if each.row.urgent_looking]
    return Figures(
        len(all_of_them),
        {label: _score(all_of_them, label) for label in Label},
        _share(each.found.label is Label.URGENT for each in calm),
        _share(each.found.label is Label.URGENT for each in looking),
        _share(each.found.ask for each in calm),
    )


def by_group(seen: Iterable[Seen], by: str) -> dict[str, Figures]:
    """The figures of each group, in the order of their names."""
    groups: dict[str, list[Seen]] = {}
    for each in seen:
        groups.setdefault(each.row.group(by), []).append(each)
    return {name: figures(groups[name]) for name in sorted(groups)}


def _score(seen: list[Seen], label: Label) -> Score:
    hits = sum(each.row.label is label is each.found.label for each in seen)
    return Score(
        Share(hits, sum(each.row.label is label for each in seen)),
        Share(hits, sum(each.found.label is label for each in seen)),
    )


def _share(holds: Iterable[bool]) -> Share:
    told = list(holds)
    return Share(sum(told), len(told))
