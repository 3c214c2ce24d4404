"""What was promised: kept, broken or promised anew, each on record when it happens. Pure.

Three milestones (T/CMCA draft 6.4.6): urgent, a person's first response; general, done; suggestion, its result told. Neither an automatic
answer nor somebody's yes to a call is a response; a person's own words, or their coming, are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.calendar import WORKING_DAYS
from bot.effects import Decision, Drop, Effect, Later, Order, Tell
from bot.envelope import Lane
from bot.errors import NotAllowed
from bot.prompt import Phrase, _, phrase
from workflows.cases.climbing import climb
from workflows.cases.clocks import as_row, promised, resumed
from workflows.cases.doors import known, staff_only
from workflows.cases.end_words import Breach, Moved, Reclassified, ReclassifyCase
from workflows.cases.facts import Case, Facts
from workflows.cases.sentences import KINDS, promise_of
from workflows.cases.states import UNDER_WAY
from workflows.cases.telling import note, tell_reporter, tell_staff, working, written

CLASSES = ("urgent", *WORKING_DAYS)
TOLD_OF_BREACH = ("community_duty", "street")


def watched(case: Case) -> Later:
    """The promise is looked at when its moment comes."""
    return Later(case.due_at, Breach(case.number), case.clock, step="due")


def responded(facts: Facts, case: Case, now: datetime) -> tuple[dict[str, Any], list[Effect]]:
    """A person has answered its reporter, or has come: of an urgent case that is what was promised."""
    first = {"first_responded_at": case.first_responded_at or now}
    if case.label != "urgent" or case.met_at is not None or case.state not in UNDER_WAY:
        return first, []
    values, effects = _met(facts, case, now)
    return first | values, [Drop(case.clock, "answered"), *effects]


def done(facts: Facts, case: Case, now: datetime) -> tuple[dict[str, Any], list[Effect]]:
    """Its result is being told in a person's words: whatever was promised of it is met by that."""
    first = {"first_responded_at": case.first_responded_at or now}
    values, effects = _met(facts, case, now) if case.met_at is None else ({}, [])
    return first | values, [Drop(case.clock, "resolved"), *effects]


def _met(facts: Facts, case: Case, now: datetime) -> tuple[dict[str, Any], list[Effect]]:
    if now <= case.due_at:
        return {"met_at": now}, [note(case, "promise_kept", due=case.due_at.isoformat())]
    values, effects = broken(facts, case, now)
    return {"met_at": now} | values, effects


def broken(facts: Facts, case: Case, now: datetime) -> tuple[dict[str, Any], list[Effect]]:
    """The promise that holds now is on record as broken, and told upwards; nothing where it was before."""
    if case.is_broken:
        return {}, []
    told = {person for role in TOLD_OF_BREACH for person in facts.standing.get(role, ())}
    told = told or set(facts.standing.get(case.steps.last_resort, ()))
    due = _("Case {number:digits} ({kind}) was promised by {due:moment}, and that was not kept. Please see to it.")
    words = phrase(due, number=case.number, kind=phrase(KINDS[case.label]), due=case.due_at)
    entry = note(case, "promise_broken", due=case.due_at.isoformat(), told=len(told))
    return {"breached_at": now}, [entry, *tell_staff(case, told, words)]


def breach(facts: Facts, order: Order) -> Decision[Moved]:
    """The clock's own look; a stale one finds the promise kept, moved or ended and does nothing."""
    case = facts.case
    assert isinstance(order.command, Breach)
    if case is None or case.met_at or case.state not in UNDER_WAY or case.state == "waiting" or order.now < case.due_at:
        return Decision(Moved(order.command.number, case.state if case else ""))
    values, effects = broken(facts, case, order.now)
    return Decision(Moved(case.number, case.state), (written(case, **values), *effects) if values else ())


def reclassify(facts: Facts, order: Order) -> Decision[Reclassified]:
    """Another class: its promise is counted from receipt, and the resident hears the old date, the new one and why."""
    command, case = order.command, known(facts)
    assert isinstance(command, ReclassifyCase)
    staff_only(case, order.actor, facts)
    why = command.why.strip().rstrip("。.!！")
    _check(case, command.label, why)
    base = resumed(facts.calendar, case, now=order.now)  # what waits goes on: it may have become urgent
    new = promised(facts.calendar, command.label, base)
    met_at = case.first_responded_at if command.label == "urgent" and not case.reopened else None
    there = replace(base, label=command.label, due_at=new.due_at, provisional=new.provisional, met_at=met_at)
    late, breaches = broken(facts, there, order.now) if met_at is not None and met_at > new.due_at else ({}, [])
    new_row = {"label": there.label, "due_at": there.due_at, "provisional": there.provisional, "met_at": met_at}
    effects: list[Effect] = [
        written(case, **as_row(case, base) | new_row | late),
        note(case, "reclassified", old=case.label, new=there.label, was_due=case.due_at.isoformat(), due=there.due_at.isoformat(), why=why),
        *breaches,
        Drop(case.clock, "reclassified"),
        *([watched(there)] if met_at is None else []),
        tell_reporter(there, _news(case, there, why), Lane.URGENT if there.label == "urgent" else Lane.UPDATE),
    ]
    called, more = _ladder(facts, case, there, order=order)
    return Decision(Reclassified(case.number, there.label, case.due_at, there.due_at, there.provisional, called), (*effects, *more))


def _check(case: Case, label: str, why: str) -> None:
    if label not in CLASSES:
        raise NotAllowed(_("There is no class {label}."), label=label)
    if not why:
        raise NotAllowed(_("Say why the class was wrong; the resident is told."))
    if case.state not in UNDER_WAY:
        raise NotAllowed(_("The class of case {number} cannot be changed any more: it is done."), number=case.number)
    if label == case.label:
        raise NotAllowed(_("Case {number} is of this class already."), number=case.number)


def _ladder(facts: Facts, case: Case, there: Case, *, order: Order) -> tuple[str, list[Effect]]:
    """Danger that comes to light calls at once; where there is none after all, nobody is called any more."""
    if there.label == "urgent" and case.is_waiting:
        called, _next_at, climbing = climb(facts, there, level=0, now=order.now)
        return called, [Drop(case.subject, "reclassified"), *climbing]
    words = phrase(_("Case {number:digits} is {kind} from now on."), number=case.number, kind=phrase(KINDS[there.label]))
    told: list[Tell] = tell_staff(there, working(facts, case) - {order.actor.owner.person_id or 0}, words)
    if case.label == "urgent" and case.is_waiting:
        stopped: list[Effect] = [Drop(case.subject, "reclassified"), *told]
        return "", [*stopped, *climb(facts, there, level=case.level, now=order.now)[2]] if there.climbs else stopped
    return "", [*told]


def _news(case: Case, there: Case, why: str) -> Phrase:
    return phrase(
        _("Case {number:digits} is now {kind}: not {old}, but {new}. Why: {why}."),
        number=case.number,
        kind=phrase(KINDS[there.label]),
        old=promise_of(case.label, case.due_at, provisional=case.provisional),
        new=promise_of(there.label, there.due_at, provisional=there.provisional),
        why=why,
    )
