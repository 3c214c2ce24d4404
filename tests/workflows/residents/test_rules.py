"""Who may do what with a resident's record, as a table; what is asked of others; how a code is judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.effects import CLOCK, Actor, Change, Command, Decision, Drop, Later, Order, Owner, Put, Tell
from bot.errors import NotAllowed
from workflows.places.links import place_code
from workflows.places.words import Place
from workflows.residents.facts import Code, Facts
from workflows.residents.rules import CODE_IS_GOOD_FOR, LAST_WORDS_ARRIVE, MOST_TRIES, QUIET_FOR, decide
from workflows.residents.words import (
    ABROAD,
    ALONE,
    CARE,
    FAMILY,
    HEALTH,
    HELPER,
    OF_HEALTH,
    Agreed,
    AnswerInvitation,
    EndInvitation,
    EraseForGood,
    ForgetMe,
    Invite,
    KeepRecord,
    NumberSeen,
    Record,
    SendCode,
    TryCode,
    place_of_code,
)

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HOME = Place("5号楼2单元302", 1, 5, 2, building="5", unit="2", room="302")
her = Actor("person", Owner(1), channel="sms", address_id=7)
shared = Actor("person", Owner(household_id=3), channel="sms", address_id=8)
staff = Actor("staff", Owner(11), 101, "grid_worker", (4,), "sms", 9)
ACTORS = {"she": her, "a shared phone": shared, "staff": staff, "time": CLOCK}
ASKED = Facts(seen=NumberSeen("ok", "+9990100097"), there=Owner(9), there_id=19, name="示例·甲", code="204816")
SENT = Code(5, 19, NOW - timedelta(minutes=3), 0, fits=True, can_join=True)

T = TypeVar("T")


def decided(command: Command[Any], actor: Actor = her, facts: Facts = ASKED, now: datetime = NOW) -> Decision[Any]:
    return decide(facts, Order(command, actor, now))


def of(decision: Decision[Any], kind: type[T]) -> list[T]:
    return [effect for effect in decision.effects if isinstance(effect, kind)]


def may(command: Command[Any], actor: Actor, facts: Facts) -> bool:
    try:
        decided(command, actor, facts)
    except NotAllowed:
        return False
    return True


ALLOWED: tuple[tuple[Command[Any], set[str]], ...] = (
    (KeepRecord(name="王大爷"), {"she", "a shared phone", "staff"}),
    (Invite("+9990100097", HELPER), {"she", "staff"}),
    (SendCode("+9990100097"), {"she", "staff"}),
    (TryCode("204816"), {"she", "staff"}),
    (AnswerInvitation(2, HELPER, accepts=True), {"she", "staff"}),
    (ForgetMe(), {"she", "staff"}),
    (EndInvitation(1, 9, HELPER), {"time"}),
    (EraseForGood(1, NOW), {"time"}),
)


@pytest.mark.parametrize(("command", "actors"), ALLOWED, ids=lambda value: type(value).__name__)
def test_everybody_acts_for_themselves_and_time_only_ends_things(command: Command[Any], actors: set[str]) -> None:
    facts = replace(ASKED, invitation="invitation:2:1:helper", last=SENT)
    assert {name for name, actor in ACTORS.items() if may(command, actor, facts)} == actors


def test_who_works_here_is_not_deleted_by_a_text() -> None:
    assert not may(ForgetMe(), staff, replace(ASKED, record=Record(is_staff=True)))


@given(st.sets(st.sampled_from((ALONE, *OF_HEALTH))), st.sets(st.sampled_from((CARE, HEALTH, ABROAD))), st.booleans())
def test_nothing_about_health_is_kept_without_its_own_consent(needs: set[str], consents: set[str], is_new: bool) -> None:
    agreed = tuple(Agreed(kind, "", NOW) for kind in sorted(consents)) if is_new else ()
    facts = Facts(record=Record(consents=() if is_new else tuple(consents)), wordings={"": ""})
    is_kept = may(KeepRecord(needs=tuple(sorted(needs)), agreed=agreed), her, facts)
    assert is_kept == (HEALTH in consents or not needs & set(OF_HEALTH))


def test_a_need_that_we_do_not_know_is_refused() -> None:
    assert not may(KeepRecord(needs=("rich",)), her, Facts())


def test_a_phone_is_not_given_to_a_family_by_somebody_who_is_registered() -> None:
    assert not may(KeepRecord(HOME, "王大爷", is_shared=True), her, Facts(record=Record(name="王大爷")))
    assert not may(KeepRecord(None, "王大爷", is_shared=True), her, Facts())
    assert may(KeepRecord(HOME, "王大爷", is_shared=True), her, Facts())


def test_what_was_agreed_to_is_kept_in_the_words_that_were_shown() -> None:
    decision = decided(
        KeepRecord(name="王大爷", agreed=(Agreed(CARE, "Do you agree?", NOW),)), facts=Facts(wordings={"Do you agree?": "同意吗？"})
    )
    (kept,) = of(decision, Change)
    assert kept.fields["agreed"] == (Agreed(CARE, "同意吗？", NOW),)


@pytest.mark.parametrize("state", ["bad", "own", "shared", "silent", "many"])
@pytest.mark.parametrize("command", [Invite("1", HELPER), SendCode("1")], ids=["asked", "sent a code"])
def test_nobody_is_written_to_at_such_a_number(state: str, command: Command[Any]) -> None:
    assert not may(command, her, replace(ASKED, seen=NumberSeen(state)))


@pytest.mark.parametrize("role", [HELPER, FAMILY])
def test_who_is_asked_answers_there_within_days_or_it_ends(role: str) -> None:
    decision = decided(Invite("+9990100097", role, "王妈妈", HOME))

    (put,), (later,) = of(decision, Put), of(decision, Later)
    assert (put.owner, put.flow, put.args) == (Owner(9), "invited", {"inviter": 1, "role": role})
    assert put.then == later.command == EndInvitation(1, 9, role)
    assert later.due_at > NOW


def test_nobody_says_yes_who_was_not_asked() -> None:
    assert not may(AnswerInvitation(2, HELPER, accepts=True), her, ASKED)


@pytest.mark.parametrize(("accepts", "change"), [(True, "accept"), (False, "refuse")])
def test_the_inviter_hears_the_answer_and_the_waiting_ends(accepts: bool, change: str) -> None:
    asked = replace(ASKED, invitation="invitation:2:1:family")
    decision = decided(AnswerInvitation(2, FAMILY, accepts=accepts), facts=asked)
    assert [each.what for each in of(decision, Change)] == [change]
    assert [each.subject for each in of(decision, Drop)] == ["invitation:2:1:family"]
    assert [each.owner for each in of(decision, Tell)] == [Owner(2)]


@pytest.mark.parametrize(("is_waiting", "is_erased"), [(True, True), (False, False)])
def test_who_never_answers_is_erased_and_who_has_is_not(is_waiting: bool, is_erased: bool) -> None:
    decision = decided(EndInvitation(1, 9, FAMILY), CLOCK, replace(ASKED, is_waiting=is_waiting))
    assert bool(of(decision, Change)) == is_erased
    assert bool(of(decision, Tell)) == is_erased


def test_the_code_goes_to_the_other_phone_and_is_told_to_nobody_else() -> None:
    decision = decided(SendCode("+9990100097"))
    (tell,) = of(decision, Tell)
    assert (tell.owner, tell.address_id) == (Owner(9), 19)
    assert "204816" not in str(decision.answer)


CODES: tuple[tuple[str, Code | None, str], ...] = (
    ("fits", SENT, "joined"),
    ("does not fit", replace(SENT, fits=False), "wrong"),
    ("does not fit, the last time", replace(SENT, fits=False, tries=MOST_TRIES - 1), "over"),
    ("fits, but was tried too often", replace(SENT, tries=MOST_TRIES), "over"),
    ("fits, in the last second", replace(SENT, made_at=NOW - CODE_IS_GOOD_FOR), "joined"),
    ("fits, too late", replace(SENT, made_at=NOW - CODE_IS_GOOD_FOR - timedelta(seconds=1)), "over"),
    ("fits, but both are known", replace(SENT, can_join=False), "two"),
    ("none was sent", None, "over"),
)


@pytest.mark.parametrize(("code", "state"), [(code, state) for _name, code, state in CODES], ids=[name for name, _code, _state in CODES])
def test_a_code_that(code: Code | None, state: str) -> None:
    decision = decided(TryCode("204816"), facts=replace(ASKED, last=code))
    assert decision.answer.state == state
    assert ("join" in [change.what for change in of(decision, Change)]) == (state == "joined")


def test_a_code_is_good_once() -> None:
    used = of(decided(TryCode("204816"), facts=replace(ASKED, last=SENT)), Change)[0]
    assert used.fields == {"code_id": 5, "closes": True}


def test_the_last_words_have_an_hour_before_the_number_goes() -> None:
    (later,) = of(decided(ForgetMe()), Later)
    assert (later.due_at, later.command) == (NOW + LAST_WORDS_ARRIVE, EraseForGood(1, NOW))


@pytest.mark.parametrize(("said", "waits"), [(None, False), (NOW - timedelta(minutes=1), False), (NOW + timedelta(minutes=9), True)])
def test_who_wrote_since_is_waited_for(said: datetime | None, waits: bool) -> None:
    later = NOW + LAST_WORDS_ARRIVE
    decision = decided(EraseForGood(1, NOW), CLOCK, replace(ASKED, last_inbound=said), now=later)
    assert [each.due_at for each in of(decision, Later)] == ([said + QUIET_FOR] if said and waits else [])
    assert bool(of(decision, Change)) == (not waits)


@given(st.integers(1, 999_999_999), st.none() | st.integers(1, 999_999_999))
def test_a_posters_code_is_read_back_and_stands_in_a_link_as_it_is(building: int, unit: int | None) -> None:
    """A messenger takes letters, digits, _ and -, up to 64 (core.telegram.org/bots/features#deep-linking)."""
    code = place_code(building, unit)
    assert place_of_code(code) == place_of_code(code.replace("-", "_")) == (building, unit)
    assert len(code) <= 64
    assert set(code) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("code", ["", "join", "join-", "join-x", "join-1-", "join-1-2-3", "示例新村3号楼", "join-9999999999"])
def test_other_words_are_no_poster_code(code: str) -> None:
    assert place_of_code(code) is None
