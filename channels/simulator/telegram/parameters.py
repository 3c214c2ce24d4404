"""What the bot asks of a method: the same names from the address, a form, an upload or JSON, each value as it came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.simulator.telegram import refusals
from channels.simulator.telegram.refusals import Refusal, RefusedError


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fields of one request. The platform reads leniently: what it cannot read counts as not given."""

    fields: Mapping[str, object] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def words(self, name: str) -> str:
        """A text, without the blanks round it; RefusedError when it is not whole characters."""
        value = self.fields.get(name)
        if value is None or isinstance(value, dict | list):
            return ""
        words = str(value)
        try:
            words.encode()
        except UnicodeEncodeError:
            raise RefusedError(refusals.NOT_UTF8) from None
        return words.strip()

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number, brought within its limits."""
        try:
            return min(max(int(self.words(name)), least), most)
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """True when it was asked for."""
        return self.words(name).lower() in ("true", "yes", "1")

    def tree(self, name: str, broken: Refusal) -> object:
        """A list or an object, given as JSON or written as JSON in a form field; None when it was not given."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise RefusedError(broken) from None

    def chat_id(self) -> int:
        """The chat that it concerns; RefusedError when it names none."""
        words = self.words("chat_id")
        if not words:
            raise RefusedError(refusals.CHAT_ID_EMPTY)
        try:
            return int(words)
        except ValueError:
            raise RefusedError(refusals.CHAT_NOT_FOUND) from None

    def chat_id_if_any(self) -> int | None:
        """The chat that it concerns, for what is asked before the method looks."""
        try:
            return self.chat_id()
        except RefusedError:
            return None
