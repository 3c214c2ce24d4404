"""What a text costs by SMS, and where a long one is cut (3GPP TS 23.038; twilio.com/docs/glossary/what-sms-character-limit)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a character, which stay together
_GSM7 = _BASIC | _EXTENDED
_STOPS = re.compile(r"(?:[。！？!?\n]|\.(?=\s))[”’」』）)]*")


class Encoding(StrEnum):
    """How a text travels; one character outside GSM-7 makes all of it UCS-2."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}  # each part of several carries a header


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: its units in its encoding, and the parts that are billed and sent one after the other."""

    encoding: Encoding
    units: int
    parts: int


def segments(text: str) -> Segments:
    """Count a text as a carrier does."""
    if _GSM7.issuperset(text):
        return _counted(Encoding.GSM7, [2 if character in _EXTENDED else 1 for character in text])
    return _counted(Encoding.UCS2, [_width(character) for character in text])


def split(text: str, limit: int) -> tuple[str, ...]:
    """Cut a text into pieces of at most `limit` UTF-16 units: after the last sentence that ends in time, else after any character.

    Put together, the pieces are the text again.
    """
    if limit < 2:
        raise ValueError("An emoji alone takes two units.")
    if 2 * len(text) <= limit:
        return (text,)  # nearly always: no character takes more than two units
    pieces: list[str] = []
    while (room := _fitting(text, limit)) < len(text):
        ends = [stop.end() for stop in _STOPS.finditer(text, 0, room)]
        cut = ends[-1] if ends else room
        pieces.append(text[:cut])
        text = text[cut:]
    return (*pieces, text)


def _counted(encoding: Encoding, widths: list[int]) -> Segments:
    units = sum(widths)
    if units <= _ALONE[encoding]:
        return Segments(encoding, units, 1)
    return Segments(encoding, units, _parts(widths, _JOINED[encoding]))


def _parts(widths: Iterable[int], room: int) -> int:
    parts, left = 1, room
    for width in widths:
        if width > left:  # a pair does not fit into the last place: it opens the next part
            parts, left = parts + 1, room
        left -= width
    return parts


def _fitting(text: str, limit: int) -> int:
    """How many characters of the beginning fit."""
    for place, character in enumerate(text):
        limit -= _width(character)
        if limit < 0:
            return place
    return len(text)


def _width(character: str) -> int:
    return 2 if character > "\uffff" else 1
