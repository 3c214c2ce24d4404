"""What may be wanted of a resident's record, and what is answered. A command is never renamed; its answer only grows, with defaults."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from bot.effects import Command
from bot.prompt import Choice, _, ask
from workflows.places.words import Place

CARE, HEALTH, ABROAD = "care", "health", "abroad"  # what a person agrees to; each is asked for itself (PIPL art. 14, 29, 39)
ALONE = "lives_alone"
OF_HEALTH = ("cannot_walk", "hears_badly", "powered_device")  # sensitive personal information (PIPL art. 28)
HELPER, FAMILY = "helper", "family"  # what somebody is asked to be: a help in need, or a resident whom their child registers

_CODE = re.compile(r"join[-_](\d{1,9})(?:[-_](\d{1,9}))?", re.ASCII)
DAYS_TO_ANSWER = timedelta(days=3)
AGREED = (
    Choice("yes", _("I agree"), _("yes|y|agree|i agree|i do|all right|ok|okay")),
    Choice("no", _("I do not agree"), _("no|n|refuse|i do not|i do not agree|rather not")),
)
WILLING = (
    Choice("yes", _("I will"), _("yes|y|yeah|i will|all right|ok|okay|agree")),
    Choice("no", _("I would rather not"), _("no|n|nope|i cannot|i will not|rather not")),
)
INVITATIONS = {
    HELPER: ask("agree", _("Will you, and may we keep your number for it?"), *WILLING, patience=DAYS_TO_ANSWER, gives_way=True),
    FAMILY: ask("agree", _("May we keep it?"), *AGREED, patience=DAYS_TO_ANSWER, gives_way=True),
}


def place_of_code(code: str) -> tuple[int, int | None] | None:
    """The building, and the unit if one was named, of a poster's code (`workflows.places.links`); None for what is none."""
    found = _CODE.fullmatch(code.strip())
    return (int(found[1]), int(found[2]) if found[2] else None) if found else None


class Agreed(Struct, frozen=True):
    """What a person agreed to, in which words (a source sentence), and when."""

    kind: str
    words: str
    at: datetime


class Record(Struct, frozen=True):
    """What is kept of who asks. A phone that a household shares has a home and nobody's name."""

    name: str = ""
    is_shared: bool = False
    has_home: bool = False
    needs: tuple[str, ...] = ()
    helpers: int = 0
    cares_for: int = 0
    consents: tuple[str, ...] = ()
    on_a_phone: bool = False  # what they write or speak from is a number, which others may use too
    is_abroad: bool = False  # what is told there leaves the country
    is_staff: bool = False

    @property
    def is_registered(self) -> bool:
        return bool(self.name) or (self.has_home and not self.is_shared)


class ReadRecord(Command[Record], frozen=True):
    """What is kept of who asks (PIPL art. 45)."""

    only_looks: ClassVar[bool] = True


class Missing(Struct, frozen=True):
    """What a home still lacks: the building, the unit, the room, or nothing."""

    what: str = ""


class CheckHome(Command[Missing], frozen=True):
    """Whether this place is one home."""

    only_looks: ClassVar[bool] = True
    place: Place


class Spot(Struct, frozen=True):
    """The words by which a place is found; empty for the code of a place that is not there."""

    words: str = ""


class ReadCode(Command[Spot], frozen=True):
    """Which place the code of a poster names; what is no code is words already."""

    only_looks: ClassVar[bool] = True
    code: str


class Kept(Struct, frozen=True):
    """The record is kept; `person_id` is whose."""

    person_id: int = 0


class KeepRecord(Command[Kept], frozen=True):
    """Keep what a resident has said of themselves; what is None stays as it was."""

    place: Place | None = None
    name: str | None = None
    needs: tuple[str, ...] | None = None
    is_shared: bool = False  # the phone is the household's from now on
    agreed: tuple[Agreed, ...] = ()


class NumberSeen(Struct, frozen=True):
    """What is so of a number: ok, bad (no number), own, shared (by a family), silent (no answer can come from it), many (asked enough)."""

    state: str = "ok"
    number: str = ""


class SeeNumber(Command[NumberSeen], frozen=True):
    """Whether somebody can be asked, or only told, at this number."""

    only_looks: ClassVar[bool] = True
    text: str
    answers: bool = False


class Invited(Struct, frozen=True):
    """Somebody is being asked."""

    person_id: int = 0


class Invite(Command[Invited], frozen=True):
    """Ask whoever has this number, there, whether they want to be what `role` says; of family the name and home come along."""

    number: str
    role: str
    name: str = ""
    place: Place | None = None


class AnswerInvitation(Command[Kept], frozen=True):
    """Who was asked says yes or no."""

    inviter: int
    role: str
    accepts: bool
    agreed: tuple[Agreed, ...] = ()


class EndInvitation(Command[Kept], frozen=True):
    """Nobody has answered for days, or the words never arrived: what was kept for asking is erased, and the inviter told."""

    inviter: int
    invitee: int
    role: str


class CodeSent(Struct, frozen=True):
    """The code is on its way."""

    until: datetime | None = None


class SendCode(Command[CodeSent], frozen=True):
    """Send a code to this number, to be said here."""

    number: str


class Tried(Struct, frozen=True):
    """What came of a code: joined, wrong, over (too late, too often, or none was sent), two (both are known to us as somebody)."""

    state: str = "wrong"


class TryCode(Command[Tried], frozen=True):
    """This code was said here: both addresses are one person's from now on. With `leaves` the number it was sent to is given up."""

    code: str
    leaves: bool = False


class Forgotten(Struct, frozen=True):
    """The record is gone; numbers and words follow at this moment."""

    at: datetime | None = None


class ForgetMe(Command[Forgotten], frozen=True):
    """Delete what is kept of who asks: the record at once, numbers and words when our last words have reached them (PIPL art. 47)."""


class EraseForGood(Command[Forgotten], frozen=True):
    """The person's keys are destroyed. Who has written since then is waited for."""

    person_id: int
    since: datetime
