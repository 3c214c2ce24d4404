"""What the house knows and the room of residents must ask for: channels, wordings, and chance."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.envelope import Address

Says = Callable[[str, str | None, str], str]


def _as_written(words: str, _language: str | None, _channel: str) -> str:
    return words


def _six_digits() -> str:
    return f"{secrets.randbelow(10**6):06}"


def _always(_address: Address) -> bool:
    return True


def _never(_address: Address) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Outside:
    """Where words arrive, where they can be answered, where they leave the country on the way, how a sentence is worded, and new codes."""

    reaches: Callable[[Address], bool] = _always
    answers: Callable[[Address], bool] = _always
    abroad: Callable[[Address], bool] = _never
    wording: Says = _as_written
    new_code: Callable[[], str] = _six_digits
