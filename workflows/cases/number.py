"""The number of a case: few digits that can be said over the telephone, the last of which checks the others."""

import re

FIRST = 1000
LONGEST = 9  # digits with the check digit; shorter than any telephone number, so that one is never taken for the other

# Damm's quasigroup of order 10 (H. M. Damm, 2004): it finds every wrong digit and every two neighbours that changed places.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# As people write and say digits: full width, Chinese, and the spoken 幺 and 两. Spaces and dashes between them say nothing.
_DIGITS = (
    str.maketrans("０１２３４５６７８９", "0123456789")
    | str.maketrans("零〇○一二三四五六七八九", "000123456789")
    | str.maketrans("幺么两兩", "1122")
)
_BETWEEN = re.compile(r"[\s\-－‐‑–—]+")
_NUMBER = re.compile(rf"[1-9][0-9]{{{len(str(FIRST))},{LONGEST - 1}}}")


def number_of(sequence: int) -> str:
    """The number that people see for the case with this sequence: its digits and a check digit."""
    digits = str(sequence)
    if sequence < FIRST or len(digits) >= LONGEST:
        raise ValueError(f"{sequence} is no sequence of a case; the first is {FIRST}")
    return f"{digits}{_check(digits)}"


def sequence_of(text: str) -> int | None:
    """The sequence behind a number as a person wrote or said it, or None when it is none or was misheard."""
    digits = _BETWEEN.sub("", text).translate(_DIGITS)
    if _NUMBER.fullmatch(digits) is None or _check(digits) != 0:
        return None
    return int(digits[:-1])


def say_number(number: str) -> str:
    """The number with a pause after each digit, so that a voice does not read it as thousands."""
    return " ".join(number)


def _check(digits: str) -> int:
    """Damm's digit for these; over a number that ends with its own check digit it is 0."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
