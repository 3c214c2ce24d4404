"""What may be wanted of a case, and what is answered. A command is never renamed; what it answers only grows, with defaults."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from bot.effects import Command
from bot.envelope import Lane, Media
from bot.prompt import Choice, _, ask
from workflows.places.words import Place


class Seen(Struct, frozen=True):
    """How the words were understood, and why."""

    label: str
    category: str = "other"
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    advice: str = ""


class Triage(Command[Seen], frozen=True):
    """Understand these words; `danger` says that danger words stood in them."""

    text: str
    danger: bool = False
    unheard: bool = False  # spoken words that were recorded and that nobody has listened to yet


class OnDuty(Struct, frozen=True):
    """Who can be put through to about a case right now; without a phone there is nobody."""

    role: str = ""
    phone: str = ""


class WhoIsOnDuty(Command[OnDuty], frozen=True):
    """The person to connect a caller with: who has taken the case, else the first of its ladder who can be reached."""

    number: str


class Opened(Struct, frozen=True):
    """A case that now exists: its number, what is promised, and who is being called when it is urgent."""

    number: str
    label: str
    category: str
    due_at: datetime
    provisional: bool = False
    called: str = ""
    next_at: datetime | None = None
    advice: str = ""


class OpenCase(Command[Opened], frozen=True):
    """Open a case for the person who is talking, from their first words on."""

    text: str
    seen: Seen
    place: Place | None = None
    media: tuple[Media, ...] = ()
    needs_person: str = ""


def is_recorded(media: tuple[Media, ...]) -> bool:
    """Whether something was spoken that a person must listen to."""
    return any(each.content_type.startswith("audio/") for each in media)


class Amended(Struct, frozen=True):
    """The case as it now stands; `called` is who is being called because of what was added."""

    number: str
    called: str = ""


class AmendCase(Command[Amended], frozen=True):
    """Add to a case what its reporter has said since; `quiet` keeps it without telling staff each time, in a flood."""

    number: str
    place: Place | None = None
    hurt: str = ""
    note: str = ""
    media: tuple[Media, ...] = ()
    danger: bool = False
    quiet: bool = False


class HandOver(Command[Opened], frozen=True):
    """A person must look at this case; without a number the talk's words become a draft case."""

    why: str
    number: str = ""
    text: str = ""


class Status(Struct, frozen=True):
    """What may be told of a case to who asks; `is_known` is false for a stranger, as if there were no such number."""

    is_known: bool
    number: str = ""
    state: str = ""
    due_at: datetime | None = None
    provisional: bool = False
    label: str = ""
    others: tuple[str, ...] = ()


class StatusOf(Command[Status], frozen=True):
    """How far a case has come; without a number, the latest of the person who asks."""

    only_looks: ClassVar[bool] = True
    number: str = ""


class Taken(Struct, frozen=True):
    """What came of a grid worker's answer; `is_taken` is false when somebody else (`by`) was quicker or the case has ended."""

    number: str
    is_taken: bool
    by: str = ""


class AcceptCase(Command[Taken], frozen=True):
    """I take this case; its ladder stops and its reporter is told."""

    number: str


class DeclineCase(Command[Taken], frozen=True):
    """I cannot take this case; the next is asked at once."""

    number: str


class Answered(Struct, frozen=True):
    """The words are on their way to the reporter; `was_first` when nobody had answered before."""

    number: str
    was_first: bool
    channel: str = ""  # where the reporter wrote from, and is answered


class AnswerCase(Command[Answered], frozen=True):
    """A person's own words to the reporter of a case. The first ones are the response that an urgent case is promised.

    `seen` is how many entries by people the case had when they were written; when there are more now, these are to be read first.
    """

    number: str
    text: str
    seen: int = 0


class Listed(Struct, frozen=True):
    """A case in a list for staff: what is clear of it, nobody's words, name or room."""

    number: str
    label: str
    place: str = ""  # estate, building and unit as the register writes them; empty when it is not clear
    due_at: datetime | None = None
    is_asked: bool = False  # whoever asks for the list has been asked to take it, and has not answered
    is_answered: bool = False
    why: str = ""  # it waits for a person, why and for how many minutes
    waits: int = 0


class Worklist(Struct, frozen=True):
    """A page of a list, how many cases it has in all and how many come after this page; `is_called` while a call to act is unanswered."""

    cases: tuple[Listed, ...] = ()
    count: int = 0
    more: int = 0
    is_called: bool = False


class MyWork(Command[Worklist], frozen=True):
    """The cases that I am asked about or have taken, what is promised soonest first."""

    page: int = 0


class WhoWaits(Command[Worklist], frozen=True):
    """The cases within my grids that wait for a person, urgent ones first, then who has waited longest."""

    page: int = 0


class CaseSeen(Struct, frozen=True):
    """One case as staff may see it over the channel they ask on; `refused` when it is not theirs to see."""

    number: str = ""
    is_known: bool = False
    refused: bool = False
    label: str = ""
    state: str = ""
    place: Place | None = None
    words: str = ""
    is_withheld: bool = False  # the words are there and may not leave the country
    due_at: datetime | None = None
    taken_by: str = ""  # the role of who has taken it
    asked: tuple[str, ...] = ()  # the roles of who was asked to
    why: str = ""


class CaseFor(Command[CaseSeen], frozen=True):
    """One case, for a member of staff; the look is on record. `brief` leaves out what the resident said."""

    number: str
    brief: bool = False


class Climbed(Struct, frozen=True):
    """Who is asked now; empty when the step was stale or the ladder has ended."""

    called: str = ""


class Climb(Command[Climbed], frozen=True):
    """The ladder of a case goes to this level, if it still stands on the one before."""

    number: str
    level: int


PING = (
    Choice("accept", _("I take it"), _("accept|going|on my way|yes")),
    Choice("decline", _("I cannot"), _("no|cannot|can't")),
)
CAN_YOU = ask("reply", _("Can you take it?"), *PING, words_too=True, takes_danger=True, lane=Lane.URGENT)
