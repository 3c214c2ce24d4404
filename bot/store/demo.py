"""A plainly invented demo: two estates to try everything on, with people whose numbers (+999) no carrier can dial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from sqlalchemy import func, select

from bot.effects import Owner
from bot.envelope import Address
from bot.errors import AnlinError
from bot.store import estate, people
from bot.store.columns import table_of
from bot.store.estate_files import HOMES, EstateFile, HomeLine
from bot.store.tables import Building, Estate, Grid, Household, Person, Unit
from bot.store.tx import Tx

ESTATE, BUILDING, UNIT, HOUSEHOLD = table_of(Estate), table_of(Building), table_of(Unit), table_of(Household)

CHANNEL, TELEPHONE = "sms", "voice"
ESTATES = NEW, GARDEN = "示例新村", "示例花园"
GRIDS_PER_ESTATE = 2
BUILDINGS_PER_ESTATE = 6
CONSENT = "为了在我需要时找到我，我同意社区保存我的姓名、电话、住址和需要照顾的情况。（演示）"


class NotEmpty(AnlinError):
    """This database has estates or people already; the demo is loaded into an empty one only."""


_Home = tuple[str, str, str, str]  # estate, building, unit, room


@dataclass(frozen=True, slots=True)
class _Resident:
    """An invented resident."""

    number: str
    name: str
    home: _Home
    needs: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()  # numbers: who helps, then who stands in


@dataclass(frozen=True, slots=True)
class _Worker:
    number: str
    name: str
    handle: str
    role: str
    grids: tuple[int, ...] = ()  # places in the order the grids are made
    title: str = ""
    is_rung: bool = False  # their telephone rings when a text does not get through


RESIDENTS = (
    _Resident("+9990100001", "示例·甲", (NEW, "3号楼", "2单元", "501"), ("lives_alone", "cannot_walk"), ("+9990100002", "+9990100003")),
    _Resident("+9990100002", "示例·乙", (NEW, "3号楼", "2单元", "502")),
    _Resident("+9990100003", "示例·丙", (NEW, "3号楼", "1单元", "301")),
    _Resident("+9990100004", "示例·丁", (GARDEN, "3号楼", "2单元", "501"), ("lives_alone", "hears_badly"), ("+9990100005", "+9990100006")),
    _Resident("+9990100005", "示例·戊", (GARDEN, "3号楼", "2单元", "402")),
    _Resident("+9990100006", "示例·己", (GARDEN, "1号楼", "1单元", "101")),
)
SHARED = ("+9990100007", (NEW, "1号楼", "1单元", "201"))
STRANGER = "+9990100099"

GRIDS = select(table_of(Grid).c.id).order_by(table_of(Grid).c.id)
_HOMES = (
    select(HOUSEHOLD.c.id, ESTATE.c.name.label("estate"), BUILDING.c.name.label("building"), UNIT.c.name.label("unit"), HOUSEHOLD.c.room)
    .select_from(HOUSEHOLD)
    .join(UNIT, UNIT.c.id == HOUSEHOLD.c.unit_id)
    .join(BUILDING, BUILDING.c.id == HOUSEHOLD.c.building_id)
    .join(ESTATE, ESTATE.c.id == BUILDING.c.estate_id)
)

STAFF = (
    _Worker("+9990200001", "示例·网格员一", "grid1", "grid_worker", (0,), "示例新村第一网格网格员"),
    _Worker("+9990200002", "示例·网格员二", "grid2", "grid_worker", (1,), "示例新村第二网格网格员"),
    _Worker("+9990200003", "示例·网格员三", "grid3", "grid_worker", (2,), "示例花园第一网格网格员"),
    _Worker("+9990200004", "示例·网格员四", "grid4", "grid_worker", (3,), "示例花园第二网格网格员"),
    _Worker("+9990200011", "示例·网格长一", "leader1", "grid_leader", (0, 1), "示例新村网格长"),
    _Worker("+9990200012", "示例·网格长二", "leader2", "grid_leader", (2, 3), "示例花园网格长"),
    _Worker("+9990200021", "示例·值班员", "duty1", "community_duty", (), "社区值班", is_rung=True),
    _Worker("+9990200031", "示例·街道", "street1", "street", (), "街道值守"),
    _Worker("+9990200041", "示例·管理员", "admin1", "administrator", (), "管理员"),
)


def load(tx: Tx, now: datetime) -> estate.Totals:
    """The demo is in the register: 2 estates, 4 grids, 12 buildings, 300 homes, staff of each role, two people who live alone."""
    _refuse_unless_empty(tx)
    counted = estate.load(tx, EstateFile(HOMES, homes=tuple(_homes())))
    homes = _home_ids(tx)
    persons = {resident.number: _move_in(tx, resident, household_id=homes[resident.home], now=now) for resident in RESIDENTS}
    for resident in RESIDENTS:
        for preference, helper in enumerate(resident.helpers):
            people.pair(tx, persons[resident.number], persons[helper], preference=preference)
    number, home = SHARED
    people.add_address(tx, Address(CHANNEL, number), Owner(household_id=homes[home]), now=now)
    _hire(tx, now)
    return counted


def phones() -> tuple[tuple[str, str, str], ...]:
    """The phones of the demo: number, whose it is, and what kind of person that is (resident, household, stranger, or a role)."""
    residents = ((each.number, _label(each), "resident") for each in RESIDENTS)
    number, home = SHARED
    staff = ((worker.number, f"{worker.title}（{worker.handle}）", worker.role) for worker in STAFF)
    return (*residents, (number, f"{_spoken(home)}，两位老人合用", "household"), (STRANGER, "没有登记的号码", "stranger"), *staff)


def is_invented(tx: Tx, person_id: int) -> bool:
    """Whether this is one of the invented staff: by the telephone, a number that nobody real can have."""
    known = (people.at(tx, Address(CHANNEL, worker.number)) for worker in STAFF)
    return any(each is not None and each.person_id == person_id for each in known)


def _hire(tx: Tx, now: datetime) -> None:
    grids = [row.id for row in tx.all(GRIDS)]
    for worker in STAFF:
        people.add_staff(
            tx,
            worker.name,
            handle=worker.handle,
            role=worker.role,
            grids=[grids[place] for place in worker.grids],
            addresses=[Address(channel, worker.number) for channel in ((CHANNEL, TELEPHONE) if worker.is_rung else (CHANNEL,))],
            now=now,
        )


def _refuse_unless_empty(tx: Tx) -> None:
    for row in (Estate, Person):
        found = tx.first(select(func.count()).select_from(table_of(row)))
        if found is not None and found[0]:
            raise NotEmpty


def _homes() -> Iterator[HomeLine]:
    """150 homes an estate: four buildings of 2 units, 6 floors and 2 doors a floor, two of 3 units, 3 floors and 3 doors."""
    per_grid = BUILDINGS_PER_ESTATE // GRIDS_PER_ESTATE
    for name in ESTATES:
        for building in range(BUILDINGS_PER_ESTATE):
            units, floors, doors = (2, 6, 2) if building < 4 else (3, 3, 3)
            for unit, floor, door in product(range(1, units + 1), range(1, floors + 1), range(1, doors + 1)):
                grid = ("第一网格", "第二网格")[building // per_grid]
                yield HomeLine(0, name, grid, f"{building + 1}号楼", f"{unit}单元", floor, f"{floor}{door:02}", (), None)


def _home_ids(tx: Tx) -> dict[_Home, int]:
    return {(row.estate, row.building, row.unit, row.room): row.id for row in tx.all(_HOMES)}


def _move_in(tx: Tx, resident: _Resident, *, household_id: int, now: datetime) -> int:
    person_id = people.add_person(tx, name=resident.name, household_id=household_id, language="zh", now=now)
    address_id = people.add_address(tx, Address(CHANNEL, resident.number), Owner(person_id), now=now)
    people.verify(tx, address_id, now)
    people.consent(tx, person_id, kind="care", wording=CONSENT, channel="paper", now=now)
    for need in resident.needs:
        people.add_need(tx, person_id, need)
    return person_id


def _label(resident: _Resident) -> str:
    alone = "，独居" if "lives_alone" in resident.needs else ""
    return f"{resident.name}（{_spoken(resident.home)}{alone}）"


def _spoken(home: _Home) -> str:
    return "".join(home)
