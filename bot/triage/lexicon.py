"""The rules of `lexicon.toml`, read once and compiled so that thirty characters are looked up in microseconds."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.triage.rules import CATEGORIES, KEY, GuardRule, Rule, Says, Side, Verdict, alike_of, parts_of, source_of
from bot.triage.words import Words, fold

STOP = r"[。!?;\n]|\.(?=\s|$)"
_GAP = {"zh": r"[^。!?;\n]{0,8}?", "en": r"[^.!?;\n]{0,30}?"}
_EDGE = r"(?![a-z0-9])"
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789'")
_NEAR = 6  # characters
_ENOUGH = 200  # times that one rule is heard in one text: a text made of danger words must not hold up the others


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to begin a rule's words, and what must follow; `rule` is its number in the file."""

    head: str
    tail: re.Pattern[str] | None
    latin: bool
    rule: int


@dataclass(frozen=True, slots=True)
class Guard:
    why: str
    side: Side
    verdict: Verdict
    categories: frozenset[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    rules: tuple[Rule, ...]
    guards: tuple[Guard, ...]
    now: re.Pattern[str]
    alike: Mapping[str, str]
    languages: frozenset[str]
    phrases: Mapping[str, tuple[Phrase, ...]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's words found in the folded text; `rule` is its number in the file, `last` is where their last part begins."""

    rule: int
    start: int
    last: int
    end: int


@cache
def load() -> Lexicon:
    """The shipped lexicon, read at the first call and then kept."""
    return parse(resources.files("bot.triage").joinpath("lexicon.toml").read_text("utf-8"))


def parse(toml: str) -> Lexicon:
    """The lexicon written in this text, ready to be read with; or one error with all its faults."""
    source = source_of(toml)
    phrases: dict[str, list[Phrase]] = {}
    for number, rule in enumerate(source.rule):
        for phrase in _phrases_of(rule, number, source.lists):
            phrases.setdefault(phrase.head[:KEY], []).append(phrase)
    return Lexicon(
        rules=source.rule,
        guards=tuple(
            Guard(guard.why, guard.side, guard.verdict, frozenset(guard.categories or CATEGORIES), _guard_pattern(guard))
            for guard in source.guard
        ),
        now=re.compile(_any_of(source.now_zh, source.now_en)),
        alike=alike_of(source),
        languages=frozenset(source.languages),
        phrases={key: tuple(found) for key, found in phrases.items()},
    )


def read(lexicon: Lexicon, text: str) -> tuple[Words, list[Hit]]:
    """The text as the lexicon reads it, and every rule's words in it; those inside safe words tell only what it is about."""
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
        return words, hits
    covers = [(cover.start, cover.end) for cover in safe]
    return words, [
        hit
        for hit in hits
        if lexicon.rules[hit.rule].says is Says.TOPIC or not any(start <= hit.start and hit.end <= end for start, end in covers)
    ]


def _hits(lexicon: Lexicon, text: str) -> Iterator[Hit]:
    phrases = lexicon.phrases
    for start in range(len(text) - 1):
        for phrase in phrases.get(text[start : start + KEY], ()):
            if not text.startswith(phrase.head, start):
                continue
            if phrase.latin and start and text[start - 1] in _LATIN:
                continue
            last, end = start, start + len(phrase.head)
            if phrase.tail is not None:
                tail = phrase.tail.match(text, end)
                if tail is None:
                    continue
                last, end = (tail.start("last") if tail.lastgroup else start), tail.end()
            yield Hit(phrase.rule, start, last, end)


def _phrases_of(rule: Rule, number: int, lists: Mapping[str, str]) -> Iterator[Phrase]:
    for language, written in [("zh", one) for one in rule.zh] + [("en", one) for one in rule.en]:
        heads, *rest = parts_of(written, lists)
        tail = _tail(rest, language)
        for head in heads:
            ending = _ending(head) if language == "en" else ""
            pattern = re.compile(ending + tail) if ending or tail else None
            yield Phrase(head.rstrip("*"), pattern, latin=language == "en", rule=number)


def _tail(parts: list[list[str]], language: str) -> str:
    if not parts:
        return ""
    *middle, last = [_part_pattern(part, language) for part in parts]
    gap = _GAP[language]
    return "".join(gap + part for part in middle) + f"{gap}(?P<last>{last})"


def _part_pattern(part: Iterable[str], language: str) -> str:
    if language == "zh":
        return f"(?:{'|'.join(map(re.escape, part))})"
    return rf"(?<![a-z0-9])(?:{'|'.join(re.escape(one.rstrip('*')) + _ending(one) for one in part)})"


def _ending(word: str) -> str:
    """An English word ends where it is written to end, unless a star says that it may go on."""
    return "[a-z]*" if word.endswith("*") else _EDGE


def _guard_pattern(guard: GuardRule) -> re.Pattern[str]:
    if guard.side is Side.TOUCHING:
        between_zh = f"(?:{'|'.join(guard.fillers_zh)}){{0,3}}" if guard.fillers_zh else ""
        between_en = rf"(?:\s(?:{'|'.join(guard.fillers_en)})){{0,4}}\s?" if guard.fillers_en else r"\s?"
        return re.compile(f"(?:{_any_of(guard.zh, ())}){between_zh}$|(?:{_any_of((), guard.en)}){between_en}$")
    if guard.side is Side.NEAR:
        words = _any_of(guard.zh, guard.en)
        return re.compile(rf"(?:{words})[^,、。!?;\n]{{0,{_NEAR}}}$")
    if guard.side is Side.RIGHT_AFTER:
        return re.compile(rf"\s?(?:{_any_of(guard.zh, guard.en)})")
    return re.compile(_any_of(guard.zh, guard.en))


def _any_of(chinese: Iterable[str], english: Iterable[str]) -> str:
    """A pattern for any of these, the longest first; one that matches nothing when there are none."""
    parts = [re.escape(word) for word in sorted(chinese, key=len, reverse=True)]
    parts += [rf"(?<![a-z0-9]){re.escape(word)}{_EDGE}" for word in sorted(english, key=len, reverse=True)]
    return "|".join(parts) or r"(?!)"
