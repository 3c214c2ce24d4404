"""The demo: what it promises, plainly invented, and into an empty register only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot.effects import Owner
from bot.envelope import Address, Lane
from bot.store import demo, estate, people
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.sealed import Vault
from bot.store.tables import Household, Need
from tests.stores import opened

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_the_demo_has_what_it_promises(store: Store) -> None:
    with store.begin() as tx:
        counted = demo.load(tx, NOW)
        assert (counted.estates, counted.grids, counted.buildings, counted.households) == (2, 4, 12, 300)
        assert tx.run(select(func.count()).select_from(table_of(Household))).scalar_one() == 300
        grids = [row.id for row in tx.all(demo.GRIDS)]
        assert [len(people.standing(tx, "grid_worker", grid, NOW)) for grid in grids] == [1, 1, 1, 1]
        assert [len(people.standing(tx, "grid_leader", grid, NOW)) for grid in grids] == [1, 1, 1, 1]
        for role in ("community_duty", "street", "administrator"):
            assert len(people.standing(tx, role, None, NOW)) == 1
        alone = tx.all(select(table_of(Need).c.person_id).where(table_of(Need).c.kind == "lives_alone"))
        assert [len(people.helpers_of(tx, row.person_id)) for row in alone] == [2, 2]


def test_every_building_is_in_one_grid_and_every_grid_has_three(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
        of_grid: dict[int | None, int] = {}
        for place in estate.register(tx):
            for building in place.buildings:
                of_grid[building.grid_id] = of_grid.get(building.grid_id, 0) + 1
    assert list(of_grid.values()) == [3, 3, 3, 3]
    assert None not in of_grid


def test_every_phone_of_the_demo_belongs_to_whom_it_says_and_no_carrier_can_dial_it(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
        for number, label, kind in demo.phones():
            known = people.at(tx, Address("sms", number))
            assert number.startswith("+999"), label
            if kind == "stranger":
                assert known is None
            elif kind == "household":
                assert known is not None
                assert known.person_id is None
            else:
                assert known is not None
                assert (known.role or "resident") == kind
                assert people.name_of(tx, known.person_id or 0).startswith("示例·")


def test_the_duty_officer_is_rung_where_a_text_does_not_get_through(store: Store) -> None:
    with store.begin() as tx:
        demo.load(tx, NOW)
        (officer,) = people.standing(tx, "community_duty", None, NOW)
        text, call = people.addresses_of(tx, Owner(officer.person_id))
        known = people.at(tx, Address("voice", text.value))
        assert known is not None
        assert (text.channel, call.channel, call.value, known.staff_id) == ("sms", "ring", text.value, officer.id)
        assert people.next_address(tx, text.id, "work") == call
        assert people.next_address(tx, text.id, "work", lane=Lane.REPLY) is None  # who is not needed tonight may sleep
        assert people.next_address(tx, call.id, "work") is None


@pytest.mark.parametrize("what", ["an estate", "a person", "the demo"])
def test_the_demo_goes_into_an_empty_register_only(store: Store, what: str) -> None:
    with store.begin() as tx:
        if what == "an estate":
            estate.load(tx, estate.read_csv("estate,grid,building,unit,floor,room\nSample Court,,Block 3,,,\n"))
        elif what == "a person":
            people.meet(tx, Address("sms", "+9990100099"), NOW)
        else:
            demo.load(tx, NOW)
        with pytest.raises(demo.NotEmpty):
            demo.load(tx, NOW)


def test_the_demo_is_the_same_every_time(new_sqlite: Callable[..., str], vault: Vault) -> None:
    found = []
    for _ in range(2):
        with opened(new_sqlite(), vault) as store, store.begin() as tx:
            demo.load(tx, NOW)
            found.append((estate.register(tx), [people.at(tx, Address("sms", number)) for number, _, _ in demo.phones()]))
    assert found[0] == found[1]
