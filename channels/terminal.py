"""A terminal as a channel: one line typed is one inbound, and what we say is printed beneath it."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import unquote, urlsplit

from bot.envelope import Address, Inbound, Media, Outbound, Pin, Sent
from bot.errors import Unreachable
from bot.prompt import _
from channels.contract import Capability, Variant
from channels.media import Fetched, MediaRefused, too_large, typed

_EVERYTHING = Capability(reaches=True, two_way=True, links=True, media=True, voice=False, abroad=False)
_PIN = re.compile(r"/pin\s+(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*[,，\s]\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*")
_PHOTO = re.compile(r"/photo\s+(\S.*)")


class Terminal:
    """The terminal channel, printing on `out`."""

    name = "terminal"
    variant: Variant = "screen"
    pushes = False
    abroad = False
    rate = 1000
    in_flight = 1

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def capability(self, address: Address) -> Capability:
        """Whoever sits there reads, types and shows files, but cannot be rung."""
        return _EVERYTHING

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Each sentence and each choice on a line of its own."""
        questions = [asked] if asked else []
        return "\n".join((*says, *questions, *(f"  {key}  {words}" for key, words in choices)))

    async def open(self) -> None:
        """Nothing is held: the terminal belongs to whoever started us."""

    async def close(self) -> None:
        """Nothing was held."""

    async def send(self, outbound: Outbound) -> Sent:
        """Print the words; a terminal that was closed cannot be reached."""
        try:
            self._out.write(outbound.words + "\n")
            self._out.flush()
        except (OSError, ValueError) as fault:
            raise Unreachable(_("The terminal was closed."), code="closed") from fault
        return Sent(f"printed-{outbound.delivery_id}")

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a file that was shown with /photo."""
        return await asyncio.to_thread(_read, Path(unquote(urlsplit(media.url).path)), limit)


def parse(line: str, *, name: str, external_id: str, now: datetime) -> Inbound:
    """A typed line as an inbound: `/pin 38.5,102.1` is a place, `/photo PATH` a file, all else is text."""
    sender = Address("terminal", name)
    words = line.strip().replace("\x00", "")
    if pin := _pin(words):
        return Inbound("terminal", external_id, sender, now, pin=pin)
    if photo := _PHOTO.fullmatch(words):
        shown = Path(photo[1].strip("'\"")).expanduser().absolute()
        return Inbound("terminal", external_id, sender, now, media=(Media(shown.as_uri()),))
    return Inbound("terminal", external_id, sender, now, text=words)


def _pin(words: str) -> Pin | None:
    found = _PIN.fullmatch(words)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return Pin(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _read(path: Path, limit: int) -> Fetched:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as fault:
        raise MediaRefused(_("There is no such file, or it cannot be read.")) from fault
    if len(content) > limit:
        raise too_large()
    return typed(content)
