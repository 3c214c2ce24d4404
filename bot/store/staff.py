"""Staff: persons with a role, grids, and hours of duty; and who can be reached behind a role right now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any, NotRequired, TypedDict, Unpack

from sqlalchemy import Row, and_, bindparam, exists, insert, not_, or_, select

from bot.effects import Owner
from bot.envelope import Address
from bot.store.addresses import add_address, verify
from bot.store.columns import table_of
from bot.store.tables import AddressRow, Duty, Person, Staff, StaffGrid
from bot.store.tx import Tx

ROLES = ("grid_worker", "grid_leader", "community_duty", "street", "administrator")
ROLES_OF_A_GRID = frozenset({"grid_worker", "grid_leader"})

STAFF, STAFF_GRID, DUTY, ADDRESS = table_of(Staff), table_of(StaffGrid), table_of(Duty), table_of(AddressRow)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works here; their name stays sealed until it is asked for."""

    id: int
    person_id: int
    handle: str
    role: str
    grids: tuple[int, ...]


class Post(TypedDict):
    """What somebody is hired for."""

    handle: str
    role: str
    now: datetime
    grids: NotRequired[Iterable[int]]
    addresses: NotRequired[Iterable[Address]]


_MEMBERS = (
    select(STAFF.c.id, STAFF.c.person_id, STAFF.c.handle, STAFF.c.role, STAFF_GRID.c.grid_id)
    .select_from(STAFF)
    .outerjoin(STAFF_GRID, STAFF_GRID.c.staff_id == STAFF.c.id)
    .where(STAFF.c.is_active.is_(True))
    .order_by(STAFF.c.id, STAFF_GRID.c.grid_id)
)
_BY_HANDLE = _MEMBERS.where(STAFF.c.handle == bindparam("handle"))
_ANY_HANDLE = select(STAFF.c.id).where(STAFF.c.handle == bindparam("handle"))
_NOW = bindparam("now", type_=DUTY.c.starts_at.type)
_DUTY_NOW = exists().where(DUTY.c.staff_id == STAFF.c.id, DUTY.c.starts_at <= _NOW, DUTY.c.ends_at > _NOW)
_NO_DUTY = not_(exists().where(DUTY.c.staff_id == STAFF.c.id))
_REACHABLE = exists().where(
    ADDRESS.c.person_id == STAFF.c.person_id,
    ADDRESS.c.gone_at.is_(None),
    ADDRESS.c.verified_at.is_not(None),
    ADDRESS.c.stopped.not_like("%*%"),
)
_ITS_GRID = STAFF_GRID.alias()
_IN_GRID = exists().where(and_(_ITS_GRID.c.staff_id == STAFF.c.id, _ITS_GRID.c.grid_id == bindparam("grid")))
_STANDING = _MEMBERS.where(
    STAFF.c.role.in_([bindparam(f"role{place}", required=True) for place in range(len(ROLES))]),
    or_(_NO_DUTY, _DUTY_NOW),
    _REACHABLE,
    or_(STAFF.c.role.not_in(sorted(ROLES_OF_A_GRID)), _IN_GRID),
)
_SIGNATURES = select(STAFF.c.id, STAFF.c.role, STAFF.c.handle).where(STAFF.c.id.in_(bindparam("ids", expanding=True)))
_GRIDS = select(STAFF_GRID.c.grid_id).where(STAFF_GRID.c.staff_id == bindparam("staff")).order_by(STAFF_GRID.c.grid_id)
_ADD_GRID = insert(STAFF_GRID)


def add_staff(tx: Tx, name: str, **post: Unpack[Post]) -> int:
    """Somebody works here under this name, with verified addresses in the order given; the answer is their staff id."""
    if post["role"] not in ROLES:
        raise ValueError(f"{post['role']} is none of {', '.join(ROLES)}")
    now = post["now"]
    data_key_id = tx.new_data_key(now)
    person_id = tx.insert(Person, data_key_id=data_key_id, name=tx.seal(data_key_id, name), made_at=now)
    staff_id = tx.insert(Staff, person_id=person_id, handle=post["handle"], role=post["role"])
    for grid_id in post.get("grids", ()):
        tx.run(_ADD_GRID, {"staff_id": staff_id, "grid_id": grid_id})
    for preference, address in enumerate(post.get("addresses", ())):
        verify(tx, add_address(tx, address, Owner(person_id), now=now, preference=preference), now)
    return staff_id


def add_duty(tx: Tx, staff_id: int, *, starts_at: datetime, ends_at: datetime) -> int:
    """One stretch of duty; who has any is called only then."""
    return tx.insert(Duty, staff_id=staff_id, starts_at=starts_at, ends_at=ends_at)


def staff_by_handle(tx: Tx, handle: str) -> StaffMember | None:
    """The active member of staff who signs with this handle."""
    return next(iter(_members(tx.all(_BY_HANDLE, {"handle": handle}))), None)


def is_taken(tx: Tx, handle: str) -> bool:
    """Whether somebody signs or ever signed with this handle: what stands on a timeline must not become another's."""
    return tx.first(_ANY_HANDLE, {"handle": handle}) is not None


def leave(tx: Tx, staff_id: int) -> None:
    """They work here no more: nobody calls them, and what they did stays theirs."""
    tx.update(Staff, staff_id, is_active=False)


def grids_of(tx: Tx, staff_id: int) -> tuple[int, ...]:
    """The grids this member of staff looks after."""
    return tuple(row.grid_id for row in tx.all(_GRIDS, {"staff": staff_id}))


def signatures(tx: Tx, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """The role and handle of each of these, who may have left since."""
    wanted = sorted(ids)
    return {row.id: (row.role, row.handle) for row in tx.all(_SIGNATURES, {"ids": wanted})} if wanted else {}


def standing(tx: Tx, role: str, grid_id: int | None, now: datetime) -> tuple[StaffMember, ...]:  # noqa: PLR0917 - called like a sentence
    """Who stands behind a role now: active, on duty, with an address that works; grid roles only of that grid, of no grid nobody."""
    return standing_behind(tx, (role,), grid_id, now=now)[role]


def standing_behind(tx: Tx, roles: Iterable[str], grid_id: int | None, *, now: datetime) -> dict[str, tuple[StaffMember, ...]]:
    """Who stands behind each of these roles now, in one look."""
    wanted = dict.fromkeys(roles)
    places = {f"role{place}": role for place, role in zip_longest(range(len(ROLES)), wanted, fillvalue="")}
    members = _members(tx.all(_STANDING, {**places, "now": now, "grid": grid_id}))
    return {role: tuple(member for member in members if member.role == role) for role in wanted}


def _members(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[StaffMember, ...]:
    return tuple(_member(list(each)) for _, each in groupby(rows, key=lambda row: row.id))


def _member(rows: list[Row[*tuple[Any, ...]]]) -> StaffMember:
    first = rows[0]
    grids = tuple(row.grid_id for row in rows if row.grid_id is not None)
    return StaffMember(first.id, first.person_id, first.handle, first.role, grids)
