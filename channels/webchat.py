"""The web chat on our own page: what a browser posts comes in, and the page draws what is said there by itself."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from bot.envelope import Address, Inbound, Media, Outbound, Pin, Sent
from bot.errors import Malformed, Unreachable
from bot.prompt import _
from channels.contract import Capability, Variant
from channels.media import Fetched, too_large, typed
from channels.uploads import Uploads

NAME = "webchat"
_EVERYTHING = Capability(reaches=True, two_way=True, links=True, media=True, voice=False, abroad=False)
_ID = re.compile(r"[\w.:-]{8,64}", re.ASCII)
_PICKED = re.compile(r"(?P<delivery>[0-9]{1,18}):(?P<key>\S{1,32})", re.ASCII)
_DEGREES = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,20})?", re.ASCII)


class Webchat:
    """The web chat. Nothing is sent of our own accord: words wait until the page comes for them."""

    name = NAME
    variant: Variant = "screen"
    pushes = False
    abroad = False
    rate = 1000
    in_flight = 4

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    def capability(self, address: Address) -> Capability:
        """Whoever has the page reads, taps and sends photos there; what they do not come for goes to their next address in time."""
        return _EVERYTHING

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """Each sentence on a line of its own; the choices are buttons beneath."""
        return "\n".join((*says, *([asked] if asked else ())))

    async def open(self) -> None:
        """Nothing is held: the page is ours."""

    async def close(self) -> None:
        """Nothing was held."""

    async def send(self, outbound: Outbound) -> Sent:
        """Nothing can be pushed into a page."""
        raise Unreachable(_("The web chat comes for its words by itself."), code="not pushed")

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a photo that came with somebody's words."""
        content = await asyncio.to_thread(self._uploads.get, media.url)
        if len(content) > limit:
            raise too_large()
        return typed(content)


def address_of(token: str) -> Address:
    """The conversation that a browser's token opens. The token itself is kept nowhere but in that browser."""
    return Address(NAME, hashlib.sha256(token.encode()).hexdigest())


def parse(form: Mapping[str, str], sender: Address, *, now: datetime, media: tuple[Media, ...] = (), language: str = "") -> Inbound:
    """What a form of the page says: words, a place, or a choice with the delivery it answers.

    The `id` is the page's own: the same form posted twice is the same inbound, and so is the same choice. `language` is the one that
    the page was read in.
    """
    picked = form.get("pick", "")
    if picked:
        found = _PICKED.fullmatch(picked)
        if found is None:
            raise Malformed
        chosen = _external_id(sender, f"pick {picked}")
        return Inbound(NAME, chosen, sender, now, text=found["key"], answers=int(found["delivery"]), language=language)
    if not _ID.fullmatch(form.get("id", "")):
        raise Malformed
    external_id = _external_id(sender, form["id"])
    text = form.get("text", "").replace("\x00", "").replace("\r\n", "\n").strip()
    return Inbound(NAME, external_id, sender, now, text=text, media=media, pin=pin(form), language=language)


def _external_id(sender: Address, given: str) -> str:
    """An id within one conversation: nobody can take another's away."""
    return hashlib.sha256(f"{sender.value} {given}".encode()).hexdigest()[:40]


def pin(form: Mapping[str, str]) -> Pin | None:
    """The place that a browser found; none where it cannot be one: 0, 0 is in the sea, and what a broken receiver says."""
    given = form.get("latitude", ""), form.get("longitude", "")
    if not all(_DEGREES.fullmatch(each) for each in given):
        return None
    latitude, longitude = float(given[0]), float(given[1])
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0, 0):
        return None
    return Pin(latitude, longitude)
