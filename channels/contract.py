"""What every channel is: a platform that words are drawn for and sent through, and what that platform can do at an address.

A channel knows its platform, the envelope and the prompt, and nothing of ours besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from bot.envelope import Address, Media, Outbound, Purpose, Sent
from channels.media import Fetched

Variant = Literal["sms", "spoken", "screen"]


@dataclass(frozen=True, slots=True)
class Capability:
    """What a channel can do at one address; it is asked when something is planned, not when it fails.

    An answer to somebody who has just written is tried whatever stands here.
    """

    reaches: bool  # words of ours arrive there at all
    two_way: bool  # the person can answer there
    links: bool  # a web address may stand in the words
    media: bool  # photos and recordings pass
    voice: bool  # a call can be placed to it
    abroad: bool  # what is said leaves the country, which needs a consent of its own (Personal Information Protection Law, art. 39)
    same_words_per_day: int | None = None  # how often the same words may go there in 24 hours; None: as often as we like
    why: str = ""  # a sentence for staff whenever something is missing


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish about being written to at all, said in one of the words kept for it; it is looked at before any talk.

    A "start" from somebody who has stopped nothing, and every "help", are ordinary words besides: the talk takes them too.
    """

    kind: Literal["stop", "start", "help"]
    purposes: frozenset[Purpose] = frozenset()  # what is stopped or begun again
    by_carrier: bool = False  # the carrier obeys the word by itself and has already acted


@runtime_checkable
class Channel(Protocol):
    """A way to reach people. What it holds open, it holds between `open` and `close`."""

    @property
    def name(self) -> str:
        """The channel of an `Address`."""

    @property
    def variant(self) -> Variant:
        """Which wording of a sentence is used here."""

    @property
    def pushes(self) -> bool:
        """Whether the dispatcher sends; else a waiting hook or terminal draws its own deliveries."""

    @property
    def abroad(self) -> bool:
        """Whether the platform itself stands outside the country."""

    @property
    def rate(self) -> int:
        """How many sends a second it takes."""

    @property
    def in_flight(self) -> int:
        """How many sends may wait for their answer at once."""

    def capability(self, address: Address) -> Capability:
        """What can be done at this address."""

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """The words as this channel shows them: what is said, what is asked, and each choice with the key that picks it."""

    async def open(self) -> None:
        """Hold what sending needs, on the running event loop."""

    async def close(self) -> None:
        """Let go of it."""

    async def send(self, outbound: Outbound) -> Sent:
        """Hand one delivery to the platform, or raise a `SendError`."""

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes of a photo, recording or document of at most `limit` bytes, typed by what they are.

        Raises `MediaRefused` for what is not taken, and a `SendError` where the platform may be asked again.
        """
