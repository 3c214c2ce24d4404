"""What staff may look up from their own phones: their work, who waits, one case. Pure; it asks the same doors as every other rule.

What leaves the country is less: the room and the resident's own words, which may tell of their health, only of urgent cases
(PIPL art. 38 to 40; the emergency is exempt).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.effects import Actor, Change, Decision, Order
from bot.errors import NotAllowed
from bot.prompt import _
from workflows.cases.doors import grids_seen, staff_only
from workflows.cases.facts import Case, Facts, Line
from workflows.cases.words import CaseFor, CaseSeen, Listed, MyWork, WhoWaits, Worklist
from workflows.places.words import Place

PAGE = 3  # cases at a time: as a text of two segments
MOST_WORDS = 60  # of a resident's words in a text: with number and place it stays within two SMS segments
UNTAKEN = "untaken"  # why an urgent case waits that nobody has taken yet


def my_work(facts: Facts, order: Order) -> Decision[Worklist]:
    """What I am asked about comes first, then what I have taken."""
    command, actor = order.command, _staff(order.actor)
    assert isinstance(command, MyWork)
    mine = [line for line in facts.lines if (line.is_asked and line.is_waiting) or _has_taken(line, actor)]
    mine.sort(key=lambda line: (_has_taken(line, actor), line.due_at, line.number))
    shown = [_listed(line, order.now, is_asked=not _has_taken(line, actor)) for line in mine]
    return _page(facts, shown, page=command.page, why="my work")


def who_waits(facts: Facts, order: Order) -> Decision[Worklist]:
    """Who waits for a person within the grids of whoever asks."""
    command, grids = order.command, grids_seen(_staff(order.actor))
    assert isinstance(command, WhoWaits)
    waiting = [line for line in facts.lines if _why(line) and (grids is None or line.grid_id is None or line.grid_id in grids)]
    waiting.sort(key=lambda line: (line.label != "urgent", line.received_at, line.number))
    return _page(facts, [_listed(line, order.now, is_asked=False) for line in waiting], page=command.page, why="who waits")


def case_for(facts: Facts, order: Order) -> Decision[CaseSeen]:
    """One case; who may not act on it is told no more than that."""
    command, actor = order.command, _staff(order.actor)
    assert isinstance(command, CaseFor)
    case = facts.case
    if case is None:
        return Decision(CaseSeen(command.number))
    try:
        staff_only(case, actor, facts)
    except NotAllowed:
        return Decision(CaseSeen(case.number, is_known=True, refused=True))
    stays_here = actor.is_abroad and case.label != "urgent"
    seen = CaseSeen(
        number=case.number,
        is_known=True,
        label=case.label,
        state="answered" if case.first_responded_at and case.state in ("open", "accepted") else case.state,
        place=built(case.place) if stays_here else case.place,
        words="" if stays_here or command.brief else _words(case),
        is_withheld=stays_here and bool(case.words),
        due_at=case.due_at,
        taken_by=case.accepter_role,
        asked=facts.asked_roles,
        why=case.needs_person,
    )
    return Decision(seen, (_looked(case.subject, "case read"),))


def _staff(actor: Actor) -> Actor:
    if actor.kind != "staff":
        raise NotAllowed(_("Only staff may do this."))
    return actor


def _has_taken(line: Line, actor: Actor) -> bool:
    return line.accepted_by is not None and line.accepted_by == actor.staff_id


def _why(line: Line) -> str:
    return line.needs_person or (UNTAKEN if line.is_waiting and line.label == "urgent" else "")


def _listed(line: Line, now: datetime, *, is_asked: bool) -> Listed:
    waits = max(1, int((now - line.received_at).total_seconds() // 60))
    return Listed(line.number, line.label, line.place, line.due_at, is_asked, line.is_answered, _why(line), waits)


def _page(facts: Facts, cases: Sequence[Listed], *, page: int, why: str) -> Decision[Worklist]:
    ends = (max(0, page) + 1) * PAGE
    is_called = any(line.is_asked and line.is_waiting for line in facts.lines)
    found = Worklist(tuple(cases[ends - PAGE : ends]), len(cases), max(0, len(cases) - ends), is_called)
    return Decision(found, (_looked("cases", why),))


def _looked(subject: str, why: str) -> Change:
    return Change("looked", {"subject": subject, "why": why})


def built(place: Place | None) -> Place | None:
    """The house and the stair of a place, without floor, room or anybody's words."""
    if place is None or not place.is_found:
        return None
    return replace(place, words="", floor="", room="", landmark="")


def _words(case: Case) -> str:
    return clipped("；".join(said for each in (case.words, *case.said_since) if (said := flat(each))))


def flat(words: str) -> str:
    """The words on one line, without the stop at their end."""
    return " ".join(words.split()).rstrip("。.!！")


def clipped(words: str) -> str:
    """As many of the words as a text has room for."""
    said = flat(words)
    return said if len(said) <= MOST_WORDS else said[: MOST_WORDS - 1] + "…"
