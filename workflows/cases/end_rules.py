"""A case worked on and brought to its end: what staff may do, what its reporter says to it, and what silence means. Pure.

Resolved is the office's word. The reporter's yes closes it; anything else reopens it one role higher and on a shorter clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.effects import Actor, Change, Decision, Drop, Effect, Later, Order, Owner, Put
from bot.envelope import Lane, Purpose
from bot.errors import NotAllowed
from bot.prompt import Phrase, _, phrase
from workflows.cases.climbing import above, climb
from workflows.cases.clocks import as_row, reopened, resumed, silence_ends
from workflows.cases.doors import is_theirs, known, reporter_or_who_asked_them, staff_only
from workflows.cases.end_words import (
    HOW_FAR,
    MOST_WORDS,
    OFFLINE,
    SOLVED,
    VERDICTS,
    WORTH,
    ArriveCase,
    CancelCase,
    CloseSilent,
    JudgeCase,
    Judged,
    Moved,
    Moves,
    MovesOf,
    NoteCase,
    ProgressCase,
    RateCase,
    ResolveCase,
    Unasked,
)
from workflows.cases.facts import Case, Facts
from workflows.cases.promises import broken, done, responded, watched
from workflows.cases.roles import title
from workflows.cases.sentences import goes_on
from workflows.cases.states import TABLE, moved
from workflows.cases.telling import note, tell_duty, tell_reporter, tell_staff, working, written

UNASKED, UNHEARD = "unasked", "recording"
AS_REOPENED = ("state", "due_at", "provisional", "met_at", "accepted_by", "reopened", "reopened_at", "paused_days")
BAD = ("bad", "very_bad")


def moves_of(facts: Facts, order: Order) -> Decision[Moves]:
    """What this member of staff may do to the case now, without doing it."""
    command, case = order.command, facts.case
    assert isinstance(command, MovesOf)
    if case is None or order.actor.kind != "staff":
        return Decision(Moves(command.number))
    is_mine = case.is_worked_on and case.accepted_by is not None and case.accepted_by == order.actor.staff_id
    try:
        staff_only(case, order.actor, facts)
        can = tuple(TABLE[case.state])
    except NotAllowed:
        can = ()
    return Decision(Moves(case.number, True, case.state, case.label, is_mine, can))


def how_far(case: Case, actor: Actor) -> list[Put]:
    """Who took a case from their own phone is asked there, when they have something to tell, how far they are."""
    if actor.address_id is None or actor.owner.person_id is None:
        return []
    return [Put(actor.owner, "work", {"number": case.number}, HOW_FAR, case.subject, address_id=actor.address_id)]


def progress(facts: Facts, order: Order) -> Decision[Moved]:
    """It is under way; the resident hears it in one sentence."""
    command, case = order.command, known(facts)
    assert isinstance(command, ProgressCase)
    staff_only(case, order.actor, facts)
    state, words = moved(case.number, case.state, "progress"), command.note.strip()
    if state == case.state and not words:
        raise NotAllowed(_("The resident knows that case {number} is being worked on; say what is new."), number=case.number)
    values, effects = responded(facts, case, order.now) if words else ({}, [])
    if words:
        told = phrase(_("News of case {number:digits}: {words}"), number=case.number, words=words)
    else:
        told = phrase(_("The {role} is working on case {number:digits}."), number=case.number, role=title(order.actor.role))
    moves = (written(case, state=state, **values), note(case, "progress", words=words), *effects, tell_reporter(case, told))
    return Decision(Moved(case.number, state), moves)


def arrive(facts: Facts, order: Order) -> Decision[Moved]:
    """Somebody is there: a response, also without a word."""
    case = known(facts)
    assert isinstance(order.command, ArriveCase)
    staff_only(case, order.actor, facts)
    state = moved(case.number, case.state, "arrive")
    if case.arrived_at is not None:  # pressed twice
        return Decision(Moved(case.number, state))
    values, effects = responded(facts, case, order.now)
    told = phrase(_("The {role} is there now, for case {number:digits}."), number=case.number, role=title(order.actor.role))
    arrived = (written(case, state=state, arrived_at=order.now, **values), note(case, "arrived", role=order.actor.role), *effects)
    return Decision(Moved(case.number, state), (*arrived, tell_reporter(case, told)))


def resolve(facts: Facts, order: Order) -> Decision[Moved]:
    """Done, by the office's word: it is told, and its reporter is asked where they reported it. Silence is waited for."""
    command, case = order.command, known(facts)
    assert isinstance(command, ResolveCase)
    staff_only(case, order.actor, facts)
    state = moved(case.number, case.state, "resolve")
    words, why_not = command.words.strip(), command.why_not.strip()
    _check_feedback(words, command.offline, why_not)
    there = resumed(facts.calendar, case, now=order.now)
    values, effects = done(facts, there, order.now)
    values = as_row(case, there) | values
    owner = {"accepted_by": order.actor.staff_id, "accepted_at": order.now} if case.accepted_by is None else {}
    values |= {"state": state, "resolved_at": order.now, "offline": command.offline, "ladder_next_at": None, **owner}
    values["needs_person"] = UNHEARD if case.needs_person == UNHEARD else ""  # what nobody has listened to may be anything
    moves: list[Effect] = [
        written(case, **values),
        Change("keep", {"case": case, "resolution": words, "offline_why": why_not}),
        note(case, "resolved", words=words, offline=command.offline, why_not=why_not),
        *effects,
        *_stood_down(facts, case, order.actor),
        Drop(case.subject, "resolved"),
        *_ask_reporter(case, words, order),
        Later(silence_ends(facts.calendar, now=order.now), CloseSilent(case.number, case.reopened), case.clock, step="silence"),
    ]
    return Decision(Moved(case.number, state), tuple(moves))


def _check_feedback(words: str, offline: str, why_not: str) -> None:
    """A result is given on the channel and beside it, or it is said why not (T/CMCA draft 6.4.8)."""
    if not words:
        raise NotAllowed(_("Say what was done, in words that the resident is told."))
    if len(words) > MOST_WORDS:
        raise NotAllowed(_("An answer may have {most} characters; yours has {count}."), most=MOST_WORDS, count=len(words))
    if offline not in OFFLINE:
        raise NotAllowed(_("Say how the result was also told: in person, by telephone, on the board, on paper, or why not."))
    if offline == "none" and not why_not:
        raise NotAllowed(_("The result was told in no other way: say why."))


def _ask_reporter(case: Case, words: str, order: Order) -> list[Effect]:
    cannot = Unasked(case.number, case.reopened)
    if case.owner == Owner():
        return [Later(order.now, cannot, case.clock, step="unasked")]
    before = phrase(_("Your case {number:digits}, we have done it: {words}."), number=case.number, words=words.rstrip("。.!！"))
    return [
        Put(
            owner=case.owner,
            flow="verdict",
            args={"number": case.number},
            ask=SOLVED,
            subject=case.subject,
            before=(before,),
            purpose=Purpose.REPLY,
            then=cannot,
            address_id=case.address_id,
        )
    ]


def _stood_down(facts: Facts, case: Case, actor: Actor) -> list[Effect]:
    """Who was asked or had taken it, and may be on their way, need not go on."""
    words = phrase(_("Case {number:digits} is dealt with; you need not go."), number=case.number)
    return [*tell_staff(case, working(facts, case) - {actor.owner.person_id or 0}, words)]


def unasked(facts: Facts, order: Order) -> Decision[Moved]:
    """No words reached the reporter: a person must ask them."""
    command, case = order.command, facts.case
    assert isinstance(command, Unasked)
    if case is None or case.state != "resolved" or case.reopened != command.reopened:
        return Decision(Moved(command.number, case.state if case else ""))
    asked = Change("needs_person", {"number": case.number, "why": UNASKED})
    return Decision(Moved(case.number, case.state), (asked, note(case, "not_asked"), *tell_duty(facts, case)))


def judge(facts: Facts, order: Order) -> Decision[Judged]:
    """The reporter's word: yes closes it, anything else reopens it."""
    command, case = order.command, reporter_or_who_asked_them(facts, order.actor)
    assert isinstance(command, JudgeCase)
    if command.verdict not in VERDICTS:
        raise NotAllowed(_("{verdict} is no answer to whether it is solved."), verdict=command.verdict)
    event = "close" if command.verdict == "solved" else "reopen"
    if event == "close" and case.state == "closed" and not case.verdict:  # silence had closed it; now they agree
        late = (written(case, verdict="solved"), note(case, "agreed", verdict="solved"))
        return Decision(Judged(case.number, True, case.state, case.label), late)
    if event not in TABLE[case.state]:
        return Decision(Judged(case.number, False, case.state, case.label))
    return _agreed(case, order) if event == "close" else _reopened(facts, case, order, verdict=command.verdict)


def _agreed(case: Case, order: Order) -> Decision[Judged]:
    closed: list[Effect] = [*_closed(case, order, why="agreed"), Drop(case.subject, "closed")]
    if not is_theirs(case, order.actor):  # who says it themselves is answered by their talk
        closed.append(tell_reporter(case, phrase(_("Thank you, case {number:digits} is closed."), number=case.number)))
    return Decision(Judged(case.number, True, "closed", case.label), tuple(closed))


def _closed(case: Case, order: Order, *, why: str) -> list[Effect]:
    """Closed, never without what was promised of it or the record that it was broken."""
    if case.met_at is None and case.breached_at is None:
        raise NotAllowed(
            _("Case {number} cannot be closed: what was promised is neither done nor on record as broken."), number=case.number
        )
    state, verdict = moved(case.number, case.state, "close"), "solved" if why == "agreed" else ""
    values: dict[str, Any] = {"state": state, "closed_at": order.now, "ended_why": why, "verdict": verdict}
    return [written(case, **values), note(case, "closed", why=why, verdict=verdict), Drop(case.clock, "closed")]


def _reopened(facts: Facts, case: Case, order: Order, *, verdict: str) -> Decision[Judged]:
    state, new = moved(case.number, case.state, "reopen"), reopened(facts.calendar, case, now=order.now)
    late = case.label != "urgent" and order.now > case.due_at  # the work that was promised by then is not done
    values, breaches = broken(facts, case, order.now) if late else ({}, [])
    again = replace(
        case,
        state=state,
        due_at=new.due_at,
        provisional=new.provisional,
        met_at=None,
        accepted_by=None,
        accepter=None,
        reopened=case.reopened + 1,
        reopened_at=order.now,
        paused_days=0,
    )
    values |= {name: getattr(again, name) for name in AS_REOPENED}
    values |= {"accepted_at": None, "arrived_at": None, "resolved_at": None, "closed_at": None, "ended_why": "", "offline": ""}
    effects: list[Effect] = [
        written(case, verdict=verdict, needs_person="reopened", **values),
        Change("keep", {"case": case, "ladder": case.steps}),
        note(case, "reopened", verdict=verdict, was=case.state, was_due=case.due_at.isoformat(), due=new.due_at.isoformat()),
        *breaches,
        Drop(case.clock, "reopened"),
        Drop(case.subject, "reopened"),
        watched(again),
    ]
    called, _next_at, climbing = climb(facts, again, level=above(case), now=order.now)
    told = phrase(
        _("The resident says case {number:digits} is not solved. It goes on; you will hear if you are needed."), number=case.number
    )
    reached = set(facts.standing.get(called, ()))
    if not is_theirs(case, order.actor):
        effects.append(tell_reporter(again, goes_on(case.number, case.label, new.due_at, provisional=new.provisional)))
    effects += [
        *climbing,
        *tell_staff(case, {case.accepter or 0} - {0, order.actor.owner.person_id or 0} - reached, told, lane=Lane.UPDATE),
    ]
    return Decision(Judged(case.number, True, state, case.label, new.due_at, new.provisional, called), tuple(effects))


def rate(facts: Facts, order: Order) -> Decision[Moved]:
    """How satisfied they are; who is not is heard by a person."""
    command, case = order.command, reporter_or_who_asked_them(facts, order.actor)
    assert isinstance(command, RateCase)
    if command.grade not in WORTH:
        raise NotAllowed(_("{grade} is no grade."), grade=command.grade)
    if case.state != "closed":  # it has been reopened since
        return Decision(Moved(case.number, case.state))
    effects: list[Effect] = [written(case, satisfaction=command.grade), note(case, "rated", grade=command.grade)]
    if command.grade in BAD:
        effects += [Change("needs_person", {"number": case.number, "why": "dissatisfied"}), *tell_duty(facts, case)]
    return Decision(Moved(case.number, case.state), tuple(effects))


def close_silent(facts: Facts, order: Order) -> Decision[Moved]:
    """Nobody said a word for long enough: it is closed with that reason, and its reporter is told once. A late no still reopens it."""
    command, case = order.command, facts.case
    assert isinstance(command, CloseSilent)
    if case is None or case.state != "resolved" or case.reopened != command.reopened:
        return Decision(Moved(command.number, case.state if case else ""))
    why = "unreachable" if case.needs_person == UNASKED else "silence"
    effects = _closed(case, order, why=why)
    if why == "silence":
        words = _("We did not hear from you about case {number:digits}, so we have closed it. If it is not solved, answer 3; we go on.")
        effects.append(tell_reporter(case, phrase(words, number=case.number), Lane.UPDATE))
    return Decision(Moved(case.number, "closed"), tuple(effects))


def cancel(facts: Facts, order: Order) -> Decision[Moved]:
    """Nothing is done about it, and its reporter hears why."""
    command, case = order.command, known(facts)
    assert isinstance(command, CancelCase)
    staff_only(case, order.actor, facts)
    state, why = moved(case.number, case.state, "cancel"), command.why.strip().rstrip("。.!！")
    if not why:
        raise NotAllowed(_("Say why nothing is to be done; the resident is told."))
    words = phrase(_("Case {number:digits} is cancelled. Why: {why}. If you see it differently: AGENT."), number=case.number, why=why)
    values = {"state": state, "closed_at": order.now, "ended_why": "cancelled", "needs_person": "", "ladder_next_at": None}
    effects: list[Effect] = [
        written(case, **values),
        note(case, "cancelled", why=why),
        Drop(case.clock, "cancelled"),
        Drop(case.subject, "cancelled"),
        *_stood_down(facts, case, order.actor),
        tell_reporter(case, words),
    ]
    return Decision(Moved(case.number, state), tuple(effects))


def note_case(facts: Facts, order: Order) -> Decision[Moved]:
    """Words on the timeline; those for the resident are told, and are a person's response."""
    command, case = order.command, known(facts)
    assert isinstance(command, NoteCase)
    staff_only(case, order.actor, facts)
    words = command.words.strip()
    if not words:
        raise NotAllowed(_("A note needs words."))
    if not command.for_resident:
        return Decision(Moved(case.number, case.state), (note(case, "noted", words=words, is_internal=True),))
    values, effects = responded(facts, case, order.now)
    told: Phrase = phrase(_("About case {number:digits}: {words}"), number=case.number, words=words)
    noted = (written(case, **values), note(case, "noted", words=words), *effects, tell_reporter(case, told))
    return Decision(Moved(case.number, case.state), noted)
