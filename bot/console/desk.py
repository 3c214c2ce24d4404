"""What the commands share: the open database, who signs, and how an answer is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
import msgspec

from bot import settings
from bot.app import Base, house_of, open_base
from bot.effects import Actor, Owner
from bot.errors import NotAllowed
from bot.prompt import Phrase, _
from bot.room import House
from bot.store import people
from workflows.cases.doors import grids_seen

as_option = click.option("--as", "handle", metavar="NAME", help="Who signs: the handle of a member of staff.")
json_option = click.option("--json", "is_json", is_flag=True, help="One JSON document on standard output.")


@dataclass(frozen=True, slots=True)
class Desk:
    """An open database, and who sits at it."""

    base: Base
    house: House
    actor: Actor

    @property
    def now(self) -> datetime:
        return self.base.clock.now()

    @property
    def reader(self) -> str:
        """Who is written into the read log."""
        return str(self.actor)

    @property
    def grids(self) -> tuple[int, ...] | None:
        """The grids this actor sees; None for all."""
        return grids_seen(self.actor)

    def only(self, *roles: str) -> None:
        """Nobody but these roles goes on from here; what rooms decide, they refuse themselves."""
        if self.actor.role not in roles:
            raise NotAllowed(_("Only these roles may do this: {roles}."), roles=", ".join(roles))

    def said(self, phrase: Phrase | None) -> str:
        """A phrase in the service's own language."""
        return self.base.translator.say(phrase, None, "screen", self.now) if phrase else ""


@contextmanager
def opened(handle: str | None = None) -> Iterator[Desk]:
    """The database with its key, closed afterwards. Without `--as` it is the administrator of the machine who acts."""
    base = open_base(settings.load())
    try:
        yield Desk(base, house_of(base), _actor(base, handle))
    finally:
        base.store.close()


def _actor(base: Base, handle: str | None) -> Actor:
    if handle is None:
        return Actor("staff", role="administrator", channel="console")
    with base.store.read() as tx:
        member = people.staff_by_handle(tx, handle)
    if member is None:
        raise click.UsageError(f"Nobody on the staff signs as {handle!r}.")
    return Actor("staff", Owner(member.person_id), member.id, member.role, member.grids, "console")


def printed(value: Any) -> None:
    """The value as one JSON document."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
