"""A restored copy repeats nothing, hurries nothing, and gives no number twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bot import questions, restored, timers
from bot.effects import Owner
from bot.envelope import Lane
from bot.prompt import YES_NO, Ask
from bot.restored import CASE_GAP, DELIVERY_GAP, LOOK_FIRST, Plan
from bot.store import desk_sessions, meta, people, timeline
from bot.store.begin import Store
from tests.bot.sending import MINUTE, NOW, TRANSLATOR, Climb, claim, person, queue, row, rows

DAY = timedelta(days=1)
LATER = NOW + DAY


def settled(store: Store) -> Plan:
    with store.begin() as tx:
        return restored.settle(tx, made_at=NOW, now=LATER)


def asked(store: Store, statement: str) -> list[tuple[Any, ...]]:
    with store.read() as tx:
        return [tuple(one) for one in tx.all(text(statement))]


def test_what_was_due_or_in_flight_is_not_sent_again_and_what_is_due_later_is(store: Store) -> None:
    """Not here, and not at the person's next address either, where a delivery that is given up goes."""
    sms, _telegram = person(store, "sms", "telegram")
    in_flight = queue(store, sms, lane=Lane.URGENT)
    assert [claimed.id for claimed in claim(store)] == [in_flight]
    waiting = queue(store, sms, lane=Lane.CARE)
    tomorrow = queue(store, sms, not_before=LATER + MINUTE)
    assert settled(store) == Plan(set_aside=2, kept=1, postponed=0)
    assert [row(store, each).state for each in (in_flight, waiting, tomorrow)] == ["expired", "expired", "queued"]
    assert claim(store, LATER, "sms", "telegram") == ()
    assert [claimed.id for claimed in claim(store, LATER + 2 * MINUTE, "sms", "telegram")] == [tomorrow]
    assert "not sent again" in row(store, waiting).error


def test_the_case_says_that_something_was_set_aside(store: Store) -> None:
    (sms,) = person(store, "sms")
    for _each in range(2):
        queue(store, sms, subject="case:10013")
    settled(store)
    with store.read() as tx:
        (entry,) = timeline.entries(tx, "case:10013")
        assert (entry.kind, timeline.body_of(tx, entry)["deliveries"]) == ("set_aside", 2)


def test_what_fell_due_meanwhile_waits_until_somebody_has_looked(store: Store) -> None:
    (sms,) = person(store, "sms")
    queue(store, sms, subject="case:1", then=Climb(step=2))  # what follows its end waits too
    with store.begin() as tx:
        timers.later(tx, Climb(step=1), due_at=NOW + MINUTE, subject="case:1")
        far = timers.later(tx, Climb(step=3), due_at=LATER + DAY, subject="case:1")
        ask = Ask("hurt", "Is anyone hurt?", YES_NO, patience=MINUTE)
        questions.put(tx, ask, TRANSLATOR.prompt(ask), owner=Owner(person_id=1), now=NOW, flow="report")
    assert settled(store) == Plan(set_aside=1, kept=0, postponed=3)
    for at, due in ((LATER + LOOK_FIRST - MINUTE, (0, 0)), (LATER + LOOK_FIRST, (2, 1))):
        with store.read() as tx:
            assert (len(timers.due(tx, at, 10)), len(questions.expired(tx, at, 10))) == due
    with store.read() as tx:
        assert far in timers.due(tx, LATER + DAY, 10)


def test_numbers_that_may_have_been_given_out_since_are_not_given_again(store: Store) -> None:
    """A case has its number from its data key; buttons and receipts name a delivery."""
    (sms,) = person(store, "sms")
    last = queue(store, sms)
    (key,) = asked(store, "SELECT max(id) FROM data_key")[0]
    settled(store)
    with store.begin() as tx:
        assert tx.new_data_key(LATER) > key + CASE_GAP
    assert queue(store, sms) > last + DELIVERY_GAP


def test_nobody_is_at_the_desk_any_more(store: Store) -> None:
    """Somebody signed out, or was put out, after the copy was taken: there the session is still open."""
    with store.begin() as tx:
        staff_id = people.add_staff(tx, "示例·值班员", handle="duty", role="community_duty", now=NOW)
        token = desk_sessions.start(tx, staff_id, role="community_duty", stage="full", now=LATER)
    settled(store)
    with store.read() as tx:
        assert desk_sessions.at(tx, token, desk_sessions.Lasts(DAY, DAY), now=LATER) is None


def test_a_copy_may_be_restored_more_than_once_and_an_empty_one_too(store: Store) -> None:
    assert settled(store) == settled(store) == Plan(0, 0, 0)
    assert [one.state for one in rows(store)] == ["expired", "expired"]
    with store.read() as tx:
        assert (meta.get(tx, restored.COPY_OF), meta.get(tx, restored.RESTORED)) == (NOW.isoformat(), LATER.isoformat())
