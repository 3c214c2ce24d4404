"""The talks about cases: a report, a follow-up, a question about one, a call to who must act."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from bot.effects import Command
from bot.engine import Left, Talk
from bot.envelope import Lane
from bot.prompt import Ask, Choice, Say, _, ask, connect, phrase, say
from workflows.cases.advice import advice
from workflows.cases.roles import title
from workflows.cases.states import ENDED
from workflows.cases.words import (
    CAN_YOU,
    AcceptCase,
    AmendCase,
    DeclineCase,
    HandOver,
    OpenCase,
    Opened,
    StatusOf,
    Triage,
    WhoIsOnDuty,
    is_recorded,
)
from workflows.places.words import FindPlace, FoundPlaces, name_of, registered, where, which

Steps = Generator[Ask | Say | Command[Any], Any, None]

WHAT = ask("what", _("What has happened, and where? In danger, call 119, 120 or 110 first."), takes_danger=True)
HELLO = ask("what", _("This is Anlin. What has happened, and where? In danger, call 119, 120 or 110 first."), takes_danger=True)
HURT = (
    Choice("yes", _("Yes, somebody is"), _("yes|y|yeah|somebody is")),
    Choice("no", _("No, nobody is"), _("no|n|nobody|nobody is")),
)


def report(talk: Talk, *, greets: bool = False) -> Steps:
    """A report: from the first words on it is a case; place comes next; each answer amends it. Who has only just come is greeted."""
    case: Opened | None = None
    try:
        what = yield from HELLO if greets else WHAT
        recorded = is_recorded(what.media)
        seen = yield from Triage(what.text, what.danger, unheard=recorded and not what.text)
        found = yield from FindPlace(what.text, what.pin)
        guess = registered(found) if seen.label == "urgent" else None
        case = yield from OpenCase(what.text, seen, found.one or guess, what.media, "recording" if recorded else "")
        if case.label == "urgent":
            yield from _urgent(case, found, what.text)
        else:
            yield from _routine(case, found, what.text)
    except Left as left:
        yield from _left(case, left.why)


def _urgent(case: Opened, found: FoundPlaces, words: str) -> Steps:
    """Advice, who is being called, the place, the people; the 24-hour promise last."""
    yield from advice(case.advice)
    yield from _called(case)
    place, media = yield from where("place", found, words=words, is_danger=True)
    if not found.one:
        amended = yield from AmendCase(case.number, place=place, note="" if place.is_found else place.words, media=media)
        if amended.called:
            yield from say(_("We are calling the {role} of your building too."), role=title(amended.called))
    if not place.is_found:
        yield from _worse(case, place.words)
    hurt = yield from ask("hurt", _("Is anyone hurt or trapped?"), *HURT, words_too=True, takes_danger=True, lane=Lane.URGENT)
    said = hurt.text if hurt.value is None else ""
    if said:
        yield from _worse(case, said)
    looked = (yield from FindPlace(said, hurt.pin)) if said and not place.is_found else FoundPlaces()
    yield from AmendCase(case.number, place=looked.one, hurt=hurt.value or "", note=said, media=hurt.media)
    if looked.several:
        place, media = yield from which("place.then", looked.several, words=said, is_danger=True)
        yield from AmendCase(case.number, place=place, media=media)
    place = looked.one or place
    if place.is_found:
        yield from say(_("Noted: {place}. Stay where you are safe and keep your phone on."), place=name_of(place))
    else:
        yield from say(_("We have noted it. Stay where you are safe and keep your phone on."))
    yield from say(_("A person answers you by {due:moment} at the latest. Case {number:digits}."), due=case.due_at, number=case.number)
    yield from _put_through(case.number)


def _put_through(number: str) -> Steps:
    """Who is on the telephone talks with a person next."""
    duty = yield from WhoIsOnDuty(number)
    if duty.phone:
        yield from connect(_("I connect you to the {role} now. Please hold the line."), duty.phone, role=title(duty.role))


def _worse(case: Opened, words: str) -> Steps:
    """Where these words tell of another danger (gas, and now it burns), what to do about that is said too."""
    seen = yield from Triage(words)
    if seen.advice and seen.advice != case.advice:
        yield from advice(seen.advice)


def _called(case: Opened) -> Steps:
    if not case.called:
        yield from say(
            _("Case {number:digits}. Nobody of ours is on duty right now, so please make that call yourself."), number=case.number
        )
    elif case.next_at is None:
        yield from say(_("Case {number:digits}. We are calling the {role} now."), number=case.number, role=title(case.called))
    else:
        yield from say(
            _("Case {number:digits}. We are calling the {role} now, and the next one at {next:time} if nobody answers."),
            number=case.number,
            role=title(case.called),
            next=case.next_at,
        )


def _routine(case: Opened, found: FoundPlaces, words: str) -> Steps:
    yield from _promise(case)
    if found.one:
        yield from say(_("Place: {place}. If that is wrong, tell us."), place=name_of(found.one))
        return
    if case.label == "suggestion":
        found = replace(found, home=None)  # an idea is seldom about one's own flat
    place, media = yield from where("place", found, words=words, is_danger=False)
    yield from AmendCase(case.number, place=place, media=media)
    if place.is_found:
        yield from say(_("Noted: {place}. We keep you posted under number {number:digits}."), place=name_of(place), number=case.number)
    else:
        yield from say(_("Noted as you said it; a person will find the place. Your number is {number:digits}."), number=case.number)


def _promise(case: Opened) -> Steps:
    values: dict[str, Any] = {"number": case.number, "due": case.due_at}
    if case.label == "suggestion":
        if case.provisional:
            yield from say(_("Thank you for the idea. Case {number:digits}: you hear from us by about {due:day}."), **values)
        else:
            yield from say(_("Thank you for the idea. Case {number:digits}: you hear from us by {due:day}."), **values)
    elif case.provisional:
        yield from say(_("We have it. Case {number:digits}, done by about {due:day}."), **values)
    else:
        yield from say(_("We have it. Case {number:digits}, done by {due:day} at the latest."), **values)


def _left(case: Opened | None, why: str) -> Steps:
    if case is None:
        if why == "cancel":
            yield from say(_("All right, nothing was filed."))
        elif why != "silence":
            yield from person_wanted(why)
        return
    if why == "cancel":
        yield from say(_("All right, no more questions. Case {number:digits} stays open with what you told us."), number=case.number)
        return
    yield from HandOver(why, case.number)
    if why == "unclear":
        yield from say(_("A person will read your words and call you back. Case {number:digits}."), number=case.number)
    elif why == "person":
        yield from say(_("A person will get back to you. Case {number:digits}."), number=case.number)


def person_wanted(why: str) -> Steps:
    """Somebody wants a person before anything was said: a draft case waits for one."""
    case = yield from HandOver(why)
    yield from say(_("A person will get back to you. Case {number:digits}. In danger, call 119, 120 or 110."), number=case.number)


def person(talk: Talk) -> Steps:
    """The word for a person outside any talk."""
    yield from person_wanted("person")


def follow(talk: Talk, *, number: str, danger: bool = False, quiet: bool = False) -> Steps:
    """More words to a case that is open."""
    what = yield from WHAT
    found = yield from FindPlace(what.text, what.pin)
    amended = yield from AmendCase(number, found.one, note=what.text, media=what.media, danger=danger, quiet=quiet)
    if danger:
        yield from say(_("Added to case {number:digits} and passed on at once. In danger, call 119, 120 or 110."), number=number)
        yield from _put_through(number)
    else:
        yield from say(_("Added to case {number:digits}. If it is something else, answer 0."), number=amended.number)


def status(talk: Talk, number: str = "") -> Steps:
    """How far a case has come."""
    now = yield from StatusOf(number)
    if not now.is_known:
        if number:
            yield from say(_("We know no case {number:digits} of yours. Only who reported a case can ask about it."), number=number)
        else:
            yield from say(_("You have no open case with us. Write what has happened, and we open one."))
        return
    state = phrase(STATES.get(now.state, STATES["open"]))
    if now.due_at is None or now.state in ("waiting", "resolved", *ENDED):
        yield from say(_("Case {number:digits}: {state}."), number=now.number, state=state)
    elif now.label == "urgent":
        yield from say(
            _("Case {number:digits}: {state}. A person answers by {due:moment}."), number=now.number, state=state, due=now.due_at
        )
    elif now.provisional:
        yield from say(_("Case {number:digits}: {state}. Due by about {due:day}."), number=now.number, state=state, due=now.due_at)
    else:
        yield from say(_("Case {number:digits}: {state}. Due by {due:day}."), number=now.number, state=state, due=now.due_at)
    if now.others:
        yield from say(_("Your other cases: {numbers}."), numbers=" ".join(now.others))


STATES = {
    "open": _("we have it, and it waits to be taken"),
    "accepted": _("somebody has taken it on"),
    "answered": _("you have been answered, and it is still being worked on"),
    "in_progress": _("it is being worked on"),
    "waiting": _("it waits for your answer"),
    "resolved": _("done, as we see it; tell us whether it is solved"),
    "closed": _("closed"),
    "reopened": _("not solved, as you told us; it goes on"),
    "cancelled": _("cancelled"),
    "merged": _("dealt with together with another case"),
}


def ping(talk: Talk, number: str) -> Steps:
    """A call to who must act, begun by their answer. Whatever else they write goes to the case, and the question still stands."""
    reply = yield from CAN_YOU
    while reply.value is None:
        yield from AmendCase(number, note=reply.text, media=reply.media, danger=reply.danger)
        yield from say(_("Added to case {number:digits}."), number=number)
        reply = yield from CAN_YOU
    if reply.value == "accept":
        taken = yield from AcceptCase(number)
        if taken.is_taken:
            yield from say(_("Thank you. Case {number:digits} is yours; the resident has been told."), number=number)
        else:
            yield from say(_("Case {number:digits} is taken already. Thank you."), number=number)
        return
    declined = yield from DeclineCase(number)
    if declined.by:
        yield from say(_("Case {number:digits} is taken already. Thank you."), number=number)
        return
    yield from say(_("All right, somebody else is asked about case {number:digits}."), number=number)


def nothing_open(talk: Talk) -> Steps:
    """The word for leaving a talk when there is none."""
    yield from say(_("There is nothing to cancel: we are asking you nothing right now."))


def thanks(talk: Talk) -> Steps:
    """A thank-you is not a case."""
    yield from say(_("You are welcome. Write any time."))


def help(talk: Talk) -> Steps:  # noqa: A001 -- the word people send
    """What one can do here."""
    yield from say(_("In danger, call 119 (fire, rescue), 120 (ambulance) or 110 (police) first."))
    yield from say(
        _("Write what has happened and where; we give you a number and a date. STATUS and the number: how far it is. AGENT: a person.")
    )
