"""What the tests of the way out share: a real store with plainly invented people, a channel that answers as told, a plain translator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot import outbox
from bot.deliveries import DELIVERY
from bot.effects import Command, Owner
from bot.envelope import Address, Lane, Media, Outbound, Purpose, Sent
from bot.errors import SendError, Unavailable
from bot.outbox import Claimed, Content
from bot.prompt import Phrase
from bot.store import people
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import TimerRow
from bot.translate import load_translator
from channels.media import Fetched, too_large, typed

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LEASE = timedelta(minutes=2)
TRANSLATOR = load_translator("en", ZoneInfo("Asia/Shanghai"))


class Climb(Command[None], frozen=True):
    """A command that may follow the end of a delivery."""

    step: int = 0


@dataclass
class Paper:
    """A channel that keeps what it is given and answers as `answer` says."""

    name: str = "sms"
    variant: Any = "sms"
    pushes: bool = True
    rate: int = 100_000
    in_flight: int = 10
    answer: Callable[[Outbound], Sent | SendError] = lambda outbound: Sent(f"sid-{outbound.delivery_id}")
    taken: list[Outbound] = field(default_factory=list)
    fetched: bytes | None = None

    def draw(self, says: tuple[str, ...], asked: str | None = None, choices: tuple[tuple[str, str], ...] = ()) -> str:
        return " ".join((*says, *([asked] if asked else []), *(f"{key}){words}" for key, words in choices)))

    async def open(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        await asyncio.sleep(0)

    async def fetch(self, media: Media, limit: int) -> Fetched:
        await asyncio.sleep(0)
        if self.fetched is None:
            raise Unavailable
        if len(self.fetched) > limit:
            raise too_large()
        return typed(self.fetched)

    async def send(self, outbound: Outbound) -> Sent:
        await asyncio.sleep(0)
        self.taken.append(outbound)
        answer = self.answer(outbound)
        if isinstance(answer, SendError):
            raise answer
        return answer


def open_store(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder / 'anlin.db'}", Vault(KeyFile.load_or_make(folder / "sealing.key")))
    store.migrate()
    return store


def person(store: Store, *channels: str, number: int = 1) -> tuple[int, ...]:
    """A person reached on these channels in this order; the answer is their address ids."""
    with store.begin() as tx:
        owner = Owner(person_id=people.add_person(tx, name="Example Resident", now=NOW))
        return tuple(
            people.add_address(tx, Address(channel, f"+990000{place}{number:05}"), owner, preference=place, now=NOW)
            for place, channel in enumerate(channels)
        )


def reached(store: Store, address_id: int) -> people.Reached:
    with store.read() as tx:
        row = tx.first(select(outbox.ADDRESS).where(outbox.ADDRESS.c.id == address_id))
        assert row is not None
        return people.Reached(row.id, row.channel, row.data_key_id)


def queue(store: Store, address_id: int, words: str = "Hello.", *, lane: Lane = Lane.REPLY, now: datetime = NOW, **terms: Any) -> int:
    address = reached(store, address_id)
    terms.setdefault("purpose", Purpose.SAFETY)
    with store.begin() as tx:
        return outbox.enqueue(tx, address=address, content=Content((Phrase(words),)), now=now, lane=lane, **terms)


def claim(store: Store, now: datetime = NOW, *channels: str, limit: int = 200, holder: str = "one") -> tuple[Claimed, ...]:
    with store.begin() as tx:
        return outbox.claim(tx, channels or ("sms",), holder=holder, now=now, lease=LEASE, limit=limit)


def row(store: Store, delivery_id: int) -> Any:
    with store.read() as tx:
        return tx.first(select(DELIVERY).where(DELIVERY.c.id == delivery_id))


def rows(store: Store) -> list[Any]:
    with store.read() as tx:
        return list(tx.all(select(DELIVERY).order_by(DELIVERY.c.id)))


def due_commands(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(timer.subject, timer.command) for timer in tx.all(select(TimerRow.subject, TimerRow.command))]
