"""One line of the bench: a figure beside a floor that was taken in the same run, and what is wanted of the two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = ("what", "figure", "floor", "ratio", "wanted", "holds?")


@dataclass(frozen=True, slots=True)
class Line:
    """`floor` is what the same machine does at best without us; `wanted` is said in words, `holds` is whether it is so.

    A line that is only told, and of which nothing is wanted, holds neither way.
    """

    what: str
    figure: float
    floor: float | None = None
    unit: str = "/s"
    wanted: str = ""
    holds: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The line as it is printed."""
        ratio = f"{self.figure / self.floor:.2f}" if self.floor else ""
        verdict = {True: "yes", False: "NO", None: ""}[self.holds]
        return self.what, _number(self.figure, self.unit), _number(self.floor, self.unit), ratio, self.wanted, verdict


def at_least(what: str, figure: float, floor: float, *, share: float) -> Line:
    """A rate of which at least this share of the floor is wanted."""
    return Line(what, figure, floor, wanted=f">= {share:.2f} of it", holds=figure >= share * floor)


def below(what: str, figure: float, most: float, *, unit: str, floor: float | None = None) -> Line:
    """A figure that must stay below `most`."""
    return Line(what, figure, floor, unit, wanted=f"< {most:g} {unit}", holds=figure < most)


def printed(lines: Iterable[Line]) -> str:
    """The table."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(_row(row, widths) for row in rows)


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    sides = ("<", ">", ">", ">", "<", "<")
    return "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()


def _number(figure: float | None, unit: str) -> str:
    if figure is None:
        return ""
    return f"{figure:,.1f} {unit}" if figure < 100 else f"{figure:,.0f} {unit}"
