"""The outbox: what may leave, in which order, and what becomes of what may not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from bot import outbox
from bot.deliveries import DELIVERY, GIVE_UP_AFTER
from bot.effects import Owner
from bot.envelope import DeliveryState, Lane, Purpose
from bot.outbox import Claimed, Content
from bot.prompt import Expect, Phrase, Prompt
from bot.questions import keep_prompt
from bot.store import people
from bot.store.begin import Store
from bot.store.tables import InboundRow, QuestionRow
from tests.bot.sending import LEASE, MINUTE, NOW, SECOND, Climb, claim, due_commands, person, queue, reached, row, rows


def ids(claimed: tuple[Claimed, ...]) -> list[int]:
    return [one.id for one in claimed]


def test_words_are_sealed_in_the_row_and_whole_in_the_claim(store: Store) -> None:
    (address,) = person(store, "sms")
    delivery = queue(store, address, "The lift is stuck.")

    (claimed,) = claim(store)

    assert b"lift" not in row(store, delivery).body
    assert (claimed.id, claimed.content, claimed.tries) == (delivery, Content((Phrase("The lift is stuck."),)), 1)
    assert claimed.to.value.startswith("+99")
    assert row(store, delivery).state == "sending"


@pytest.mark.parametrize("lane", list(Lane))
def test_every_lane_has_its_own_time_to_give_up(store: Store, lane: Lane) -> None:
    (address,) = person(store, "sms")

    delivery = queue(store, address, lane=lane)

    assert row(store, delivery).give_up_at - NOW == GIVE_UP_AFTER[lane]


def test_the_more_pressing_a_lane_the_shorter_we_try() -> None:
    times = [GIVE_UP_AFTER[lane] for lane in Lane]

    assert times == sorted(times)
    assert times[0] == timedelta(minutes=30)
    assert times[-1] == timedelta(hours=24)


def test_the_pressing_lane_leaves_first_then_the_oldest(store: Store) -> None:
    bulk, older, newer, alarm = (person(store, "sms", number=number)[0] for number in range(4))
    queued = [queue(store, bulk, lane=Lane.BULK), queue(store, older), queue(store, newer), queue(store, alarm, lane=Lane.EVACUATION)]

    assert ids(claim(store)) == [queued[3], queued[1], queued[2], queued[0]]


def test_a_claim_takes_no_more_than_its_limit_over_all_channels(store: Store) -> None:
    for number in range(3):
        sms, telegram = person(store, "sms", "telegram", number=number)
        queue(store, sms, lane=Lane.BULK)
        queue(store, telegram)

    claimed = claim(store, NOW, "sms", "telegram", limit=4)

    assert [one.lane for one in claimed] == [Lane.REPLY] * 3 + [Lane.BULK]


def test_one_delivery_is_in_flight_per_address_and_lane(store: Store) -> None:
    (address,) = person(store, "sms")
    first, second, alarm = queue(store, address), queue(store, address), queue(store, address, lane=Lane.URGENT)

    assert ids(claim(store)) == [alarm, first]
    assert ids(claim(store)) == []
    with store.begin() as tx:
        tx.run(update(DELIVERY).where(DELIVERY.c.id == first).values(state="sent"))
    assert ids(claim(store)) == [second]


def test_what_was_said_first_is_not_overtaken_while_it_is_tried_again(store: Store) -> None:
    (address,) = person(store, "sms")
    first = queue(store, address)
    claim(store)
    with store.begin() as tx:
        tx.run(update(DELIVERY).where(DELIVERY.c.id == first).values(state="queued", next_at=NOW + MINUTE))
    second = queue(store, address)

    assert ids(claim(store)) == []
    assert ids(claim(store, NOW + MINUTE)) == [first]
    assert row(store, second).state == "queued"


def test_words_for_tomorrow_hold_back_nothing_today(store: Store) -> None:
    (address,) = person(store, "sms")
    tomorrow = queue(store, address, not_before=NOW + timedelta(days=1))
    today = queue(store, address)

    assert ids(claim(store)) == [today]
    with store.begin() as tx:
        tx.run(update(DELIVERY).where(DELIVERY.c.id == today).values(state="sent"))
    assert ids(claim(store, NOW + timedelta(hours=23))) == []
    assert ids(claim(store, NOW + timedelta(days=1))) == [tomorrow]


@pytest.mark.parametrize(
    ("lasts", "reason"),
    [(MINUTE, "no longer true"), (None, "gave up")],
    ids=["valid for a minute", "tried for half a day"],
)
def test_what_is_too_late_expires_with_its_reason_and_what_follows_is_due(store: Store, lasts: timedelta | None, reason: str) -> None:
    (address,) = person(store, "sms")
    delivery = queue(store, address, valid_for=lasts, subject="case:7", then=Climb(2))
    moment = NOW + (lasts or GIVE_UP_AFTER[Lane.REPLY])

    assert claim(store, moment) == ()
    assert row(store, delivery).state == "expired"
    assert reason in row(store, delivery).error
    assert due_commands(store) == [("case:7", '{"type":"Climb","step":2}')]


def test_what_could_not_be_sent_here_for_too_long_goes_to_the_next_address(store: Store) -> None:
    sms, _telegram = person(store, "sms", "telegram")
    delivery = queue(store, sms, then=Climb(2))
    moment = NOW + GIVE_UP_AFTER[Lane.REPLY]

    claim(store, moment)

    (moved,) = claim(store, moment, "telegram")
    assert (row(store, delivery).state, row(store, moved.id).replaces_id) == ("expired", delivery)
    assert due_commands(store) == []


def test_what_is_no_longer_true_goes_nowhere_else(store: Store) -> None:
    sms, _telegram = person(store, "sms", "telegram")
    queue(store, sms, valid_for=MINUTE)

    claim(store, NOW + MINUTE)

    assert [each.state for each in rows(store)] == ["expired"]


def test_late_deliveries_do_not_keep_a_fresh_one_waiting(store: Store) -> None:
    for number in range(3):
        queue(store, person(store, "sms", number=number)[0], valid_for=SECOND, lane=Lane.URGENT)
    fresh = queue(store, person(store, "sms", number=9)[0])

    assert ids(claim(store, NOW + MINUTE, limit=1)) == [fresh]


def test_a_claim_is_taken_over_when_its_lease_has_run_out(store: Store) -> None:
    (address,) = person(store, "sms")
    delivery = queue(store, address)
    claim(store, holder="crashed")

    assert claim(store, NOW + LEASE - SECOND, holder="other") == ()
    (again,) = claim(store, NOW + LEASE, holder="other")
    assert (again.id, again.tries, again.holder) == (delivery, 2, "other")


def test_what_was_let_go_is_free_at_once_and_no_try_is_counted(store: Store) -> None:
    (address,) = person(store, "sms")
    queue(store, address)
    unsent = claim(store)
    with store.begin() as tx:
        outbox.let_go(tx, unsent, "one")

    (again,) = claim(store, holder="other")

    assert again.tries == 1


def test_an_address_stopped_meanwhile_hands_over_to_the_next(store: Store) -> None:
    sms, telegram = person(store, "sms", "telegram")
    delivery = queue(store, sms, purpose=Purpose.NEWS)
    with store.begin() as tx:
        people.stop(tx, sms, Purpose.NEWS)

    assert claim(store) == ()
    (moved,) = claim(store, NOW, "telegram")
    assert (row(store, delivery).state, row(store, moved.id).replaces_id, moved.address_id) == ("failed", delivery, telegram)
    assert "stopped" in row(store, delivery).error
    with store.read() as tx:
        assert tx.first(text("SELECT stopped FROM address WHERE id = :id"), {"id": sms}) == ("news",)


def test_somebody_who_has_just_written_is_answered_even_on_a_stopped_address(store: Store) -> None:
    (sms,) = person(store, "sms")
    with store.begin() as tx:
        inbound = tx.insert(InboundRow, channel="sms", external_id="SM1", address_id=sms, at=NOW)
        people.stop(tx, sms, "*")

    delivery = queue(store, sms, inbound_id=inbound, purpose=Purpose.REPLY)

    assert ids(claim(store)) == [delivery]


def test_words_of_somebody_erased_are_not_sent_and_hold_up_nobody(store: Store) -> None:
    (erased,), (other,) = person(store, "sms"), person(store, "sms", number=2)
    first, second = queue(store, erased), queue(store, other)
    with store.begin() as tx:
        tx.erase(reached(store, erased).data_key_id, NOW)

    assert ids(claim(store)) == [second]
    assert row(store, first).state == "failed"


def test_a_roll_call_row_without_words_asks_its_prompt(store: Store) -> None:
    """Thirty thousand rows are written by one statement, which can seal nothing for each."""
    (address,) = person(store, "sms")
    prompt = Prompt("Are you safe?", Expect.CHOICE)
    with store.begin() as tx:
        question = tx.insert(QuestionRow, person_id=1, flow="roll", name="safe", prompt_id=keep_prompt(tx, prompt), put_at=NOW)
    delivery = queue(store, address, question_id=question)
    with store.begin() as tx:
        tx.run(update(DELIVERY).where(DELIVERY.c.id == delivery).values(body=None))

    (claimed,) = claim(store)

    assert (claimed.content.asked, claimed.prompt, claimed.question_id) == (Phrase("Are you safe?"), prompt, question)


@pytest.mark.parametrize("answers", [True, False])
def test_what_asks_something_that_is_settled_is_not_sent_any_more_unless_it_is_a_reply(store: Store, answers: bool) -> None:
    (address,) = person(store, "sms")
    with store.begin() as tx:
        prompt_id = keep_prompt(tx, Prompt("Can you go?", Expect.CHOICE))
        question = tx.insert(QuestionRow, person_id=1, flow="ping", name="go", prompt_id=prompt_id, put_at=NOW, closed_at=NOW)
        kept = tx.insert(InboundRow, channel="sms", external_id="SM1", address_id=address, data_key_id=1, at=NOW, body=b"")
    delivery = queue(store, address, question_id=question, inbound_id=kept if answers else None, then=Climb(2), subject="case:1")

    assert ids(claim(store)) == ([delivery] if answers else [])
    assert row(store, delivery).state == ("sending" if answers else "expired")
    assert len(due_commands(store)) == (0 if answers else 1)


def test_two_claims_at_once_never_share_a_delivery_nor_an_address(store: Store) -> None:
    for number in range(30):
        (address,) = person(store, "sms", number=number)
        queue(store, address)
        queue(store, address)
    found: dict[str, tuple[Claimed, ...]] = {}
    start = threading.Barrier(2)

    def take(holder: str) -> None:
        start.wait()
        for _ in range(4):
            found[holder] = found.get(holder, ()) + claim(store, holder=holder, limit=10)

    threads = [threading.Thread(target=take, args=(holder,)) for holder in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    taken = [one.address_id for claimed in found.values() for one in claimed]
    assert len(taken) == len(set(taken)) == 30


def test_a_commit_that_queued_something_rings_and_a_rollback_does_not(store: Store) -> None:
    (address,) = person(store, "sms")
    rung: list[int] = []
    outbox.on_enqueue(store, lambda: rung.append(1))

    def queue_and_fail() -> None:
        with store.begin() as tx:
            outbox.enqueue(tx, address=reached(store, address), content=Content(), now=NOW, lane=Lane.REPLY, purpose=Purpose.REPLY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        queue_and_fail()
    assert (rung, rows(store)) == ([], [])

    queue(store, address)
    assert rung == [1]


def test_depth_tells_what_waits_and_for_how_long(store: Store) -> None:
    for number in range(3):
        queue(store, person(store, "sms", number=number)[0], now=NOW - number * MINUTE)
    claim(store, limit=1)

    with store.read() as tx:
        depth = outbox.depth(tx, NOW)

    assert [(one.lane, one.state, one.count, one.oldest) for one in depth] == [
        (Lane.REPLY, DeliveryState.QUEUED, 2, 2 * MINUTE),
        (Lane.REPLY, DeliveryState.SENDING, 1, timedelta(0)),
    ]


def test_a_claim_knows_the_persons_language(store: Store) -> None:
    (address,) = person(store, "sms")
    with store.begin() as tx:
        people.set_language(tx, Owner(person_id=1), "zh_CN")
    queue(store, address)

    (claimed,) = claim(store)

    assert claimed.language == "zh_CN"
