"""What a decision about a case must know, read from the rows beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot import ladder
from bot.calendar import Calendar
from bot.effects import Owner
from workflows.cases.states import WAITS_TO_BE_TAKEN, WORKED_ON
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
    received_at: datetime | None = None
    met_at: datetime | None = None  # when what is promised was done; taken back when the resident says that it was not
    breached_at: datetime | None = None  # when a promise was last seen to be broken; never taken back
    arrived_at: datetime | None = None
    waiting_since: datetime | None = None
    paused_days: int = 0  # working days at whose ends it waited for its resident, since receipt or reopening
    reopened_at: datetime | None = None
    reopened: int = 0
    verdict: str = ""

    @property
    def subject(self) -> str:
        return f"case:{self.number}"

    @property
    def clock(self) -> str:
        """The subject of the timers that watch its promise and its reporter's silence; they outlive its ladder."""
        return f"clock:{self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITS_TO_BE_TAKEN and self.accepted_by is None

    @property
    def is_worked_on(self) -> bool:
        return self.state in WORKED_ON

    @property
    def climbs(self) -> bool:
        """Whether somebody is asked, and then the next one: for danger, and for what was not solved the first time."""
        return self.label == "urgent" or self.reopened > 0

    @property
    def is_broken(self) -> bool:
        """Whether the promise that now holds is known to be broken."""
        return self.breached_at is not None and self.breached_at >= self.due_at


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
