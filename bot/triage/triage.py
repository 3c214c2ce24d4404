"""Class and category of a resident's words, with the reasons in their own text: pure, and never an exception.

Unsure about danger is urgent, and asks: an emergency missed costs more than a question too many.
"""

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.triage.lexicon import STOP, Guard, Hit, Lexicon, load, read
from bot.triage.rules import Rule, Says, Side, Verdict
from bot.triage.words import Words

_REACH = 40  # characters; how far a guard reaches inside its sentence
_STOP = re.compile(STOP)
_CRIES = (Says.DANGER, Says.DOUBT)


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
class _Finding:
    """A hit, what it says here, and why that is less than what its rule says, if it is."""

    hit: Hit
    rule: Rule
    says: Says
    guarded: str | None = None


@lru_cache(maxsize=64)  # the same words are looked at by the router, and a moment later by their talk
def triage(text: str, language: str | None = None) -> Triage:
    """The class, category and reasons of this text; a text that says nothing we know is general, with low confidence.

    `language`, where it is known, only lowers the confidence: a language without rules here needs a person's eyes.
    """
    lexicon = load()
    words, findings = _findings(lexicon, text)
    known = language is None or re.split("[-_]", language.casefold())[0] in lexicon.languages
    for says in (Says.DANGER, Says.DOUBT, Says.URGENT):
        found = [finding for finding in findings if finding.says is says]
        if found:
            first = min(found, key=lambda finding: (finding.hit.rule, finding.hit.start))
            return Triage(
                Label.URGENT,
                confidence={Says.DANGER: 0.9, Says.DOUBT: 0.55}.get(says, 0.75),
                category=first.rule.category,
                reasons=_reasons(text, words, findings),
                advice=(first.rule.advice or first.rule.category) if says in _CRIES else None,
                ask=says is Says.DOUBT,
            )
    category = _category(findings)
    suggested = any(finding.says is Says.SUGGESTION for finding in findings)
    return Triage(
        Label.SUGGESTION if suggested else Label.GENERAL,
        confidence=_confidence(findings, text=words.text) if known else 0.1,
        category=category or ("suggestion" if suggested else "other"),
        reasons=_reasons(text, words, findings),
    )


def is_danger(text: str) -> bool:
    """Whether these words may mean that somebody is in danger now; cheap enough to be asked of every inbound."""
    lexicon = load()
    words, hits = read(lexicon, text)
    return any(_judged(lexicon, words, hit).says in _CRIES for hit in hits if lexicon.rules[hit.rule].says in _CRIES)


def _findings(lexicon: Lexicon, text: str) -> tuple[Words, list[_Finding]]:
    words, hits = read(lexicon, text)
    return words, [_judged(lexicon, words, hit) for hit in hits]


def _judged(lexicon: Lexicon, words: Words, hit: Hit) -> _Finding:
    """What the rule says here, once the words around it were heard: denied danger is only a topic."""
    rule = lexicon.rules[hit.rule]
    if rule.says not in (*_CRIES, Says.URGENT) or rule.always:
        return _Finding(hit, rule, rule.says)
    verdict, why = _guarded(lexicon, words.text, hit)
    if verdict is Verdict.CLEAR:
        return _Finding(hit, rule, Says.TOPIC, why)
    if verdict is Verdict.DOUBT and rule.says is Says.DANGER:
        return _Finding(hit, rule, Says.DOUBT, why)
    return _Finding(hit, rule, rule.says)


def _guarded(lexicon: Lexicon, text: str, hit: Hit) -> tuple[Verdict | None, str]:
    """The verdict of the first guard that holds, in the order of the file."""
    before = _before(text, hit.last)
    after = _after(text, hit.end)
    # "电梯里没有人被困": the denial stands between the parts, so a guard may touch the last part as well as the first.
    places = (before,) if hit.last == hit.start else (before, _before(text, hit.start))
    category = lexicon.rules[hit.rule].category
    for guard in lexicon.guards:
        if category not in guard.categories:
            continue
        between = next((found for place in places if (found := _between(guard, place, after=after)) is not None), None)
        if between is None or lexicon.now.search(between):
            continue
        # "上个月着火那家，现在…": whatever is said of now may be the danger, so it is asked.
        still = guard.verdict is Verdict.CLEAR and guard.side is Side.BEFORE and lexicon.now.search(after)
        return (Verdict.DOUBT if still else guard.verdict), guard.why
    return None, ""


def _before(text: str, place: int) -> str:
    """The words of the same sentence before this place, as far as a guard reaches."""
    words = text[max(0, place - _REACH) : place]
    return words[max((stop.end() for stop in _STOP.finditer(words)), default=0) :]


def _after(text: str, place: int) -> str:
    words = text[place : place + _REACH]
    stop = _STOP.search(words)
    return words[: stop.start()] if stop else words


def _between(guard: Guard, before: str, *, after: str) -> str | None:
    """The words between guard and hit, or None when the guard does not stand there."""
    if guard.side is Side.RIGHT_AFTER:
        return "" if guard.pattern.match(after) else None
    if guard.side in (Side.AFTER, Side.SENTENCE) and (found := guard.pattern.search(after)):
        return after[: found.start()]
    if guard.side is Side.AFTER or not before:
        return None
    ends = [found.end() for found in guard.pattern.finditer(before)]
    return before[ends[-1] :] if ends else None


def _category(findings: list[_Finding]) -> str | None:
    """The category that most words speak of, of two alike the earlier rule's and rather a topic than a danger that is none."""
    times: Counter[str] = Counter()
    for finding in sorted(findings, key=lambda finding: (finding.guarded is not None, finding.hit.rule)):
        if finding.says is not Says.SUGGESTION:
            times[finding.rule.category] += 1
    times.pop("other", None)
    return times.most_common(1)[0][0] if times else None


def _confidence(findings: list[_Finding], *, text: str) -> float:
    if not any(char.isalpha() for char in text):
        return 0.1
    if not findings:
        return 0.3
    return 0.6 if any(finding.guarded for finding in findings) else 0.7


def _reasons(text: str, words: Words, findings: list[_Finding]) -> tuple[Reason, ...]:
    reasons = []
    for finding in findings:
        start, end = words.span(finding.hit.start, finding.hit.end)
        why = f"{finding.rule.why} ({finding.guarded})" if finding.guarded else finding.rule.why
        reasons.append(Reason(text[start:end], start, end, why))
    return tuple(reasons)
