"""A call as frozen values: what was heard on it, what it waits for, and what a person can do about that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from channels.simulator.calls.verbs import DEFAULT_EVENTS, Gather, Record

Direction = Literal["inbound", "outbound-api", "outbound-dial"]
Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
Unanswered = Literal["busy", "no-answer", "failed", "canceled"]
State = Literal["connecting", "ringing", "saying", "gathering", "recording", "dialling", "bridged", "ended"]
Speaker = Literal["service", "phone", "other", "carrier"]  # "other" is whoever is at the far end of a bridge
What = Literal["say", "play", "pause", "beep", "speech", "digits", "silence", "recording", "dial", "event"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said, pressed or heard on a call, in the order in which it was."""

    speaker: Speaker
    what: What
    words: str = ""
    language: str = ""
    voice: str = ""
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Caution:
    """What the platform's debugger would show for a call (twilio.com/docs/api/errors)."""

    code: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a call waits for; nothing happens on it before somebody acts."""

    state: State
    timeout: int | None = None  # seconds, for the page; only a person lets them pass
    gather: Gather | None = None
    record: Record | None = None
    pressed: str = ""
    legs: tuple[str, ...] = ()  # the calls it depends on


@dataclass(frozen=True, slots=True)
class Order:
    """What a call is about: where its documents are and who is told of its course."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
    fallback_url: str = ""
    status_callback: str = ""
    status_method: str = "POST"
    events: tuple[str, ...] = DEFAULT_EVENTS
    timeout: int = 60
    detects_machine: str = ""  # "", "Enable" or "DetectMessageEnd"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, or one leg of a dialled one, as the carrier's log holds it."""

    id: int
    sid: str
    direction: Direction
    sender: str
    recipient: str
    created_at: datetime
    order: Order
    revision: int = 0
    status: Status = "queued"
    parent_sid: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int = 0  # how long it has lasted, the silences that were skipped included
    answered_by: str = ""
    wait: Wait | None = None
    entries: tuple[Entry, ...] = ()
    cautions: tuple[Caution, ...] = ()
    hook_statuses: tuple[int | None, ...] = ()

    @property
    def phone(self) -> str:
        """The telephone at the far end, whoever rang."""
        return self.sender if self.direction == "inbound" else self.recipient

    @property
    def is_over(self) -> bool:
        """True when nothing more can happen on it."""
        return self.ended_at is not None

    @property
    def state(self) -> State:
        """What somebody at the phone would say is going on."""
        if self.is_over:
            return "ended"
        return self.wait.state if self.wait else "connecting"


# What somebody at a phone does


@dataclass(frozen=True, slots=True)
class Spoke:
    """These words were said, and recognised so surely."""

    words: str
    confidence: float = 0.9


@dataclass(frozen=True, slots=True)
class Pressed:
    """One key."""

    key: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The time that the call waits for has passed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """So much was recorded, ended by a key, by "hangup", or by itself."""

    seconds: int
    words: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class PickedUp:
    """The phone was picked up; a machine says its greeting and nothing more."""

    by: str = "human"
    greeting: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """The phone was not picked up, and this is what the platform learns."""

    status: Unanswered


# What the other leg of a dialled call does


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The leg is ready to be connected."""

    sid: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is over."""

    sid: str
    status: Status
    seconds: int


Act = Spoke | Pressed | Silence | Recorded | PickedUp | Declined | LegAnswered | LegEnded
