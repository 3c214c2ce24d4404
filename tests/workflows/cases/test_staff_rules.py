"""What staff may look up: whose cases stand in which list, what of a case goes abroad, and that every look is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.calendar import load_years
from bot.effects import CLOCK, Actor, Change, Command, Order, Owner
from bot.errors import NotAllowed
from workflows.cases.facts import Case, Facts, Line
from workflows.cases.rules import decide
from workflows.cases.words import CaseFor, CaseSeen, MyWork, WhoWaits, Worklist
from workflows.places.words import Place

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CALENDAR = load_years()
HERE = Place("501漏水", 1, 3, 2, building="3", unit="2", room="501", floor="5")

worker = Actor("staff", Owner(11), 101, "grid_worker", (4,), "sms", 9)
elsewhere = Actor("staff", Owner(21), 121, "grid_worker", (5,), "sms", 19)
leader = Actor("staff", Owner(12), 102, "grid_leader", (4, 5), "sms", 10)
duty = Actor("staff", Owner(13), 103, "community_duty", (), "sms", 11)
street = Actor("staff", Owner(14), 104, "street", (), "sms", 12)
resident = Actor("person", Owner(1), channel="sms")

CASE = Case(
    "10013", "general", "water", "open", Owner(1), 1, NOW + timedelta(days=20), 0, words="501漏水，老人腿脚不便", place=HERE, grid_id=4
)


def line(number: str, **said: Any) -> Line:
    given = {
        "label": "general",
        "grid_id": 4,
        "place": "示例新村3号楼",
        "due_at": NOW + timedelta(days=9),
        "received_at": NOW - timedelta(hours=3),
    }
    return Line(number, **given | said)


def listed(command: Command[Worklist], actor: Actor, *lines: Line) -> Worklist:
    decision = decide(Facts(CALENDAR, lines=lines), Order(command, actor, NOW))
    assert [(effect.what, effect.fields["subject"]) for effect in decision.effects if isinstance(effect, Change)] == [("looked", "cases")]
    found = decision.answer
    assert isinstance(found, Worklist)
    return found


def numbers(found: Worklist) -> list[str]:
    return [case.number for case in found.cases]


def seen(actor: Actor, case: Case | None = CASE, **known: Any) -> CaseSeen:
    found = decide(Facts(CALENDAR, case=case, **known), Order(CaseFor("10013"), actor, NOW)).answer
    assert isinstance(found, CaseSeen)
    return found


@pytest.mark.parametrize("command", [MyWork(), WhoWaits(), CaseFor("10013")])
@pytest.mark.parametrize("actor", [resident, CLOCK], ids=str)
def test_nobody_but_staff_may_look(command: Command[Any], actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        decide(Facts(CALENDAR, case=CASE), Order(command, actor, NOW))


def test_my_work_is_what_i_am_asked_first_then_what_i_took_by_its_promise() -> None:
    found = listed(
        MyWork(),
        worker,
        line("1", accepted_by=101, due_at=NOW + timedelta(days=2)),
        line("2", accepted_by=101, due_at=NOW + timedelta(days=1)),
        line("3", is_asked=True, is_waiting=True),
        line("4", is_asked=True, is_waiting=False, accepted_by=102),
        line("5", accepted_by=102),
    )
    assert numbers(found) == ["3", "2", "1"]
    assert [case.is_asked for case in found.cases] == [True, False, False]
    assert (found.count, found.more, found.is_called) == (3, 0, True)


WAITING = (
    line("1", needs_person="person", received_at=NOW - timedelta(days=2)),
    line("2", needs_person="recording", grid_id=5, received_at=NOW - timedelta(days=3)),
    line("3", label="urgent", is_waiting=True),
    line("4", needs_person="place", grid_id=None, received_at=NOW - timedelta(days=1)),
    line("5", label="urgent", is_waiting=False, accepted_by=101),
    line("6"),
)


EVERY = ["3", "2", "1", "4"]
SEES = {"worker": (worker, ["3", "1", "4"]), "elsewhere": (elsewhere, ["2", "4"]), "leader": (leader, EVERY), "duty": (duty, EVERY)} | {
    "street": (street, EVERY)
}


@pytest.mark.parametrize(("actor", "sees"), SEES.values(), ids=SEES)
def test_who_waits_is_urgent_first_then_the_oldest_within_my_grids(actor: Actor, sees: list[str]) -> None:
    first, second = listed(WhoWaits(), actor, *WAITING), listed(WhoWaits(1), actor, *WAITING)
    assert numbers(first) + numbers(second) == sees
    assert (first.count, first.more) == (len(sees), max(0, len(sees) - 3))


def test_a_line_says_why_it_waits_and_for_how_long() -> None:
    urgent, other, _unplaced = listed(WhoWaits(), worker, *WAITING).cases
    assert (urgent.why, urgent.waits) == ("untaken", 180)
    assert (other.why, other.waits) == ("person", 2 * 24 * 60)


def test_a_case_is_seen_whole_where_nothing_leaves_the_country() -> None:
    found = seen(worker, asked_roles=("grid_worker",))
    assert (found.words, found.place, found.is_withheld) == ("501漏水，老人腿脚不便", HERE, False)
    assert (found.label, found.state, found.asked) == ("general", "open", ("grid_worker",))


def test_what_was_said_and_the_room_stay_in_the_country_unless_it_is_urgent() -> None:
    """PIPL art. 38: over a platform abroad go number, class and stair; in an emergency all that helps to find and help."""
    found = seen(replace(worker, is_abroad=True))
    assert found.words == ""
    assert found.is_withheld
    assert found.place is not None
    assert (found.place.building, found.place.unit, found.place.room, found.place.floor, found.place.words) == ("3", "2", "", "", "")
    urgent = seen(replace(worker, is_abroad=True), replace(CASE, label="urgent"))
    assert (urgent.words, urgent.place, urgent.is_withheld) == (CASE.words, HERE, False)


def test_long_words_are_cut_short() -> None:
    assert len(seen(duty, replace(CASE, words="漏水" * 900)).words) == 60


def test_a_case_of_other_grids_is_refused_and_nothing_of_it_told() -> None:
    assert seen(elsewhere) == CaseSeen("10013", is_known=True, refused=True)
    assert seen(elsewhere, was_asked=frozenset({21})).refused is False
    assert seen(duty, None) == CaseSeen("10013")


def test_a_look_at_a_case_is_on_record_and_a_refused_one_is_no_look() -> None:
    looked = decide(Facts(CALENDAR, case=CASE), Order(CaseFor("10013"), worker, NOW)).effects
    assert looked == (Change("looked", {"subject": "case:10013", "why": "case read"}),)
    assert decide(Facts(CALENDAR, case=CASE), Order(CaseFor("10013"), elsewhere, NOW)).effects == ()
