"""Two addresses become one person's, with all that either has reported; two who are known to us stay apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot.effects import Owner
from bot.envelope import Address
from bot.store import demo, joining, people
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.tables import SessionRow

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CHAT, OTHER_CHAT = Address("telegram", "700000001"), Address("telegram", "700000002")
HERS, NEW, STRANGERS, SHARED, STAFF = (
    Address("sms", number) for number in ("+9990100001", "+9990100098", "+9990100099", "+9990100007", "+9990200001")
)
SESSION = table_of(SessionRow)


@pytest.fixture
def tx(store: Store) -> Iterator[Tx]:
    with store.begin() as tx:
        demo.load(tx, NOW)
        people.meet(tx, STRANGERS, NOW)
        yield tx


def who(tx: Tx, address: Address) -> int | None:
    known = people.at(tx, address)
    return known.person_id if known else None


def joined(tx: Tx, chat: Address, number: Address) -> bool:
    return joining.join(tx, people.meet(tx, chat, NOW), number, now=NOW)


def talk(tx: Tx, address: Address) -> int:
    """Something that only whoever writes from there has."""
    known = people.meet(tx, address, NOW)
    return tx.insert(
        SessionRow,
        person_id=known.person_id,
        data_key_id=known.data_key_id,
        flow="report",
        journal=tx.seal(known.data_key_id, "{}"),
        at=NOW,
    )


def owner_of(tx: Tx, session_id: int) -> int:
    row = tx.first(select(SESSION.c.person_id).where(SESSION.c.id == session_id))
    assert row is not None
    return int(row.person_id)


def test_a_number_that_nobody_had_is_theirs_and_comes_after_the_chat(tx: Tx) -> None:
    assert joined(tx, CHAT, NEW)

    chat, number = people.addresses_of(tx, Owner(who(tx, CHAT)))
    assert (chat.channel, number.channel, number.value) == ("telegram", "sms", NEW.value)


@pytest.mark.parametrize("number", [HERS, STAFF, STRANGERS], ids=["a resident", "staff", "a stranger"])
def test_a_new_chat_becomes_that_of_whoever_has_the_number(tx: Tx, number: Address) -> None:
    person, session_id = who(tx, number), talk(tx, CHAT)

    assert joined(tx, CHAT, number)
    assert who(tx, CHAT) == who(tx, number) == person
    assert owner_of(tx, session_id) == person, "what was reported in the chat is theirs too"
    assert people.addresses_of(tx, Owner(person))[-1].value == CHAT.value


def test_a_strangers_number_goes_over_to_a_chat_that_is_known(tx: Tx) -> None:
    her = who(tx, HERS)
    assert joined(tx, CHAT, HERS)
    session_id = talk(tx, STRANGERS)

    assert joined(tx, CHAT, STRANGERS)
    assert who(tx, STRANGERS) == owner_of(tx, session_id) == her


def test_a_telephone_that_only_rang_us_is_rung_no_more_for_having_been_joined(tx: Tx) -> None:
    stranger, telephone = who(tx, STRANGERS), Address("voice", STRANGERS.value)
    people.add_address(tx, telephone, Owner(stranger), now=NOW, preference=people.ANSWERED_ONLY)
    assert joined(tx, CHAT, HERS)

    assert joined(tx, CHAT, STRANGERS)
    assert who(tx, telephone) == who(tx, HERS)
    assert "ring" not in {address.channel for address in people.addresses_of(tx, Owner(who(tx, HERS)))}


def test_saying_it_again_changes_nothing(tx: Tx) -> None:
    assert joined(tx, CHAT, HERS)
    before = people.addresses_of(tx, Owner(who(tx, HERS)))

    assert joined(tx, CHAT, HERS)
    assert people.addresses_of(tx, Owner(who(tx, HERS))) == before


def test_a_phone_that_a_household_shares_stays_the_households(tx: Tx) -> None:
    assert not joined(tx, CHAT, SHARED)
    assert who(tx, SHARED) is None
    assert who(tx, CHAT) is not None


def test_who_writes_from_another_account_already_keeps_it(tx: Tx) -> None:
    """The number may have changed hands."""
    assert joined(tx, CHAT, HERS)

    assert not joined(tx, OTHER_CHAT, HERS)
    assert who(tx, OTHER_CHAT) != who(tx, HERS) == who(tx, CHAT)


def test_two_who_are_known_stay_two(tx: Tx) -> None:
    assert joined(tx, CHAT, HERS)

    assert not joined(tx, CHAT, STAFF)
    assert who(tx, STAFF) != who(tx, CHAT)


def test_who_says_the_code_that_went_to_the_number_is_joined_although_they_write_from_another(tx: Tx) -> None:
    """Both phones are in the same hands."""
    assert not joining.join(tx, people.meet(tx, STRANGERS, NOW), HERS, now=NOW)
    assert joining.join(tx, people.meet(tx, STRANGERS, NOW), HERS, now=NOW, holds_both=True)
    assert who(tx, STRANGERS) == who(tx, HERS)


def test_a_telephone_that_comes_along_is_still_tried_last(tx: Tx) -> None:
    """Words are heard there only while somebody is in a call."""
    caller = people.meet(tx, CHAT, NOW)
    voice = people.add_address(tx, Address("voice", NEW.value), Owner(caller.person_id), now=NOW, preference=people.ANSWERED_ONLY)
    assert joined(tx, CHAT, HERS)

    preferences = {address.id: address.preference for address in people.addresses_of(tx, Owner(who(tx, HERS)))}
    assert preferences.pop(voice) == people.ANSWERED_ONLY
    assert max(preferences.values()) < people.ANSWERED_ONLY


def test_a_shared_phone_takes_along_what_was_asked_and_reported_from_it(tx: Tx) -> None:
    known, session_id = people.meet(tx, STRANGERS, NOW), talk(tx, STRANGERS)
    shared = people.at(tx, SHARED)
    assert shared is not None
    assert known.person_id is not None
    joining.share(tx, known.person_id, shared.household_id or 0, number=STRANGERS.value, now=NOW)

    now = people.at(tx, STRANGERS)
    assert now is not None
    assert (now.person_id, now.household_id) == (None, shared.household_id)
    row = tx.first(select(SESSION.c.person_id, SESSION.c.household_id).where(SESSION.c.id == session_id))
    assert row is not None
    assert tuple(row) == (None, shared.household_id)


def test_nobody_is_left_behind_with_something_of_theirs(tx: Tx) -> None:
    """Every column that names a person is followed, whichever room it belongs to."""
    session_id = talk(tx, CHAT)
    stranger = owner_of(tx, session_id)
    assert joined(tx, CHAT, HERS)

    for column in joining.naming_persons():
        found = tx.first(select(func.count()).select_from(column.table).where(column == stranger))
        assert found is not None
        assert found[0] == 0, column
    assert {column.table.name for column in joining.naming_persons()} >= {"address", "question", "session", "case_record"}
