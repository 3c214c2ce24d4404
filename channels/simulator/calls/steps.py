"""The course of a call is told as a generator: it yields what it needs next, and is sent what came of it.

It posts nothing and knows no thread; that is the switchboard's part. Whatever ends or turns a call from outside is
thrown in at the place where it waits.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from channels.simulator.calls.values import Entry, Status, Wait
from channels.simulator.calls.verbs import Number


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask the service; sent back is its answer."""

    url: str
    method: str
    form: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring these phones for this call; sent back are the sids of the legs."""

    numbers: tuple[Number, ...]
    caller: str
    timeout: int


@dataclass(frozen=True, slots=True)
class Release:
    """End these legs."""

    sids: tuple[str, ...]
    status: Status | None = None  # None: whatever fits how far they came


@dataclass(frozen=True, slots=True)
class Join:
    """This leg is ready to be connected with the call that rang it."""


@dataclass(frozen=True, slots=True)
class Tell:
    """The other leg hears this."""

    sid: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the next document is, or the document itself."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


Step = Fetch | Wait | Ring | Release | Join | Tell
Result = TypeVar("Result")
Script: TypeAlias = Generator[Step, Any, Result]


class HungUpError(Exception):
    """The call was ended from outside."""

    def __init__(self, status: Status | None = None) -> None:
        """Keep how it ended, where that is known."""
        super().__init__(status)
        self.status = status


class RedirectedError(Exception):
    """The service wants the call to go on elsewhere."""

    def __init__(self, elsewhere: Elsewhere) -> None:
        """Keep where."""
        super().__init__(elsewhere)
        self.elsewhere = elsewhere


class ApplicationError(Exception):
    """The platform cannot go on with this call."""


class OverError(Exception):
    """The document has ended the call."""
