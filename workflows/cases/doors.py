"""Who may do what to a case; what is refused is refused with a sentence."""

from __future__ import annotations

from bot.effects import Actor, Owner
from bot.errors import NotAllowed
from workflows.cases.facts import Case, Facts

ROLES_OF_A_GRID = ("grid_worker", "grid_leader")


def grids_seen(actor: Actor) -> tuple[int, ...] | None:
    """The grids whose cases this member of staff sees; None for all."""
    return actor.grids if actor.role in ROLES_OF_A_GRID else None


def is_theirs(case: Case, actor: Actor) -> bool:
    """Whether this person or household reported the case."""
    return case.owner == actor.owner and case.owner != Owner()


def known(facts: Facts) -> Case:
    """The case, which must be there."""
    if facts.case is None:
        raise NotAllowed("There is no case of that number.")
    return facts.case


def reporter_or_staff(facts: Facts, actor: Actor) -> Case:
    """The case, for who reported it, for staff and for the clock."""
    case = known(facts)
    if actor.kind != "clock" and not is_theirs(case, actor) and actor.kind != "staff":
        raise NotAllowed("Only who reported a case, or staff, may add to it.")
    return case


def staff_only(case: Case, actor: Actor, facts: Facts) -> None:
    """A grid's own staff act on cases of their grids and on those they were asked about; the others on every case."""
    if actor.kind != "staff":
        raise NotAllowed("Only staff may do this.")
    is_elsewhere = actor.role in ROLES_OF_A_GRID and case.grid_id not in (None, *actor.grids)
    if is_elsewhere and actor.owner.person_id not in facts.was_asked:
        raise NotAllowed(f"Case {case.number} is not in your grids.")
