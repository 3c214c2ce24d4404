"""A text as the lexicon reads it (width, case, script and spacing made alike), and where each character stood in the original."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

KEPT = "🔥🆘⚠❗"  # signs that say something; all others are read as blanks


@dataclass(frozen=True, slots=True)
class Words:
    """The folded text; `places[i]` is where its i-th character stood in the text that was given."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text behind this stretch of the folded one."""
        return self.places[start], self.places[end - 1] + 1


def fold(text: str, alike: Mapping[str, str]) -> Words:
    """The text in one width, case and script, with no spaces between Chinese characters and single ones elsewhere.

    `alike` maps a character to what it is read as: traditional to simplified, a curly apostrophe to a straight one.
    """
    folded: list[str] = []
    places: list[int] = []
    gap = False
    for place, original in enumerate(text):
        plain = alike.get(original) or _plain(original)
        if plain == " ":
            gap = bool(folded)
            continue
        if len(plain) == 1 and not gap:
            folded.append(plain)
            places.append(place)
            continue
        for char in plain:
            if gap and not (_is_chinese(folded[-1]) and _is_chinese(char)):
                folded.append(" ")
                places.append(place - 1)
            gap = False
            folded.append(char)
            places.append(place)
    return Words("".join(folded), tuple(places))


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    """The character in its plain form; nothing for what cannot be seen, one space for any blank, a line's end as it is."""
    if char in "\r\n":
        return "\n"
    plain = unicodedata.normalize("NFKC", char).casefold()
    if plain.isspace() or (unicodedata.category(char) == "So" and char not in KEPT and plain == char):
        return " "
    return "".join(part for part in plain if unicodedata.category(part) not in ("Cc", "Cf"))


def _is_chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char >= "\U00020000"
