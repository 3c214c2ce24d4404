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
    guards: tuple[Guard, ...]  # those whose words stand somewhere in the text
    is_hushed: bool = False  # danger words stood inside safe words

    def saying(self, *says: Says) -> list[Finding]:
        """The findings that say one of these."""
        return [finding for finding in self.findings if finding.says in says]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a hit is judged: the folded text, its kind, and the guards that may stand around."""

    lexicon: Lexicon
    text: str
    kind: Kind
    guards: tuple[Guard, ...]


def hear(lexicon: Lexicon, text: str, kind: Kind | None = None) -> Heard:
    """Everything that the lexicon finds in this text, each with what it says here."""
    words, hits, is_hushed = read(lexicon, text)
    kind = kind or kind_of(lexicon, words.text)
    guards = tuple(guard for guard in lexicon.guards if (not guard.where or kind in guard.where) and guard.mark.search(words.text))
    findings = []
    for hit in hits:
        rule = lexicon.rules[hit.rule]
        if (rule.where and kind not in rule.where) or (rule.opening and hit.start > OPENING):
            continue
        findings.append(_judged(_Place(lexicon, words.text, kind, guards), hit))
    return Heard(words, kind, tuple(findings), guards, is_hushed)


def kind_of(lexicon: Lexicon, text: str) -> Kind:
    """What kind of text this is: by its length, and by words that mostly calls for rescue or mostly letters have."""
    weight = sum(3 if char > "\u2e80" else 1 for char in text[: 3 * LONG])
    if weight < LONG:
        return Kind.CHAT
    calls, formal = set(lexicon.post.findall(text)), set(lexicon.letter.findall(text))
    if calls and len(calls) > len(formal):
        return Kind.POST
    return Kind.LETTER if weight >= 3 * LONG else Kind.CHAT


def _judged(place: _Place, hit: Hit) -> Finding:
    """What the rule says here, once the words around it were heard: denied danger is only a topic."""
    rule = place.lexicon.rules[hit.rule]
    is_letter = place.kind is Kind.LETTER
    if rule.says not in _MAY_BE_GUARDED or Kind.POST in rule.where or (rule.always and not is_letter):
        return Finding(hit, rule, rule.says)
    verdict, why = _guarded(place, hit, rule)
    if verdict is Verdict.CLEAR:
        return Finding(hit, rule, Says.TOPIC, why)
    if is_letter and not rule.where and place.text[hit.start] > "\u2e80" and not _is_now(place, hit):
        return Finding(hit, rule, Says.TOPIC, _IN_A_LETTER)
    if verdict is Verdict.DOUBT and rule.says is Says.DANGER:
        return Finding(hit, rule, Says.DOUBT, why)
    return Finding(hit, rule, rule.says)


def _is_now(place: _Place, hit: Hit) -> bool:
    """Whether a letter tells this as of now, or ends with it."""
    if len(place.text) - hit.end <= _LAST:
        return True
    now = place.lexicon.letter_now
    return bool(now.search(_before(place.text, hit.start)) or now.search(_after(place.text, hit.end)))


def _guarded(place: _Place, hit: Hit, rule: Rule) -> tuple[Verdict | None, str]:
    """The verdict of the first guard that holds, in the order of the file."""
    if not place.guards:
        return None, ""
    before = _before(place.text, hit.last)
    after = _after(place.text, hit.end)
    # "电梯里没有人被困": the denial stands between the parts, so a guard may touch the last part as well as the first.
    sides = (before,) if hit.last == hit.start else (before, _before(place.text, hit.start))
    for guard in place.guards:
        if rule.category not in guard.categories:
            continue
        if guard.side is Side.TEXT:
            return guard.verdict, guard.why
        if rule.always:
            continue
        between = next((found for side in sides if (found := _between(guard, side, after=after)) is not None), None)
        if between is None or place.lexicon.now.search(between):
            continue
        # "上个月着火那家，现在…": whatever is said of now may be the danger, so it is asked.
        is_told = place.kind is Kind.CHAT and guard.verdict is Verdict.CLEAR and guard.side is Side.BEFORE
        return (Verdict.DOUBT if is_told and place.lexicon.now.search(after) else guard.verdict), guard.why
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
