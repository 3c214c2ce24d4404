"""Telephone numbers as people in China write them, and as carriers take them (E.164)."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s\-‐‑–—_.·()（）]+")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0(10|2\d|[3-9]\d{2})([2-8]\d{6,7})", re.ASCII)
_ABROAD = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_MOBILE_OF_CHINA = re.compile(r"\+861[3-9]\d{9}", re.ASCII)
_CHINA = "+86"


def number_of(text: str) -> str | None:
    """The number in E.164 (138 0000 0000 and 0086-138… are +86138…, 0935-8210000 is +869358210000); None for what cannot be one."""
    bare = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if bare.startswith(_CHINA):
        return _at_home(bare.removeprefix(_CHINA))
    if bare.startswith("+"):
        return bare if _ABROAD.fullmatch(bare[1:]) else None
    return _at_home(bare) or (_at_home(bare[2:]) if bare.startswith("86") and len(bare) == 13 else None)


def takes_texts(number: str) -> bool:
    """Whether texts arrive at this number: not at a landline of China."""
    return not number.startswith(_CHINA) or _MOBILE_OF_CHINA.fullmatch(number) is not None


def _at_home(bare: str) -> str | None:
    if _MOBILE.fullmatch(bare):
        return f"{_CHINA}{bare}"
    landline = _LANDLINE.fullmatch(bare if bare.startswith("0") else f"0{bare}")
    return f"{_CHINA}{landline[1]}{landline[2]}" if landline and (bare.startswith("0") or len(bare) > 9) else None
