"""People and their addresses: found by hash, met once, tried in order, stopped by purpose."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.effects import Owner
from bot.envelope import Address, Purpose
from bot.store import demo, people
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.store.tables import AddressRow, Consent, DataKey, InboundRow, Need, Person, Staff
from tests.stores import opened, waiting

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
PHONE = Address("sms", "+9990100001")
STRANGE = Address("sms", "+9990100099")


def count(tx: Tx, row: type[Person] | type[AddressRow] | type[DataKey]) -> int:
    return int(tx.run(select(func.count()).select_from(table_of(row))).scalar_one())


def test_a_stranger_is_met_once_and_known_from_then_on(store: Store) -> None:
    with store.begin() as tx:
        assert people.at(tx, STRANGE) is None
        met = people.meet(tx, STRANGE, NOW, language="ug")
        assert people.meet(tx, STRANGE, NOW) == met == people.at(tx, STRANGE)
    assert (met.channel, met.language, met.household_id, met.home_id, met.staff_id, met.role) == ("sms", "ug", None, None, None, None)
    assert (met.stopped, met.is_gone, met.preference) == ("", False, 0)
    with store.read() as tx:
        assert people.at(tx, STRANGE) == met
        assert people.at(tx, Address("voice", STRANGE.value)) is None
        assert people.name_of(tx, met.person_id or 0) == ""


def test_two_that_meet_a_stranger_at_once_meet_the_same_person(new_postgres: Callable[..., str], key_file: KeyFile) -> None:
    """The first has written and not committed when the second writes: the second waits, gives way and leaves no trace."""
    url = new_postgres()
    with opened(url, Vault(key_file)) as one, opened(url, Vault(key_file)) as two:
        met: list[people.Known] = []

        def meet() -> None:
            with two.begin() as tx:
                met.append(people.meet(tx, STRANGE, NOW))

        with ExitStack() as second, one.begin() as tx:
            met.append(people.meet(tx, STRANGE, NOW))
            second.enter_context(waiting(meet, tx))
        assert met[0] == met[1]
        with one.read() as tx:
            assert (count(tx, Person), count(tx, AddressRow), count(tx, DataKey)) == (1, 1, 1)


def test_the_demo_knows_who_is_behind_each_phone(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
    with store.read() as tx:
        resident = people.at(tx, PHONE)
        assert resident is not None
        assert resident.language == "zh"
        home = people.home_of(tx, Owner(resident.person_id))
        assert home is not None
        assert (home.estate, home.building, home.unit, home.floor, home.room) == ("示例新村", "3号楼", "2单元", 5, "501")
        assert home.household_id == resident.home_id
        shared = people.at(tx, Address("sms", demo.SHARED[0]))
        assert shared is not None
        assert shared.person_id is None
        assert shared.household_id == shared.home_id
        at_home = people.home_of(tx, Owner(household_id=shared.household_id))
        assert at_home is not None
        assert (at_home.building, at_home.room) == ("1号楼", "201")
        worker = people.at(tx, Address("sms", "+9990200001"))
        assert worker is not None
        assert worker.role == "grid_worker"
        assert people.home_of(tx, Owner(worker.person_id)) is None


def test_staff_who_left_are_residents_like_any_other(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
        member = people.staff_by_handle(tx, "grid1")
        assert member is not None
        tx.update(Staff, member.id, is_active=False)
        known = people.at(tx, Address("sms", "+9990200001"))
        assert known is not None
        assert (known.staff_id, known.role) == (None, None)
        assert people.staff_by_handle(tx, "grid1") is None


@pytest.fixture
def three(store: Store) -> tuple[int, list[int]]:
    """A person with three addresses, given in another order than theirs."""
    with store.begin() as tx:
        person_id = people.add_person(tx, name="示例·甲", now=NOW)
        found = {
            preference: people.add_address(tx, Address("sms", f"+99901{preference}"), Owner(person_id), now=NOW, preference=preference)
            for preference in (2, 0, 1)
        }
    return person_id, [found[0], found[1], found[2]]


def test_addresses_come_in_order_with_their_values(store: Store, three: tuple[int, list[int]]) -> None:
    person_id, ids = three
    with store.read() as tx:
        found = people.addresses_of(tx, Owner(person_id), Purpose.CASE)
    assert [(address.id, address.value) for address in found] == [(ids[0], "+999010"), (ids[1], "+999011"), (ids[2], "+999012")]


def test_the_next_address_is_the_next_that_works_and_never_goes_round(store: Store, three: tuple[int, list[int]]) -> None:
    _, ids = three
    with store.begin() as tx:
        people.stop(tx, ids[1], Purpose.NEWS)
        assert _id(people.next_address(tx, ids[0], Purpose.CASE)) == ids[1]
        assert _id(people.next_address(tx, ids[0], Purpose.NEWS)) == ids[2]
        people.mark_gone(tx, ids[1], "landline", NOW)
        assert _id(people.next_address(tx, ids[0], Purpose.CASE)) == ids[2]
        assert people.next_address(tx, ids[2], Purpose.CASE) is None
        people.mark_back(tx, ids[1])
        assert _id(people.next_address(tx, ids[0], Purpose.CASE)) == ids[1]
        assert people.next_address(tx, 4711, Purpose.CASE) is None


def test_where_somebody_is_only_answered_is_never_next(store: Store, three: tuple[int, list[int]]) -> None:
    """A call that is over takes no words; what could not be told by text is not left lying there."""
    person_id, ids = three
    with store.begin() as tx:
        people.add_address(tx, Address("voice", "+999010"), Owner(person_id), now=NOW, preference=people.ANSWERED_ONLY)
        assert _id(people.next_address(tx, ids[1], Purpose.CASE)) == ids[2]
        assert people.next_address(tx, ids[2], Purpose.CASE) is None


def test_a_telephone_on_the_list_is_rung_in_its_turn_and_is_the_same_that_rings_us(store: Store, three: tuple[int, list[int]]) -> None:
    person_id, ids = three
    telephone = Address("voice", "+9990100097")
    with store.begin() as tx:
        people.add_address(tx, telephone, Owner(person_id), now=NOW, preference=people.ANSWERED_ONLY)
        people.add_address(tx, telephone, Owner(person_id), now=NOW, preference=9)
        following = people.next_address(tx, ids[2], Purpose.CASE)
        known = people.at(tx, telephone)
        assert following is not None
        assert known is not None
        assert (following.channel, following.value, following.id) == ("ring", telephone.value, known.address_id)
        assert (known.channel, known.person_id) == ("voice", person_id)


def test_a_purpose_is_stopped_on_one_address_and_resumed(store: Store, three: tuple[int, list[int]]) -> None:
    person_id, ids = three

    def usable(tx: Tx, purpose: str) -> list[int]:
        return [address.id for address in people.addresses_of(tx, Owner(person_id), purpose)]

    with store.begin() as tx:
        people.stop(tx, ids[0], Purpose.NEWS)
        people.stop(tx, ids[0], Purpose.CASE)
        assert usable(tx, Purpose.NEWS) == usable(tx, Purpose.CASE) == ids[1:]
        assert usable(tx, Purpose.SAFETY) == ids
        people.resume(tx, ids[0], Purpose.NEWS)
        assert (usable(tx, Purpose.NEWS), usable(tx, Purpose.CASE)) == (ids, ids[1:])
        people.stop(tx, ids[0], "*")
        assert usable(tx, Purpose.SAFETY) == ids[1:]
        people.resume(tx, ids[0])
        assert usable(tx, Purpose.CASE) == ids


@pytest.mark.parametrize("purpose", [Purpose.SAFETY, Purpose.REPLY, "safety"])
def test_safety_and_replies_cannot_be_stopped_by_a_person(store: Store, three: tuple[int, list[int]], purpose: str) -> None:
    with store.begin() as tx, pytest.raises(ValueError, match="cannot be stopped"):
        people.stop(tx, three[1][0], purpose)


def test_an_address_moves_from_a_stranger_and_from_nobody_else(store: Store) -> None:
    """A helper who texted us once is enrolled later with the same phone."""
    with store.begin() as tx:
        met = people.meet(tx, STRANGE, NOW)
        person_id = people.add_person(tx, name="示例·甲", now=NOW)
        assert people.add_address(tx, STRANGE, Owner(person_id), now=NOW) == met.address_id
        known = people.at(tx, STRANGE)
        assert known is not None
        assert known.person_id == person_id
        assert [address.value for address in people.addresses_of(tx, Owner(person_id))] == [STRANGE.value]
        assert people.add_address(tx, STRANGE, Owner(person_id), now=NOW, preference=3) == met.address_id
        other = people.add_person(tx, name="示例·乙", now=NOW)
        with pytest.raises(people.AddressTaken):
            people.add_address(tx, STRANGE, Owner(other), now=NOW)


def test_a_language_is_a_persons_or_a_households(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
        for phone in (PHONE, Address("sms", demo.SHARED[0])):
            known = people.at(tx, phone)
            assert known is not None
            people.set_language(tx, Owner(known.person_id, known.household_id), "en")
            again = people.at(tx, phone)
            assert again is not None
            assert again.language == "en"


def test_consent_is_kept_with_its_wording_and_withdrawing_keeps_the_record(store: Store) -> None:
    with store.begin() as tx:
        person_id = people.add_person(tx, name="示例·甲", now=NOW)
        for kind in ("care", "health"):
            people.consent(tx, person_id, kind=kind, wording="我同意。", channel="sms", now=NOW)
        assert people.withdraw(tx, person_id, kind="health", now=NOW + timedelta(days=1)) == 1
        assert people.withdraw(tx, person_id, kind="health", now=NOW + timedelta(days=2)) == 0
        kept = tx.all(select(table_of(Consent)).order_by(table_of(Consent).c.id))
    assert [(row.kind, row.wording, row.channel, row.given_at, row.withdrawn_at) for row in kept] == [
        ("care", "我同意。", "sms", NOW, None),
        ("health", "我同意。", "sms", NOW, NOW + timedelta(days=1)),
    ]


def test_needs_are_listed_and_their_notes_are_sealed(store: Store) -> None:
    with store.begin() as tx:
        person_id = people.add_person(tx, name="示例·甲", now=NOW)
        people.add_need(tx, person_id, "powered_device", note="家里有制氧机")
        people.add_need(tx, person_id, "lives_alone")
        assert people.needs_of(tx, person_id) == ("powered_device", "lives_alone")
        row = tx.first(select(table_of(Need)).order_by(table_of(Need).c.id))
        key = tx.first(select(table_of(Person).c.data_key_id))
        assert row is not None
        assert key is not None
        assert "制氧机".encode() not in bytes(row.note)
        assert tx.unseal(key.data_key_id, row.note) == "家里有制氧机"


def test_helpers_come_before_those_who_stand_in(store: Store) -> None:
    with store.begin() as tx:
        person_id, helper, substitute = (people.add_person(tx, name=name, now=NOW) for name in ("示例·甲", "示例·乙", "示例·丙"))
        people.pair(tx, person_id, substitute, preference=1)
        people.pair(tx, person_id, helper)
        assert people.helpers_of(tx, person_id) == (helper, substitute)


def test_the_last_inbound_is_the_one_before(store: Store) -> None:
    with store.begin() as tx:
        known = people.meet(tx, STRANGE, NOW)
        common = {"channel": "sms", "address_id": known.address_id, "at": NOW}
        first = tx.insert(InboundRow, external_id="1", taken_as="reported", **common)
        second = tx.insert(InboundRow, external_id="2", **common)
        last, before = people.last_inbound(tx, known.address_id), people.last_inbound(tx, known.address_id, before=second)
        assert last is not None
        assert before is not None
        assert (last.id, before.id, before.taken_as) == (second, first, "reported")
        assert people.last_inbound(tx, known.address_id, before=first) is None
        assert people.last_inbound(tx, None) is None


def _id(reached: people.Reached | None) -> int | None:
    return None if reached is None else reached.id
