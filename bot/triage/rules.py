"""The form of the lexicon's files: what a rule and a guard may say, and every fault of a file told at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from bot.errors import SettingsFault
from bot.triage.categories import CATEGORIES
from bot.triage.words import fold

KEY = 2  # characters by which a phrase is found; one that begins with a single one is slower
FIGURES = "0123456789一二两三四五六七八九十几半多百"  # what a # stands for
_NAME = re.compile(r"\{(\w+)\}")


class LexiconError(SettingsFault):
    """The lexicon cannot be used; `faults` lists everything that was found wrong."""


class Says(StrEnum):
    """What it means that a rule's words are found."""

    DANGER = "danger"
    DOUBT = "doubt"  # may be danger: urgent, and one question is asked
    URGENT = "urgent"  # urgent by its class, though nobody is in danger: a whole building without water
    HINT = "hint"  # too little to be urgent: only the question is asked
    SUGGESTION = "suggestion"
    PLAIN = "plain"  # tells, asks or offers something: weighs against a wish, and in a call for rescue against the rescue
    TOPIC = "topic"  # only what it is about
    SAFE = "safe"  # words inside these words mean nothing


class Kind(StrEnum):
    """What kind of text it is: the same words mean less in a citizen's letter than in a shout."""

    CHAT = "chat"  # short, as people talk
    LETTER = "letter"  # long and formal: mostly about what has gone on for long
    POST = "post"  # passed around in a flood or an earthquake: who needs rescue, who offers it


class Side(StrEnum):
    """Where a guard stands."""

    TOUCHING = "touching"  # right before the word, with nothing but fillers between
    NEAR = "near"  # a few words before it, with no comma between
    BEFORE = "before"  # before it in the same sentence
    RIGHT_AFTER = "right_after"
    AFTER = "after"  # after it in the same sentence
    SENTENCE = "sentence"  # anywhere in the same sentence
    TEXT = "text"  # anywhere


class Verdict(StrEnum):
    """What a guard makes of the danger that it guards."""

    CLEAR = "clear"
    DOUBT = "doubt"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that say the same thing; `always` holds whatever stands around them.

    `where` names the kinds of text it is for, all when none is named; `opening` counts it in a text's first words only.
    """

    says: Says
    why: str
    category: str = "other"
    advice: str | None = None
    always: bool = False
    opening: bool = False
    where: tuple[Kind, ...] = ()
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class GuardRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words that weaken danger words beside them; of these categories only, when any are named."""

    why: str
    side: Side
    verdict: Verdict
    categories: tuple[str, ...] = ()
    where: tuple[Kind, ...] = ()
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
    letter_now_zh: tuple[str, ...] = ()
    letter_now_en: tuple[str, ...] = ()
    post_zh: tuple[str, ...] = ()
    post_en: tuple[str, ...] = ()
    letter_zh: tuple[str, ...] = ()
    letter_en: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Written:
    """An entry taken apart: parts that follow each other with gaps, and parts (`others`) that stand anywhere in the same sentence."""

    parts: list[list[str]]
    others: list[list[str]]


def parts_of(written: str, lists: Mapping[str, str], *, alike: Mapping[str, str]) -> Written:
    """The parts of an entry, each with its alternatives as texts are read; a name in braces stands for each word of its list."""
    first, *others = written.split("&")
    return Written(
        [_alternatives(part, lists, alike=alike) for part in first.split("…")],
        [_alternatives(other, lists, alike=alike) for other in others],
    )


def _alternatives(part: str, lists: Mapping[str, str], *, alike: Mapping[str, str]) -> list[str]:
    found: dict[str, None] = {}
    for one in part.split("/"):
        name = _NAME.search(one)
        for word in lists.get(name[1], "").split("/") if name else ("",):
            whole = one.replace(name[0], word) if name else one
            found[fold(whole, alike).text] = None
    return list(found)


def heads_of(taken: Written) -> list[str]:
    """How the entry may begin; a number there is each figure it may be."""
    return [head.replace("#", figure, 1) for head in taken.parts[0] for figure in (FIGURES if "#" in head else "#")]


def forms_of(words: Iterable[str], alike: Mapping[str, str]) -> list[str]:
    """These words as texts are read."""
    return [fold(word, alike).text for word in words]


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
        if not guard.zh and not guard.en:
            yield f"guard ({guard.why}): has no words"
        yield from (
            f"guard ({guard.why}): there is no category {category!r}" for category in guard.categories if category not in CATEGORIES
        )


def _faults_of_words(written: str, lists: Mapping[str, str], *, alike: Mapping[str, str]) -> Iterator[str]:
    yield from (f"there is no list {{{name}}}" for name in _NAME.findall(written) if name not in lists)
    taken = parts_of(written, lists, alike=alike)
    parts = [*taken.parts, *taken.others]
    if not all(one.rstrip("*") for part in parts for one in part):
        yield f"{written!r} has an empty part"
    if len(parts) == 1 and any(len(head.rstrip("*")) < KEY for head in parts[0]):
        yield f"{written!r} is only one character"
    yield from (f"{one!r}: a star stands only at the end" for part in parts for one in part if "*" in one[:-1])
