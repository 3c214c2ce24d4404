"""The talks at the end of a case: how far its worker is, and whether its reporter agrees that it is solved."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from bot.effects import Command
from bot.engine import Left, Talk
from bot.envelope import Lane
from bot.prompt import Answer, Ask, Choice, Say, _, ask, say
from workflows.cases.end_words import (
    HOW_FAR,
    MOST_WORDS,
    SATISFIED,
    SOLVED,
    TOLD,
    ArriveCase,
    GoOn,
    JudgeCase,
    Judged,
    Moves,
    MovesOf,
    RateCase,
    ResolveCase,
)
from workflows.cases.roles import title
from workflows.cases.sentences import goes_on
from workflows.cases.words import AmendCase, DeclineCase, HandOver

Steps = Generator[Ask | Say | Command[Any], Any, None]

A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
THERE = ask(
    "there",
    _("And now?"),
    Choice("done", _("Done"), _("done|finished|fixed")),
    Choice("cannot", _("I cannot do it"), _("cannot|can't|not possible")),
    lane=Lane.UPDATE,
    patience=A_WEEK,
)
WHAT_WAS_DONE = ask("done_words", _("What was done? The resident is told it in your words."), takes_danger=True, patience=A_WEEK)
OFFLINE = ask(
    "offline",
    _("And how else was it told?"),
    Choice("visit", _("In person"), _("in person|visit|face to face")),
    Choice("call", _("By telephone"), _("call|telephone|phone")),
    Choice("board", _("On the notice board"), _("board|notice|poster")),
    Choice("paper", _("On paper"), _("paper|note|slip")),
    Choice("none", _("Not at all"), _("no|not at all|none")),
    patience=A_WEEK,
)
WHY_NOT = ask("why_not", _("Why not?"), takes_danger=True, patience=A_WEEK)
WHAT_IS_MISSING = ask("missing", _("What is still wrong? A word is enough; you need not answer."), patience=A_DAY)


def work(talk: Talk, number: str = "") -> Steps:
    """Whoever took a case says by digits how far they are: there, done, or not able to."""
    case = yield from MovesOf(number)
    if not case.is_mine:
        yield from _not_yours(case)
        return
    try:
        step = yield from HOW_FAR
        if step.value == "arrived":
            yield from ArriveCase(number)
            yield from say(_("Noted that you are there; the resident has been told."))
            step = yield from THERE
            case = yield from MovesOf(number)
        if not case.is_mine:
            yield from _not_yours(case)
        elif step.value == "cannot":
            yield from DeclineCase(number)
            yield from say(_("All right, somebody else sees to case {number:digits}; the resident has been told."), number=number)
        else:
            yield from _done(number)
    except Left:
        yield from say(_("All right. Case {number:digits} stays with you; when it is done, write WORK ON {number}."), number=number)


def _done(number: str) -> Steps:
    said = yield from WHAT_WAS_DONE
    while said.danger or not said.text.strip() or len(said.text) > MOST_WORDS:
        yield from AmendCase(number, note=said.text, media=said.media, danger=said.danger)
        if said.danger:
            yield from say(
                _("That sounds like danger; it is kept with the case. In danger, call 119. If it is over, say it in other words.")
            )
        else:
            yield from say(_("That is kept with the case. For the resident we need a sentence in writing."))
        said = yield from WHAT_WAS_DONE
    offline = yield from OFFLINE
    why = Answer()
    while offline.value == "none" and not why.text.strip():
        why = yield from WHY_NOT
    case = yield from MovesOf(number)
    if not case.is_mine:
        yield from _not_yours(case)
        return
    if said.media:
        yield from AmendCase(number, media=said.media)
    yield from ResolveCase(number, said.text, offline.value or "", why.text)
    yield from say(_("Thank you. The resident is asked whether case {number:digits} is solved."), number=number)


def _not_yours(case: Moves) -> Steps:
    if case.is_known:
        yield from say(_("Case {number:digits} is not in your hands; nothing was changed."), number=case.number)
    elif case.number:
        yield from say(_("There is no case {number:digits}. Please look at the digits again."), number=case.number)
    else:
        yield from say(_("Write WORK ON and the number of your case."))


def told(talk: Talk, number: str) -> Steps:
    """The reporter's answer to what a case waited for."""
    said = yield from TOLD
    yield from AmendCase(number, note=said.text, media=said.media)
    yield from GoOn(number)
    yield from say(_("Thank you, added to case {number:digits}."), number=number)


def verdict(talk: Talk, number: str) -> Steps:
    """The reporter's own word on what the office calls done; then how satisfied they are, or what is still wrong."""
    said = yield from SOLVED
    judged = yield from JudgeCase(number, said.value or "")
    if not judged.is_taken:
        yield from say(_("You have told us about case {number:digits} already. Is something wrong, just write it."), number=number)
    elif said.value == "solved":
        yield from _satisfied(number)
    else:
        yield from _sorry(judged)


def _satisfied(number: str) -> Steps:
    yield from say(_("Thank you, case {number:digits} is closed."), number=number)
    try:
        rated = yield from SATISFIED
    except Left as left:
        yield from _left(number, left.why)
        return
    yield from RateCase(number, rated.value or "")
    if rated.value in ("bad", "very_bad"):
        yield from say(_("We are sorry. It is noted, and a person will look at it."))
    else:
        yield from say(_("Thank you, it is noted. Write any time."))


def _sorry(judged: Judged) -> Steps:
    if judged.due_at is not None:
        told = goes_on(judged.number, judged.label, judged.due_at, provisional=judged.provisional)
        yield from Say(told.words, told.values)
    if judged.called:
        yield from say(_("The {role} sees to it now."), role=title(judged.called))
    try:
        missing = yield from WHAT_IS_MISSING
    except Left as left:
        yield from _left(judged.number, left.why)
        return
    yield from AmendCase(judged.number, note=missing.text, media=missing.media)
    yield from say(_("Added to case {number:digits}."), number=judged.number)


def _left(number: str, why: str) -> Steps:
    """Who asks for a person gets one; who says no more has said enough."""
    if why == "person":
        yield from HandOver(why, number)
        yield from say(_("A person will get back to you. Case {number:digits}."), number=number)
    elif why == "cancel":
        yield from say(_("All right."))
