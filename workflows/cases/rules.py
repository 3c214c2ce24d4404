"""What may happen to a case, and what follows. Pure, and the only door-keeper of this room.

An urgent case climbs its ladder until a person takes it; whoever was asked and can answer may take it, the first one has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.calendar import promise
from bot.effects import Actor, Change, Command, Decision, Drop, Effect, Order
from bot.envelope import Lane
from bot.prompt import Phrase, _, phrase
from workflows.cases import end_rules, promises, wait_rules
from workflows.cases.climbing import asked_now, call_off, climb, ping
from workflows.cases.clocks import as_row, resumed
from workflows.cases.doors import answerable, is_theirs, known, reporter_or_staff, staff_only
from workflows.cases.end_words import (
    ArriveCase,
    Breach,
    CancelCase,
    CloseSilent,
    GoOn,
    JudgeCase,
    MovesOf,
    NoteCase,
    ProgressCase,
    RateCase,
    ReclassifyCase,
    ResolveCase,
    Unasked,
    WaitEnds,
    WaitForResident,
)
from workflows.cases.facts import Case, Facts
from workflows.cases.roles import title
from workflows.cases.staff_rules import case_for, clipped, my_work, who_waits
from workflows.cases.states import UNDER_WAY, moved
from workflows.cases.telling import note, tell_duty, tell_reporter, tell_staff, working, written
from workflows.cases.words import (
    AcceptCase,
    AmendCase,
    Amended,
    AnswerCase,
    Answered,
    CaseFor,
    Climb,
    Climbed,
    DeclineCase,
    HandOver,
    MyWork,
    OnDuty,
    OpenCase,
    Opened,
    Seen,
    Status,
    StatusOf,
    Taken,
    Triage,
    WhoIsOnDuty,
    WhoWaits,
    is_recorded,
)
from workflows.places.words import name_of


def decide(facts: Facts, order: Order) -> Decision[Any]:
    """The answer to one command about a case, and its effects.

    Raises `NotAllowed` with a sentence when the actor may not do this.
    """
    return RULES[type(order.command)](facts, order)


def _triage(facts: Facts, order: Order) -> Decision[Seen]:
    assert facts.seen is not None
    return Decision(facts.seen)


def _open(facts: Facts, order: Order) -> Decision[Opened]:
    command = order.command
    assert isinstance(command, OpenCase)
    return _opened(facts, order, command)


def _opened(facts: Facts, order: Order, wanted: OpenCase) -> Decision[Opened]:
    seen = wanted.seen
    promised = promise(facts.calendar, seen.label, received_at=order.now)
    case = Case(
        number=facts.number,
        label=seen.label,
        category=seen.category,
        state="open",
        owner=order.actor.owner,
        data_key_id=facts.data_key_id,
        due_at=promised.due_at,
        version=0,
        address_id=order.actor.address_id,
        provisional=promised.provisional,
        words=wanted.text,
        place=wanted.place,
        grid_id=facts.grid_id,
        needs_person=wanted.needs_person,
        received_at=order.now,
    )
    opened: list[Effect] = [
        Change("open", {"case": case, "seen": seen, "media": wanted.media}),
        note(case, "opened", words=wanted.text, label=seen.label, category=seen.category, reasons=list(seen.reasons)),
        promises.watched(case),
    ]
    if wanted.needs_person:
        opened += tell_duty(facts, case)
    if seen.label != "urgent":
        return Decision(Opened(case.number, seen.label, seen.category, case.due_at, case.provisional), tuple(opened))
    called, next_at, climbing = climb(facts, case, level=0, now=order.now)
    answer = Opened(case.number, seen.label, seen.category, case.due_at, False, called, next_at, seen.advice)
    return Decision(answer, (*opened, *climbing))


def _amend(facts: Facts, order: Order) -> Decision[Amended]:
    command = order.command
    assert isinstance(command, AmendCase)
    case = reporter_or_staff(facts, order.actor)
    effects: list[Effect] = [
        Change("amend", {"case": case, "place": command.place, "hurt": command.hurt, "media": command.media, "grid_id": facts.grid_id}),
        note(case, "amended", place=command.place.words if command.place else "", hurt=command.hurt, words=command.note),
    ]
    called = ""
    if is_recorded(command.media) and case.needs_person != "recording":
        effects += [Change("needs_person", {"number": case.number, "why": "recording"}), *tell_duty(facts, case)]
        case = replace(case, needs_person="recording")
    if command.quiet:
        return Decision(Amended(case.number), tuple(effects))
    if case.label == "urgent" and case.state in UNDER_WAY:
        called, more = _spread(facts, case, order)
        effects += more
    elif command.note and not case.needs_person:
        effects += [Change("needs_person", {"number": case.number, "why": "new words"}), *tell_duty(facts, case)]
    return Decision(Amended(case.number, called), tuple(effects))


def _spread(facts: Facts, case: Case, order: Order) -> tuple[str, list[Effect]]:
    """What was added to an urgent case goes at once to all others who were asked or have taken it, and to the place's grid worker."""
    command, said_by = order.command, order.actor.owner.person_id
    assert isinstance(command, AmendCase)
    reached = working(facts, case)
    added = _added(case, command, order.actor)
    effects: list[Effect] = [*tell_staff(case, reached - {said_by or 0}, added)] if added else []
    if not (case.is_waiting and command.place and facts.grid_id):
        return "", effects
    since = (*case.said_since, command.note) if command.note else case.said_since
    there = replace(case, place=command.place, hurt=command.hurt or case.hurt, said_since=since)
    new = [person_id for person_id in facts.standing.get("grid_worker", ()) if person_id not in reached]
    return ("grid_worker" if new else ""), effects + [ping(there, person_id) for person_id in new]


def _added(case: Case, command: AmendCase, actor: Actor) -> Phrase | None:
    place, words = command.place, command.note
    if place is not None and place.is_found and not words:
        return phrase(_("Case {number:digits} is at: {place}."), number=case.number, place=name_of(place))
    if command.hurt == "yes":
        return phrase(_("Case {number:digits}: somebody is hurt or trapped."), number=case.number)
    if command.hurt == "no":
        return phrase(_("Case {number:digits}: nobody is hurt or trapped, the resident says."), number=case.number)
    return _said(case, actor, clipped(words or (place.words if place else "")), is_spoken=is_recorded(command.media))


def _said(case: Case, actor: Actor, words: str, *, is_spoken: bool) -> Phrase | None:
    if not words:
        heard = _("Case {number:digits}: more was said, as a recording. Please listen to it.")
        return phrase(heard, number=case.number) if is_spoken else None
    if actor.kind == "staff":
        return phrase(_("Case {number:digits}, the {role} says: {words}."), number=case.number, role=title(actor.role), words=words)
    return phrase(_("Case {number:digits}, new words: {words}."), number=case.number, words=words)


def _hand_over(facts: Facts, order: Order) -> Decision[Opened]:
    command = order.command
    assert isinstance(command, HandOver)
    if facts.case is None:
        return _opened(facts, order, OpenCase(command.text, Seen("general"), needs_person=command.why))
    case = reporter_or_staff(facts, order.actor)
    effects: tuple[Effect, ...] = (
        Change("needs_person", {"number": case.number, "why": command.why}),
        note(case, "handed_over", why=command.why, words=command.text),
        *tell_duty(facts, case),
    )
    return Decision(Opened(case.number, case.label, case.category, case.due_at, case.provisional), effects)


def _status(facts: Facts, order: Order) -> Decision[Status]:
    case = facts.case
    if case is None or not (is_theirs(case, order.actor) or order.actor.kind == "staff"):
        return Decision(Status(is_known=False))
    state = "answered" if case.first_responded_at and case.state in ("open", "accepted") else case.state
    others = tuple(number for number in facts.others if number != case.number)
    return Decision(Status(True, case.number, state, case.due_at, case.provisional, case.label, others))


def _on_duty(facts: Facts, order: Order) -> Decision[OnDuty]:
    """Who has taken the case is put through to first, then whoever stands on its ladder, from where it now is."""
    case = reporter_or_staff(facts, order.actor)
    roles = [step.role for step in case.steps.steps[case.level :]] + [case.steps.last_resort]
    candidates = [(role, person_id) for role in roles for person_id in facts.standing.get(role, ())]
    if case.accepter is not None:
        candidates.insert(0, (case.accepter_role, case.accepter))
    for role, person_id in candidates:
        if person_id in facts.phones:
            return Decision(OnDuty(role, facts.phones[person_id]))
    return Decision(OnDuty())


def _accept(facts: Facts, order: Order) -> Decision[Taken]:
    case = known(facts)
    staff_only(case, order.actor, facts)
    if not case.is_waiting:
        return Decision(Taken(case.number, is_taken=case.is_worked_on and case.accepted_by == order.actor.staff_id))
    told = phrase(_("The {role} has taken case {number:digits}."), role=title(order.actor.role), number=case.number)
    effects: tuple[Effect, ...] = (
        Change("accept", {"case": case, "staff_id": order.actor.staff_id, "at": order.now}),
        note(case, "accepted", role=order.actor.role),
        Drop(case.subject, "accepted"),
        tell_reporter(case, told),
        *call_off(facts, case, order.actor),
        *end_rules.how_far(case, order.actor),
    )
    return Decision(Taken(case.number, True, order.actor.role), effects)


def _decline(facts: Facts, order: Order) -> Decision[Taken]:
    case = known(facts)
    staff_only(case, order.actor, facts)
    declined = note(case, "declined", role=order.actor.role)
    if case.is_worked_on and case.accepted_by is not None and case.accepted_by == order.actor.staff_id:
        return _give_back(facts, case, order)
    if not case.is_waiting:
        return Decision(Taken(case.number, False, by="staff"), (declined,))
    # Only who stands at this step moves the ladder on: pressed twice, or late, it must not run past the others.
    if not case.climbs or order.actor.role != asked_now(case):
        return Decision(Taken(case.number, False), (declined,))
    _called, _next_at, climbing = climb(facts, case, level=case.level + 1, now=order.now)
    return Decision(Taken(case.number, False), (declined, *climbing))


def _give_back(facts: Facts, case: Case, order: Order) -> Decision[Taken]:
    """Who had taken a case cannot go after all: it waits again, and the reporter is told the truth.

    Where it climbs the next is asked at once; else the duty officer sees to it.
    """
    state = moved(case.number, case.state, "give_back")
    there = resumed(facts.calendar, case, now=order.now)
    waiting = replace(there, state=state, accepted_by=None, accepter=None)
    words = phrase(
        _("The {role} cannot come to case {number:digits} after all; we ask somebody else at once."),
        role=title(order.actor.role),
        number=case.number,
    )
    given: list[Effect] = [
        Change("give_back", {"case": case} | as_row(case, there) | {"state": state}),
        *(() if there is case else (Drop(case.clock, "given back"), promises.watched(there))),
        note(case, "given_back", role=order.actor.role, is_left=not case.climbs or None),
        Drop(case.subject, "given back"),
        tell_reporter(case, words),
    ]
    if not case.climbs:
        given += [Change("needs_person", {"number": case.number, "why": "given back"}), *tell_duty(facts, case)]
        return Decision(Taken(case.number, False), tuple(given))
    level = case.level + 1 if order.actor.role == asked_now(case) else case.level  # who was called off meanwhile is asked anew
    _called, _next_at, climbing = climb(facts, waiting, level=level, now=order.now)
    return Decision(Taken(case.number, False), (*given, *climbing))


def _climb_due(facts: Facts, order: Order) -> Decision[Climbed]:
    command = order.command
    assert isinstance(command, Climb)
    case = facts.case
    if case is None or not case.is_waiting or command.level != case.level + 1:
        return Decision(Climbed())  # stale: somebody has taken it, or the ladder has moved on
    called, _next_at, climbing = climb(facts, case, level=command.level, now=order.now)
    return Decision(Climbed(called), tuple(climbing))


def _answer(facts: Facts, order: Order) -> Decision[Answered]:
    command = order.command
    assert isinstance(command, AnswerCase)
    case = known(facts)
    staff_only(case, order.actor, facts)
    text = answerable(facts, command)
    first = case.first_responded_at is None
    words = phrase(_("About case {number:digits}: {words}"), number=case.number, words=text)
    values, responses = promises.responded(facts, case, order.now)
    effects: tuple[Effect, ...] = (
        written(case, needs_person="", **values),
        note(case, "answered", words=text),
        *responses,
        tell_reporter(case, words, Lane.URGENT if case.label == "urgent" else Lane.REPLY),
    )
    return Decision(Answered(case.number, first, case.channel), effects)


RULES: Mapping[type[Command[Any]], Callable[[Facts, Any], Decision[Any]]] = {
    Triage: _triage,
    OpenCase: _open,
    AmendCase: _amend,
    HandOver: _hand_over,
    StatusOf: _status,
    AcceptCase: _accept,
    DeclineCase: _decline,
    Climb: _climb_due,
    AnswerCase: _answer,
    MyWork: my_work,
    WhoWaits: who_waits,
    CaseFor: case_for,
    WhoIsOnDuty: _on_duty,
    MovesOf: end_rules.moves_of,
    ProgressCase: end_rules.progress,
    ArriveCase: end_rules.arrive,
    ResolveCase: end_rules.resolve,
    Unasked: end_rules.unasked,
    JudgeCase: end_rules.judge,
    RateCase: end_rules.rate,
    CloseSilent: end_rules.close_silent,
    CancelCase: end_rules.cancel,
    WaitForResident: wait_rules.wait,
    GoOn: wait_rules.go_on,
    WaitEnds: wait_rules.wait_over,
    NoteCase: end_rules.note_case,
    ReclassifyCase: promises.reclassify,
    Breach: promises.breach,
}
