"""What a decision about a case must know, read from the rows beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot import ladder
from bot.calendar import Calendar
from bot.effects import Owner
from workflows.cases.words import Seen
from workflows.places.words import Place


@dataclass(frozen=True, slots=True)
class Case:
    """A case as a decision needs it; the words and place unsealed."""

    number: str
    label: str
    category: str
    state: str
    owner: Owner
    data_key_id: int
    due_at: datetime
    version: int
    id: int = 0
    address_id: int | None = None
    channel: str = ""
    provisional: bool = False
    words: str = ""
    place: Place | None = None
    grid_id: int | None = None
    accepted_by: int | None = None
    accepter: int | None = None
    accepter_role: str = ""
    steps: ladder.Ladder = ladder.URGENT  # as it stood when the case was opened
    level: int = 0
    needs_person: str = ""
    hurt: str = ""
    said_since: tuple[str, ...] = ()  # of an urgent one that has not ended: what was added to its first words
    first_responded_at: datetime | None = None

    @property
    def subject(self) -> str:
        return f"case:{self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.state == "open" and self.accepted_by is None


@dataclass(frozen=True, slots=True)
class Line:
    """A case as a list needs it: only what is kept in clear."""

    number: str
    label: str
    grid_id: int | None
    place: str
    due_at: datetime
    received_at: datetime
    needs_person: str = ""
    is_waiting: bool = False
    accepted_by: int | None = None
    is_asked: bool = False
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows say. `standing` is who can be reached now behind each role; `asked` who has an open
    ping about this case, `was_asked` who ever had one."""

    calendar: Calendar
    case: Case | None = None
    number: str = ""
    data_key_id: int = 0
    grid_id: int | None = None
    standing: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    asked: frozenset[int] = frozenset()
    was_asked: frozenset[int] = frozenset()
    others: tuple[str, ...] = ()
    phones: Mapping[int, str] = field(default_factory=dict)  # of those a caller may be put through to
    seen: Seen | None = None
    lines: tuple[Line, ...] = ()  # every case that a list may hold
    asked_roles: tuple[str, ...] = ()  # of those who were ever asked about this case
    entries: int = 0  # by people on the timeline of the case, where somebody says how many they had read
