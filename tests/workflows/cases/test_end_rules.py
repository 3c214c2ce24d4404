"""A case brought to its end: who may do what, what its reporter's word and silence come to, and what is promised kept or broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.calendar import load_years
from bot.effects import CLOCK, Actor, Change, Command, Decision, Drop, Later, Note, Order, Owner, Put, Tell
from bot.envelope import Lane, Purpose
from bot.errors import NotAllowed
from tests.workflows.cases import test_rules as opening
from tests.workflows.cases.test_rules import (
    ACTORS,
    ANNE,
    CALENDAR,
    DUTY,
    LEADER,
    NOW,
    STREET,
    WORKER,
    climbs,
    decide,
    decided,
    duty,
    facts,
    of,
    reporter,
    who,
    worker,
)
from workflows.cases.clocks import reopened, silence_ends
from workflows.cases.end_words import (
    HOW_FAR,
    ArriveCase,
    Breach,
    CancelCase,
    CloseSilent,
    GoOn,
    JudgeCase,
    Judged,
    Moved,
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
from workflows.cases.facts import Case
from workflows.cases.words import AcceptCase, AnswerCase, DeclineCase

DUE = datetime(2026, 12, 18, 15, 59, 59, tzinfo=UTC)
GENERAL = replace(opening.GENERAL, received_at=NOW, due_at=DUE)
URGENT = replace(opening.URGENT, received_at=NOW)
TAKEN = replace(opening.TAKEN, received_at=NOW)
MINE = replace(GENERAL, state="accepted", accepted_by=101, accepter=WORKER, accepter_role="grid_worker")
RESOLVED = replace(MINE, state="resolved", met_at=NOW, first_responded_at=NOW)
CLOSED = replace(RESOLVED, state="closed")
DONE = ResolveCase("10013", "水龙头换了", "visit")


def values(decision: Decision[Any]) -> dict[str, Any]:
    """What is written into the row."""
    return {name: value for change in of(decision, Change) if change.what == "set" for name, value in change.fields["values"].items()}


def kinds(decision: Decision[Any]) -> list[str]:
    return [note.kind for note in of(decision, Note)]


def at(command: Command[Any], actor: Actor, case: Case, now: datetime) -> Decision[Any]:
    return decide(facts(case), Order(command, actor, now))


# Who may do what

MAY: dict[type[Command[Any]], tuple[Command[Any], Case, set[str]]] = {
    ProgressCase: (ProgressCase("10013"), MINE, {"worker", "duty"}),
    ArriveCase: (ArriveCase("10013"), MINE, {"worker", "duty"}),
    ResolveCase: (DONE, MINE, {"worker", "duty"}),
    WaitForResident: (WaitForResident("10013", "周三在家吗？"), MINE, {"worker", "duty"}),
    GoOn: (GoOn("10013"), MINE, {"reporter", "worker", "elsewhere", "duty", "clock"}),
    WaitEnds: (WaitEnds("10013", NOW), MINE, set(ACTORS)),
    CancelCase: (CancelCase("10013", "重复"), MINE, {"worker", "duty"}),
    NoteCase: (NoteCase("10013", "配件周三到"), MINE, {"worker", "duty"}),
    ReclassifyCase: (ReclassifyCase("10013", "urgent", "漏到电表上了"), MINE, {"worker", "duty"}),
    JudgeCase: (JudgeCase("10013", "solved"), RESOLVED, {"reporter", "duty"}),  # never who did the work
    RateCase: (RateCase("10013", "good"), CLOSED, {"reporter", "duty"}),
    CloseSilent: (CloseSilent("10013"), RESOLVED, set(ACTORS)),
    Unasked: (Unasked("10013"), RESOLVED, set(ACTORS)),
    Breach: (Breach("10013"), MINE, set(ACTORS)),
}


@pytest.mark.parametrize("kind", MAY)
def test_every_command_is_done_for_whom_the_table_names_and_for_nobody_else(kind: type[Command[Any]]) -> None:
    command, case, let = MAY[kind]
    found = set()
    for name, actor in ACTORS.items():
        try:
            decided(command, actor, case)
            found.add(name)
        except NotAllowed:
            pass
    assert found == let


def test_what_one_may_do_is_told_without_doing_it() -> None:
    decision = decided(MovesOf("10013"), worker, MINE)

    assert (decision.answer.is_mine, "resolve" in decision.answer.can, decision.effects) == (True, True, ())
    assert not decided(MovesOf("10013"), duty, MINE).answer.is_mine
    assert decided(MovesOf("10013"), ACTORS["elsewhere"], MINE).answer.can == ()
    assert not decided(MovesOf("10013"), reporter, MINE).answer.is_known


# Working on it


def test_the_resident_hears_that_it_is_being_worked_on_in_one_sentence() -> None:
    decision = decided(ProgressCase("10013", "师傅下午来"), worker, MINE)

    assert decision.answer == Moved("10013", "in_progress")
    assert [(tell.owner, tell.words[0].values["words"], tell.purpose) for tell in of(decision, Tell)] == [
        (ANNE, "师傅下午来", Purpose.REPLY)
    ]


def test_the_same_news_is_not_told_twice() -> None:
    with pytest.raises(NotAllowed, match="say what is new"):
        decided(ProgressCase("10013"), worker, replace(MINE, state="in_progress"))


@pytest.mark.parametrize(
    ("command", "case", "is_response"),
    [
        (ArriveCase("10013"), TAKEN, True),
        (ProgressCase("10013", "梯子马上到"), TAKEN, True),
        (ProgressCase("10013"), TAKEN, False),  # the machine's own sentence
        (NoteCase("10013", "已电话联系", for_resident=True), TAKEN, True),
        (NoteCase("10013", "缺配件"), TAKEN, False),
        (AnswerCase("10013", "马上到"), URGENT, True),
        (AcceptCase("10013"), URGENT, False),  # a yes to a call is no answer to the resident
    ],
)
def test_only_a_persons_words_or_their_coming_are_the_first_response(command: Command[Any], case: Case, *, is_response: bool) -> None:
    decision = decided(command, worker, case)

    assert (values(decision).get("met_at") == NOW) == is_response
    assert ("promise_kept" in kinds(decision)) == is_response
    assert (Drop("clock:10013", "answered") in decision.effects) == is_response


def test_words_to_the_resident_do_not_keep_what_was_promised_of_a_repair() -> None:
    decision = decided(AnswerCase("10013", "明天来修"), worker, MINE)

    assert values(decision) == {"first_responded_at": NOW, "needs_person": ""}


def test_pressed_twice_nobody_arrives_twice() -> None:
    assert decided(ArriveCase("10013"), worker, replace(TAKEN, state="in_progress", arrived_at=NOW)).effects == ()


def test_a_note_for_staff_is_told_to_nobody() -> None:
    decision = decided(NoteCase("10013", "住户耳朵背，多按几下门铃"), duty, MINE)

    assert (of(decision, Tell), of(decision, Change), kinds(decision)) == ([], [], ["noted"])


@pytest.mark.parametrize(("actor", "asked"), [(worker, [WORKER]), (replace(duty, address_id=None), [])])
def test_who_takes_a_case_on_their_own_phone_is_asked_there_how_far_they_are(actor: Actor, asked: list[int]) -> None:
    puts = of(decided(AcceptCase("10013"), actor, URGENT), Put)

    assert who(puts) == asked
    assert all((put.ask, put.address_id) == (HOW_FAR, actor.address_id) for put in puts)


def test_a_repair_that_is_given_back_waits_for_a_person() -> None:
    decision = decided(DeclineCase("10013"), worker, MINE)

    assert Change("needs_person", {"number": "10013", "why": "given back"}) in decision.effects
    assert who(of(decision, Tell)) == [ANNE.person_id, DUTY]


# Resolved, by the office's word


def test_the_reporter_is_asked_where_they_reported_it_whether_it_is_solved() -> None:
    decision = decided(DONE, worker, MINE)
    (put,) = of(decision, Put)

    assert (put.owner, put.flow, put.address_id, put.ask.name, put.purpose) == (ANNE, "verdict", 7, "solved", Purpose.REPLY)
    assert [choice.value for choice in put.ask.choices] == ["solved", "partly", "not"]
    assert values(decision)["met_at"] == NOW
    assert of(decision, Later)[0] == Later(silence_ends(CALENDAR, now=NOW), CloseSilent("10013"), "clock:10013", "silence")


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (ResolveCase("10013", " ", "visit"), "what was done"),
        (ResolveCase("10013", "修好了"), "also told"),
        (ResolveCase("10013", "修好了", "by pigeon"), "also told"),
        (ResolveCase("10013", "修好了", "none"), "say why"),
        (ResolveCase("10013", "好" * 301, "visit"), "300 characters"),
    ],
)
def test_a_result_is_told_on_the_channel_and_beside_it_or_it_is_said_why_not(command: ResolveCase, missing: str) -> None:
    with pytest.raises(NotAllowed, match=missing):
        decided(command, worker, MINE)


def test_a_recording_that_nobody_has_heard_still_waits_for_a_person() -> None:
    assert values(decided(DONE, worker, replace(MINE, needs_person="recording")))["needs_person"] == "recording"
    assert values(decided(DONE, worker, replace(MINE, needs_person="place")))["needs_person"] == ""


def test_a_reason_stands_in_for_what_was_not_told_offline() -> None:
    decision = decided(ResolveCase("10013", "修好了", "none", "住户在外地"), worker, MINE)

    assert Change("keep", {"case": MINE, "resolution": "修好了", "offline_why": "住户在外地"}) in decision.effects


def test_who_is_on_their_way_hears_that_they_need_not_go() -> None:
    decision = decided(DONE, duty, URGENT, asked=frozenset({WORKER, LEADER}))

    assert who(of(decision, Tell)) == [WORKER, LEADER]
    assert Drop("case:10013", "resolved") in decision.effects
    assert values(decision)["accepted_by"] == duty.staff_id  # every case has an owner


def test_who_cannot_be_asked_is_asked_by_a_person_and_closed_for_that_reason() -> None:
    decision = decided(Unasked("10013"), CLOCK, RESOLVED)
    closing = decided(CloseSilent("10013"), CLOCK, replace(RESOLVED, needs_person="unasked"))

    assert Change("needs_person", {"number": "10013", "why": "unasked"}) in decision.effects
    assert who(of(decision, Tell)) == [DUTY]
    assert (values(closing)["ended_why"], of(closing, Tell)) == ("unreachable", [])


def test_a_case_of_nobody_is_shown_to_a_person_at_once() -> None:
    decision = decided(DONE, duty, replace(MINE, owner=Owner()))

    assert of(decision, Put) == []
    assert Later(NOW, Unasked("10013"), "clock:10013", "unasked") in decision.effects


# The reporter's word, and silence


def test_yes_closes_it() -> None:
    decision = decided(JudgeCase("10013", "solved"), reporter, RESOLVED)

    assert decision.answer == Judged("10013", True, "closed", "general")
    assert values(decision) == {"state": "closed", "closed_at": NOW, "ended_why": "agreed", "verdict": "solved"}


@pytest.mark.parametrize("verdict", ["partly", "not"])
@pytest.mark.parametrize("case", [RESOLVED, replace(CLOSED, verdict="")], ids=["asked", "closed by silence"])
def test_anything_else_reopens_it_one_role_higher_on_a_shorter_clock(verdict: str, case: Case) -> None:
    decision = decided(JudgeCase("10013", verdict), reporter, case)
    new = reopened(CALENDAR, case, now=NOW)

    assert decision.answer == Judged("10013", True, "reopened", "general", new.due_at, new.provisional, "grid_leader")
    assert who(of(decision, Put)) == [LEADER]
    assert (values(decision)["met_at"], values(decision)["reopened"], values(decision)["verdict"]) == (None, 1, verdict)
    assert Later(new.due_at, Breach("10013"), "clock:10013", "due") in decision.effects
    assert new.due_at < DUE
    assert [later.due_at for later in climbs(decision)] == [datetime(2026, 11, 24, 1, tzinfo=UTC)]  # a working day, and then the morning
    assert who(of(decision, Tell)) == [WORKER]


@pytest.mark.parametrize(
    ("accepter_role", "level", "called"),
    [("grid_worker", 0, LEADER), ("community_duty", 0, STREET), ("", 0, LEADER), ("grid_worker", 2, STREET), ("administrator", 0, 15)],
)
def test_it_goes_above_whoever_had_it_and_never_below_where_it_had_come_to(accepter_role: str, level: int, called: int) -> None:
    case = replace(RESOLVED, accepter_role=accepter_role, accepter=None, level=level)

    assert who(of(decided(JudgeCase("10013", "not"), reporter, case), Put)) == [called]


def test_what_leaves_the_country_of_a_repair_is_number_and_house_only() -> None:
    (put,) = of(decided(JudgeCase("10013", "not"), reporter, replace(RESOLVED, words="我有心脏病，漏水了")), Put)

    assert "心脏" not in str(put.before)
    assert (put.ask.lane, put.ask.takes_danger, put.ask.words_too) == (Lane.UPDATE, False, False)


@pytest.mark.parametrize("case", [MINE, replace(CLOSED, verdict="solved"), replace(GENERAL, state="cancelled")])
def test_a_yes_that_nobody_asked_for_changes_nothing(case: Case) -> None:
    decision = decided(JudgeCase("10013", "solved"), reporter, case)

    assert (decision.answer.is_taken, decision.effects) == (False, ())


def test_silence_closes_it_with_that_reason_and_its_reporter_is_told_once() -> None:
    decision = decided(CloseSilent("10013"), CLOCK, RESOLVED)

    assert (values(decision)["state"], values(decision)["ended_why"], values(decision)["verdict"]) == ("closed", "silence", "")
    assert [tell.owner for tell in of(decision, Tell)] == [ANNE]
    assert Drop("case:10013", "closed") not in decision.effects  # a late no is still taken


@pytest.mark.parametrize(
    ("command", "case"),
    [
        (CloseSilent("10013"), CLOSED),
        (CloseSilent("10013"), replace(RESOLVED, reopened=1)),  # of the time before
        (Unasked("10013"), replace(RESOLVED, reopened=1)),
        (Unasked("10013"), CLOSED),
        (Breach("10013"), RESOLVED),
        (Breach("10013"), replace(GENERAL, state="cancelled")),
        (Breach("10013"), GENERAL),  # its moment has not come
    ],
)
def test_a_stale_timer_does_nothing(command: Command[Any], case: Case) -> None:
    assert decided(command, CLOCK, case).effects == ()


def test_nobody_is_asked_in_the_night_or_at_the_weekend() -> None:
    """Five whole working days, then nine o'clock in the morning."""
    assert silence_ends(CALENDAR, now=NOW) == datetime(2026, 11, 30, 1, tzinfo=UTC)
    assert silence_ends(load_years(), now=datetime(2026, 9, 28, 2, tzinfo=UTC)) == datetime(2026, 10, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(("grade", "told"), [("very_good", []), ("fair", []), ("bad", [DUTY]), ("very_bad", [DUTY])])
def test_who_is_not_satisfied_is_heard_by_a_person(grade: str, told: list[int]) -> None:
    decision = decided(RateCase("10013", grade), reporter, CLOSED)

    assert values(decision) == {"satisfaction": grade}
    assert who(of(decision, Tell)) == told


def test_nothing_is_cancelled_without_a_reason() -> None:
    with pytest.raises(NotAllowed, match="Say why"):
        decided(CancelCase("10013", " "), duty, MINE)
    decision = decided(CancelCase("10013", "重复报的。"), duty, MINE)

    assert values(decision)["ended_why"] == "cancelled"
    assert who(of(decision, Tell)) == [WORKER, ANNE.person_id]


# Promises


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_a_broken_promise_is_on_record_when_its_moment_comes_and_told_upwards_once(late: timedelta) -> None:
    decision = at(Breach("10013"), CLOCK, MINE, DUE + late)
    again = at(DONE, worker, replace(MINE, breached_at=DUE + late), DUE + late + timedelta(days=1))

    assert values(decision) == {"breached_at": DUE + late}
    assert who(of(decision, Tell)) == [DUTY, STREET]
    assert ("promise_broken" in kinds(again), who(of(again, Tell))) == (False, [])
    assert "breached_at" not in values(again)  # and what is done late does not take it away


def test_what_is_done_late_is_late_even_if_the_clock_had_not_looked() -> None:
    decision = at(DONE, worker, MINE, DUE + timedelta(seconds=1))

    assert values(decision)["breached_at"] == DUE + timedelta(seconds=1)
    assert kinds(decision)[:2] == ["resolved", "promise_broken"]


def test_a_no_after_the_promised_day_means_that_it_was_not_kept() -> None:
    decision = at(JudgeCase("10013", "not"), reporter, RESOLVED, DUE + timedelta(days=2))

    assert values(decision)["breached_at"] == DUE + timedelta(days=2)
    assert values(decision)["due_at"] > DUE


@pytest.mark.parametrize(
    ("case", "label", "due", "called", "told"),
    [
        (URGENT, "general", DUE, "", [ANNE.person_id, WORKER]),
        (GENERAL, "urgent", NOW + timedelta(days=1), "grid_worker", [ANNE.person_id]),
        (GENERAL, "suggestion", datetime(2026, 12, 11, 15, 59, 59, tzinfo=UTC), "", [ANNE.person_id]),
        (MINE, "urgent", NOW + timedelta(days=1), "", [ANNE.person_id, WORKER]),  # whoever has it hears it
    ],
)
def test_another_class_is_promised_from_receipt_and_danger_calls(
    case: Case, label: str, due: datetime, called: str, told: list[int]
) -> None:
    asked = frozenset({WORKER}) if case is URGENT else frozenset[int]()
    decision = decided(ReclassifyCase("10013", label, "看过了。"), duty, case, asked=asked)

    assert (decision.answer.due_at, decision.answer.was_due_at, decision.answer.called) == (due, case.due_at, called)
    assert Later(due, Breach("10013"), "clock:10013", "due") in decision.effects
    assert (Drop("case:10013", "reclassified") in decision.effects) == (case is not MINE and "urgent" in (case.label, label))
    assert who(of(decision, Tell)) == told
    assert bool(of(decision, Put)) == bool(called)
    assert kinds(decision)[0] == "reclassified"


@pytest.mark.parametrize(
    ("label", "why", "case", "words"),
    [
        ("soon", "错了", GENERAL, "There is no class"),
        ("urgent", " ", GENERAL, "Say why"),
        ("general", "错了", GENERAL, "of this class already"),
        ("urgent", "错了", RESOLVED, "any more"),
    ],
)
def test_a_class_is_not_changed_without_sense(label: str, why: str, case: Case, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        decided(ReclassifyCase("10013", label, why), duty, case)


def test_an_answer_given_in_time_keeps_the_promise_of_a_case_that_turns_out_to_be_urgent() -> None:
    now, urgent = NOW + timedelta(days=3), ReclassifyCase("10013", "urgent", "错了")
    early, late = NOW + timedelta(hours=1), NOW + timedelta(hours=30)

    assert values(at(urgent, duty, replace(GENERAL, first_responded_at=early), now))["met_at"] == early
    assert values(at(urgent, duty, replace(GENERAL, first_responded_at=late), now))["breached_at"] == now


# Waiting for the resident

WAITING = replace(MINE, state="waiting", waiting_since=NOW)


def test_a_case_that_waits_asks_its_reporter_and_its_clock_stands() -> None:
    decision = decided(WaitForResident("10013", "周三在家吗？"), worker, MINE)
    (put,) = of(decision, Put)

    assert (put.owner, put.flow, put.address_id, put.ask.gives_way) == (ANNE, "told", 7, True)
    assert values(decision) == {"state": "waiting", "waiting_since": NOW}
    assert Drop("clock:10013", "waiting") in decision.effects
    ends = WaitEnds("10013", NOW)
    assert of(decision, Later) == [Later(datetime(2026, 11, 27, 1, tzinfo=UTC), ends, "clock:10013", "wait")]
    assert put.then == ends  # who cannot be asked is not waited for
    assert at(Breach("10013"), CLOCK, WAITING, DUE).effects == ()


@pytest.mark.parametrize(
    ("case", "question", "words"),
    [
        (replace(URGENT, state="accepted", accepted_by=101), "在家吗？", "waits for nobody"),
        (MINE, " ", "what the resident is to be asked"),
        (GENERAL, "在家吗？", "is open: it can be accepted"),
        (replace(MINE, owner=Owner()), "在家吗？", "Nobody is known"),
    ],
)
def test_nothing_waits_without_a_question_and_danger_never(case: Case, question: str, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        decided(WaitForResident("10013", question), duty, case)


# Asked on Friday the 20th of November, due on Friday the 18th of December: how far the due day moves.
@pytest.mark.parametrize(
    ("resumed_at", "due_day", "days"),
    [
        (NOW + timedelta(hours=5), 18, 0),  # the same day: it was not waiting at its end
        (NOW + timedelta(hours=20), 21, 1),
        (NOW + timedelta(days=1), 21, 1),
        (NOW + timedelta(days=3), 21, 1),  # Monday: a weekend counts for nobody
        (NOW + timedelta(days=4), 22, 2),
        (datetime(2026, 11, 27, 1, tzinfo=UTC), 25, 5),
    ],
)
@pytest.mark.parametrize("command", [GoOn("10013"), WaitEnds("10013", NOW)])
def test_it_goes_on_with_what_was_left(command: Command[Any], resumed_at: datetime, due_day: int, days: int) -> None:
    decision = at(command, reporter if isinstance(command, GoOn) else CLOCK, WAITING, resumed_at)
    due = DUE.replace(day=due_day)

    assert (values(decision)["due_at"], values(decision)["paused_days"], values(decision)["state"]) == (due, days, "in_progress")
    assert Later(due, Breach("10013"), "clock:10013", "due") in decision.effects
    assert who(of(decision, Tell)) == ([ANNE.person_id] if days else []) + [WORKER]


@pytest.mark.parametrize("command", [GoOn("10013"), WaitEnds("10013", NOW - timedelta(days=9))])
def test_an_answer_to_a_wait_that_is_over_moves_nothing(command: Command[Any]) -> None:
    case = WAITING if isinstance(command, WaitEnds) else MINE
    assert decided(command, duty, case).effects == ()


@pytest.mark.parametrize("command", [DONE, DeclineCase("10013"), ReclassifyCase("10013", "suggestion", "是个建议")])
def test_whatever_ends_a_wait_keeps_the_days_that_were_waited(command: Command[Any]) -> None:
    decision = at(command, worker, replace(WAITING, paused_days=2), NOW + timedelta(days=4))
    written = values(decision) or next(change.fields for change in of(decision, Change) if change.what == "give_back")

    assert written["paused_days"] == 4
    assert written["due_at"].date().isoformat() == ("2026-12-17" if isinstance(command, ReclassifyCase) else "2026-12-22")


def test_waiting_makes_no_broken_promise_whole() -> None:
    late = replace(WAITING, waiting_since=DUE + timedelta(days=1), breached_at=DUE)

    assert values(at(GoOn("10013"), reporter, late, DUE + timedelta(days=5)))["due_at"] == DUE
    assert "promise_kept" not in kinds(at(DONE, worker, late, DUE + timedelta(days=5)))


def test_what_turns_out_to_be_urgent_while_it_waits_is_counted_in_hours() -> None:
    decision = decided(ReclassifyCase("10013", "urgent", "漏到电表上了"), duty, WAITING)

    assert (values(decision)["state"], values(decision)["due_at"]) == ("in_progress", NOW + timedelta(days=1))
