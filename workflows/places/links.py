"""What a code on a poster hands over: the stair it hangs in, to the web chat, to Telegram, or as the words of a text."""

from __future__ import annotations

from urllib.parse import quote


def place_code(building_id: int, unit_id: int | None = None) -> str:
    """What stands for a building, or a unit of it, in a link; only what may stand there as it is."""
    return f"join-{building_id}" if unit_id is None else f"join-{building_id}-{unit_id}"


def chat_link(public_url: str, code: str) -> str:
    """The web chat that knows from which stair it was opened."""
    return f"{public_url.rstrip('/')}/chat?at={code}"


def telegram_link(bot: str, code: str) -> str:
    """The chat with the bot, which is handed the code when START is pressed (https://core.telegram.org/bots/features#deep-linking)."""
    return f"https://t.me/{quote(bot)}?start={code}"


def text_link(number: str, words: str) -> str:
    """A text to this number that only waits to be sent, as the cameras of iOS and Android read it."""
    return f"SMSTO:{number}:{words}"
