"""What crosses the edge: an inbound from a person, an outbound to one address, a receipt from a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from bot.errors import SendError


class Address(Struct, frozen=True):
    """Where somebody can be reached: a channel and the platform's own name for them there (an E.164 number, an account id)."""

    channel: str
    value: str


class Media(Struct, frozen=True):
    """A photo, recording or document as the platform names it; its bytes are fetched later, from `url`."""

    url: str
    content_type: str = ""


class Pin(Struct, frozen=True):
    """A place on the earth, WGS-84 degrees."""

    latitude: float
    longitude: float


class Event(StrEnum):
    """Something somebody did without words, where a channel can tell: a call begins, a question meets silence, a call ends."""

    ARRIVED = "arrived"
    SILENT = "silent"
    LEFT = "left"


class Inbound(Struct, frozen=True):
    """What somebody sent us, once per (channel, external_id).

    `answers` names the delivery whose question this answers, where the platform can say so (a button, a call step).
    `wish` is what the platform itself has already done about its own words: "stop" or "start" of everything on this address.
    `edits` says that these words stand in place of earlier ones. `also` is another address of the sender, vouched for by the platform.
    `language` is the one they read the platform, or our page, in; their own words tell better.
    """

    channel: str
    external_id: str
    sender: Address
    at: datetime
    text: str = ""
    media: tuple[Media, ...] = ()
    pin: Pin | None = None
    answers: int | None = None
    wish: str = ""
    event: Event | None = None
    edits: str = ""
    also: Address | None = None
    language: str = ""


class Lane(IntEnum):
    """What goes first; a lower number overtakes a higher one."""

    EVACUATION = 0
    URGENT = 1
    CARE = 2
    REPLY = 3
    UPDATE = 4
    BULK = 5


class Purpose(StrEnum):
    """Why we write to somebody; people may stop a purpose, never `SAFETY` or `REPLY`."""

    SAFETY = "safety"
    REPLY = "reply"
    CASE = "case"
    NEWS = "news"
    WORK = "work"


class DeliveryState(StrEnum):
    """How far a delivery has come; see `bot.receipts` for what may follow what."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One delivery made ready for one address: words already in the person's language and the channel's variant.

    A channel with buttons or keys draws the `choices` (key, words) itself; `asks` says that an answer is awaited. A channel that carries
    a voice connects the call to the number `connects_to` once the words are said. `is_language_known` is false when nobody has told us
    the person's language yet.
    """

    delivery_id: int
    to: Address
    words: str
    valid_until: datetime | None = None
    choices: tuple[tuple[str, str], ...] = ()
    asks: bool = False
    language: str = ""
    connects_to: str = ""
    is_language_known: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it and calls it `external_id`."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a platform later says of a delivery.

    Found by its own `external_id`, or by our `delivery_id` where the platform carries it back.
    """

    channel: str
    external_id: str
    status: str
    state: DeliveryState
    delivery_id: int | None = None
    error: SendError | None = None
