"""The timeline of a case in plain sentences: who was called, who answered, what was said since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.prompt import Phrase, _, phrase
from workflows.cases import end_story, plain
from workflows.cases.roles import signed, title
from workflows.cases.views import Step

Body = Mapping[str, Any]
Names = Mapping[int, tuple[str, str]]  # of staff: id to role and handle


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: sentences, and below them somebody's own words. `by` is resident, staff or machine."""

    at: datetime
    by: str
    says: tuple[Phrase, ...]
    words: str = ""


def told(step: Step, names: Names) -> Told:
    """An entry as people read it; a kind that is not known here is shown by its name."""
    body: Body = step.body if isinstance(step.body, dict) else {}
    sentences = KINDS[step.kind](body, _who(step.actor, names)) if step.kind in KINDS else (phrase(_("{kind}"), kind=step.kind),)
    words = "" if step.kind in WITHOUT_WORDS else str(body.get("words", ""))
    return Told(step.at, "machine" if step.kind in BY_ITSELF else _by(step.actor), sentences, words)


def asked_now(timeline: tuple[Step, ...]) -> str:
    """The role that was called last, empty when nobody was."""
    called = (step.body for step in reversed(timeline) if step.kind == "asked" and isinstance(step.body, dict))
    return str(next(called, {}).get("role", ""))


def staff_of(timeline: tuple[Step, ...]) -> frozenset[int]:
    """The ids of the staff who appear on a timeline."""
    found = (step.actor.removeprefix("staff:") for step in timeline if step.actor.startswith("staff:"))
    return frozenset(int(each) for each in found if each.isdigit())


def _by(actor: str) -> str:
    if actor.startswith("staff:"):
        return "staff"
    return "machine" if actor == "clock" else "resident"


def _who(actor: str, names: Names) -> Phrase:
    if not actor.startswith("staff:"):
        return phrase(_("the resident"))
    number = actor.removeprefix("staff:")
    return who_is(int(number), names) if number.isdigit() else title("administrator")  # who sits at the machine itself has no name


def who_is(staff_id: int, names: Names) -> Phrase:
    """This member of staff, who may have left since."""
    return signed(*names[staff_id]) if staff_id in names else title("")


def _opened(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    label, category = str(body.get("label", "")), str(body.get("category", ""))
    values = {"label": plain.named(plain.CLASSES, label), "category": plain.named(plain.CATEGORIES, category)}
    return (phrase(_("The report came in and was filed: {label}, {category}."), **values),)


def _asked(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (*_skipped(body), phrase(_("The {role} was called."), role=title(str(body.get("role", "")))))


def _nobody(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (*_skipped(body), phrase(_("Nobody was left to call. It waits for whoever reads this.")))


def _skipped(body: Body) -> tuple[Phrase, ...]:
    """Who was passed over, as `role: why`."""
    pairs = [str(each).partition(": ") for each in body.get("skipped", ())]
    return tuple(phrase(UNREACHED if why == "unreachable" else UNFILLED, role=title(role)) for role, _colon, why in pairs)


UNFILLED = _("No {role} is on duty for this place.")
UNREACHED = _("No {role} could be reached.")


def _amended(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    said: list[Phrase] = []
    if body.get("place"):
        said.append(phrase(_("Where it is, says {who}: {place}."), who=who, place=str(body["place"])))
    if body.get("hurt") == "yes":
        said.append(phrase(_("Somebody is hurt or trapped, says {who}."), who=who))
    elif body.get("hurt"):
        said.append(phrase(_("Nobody is hurt or trapped, says {who}."), who=who))
    if body.get("words") or not said:
        said.append(phrase(ADDED, who=who))
    return tuple(said)


ADDED = _("Something was added by {who}:")


def _handed_over(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (phrase(_("It was left to a person. {why}"), why=plain.named(plain.WAITS, str(body.get("why", "")))),)


def _unreachable(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    if body.get("purpose") in ("reply", "case") or body.get("question") in ("solved", "told"):
        return (phrase(_("The resident could not be told: there is no address that works.")),)
    return (phrase(_("Somebody who was to be called has no address that works.")),)


def _not_kept(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    return (phrase(_("A photo, recording or file could not be kept. {why}"), why=phrase(str(body.get("why", "")))),)


def _set_aside(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    left = _("A copy of the database was put back; what may have gone out already was not sent again: {count}.")
    return (phrase(left, count=int(body.get("deliveries", 0))),)


def _given_back(body: Body, who: Phrase) -> tuple[Phrase, ...]:
    asked = _("Had taken it and cannot go after all: {who}. The next one was asked at once.")
    return (phrase(_("Had taken it and cannot go after all: {who}. It waits for a person.") if body.get("is_left") else asked, who=who),)


def _says(sentence: str) -> Callable[[Body, Phrase], tuple[Phrase, ...]]:
    return lambda body, who: (Phrase(sentence, {"who": {"words": who.words, "values": who.values}}),)


WITHOUT_WORDS = ("opened",)  # they stand at the top of the page
# Whoever's turn it happened in.
BY_ITSELF = ("asked", "nobody_to_ask", "unreachable", "attachment_refused", "attachment_gone", "set_aside", *end_story.BY_ITSELF)
KINDS: Mapping[str, Callable[[Body, Phrase], tuple[Phrase, ...]]] = {
    "opened": _opened,
    "asked": _asked,
    "nobody_to_ask": _nobody,
    "amended": _amended,
    "handed_over": _handed_over,
    "accepted": _says(_("Taken on by {who}; the resident was told.")),
    "declined": _says(_("Cannot go: {who}.")),
    "given_back": _given_back,
    "answered": _says(_("The resident was answered by {who}:")),
    "unreachable": _unreachable,
    "attachment_refused": _not_kept,
    "attachment_gone": _not_kept,
    "set_aside": _set_aside,
    **end_story.KINDS,
}
