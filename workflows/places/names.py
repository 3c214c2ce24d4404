"""Which estates are meant by the words that name one: in full, by a distinctive part, or with one slip."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflows.places.numerals import fold
from workflows.places.reading import Reading

_COMMON = re.compile(r"小区|[花家嘉]园|新村|社区|职工|家属[楼院区]?|商住楼|安置|公司|公[寓馆]|大[院厦]|国际|[和与、()/\s]")
"""What many names share, so that it tells none of them apart."""

_DISTRICT = re.compile(r"(?:[省市区县镇乡路街道号]|社区|公司)$")
_LONGEST_PART = 10

Ids = frozenset[int]


@dataclass(frozen=True, slots=True)
class Names:
    """An index of names: whole, their distinctive parts, how they begin, and each with one character left open."""

    whole: Mapping[str, Ids]
    lengths: tuple[int, ...]  # of whole names, longest first
    parts: Mapping[str, Ids]
    starts: Mapping[str, Ids]
    nearly: Mapping[str, Ids]


@dataclass(frozen=True, slots=True)
class Called:
    """The estates that the words name; none at all when they name one that the register does not have."""

    ids: Ids
    is_sure: bool


def index_of(named: Iterable[tuple[int, Iterable[str]]]) -> Names:
    """Return the index of ids with their names and aliases."""
    whole, parts, starts, nearly = (defaultdict[str, set[int]](set) for _ in range(4))
    for id_, names in named:
        for name in filter(None, (fold(name).strip() for name in names)):
            whole[name].add(id_)
            for part in _cores(name):
                for piece in _pieces(part):
                    parts[piece].add(id_)
            for begin in {name, *_cores(name)[:1]}:
                for end in range(2, len(begin) + 1):
                    starts[begin[:end]].add(id_)
            for pattern in _with_one_open(name):
                nearly[pattern].add(id_)
    lengths = tuple(sorted({len(name) for name in whole}, reverse=True))
    return Names(_frozen(whole), lengths, _frozen(parts), _frozen(starts), _frozen(nearly))


def called(names: Names, reading: Reading) -> Called | None:
    """Return the estates that the reading names, or None where it names none."""
    words = reading.estate_words
    if words is not None:
        return _in_full(names, words) or _in_part(names, words) or _with_a_slip(names, words) or Called(frozenset(), True)
    ids = written(names, reading.words, shortest=3)
    if ids:
        return Called(ids, True)
    if reading.elsewhere is not None:
        return _in_part(names, reading.elsewhere) or _with_a_slip(names, reading.elsewhere)
    return _beginning(names, reading.before) if reading.before else None


def written(names: Names, words: str, *, shortest: int) -> Ids:
    """Return whose whole names stand in the words, the longer name before the one that it contains."""
    found: set[int] = set()
    at = 0
    while at < len(words):
        name = next((words[at : at + n] for n in names.lengths if n >= shortest and words[at : at + n] in names.whole), None)
        found |= names.whole[name] if name else frozenset()
        at += len(name) if name else 1
    return frozenset(found)


def _in_full(names: Names, words: str) -> Called | None:
    for length in names.lengths:
        for at in range(len(words) - length + 1):
            ids = names.whole.get(words[at : at + length])
            if ids:
                return Called(ids, _stands_alone(words[:at], words[at + length :]))
    return None


def _stands_alone(before: str, after: str) -> bool:
    """金川区|金桂园|小区 names 金桂园; 银|桂园 and 金桂园|东苑 may be other estates."""
    return (not before or _DISTRICT.search(before) is not None) and _COMMON.sub("", after) in ("", "里")


def _in_part(names: Names, words: str) -> Called | None:
    scores: dict[int, int] = defaultdict(int)
    strange = []  # what stands before, between and after the parts that are known
    for core in _cores(words):
        at, left = 0, ""
        while at < len(core):
            part = _part_at(names, core, at)
            if part:
                strange.append(left if scores or not _DISTRICT.search(left) else "")
            for id_ in names.parts.get(part, ()):
                scores[id_] += len(part)
            left = "" if part else left + core[at]
            at += len(part) or 1
        strange.append(left)
    best = max(scores.values(), default=0)
    return Called(frozenset(id_ for id_, score in scores.items() if score == best), not any(strange)) if best else None


def _part_at(names: Names, core: str, at: int) -> str:
    """Return the longest known part that begins here, or nothing."""
    ends = range(min(len(core), at + _LONGEST_PART), at + 1, -1)
    return next(
        (core[at:end] for end in ends if core[at:end] in names.parts and not (_cuts_number(core, at) or _cuts_number(core, end))), ""
    )


def _with_a_slip(names: Names, words: str) -> Called | None:
    ids = frozenset[int]().union(*(names.nearly.get(pattern, frozenset()) for pattern in _with_one_open(words)))
    return Called(ids, False) if ids else None


def _beginning(names: Names, before: str) -> Called | None:
    for at in range(len(before) - 1):
        ids = names.starts.get(before[at:])
        if ids:
            return Called(ids, at == 0)
    return None


def _cores(name: str) -> list[str]:
    return [part for part in _COMMON.split(name) if len(part) >= 2]


def _pieces(part: str) -> Iterable[str]:
    ends = [at for at in range(len(part) + 1) if not _cuts_number(part, at)]
    pieces = (part[at:end] for at in ends for end in ends if 2 <= end - at <= _LONGEST_PART)
    return (piece for piece in pieces if not piece.isdigit())


def _cuts_number(text: str, at: int) -> bool:
    """Tell whether a cut goes through a number: 4区 is no part of 14区."""
    return 0 < at < len(text) and text[at - 1].isdigit() and text[at].isdigit()


def _with_one_open(name: str) -> Iterable[str]:
    return (f"{name[:at]}?{name[at + 1 :]}" for at in range(len(name))) if 3 <= len(name) <= _LONGEST_PART else ()


def _frozen(sets: Mapping[str, set[int]]) -> Mapping[str, Ids]:
    return {name: frozenset(ids) for name, ids in sets.items()}
