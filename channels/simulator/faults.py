"""Misbehaviour on demand: what goes wrong, for which number, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Trouble(StrEnum):
    """What can be made to go wrong."""

    THROTTLED = "throttled"  # 429 with Retry-After
    SERVER_ERROR = "server_error"  # 500
    HTML = "html"  # a page where JSON belongs, as a proxy in front of a platform sends
    TIMEOUT = "timeout"  # held `seconds`, then carried out as asked
    DROPPED = "dropped"  # carried out, but the line is cut before the answer
    BLOCKED = "blocked"  # 21610
    LANDLINE = "landline"  # 21614
    UNREACHABLE = "unreachable"  # undelivered, 30003
    FILTERED = "filtered"  # undelivered, 30007
    UNKNOWN = "unknown"  # undelivered, 30008
    RECEIPTS_DOUBLED = "receipts_doubled"
    RECEIPTS_LATE = "receipts_late"  # held until released
    RECEIPTS_REVERSED = "receipts_reversed"
    RECEIPTS_LOST = "receipts_lost"
    CALL_BUSY = "call_busy"
    CALL_NO_ANSWER = "call_no_answer"
    CALL_VOICEMAIL = "call_voicemail"  # a machine picks up, and stays silent
    CALL_FAILED = "call_failed"
    RECORDING_GONE = "recording_gone"  # 404
    WEBHOOK_DOUBLED = "webhook_doubled"
    WEBHOOK_FORGED = "webhook_forged"  # wrong signature


# Each family is asked for at its own moment; at most one trouble of a family befalls one text.
ANSWER = frozenset({Trouble.THROTTLED, Trouble.SERVER_ERROR, Trouble.HTML, Trouble.TIMEOUT, Trouble.DROPPED})
NUMBER = frozenset({Trouble.BLOCKED, Trouble.LANDLINE, Trouble.UNREACHABLE, Trouble.FILTERED, Trouble.UNKNOWN})
RECEIPTS = frozenset({Trouble.RECEIPTS_DOUBLED, Trouble.RECEIPTS_LATE, Trouble.RECEIPTS_REVERSED, Trouble.RECEIPTS_LOST})
CALL = frozenset({Trouble.CALL_BUSY, Trouble.CALL_NO_ANSWER, Trouble.CALL_VOICEMAIL, Trouble.CALL_FAILED})
RECORDING = frozenset({Trouble.RECORDING_GONE})
WEBHOOK = frozenset({Trouble.WEBHOOK_DOUBLED, Trouble.WEBHOOK_FORGED})

FAMILIES = {"answer": ANSWER, "number": NUMBER, "receipts": RECEIPTS, "webhook": WEBHOOK, "call": CALL, "recording": RECORDING}

UNDELIVERED = {Trouble.UNREACHABLE: 30003, Trouble.FILTERED: 30007, Trouble.UNKNOWN: 30008}

LONGEST_HOLD = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble: for one number or for all, so many times or until it is cleared."""

    trouble: Trouble
    number: str = ""  # empty: every number
    left: int | None = None  # None: until cleared
    seconds: float = 5.0  # how long TIMEOUT holds a request, and what THROTTLED asks the caller to wait


class Faults:
    """The troubles in force, oldest first. The caller holds the lock."""

    def __init__(self) -> None:
        """Start with a carrier that does everything right."""
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From now on this goes wrong, after what was asked for earlier is used up."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def listed(self) -> tuple[Fault, ...]:
        """What is in force, oldest first."""
        return tuple(self._faults)

    def take(self, family: frozenset[Trouble], number: str) -> Fault | None:
        """The oldest fault of this family for this number, used up by one; None when nothing goes wrong."""
        for place, fault in enumerate(self._faults):
            if fault.trouble in family and fault.number in ("", number):
                self._use(place, fault)
                return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.left is None:
            return
        if fault.left > 1:
            self._faults[place] = replace(fault, left=fault.left - 1)
        else:
            del self._faults[place]


def fault_from(fields: Mapping[str, object]) -> Fault:
    """The fault that a page or a test asks for; ValueError says what is wrong with it."""
    count, seconds = fields.get("count"), fields.get("seconds", 5.0)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise ValueError("count is how many times: 1 or more, or nothing for until cleared.")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= LONGEST_HOLD:
        raise ValueError(f"seconds is a number above 0 and at most {LONGEST_HOLD:.0f}.")
    try:
        trouble = Trouble(str(fields.get("kind")))
    except ValueError:
        raise ValueError(f"kind is one of {', '.join(Trouble)}.") from None
    return Fault(trouble, str(fields.get("number") or ""), left=count, seconds=float(seconds))
