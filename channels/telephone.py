"""What calls have in common, whoever rang whom: how words are drawn for the ear, and which telephone is at the other end."""

from __future__ import annotations

import re

from channels.twilio import Form

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# A number that is hidden is one of these words on a telephone's keys: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE.
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
# Read out as a number, 119 would be "one hundred and nineteen"; people say it figure by figure.
_FIGURES = re.compile(r"(?<![\d:])(?:11[029]|12[02]|12345|12356|12379)(?![\d:])")


def draw(says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
    """Each sentence on a line of its own, to be said one after the other; the choices say their keys themselves."""
    words = "\n".join(filter(None, (*says, asked, *(words for _key, words in choices))))
    return _FIGURES.sub(lambda number: " ".join(number[0]), words)


def far_end(form: Form) -> str | None:
    """The number of the telephone that talks with us, whether it rang us or was rung; None when it is hidden."""
    end = "To" if form.get("Direction", "").startswith("outbound") else "From"
    number = re.sub(r"[\s()-]", "", form.get(end, ""))
    return number if _NUMBER.fullmatch(number) and number not in _WITHHELD else None
