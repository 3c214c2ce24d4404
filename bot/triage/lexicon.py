"""The rules of the lexicon's files, read once and compiled so that thirty characters are looked up in microseconds."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.triage.categories import CATEGORIES
from bot.triage.rules import (
    FIGURES,
    KEY,
    GuardRule,
    Kind,
    Rule,
    Says,
    Side,
    Source,
    Verdict,
    alike_of,
    forms_of,
    heads_of,
    parts_of,
    source_of,
)
from bot.triage.words import Words, fold

FILES = ("forms", "guards", "safe", "danger", "doubt", "letters", "posts", "wishes", "topics")  # in this order one lexicon
STOP = r"[。!?;\n]|\.(?=\s|$)"
_STOP = re.compile(STOP)
_GAP = {"zh": r"[^。!?;\n]{0,8}?", "en": r"[^.!?;\n]{0,30}?"}
_EDGE = r"(?![a-z0-9])"
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789'")
_NEAR = 6  # characters
_NUMBER = f"[{FIGURES}]"
_SENTENCE = 60  # characters; how far to either side an `&` looks
HASH = re.escape("#")
_ENOUGH = 50  # times that one rule is heard in one text: a text made of danger words must not hold up the others


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to begin a rule's words, what must follow, and what must stand somewhere; `rule` is its number in the file."""

    head: str
    tail: str
    others: tuple[str, ...]
    latin: bool
    rule: int


@dataclass(frozen=True, slots=True)
class Guard:
    why: str
    side: Side
    verdict: Verdict
    categories: frozenset[str]
    where: tuple[Kind, ...]
    pattern: re.Pattern[str]
    mark: re.Pattern[str]  # its words, wherever they stand


@dataclass(frozen=True, slots=True)
class Lexicon:
    rules: tuple[Rule, ...]
    guards: tuple[Guard, ...]
    now: re.Pattern[str]
    letter_now: re.Pattern[str]
    post: re.Pattern[str]
    letter: re.Pattern[str]
    alike: Mapping[str, str]
    languages: frozenset[str]
    marks: Mapping[str, re.Pattern[str]]
    phrases: Mapping[str, tuple[Phrase, ...]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's words found in the folded text; `rule` is its number in the file, `last` is where their last part begins."""

    rule: int
    start: int
    last: int
    end: int


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is first needed: most patterns of the lexicon are seldom tried."""
    return re.compile(pattern)


@cache
def load() -> Lexicon:
    """The shipped lexicon, read at the first call and then kept."""
    folder = resources.files("bot.triage")
    return parse("\n".join(folder.joinpath(f"{name}.toml").read_text("utf-8") for name in FILES))


def parse(toml: str) -> Lexicon:
    """The lexicon written in this text, ready to be read with; or one error with all its faults."""
    source = source_of(toml)
    alike = alike_of(source)
    phrases: dict[str, list[Phrase]] = {}
    for number, rule in enumerate(source.rule):
        for phrase in _phrases_of(rule, number, source.lists, alike=alike):
            phrases.setdefault(phrase.head[:KEY], []).append(phrase)
    return Lexicon(
        rules=source.rule,
        guards=tuple(_guard(guard, alike) for guard in source.guard),
        now=re.compile(_any_of(forms_of(source.now_zh, alike), forms_of(source.now_en, alike))),
        letter_now=re.compile(_any_of(forms_of(source.letter_now_zh, alike), forms_of(source.letter_now_en, alike))),
        post=re.compile(_any_of(forms_of(source.post_zh, alike), forms_of(source.post_en, alike))),
        letter=re.compile(_any_of(forms_of(source.letter_zh, alike), forms_of(source.letter_en, alike))),
        alike=alike,
        languages=frozenset(source.languages),
        marks=_marks(source, alike),
        phrases=_by_key(phrases),
    )


def _by_key(phrases: Mapping[str, list[Phrase]]) -> dict[str, tuple[Phrase, ...]]:
    """Phrases by their first two characters, or by the only one: under two, those that begin with the first alone are found as well."""
    return {key: tuple(found + (phrases.get(key[0], []) if len(key) == KEY else [])) for key, found in phrases.items()}


def _guard(guard: GuardRule, alike: Mapping[str, str]) -> Guard:
    mark = re.compile(_any_of(forms_of(guard.zh, alike), forms_of(guard.en, alike)))
    categories = frozenset(guard.categories or CATEGORIES)
    return Guard(guard.why, guard.side, guard.verdict, categories, guard.where, _guard_pattern(guard, alike), mark)


def _marks(source: Source, alike: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    """What the words of each list look like, wherever they stand."""
    return {
        f"list {name}": re.compile(_grouped((word, "") for word in forms_of(written.split("/"), alike)))
        for name, written in source.lists.items()
    }


def read(lexicon: Lexicon, text: str) -> tuple[Words, list[Hit], bool]:
    """The text as the lexicon reads it, every rule's words in it, and whether some were left out because safe words hold them."""
    words = fold(text, lexicon.alike)
    hits: list[Hit] = []
    safe: list[Hit] = []
    times: Counter[int] = Counter()
    for hit in _hits(lexicon, words.text):
        times[hit.rule] += 1
        if times[hit.rule] > _ENOUGH:
            continue
        (safe if lexicon.rules[hit.rule].says is Says.SAFE else hits).append(hit)
    if not safe:
        return words, hits, False
    covers = [(cover.start, cover.end) for cover in safe]
    meant = [
        hit
        for hit in hits
        if lexicon.rules[hit.rule].says is Says.TOPIC or not any(start <= hit.start and hit.end <= end for start, end in covers)
    ]
    return words, meant, len(meant) < len(hits)


def _hits(lexicon: Lexicon, text: str) -> Iterator[Hit]:
    phrases = lexicon.phrases
    for start in range(len(text)):
        for phrase in phrases.get(text[start : start + KEY], ()) or phrases.get(text[start], ()):
            if not text.startswith(phrase.head, start):
                continue
            if phrase.latin and start and text[start - 1] in _LATIN:
                continue
            last, end = start, start + len(phrase.head)
            if phrase.tail:
                tail = _compiled(phrase.tail).match(text, end)
                if tail is None:
                    continue
                last, end = (tail.start("last") if tail.lastgroup else start), tail.end()
            if phrase.others and not _all_near(phrase.others, text, start):
                continue
            yield Hit(phrase.rule, start, last, end)


def _all_near(patterns: Iterable[str], text: str, place: int) -> bool:
    """Whether each of these stands in the sentence around this place."""
    first, last = max(0, place - _SENTENCE), min(len(text), place + _SENTENCE)
    before = [stop.end() for stop in _STOP.finditer(text, first, place)]
    after = _STOP.search(text, place, last)
    first, last = (before[-1] if before else first), (after.start() if after else last)
    return all(_compiled(pattern).search(text, first, last) for pattern in patterns)


def _phrases_of(rule: Rule, number: int, lists: Mapping[str, str], *, alike: Mapping[str, str]) -> Iterator[Phrase]:
    for language, written in [("zh", one) for one in rule.zh] + [("en", one) for one in rule.en]:
        taken = parts_of(written, lists, alike=alike)
        tail = _tail(taken.parts[1:], language)
        others = tuple(_part_pattern(other, language) for other in taken.others)
        for head in heads_of(taken):
            ending = _ending(head) if language == "en" else ""
            yield Phrase(head.rstrip("*"), ending + tail, others, latin=language == "en", rule=number)


def _tail(parts: list[list[str]], language: str) -> str:
    if not parts:
        return ""
    *middle, last = [_part_pattern(part, language) for part in parts]
    gap = _GAP[language]
    return "".join(gap + part for part in middle) + f"{gap}(?P<last>{last})"


def _part_pattern(part: Iterable[str], language: str) -> str:
    if language == "zh":
        return _grouped((one, "") for one in part)
    return "(?<![a-z0-9])" + _grouped((one.rstrip("*"), _ending(one)) for one in part)


def _grouped(words: Iterable[tuple[str, str]]) -> str:
    """A pattern for any of these words and their endings that looks at the first character only once."""
    groups: dict[str, list[str]] = {}
    for word, ending in words:
        rest = re.escape(word[1:]).replace(HASH, _NUMBER) + ending
        groups.setdefault(word[0], []).append(rest)
    figures = groups.pop("#", [])
    first = "".join(map(re.escape, groups)) + (FIGURES if figures else "")
    branches = [f"{re.escape(char)}{_either(rests)}" for char, rests in groups.items()]
    branches += [f"{_NUMBER}{_either(figures)}"] if figures else []
    return f"(?=[{first}])(?:{'|'.join(branches)})"


def _either(rests: list[str]) -> str:
    ordered = sorted(set(rests), key=len, reverse=True)
    return ordered[0] if len(ordered) == 1 else f"(?:{'|'.join(ordered)})"


def _ending(word: str) -> str:
    """An English word ends where it is written to end, unless a star says that it may go on."""
    return "[a-z]*" if word.endswith("*") else _EDGE


def _guard_pattern(guard: GuardRule, alike: Mapping[str, str]) -> re.Pattern[str]:
    zh, en = forms_of(guard.zh, alike), forms_of(guard.en, alike)
    if guard.side is Side.TOUCHING:
        between_zh = f"(?:{'|'.join(forms_of(guard.fillers_zh, alike))}){{0,3}}" if guard.fillers_zh else ""
        between_en = rf"(?:\s(?:{'|'.join(forms_of(guard.fillers_en, alike))})){{0,4}}\s?" if guard.fillers_en else r"\s?"
        return re.compile(f"(?:{_any_of(zh, ())}){between_zh}$|(?:{_any_of((), en)}){between_en}$")
    if guard.side is Side.NEAR:
        words = _any_of(zh, en)
        return re.compile(rf"(?:{words})[^,、。!?;\n]{{0,{_NEAR}}}$")
    if guard.side is Side.RIGHT_AFTER:
        return re.compile(rf"\s?(?:{_any_of(zh, en)})")
    return re.compile(_any_of(zh, en))


def _any_of(chinese: Sequence[str], english: Sequence[str]) -> str:
    """A pattern for any of these; one that matches nothing when there are none."""
    parts = [_grouped((word, "") for word in chinese)] if chinese else []
    parts += ["(?<![a-z0-9])" + _grouped((word, _EDGE) for word in english)] if english else []
    return "|".join(parts) or r"(?!)"
