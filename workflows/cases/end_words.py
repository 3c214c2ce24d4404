"""What may be wanted of a case on its way to its end, and what is answered. A command is never renamed; what it answers only grows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from bot.effects import Command
from bot.envelope import Lane
from bot.prompt import Choice, _, ask

OFFLINE = ("visit", "call", "board", "paper", "none")  # how a result is given beside the channel (T/CMCA draft 6.4.8)
MOST_WORDS = 300  # characters of what was done: more than a few texts nobody reads to the end
VERDICTS = ("solved", "partly", "not")
# What a grade counts in the satisfaction rate: "basically satisfied" 0.9, as districts' own reports count it; the rate is local practice.
WORTH: Mapping[str, float] = {"very_good": 1.0, "good": 1.0, "fair": 0.9, "bad": 0.0, "very_bad": 0.0}


class Moved(Struct, frozen=True):
    """The state that a case has come to."""

    number: str
    state: str


class Moves(Struct, frozen=True):
    """What whoever asks may do to a case now; `is_mine` says that they have taken it."""

    number: str
    is_known: bool = False
    state: str = ""
    label: str = ""
    is_mine: bool = False
    can: tuple[str, ...] = ()


class MovesOf(Command[Moves], frozen=True):
    """What I may do to this case now; nothing changes."""

    number: str


class ProgressCase(Command[Moved], frozen=True):
    """It is being worked on; the resident hears so, with these words where there are any."""

    number: str
    note: str = ""


class ArriveCase(Command[Moved], frozen=True):
    """I am there. Somebody who has come is the first response as much as a word is."""

    number: str


class ResolveCase(Command[Moved], frozen=True):
    """The office's word that it is done: what was done, how that was also told offline, or why it was not."""

    number: str
    words: str
    offline: str = ""
    why_not: str = ""


class Judged(Struct, frozen=True):
    """What came of the resident's word; `is_taken` is false when nothing was asked or it was said before."""

    number: str
    is_taken: bool
    state: str
    label: str = ""
    due_at: datetime | None = None
    provisional: bool = False
    called: str = ""


class JudgeCase(Command[Judged], frozen=True):
    """Whether it is solved, from its reporter's mouth, or from theirs through staff who asked them. Anything but yes reopens it."""

    number: str
    verdict: str


class RateCase(Command[Moved], frozen=True):
    """How satisfied its reporter is."""

    number: str
    grade: str


class CloseSilent(Command[Moved], frozen=True):
    """Its reporter was asked and has not said a word; `reopened` is how often the case had been reopened then."""

    number: str
    reopened: int = 0


class Unasked(Command[Moved], frozen=True):
    """Its reporter could not be asked whether it is solved; a person must."""

    number: str
    reopened: int = 0


class WaitForResident(Command[Moved], frozen=True):
    """Its resident is asked something without which it cannot go on; until they answer, its working days do not count."""

    number: str
    question: str


class GoOn(Command[Moved], frozen=True):
    """What was asked is answered: it goes on with the days that were left."""

    number: str


class WaitEnds(Command[Moved], frozen=True):
    """It has waited long enough since then, or nobody could be asked: it goes on with what is known."""

    number: str
    since: datetime


class CancelCase(Command[Moved], frozen=True):
    """Nothing is to be done about it, and why; the resident is told."""

    number: str
    why: str


class Reclassified(Struct, frozen=True):
    """The class a case now has, and what it is promised in place of what."""

    number: str
    label: str
    was_due_at: datetime
    due_at: datetime
    provisional: bool = False
    called: str = ""


class ReclassifyCase(Command[Reclassified], frozen=True):
    """Its class was wrong, and why; what is promised is counted again from its receipt."""

    number: str
    label: str
    why: str


class NoteCase(Command[Moved], frozen=True):
    """Words of staff on its timeline: among themselves, or for the resident too."""

    number: str
    words: str
    for_resident: bool = False


class Breach(Command[Moved], frozen=True):
    """The promised moment has come; if the promise is not kept by now, that is on record and told upwards."""

    number: str


OF_ITS_END = (
    MovesOf,
    ProgressCase,
    ArriveCase,
    ResolveCase,
    Unasked,
    JudgeCase,
    RateCase,
    CloseSilent,
    WaitForResident,
    GoOn,
    WaitEnds,
    CancelCase,
    ReclassifyCase,
    NoteCase,
    Breach,
)
SOLVED = ask(
    "solved",
    _("Is it solved?"),
    Choice("solved", _("Solved"), _("solved|it is solved|all good|fixed|yes|it works")),
    Choice("partly", _("Partly"), _("partly|half|not completely")),
    Choice("not", _("Not solved"), _("not solved|not fixed|no|still broken|it is not solved")),
    lane=Lane.UPDATE,
    patience=timedelta(days=30),  # silence closes the case long before; a late no still reopens it
)
SATISFIED = ask(
    "satisfied",
    _("How satisfied are you with how it was done?"),
    Choice("very_good", _("Very satisfied"), _("very satisfied|very good")),
    Choice("good", _("Satisfied"), _("satisfied|good")),
    Choice("fair", _("Basically satisfied"), _("basically satisfied|all right|so so")),
    Choice("bad", _("Dissatisfied"), _("dissatisfied|not satisfied|bad")),
    Choice("very_bad", _("Very dissatisfied"), _("very dissatisfied|very bad")),
    lane=Lane.UPDATE,
    patience=timedelta(days=3),
)
TOLD = ask(
    "told",
    _("Please answer in a few words."),
    lane=Lane.UPDATE,
    gives_way=True,  # a new repair is a report, also while we wait for an answer
    patience=timedelta(days=30),
)
HOW_FAR = ask(  # 2 stays what it was in the call to act: who presses it late still says that they cannot
    "how_far",
    _("How far are you?"),
    Choice("arrived", _("I am there"), _("there|arrived|i am here")),
    Choice("cannot", _("I cannot after all"), _("cannot|can't|i cannot go")),
    Choice("done", _("Done"), _("done|finished|fixed")),
    lane=Lane.UPDATE,
    patience=timedelta(days=30),
)
