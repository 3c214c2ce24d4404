"""Who stands behind a role now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.envelope import Address
from bot.store import people
from bot.store.begin import Store, Tx
from bot.store.tables import Estate, Grid, Staff

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def grids(store: Store) -> tuple[int, int]:
    with store.begin() as tx:
        estate_id = tx.insert(Estate, code="示例-1", name="示例新村")
        return tx.insert(Grid, estate_id=estate_id, name="第一网格"), tx.insert(Grid, estate_id=estate_id, name="第二网格")


def hire(tx: Tx, handle: str, role: str = "grid_worker", grids: tuple[int, ...] = (), phones: tuple[str, ...] | None = None) -> int:
    numbers = (f"+9990{len(handle)}{handle.encode().hex()}",) if phones is None else phones
    addresses = [Address("sms", number) for number in numbers]
    return people.add_staff(tx, f"示例·{handle}", handle=handle, role=role, grids=grids, addresses=addresses, now=NOW)


def handles(tx: Tx, role: str, grid_id: int | None = None, now: datetime = NOW) -> list[str]:
    return [member.handle for member in people.standing(tx, role, grid_id, now)]


def test_grid_roles_stand_for_their_grids_only_and_others_for_all(store: Store, grids: tuple[int, int]) -> None:
    one, two = grids
    with store.begin() as tx:
        hire(tx, "a", grids=(one,))
        hire(tx, "b", grids=(one, two))
        hire(tx, "l", role="grid_leader", grids=(one, two))
        hire(tx, "d", role="community_duty")
        assert handles(tx, "grid_worker", one) == ["a", "b"]
        assert handles(tx, "grid_worker", two) == ["b"]
        assert handles(tx, "grid_worker", None) == []
        assert handles(tx, "grid_leader", two) == ["l"]
        assert handles(tx, "community_duty", one) == handles(tx, "community_duty") == ["d"]
        assert handles(tx, "street") == []
        assert people.standing(tx, "grid_worker", two, NOW)[0].grids == (one, two)


def test_who_has_no_duty_is_always_on_and_who_has_some_only_then(store: Store) -> None:
    with store.begin() as tx:
        hire(tx, "always", role="community_duty")
        night = hire(tx, "night", role="community_duty")
        people.add_duty(tx, night, starts_at=NOW, ends_at=NOW + 8 * HOUR)
        for now, expected in (
            (NOW - HOUR, ["always"]),
            (NOW, ["always", "night"]),
            (NOW + 8 * HOUR - timedelta(microseconds=1), ["always", "night"]),
            (NOW + 8 * HOUR, ["always"]),
        ):
            assert handles(tx, "community_duty", now=now) == expected


def test_only_those_who_can_be_reached_stand(store: Store) -> None:
    with store.begin() as tx:
        hire(tx, "none", role="street", phones=())
        for handle in ("gone", "stopped", "left", "fine"):
            hire(tx, handle, role="street", phones=(f"+99905{handle}",))
        gone, stopped = (people.at(tx, Address("sms", f"+99905{handle}")) for handle in ("gone", "stopped"))
        assert gone is not None
        assert stopped is not None
        people.mark_gone(tx, gone.address_id, "no such number", NOW)
        people.stop(tx, stopped.address_id)
        left = people.staff_by_handle(tx, "left")
        assert left is not None
        tx.update(Staff, left.id, is_active=False)
        assert handles(tx, "street") == ["fine"]


def test_staff_are_found_by_their_handle_with_role_and_grids(store: Store, grids: tuple[int, int]) -> None:
    with store.begin() as tx:
        staff_id = hire(tx, "a", grids=grids)
        member = people.staff_by_handle(tx, "a")
        assert member is not None
        assert (member.id, member.handle, member.role, member.grids) == (staff_id, "a", "grid_worker", grids)
        assert people.grids_of(tx, staff_id) == grids
        assert people.name_of(tx, member.person_id) == "示例·a"
        assert people.staff_by_handle(tx, "b") is None


def test_a_role_that_does_not_exist_is_refused(store: Store) -> None:
    with store.begin() as tx, pytest.raises(ValueError, match="none of"):
        hire(tx, "a", role="boss")


def test_the_phones_of_staff_are_tried_in_the_order_given(store: Store) -> None:
    with store.begin() as tx:
        hire(tx, "a", role="street", phones=("+99902", "+99901"))
        known = people.at(tx, Address("sms", "+99902"))
        assert known is not None
        following = people.next_address(tx, known.address_id, "work")
        assert following is not None
        assert following.value == "+99901"
