"""The engine: replay by name, nothing told or done twice, back, leaving, broken talks, journals that survive a round trip."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from bot.effects import Command
from bot.engine import Flow, Journal, Left, Stretch, Talk, from_json, leave, opening, step, to_json
from bot.errors import FlowBroken, Lost, NotAllowed, StoreDown
from bot.prompt import YES_NO, Answer, Choice, ask, say

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
Steps = Generator[Any, Any, Any]


class Filed(Struct, frozen=True):
    number: int


class File(Command[Filed], frozen=True):
    what: str


class Add(Command[None], frozen=True):
    number: int
    words: str


WHAT = ask("what", "What?")
SURE = ask("sure", "Sure?", *YES_NO)


def report(talk: Talk) -> Steps:
    try:
        yield from say("Hello.")
        what = yield from WHAT
        sure = yield from SURE
        if sure.value == "no":
            return
        filed = yield from File(what.text)
        yield from say("Filed {number}.", number=filed.number)
        more = yield from ask("more", "More?", *YES_NO, words_too=True)
        while more.value != "no":
            yield from Add(filed.number, more.text)
            more = yield from ask("more", "More?", *YES_NO, words_too=True)
        yield from say("Bye.")
    except Left as left:
        yield from say("Left: {why}.", why=left.why)


def broken(talk: Talk) -> Steps:
    yield from WHAT
    raise ZeroDivisionError


def endless(talk: Talk) -> Steps:
    while True:
        yield from Add(1, "")


def moments(talk: Talk) -> Steps:
    yield from say("{at} {channel}", at=talk.now.isoformat(), channel=talk.channel)
    yield from WHAT
    yield from say("{at} {channel}", at=talk.now.isoformat(), channel=talk.channel)
    yield from SURE
    yield from say("{at} {channel}", at=talk.now.isoformat(), channel=talk.channel)


@dataclass
class House:
    """One talk and the rooms behind it: what is done is written down, and the journal is stored as text between turns."""

    flow: Flow
    done: list[Command[Any]] = field(default_factory=list)
    stored: bytes = to_json(opening("report"))
    last: Stretch | None = None
    now: datetime = NOW
    channel: str = "sms"

    def perform(self, command: Command[Any]) -> Any:
        self.done.append(command)
        return Filed(len(self.done)) if isinstance(command, File) else None

    @property
    def here(self) -> Talk:
        return Talk(self.now, self.channel)

    @property
    def journal(self) -> Journal:
        return from_json(self.stored)

    def go(self, journal: Journal, given: str | None) -> Stretch:
        return self.keep(step(self.flow, journal, given=given, here=self.here, perform=self.perform))

    def keep(self, stretch: Stretch) -> Stretch:
        self.stored, self.last = to_json(stretch.journal), stretch
        return stretch

    def begin(self) -> Stretch:
        return self.go(self.journal, None)

    def answer(self, text: str, value: str | None = None) -> Stretch:
        assert self.last is not None
        return self.go(self.journal.with_answer(self.last.asked, Answer(text, value), self.here), self.last.asked)

    def leave(self, why: str) -> Stretch:
        return self.keep(leave(self.flow, self.journal, why, here=self.here, perform=self.perform))


def talked(*answers: tuple[str, str | None], flow: Flow = report) -> House:
    house = House(flow)
    house.begin()
    for text, value in answers:
        house.answer(text, value)
    return house


def told(stretch: Stretch | None) -> list[str]:
    assert stretch is not None
    return [said.words.format(**said.values) for said in stretch.says]


def test_a_talk_begins_with_what_it_tells_and_asks_first() -> None:
    begun = House(report).begin()

    assert (told(begun), begun.asked, begun.ended) == (["Hello."], "what", False)


def test_each_turn_tells_and_does_only_what_follows_the_answer() -> None:
    house = talked(("Leak", None), ("1", "yes"))

    assert told(house.last) == ["Filed 1."]
    assert house.done == [File("Leak")]


def test_a_loop_asks_and_does_under_numbered_names() -> None:
    house = talked(("Leak", None), ("1", "yes"), ("a", None), ("b", None), ("no", "no"))

    assert list(house.journal.entries) == ["what", "sure", "File", "more", "Add", "more#2", "Add#2", "more#3"]
    assert house.done == [File("Leak"), Add(1, "a"), Add(1, "b")]
    assert (told(house.last), house.last and house.last.ended) == (["Bye."], True)


def test_a_small_talk_keeps_its_names_inside_another() -> None:
    def where(name: str) -> Steps:
        building = yield from ask(f"{name}.building", "Building?")
        unit = yield from ask(f"{name}.unit", "Unit?")
        return f"{building.text}-{unit.text}"

    def flow(talk: Talk) -> Steps:
        at = yield from where("place")
        then = yield from where("then")
        yield from say("{at} {then}", at=at, then=then)

    house = talked(("3", None), ("2", None), ("5", None), ("1", None), flow=flow)

    assert list(house.journal.entries) == ["place.building", "place.unit", "then.building", "then.unit"]
    assert told(house.last) == ["3-2 5-1"]


def test_a_talk_may_begin_with_an_answer_already_given() -> None:
    house = House(report)
    begun = house.go(opening("report").with_answer("what", Answer("Leak"), house.here), "what")

    assert (told(begun), begun.asked) == ([], "sure")


def test_the_same_turn_again_tells_the_same_and_does_nothing_twice() -> None:
    house = talked(("Leak", None), ("1", "yes"))
    before = house.journal
    again = house.go(before, None)

    assert (told(again), again.asked, again.journal) == ([], "more", before)
    assert house.done == [File("Leak")]


def test_a_turn_lost_half_way_is_taken_again_from_what_was_stored() -> None:
    """The store rolled back: the journal is as it was, and so is what the rooms had written."""
    house = talked(("Leak", None))
    before, done = house.stored, list(house.done)
    first = house.answer("1", "yes")
    house.stored, house.done, house.last = before, done, step(report, from_json(before), given=None, here=house.here, perform=house.perform)

    assert house.answer("1", "yes") == first


def test_a_choice_that_was_removed_is_asked_again_and_its_command_is_not_done_again() -> None:
    house = talked(("Leak", None), ("1", "yes"))

    def newer(talk: Talk) -> Steps:
        what = yield from WHAT
        yield from ask("sure", "Sure?", Choice("certainly", "Certainly"), Choice("never", "Never"))
        yield from File(what.text)
        yield from ask("more", "More?", *YES_NO)

    house.flow = newer
    assert house.go(house.journal, None).asked == "sure"
    assert house.answer("1", "certainly").asked == "more"
    assert house.done == [File("Leak")]


def test_a_step_that_a_deploy_has_put_in_between_is_asked_in_its_place() -> None:
    house = talked(("Leak", None))

    def newer(talk: Talk) -> Steps:
        yield from WHAT
        yield from ask("where", "Where?")
        yield from SURE

    house.flow = newer
    assert house.go(house.journal, None).asked == "where"
    assert house.answer("here").asked == "sure"


def test_back_asks_the_last_question_again() -> None:
    house = talked(("Leak", None))
    back = house.journal.without_last_answer()

    assert back is not None
    assert (house.go(back, None).asked, house.done) == ("what", [])


@pytest.mark.parametrize("answers", [(), (("Leak", None), ("1", "yes"))])
def test_back_ends_at_what_was_filed_and_at_the_beginning(answers: tuple[tuple[str, str | None], ...]) -> None:
    assert talked(*answers).journal.without_last_answer() is None


class Look(Command[None], frozen=True):
    """A command that only looks."""

    only_looks: ClassVar[bool] = True


def looking(talk: Talk) -> Steps:
    yield from WHAT
    yield from Look()
    yield from SURE


def test_back_goes_over_what_only_looked() -> None:
    house = talked(("Leak", None), flow=looking)
    back = house.journal.without_last_answer()

    assert not house.journal.has_changed
    assert back is not None
    assert house.go(back, None).asked == "what"


def test_leaving_is_told_at_the_open_question_and_ends_the_talk() -> None:
    house = talked(("Leak", None))
    left = house.leave("cancel")

    assert (told(left), left.ended, left.ask) == (["Left: cancel."], True, None)


def test_a_talk_that_does_not_listen_for_leaving_just_ends() -> None:
    house = talked(flow=moments)

    assert house.leave("silence").ended


def test_a_talk_that_asks_on_its_way_out_is_ended_all_the_same() -> None:
    def stubborn(talk: Talk) -> Steps:
        try:
            yield from WHAT
        except Left:
            yield from say("Wait.")
            yield from SURE

    left = talked(flow=stubborn).leave("cancel")

    assert (told(left), left.ended) == (["Wait."], True)


def test_moment_and_channel_are_those_of_the_answer_on_every_replay() -> None:
    house = House(moments)
    assert told(house.begin()) == [f"{NOW.isoformat()} sms"]
    house.now, house.channel = NOW + timedelta(hours=1), "terminal"
    house.answer("Leak")
    house.now, house.channel = NOW + timedelta(days=2), "voice"
    assert told(house.answer("1", "yes")) == [f"{house.now.isoformat()} voice"]
    assert [(entry.at, entry.channel) for entry in house.journal.entries.values()] == [
        (NOW + timedelta(hours=1), "terminal"),
        (NOW + timedelta(days=2), "voice"),
    ]


@pytest.mark.parametrize(("flow", "answers"), [(broken, (("Leak", None),)), (endless, ())])
def test_a_flow_that_raises_or_never_asks_is_broken(flow: Flow, answers: tuple[tuple[str, str | None], ...]) -> None:
    with pytest.raises(FlowBroken):
        talked(*answers, flow=flow)


@pytest.mark.parametrize("fault", [Lost, StoreDown])
def test_a_lost_race_and_a_database_that_is_away_reach_the_turn(fault: type[Exception]) -> None:
    """The turn takes them again, or lets the platform ask again; the talk is not broken by them."""

    def perform(_command: Command[Any]) -> Any:
        raise fault

    here = Talk(NOW, "sms")
    journal = opening("report").with_answer("what", Answer("Leak"), here).with_answer("sure", Answer("1", "yes"), here)
    with pytest.raises(fault):
        step(report, journal, given="sure", here=here, perform=perform)


def test_what_a_room_forbids_breaks_the_talk_that_wanted_it() -> None:
    def perform(_command: Command[Any]) -> Any:
        raise NotAllowed

    house = talked(("Leak", None))
    house.perform = perform  # type: ignore[method-assign,assignment]
    with pytest.raises(FlowBroken):
        house.answer("1", "yes")


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.tuples(st.text(max_size=200), st.none() | st.text(max_size=9), st.booleans()),
        max_size=6,
    )
)
def test_a_journal_comes_back_from_its_text_as_it_was(answers: dict[str, tuple[str, str | None, bool]]) -> None:
    journal = opening("report", {"number": "10013"})
    for name, (text, value, danger) in answers.items():
        journal = journal.with_answer(name, Answer(text, value, danger=danger), Talk(NOW, "sms"))

    stored = to_json(journal)
    assert to_json(from_json(stored)) == stored
    assert list(from_json(stored).entries) == list(journal.entries)


ANSWERS = st.lists(st.tuples(st.text(max_size=5), st.sampled_from([None, "yes", "no", "gone"])), max_size=12)


@given(ANSWERS, st.lists(st.sampled_from(["again", "back", "replay"]), max_size=12))
def test_whatever_is_answered_nothing_is_done_twice(answers: list[tuple[str, str | None]], between: list[str]) -> None:
    """Any answers in any order, asked again and taken back in between: a command is done once under one name."""
    house = House(report)
    house.begin()
    for (text, value), meanwhile in zip(answers, [*between, *[""] * 12], strict=False):
        if house.last is None or house.last.ended:
            break
        if meanwhile == "back" and (journal := house.journal.without_last_answer()) is not None:
            house.go(journal, None)
        if meanwhile in ("again", "replay"):
            house.go(house.journal, None)
        assert house.last.asked
        house.answer(text, value)
    commands = [name for name, entry in house.journal.entries.items() if entry.kind == "d"]
    assert len(house.done) == len(commands)


@given(st.dictionaries(st.sampled_from(["what", "sure", "File", "more", "more#2", "Add", "x"]), st.text(max_size=4), max_size=7))
def test_no_journal_makes_the_engine_raise_anything_but_broken(entries: dict[str, str]) -> None:
    journal = opening("report")
    for name, text in entries.items():
        journal = journal.with_answer(name, Answer(text), Talk(NOW, "sms"))
    house = House(report)
    try:
        house.go(journal, next(iter(entries), None))
    except FlowBroken:
        return
    assert house.last is not None


def test_a_command_answers_the_value_read_back_on_the_first_run_too() -> None:
    seen: list[Filed] = []

    def flow(talk: Talk) -> Steps:
        seen.append((yield from File("Leak")))
        yield from WHAT

    house = House(flow)
    house.begin()
    house.go(house.journal, None)
    assert seen == [Filed(1), Filed(1)]
    assert house.done == [File("Leak")]
