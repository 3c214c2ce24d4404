"""The form of `lexicon.toml`: what a rule and a guard may say, and every fault of a file told at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from bot.errors import SettingsFault
from bot.triage.words import fold

CATEGORIES = (
    "fire",
    "gas",
    "lift",
    "water",
    "power",
    "heating",
    "structure",
    "medical",
    "violence",
    "missing_person",
    "electric_bike",
    "environment",
    "property",
    "parking",
    "suggestion",
    "other",
)

KEY = 2  # characters that a phrase begins with at least: it is found by them
_NAME = re.compile(r"\{(\w+)\}")


class LexiconError(SettingsFault):
    """The lexicon cannot be used; `faults` lists everything that was found wrong."""


class Says(StrEnum):
    """What it means that a rule's words are found."""

    DANGER = "danger"
    DOUBT = "doubt"  # may be danger: urgent, and one question is asked
    URGENT = "urgent"  # urgent by its class, though nobody is in danger: a whole building without water
    SUGGESTION = "suggestion"
    TOPIC = "topic"  # only what it is about
    SAFE = "safe"  # words inside these words mean nothing


class Side(StrEnum):
    """Where a guard stands."""

    TOUCHING = "touching"  # right before the word, with nothing but fillers between
    NEAR = "near"  # a few words before it, with no comma between
    BEFORE = "before"  # before it in the same sentence
    RIGHT_AFTER = "right_after"
    AFTER = "after"  # after it in the same sentence
    SENTENCE = "sentence"  # anywhere in the same sentence


class Verdict(StrEnum):
    """What a guard makes of the danger that it guards."""

    CLEAR = "clear"
    DOUBT = "doubt"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that say the same thing; `always` holds whatever stands around them."""

    says: Says
    why: str
    category: str = "other"
    advice: str | None = None
    always: bool = False
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class GuardRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that weaken danger words beside them; of these categories only, when any are named."""

    why: str
    side: Side
    verdict: Verdict
    categories: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    fillers_zh: tuple[str, ...] = ()
    fillers_en: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file as it is written."""

    languages: tuple[str, ...]
    alike: str
    now_zh: tuple[str, ...]
    now_en: tuple[str, ...]
    lists: dict[str, str]
    guard: tuple[GuardRule, ...]
    rule: tuple[Rule, ...]


def source_of(toml: str) -> Source:
    """The rules written in this text, or one error with all their faults."""
    try:
        source = msgspec.convert(tomllib.loads(toml), Source)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LexiconError((str(error),)) from error
    if faults := tuple(_faults(source)):
        raise LexiconError(faults)
    return source


def alike_of(source: Source) -> dict[str, str]:
    """What each character is read as."""
    return {pair[0]: pair[1:] for pair in source.alike.split()}


def parts_of(written: str, lists: Mapping[str, str]) -> list[list[str]]:
    """The parts between gaps, each with its alternatives; a name in braces stands for its list."""
    full = _NAME.sub(lambda name: lists.get(name[1], ""), written)
    return [part.split("/") for part in full.split("…")]


def _faults(source: Source) -> Iterator[str]:
    yield from (f"alike: {pair!r} is not a character and what it is read as" for pair in source.alike.split() if len(pair) < 2)
    alike = alike_of(source)
    for number, rule in enumerate(source.rule, start=1):
        name = f"rule {number} ({rule.why})"
        if rule.category not in CATEGORIES:
            yield f"{name}: there is no category {rule.category!r}"
        if not rule.zh and not rule.en:
            yield f"{name}: has no words"
        for written in (*rule.zh, *rule.en):
            yield from (f"{name}: {fault}" for fault in _faults_of_words(written, source.lists, alike=alike))
    for guard in source.guard:
        yield from (f"guard ({guard.why}): {fault}" for fault in _faults_of_guard(guard, alike))
    for word in (*source.now_zh, *source.now_en):
        yield from (f"now: {fault}" for fault in _faults_of_form(word, alike))


def _faults_of_guard(guard: GuardRule, alike: Mapping[str, str]) -> Iterator[str]:
    if not guard.zh and not guard.en:
        yield "has no words"
    yield from (f"there is no category {category!r}" for category in guard.categories if category not in CATEGORIES)
    for word in (*guard.zh, *guard.en, *guard.fillers_zh, *guard.fillers_en):
        yield from _faults_of_form(word, alike)


def _faults_of_words(written: str, lists: Mapping[str, str], *, alike: Mapping[str, str]) -> Iterator[str]:
    yield from (f"there is no list {{{name}}}" for name in _NAME.findall(written) if name not in lists)
    parts = parts_of(written, lists)
    if any(len(head.rstrip("*")) < KEY for head in parts[0]) or not all(one for part in parts for one in part):
        yield f"{written!r} begins with less than {KEY} characters, or a part of it is empty"
    for one in (one.rstrip("*") for part in parts for one in part):
        if "*" in one:
            yield f"{one!r}: a star stands only at the end"
        yield from _faults_of_form(one, alike)


def _faults_of_form(word: str, alike: Mapping[str, str]) -> Iterator[str]:
    if fold(word, alike).text != word:
        yield f"{word!r} can never be found: texts are read as {fold(word, alike).text!r}"
