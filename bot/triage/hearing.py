"""What a rule's words say where they stand: denied, past, supposed, told in a letter, or meant."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.triage.lexicon import STOP, Guard, Hit, Lexicon, read
from bot.triage.rules import Kind, Rule, Says, Side, Verdict
from bot.triage.words import Words

LONG = 60  # characters that need not be more for a letter; English words take three times as many
OPENING = 50  # characters; what a letter wants is mostly said in its first words
_REACH = 40  # characters; how far a guard reaches inside its sentence
_LAST = 3  # characters
_STOP = re.compile(STOP)
CRIES = (Says.DANGER, Says.DOUBT)
_MAY_BE_GUARDED = (*CRIES, Says.URGENT, Says.HINT)
_IN_A_LETTER = "told in a letter, and nothing says that it is now"


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit, what it says here, and why that is less than what its rule says, if it is."""

    hit: Hit
    rule: Rule
    says: Says
    guarded: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The text as it was read, what kind it is, and all that was found in it."""

    words: Words
    kind: Kind
    findings: tuple[Finding, ...]
    is_hushed: bool = False  # danger words stood inside safe words

    def saying(self, *says: Says) -> list[Finding]:
        """The findings that say one of these."""
        return [finding for finding in self.findings if finding.says in says]


def hear(lexicon: Lexicon, text: str, kind: Kind | None = None) -> Heard:
    """Everything that the lexicon finds in this text, each with what it says here."""
    words, hits, is_hushed = read(lexicon, text)
    kind = kind or kind_of(lexicon, words.text)
    findings = []
    for hit in hits:
        rule = lexicon.rules[hit.rule]
        if (rule.where and kind not in rule.where) or (rule.opening and hit.start > OPENING):
            continue
        findings.append(_judged(lexicon, words, hit, kind=kind))
    return Heard(words, kind, tuple(findings), is_hushed)


def kind_of(lexicon: Lexicon, text: str) -> Kind:
    """What kind of text this is: by its length, and by words that mostly calls for rescue or mostly letters have."""
    weight = sum(3 if char > "\u2e80" else 1 for char in text[: 3 * LONG])
    if weight < LONG:
        return Kind.CHAT
    calls, formal = set(lexicon.post.findall(text)), set(lexicon.letter.findall(text))
    if calls and len(calls) > len(formal):
        return Kind.POST
    return Kind.LETTER if weight >= 3 * LONG else Kind.CHAT


def _judged(lexicon: Lexicon, words: Words, hit: Hit, *, kind: Kind) -> Finding:
    """What the rule says here, once the words around it were heard: denied danger is only a topic."""
    rule = lexicon.rules[hit.rule]
    if rule.says not in _MAY_BE_GUARDED or Kind.POST in rule.where or (rule.always and kind is not Kind.LETTER):
        return Finding(hit, rule, rule.says)
    verdict, why = _guarded(lexicon, words.text, hit, kind=kind)
    if verdict is Verdict.CLEAR:
        return Finding(hit, rule, Says.TOPIC, why)
    if kind is Kind.LETTER and not rule.where and words.text[hit.start] > "\u2e80" and not _is_now(lexicon, words.text, hit):
        return Finding(hit, rule, Says.TOPIC, _IN_A_LETTER)
    if verdict is Verdict.DOUBT and rule.says is Says.DANGER:
        return Finding(hit, rule, Says.DOUBT, why)
    return Finding(hit, rule, rule.says)


def _is_now(lexicon: Lexicon, text: str, hit: Hit) -> bool:
    """Whether a letter tells this as of now, or ends with it."""
    if len(text) - hit.end <= _LAST:
        return True
    return bool(lexicon.letter_now.search(_before(text, hit.start)) or lexicon.letter_now.search(_after(text, hit.end)))


def _guarded(lexicon: Lexicon, text: str, hit: Hit, *, kind: Kind) -> tuple[Verdict | None, str]:
    """The verdict of the first guard that holds, in the order of the file."""
    before = _before(text, hit.last)
    after = _after(text, hit.end)
    # "电梯里没有人被困": the denial stands between the parts, so a guard may touch the last part as well as the first.
    places = (before,) if hit.last == hit.start else (before, _before(text, hit.start))
    rule = lexicon.rules[hit.rule]
    for guard in lexicon.guards:
        if rule.category not in guard.categories or (guard.where and kind not in guard.where):
            continue
        if guard.side is Side.TEXT:
            if guard.pattern.search(text):
                return guard.verdict, guard.why
            continue
        if rule.always:
            continue
        between = next((found for place in places if (found := _between(guard, place, after=after)) is not None), None)
        if between is None or lexicon.now.search(between):
            continue
        # "上个月着火那家，现在…": whatever is said of now may be the danger, so it is asked.
        still = kind is Kind.CHAT and guard.verdict is Verdict.CLEAR and guard.side is Side.BEFORE and lexicon.now.search(after)
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


@lru_cache(maxsize=4096)
def _last_end(pattern: re.Pattern[str], before: str) -> int | None:
    ends = [found.end() for found in pattern.finditer(before)]
    return ends[-1] if ends else None


def _between(guard: Guard, before: str, *, after: str) -> str | None:
    """The words between guard and hit, or None when the guard does not stand there."""
    if guard.side is Side.RIGHT_AFTER:
        return "" if guard.pattern.match(after) else None
    if guard.side in (Side.AFTER, Side.SENTENCE) and (found := guard.pattern.search(after)):
        return after[: found.start()]
    if guard.side is Side.AFTER or not before:
        return None
    end = _last_end(guard.pattern, before)
    return before[end:] if end is not None else None
