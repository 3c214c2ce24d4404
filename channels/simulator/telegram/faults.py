"""Misbehaviour of the messenger on demand: what goes wrong, in which chat or with which method, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

LONGEST = 120.0  # seconds


class Trouble(StrEnum):
    """What can be made to go wrong."""

    THROTTLED = "throttled"  # 429 with retry_after
    SERVER_ERROR = "server_error"  # 500
    BAD_GATEWAY = "bad_gateway"  # 502, a page where JSON belongs
    TIMEOUT = "timeout"  # held `seconds`, then carried out as asked
    DROPPED = "dropped"  # carried out, but the line is cut before the answer
    BLOCKED = "blocked"  # 403
    DEACTIVATED = "deactivated"  # 403
    CHAT_NOT_FOUND = "chat_not_found"  # 400
    UPDATE_DOUBLED = "update_doubled"  # the webhook gets the same update twice
    SECRET_FORGED = "secret_forged"  # noqa: S105  the webhook gets an update with a wrong secret


WEBHOOK = frozenset({Trouble.UPDATE_DOUBLED, Trouble.SECRET_FORGED})
CHAT = frozenset({Trouble.BLOCKED, Trouble.DEACTIVATED, Trouble.CHAT_NOT_FOUND})  # what concerns no chat knows none of these
ANSWER = frozenset(Trouble) - WEBHOOK - CHAT

FAMILIES = {"answer": ANSWER, "chat": CHAT, "webhook": WEBHOOK}


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble, so many times or until it is cleared.

    Without a method it spares getUpdates, which is always on its way and would use it up at once.
    """

    trouble: Trouble
    chat_id: int | None = None  # None: every chat, and what concerns none
    method: str = ""
    left: int | None = None  # None: until cleared
    seconds: float = 5.0  # how long TIMEOUT holds a request, and what THROTTLED asks the caller to wait

    def befalls(self, method: str, chat_id: int | None) -> bool:
        """True when this request is one that it spoils."""
        is_its_chat = self.chat_id is None or self.chat_id == chat_id
        is_its_method = method.lower() == self.method.lower() if self.method else method.lower() != "getupdates"
        return is_its_chat and is_its_method


class Faults:
    """The troubles in force, oldest first. The caller holds the lock."""

    def __init__(self) -> None:
        """Start with a messenger that does everything right."""
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

    def take(self, family: frozenset[Trouble], method: str, *, chat_id: int | None) -> Fault | None:
        """The oldest fault of this family for this request, used up by one; None when nothing goes wrong."""
        for place, fault in enumerate(self._faults):
            if fault.trouble in family and fault.befalls(method, chat_id):
                if fault.left is not None:
                    self._faults[place : place + 1] = [replace(fault, left=fault.left - 1)] if fault.left > 1 else []
                return fault
        return None


def fault_from(fields: Mapping[str, object]) -> Fault:
    """The fault that a page or a test asks for; ValueError says what is wrong with it."""
    count, seconds, chat_id = fields.get("count"), fields.get("seconds", 5.0), fields.get("chat_id")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise ValueError("count is how many times: 1 or more, or nothing for until cleared.")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= LONGEST:
        raise ValueError(f"seconds is a number above 0 and at most {LONGEST:.0f}.")
    if chat_id is not None and (not isinstance(chat_id, int) or isinstance(chat_id, bool)):
        raise ValueError("chat_id is the number of a chat, or nothing for every chat.")
    try:
        trouble = Trouble(str(fields.get("kind")))
    except ValueError:
        raise ValueError(f"kind is one of {', '.join(Trouble)}.") from None
    return Fault(trouble, chat_id, method=str(fields.get("method") or ""), left=count, seconds=float(seconds))
