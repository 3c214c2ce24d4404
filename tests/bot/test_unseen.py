"""Words where nothing is pushed: they wait, go on to another address in time, and are never given up while nobody can be told elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import deliveries, unseen
from bot.effects import Owner
from bot.envelope import Address, Lane, Purpose
from bot.errors import Unreachable
from bot.prompt import ask
from bot.questions import put
from bot.store import people
from bot.store.addresses import ADDRESS
from bot.store.begin import Store, Tx
from bot.unseen import UNSEEN_AFTER
from tests.bot.sending import MINUTE, NOW, SECOND, TRANSLATOR, Climb, due_commands, person, queue, row, rows

PAGE = ("page",)
DAY = timedelta(days=1)


def _person_at(tx: Tx, address_id: int) -> int:
    found = tx.first(select(ADDRESS.c.person_id).where(ADDRESS.c.id == address_id))
    assert found is not None
    return int(found.person_id)


def look_after(store: Store, now: datetime) -> int:
    """What the sweep does, and what the dispatcher does after it."""
    count = unseen.look_after(store, PAGE, now)
    with store.begin() as tx:
        deliveries.expire(tx, now)
    return count


@pytest.mark.parametrize("lane", list(Lane))
def test_what_nobody_looks_at_goes_to_the_other_address_in_time(store: Store, lane: Lane) -> None:
    page, phone = person(store, "page", "sms")
    delivery = queue(store, page, lane=lane)

    assert look_after(store, NOW + UNSEEN_AFTER[lane] - SECOND) == 0
    assert look_after(store, NOW + UNSEEN_AFTER[lane]) == 1
    assert look_after(store, NOW + UNSEEN_AFTER[lane]) == 0

    first, second = rows(store)
    assert (first.id, first.state, first.error_code) == (delivery, "expired", "unseen")
    assert (second.address_id, second.state, second.replaces_id) == (phone, "queued", delivery)


def test_the_more_pressing_words_are_the_less_they_wait() -> None:
    waits = [UNSEEN_AFTER[lane] for lane in Lane]
    assert waits == sorted(waits)
    assert waits[Lane.URGENT] <= MINUTE


def test_the_other_address_may_stand_before_the_page_in_order(store: Store) -> None:
    phone, page = person(store, "sms", "page")
    queue(store, page, lane=Lane.URGENT)

    assert look_after(store, NOW + MINUTE) == 1
    assert rows(store)[-1].address_id == phone


def test_who_has_only_the_page_finds_it_there_months_later(store: Store) -> None:
    (page,) = person(store, "page")
    delivery = queue(store, page, lane=Lane.URGENT)

    for days in (0.5, 1, 30, 179):
        assert look_after(store, NOW + days * DAY) == 0
    assert row(store, delivery).state == "queued"
    look_after(store, NOW + 181 * DAY)
    assert row(store, delivery).state == "expired"


def test_what_is_no_longer_true_is_not_kept(store: Store) -> None:
    (page,) = person(store, "page")
    delivery = queue(store, page, valid_for=DAY)

    look_after(store, NOW + DAY + SECOND)

    assert row(store, delivery).state == "expired"


def test_what_must_follow_when_nobody_can_be_told_is_not_kept_waiting(store: Store) -> None:
    (page,) = person(store, "page")
    queue(store, page, lane=Lane.URGENT, subject="case:1", then=Climb(step=2))

    look_after(store, NOW + deliveries.GIVE_UP_AFTER[Lane.URGENT])

    assert len(due_commands(store)) == 1


def test_what_follows_goes_along_to_the_other_address(store: Store) -> None:
    page, _phone = person(store, "page", "sms")
    queue(store, page, lane=Lane.URGENT, subject="case:1", then=Climb(step=2))

    look_after(store, NOW + MINUTE)

    assert due_commands(store) == []
    assert rows(store)[-1].then == rows(store)[0].then


def test_it_never_goes_round(store: Store) -> None:
    """From a phone that fails to the page, and no further: who looks finds it there."""
    phone, page = person(store, "sms", "page")
    delivery = queue(store, phone, lane=Lane.URGENT)
    with store.begin() as tx:
        deliveries.fail(tx, delivery, Unreachable(), now=NOW)

    assert look_after(store, NOW + DAY) == 0
    assert [one.address_id for one in rows(store)] == [phone, page]
    assert rows(store)[-1].state == "queued"


def test_neither_a_stopped_nor_a_dead_address_is_another_one(store: Store) -> None:
    page, phone, dead = person(store, "page", "sms", "telegram")
    with store.begin() as tx:
        people.stop(tx, phone, Purpose.CASE)
        people.mark_gone(tx, dead, "no such account", NOW)
    delivery = queue(store, page, lane=Lane.URGENT, purpose=Purpose.CASE)

    assert look_after(store, NOW + DAY) == 0
    assert row(store, delivery).state == "queued"


def test_an_address_where_words_are_only_heard_in_a_call_is_no_other_one(store: Store) -> None:
    (page,) = person(store, "page")
    with store.begin() as tx:
        owner = Owner(_person_at(tx, page))
        people.add_address(tx, Address("voice", "+99000099"), owner, now=NOW, preference=people.ANSWERED_ONLY)
    delivery = queue(store, page, lane=Lane.URGENT)

    assert look_after(store, NOW + DAY) == 0
    assert row(store, delivery).state == "queued"


def test_a_question_goes_along(store: Store) -> None:
    page, phone = person(store, "page", "sms")
    with store.begin() as tx:
        owner = Owner(_person_at(tx, page))
        asked = ask("hurt", "Is anyone hurt?")
        question = put(tx, asked, TRANSLATOR.prompt(asked), owner=owner, now=NOW, flow="report", args="{}", subject="", address_id=page)
    queue(store, page, lane=Lane.URGENT, question_id=question)

    look_after(store, NOW + MINUTE)

    with store.read() as tx:
        assert [row.address_id for row in tx.all(select(deliveries.QUESTION.c.address_id))] == [phone]


def test_elsewhere_everything_is_as_before(store: Store) -> None:
    sms, _other = person(store, "sms", "telegram")
    delivery = queue(store, sms, lane=Lane.URGENT)

    assert look_after(store, NOW + MINUTE) == 0
    assert row(store, delivery).give_up_at == NOW + deliveries.GIVE_UP_AFTER[Lane.URGENT]
