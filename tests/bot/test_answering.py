"""A call of ours is picked up: before its request was answered or after, once or twice, too late or in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bot import answering, outbox, receipts, settling, turn
from bot.answering import Stale
from bot.deliveries import GIVE_UP_AFTER
from bot.drawing import Brush
from bot.envelope import Address, DeliveryState, Lane, Outbound, Receipt, Sent
from bot.errors import Engaged, Malformed, Unreachable
from bot.outbox import Claimed
from bot.settling import Outcome
from bot.store.begin import Store
from channels.ring import Ring
from tests.bot.sending import row
from tests.channels.rigs import account
from tests.talks import CAST, LEASE, TRANSLATOR, Talks

NUMBER = CAST["值班员"]
TELEPHONE = Address("voice", NUMBER)
BRUSH = Brush(Ring(account()), TRANSLATOR)
DELIVERED, FAILED = DeliveryState.DELIVERED, DeliveryState.FAILED


def rings(talks: Talks) -> Claimed:
    """The duty officer is called about a lift, no text gets through, and the telephone is to be rung now."""
    turn.receive(talks.house, talks.inbound("陌生人", "电梯困人了"), talks.now)
    with talks.store.begin() as tx:
        texts = outbox.claim(tx, ("sms",), holder="tests", now=talks.now, lease=LEASE, limit=100)
        answers = [Unreachable() if text.to.value == NUMBER else Sent(f"SM{text.id}") for text in texts]
        settling.settle(tx, [Outcome(text, "", answer) for text, answer in zip(texts, answers, strict=True)], talks.now)
        (call,) = outbox.claim(tx, ("ring",), holder="tests", now=talks.now, lease=LEASE, limit=100)
    return call


def picked_up(talks: Talks, call: Claimed, at: datetime | None = None, telephone: Address = TELEPHONE) -> tuple[Outbound, Stale | None]:
    taken = Receipt("ring", "CA1", "picked up", DELIVERED, delivery_id=call.id)
    return answering.picked_up(talks.house, BRUSH, taken, telephone=telephone, now=at or talks.now)


def placed(talks: Talks, call: Claimed) -> None:
    with talks.store.begin() as tx:
        settling.settle(tx, [Outcome(call, "您能去吗？", Sent("CA1"))], talks.now)


def ended(talks: Talks, call: Claimed) -> None:
    over = Receipt("ring", "CA1", "completed", FAILED, delivery_id=call.id, error=Engaged())
    with talks.store.begin() as tx:
        receipts.take(tx, over, talks.now)


def test_who_picks_up_hears_the_words_and_the_keys_and_has_them_delivered(store: Store) -> None:
    talks = Talks(store)
    call = rings(talks)

    outbound, stale = picked_up(talks, call)

    assert stale is None
    assert (outbound.asks, [key for key, _words in outbound.choices]) == (True, ["1", "2"])
    assert outbound.words.splitlines()[1:] == ["您能去吗？", "我去，请按1。", "去不了，请按2。"]
    assert row(store, call.id).state == "delivered"


STEPS: tuple[Callable[[Talks, Claimed], object], ...] = (placed, picked_up, ended)


@pytest.mark.parametrize("steps", [steps for steps in permutations(STEPS) if steps.index(picked_up) < steps.index(ended)])
def test_in_whatever_order_it_is_told_what_was_said_is_delivered(
    store: Store, steps: tuple[Callable[[Talks, Claimed], object], ...]
) -> None:
    """The request may be answered long after somebody has picked up, and even after they have hung up."""
    talks = Talks(store)
    call = rings(talks)

    for step in (*steps, *steps):
        step(talks, call)

    assert (row(store, call.id).state, row(store, call.id).external_id) == ("delivered", "CA1")


def test_asked_twice_it_says_the_same_and_the_star_says_it_again(store: Store) -> None:
    talks = Talks(store)
    call = rings(talks)

    first, again = picked_up(talks, call), picked_up(talks, call)
    (star,) = answering.once_more(talks.house, BRUSH, TELEPHONE, delivery_id=call.id, now=talks.now)

    assert first == again
    assert star.words == first[0].words


@pytest.mark.parametrize(("after", "stale"), [(timedelta(minutes=1), None), (GIVE_UP_AFTER[Lane.URGENT], Stale.PAST)])
def test_words_that_are_too_old_are_not_said(store: Store, after: timedelta, stale: Stale | None) -> None:
    talks = Talks(store)
    call = rings(talks)
    placed(talks, call)

    assert picked_up(talks, call, talks.now + after)[1] is stale
    assert row(store, call.id).state == ("expired" if stale else "delivered")


@pytest.mark.parametrize(("why", "stale"), [("accepted", Stale.SETTLED), ("answered", Stale.SETTLED), ("silence", Stale.PAST)])
def test_what_was_closed_meanwhile_is_not_asked(store: Store, why: str, stale: Stale) -> None:
    talks = Talks(store)
    call = rings(talks)
    placed(talks, call)
    with store.begin() as tx:
        tx.connection.exec_driver_sql(f"UPDATE question SET closed_at = put_at, closed_why = '{why}'")

    assert picked_up(talks, call)[1] is stale
    assert row(store, call.id).state == "expired"


@pytest.mark.parametrize("number", [CAST["街道"], CAST["居民"], "+9990100098"])
def test_nobody_else_hears_it(store: Store, number: str) -> None:
    talks = Talks(store)
    call = rings(talks)

    with pytest.raises(Malformed):
        picked_up(talks, call, telephone=Address("voice", number))
    assert row(store, call.id).state == "sending"
