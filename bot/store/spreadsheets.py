"""CSV files as spreadsheets write them in China: their letters, their lines, and the faults that are told by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from bot.errors import AnlinError

DELIMITERS = ",;\t"

Cells = tuple[int, list[str]]  # the number of a line, and what stands in it


class BadFile(AnlinError):
    """The file cannot be imported; nothing was written. Each fault names its line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def decoded(raw: bytes) -> str:
    """The text of a file as spreadsheets write it in China: UTF-8 with or without a mark, or GB 18030."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        raise BadFile(("The file is no text; save it as CSV (UTF-8).",)) from None


def cells(text: str) -> tuple[tuple[str, ...], list[Cells]]:
    """The headings, and the lines that are not empty; they are divided by whatever divides the headings."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count))
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadFile((f"Line {reader.line_num}: this is not CSV ({error}).",)) from None
    if not lines:
        raise BadFile(("The file lists nothing.",))
    return header, lines


def twice(named: Iterable[tuple[int, str]]) -> Iterator[str]:
    """A sentence for every name that stands on a second line."""
    seen: dict[str, int] = {}
    for line, name in named:
        if name in seen:
            yield f"Line {line}: “{name}” is there already on line {seen[name]}."
        seen.setdefault(name, line)
