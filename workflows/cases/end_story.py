"""The end of a case in plain sentences, as its timeline tells it: worked on, done, judged, closed; promises kept and broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.prompt import Phrase, _, phrase
from workflows.cases import plain

Body = Mapping[str, Any]

OFFLINE = {
    "visit": _("Also told in person."),
    "call": _("Also told by telephone."),
    "board": _("Also told on the notice board."),
    "paper": _("Also told on paper."),
}
CLOSED = {
    "agreed": _("Solved, says {who}: it is closed."),
    "silence": _("The resident said nothing for five working days: it is closed."),
    "unreachable": _("The resident could not be asked: it is closed."),
}
GRADES = {
    "very_good": _("The resident is very satisfied."),
    "good": _("The resident is satisfied."),
    "fair": _("The resident is basically satisfied."),
    "bad": _("The resident is dissatisfied."),
    "very_bad": _("The resident is very dissatisfied."),
}


def _resolved(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    done = phrase(_("Done, says {who}; the resident is asked whether it is solved:"), who=who)
    offline = str(body.get("offline", ""))
    if offline in OFFLINE:
        return (done, phrase(OFFLINE[offline]))
    return (done, phrase(_("Told in no other way. Why: {why}"), why=str(body.get("why_not", ""))))


def _reopened(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    partly = _("Partly solved, says {who}: it was opened again.")
    return (phrase(partly if body.get("verdict") == "partly" else _("Not solved, says {who}: it was opened again."), who=who),)


def _closed(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (Phrase(CLOSED.get(str(body.get("why", "")), CLOSED["silence"]), {"who": {"words": who.words, "values": who.values}}),)


def _reclassified(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    old, new = (plain.named(plain.CLASSES, str(body.get(name, ""))) for name in ("old", "new"))
    return (phrase(_("{new} instead of {old}, says {who}. Why: {why}"), new=new, old=old, who=who, why=str(body.get("why", ""))),)


def _cancelled(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (phrase(_("Cancelled by {who}. Why: {why}"), who=who, why=str(body.get("why", ""))),)


def _rated(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (plain.named(GRADES, str(body.get("grade", ""))),)


def _noted(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    told = _("A note by {who}, told to the resident:")
    return (phrase(_("A note by {who}, for staff:") if body.get("is_internal") else told, who=who),)


def _says(sentence: str) -> Callable[[Body, Phrase], tuple[Phrase, ...]]:
    return lambda body, who: (Phrase(sentence, {"who": {"words": who.words, "values": who.values}}),)


BY_ITSELF = ("promise_kept", "promise_broken", "not_asked", "resumed")  # whoever's turn it happened in
KINDS: Mapping[str, Callable[[Body, Phrase], tuple[Phrase, ...]]] = {
    "progress": _says(_("Being worked on by {who}; the resident was told.")),
    "arrived": _says(_("There now: {who}; the resident was told.")),
    "resolved": _resolved,
    "not_asked": _says(_("No words reached the resident: somebody must ask whether it is solved.")),
    "reopened": _reopened,
    "closed": _closed,
    "agreed": _says(_("Solved, says {who} after all.")),
    "rated": _rated,
    "cancelled": _cancelled,
    "reclassified": _reclassified,
    "noted": _noted,
    "waits": _says(_("The resident was asked by {who}; until they answer, its days do not count:")),
    "resumed": _says(_("It goes on, with the days that were left.")),
    "promise_kept": _says(_("What was promised was kept in time.")),
    "promise_broken": _says(_("What was promised was not kept in time; the duty officer and the street were told.")),
}
