"""Updates: what the bot has yet to hear of, in order, until it has confirmed it (core.telegram.org/bots/api#getting-updates)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

KEPT_FOR = timedelta(hours=24)

# Told only when it is asked for by name.
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that the bot is told; it keeps its id however often it is told."""

    id: int
    kind: str
    body: Mapping[str, object]
    at: datetime

    def fields(self) -> dict[str, object]:
        """The update as the platform writes it."""
        return {"update_id": self.id, self.kind: self.body}


class UpdateQueue:
    """The updates that wait. The caller holds the lock."""

    def __init__(self, *, first_id: int) -> None:
        """Start with `first_id`, for ids must not come again when the box starts anew."""
        self._next_id = first_id
        self._waiting: dict[int, Update] = {}
        self._asked_for: frozenset[str] = frozenset()

    def put(self, kind: str, body: Mapping[str, object], *, now: datetime) -> int | None:
        """The bot will be told; None when it did not ask for this kind."""
        if not self._is_asked_for(kind):
            return None
        update = Update(self._next_id, kind, body, now)
        self._next_id += 1
        self._waiting[update.id] = update
        return update.id

    def ask_for(self, kinds: Iterable[str]) -> None:
        """Only these kinds are told from now on; none means all that are told by default."""
        self._asked_for = frozenset(kinds)

    def asked_for(self) -> tuple[str, ...]:
        """The kinds that were asked for by name."""
        return tuple(sorted(self._asked_for))

    def confirm(self, offset: int) -> None:
        """What is older than the offset is forgotten; a negative one leaves only as many of the newest."""
        if offset < 0:
            offset = next(islice(reversed(self._waiting), -offset - 1, None), 0)
        self._forget_while(lambda update: update.id < offset)

    def settle(self, update_id: int) -> None:
        """This one has been taken."""
        self._waiting.pop(update_id, None)

    def clear(self) -> None:
        """Nothing waits any more."""
        self._waiting.clear()

    def waiting(self, limit: int, *, now: datetime) -> tuple[Update, ...]:
        """What waits, oldest first; what is older than a day has been forgotten by then."""
        self._forget_while(lambda update: update.at <= now - KEPT_FOR)
        return tuple(islice(self._waiting.values(), limit))

    def waiting_ids(self) -> frozenset[int]:
        """The ids of all that wait."""
        return frozenset(self._waiting)

    def _forget_while(self, is_over: Callable[[Update], bool]) -> None:
        for update in tuple(takewhile(is_over, self._waiting.values())):
            del self._waiting[update.id]

    def _is_asked_for(self, kind: str) -> bool:
        return kind in self._asked_for if self._asked_for else kind not in _NOT_BY_DEFAULT
