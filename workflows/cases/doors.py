"""Who may do what to a case; what is refused is refused with a sentence that every page can say."""

from __future__ import annotations

from bot.effects import Actor, Owner
from bot.errors import NotAllowed, Overtaken
from bot.prompt import _
from workflows.cases.facts import Case, Facts
from workflows.cases.words import AnswerCase

ROLES_OF_A_GRID = ("grid_worker", "grid_leader")
LONGEST_ANSWER = 1000  # characters; as a text that is fifteen of them already


def grids_seen(actor: Actor) -> tuple[int, ...] | None:
    """The grids whose cases this member of staff sees; None for all."""
    return actor.grids if actor.role in ROLES_OF_A_GRID else None


def is_theirs(case: Case, actor: Actor) -> bool:
    """Whether this person or household reported the case."""
    return case.owner == actor.owner and case.owner != Owner()


def known(facts: Facts) -> Case:
    """The case, which must be there."""
    if facts.case is None:
        raise NotAllowed(_("There is no case of that number."))
    return facts.case


def reporter_or_staff(facts: Facts, actor: Actor) -> Case:
    """The case, for who reported it, for staff and for the clock."""
    case = known(facts)
    if actor.kind != "clock" and not is_theirs(case, actor) and actor.kind != "staff":
        raise NotAllowed(_("Only who reported a case, or staff, may add to it."))
    return case


def reporter_or_who_asked_them(facts: Facts, actor: Actor) -> Case:
    """The case, for who reported it and for staff who asked them; but never for whoever did the work.

    The one who follows up with the requester is not the one who handled it (Beijing regulation on 接诉即办, 2021, art. 23).
    """
    case = known(facts)
    if is_theirs(case, actor):
        return case
    staff_only(case, actor, facts)
    if actor.staff_id is not None and actor.staff_id == case.accepted_by:
        raise NotAllowed(_("You did the work on case {number}; somebody else asks the resident whether it is solved."), number=case.number)
    return case


def staff_only(case: Case, actor: Actor, facts: Facts) -> None:
    """A grid's own staff act on cases of their grids and on those they were asked about; the others on every case."""
    if actor.kind != "staff":
        raise NotAllowed(_("Only staff may do this."))
    is_elsewhere = actor.role in ROLES_OF_A_GRID and case.grid_id not in (None, *actor.grids)
    if is_elsewhere and actor.owner.person_id not in facts.was_asked:
        raise NotAllowed(_("Case {number} is not in your grids."), number=case.number)


def answerable(facts: Facts, command: AnswerCase) -> str:
    """The words of an answer, which must be some, not too many, and written by somebody who had read all there is."""
    if command.seen and command.seen < facts.entries:
        raise Overtaken(_("Something new has come to this case while you were writing. Read it; then send your words, or change them."))
    text = command.text.strip()
    if not text:
        raise NotAllowed(_("An answer needs words."))
    if len(text) > LONGEST_ANSWER:
        raise NotAllowed(_("An answer may have {most} characters; yours has {count}."), most=LONGEST_ANSWER, count=len(text))
    return text
