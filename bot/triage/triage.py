"""Class and category of a resident's words, with the reasons in their own text: pure, and never an exception.

Unsure about danger is urgent, and asks: an emergency missed costs more than a question too many.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.triage import model
from bot.triage.categories import CATEGORIES, SAME_DAY
from bot.triage.features import features
from bot.triage.hearing import CRIES, Heard, hear
from bot.triage.lexicon import Lexicon, load
from bot.triage.model import Opinion, judge, telling
from bot.triage.rules import Kind, Says

# Where the second reader's opinion changes something: how probable it must be.
HARMLESS = 0.1  # urgent: below it, what a rule only doubts is asked about, and is not urgent
UNSURE = 0.35  # urgent: from here on it is asked about
LIKELY = 0.5  # urgent: from here on it is urgent though no rule says so,
SURE = 0.93  # and from here on in English, or in very few words or very many
NEAR, FAR = 6, 45  # characters: in a shorter text there is little to go by, and a longer one is unlike what it was taught on
HEARD_TOO = 0.1  # suggestion, where a rule hears a wish
HEARD_ALONE = 0.6  # suggestion, where none does
LONGEST_ENGLISH = 90  # characters
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_SOUNDS = "sounds like what was urgent before"


class Label(StrEnum):
    """The three classes, each with its own promise."""

    URGENT = "urgent"
    GENERAL = "general"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class Reason:
    """Words of the text as they were written, where they stand in it, and why they count or do not."""

    word: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Triage:
    """`advice` names the safety advice to give, if any; `ask` says that one question about danger should be put."""

    label: Label
    confidence: float
    category: str
    reasons: tuple[Reason, ...]
    advice: str | None = None
    ask: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A text after both readers: what the lexicon heard, and in a chat what the second reader thinks and why."""

    text: str
    heard: Heard
    names: frozenset[str] = frozenset()
    opinion: Opinion | None = None


@lru_cache(maxsize=64)  # the same words are looked at by the router, and a moment later by their talk
def triage(text: str, language: str | None = None, context: Kind | None = None) -> Triage:
    """The class, category and reasons of this text; a text that says nothing we know is general, with low confidence.

    `language`, where it is known, only lowers the confidence: a language without rules here needs a person's eyes.
    `context` says what kind of text it is where that is known: what was spoken is no letter, however long.
    """
    lexicon = load()
    known = language is None or re.split("[-_]", language.casefold())[0] in lexicon.languages
    read = _read(lexicon, text, context)
    return _urgent(read) or _other(read, known=known)


def is_danger(text: str) -> bool:
    """Whether these words may mean that somebody is in danger now; cheap enough to be asked of every inbound."""
    return triage(text).advice is not None


def _read(lexicon: Lexicon, text: str, context: Kind | None) -> _Read:
    heard = hear(lexicon, text, context)
    if heard.kind is not Kind.CHAT or not _is_spoken(heard.words.text):
        return _Read(text, heard)
    names = features(lexicon, heard)
    return _Read(text, heard, names, judge(model.load(), names))


def _is_spoken(text: str) -> bool:
    """Whether there are words that the second reader can judge: it was not taught on long English."""
    return (text.isascii() and len(text) <= LONGEST_ENGLISH and any(map(str.isalpha, text))) or _CHINESE.search(text) is not None


def _urgent(read: _Read) -> Triage | None:
    """Urgent by the strongest thing that was said, else by what the second reader hears in it; None when neither."""
    heard, opinion = read.heard, read.opinion
    if heard.kind is Kind.POST and not _wants_rescue(heard):
        return None
    for says in (Says.DANGER, Says.DOUBT, Says.URGENT):
        found = heard.saying(says)
        if not found:
            continue
        if opinion and opinion.urgent < HARMLESS and all(finding.rule.says is Says.DOUBT for finding in found):
            return None
        first = min(found, key=lambda finding: (finding.hit.rule, finding.hit.start))
        return Triage(
            Label.URGENT,
            confidence={Says.DANGER: 0.9, Says.DOUBT: 0.55}.get(says, 0.75),
            category=first.rule.category,
            reasons=_reasons(read),
            advice=(first.rule.advice or first.rule.category) if says in CRIES else None,
            ask=says is Says.DOUBT,
        )
    return _felt(read, opinion) if opinion else None


def _felt(read: _Read, opinion: Opinion) -> Triage | None:
    """Urgent though no rule says so, nor denies it: it sounds like what was urgent before. Always asked.

    There is no advice: no word in it is known for danger, so it interrupts no talk, and what was asked is answered.
    """
    text = read.heard.words.text
    weakened = read.heard.is_hushed or any(finding.guarded for finding in read.heard.findings)
    if weakened or opinion.urgent < (SURE if text.isascii() or not NEAR <= len(text) <= FAR else LIKELY):
        return None
    category = _category(read.heard) or "other"
    return Triage(
        Label.URGENT,
        confidence=round(min(opinion.urgent, 0.8), 2),
        category=category,
        reasons=(*_reasons(read), *_pieces(read)),
        ask=True,
    )


def _wants_rescue(heard: Heard) -> bool:
    """A call is one when it tells more than twice as many kinds of need as of offer, news or question."""
    needs, others = (
        {finding.hit.rule for finding in heard.saying(says) if Kind.POST in finding.rule.where} for says in (Says.DANGER, Says.PLAIN)
    )
    return not others or len(needs) > 2 * len(others)


def _other(read: _Read, *, known: bool) -> Triage:
    """General or a suggestion; asked all the same when danger words stood in it, or the second reader is not sure."""
    heard, opinion = read.heard, read.opinion
    category = _category(heard)
    suggested = _is_suggested(heard, opinion)
    doubted = bool(heard.saying(Says.HINT)) or (opinion is not None and (opinion.urgent >= UNSURE or bool(heard.saying(*CRIES))))
    return Triage(
        Label.SUGGESTION if suggested else Label.GENERAL,
        confidence=_confidence(heard) if known else 0.1,
        category=category or ("suggestion" if suggested else "other"),
        reasons=_reasons(read),
        ask=doubted,
    )


def _is_suggested(heard: Heard, opinion: Opinion | None) -> bool:
    """A wish for something new; in a letter, when it opens with it rather than with a complaint or a question."""
    wishes = [finding.hit.start for finding in heard.saying(Says.SUGGESTION)]
    plain = [finding.hit.start for finding in heard.saying(Says.PLAIN)]
    if opinion:
        return opinion.suggestion >= (SURE if plain else HEARD_TOO if wishes else HEARD_ALONE)
    return bool(wishes) and (not plain or min(wishes) < min(plain))


def _category(heard: Heard) -> str | None:
    """What must go out today if that was told, else what most words speak of.

    Of two alike it is the earlier rule's, and rather a topic than a danger that is none.
    """
    times: Counter[str] = Counter()
    for finding in sorted(heard.findings, key=lambda finding: (finding.guarded is not None, finding.hit.rule)):
        if finding.says not in (Says.SUGGESTION, Says.PLAIN):
            times[finding.rule.category] += 1
    times.pop("other", None)
    pressing = [code for code in times if CATEGORIES[code].hours == SAME_DAY]
    if pressing:
        return pressing[0]
    return times.most_common(1)[0][0] if times else None


def _confidence(heard: Heard) -> float:
    if not any(char.isalpha() for char in heard.words.text):
        return 0.1
    if not heard.findings:
        return 0.3
    return 0.6 if any(finding.guarded for finding in heard.findings) else 0.7


def _reasons(read: _Read) -> tuple[Reason, ...]:
    reasons = []
    for finding in read.heard.findings:
        start, end = read.heard.words.span(finding.hit.start, finding.hit.end)
        why = f"{finding.rule.why} ({finding.guarded})" if finding.guarded else finding.rule.why
        reasons.append(Reason(read.text[start:end], start, end, why))
    return tuple(reasons)


def _pieces(read: _Read) -> Iterator[Reason]:
    """The stretches of the text that spoke most for urgent."""
    words = read.heard.words
    for piece in telling(model.load(), read.names):
        place = words.text.find(piece)
        if place >= 0:
            start, end = words.span(place, place + len(piece))
            yield Reason(read.text[start:end], start, end, _SOUNDS)
