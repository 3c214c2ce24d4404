"""What may happen to a case, and what follows. Pure, and the only door-keeper of this room.

An urgent case climbs its ladder until a person takes it; whoever was asked and can answer may take it, the first one has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot import ladder
from bot.calendar import promise
from bot.effects import Actor, Change, Command, Decision, Drop, Effect, Later, Note, Order, Owner, Put, Tell
from bot.envelope import Lane, Purpose
from bot.prompt import Phrase, _, phrase
from workflows.cases.doors import answerable, is_theirs, known, reporter_or_staff, staff_only
from workflows.cases.facts import Case, Facts
from workflows.cases.roles import title
from workflows.cases.staff_rules import case_for, clipped, flat, my_work, who_waits
from workflows.cases.words import (
    CAN_YOU,
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
    )
    opened: list[Effect] = [
        Change("open", {"case": case, "seen": seen, "media": wanted.media}),
        _note(case, "opened", words=wanted.text, label=seen.label, category=seen.category, reasons=list(seen.reasons)),
    ]
    if wanted.needs_person:
        opened += _tell_duty(facts, case)
    if seen.label != "urgent":
        return Decision(Opened(case.number, seen.label, seen.category, case.due_at, case.provisional), tuple(opened))
    called, next_at, climbing = _climb(facts, case, level=0, now=order.now)
    answer = Opened(case.number, seen.label, seen.category, case.due_at, False, called, next_at, seen.advice)
    return Decision(answer, (*opened, *climbing))


def _climb(facts: Facts, case: Case, *, level: int, now: datetime) -> tuple[str, datetime | None, list[Effect]]:
    """The ladder of a case from this level: who is called, when the next is, and the pings."""
    climbed = ladder.climb(case.steps, level, reachable={role: bool(people) for role, people in facts.standing.items()})
    next_at = now + climbed.next_after if climbed.next_after is not None else None
    skipped = [f"{skip.role}: {skip.why}" for skip in climbed.skipped]
    nobody = climbed.role == ladder.NOBODY
    effects: list[Effect] = [
        Change("climb", {"number": case.number, "level": climbed.level, "next_at": next_at, "nobody": nobody}),
        _note(case, "nobody_to_ask" if nobody else "asked", role=climbed.role, level=climbed.level, skipped=skipped),
    ]
    for person_id in facts.standing.get(climbed.role, ()):
        effects.append(_remind(case, person_id) if person_id in facts.asked else _ping(case, person_id))
    if next_at is not None:
        later = Climb(case.number, climbed.level + 1)
        effects.append(Later(next_at, later, case.subject, step=str(climbed.level + 1)))
    return ("" if nobody else climbed.role), next_at, effects


def _ping(case: Case, person_id: int) -> Put:
    return Put(
        owner=Owner(person_id=person_id),
        flow="ping",
        args={"number": case.number},
        ask=CAN_YOU,
        subject=case.subject,
        before=_what_is_up(case),
    )


def _remind(case: Case, person_id: int) -> Tell:
    """Who has been asked and is silent hears it again; their question is still open."""
    words = (*_what_is_up(case), phrase(_("Nobody has taken it yet; please answer.")))
    return Tell(Owner(person_id=person_id), words, subject=case.subject, lane=Lane.URGENT, purpose=Purpose.WORK)


def _what_is_up(case: Case) -> tuple[Phrase, ...]:
    """Number, place and words, the first ones and what was said since; then whether anybody is hurt."""
    since = [words for words in case.said_since if case.place is None or words != case.place.words]
    said = clipped("；".join(line for one in (case.words, *since) if (line := flat(one))))
    words: str | Phrase = said or phrase(_("a recording that nobody has heard yet"))
    if case.place is None:
        up = phrase(_("Urgent case {number:digits}: {words}."), number=case.number, words=words)
    else:
        up = phrase(_("Urgent case {number:digits}, {place}: {words}."), number=case.number, place=name_of(case.place), words=words)
    return (up, phrase(_("Somebody is hurt or trapped."))) if case.hurt == "yes" else (up,)


def _amend(facts: Facts, order: Order) -> Decision[Amended]:
    command = order.command
    assert isinstance(command, AmendCase)
    case = reporter_or_staff(facts, order.actor)
    effects: list[Effect] = [
        Change("amend", {"case": case, "place": command.place, "hurt": command.hurt, "media": command.media, "grid_id": facts.grid_id}),
        _note(case, "amended", place=command.place.words if command.place else "", hurt=command.hurt, words=command.note),
    ]
    called = ""
    if is_recorded(command.media) and case.needs_person != "recording":
        effects += [Change("needs_person", {"number": case.number, "why": "recording"}), *_tell_duty(facts, case)]
        case = replace(case, needs_person="recording")
    if command.quiet:
        return Decision(Amended(case.number), tuple(effects))
    if case.label == "urgent":
        called, more = _spread(facts, case, order)
        effects += more
    elif command.note and not case.needs_person:
        effects += [Change("needs_person", {"number": case.number, "why": "new words"}), *_tell_duty(facts, case)]
    return Decision(Amended(case.number, called), tuple(effects))


def _spread(facts: Facts, case: Case, order: Order) -> tuple[str, list[Effect]]:
    """What was added to an urgent case goes at once to all others who were asked or have taken it, and to the place's grid worker."""
    command, said_by = order.command, order.actor.owner.person_id
    assert isinstance(command, AmendCase)
    reached = set(facts.asked) | ({case.accepter} if case.accepter else set())
    added = _added(case, command, order.actor)
    effects: list[Effect] = [
        Tell(Owner(person_id=person_id), (added,), subject=case.subject, lane=Lane.URGENT, purpose=Purpose.WORK)
        for person_id in sorted(reached - {said_by})
        if added
    ]
    if not (case.is_waiting and command.place and facts.grid_id):
        return "", effects
    since = (*case.said_since, command.note) if command.note else case.said_since
    there = replace(case, place=command.place, hurt=command.hurt or case.hurt, said_since=since)
    new = [person_id for person_id in facts.standing.get("grid_worker", ()) if person_id not in reached]
    return ("grid_worker" if new else ""), effects + [_ping(there, person_id) for person_id in new]


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
    effects = (
        Change("needs_person", {"number": case.number, "why": command.why}),
        _note(case, "handed_over", why=command.why, words=command.text),
        *_tell_duty(facts, case),
    )
    return Decision(Opened(case.number, case.label, case.category, case.due_at, case.provisional), effects)


def _tell_duty(facts: Facts, case: Case) -> list[Effect]:
    """The community's duty officer hears that something waits; who is asleep or absent finds it in the list."""
    words = phrase(_("Case {number:digits} waits for a person to look at it."), number=case.number)
    lane = Lane.URGENT if case.label == "urgent" else Lane.UPDATE
    return [
        Tell(Owner(person_id=person_id), (words,), subject=case.subject, lane=lane, purpose=Purpose.WORK)
        for person_id in facts.standing.get("community_duty", ())
    ]


def _status(facts: Facts, order: Order) -> Decision[Status]:
    case = facts.case
    if case is None or not (is_theirs(case, order.actor) or order.actor.kind == "staff"):
        return Decision(Status(is_known=False))
    state = "answered" if case.first_responded_at and case.state != "closed" else case.state
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
        return Decision(Taken(case.number, is_taken=case.accepted_by == order.actor.staff_id))
    told = phrase(_("The {role} has taken case {number:digits}."), role=title(order.actor.role), number=case.number)
    effects: tuple[Effect, ...] = (
        Change("accept", {"case": case, "staff_id": order.actor.staff_id, "at": order.now}),
        _note(case, "accepted", role=order.actor.role),
        Drop(case.subject, "accepted"),
        _tell_reporter(case, told, Lane.URGENT if case.label == "urgent" else Lane.UPDATE),
        *_call_off(facts, case, order.actor),
    )
    return Decision(Taken(case.number, True, order.actor.role), effects)


def _call_off(facts: Facts, case: Case, actor: Actor) -> list[Tell]:
    """Who was asked as well, and may be on their way, hears that somebody has it."""
    words = phrase(_("The {role} has taken case {number:digits}; you need not go."), role=title(actor.role), number=case.number)
    others = sorted(facts.asked - {actor.owner.person_id})
    return [Tell(Owner(person_id=other), (words,), subject=case.subject, lane=Lane.URGENT, purpose=Purpose.WORK) for other in others]


def _decline(facts: Facts, order: Order) -> Decision[Taken]:
    case = known(facts)
    staff_only(case, order.actor, facts)
    declined = _note(case, "declined", role=order.actor.role)
    if case.state == "accepted" and case.accepted_by == order.actor.staff_id and case.label == "urgent":
        return _give_back(facts, case, order)
    if not case.is_waiting:
        return Decision(Taken(case.number, False, by="staff"), (declined,))
    # Only who stands at this step moves the ladder on: pressed twice, or late, it must not run past the others.
    if case.label != "urgent" or order.actor.role != _asked_now(case):
        return Decision(Taken(case.number, False), (declined,))
    _called, _next_at, climbing = _climb(facts, case, level=case.level + 1, now=order.now)
    return Decision(Taken(case.number, False), (declined, *climbing))


def _give_back(facts: Facts, case: Case, order: Order) -> Decision[Taken]:
    """Who had taken an urgent case cannot go after all: it waits again, the next is asked at once, and the reporter is told the truth."""
    waiting = replace(case, state="open", accepted_by=None, accepter=None)
    words = phrase(
        _("The {role} cannot come to case {number:digits} after all; we ask somebody else at once."),
        role=title(order.actor.role),
        number=case.number,
    )
    level = case.level + 1 if order.actor.role == _asked_now(case) else case.level  # who was called off meanwhile is asked anew
    _called, _next_at, climbing = _climb(facts, waiting, level=level, now=order.now)
    effects: tuple[Effect, ...] = (
        Change("give_back", {"case": case}),
        _note(case, "given_back", role=order.actor.role),
        _tell_reporter(case, words, Lane.URGENT),
        *climbing,
    )
    return Decision(Taken(case.number, False), effects)


def _asked_now(case: Case) -> str:
    return case.steps.steps[case.level].role if case.level < len(case.steps.steps) else case.steps.last_resort


def _climb_due(facts: Facts, order: Order) -> Decision[Climbed]:
    command = order.command
    assert isinstance(command, Climb)
    case = facts.case
    if case is None or not case.is_waiting or command.level != case.level + 1:
        return Decision(Climbed())  # stale: somebody has taken it, or the ladder has moved on
    called, _next_at, climbing = _climb(facts, case, level=command.level, now=order.now)
    return Decision(Climbed(called), tuple(climbing))


def _answer(facts: Facts, order: Order) -> Decision[Answered]:
    command = order.command
    assert isinstance(command, AnswerCase)
    case = known(facts)
    staff_only(case, order.actor, facts)
    text = answerable(facts, command)
    first = case.first_responded_at is None
    words = phrase(_("About case {number:digits}: {words}"), number=case.number, words=text)
    effects = (
        Change("answer", {"case": case, "at": order.now}),
        _note(case, "answered", words=text),
        _tell_reporter(case, words, Lane.URGENT if case.label == "urgent" else Lane.REPLY),
    )
    return Decision(Answered(case.number, first, case.channel), effects)


def _tell_reporter(case: Case, words: Phrase, lane: Lane) -> Tell:
    """To the address they reported from, or their next one; it answers their own report, so a stop of news does not hold it back."""
    return Tell(case.owner, (words,), subject=case.subject, lane=lane, purpose=Purpose.REPLY, address_id=case.address_id)


def _note(case: Case, kind: str, **body: Any) -> Note:
    kept = {name: value for name, value in body.items() if value not in ("", [], None)}
    return Note(case.subject, kind, kept, case.data_key_id)


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
}
