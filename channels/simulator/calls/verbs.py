"""The verbs of a spoken TwiML document, as frozen values (twilio.com/docs/voice/twiml)."""

from dataclasses import dataclass
from typing import Literal

DEFAULT_EVENTS = ("completed",)


@dataclass(frozen=True, slots=True)
class Say:
    """Words that are read out."""

    words: str
    language: str = ""
    voice: str = ""
    rate: str = ""  # of the first prosody in it


@dataclass(frozen=True, slots=True)
class Play:
    """A sound; nothing is fetched for it."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence of so many seconds."""

    seconds: int = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Wait for words or keys; `fault` is why the platform cannot listen, if it cannot."""

    action: str
    method: str = "POST"
    takes_speech: bool = False
    takes_digits: bool = True
    timeout: int = 5
    speech_timeout: str = ""
    num_digits: int | None = None
    finish_on_key: str = "#"
    language: str = "en-US"
    hints: str = ""
    acts_on_empty: bool = False
    prompts: tuple[Prompt, ...] = ()
    fault: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the caller says."""

    action: str
    method: str = "POST"
    timeout: int = 5
    max_length: int = 3600
    finish_on_key: str = "1234567890*#"
    beeps: bool = True
    status_callback: str = ""
    status_method: str = "POST"
    events: tuple[str, ...] = DEFAULT_EVENTS


@dataclass(frozen=True, slots=True)
class Number:
    """One phone to ring; `url` leads to what it hears before the two are connected."""

    number: str
    url: str = ""
    method: str = "POST"
    status_callback: str = ""
    status_method: str = "POST"
    events: tuple[str, ...] = DEFAULT_EVENTS


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring these phones at once and connect the first that picks up; without an action the document goes on."""

    numbers: tuple[Number, ...]
    action: str = ""
    method: str = "POST"
    timeout: int = 30
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document at another address."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a call that has not been answered."""

    status: Literal["busy", "no-answer"] = "no-answer"


Verb = Prompt | Gather | Record | Dial | Redirect | Hangup | Reject


@dataclass(frozen=True, slots=True)
class Document:
    """What the service wants next, and what the platform's debugger remarks on it."""

    url: str
    verbs: tuple[Verb, ...] = ()
    cautions: tuple[int, ...] = ()
