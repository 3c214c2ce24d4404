"""The ladder of a case at work: who is called now, in which words, and when the next is. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot import ladder
from bot.effects import Actor, Change, Effect, Later, Owner, Put, Tell
from bot.envelope import Lane, Purpose
from bot.prompt import Ask, Phrase, _, phrase
from workflows.cases.clocks import next_asked
from workflows.cases.facts import Case, Facts
from workflows.cases.roles import title
from workflows.cases.staff_rules import built, clipped, flat
from workflows.cases.telling import note, tell_staff
from workflows.cases.words import CAN_YOU, Climb
from workflows.places.words import name_of

CAN_YOU_LATER = replace(CAN_YOU, lane=Lane.UPDATE, words_too=False, takes_danger=False)  # not urgent: it stands back


def climb(facts: Facts, case: Case, *, level: int, now: datetime) -> tuple[str, datetime | None, list[Effect]]:
    """The ladder of a case from this level: who is called, when the next is, and the pings."""
    climbed = ladder.climb(case.steps, level, reachable={role: bool(people) for role, people in facts.standing.items()})
    next_at = next_asked(facts.calendar, case, climbed.next_after, now=now)
    skipped = [f"{skip.role}: {skip.why}" for skip in climbed.skipped]
    nobody = climbed.role == ladder.NOBODY
    effects: list[Effect] = [
        Change("climb", {"number": case.number, "level": climbed.level, "next_at": next_at, "nobody": nobody}),
        note(case, "nobody_to_ask" if nobody else "asked", role=climbed.role, level=climbed.level, skipped=skipped),
    ]
    for person_id in facts.standing.get(climbed.role, ()):
        effects.append(_remind(case, person_id) if person_id in facts.asked else ping(case, person_id))
    if next_at is not None:
        later = Climb(case.number, climbed.level + 1)
        effects.append(Later(next_at, later, case.subject, step=str(climbed.level + 1)))
    return ("" if nobody else climbed.role), next_at, effects


def ping(case: Case, person_id: int) -> Put:
    """One person is asked whether they can take it."""
    return Put(
        owner=Owner(person_id=person_id),
        flow="ping",
        args={"number": case.number},
        ask=_can_you(case),
        subject=case.subject,
        before=what_is_up(case),
    )


def _can_you(case: Case) -> Ask:
    return CAN_YOU if case.label == "urgent" else CAN_YOU_LATER


def _remind(case: Case, person_id: int) -> Tell:
    """Who has been asked and is silent hears it again; their question is still open."""
    words = (*what_is_up(case), phrase(_("Nobody has taken it yet; please answer.")))
    return Tell(Owner(person_id=person_id), words, subject=case.subject, lane=_can_you(case).lane, purpose=Purpose.WORK)


def what_is_up(case: Case) -> tuple[Phrase, ...]:
    """Number, place and words, the first ones and what was said since; then whether anybody is hurt.

    Of a case that is not urgent only what may leave the country: number, house and stair, no words and no room.
    """
    if case.label != "urgent":
        return (_not_solved(case),)
    since = [words for words in case.said_since if case.place is None or words != case.place.words]
    said = clipped("；".join(line for one in (case.words, *since) if (line := flat(one))))
    words: str | Phrase = said or phrase(_("a recording that nobody has heard yet"))
    if case.place is None:
        up = phrase(_("Urgent case {number:digits}: {words}."), number=case.number, words=words)
    else:
        up = phrase(_("Urgent case {number:digits}, {place}: {words}."), number=case.number, place=name_of(case.place), words=words)
    hurt = (phrase(_("Somebody is hurt or trapped.")),) if case.hurt == "yes" else ()
    again = (phrase(_("It was not solved the first time, the resident says.")),) if case.reopened else ()
    return (up, *hurt, *again)


def _not_solved(case: Case) -> Phrase:
    place = built(case.place)
    if place is None:
        return phrase(_("Case {number:digits} is not solved, the resident says."), number=case.number)
    return phrase(_("Case {number:digits}, {place}, is not solved, the resident says."), number=case.number, place=name_of(place))


def asked_now(case: Case) -> str:
    """The role that stands at the step the ladder has come to."""
    return case.steps.steps[case.level].role if case.level < len(case.steps.steps) else case.steps.last_resort


def above(case: Case) -> int:
    """The level above whoever had the case last, and never below where its ladder had come to."""
    roles = [step.role for step in case.steps.steps]
    had = roles.index(case.accepter_role) if case.accepter_role in roles else len(roles) - 1 if case.accepter_role else 0
    return max(had, case.level) + 1


def call_off(facts: Facts, case: Case, actor: Actor) -> list[Tell]:
    """Who was asked as well, and may be on their way, hears that somebody has it."""
    words = phrase(_("The {role} has taken case {number:digits}; you need not go."), role=title(actor.role), number=case.number)
    return tell_staff(case, facts.asked - {actor.owner.person_id}, words, lane=Lane.URGENT)
