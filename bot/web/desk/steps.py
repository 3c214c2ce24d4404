"""The steps by which a case is worked on and brought to its end at the desk, each with the words of its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.effects import Command
from bot.prompt import _
from workflows.cases.end_words import (
    SOLVED,
    ArriveCase,
    CancelCase,
    GoOn,
    JudgeCase,
    NoteCase,
    ProgressCase,
    ReclassifyCase,
    ResolveCase,
    WaitForResident,
)
from workflows.cases.states import TABLE, UNDER_WAY

Form = Mapping[str, str]
Makes = Callable[[str, str, Form], Command[Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what its form is called, what its words are for (empty: none are asked), its button, and the command it makes."""

    title: str
    asks: str
    button: str
    makes: Makes
    may_be_empty: bool = False


STEPS: Mapping[str, Step] = {
    "arrive": Step(_("I am there"), "", _("I am there"), lambda number, _words, _form: ArriveCase(number)),
    "progress": Step(
        _("How it goes"),
        _("What the resident should know (may stay empty)"),
        _("Tell the resident it is being worked on"),
        lambda number, words, _form: ProgressCase(number, words),
        may_be_empty=True,
    ),
    "wait": Step(
        _("Something is missing from the resident"),
        _("What do you need to know from them? Until they answer, the working days do not count."),
        _("Ask the resident"),
        lambda number, words, _form: WaitForResident(number, words),
    ),
    "go_on": Step(_("They have answered"), "", _("Go on with it"), lambda number, _words, _form: GoOn(number)),
    "resolve": Step(
        _("It is done"),
        _("What was done? The resident reads this, and is asked whether it is solved."),
        _("Say that it is done"),
        lambda number, words, form: ResolveCase(number, words, form.get("offline", ""), form.get("why_not", "")),
    ),
    "verdict": Step(
        _("What the resident says"), "", _("Write it down"), lambda number, _words, form: JudgeCase(number, form.get("verdict", ""))
    ),
    "note": Step(
        _("A note"),
        _("The note"),
        _("Keep the note"),
        lambda number, words, form: NoteCase(number, words, for_resident="for_resident" in form),
    ),
    "reclassify": Step(
        _("Its class is wrong"),
        _("Why? The resident reads this, with the old date and the new one."),
        _("Change the class"),
        lambda number, words, form: ReclassifyCase(number, form.get("label", ""), words),
    ),
    "cancel": Step(
        _("Nothing is to be done"),
        _("Why not? The resident reads this."),
        _("Cancel the case"),
        lambda number, words, _form: CancelCase(number, words),
    ),
}
WAYS = {
    "visit": _("face to face"),
    "call": _("by a call"),
    "board": _("on the notice board"),
    "paper": _("on paper"),
    "none": _("not told, because…"),
}
SAYS = {choice.value: choice.words for choice in SOLVED.choices}


def steps_of(state: str) -> dict[str, Step]:
    """The steps that a case in this state may take, in the order of their forms."""
    besides = {"reclassify"} if state in UNDER_WAY else {"verdict"} if state == "resolved" else set()
    return {name: step for name, step in STEPS.items() if name in {*TABLE[state], "note", *besides}}
