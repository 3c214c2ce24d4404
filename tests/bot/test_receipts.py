"""Receipts: a delivery climbs and never falls, in whatever order, however often, and however many of them come."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.deliveries import DELIVERY, ENGAGED_FOR, FOLLOWS
from bot.envelope import DeliveryState, Receipt, Sent
from bot.errors import Engaged, Unreachable
from bot.receipts import take
from bot.settling import RECEIPT, Outcome, settle
from bot.store.begin import Store
from tests.bot.sending import NOW, SECOND, Climb, claim, due_commands, person, queue, row, rows

QUEUED, SENDING, SENT, DELIVERED, READ, FAILED, EXPIRED = DeliveryState
CLIMB = (QUEUED, SENDING, SENT, DELIVERED, READ)
FINAL = {READ, FAILED, EXPIRED}


def receipt(state: DeliveryState, external_id: str = "SM1", **more: object) -> Receipt:
    error = Unreachable("Switched off.", code="30003") if state is FAILED else None
    return Receipt("sms", external_id, str(state), state, error=error, **more)  # type: ignore[arg-type]


def sent(store: Store, *channels: str, number: int = 1) -> int:
    delivery = queue(store, person(store, *(channels or ("sms",)), number=number)[0], then=Climb(1), subject="case:1")
    (claimed,) = claim(store)
    with store.begin() as tx:
        settle(tx, [Outcome(claimed, "words", Sent(f"SM{number}"))], NOW)
    return delivery


def came(store: Store, *receipts: Receipt) -> list[bool]:
    moved = []
    for each in receipts:
        with store.begin() as tx:
            moved.append(take(tx, each, NOW + SECOND))
    return moved


def kept(store: Store) -> dict[str, tuple[int, int | None]]:
    with store.read() as tx:
        return {each.status: (each.times, each.delivery_id) for each in tx.all(select(RECEIPT))}


@pytest.mark.parametrize(("state", "event"), list(product(DeliveryState, DeliveryState)))
def test_every_step_is_in_the_table_or_refused(state: DeliveryState, event: DeliveryState) -> None:
    is_higher = state not in FINAL and event in CLIMB and CLIMB.index(event) > CLIMB.index(state)
    is_end = state in {QUEUED, SENDING, SENT} and event in {FAILED, EXPIRED}
    is_again = (state, event) == (SENDING, QUEUED)

    assert (event in FOLLOWS.get(state, frozenset())) == (is_higher or is_end or is_again)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_state_is_absent_from_the_table(state: DeliveryState) -> None:
    assert state not in FOLLOWS


def test_a_delivery_climbs_with_its_receipts_and_a_late_lower_one_changes_nothing(store: Store) -> None:
    delivery = sent(store)

    assert came(store, receipt(DELIVERED), receipt(SENT), receipt(READ), receipt(DELIVERED)) == [True, False, True, False]
    assert row(store, delivery).state == "read"
    assert kept(store) == {"delivered": (2, delivery), "sent": (1, delivery), "read": (1, delivery)}


def test_what_arrived_cannot_fail_afterwards(store: Store) -> None:
    delivery = sent(store, "sms", "telegram")

    assert came(store, receipt(DELIVERED), receipt(FAILED)) == [True, False]
    assert [each.state for each in rows(store)] == ["delivered"]
    assert kept(store)["failed"] == (1, delivery)


def test_a_failure_that_is_told_later_goes_to_the_next_address_at_once_and_only_once(store: Store) -> None:
    sent(store, "sms", "telegram")

    assert came(store, receipt(FAILED), receipt(FAILED), receipt(DELIVERED)) == [True, False, False]
    failed, moved = rows(store)
    assert (failed.state, failed.error, failed.error_code) == ("failed", "Switched off.", "30003")
    assert (moved.channel, moved.state, moved.replaces_id) == ("telegram", "queued", failed.id)
    assert kept(store)["failed"] == (2, failed.id)


def test_with_nobody_else_to_try_what_follows_is_due(store: Store) -> None:
    sent(store)

    came(store, receipt(FAILED))

    assert due_commands(store) == [("case:1", '{"type":"Climb","step":1}')]


BUSY = Receipt("sms", "SM1", "busy", FAILED, error=Engaged("Busy.", code="busy"))


def test_a_line_that_is_engaged_is_tried_again_a_minute_later_with_what_time_is_left(store: Store) -> None:
    sent(store)

    assert came(store, BUSY, BUSY) == [True, False]
    failed, again = rows(store)
    assert (failed.state, again.state, again.replaces_id, again.address_id) == ("failed", "queued", failed.id, failed.address_id)
    assert (again.tries, again.next_at, again.give_up_at) == (1, NOW + SECOND + ENGAGED_FOR, failed.give_up_at)
    assert (again.then, due_commands(store)) == (failed.then, [])
    assert claim(store, NOW + SECOND) == ()


def test_a_line_that_is_engaged_and_has_a_next_address_is_not_waited_for(store: Store) -> None:
    sent(store, "sms", "telegram")

    came(store, BUSY)

    assert [(each.channel, each.state) for each in rows(store)] == [("sms", "failed"), ("telegram", "queued")]


@pytest.mark.parametrize("why", ["tried three times", "given up by then", "no longer true by then"])
def test_a_line_that_stays_engaged_is_left_alone_in_the_end(store: Store, why: str) -> None:
    delivery = sent(store)
    soon = NOW + ENGAGED_FOR
    changed = {"tried three times": {"tries": 3}, "given up by then": {"give_up_at": soon}, "no longer true by then": {"valid_until": soon}}
    with store.begin() as tx:
        tx.run(update(DELIVERY).where(DELIVERY.c.id == delivery).values(**changed[why]))

    came(store, BUSY)

    assert [each.state for each in rows(store)] == ["failed"]
    assert len(due_commands(store)) == 1


def test_an_expiry_told_by_the_platform_goes_nowhere_else(store: Store) -> None:
    sent(store, "sms", "telegram")

    came(store, receipt(EXPIRED))

    assert [each.state for each in rows(store)] == ["expired"]
    assert len(due_commands(store)) == 1


def test_a_receipt_finds_by_our_id_the_delivery_whose_own_answer_was_lost(store: Store) -> None:
    delivery = queue(store, person(store, "sms")[0])
    claim(store)

    assert came(store, receipt(DELIVERED, delivery_id=delivery)) == [True]
    assert (row(store, delivery).state, row(store, delivery).external_id) == ("delivered", "SM1")
    assert row(store, delivery).sent_at == NOW + SECOND


def test_our_id_is_believed_on_its_own_channel_only(store: Store) -> None:
    delivery = queue(store, person(store, "telegram")[0])

    assert came(store, receipt(FAILED, delivery_id=delivery)) == [False]
    assert row(store, delivery).state == "queued"


def test_an_attempt_whose_answer_was_lost_may_fail_without_the_one_that_counts(store: Store) -> None:
    delivery = sent(store)

    assert came(store, receipt(FAILED, "SM-lost", delivery_id=delivery)) == [False]
    assert row(store, delivery).state == "sent"


def test_a_receipt_of_nobody_we_know_is_kept_unattached(store: Store) -> None:
    assert came(store, receipt(DELIVERED, "SM-other")) == [False]
    assert kept(store) == {"delivered": (1, None)}


number = iter(range(2, 1_000_000))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(st.sampled_from([SENT, DELIVERED, READ]), max_size=6), settles_at=st.integers(0, 6))
@pytest.mark.parametrize("database", ["sqlite"])
def test_in_any_order_doubled_or_lost_they_end_in_the_highest_state(store: Store, states: list[DeliveryState], settles_at: int) -> None:
    """The platform's own answer may come before, between or after its receipts."""
    mine = next(number)
    delivery = queue(store, person(store, "sms", number=mine)[0])
    (claimed,) = claim(store)
    receipts = [receipt(state, f"SM{mine}") for state in states]

    came(store, *receipts[:settles_at])
    with store.begin() as tx:
        settle(tx, [Outcome(claimed, "words", Sent(f"SM{mine}"))], NOW)
    came(store, *receipts[settles_at:])

    assert row(store, delivery).state == max([SENT, *states], key=CLIMB.index)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(st.sampled_from([SENT, DELIVERED, READ, FAILED]), max_size=6))
@pytest.mark.parametrize("database", ["sqlite"])
def test_whatever_contradicts_the_state_is_in_sight(store: Store, states: list[DeliveryState]) -> None:
    """Failed and delivered both: the first to come decides, the other is kept, and the state never moves down."""
    mine = next(number)
    delivery = sent(store, number=mine)
    seen = [row(store, delivery).state]
    for state in states:
        came(store, receipt(state, f"SM{mine}"))
        seen.append(row(store, delivery).state)

    for before, after in pairwise(seen):
        assert before == after or DeliveryState(after) in FOLLOWS[DeliveryState(before)]
    with store.read() as tx:
        found = {each.status for each in tx.all(select(RECEIPT.c.status).where(RECEIPT.c.delivery_id == delivery))}
    assert found == {str(state) for state in states}
