"""The queries of the board, on both databases: order, counts, grids, and a mark that changes with every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import turn
from bot.effects import Actor, Command, Owner
from bot.store import demo
from bot.store.begin import Store
from tests.talks import Talks
from workflows.cases import board, views
from workflows.cases.board import Card, Sight, Tally
from workflows.cases.words import AcceptCase, AmendCase, AnswerCase, HandOver, OpenCase, Seen
from workflows.places.words import Place

DUTY = Actor("staff", Owner(), role="community_duty", channel="desk")
ALL: Sight = {"grids": None, "label": "", "state": ""}


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


def give(talks: Talks, command: Command[Any], actor: Actor = DUTY) -> Any:
    return turn.give(talks.house, command, actor=actor, now=talks.now)


def opened(talks: Talks, label: str, *, building: int | None = None, needs: str = "") -> str:
    """The number of a new case."""
    talks.now += timedelta(minutes=1)
    place = Place("那里", estate_id=1, building_id=building, estate="示例新村", building="1号楼") if building else None
    reporter = Actor("person", Owner(person_id=1), channel="sms")
    number: str = give(talks, OpenCase(f"{label}的话", Seen(label, "other"), place, needs_person=needs), reporter).number
    return number


def cards(talks: Talks, *, page: int = 1, **sight: Any) -> tuple[Card, ...]:
    with talks.store.begin() as tx:
        return board.cards(tx, reader="tests", now=talks.now, page=page, **(ALL | sight))  # type: ignore[typeddict-item]


def tally(talks: Talks, **sight: Any) -> Tally:
    with talks.store.read() as tx:
        return board.tally(tx, now=talks.now, **(ALL | sight))  # type: ignore[typeddict-item]


def test_who_waits_is_first_then_urgent_ones_then_the_others_by_their_date(talks: Talks) -> None:
    general, suggestion = opened(talks, "general"), opened(talks, "suggestion")
    waiting = opened(talks, "general", needs="person")
    answered = opened(talks, "urgent")
    give(talks, AnswerCase(answered, "来了"))
    taken, untaken = opened(talks, "urgent"), opened(talks, "urgent")
    give(talks, AcceptCase(taken), replace(DUTY, staff_id=7))

    assert [(card.number, card.section) for card in cards(talks)] == [
        (untaken, "waiting"),
        (taken, "waiting"),
        (waiting, "waiting"),
        (answered, "urgent"),
        (suggestion, "other"),
        (general, "other"),
    ]
    assert tally(talks).waiting == 3


def test_it_counts_by_section_and_what_is_late(talks: Talks) -> None:
    for label in ("general", "urgent", "suggestion"):
        opened(talks, label)
    assert (tally(talks).waiting, tally(talks).urgent, tally(talks).other, tally(talks).late) == (1, 0, 2, 0)

    talks.now += timedelta(days=70)

    assert tally(talks).late == 3
    assert (tally(talks, label="urgent").waiting, tally(talks, label="urgent").other) == (1, 0)
    assert tally(talks, state="accepted").waiting == 0


def test_grids_see_their_own_and_what_has_no_place_yet(talks: Talks) -> None:
    with talks.store.read() as tx:
        grids = [row.id for row in tx.all(demo.GRIDS)]
        buildings = dict(tx.connection.exec_driver_sql("SELECT grid_id, min(id) FROM building GROUP BY grid_id").all())
    mine, other = opened(talks, "general", building=buildings[grids[0]]), opened(talks, "general", building=buildings[grids[1]])
    nowhere = opened(talks, "general", needs="place")

    assert {card.number for card in cards(talks, grids=(grids[0],))} == {mine, nowhere}
    assert {card.number for card in cards(talks, grids=(grids[0], grids[1]))} == {mine, other, nowhere}
    assert {card.number for card in cards(talks, grids=())} == {nowhere}
    assert (tally(talks, grids=(grids[0],)).other, tally(talks, grids=(grids[0],)).waiting) == (1, 1)
    with talks.store.read() as tx:
        assert board.waiting(tx, (grids[0],)) == ((nowhere, "general"),)
        assert (views.is_there(tx, mine, (grids[0],)), views.is_there(tx, other, (grids[0],))) == (True, False)
        assert views.progress(tx, other, (grids[0],)) == ""


def test_what_waits_after_an_answer_waits_since_the_first_new_word(talks: Talks) -> None:
    number = opened(talks, "general")
    reporter = Actor("person", Owner(person_id=1), channel="sms")
    give(talks, AnswerCase(number, "明天来"))
    talks.now += timedelta(hours=2)
    since = talks.now
    give(talks, AmendCase(number, note="还在漏"), reporter)
    talks.now += timedelta(hours=1)
    give(talks, HandOver("person", number), reporter)

    (card,) = cards(talks)
    assert (card.section, card.since) == ("waiting", since)


def test_every_change_that_the_board_shows_changes_its_mark(talks: Talks) -> None:
    marks = [tally(talks).mark]
    number = opened(talks, "urgent")
    for change in (
        lambda: None,
        lambda: talks.wait(timedelta(minutes=31)),
        lambda: give(talks, HandOver("person", number)),
        lambda: give(talks, AcceptCase(number), replace(DUTY, staff_id=7)),
        lambda: give(talks, AnswerCase(number, "来了")),
        lambda: opened(talks, "suggestion"),
    ):
        change()
        marks.append(tally(talks).mark)
    assert len(set(marks)) == len(marks)
    assert tally(talks).mark == marks[-1]


def test_a_page_has_fifty(talks: Talks) -> None:
    numbers = [opened(talks, "suggestion") for _time in range(board.PAGE + 1)]

    assert [card.number for card in (*cards(talks), *cards(talks, page=2))] == numbers
    assert cards(talks, page=3) == ()
