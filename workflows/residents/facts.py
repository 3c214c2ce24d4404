"""What a decision about a resident must know, read from the rows beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from bot.effects import Owner
from workflows.residents.words import Agreed, Missing, NumberSeen, Record, Spot


@dataclass(frozen=True, slots=True)
class Code:
    """The last code that was sent for whoever asks."""

    id: int
    address_id: int
    made_at: datetime
    tries: int
    fits: bool  # it is the one that was said just now
    can_join: bool  # one of the two only ever wrote to us


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows say of who asks, and of whom they ask about."""

    record: Record = Record()
    missing: Missing = Missing()
    spot: Spot = Spot()
    seen: NumberSeen = NumberSeen()
    there: Owner = Owner()  # who has the number that was named
    there_id: int = 0  # and its address
    name: str = ""  # of whoever asks somebody else to help
    invitation: str = ""  # the subject under which whoever asks was asked by somebody
    is_waiting: bool = False  # who was asked has not answered yet
    code: str = ""  # a new one
    last: Code | None = None
    last_inbound: datetime | None = None
    wordings: Mapping[str, str] = field(default_factory=dict)  # sentences that were agreed to, as they were shown

    def agreed(self, said: tuple[Agreed, ...]) -> tuple[Agreed, ...]:
        """What was agreed to, in the words that were shown."""
        return tuple(replace(each, words=self.wordings[each.words]) for each in said)
