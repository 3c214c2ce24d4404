"""People as the house knows them: who they are, where they live, what they agreed to, what they need and who helps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, bindparam, func, select, update

from bot.effects import Owner
from bot.store.addresses import (
    ANSWERED_ONLY,
    AddressTaken,
    Known,
    Reached,
    add_address,
    addresses_of,
    at,
    greet,
    is_stopped,
    mark_back,
    mark_gone,
    meet,
    next_address,
    resume,
    stop,
    verify,
)
from bot.store.columns import table_of
from bot.store.staff import ROLES, StaffMember, add_duty, add_staff, grids_of, staff_by_handle, standing, standing_behind
from bot.store.tables import Building, Consent, Estate, Household, InboundRow, Need, Pairing, Person, Unit
from bot.store.tx import Tx

__all__ = [
    "ANSWERED_ONLY",
    "ROLES",
    "AddressTaken",
    "Home",
    "Known",
    "Reached",
    "StaffMember",
    "add_address",
    "add_duty",
    "add_need",
    "add_person",
    "add_staff",
    "addresses_of",
    "at",
    "consent",
    "greet",
    "grids_of",
    "helpers_of",
    "hold",
    "home_of",
    "is_stopped",
    "key_of",
    "last_inbound",
    "mark_back",
    "mark_gone",
    "meet",
    "name_of",
    "needs_of",
    "next_address",
    "pair",
    "resume",
    "set_language",
    "staff_by_handle",
    "standing",
    "standing_behind",
    "stop",
    "verify",
    "withdraw",
]

PERSON, HOUSEHOLD, CONSENT = table_of(Person), table_of(Household), table_of(Consent)
BUILDING, UNIT, ESTATE, INBOUND = table_of(Building), table_of(Unit), table_of(Estate), table_of(InboundRow)
NEED, PAIRING = table_of(Need), table_of(Pairing)


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives, with the names people say."""

    household_id: int
    estate_id: int
    estate: str
    building_id: int
    building: str
    grid_id: int | None
    unit_id: int | None
    unit: str
    floor: int | None
    room: str


class Agreement(TypedDict):
    """What somebody agrees to; `channel` says how, "paper" too."""

    kind: str
    wording: str
    channel: str
    now: datetime


_HOME = (
    select(
        HOUSEHOLD.c.id.label("household_id"),
        ESTATE.c.id.label("estate_id"),
        ESTATE.c.name.label("estate"),
        BUILDING.c.id.label("building_id"),
        BUILDING.c.name.label("building"),
        BUILDING.c.grid_id,
        UNIT.c.id.label("unit_id"),
        func.coalesce(UNIT.c.name, "").label("unit"),
        HOUSEHOLD.c.floor,
        HOUSEHOLD.c.room,
    )
    .select_from(HOUSEHOLD)
    .join(BUILDING, BUILDING.c.id == HOUSEHOLD.c.building_id)
    .join(ESTATE, ESTATE.c.id == BUILDING.c.estate_id)
    .outerjoin(UNIT, UNIT.c.id == HOUSEHOLD.c.unit_id)
)
_HOME_OF_HOUSEHOLD = _HOME.where(HOUSEHOLD.c.id == bindparam("owner"))
_HOME_OF_PERSON = _HOME.join(PERSON, PERSON.c.household_id == HOUSEHOLD.c.id).where(PERSON.c.id == bindparam("owner"))
_NAME = select(PERSON.c.data_key_id, PERSON.c.name).where(PERSON.c.id == bindparam("id"))
_WITHDRAW = update(CONSENT).where(
    CONSENT.c.person_id == bindparam("person"), CONSENT.c.kind == bindparam("what"), CONSENT.c.withdrawn_at.is_(None)
)
_HOLD_PERSON = select(PERSON.c.id).where(PERSON.c.id == bindparam("owner")).with_for_update()
_HOLD_HOUSEHOLD = select(HOUSEHOLD.c.id).where(HOUSEHOLD.c.id == bindparam("owner")).with_for_update()
_NEEDS = select(NEED.c.kind).where(NEED.c.person_id == bindparam("person")).order_by(NEED.c.id)
_HELPERS = select(PAIRING.c.helper_id).where(PAIRING.c.person_id == bindparam("person")).order_by(PAIRING.c.preference, PAIRING.c.id)
_LAST_INBOUND = (
    select(INBOUND.c.id, INBOUND.c.data_key_id, INBOUND.c.body, INBOUND.c.taken_as, INBOUND.c.at)
    .where(INBOUND.c.address_id == bindparam("address"), INBOUND.c.id < bindparam("before"))
    .order_by(INBOUND.c.id.desc())
    .limit(1)
)
ANY_ID = 2**31 - 1


def add_person(tx: Tx, *, name: str, now: datetime, household_id: int | None = None, language: str | None = None) -> int:
    """A person with a data key of their own; the answer is their id."""
    data_key_id = tx.new_data_key(now)
    sealed = tx.seal(data_key_id, name)
    return tx.insert(Person, data_key_id=data_key_id, name=sealed, household_id=household_id, language=language, made_at=now)


def name_of(tx: Tx, person_id: int) -> str:
    """The person's name, empty for a stranger. For a person's eyes go through `bot.store.audit`."""
    row = tx.first(_NAME, {"id": person_id})
    return "" if row is None else tx.unseal(row.data_key_id, row.name)


def key_of(tx: Tx, person_id: int) -> int:
    """The data key that seals what is kept of this person."""
    row = tx.first(_NAME, {"id": person_id})
    if row is None:
        raise LookupError(f"no person {person_id}")
    return int(row.data_key_id)


def home_of(tx: Tx, owner: Owner) -> Home | None:
    """Where this owner is registered as living."""
    if owner.person_id is not None:
        row = tx.first(_HOME_OF_PERSON, {"owner": owner.person_id})
    else:
        row = tx.first(_HOME_OF_HOUSEHOLD, {"owner": owner.household_id})
    return None if row is None else Home(**row._mapping)


def hold(tx: Tx, owner: Owner) -> None:
    """Nobody else changes what belongs to this owner until the transaction ends (where the database does not see to it by itself)."""
    tx.run(_HOLD_HOUSEHOLD if owner.person_id is None else _HOLD_PERSON, {"owner": owner.person_id or owner.household_id})


def set_language(tx: Tx, owner: Owner, language: str | None) -> None:
    """We write to this owner in this language."""
    if owner.person_id is not None:
        tx.update(Person, owner.person_id, language=language)
    elif owner.household_id is not None:
        tx.update(Household, owner.household_id, language=language)


def consent(tx: Tx, person_id: int, **agreed: Unpack[Agreement]) -> int:
    """What the person agreed to is kept with the wording they saw, by which channel and when (PIPL art. 14, 17, 29)."""
    kind, wording, channel = agreed["kind"], agreed["wording"], agreed["channel"]
    return tx.insert(Consent, person_id=person_id, kind=kind, wording=wording, channel=channel, given_at=agreed["now"])


def withdraw(tx: Tx, person_id: int, *, kind: str, now: datetime) -> int:
    """Every consent of this kind is withdrawn and stays on record; how many there were (PIPL art. 15)."""
    return tx.run(_WITHDRAW, {"person": person_id, "what": kind, "withdrawn_at": now}).rowcount


def add_need(tx: Tx, person_id: int, kind: str, *, note: str = "") -> int:
    """What rescuers and neighbours should know of this person; the note is sealed."""
    data_key_id = key_of(tx, person_id)
    return tx.insert(Need, person_id=person_id, kind=kind, note=tx.seal(data_key_id, note) if note else None)


def needs_of(tx: Tx, person_id: int) -> tuple[str, ...]:
    """The kinds of need, in the order they were noted."""
    return tuple(row.kind for row in tx.all(_NEEDS, {"person": person_id}))


def pair(tx: Tx, person_id: int, helper_id: int, *, preference: int = 0) -> int:
    """The helper looks after the person; a higher preference stands in for a lower one."""
    return tx.insert(Pairing, person_id=person_id, helper_id=helper_id, preference=preference)


def helpers_of(tx: Tx, person_id: int) -> tuple[int, ...]:
    """The persons who help, then those who stand in, in order."""
    return tuple(row.helper_id for row in tx.all(_HELPERS, {"person": person_id}))


def last_inbound(tx: Tx, address_id: int | None, *, before: int | None = None) -> Row[*tuple[Any, ...]] | None:
    """The latest inbound from this address, or the latest before that one: id, data_key_id, body (sealed), taken_as, at."""
    return tx.first(_LAST_INBOUND, {"address": address_id, "before": ANY_ID if before is None else before})
