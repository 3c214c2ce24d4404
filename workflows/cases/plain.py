"""The codes of a case in words that people read: class, category, state, why it waits, how it came in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.prompt import Phrase, _, phrase
from bot.triage import categories
from workflows.cases.states import ENDED, UNDER_WAY, WAITS_TO_BE_TAKEN

CLASSES = {"urgent": _("Urgent"), "general": _("General"), "suggestion": _("Suggestion")}

CATEGORIES = {code: category.name for code, category in categories.CATEGORIES.items()}

STATES = {
    "open": _("Nobody has taken it yet"),
    "accepted": _("Taken on"),
    "in_progress": _("Being worked on"),
    "waiting": _("Waits for the resident"),
    "resolved": _("Done, the resident is asked"),
    "reopened": _("Not solved, nobody has taken it yet"),
    "closed": _("Closed"),
    "cancelled": _("Cancelled"),
    "merged": _("Merged with another"),
}

WAITS = {
    "recording": _("There is a recording that somebody must listen to."),
    "new words": _("The resident has said something more."),
    "nobody": _("Nobody at all could be called: look at it now."),
    "place": _("It is not clear where it is."),
    "person": _("The resident wants to talk to a person."),
    "unclear": _("The machine did not understand what was said."),
    "silence": _("The resident stopped answering half-way."),
    "hung up": _("The call ended half-way."),
    "broken": _("The machine broke down over these words."),
    "reopened": _("It is not solved, the resident says."),
    "given back": _("Who had taken it cannot go after all."),
    "unasked": _("Somebody must ask the resident whether it is solved: no words reach them."),
    "dissatisfied": _("The resident is not satisfied."),
    "home": _("They want to register, and their home is not in our list."),
    "visit": _("They want to be registered at home."),
    "join": _("They write from two addresses that we know as two people."),
    "number": _("They have a new number, and the old one does not answer."),
    "erase": _("They want to be forgotten, and share their number with others."),
}
UNTAKEN = _("Urgent, and nobody has taken it yet.")
UNANSWERED = _("Urgent, and no person has answered the resident yet.")

CHANNELS = {
    "sms": _("text"),
    "voice": _("telephone"),
    "telegram": _("Telegram"),
    "webchat": _("web page"),
    "terminal": _("terminal"),
    "desk": _("desk"),
    "console": _("command line"),
}


def named(words: Mapping[str, str], code: str) -> Phrase:
    """The words for a code; a code without any is shown as it is."""
    return phrase(words[code]) if code in words else phrase(_("{code}"), code=code)


def waits_for(needs_person: str, state: str) -> Phrase:
    """Why a case waits for a person."""
    if needs_person:
        return named(WAITS, needs_person)
    return phrase(UNTAKEN if state in WAITS_TO_BE_TAKEN else UNANSWERED)


def is_under_way(state: str) -> bool:
    """Whether what was promised is still to be kept."""
    return state in UNDER_WAY


def has_ended(state: str) -> bool:
    """Whether nobody works on it any more."""
    return state in ENDED


def age(since: datetime, now: datetime) -> Phrase:
    """How long something has waited, in the unit that a glance takes in."""
    waited = max(now - since, timedelta(0))
    minutes, hours = int(waited.total_seconds() // 60), int(waited.total_seconds() // 3600)
    if minutes < 1:
        return phrase(_("just now"))
    if hours < 1:
        return phrase(_("waits {count} min"), count=minutes)
    if hours < 48:
        return phrase(_("waits {count} h"), count=hours)
    return phrase(_("waits {count} days"), count=hours // 24)


def promised(due: datetime, provisional: bool) -> Phrase:
    """What the resident was promised; a date that may still move says so."""
    return phrase(_("by about {due:day}"), due=due) if provisional else phrase(_("by {due:moment} at the latest"), due=due)


def overdue(due: datetime, now: datetime) -> Phrase | None:
    """How long a promised moment has passed, if it has."""
    hours = int((now - due).total_seconds() // 3600)
    if now <= due:
        return None
    if hours < 1:
        return phrase(_("overdue"))
    if hours < 48:
        return phrase(_("overdue by {count} h"), count=hours)
    return phrase(_("overdue by {count} days"), count=hours // 24)
