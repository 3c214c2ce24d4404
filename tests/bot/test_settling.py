"""What becomes of an attempt: sent, tried again, or on to the next address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot import settling
from bot.deliveries import GIVE_UP_AFTER, QUESTION
from bot.envelope import Address, DeliveryState, Lane, Purpose, Receipt, Sent
from bot.errors import Misconfigured, Refused, SendError, Stopped, Throttled, Unavailable, Unreachable
from bot.outbox import Claimed, Content
from bot.prompt import Expect, Prompt
from bot.questions import keep_prompt
from bot.receipts import take
from bot.settling import TRIES_HERE, Outcome, again_at, settle
from bot.store import people
from bot.store.begin import Store
from bot.store.tables import QuestionRow
from tests.bot.sending import MINUTE, NOW, SECOND, Climb, claim, due_commands, person, queue, reached, row, rows


def one(store: Store, *channels: str, lane: Lane = Lane.REPLY, **terms: Any) -> Claimed:
    """One delivery, claimed."""
    queue(store, person(store, *(channels or ("sms",)))[0], lane=lane, **terms)
    (claimed,) = claim(store)
    return claimed


def came_back(store: Store, *answers: tuple[Claimed, Sent | SendError], now: Any = NOW) -> None:
    with store.begin() as tx:
        settle(tx, [Outcome(claimed, f"words of {claimed.id}", answer) for claimed, answer in answers], now)


def question(store: Store) -> int:
    with store.begin() as tx:
        prompt_id = keep_prompt(tx, Prompt("Are you safe?", Expect.CHOICE))
        return tx.insert(QuestionRow, person_id=1, flow="roll", name="safe", prompt_id=prompt_id, put_at=NOW)


def test_what_was_sent_is_kept_with_its_words_as_they_were_sent(store: Store) -> None:
    claimed = one(store)

    came_back(store, (claimed, Sent("SM1")), now=NOW + SECOND)

    kept = row(store, claimed.id)
    assert (kept.state, kept.external_id) == ("sent", "SM1")
    assert b"words" not in kept.as_sent
    with store.read() as tx:
        assert tx.unseal(kept.data_key_id, kept.as_sent) == f"words of {claimed.id}"


def test_a_question_waits_from_the_moment_it_was_first_sent(store: Store) -> None:
    (address,) = person(store, "sms")
    asked = question(store)
    queue(store, address, question_id=asked)
    (first,) = claim(store)
    came_back(store, (first, Sent("SM1")), now=NOW + MINUTE)
    queue(store, address, question_id=asked)
    (again,) = claim(store, NOW + MINUTE)

    came_back(store, (again, Sent("SM2")), now=NOW + 9 * MINUTE)

    with store.read() as tx:
        kept = tx.first(select(QUESTION.c.first_sent_at, QUESTION.c.unanswered_since))
    assert kept == (NOW + MINUTE, NOW + MINUTE)


def test_a_question_put_again_after_an_answer_was_first_sent_when_it_was(store: Store) -> None:
    (address,) = person(store, "sms")
    asked = question(store)
    with store.begin() as tx:
        tx.update(QuestionRow, asked, first_sent_at=NOW - MINUTE)
    queue(store, address, question_id=asked)

    came_back(store, *((claimed, Sent("SM1")) for claimed in claim(store)))

    with store.read() as tx:
        assert tx.first(select(QUESTION.c.first_sent_at, QUESTION.c.unanswered_since)) == (NOW - MINUTE, NOW)


def test_a_large_batch_is_settled_each_by_its_own_answer(store: Store) -> None:
    for number in range(60):
        queue(store, person(store, "sms", number=number)[0])
    claimed = claim(store)

    came_back(store, *((each, Sent(f"SM{each.id}") if each.id % 3 else Unavailable()) for each in claimed))

    states = {(each.state, each.external_id) for each in rows(store) if each.id % 3 == 0}
    assert states == {("queued", None)}
    assert all((each.state, each.external_id) == ("sent", f"SM{each.id}") for each in rows(store) if each.id % 3)


WAITS = [
    # error, lane, tries, seconds at least; at most a fifth more, so that an outage does not end in one great wave
    (Unavailable(), Lane.REPLY, 1, 5),
    (Unavailable(), Lane.REPLY, 2, 15),
    (Unavailable(), Lane.REPLY, 3, 45),
    (Unavailable(), Lane.REPLY, 4, 120),
    (Unavailable(), Lane.REPLY, 5, 300),
    (Unavailable(), Lane.REPLY, 50, 300),
    (Unavailable(), Lane.EVACUATION, 9, 15),
    (Unavailable(), Lane.URGENT, 9, 45),
    (Throttled(), Lane.REPLY, 1, 5),
]
EXACT = [
    (Throttled(after=timedelta(seconds=7)), Lane.REPLY, 1, 7),
    (Throttled(after=timedelta(seconds=90)), Lane.EVACUATION, 1, 90),
    (Misconfigured(), Lane.REPLY, 1, 300),
]


def waited(error: SendError, lane: Lane, tries: int) -> float:
    to, limit = Address("sms", "+99"), NOW + timedelta(days=1)
    claimed = Claimed(77, to, Content(), lane, "reply", tries, "one", 1, 1, None, None, None, None, limit)
    return (again_at(claimed, error, NOW) - NOW).total_seconds()


@pytest.mark.parametrize(("error", "lane", "tries", "seconds"), WAITS)
def test_the_wait_grows_with_every_try_up_to_what_the_lane_bears(error: SendError, lane: Lane, tries: int, seconds: int) -> None:
    assert seconds <= waited(error, lane, tries) <= seconds * 1.2


@pytest.mark.parametrize(("error", "lane", "tries", "seconds"), EXACT)
def test_the_wait_is_what_the_platform_or_the_mending_needs(error: SendError, lane: Lane, tries: int, seconds: int) -> None:
    assert waited(error, lane, tries) == seconds


def test_no_wait_goes_beyond_the_moment_we_give_up(store: Store) -> None:
    claimed = one(store, valid_for=timedelta(seconds=3))

    assert again_at(claimed, Unavailable(), NOW) == NOW + timedelta(seconds=3)


def test_what_may_be_tried_again_waits_on_the_same_address(store: Store) -> None:
    claimed = one(store, "sms", "telegram")

    came_back(store, (claimed, Unavailable("Down.", code="503")))

    (kept,) = rows(store)
    assert (kept.state, kept.error, kept.error_code) == ("queued", "Down.", "503")
    assert claim(store, NOW + 4 * SECOND) == ()
    (again,) = claim(store, NOW + 6 * SECOND)
    assert (again.id, again.tries) == (claimed.id, 2)


def test_after_many_failed_tries_it_is_given_up_and_what_follows_is_due(store: Store) -> None:
    claimed = one(store, then=Climb(1), subject="case:3")
    moment, attempts = NOW, 0
    while row(store, claimed.id).state != "expired":
        came_back(store, *((again, Unavailable()) for again in (claimed,)), now=moment)
        moment += 6 * MINUTE
        found = claim(store, moment)
        claimed, attempts = (found[0] if found else claimed), attempts + 1
        assert attempts < 200

    assert moment - NOW >= GIVE_UP_AFTER[Lane.REPLY]
    assert due_commands(store) == [("case:3", '{"type":"Climb","step":1}')]


PERMANENT = {"unreachable": Unreachable("No such number.", code="21211"), "stopped": Stopped(), "refused": Refused()}


@pytest.mark.parametrize("error", PERMANENT.values(), ids=PERMANENT)
def test_a_permanent_failure_goes_to_the_next_address_at_once_with_its_reason(store: Store, error: SendError) -> None:
    claimed = one(store, "sms", "telegram", subject="case:7", then=Climb(4))

    came_back(store, (claimed, error), now=NOW + SECOND)

    failed, moved = rows(store)
    assert (failed.state, failed.error, failed.settled_at) == ("failed", str(error), NOW + SECOND)
    assert (moved.channel, moved.replaces_id, moved.subject, moved.then) == ("telegram", failed.id, "case:7", failed.then)
    assert moved.give_up_at == NOW + SECOND + GIVE_UP_AFTER[Lane.REPLY]
    assert due_commands(store) == []
    (again,) = claim(store, NOW + SECOND, "telegram")
    assert again.content == claimed.content


def test_with_no_address_left_what_follows_is_due_now(store: Store) -> None:
    claimed = one(store, then=Climb(5), subject="case:7")

    came_back(store, (claimed, Unreachable()))

    assert [kept.state for kept in rows(store)] == ["failed"]
    assert due_commands(store) == [("case:7", '{"type":"Climb","step":5}')]


def test_a_question_moves_with_its_words(store: Store) -> None:
    sms, telegram = person(store, "sms", "telegram")
    queue(store, sms, question_id=question(store))
    (claimed,) = claim(store)

    came_back(store, (claimed, Unreachable()))

    with store.read() as tx:
        assert tx.first(select(QUESTION.c.address_id)) == (telegram,)


def test_whoever_stopped_us_is_not_written_to_there_again(store: Store) -> None:
    claimed = one(store)

    came_back(store, (claimed, Stopped()))

    with store.read() as tx:
        assert people.next_address(tx, claimed.address_id, Purpose.SAFETY) is None
        assert tx.first(text("SELECT stopped FROM address")) == ("*",)


def test_a_phone_that_is_off_tonight_is_tried_again_tomorrow(store: Store) -> None:
    claimed = one(store)

    came_back(store, (claimed, Unreachable("The phone is switched off.")))

    with store.read() as tx:
        assert tx.first(text("SELECT gone_at FROM address")) == (None,)


@pytest.mark.parametrize("lane", sorted(TRIES_HERE))
def test_words_about_danger_do_not_wait_for_a_platform_that_is_down(store: Store, lane: Lane) -> None:
    claimed = one(store, "sms", "telegram", lane=lane)
    moment = NOW
    for _ in range(TRIES_HERE[lane] - 1):
        came_back(store, (claimed, Unavailable()), now=moment)
        moment += MINUTE
        (claimed,) = claim(store, moment)

    came_back(store, (claimed, Unavailable("Down.")), now=moment)

    assert [(kept.state, kept.channel) for kept in rows(store)] == [("failed", "sms"), ("queued", "telegram")]


def test_without_another_address_danger_is_tried_on_where_it_is(store: Store) -> None:
    claimed = one(store, lane=Lane.EVACUATION)
    came_back(store, (claimed, Unavailable()))
    (claimed,) = claim(store, NOW + MINUTE)

    came_back(store, (claimed, Unavailable()), now=NOW + MINUTE)

    assert [kept.state for kept in rows(store)] == ["queued"]


def test_an_answer_that_comes_after_the_lease_does_not_undo_the_next_attempt(store: Store) -> None:
    late = one(store)
    (current,) = claim(store, NOW + timedelta(minutes=3), holder="other")

    came_back(store, (late, Unavailable()), now=NOW + timedelta(minutes=3))

    assert (row(store, current.id).state, row(store, current.id).claimed_by) == ("sending", "other")


def test_an_early_receipt_counts_as_soon_as_the_answer_is_settled(store: Store) -> None:
    claimed = one(store)
    with store.begin() as tx:
        assert not take(tx, Receipt("sms", "SM1", "delivered", DeliveryState.DELIVERED), NOW)

    came_back(store, (claimed, Sent("SM1")))

    assert row(store, claimed.id).state == "delivered"


def test_an_early_failure_hands_over_as_soon_as_the_answer_is_settled(store: Store) -> None:
    claimed = one(store, "sms", "telegram")
    with store.begin() as tx:
        take(tx, Receipt("sms", "SM1", "undelivered", DeliveryState.FAILED, error=Unreachable("Switched off.", code="30003")), NOW)

    came_back(store, (claimed, Sent("SM1")))

    failed, moved = rows(store)
    assert (failed.state, failed.error, failed.error_code, moved.channel) == ("failed", "Switched off.", "30003", "telegram")


def test_the_answer_for_somebody_erased_meanwhile_is_settled_without_words(store: Store) -> None:
    claimed = one(store)
    with store.begin() as tx:
        tx.erase(reached(store, claimed.address_id).data_key_id, NOW)

    came_back(store, (claimed, Sent("SM1")))

    assert (row(store, claimed.id).state, row(store, claimed.id).as_sent) == ("sent", None)


def test_nothing_is_settled_by_an_empty_batch(store: Store) -> None:
    with store.begin() as tx:
        settling.settle(tx, [], NOW)

    assert rows(store) == []
