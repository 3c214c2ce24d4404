"""Sentences about a promise that a decision and a talk both say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.prompt import Phrase, _, phrase

KINDS: Mapping[str, str] = {"urgent": _("urgent"), "general": _("general"), "suggestion": _("suggestion")}
PROMISES: Mapping[str, str] = {
    "urgent": _("a person answers by {due:moment}"),
    "general": _("done by {due:day}"),
    "suggestion": _("an answer by {due:day}"),
}
ESTIMATES: Mapping[str, str] = {
    "urgent": PROMISES["urgent"],
    "general": _("done by about {due:day}"),
    "suggestion": _("an answer by about {due:day}"),
}


def promise_of(label: str, due: datetime, *, provisional: bool) -> Phrase:
    """What is promised, and by when, as part of a sentence."""
    return phrase((ESTIMATES if provisional else PROMISES)[label], due=due)


def goes_on(number: str, label: str, due: datetime, *, provisional: bool) -> Phrase:
    """A case that was not solved goes on, with its new promise."""
    promise = promise_of(label, due, provisional=provisional)
    return phrase(_("We are sorry it is not done. Case {number:digits} goes on: {promise}."), number=number, promise=promise)
