"""What stands in a chat: posts and files, as frozen values, and how long a text is for the platform."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from channels.simulator.telegram.markup import Markup, Tree

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024  # UTF-16 units
ANSWER_LIMIT = 200  # characters of the answer to a pressed button

_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A file on the platform. What is too big for a bot to fetch is known by its size only."""

    file_id: str
    unique_id: str
    path: str
    content_type: str
    size: int
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be posted: the fields that make its kind, as the platform writes them, and what hangs on it."""

    content: Tree
    files: tuple[File, ...] = ()
    markup: Markup = field(default_factory=Markup)
    reply_to: int | None = None
    is_protected: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """One entry of a chat."""

    id: int
    revision: int  # grows with every change in any chat
    chat_id: int
    author_id: int
    at: datetime
    content: Tree
    files: tuple[File, ...] = ()
    inline: Tree | None = None
    reply_to: int | None = None
    is_protected: bool = False
    edited_at: datetime | None = None
    offered: frozenset[str] = frozenset()  # every callback data that it has ever shown
    update_id: int | None = None  # of the update that told the bot, for what a person wrote


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to a pressed button: a few words that the client shows for a moment."""

    revision: int
    query_id: str
    text: str
    is_alert: bool


@dataclass(frozen=True, slots=True)
class Window:
    """How one chat looks to the person in it, beside its posts."""

    is_open: bool = False  # the person has written first, so the bot may
    is_blocked: bool = False
    keyboard: Tree | None = None
    keyboard_from: int = 0  # the post that brought it
    action: str = ""  # "typing" and the like
    action_until: datetime | None = None
    answers: tuple[Answer, ...] = ()


def units(text: str) -> int:
    """The length of a text as the platform counts it: in UTF-16 units, two for most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_parts(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text as a person's client sends it: cut where it would be too long."""
    parts, start, length = [], 0, 0
    for place, character in enumerate(text):
        width = 2 if ord(character) > 0xFFFF else 1
        if length + width > limit:
            parts.append(text[start:place])
            start, length = place, 0
        length += width
    return [*parts, text[start:]]


def said(text: str) -> Tree:
    """The fields of a text that a person wrote, its commands marked."""
    entities = [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found.group())} for found in _COMMAND.finditer(text)
    ]
    content: Mapping[str, object] = {"text": text}
    return {**content, "entities": entities} if entities else content
