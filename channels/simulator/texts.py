"""What the carrier carries: phones, texts and their pictures, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Kind = Literal["resident", "grid_worker", "landline"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# "carrier" marks what the carrier itself says to a phone (an answer to STOP): it is in no list the service can read.
Direction = Literal["inbound", "outbound-api", "outbound-reply", "carrier"]
Status = Literal["received", "delivered", "undelivered"]


@dataclass(frozen=True, slots=True)
class Phone:
    """One telephone that can be picked up on the page."""

    number: str
    label: str
    kind: Kind = "resident"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a recording; what the service sends is kept by its address only, for nothing is fetched from outside."""

    sid: str
    content_type: str
    content: bytes = b""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS or MMS as the carrier's log holds it."""

    id: int  # position in the log, for people who read on from where they were
    revision: int  # grows with every change of any text
    sid: str
    direction: Direction
    sender: str
    recipient: str
    body: str
    segments: int
    status: Status
    created_at: datetime
    media: tuple[Media, ...] = ()
    error_code: int | None = None
    status_callback: str = ""
    messaging_service_sid: str = ""
    hook_status: int | None = None  # what the service answered to the webhook of an inbound

    @property
    def phone(self) -> str:
        """The telephone at the far end, whoever began."""
        return self.sender if self.direction == "inbound" else self.recipient

    @property
    def has_arrived(self) -> bool:
        """False when an operator dropped it on its way to the phone."""
        return self.status != "undelivered"


@dataclass(frozen=True, slots=True)
class Submission:
    """What the service asks the carrier to send: the fields of its request, as they came."""

    to: str = ""
    sender: str = ""
    messaging_service_sid: str = ""
    body: str = ""
    media_urls: tuple[str, ...] = ()
    status_callback: str = ""
    validity_period: str = ""


def phone_from(fields: Mapping[str, object]) -> Phone:
    """The phone that a page or a test describes; ValueError says what is wrong with it."""
    number, label, kind = (str(fields.get(name) or default) for name, default in (("number", ""), ("label", ""), ("kind", "resident")))
    for known in KINDS:
        if kind == known:
            return Phone(number.strip(), label.strip() or number.strip(), known)
    raise ValueError(f"A phone is one of {', '.join(KINDS)}; not {kind!r}.")
