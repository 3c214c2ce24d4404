"""How an inbound is read as the answer to a question, by what was shown. Pure."""

from __future__ import annotations

import re
import unicodedata

from bot.envelope import Inbound
from bot.prompt import Answer, Expect, Prompt


def says_something(inbound: Inbound) -> bool:
    """Whether there are words, a picture or a place in it, and not only a sign."""
    letters = [character for character in inbound.text if unicodedata.category(character).startswith("L")]
    return len(letters) >= 2 or bool(inbound.media) or inbound.pin is not None


def is_unheard(inbound: Inbound) -> bool:
    """Whether there is only a recording to go by: it may be about anything, danger included."""
    return not inbound.text and any(media.content_type.startswith("audio/") for media in inbound.media)


def _has_number(text: str) -> bool:
    """Whether there are figures enough for a place (3-501), which no digit pressed by mistake has."""
    return sum(character.isdigit() for character in text) >= 3


def _several(prompt: Prompt, text: str) -> str:
    """The choices whose keys stand there in a row: `13`, `1 3`, `1、3`; empty where anything else is said."""
    keys = re.sub(r"[\s,.、;和]+", "", text)
    by_key = {shown.key: shown.value for shown in prompt.choices}
    is_keys = bool(keys) and set(keys) <= set(by_key)
    return ",".join(value for key, value in by_key.items() if key in keys) if is_keys else ""


def plain(text: str) -> str:
    """The words without width, case, surrounding blanks and closing punctuation: `１。` is `1`, `Help!` is `help`."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    bare = folded.strip("。.!,、~ \t\r\n;；！，")
    return " ".join((bare or folded).split())


def read(prompt: Prompt, inbound: Inbound) -> Answer | None:
    """The inbound as an answer to this question, read by what was shown; None when it does not fit."""
    text = plain(inbound.text)
    if prompt.choices:
        for shown in prompt.choices:
            if text and (text == shown.key or text in (word.casefold() for word in (*shown.words.values(), *shown.also))):
                return Answer(inbound.text, shown.value, inbound.media, inbound.pin)
        if prompt.several and (picked := _several(prompt, text)):
            return Answer(inbound.text, picked, inbound.media, inbound.pin)
        if not prompt.words_too or not (says_something(inbound) or _has_number(text)):
            return None
        return Answer(inbound.text, None, inbound.media, inbound.pin)
    if prompt.expects is Expect.PLACE:
        fits = any(character.isalnum() for character in text) or inbound.pin is not None or is_unheard(inbound)
    else:
        fits = says_something(inbound) or any(character.isdigit() for character in text)
    return Answer(inbound.text, None, inbound.media, inbound.pin) if fits else None
