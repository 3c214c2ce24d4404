"""What the second reader looks at: pieces of the words, what the lexicon found, and marks such as a child, some days, a denial."""

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.triage.hearing import Heard
from bot.triage.lexicon import Lexicon

_ENGLISH = re.compile(r"[a-z0-9']+")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff0-9]+")
_LONGEST = 3  # characters in a piece
_MOST = 300  # characters that are looked at


def features(lexicon: Lexicon, heard: Heard) -> frozenset[str]:
    """The names of everything in this text that may weigh for or against a class."""
    text = heard.words.text[:_MOST]
    return frozenset((*_pieces(text), *_found(heard), *_marked(lexicon, heard, text)))


def _pieces(text: str) -> Iterator[str]:
    for run in _CHINESE.finditer(text):
        words = f"<{run[0]}>"
        for size in range(1, _LONGEST + 1):
            for start in range(len(words) - size + 1):
                yield words[start : start + size]
    english = _ENGLISH.findall(text)
    yield from (f"en {word}" for word in english)
    yield from (f"en {first} {second}" for first, second in pairwise(english))


def _found(heard: Heard) -> Iterator[str]:
    if heard.is_hushed:
        yield "rule safe"
    for finding in heard.findings:
        said = f"{finding.rule.says} {'weakened' if finding.guarded else 'as it is'}"
        yield f"rule {said}"
        yield f"rule {finding.rule.category} {said}"


def _marked(lexicon: Lexicon, heard: Heard, text: str) -> Iterator[str]:
    found = [name for name, mark in lexicon.marks.items() if mark.search(text)]
    found += dict.fromkeys(f"guard {guard.why}, {guard.side}" for guard in heard.guards if not guard.where)
    yield from found
    for place, first in enumerate(found):
        for second in found[place + 1 :]:
            yield f"{first} + {second}"
