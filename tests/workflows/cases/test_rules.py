"""What may happen to a case: who may do what as a table, the ladder and its stale steps, what is promised, who is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import load_years
from bot.effects import CLOCK, Actor, Change, Command, Decision, Drop, Later, Note, Order, Owner, Put, Tell
from bot.envelope import Lane, Media, Purpose
from bot.errors import NotAllowed, Overtaken
from bot.prompt import Phrase
from workflows.cases.doors import LONGEST_ANSWER
from workflows.cases.end_words import Breach
from workflows.cases.facts import Case, Facts
from workflows.cases.rules import decide
from workflows.cases.words import (
    AcceptCase,
    AmendCase,
    AnswerCase,
    Climb,
    Climbed,
    DeclineCase,
    HandOver,
    OnDuty,
    OpenCase,
    Opened,
    Seen,
    Status,
    StatusOf,
    Taken,
    Triage,
    WhoIsOnDuty,
)
from workflows.places.words import Place

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CALENDAR = load_years()
ANNE, BEN = Owner(person_id=1), Owner(person_id=2)
HOUSEHOLD = Owner(household_id=1)
WORKER, LEADER, DUTY, STREET, ADMIN = 11, 12, 13, 14, 15
ALL = {"grid_worker": (WORKER,), "grid_leader": (LEADER,), "community_duty": (DUTY,), "street": (STREET,), "administrator": (ADMIN,)}
SPOKEN = (Media("https://api.twilio.com/RE1", "audio/x-wav"),)
HERE = Place("3号楼", 1, 3, 2, building="3", unit="2")

reporter = Actor("person", ANNE, channel="sms", address_id=7)
stranger = Actor("person", BEN, channel="sms", address_id=8)
worker = Actor("staff", Owner(WORKER), 101, "grid_worker", (4,), "sms", 9)
elsewhere = Actor("staff", Owner(21), 121, "grid_worker", (5,), "sms", 19)
leader = Actor("staff", Owner(LEADER), 102, "grid_leader", (4,), "sms", 10)
duty = Actor("staff", Owner(DUTY), 103, "community_duty", (), "sms", 11)
ACTORS = {"reporter": reporter, "stranger": stranger, "worker": worker, "elsewhere": elsewhere, "duty": duty, "clock": CLOCK}

URGENT = Case(
    "10013", "urgent", "lift", "open", ANNE, 1, NOW + timedelta(days=1), 0, address_id=7, words="电梯困人了", place=HERE, grid_id=4
)
GENERAL = replace(URGENT, label="general", category="water", words="漏水了")
TAKEN = replace(URGENT, state="accepted", accepted_by=101, accepter=WORKER)

T = TypeVar("T")


def facts(case: Case | None = URGENT, **other: Any) -> Facts:
    given_: dict[str, Any] = {"standing": ALL, "grid_id": 4, "number": "10024", "data_key_id": 2}
    return Facts(CALENDAR, case, **given_ | other)


def decided(command: Command[Any], actor: Actor = reporter, case: Case | None = URGENT, **other: Any) -> Decision[Any]:
    return decide(facts(case, **other), Order(command, actor, NOW))


def of(decision: Decision[Any], kind: type[T]) -> list[T]:
    return [effect for effect in decision.effects if isinstance(effect, kind)]


def climbs(decision: Decision[Any]) -> list[Later]:
    return [later for later in of(decision, Later) if isinstance(later.command, Climb)]


def who(effects: Iterable[Put | Tell]) -> list[int | None]:
    return [effect.owner.person_id for effect in effects]


# Who may do what

MAY: dict[type[Command[Any]], set[str]] = {
    OpenCase: {"reporter", "stranger", "worker", "elsewhere", "duty", "clock"},
    AmendCase: {"reporter", "worker", "elsewhere", "duty", "clock"},
    HandOver: {"reporter", "worker", "elsewhere", "duty", "clock"},
    StatusOf: {"reporter", "worker", "elsewhere", "duty"},
    AcceptCase: {"worker", "duty"},
    DeclineCase: {"worker", "duty"},
    AnswerCase: {"worker", "duty"},
    Climb: set(ACTORS),
    WhoIsOnDuty: {"reporter", "worker", "elsewhere", "duty", "clock"},
}
COMMANDS: dict[type[Command[Any]], Command[Any]] = {
    OpenCase: OpenCase("漏水了", Seen("general", "water")),
    AmendCase: AmendCase("10013", note="还在漏"),
    HandOver: HandOver("person", "10013"),
    StatusOf: StatusOf("10013"),
    AcceptCase: AcceptCase("10013"),
    DeclineCase: DeclineCase("10013"),
    AnswerCase: AnswerCase("10013", "师傅马上到"),
    Climb: Climb("10013", 1),
    WhoIsOnDuty: WhoIsOnDuty("10013"),
}


def is_let(command: Command[Any], actor: Actor) -> bool:
    try:
        decision = decided(command, actor)
    except NotAllowed:
        return False
    return not isinstance(decision.answer, Status) or decision.answer.is_known


@pytest.mark.parametrize("kind", MAY)
def test_every_command_is_done_for_whom_the_table_names_and_for_nobody_else(kind: type[Command[Any]]) -> None:
    assert {name for name, actor in ACTORS.items() if is_let(COMMANDS[kind], actor)} == MAY[kind]


def test_who_was_asked_about_a_case_of_another_grid_may_take_it() -> None:
    decision = decided(AcceptCase("10013"), elsewhere, was_asked=frozenset({21}))

    assert decision.answer == Taken("10013", True, "grid_worker")


@pytest.mark.parametrize("command", [AmendCase("10013"), AcceptCase("10013"), DeclineCase("10013"), AnswerCase("10013", "好")])
def test_a_case_that_is_not_there_is_refused(command: Command[Any]) -> None:
    with pytest.raises(NotAllowed):
        decided(command, duty, case=None)


def test_a_case_of_nobody_is_not_everybodys() -> None:
    orphan = replace(URGENT, owner=Owner())

    assert decided(StatusOf("10013"), Actor("person", Owner()), orphan).answer == Status(is_known=False)


# Opening


def opened(label: str, *, place: Place | None = HERE, standing: Any = None, **other: Any) -> Decision[Opened]:
    command = OpenCase("出事了", Seen(label, "lift", advice="lift"), place, **other)
    return decided(command, case=None, standing=ALL if standing is None else standing)


def test_an_urgent_case_is_answered_within_a_day_and_calls_at_once() -> None:
    decision = opened("urgent")

    assert decision.answer == Opened(
        "10024", "urgent", "lift", NOW + timedelta(days=1), False, "grid_worker", NOW + timedelta(minutes=15), "lift"
    )
    assert who(of(decision, Put)) == [WORKER]
    assert climbs(decision) == [Later(NOW + timedelta(minutes=15), Climb("10024", 1), "case:10024", "1")]
    assert of(decision, Later)[0] == Later(NOW + timedelta(days=1), Breach("10024"), "clock:10024", "due")


@pytest.mark.parametrize(("label", "due"), [("general", 18), ("suggestion", 11)])
def test_other_cases_are_promised_by_working_days_and_call_nobody(label: str, due: int) -> None:
    decision = opened(label)

    assert decision.answer.due_at == datetime(2026, 12, due, 15, 59, 59, tzinfo=UTC)
    assert not decision.answer.called
    assert (of(decision, Put), climbs(decision), of(decision, Tell)) == ([], [], [])


def test_with_nobody_on_duty_the_case_says_so_and_is_tried_again() -> None:
    decision = opened("urgent", standing={})

    assert (decision.answer.called, of(decision, Put)) == ("", [])
    assert Change("climb", {"number": "10024", "level": 4, "next_at": NOW + timedelta(minutes=30), "nobody": True}) in decision.effects
    assert [note.kind for note in of(decision, Note)] == ["opened", "nobody_to_ask"]


def test_a_case_that_needs_a_person_tells_the_duty_officer() -> None:
    told = of(opened("general", needs_person="person"), Tell)

    assert (who(told), told[0].lane, told[0].purpose) == ([DUTY], Lane.UPDATE, Purpose.WORK)


def test_a_call_says_number_place_and_words_within_reason() -> None:
    command = OpenCase("救命！" * 60, Seen("urgent", "fire"), HERE)
    ping = of(decided(command, case=None), Put)[0]

    assert ping.before[0].values["number"] == "10024"
    assert len(ping.before[0].values["words"]) <= 60


# The ladder


@pytest.mark.parametrize(
    ("case", "level", "called"),
    [
        (URGENT, 1, "grid_leader"),
        (replace(URGENT, level=1), 2, "community_duty"),
        (replace(URGENT, level=2), 3, "street"),
        (replace(URGENT, level=3), 4, "administrator"),
        (replace(URGENT, level=9), 10, "administrator"),
        # stale: the ladder has moved on, somebody has taken it, it has ended, it is gone
        (replace(URGENT, level=1), 1, ""),
        (URGENT, 2, ""),
        (TAKEN, 1, ""),
        (replace(URGENT, state="closed"), 1, ""),
        (None, 1, ""),
    ],
)
def test_a_step_that_is_due_calls_the_next_and_a_stale_one_does_nothing(case: Case | None, level: int, called: str) -> None:
    decision = decided(Climb("10013", level), CLOCK, case)

    assert decision.answer == Climbed(called)
    assert bool(decision.effects) == bool(called)


def test_the_last_repeat_of_the_last_resort_sets_no_further_timer() -> None:
    decision = decided(Climb("10013", 10), CLOCK, replace(URGENT, level=9))

    assert of(decision, Later) == []


def test_who_is_silent_with_an_open_call_is_told_again_and_not_asked_twice() -> None:
    decision = decided(Climb("10013", 5), CLOCK, replace(URGENT, level=4), asked=frozenset({ADMIN}), was_asked=frozenset({ADMIN}))

    assert (of(decision, Put), who(of(decision, Tell))) == ([], [ADMIN])


def test_who_comes_in_later_hears_what_was_said_since_and_that_somebody_is_hurt() -> None:
    worse = replace(URGENT, words="煤气味", place=None, said_since=("着火了！！", "快来"), hurt="yes")
    ping = of(decided(Climb("10013", 1), CLOCK, worse), Put)[0]

    assert ping.before[0].values["words"] == "煤气味；着火了；快来"
    assert ping.before[1] == Phrase("Somebody is hurt or trapped.")


# Taking and declining


def test_who_takes_a_case_ends_its_ladder_and_its_reporter_hears_it() -> None:
    decision = decided(AcceptCase("10013"), worker)

    assert decision.answer == Taken("10013", True, "grid_worker")
    assert Drop("case:10013", "accepted") in decision.effects
    assert [(tell.owner, tell.address_id, tell.lane, tell.purpose) for tell in of(decision, Tell)] == [
        (ANNE, 7, Lane.URGENT, Purpose.REPLY)
    ]


@pytest.mark.parametrize(("actor", "is_theirs"), [(worker, True), (leader, False)])
def test_the_first_has_it_and_the_second_is_told_the_truth(actor: Actor, *, is_theirs: bool) -> None:
    decision = decided(AcceptCase("10013"), actor, TAKEN)

    assert (decision.answer, decision.effects) == (Taken("10013", is_theirs), ())


@pytest.mark.parametrize(
    ("actor", "case", "next_called"),
    [
        (worker, URGENT, [LEADER]),
        (leader, replace(URGENT, level=1), [DUTY]),
        (worker, replace(URGENT, level=1), []),  # pressed twice, or late: the leader is being asked
        (duty, URGENT, []),
        (leader, TAKEN, []),
        (worker, GENERAL, []),
    ],
)
def test_declining_asks_the_next_at_once_where_one_was_asked(actor: Actor, case: Case, next_called: list[int]) -> None:
    decision = decided(DeclineCase("10013"), actor, case)

    assert decision.answer == Taken("10013", False, "staff" if case is TAKEN else "")
    assert who(of(decision, Put)) == next_called
    assert "declined" in [note.kind for note in of(decision, Note)]


@pytest.mark.parametrize(("level", "asked_anew"), [(0, [LEADER]), (1, [LEADER]), (2, [DUTY])])
def test_who_took_a_case_and_cannot_go_gives_it_back_and_somebody_is_asked_at_once(level: int, asked_anew: list[int]) -> None:
    """Who was called off when it was taken is asked anew."""
    decision = decided(DeclineCase("10013"), worker, replace(TAKEN, level=level))

    assert Change("give_back", {"case": replace(TAKEN, level=level), "state": "open"}) in decision.effects
    assert who(of(decision, Put)) == asked_anew
    assert [tell.owner for tell in of(decision, Tell)] == [ANNE]
    assert len(of(decision, Later)) == 1


def test_others_who_were_asked_hear_that_somebody_has_it() -> None:
    decision = decided(AcceptCase("10013"), worker, asked=frozenset({WORKER, LEADER}))

    assert who(of(decision, Tell)) == [ANNE.person_id, LEADER]


# Adding and answering


def test_what_is_added_to_an_urgent_case_goes_to_all_who_were_asked_and_who_took_it_but_not_to_who_said_it() -> None:
    asked = frozenset({WORKER, LEADER})

    assert who(of(decided(AmendCase("10013", note="水涨了"), asked=asked), Tell)) == [WORKER, LEADER]
    assert who(of(decided(AmendCase("10013", note="水涨了"), worker, asked=asked), Tell)) == [LEADER]
    assert who(of(decided(AmendCase("10013", note="水涨了"), case=TAKEN), Tell)) == [WORKER]


def test_a_place_that_becomes_known_calls_its_grid_worker_once() -> None:
    nowhere = replace(URGENT, place=None, grid_id=None, level=2)
    decision = decided(AmendCase("10013", place=HERE), case=nowhere, asked=frozenset({DUTY}))

    assert decision.answer.called == "grid_worker"
    assert (who(of(decision, Put)), who(of(decision, Tell))) == ([WORKER], [DUTY])
    assert who(of(decided(AmendCase("10013", place=HERE), case=nowhere, asked=frozenset({WORKER})), Put)) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (AmendCase("10013", place=HERE), "Case {number:digits} is at: {place}."),
        (AmendCase("10013", place=Place("平房")), "Case {number:digits}, new words: {words}."),
        (AmendCase("10013", place=HERE, note="在三楼"), "Case {number:digits}, new words: {words}."),
        (AmendCase("10013", hurt="yes"), "Case {number:digits}: somebody is hurt or trapped."),
        (AmendCase("10013", hurt="no"), "Case {number:digits}: nobody is hurt or trapped, the resident says."),
        (AmendCase("10013", media=SPOKEN), "Case {number:digits}: more was said, as a recording. Please listen to it."),
    ],
)
def test_staff_are_told_what_was_added(command: AmendCase, words: str) -> None:
    told = of(decided(command, asked=frozenset({WORKER})), Tell)
    assert [tell.words[0].words for tell in told if tell.owner == Owner(WORKER)] == [words]


@pytest.mark.parametrize(
    ("case", "quiet", "told"),
    [
        (GENERAL, False, [DUTY]),
        (GENERAL, True, [DUTY]),
        (URGENT, False, [DUTY]),
        (replace(GENERAL, needs_person="place"), False, [DUTY]),
        (replace(GENERAL, needs_person="recording"), False, []),
    ],
)
def test_what_was_recorded_waits_for_a_person_who_listens(case: Case, *, quiet: bool, told: list[int]) -> None:
    decision = decided(AmendCase("10013", media=SPOKEN, quiet=quiet), case=case)

    assert who(of(decision, Tell)) == told
    assert [change.fields for change in of(decision, Change) if change.what == "needs_person"] == [
        {"number": "10013", "why": "recording"} for _one in told
    ]


def test_a_case_that_was_only_recorded_is_put_in_words_that_say_so() -> None:
    decision = decided(OpenCase("", Seen("urgent", "other"), media=SPOKEN, needs_person="recording"))

    up = of(decision, Put)[0].before[0]
    assert up.values["words"] == {"words": "a recording that nobody has heard yet", "values": {}}


# Whom a caller is put through to


@pytest.mark.parametrize(
    ("case", "phones", "found"),
    [
        (URGENT, (WORKER, LEADER), OnDuty("grid_worker", "+11")),
        (URGENT, (LEADER, DUTY), OnDuty("grid_leader", "+12")),
        (replace(URGENT, level=2), (WORKER, LEADER, DUTY), OnDuty("community_duty", "+13")),
        (replace(TAKEN, accepter=LEADER, accepter_role="grid_leader"), (WORKER, LEADER), OnDuty("grid_leader", "+12")),
        (URGENT, (ADMIN,), OnDuty("administrator", "+15")),
        (URGENT, (), OnDuty()),
    ],
)
def test_a_caller_is_put_through_to_who_has_the_case_or_else_up_its_ladder(case: Case, phones: tuple[int, ...], found: OnDuty) -> None:
    assert decided(WhoIsOnDuty("10013"), case=case, phones={person: f"+{person}" for person in phones}).answer == found


@pytest.mark.parametrize(
    ("case", "quiet", "told"), [(GENERAL, False, [DUTY]), (GENERAL, True, []), (replace(GENERAL, needs_person="place"), False, [])]
)
def test_new_words_of_a_routine_case_are_brought_to_the_duty_officer_once(case: Case, *, quiet: bool, told: list[int]) -> None:
    decision = decided(AmendCase("10013", note="还在漏", quiet=quiet), case=case)

    assert who(of(decision, Tell)) == told
    assert [note.kind for note in of(decision, Note)] == ["amended"]


def test_the_first_answer_of_a_person_is_the_response_that_was_promised() -> None:
    first = decided(AnswerCase("10013", " 师傅马上到 "), duty)
    again = decided(AnswerCase("10013", "到了吗"), duty, replace(URGENT, first_responded_at=NOW))

    assert (first.answer.was_first, again.answer.was_first) == (True, False)
    assert [(tell.owner, tell.words[0].values["words"]) for tell in of(first, Tell)] == [(ANNE, "师傅马上到")]


def test_an_answer_without_words_is_refused() -> None:
    with pytest.raises(NotAllowed):
        decided(AnswerCase("10013", "  "), duty)


@pytest.mark.parametrize(("seen", "entries"), [(0, 9), (9, 9), (9, 8)])
def test_who_has_read_all_there_is_answers(seen: int, entries: int) -> None:
    assert decided(AnswerCase("10013", "好", seen), duty, entries=entries).answer.number == "10013"


def test_who_has_not_read_the_latest_is_told_so_and_nothing_is_sent() -> None:
    with pytest.raises(Overtaken):
        decided(AnswerCase("10013", "好", seen=3), duty, entries=4)


@pytest.mark.parametrize(("length", "may"), [(LONGEST_ANSWER, True), (LONGEST_ANSWER + 1, False)])
def test_an_answer_is_not_a_book(length: int, *, may: bool) -> None:
    command = AnswerCase("10013", "好" * length + " ")
    assert is_let(command, duty) is may


def test_handing_over_without_a_case_makes_a_draft_that_waits_for_a_person() -> None:
    decision = decided(HandOver("person", text="想问暖气费"), case=None)

    assert (decision.answer.number, decision.answer.label) == ("10024", "general")
    assert of(decision, Change)[0].fields["case"].needs_person == "person"
    assert who(of(decision, Tell)) == [DUTY]


@pytest.mark.parametrize(
    ("case", "state"),
    [
        (URGENT, "open"),
        (TAKEN, "accepted"),
        (replace(URGENT, first_responded_at=NOW), "answered"),
        (replace(URGENT, state="closed", first_responded_at=NOW), "closed"),
    ],
)
def test_the_reporter_hears_how_far_the_case_has_come(case: Case, state: str) -> None:
    assert decided(StatusOf("10013"), case=case, others=("10013", "10024")).answer == Status(
        True, "10013", state, case.due_at, False, "urgent", ("10024",)
    )


def test_a_household_may_ask_about_what_was_reported_from_its_shared_phone() -> None:
    case = replace(GENERAL, owner=HOUSEHOLD)

    assert decided(StatusOf("10013"), Actor("person", HOUSEHOLD), case).answer.is_known
    assert not decided(StatusOf("10013"), reporter, case).answer.is_known


def test_triage_answers_what_was_seen() -> None:
    assert decided(Triage("漏水了"), case=None, seen=Seen("general", "water")).answer == Seen("general", "water")


EVERYBODY = st.fixed_dictionaries({role: st.sampled_from([(), people]) for role, people in ALL.items()})


@given(EVERYBODY, st.lists(st.sampled_from(["climb", "worker", "leader", "duty"]), max_size=12))
def test_whoever_is_there_and_whatever_they_press_a_waiting_case_always_has_somebody_or_a_timer_or_stands_in_sight(
    standing: dict[str, tuple[int, ...]], presses: list[str]
) -> None:
    """The ladder never ends in silence: after every step somebody is being asked, a next step is due, or it is marked for a person."""
    decision = opened("urgent", standing={role: people for role, people in standing.items() if people})
    case = replace(URGENT, number="10024")
    timers = climbs(decision)
    for press in presses:
        change = next((each for each in of(decision, Change) if each.what == "climb"), None)
        if change is not None:
            case = replace(case, level=change.fields["level"])
            assert of(decision, Put) or change.fields["nobody"] or of(decision, Tell)
            timers = climbs(decision)
        actor = {"worker": worker, "leader": leader, "duty": duty}.get(press)
        command: Command[Any] = DeclineCase("10024") if actor else Climb("10024", case.level + 1)
        decision = decided(command, actor or CLOCK, case, standing={role: people for role, people in standing.items() if people})
    assert timers or case.level >= 10
