"""A case that waits for its resident: asked, answered or waited for long enough; its clock goes on with what was left. Pure."""

from __future__ import annotations

from bot.effects import Decision, Drop, Effect, Later, Order, Owner, Put
from bot.envelope import Purpose
from bot.errors import NotAllowed
from bot.prompt import _, phrase
from workflows.cases.clocks import as_row, resumed, wait_ends
from workflows.cases.doors import known, reporter_or_staff, staff_only
from workflows.cases.end_words import TOLD, GoOn, Moved, WaitEnds, WaitForResident
from workflows.cases.facts import Case, Facts
from workflows.cases.promises import watched
from workflows.cases.sentences import promise_of
from workflows.cases.states import moved
from workflows.cases.telling import note, tell_reporter, tell_staff, written

ANSWERED = _("Case {number:digits}: the resident has answered.")
NOT_ANSWERED = _("Case {number:digits}: the resident has not answered; please go on with what you know.")


def wait(facts: Facts, order: Order) -> Decision[Moved]:
    """Its reporter is asked where they reported it, and until they answer its working days do not count."""
    command, case = order.command, known(facts)
    assert isinstance(command, WaitForResident)
    staff_only(case, order.actor, facts)
    state, question = moved(case.number, case.state, "wait"), command.question.strip()
    if case.label == "urgent":
        raise NotAllowed(_("Case {number} is urgent and waits for nobody; call the resident."), number=case.number)
    if not question:
        raise NotAllowed(_("Say what the resident is to be asked."))
    if case.owner == Owner():
        raise NotAllowed(_("Nobody is known who could be asked about case {number}."), number=case.number)
    ends = WaitEnds(case.number, order.now)
    before = phrase(_("About your case {number:digits} we need to know: {question}"), number=case.number, question=question)
    put = Put(
        owner=case.owner,
        flow="told",
        args={"number": case.number},
        ask=TOLD,
        subject=case.subject,
        before=(before,),
        purpose=Purpose.REPLY,
        then=ends,
        address_id=case.address_id,
    )
    effects: tuple[Effect, ...] = (
        written(case, state=state, waiting_since=order.now),
        note(case, "waits", words=question, due=case.due_at.isoformat()),
        Drop(case.clock, "waiting"),
        put,
        Later(wait_ends(facts.calendar, now=order.now), ends, case.clock, step="wait"),
    )
    return Decision(Moved(case.number, state), effects)


def go_on(facts: Facts, order: Order) -> Decision[Moved]:
    """Its resident has answered; an answer that comes later changes nothing here."""
    case = reporter_or_staff(facts, order.actor)
    assert isinstance(order.command, GoOn)
    if case.state != "waiting":
        return Decision(Moved(case.number, case.state))
    return _gone_on(facts, case, order, why="answered")


def wait_over(facts: Facts, order: Order) -> Decision[Moved]:
    """They have not answered, or could not be asked; a wait that is over already is left alone."""
    command, case = order.command, facts.case
    assert isinstance(command, WaitEnds)
    if case is None or case.state != "waiting" or case.waiting_since != command.since:
        return Decision(Moved(command.number, case.state if case else ""))
    return _gone_on(facts, case, order, why="silence")


def _gone_on(facts: Facts, case: Case, order: Order, *, why: str) -> Decision[Moved]:
    moved(case.number, case.state, "go_on")
    there = resumed(facts.calendar, case, now=order.now)
    effects: list[Effect] = [
        written(case, **as_row(case, there)),
        note(case, "resumed", why=why, was_due=case.due_at.isoformat(), due=there.due_at.isoformat()),
        Drop(case.clock, "resumed"),
        watched(there),
    ]
    if there.due_at != case.due_at:
        promise = promise_of(there.label, there.due_at, provisional=there.provisional)
        words = _("Case {number:digits} goes on. The days of waiting are added: {promise}.")
        effects.append(tell_reporter(case, phrase(words, number=case.number, promise=promise)))
    said = ANSWERED if why == "answered" else NOT_ANSWERED
    effects += tell_staff(case, {case.accepter or 0} - {0, order.actor.owner.person_id or 0}, phrase(said, number=case.number))
    return Decision(Moved(case.number, there.state), tuple(effects))
