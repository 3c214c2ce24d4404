"""Where people are reached: who is behind an address, and which address is next. Strangers get a person of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.effects import Owner
from bot.envelope import Address, Lane, Purpose
from bot.errors import AnlinError, Lost
from bot.store.columns import table_of
from bot.store.tables import AddressRow, DataKey, Household, Person, Staff
from bot.store.tx import Tx

ADDRESS = table_of(AddressRow)
HOUSEHOLD = table_of(Household)
PERSON = table_of(Person)
STAFF = table_of(Staff)
DATA_KEY = table_of(DataKey)

EVERYTHING = "*"  # what a carrier stops
ANSWERED_ONLY = 1_000_000  # the preference of an address where words are heard only while its owner is there: a call
# A telephone is one address, whoever rings: in its owner's own call words wait there to be drawn; of our own accord it is rung, by
# another channel, if it is on the list of those to be tried.
_RUNG_BY = {"voice": "ring"}
NEVER_STOPPED = frozenset({Purpose.SAFETY, Purpose.REPLY})


class AddressTaken(AnlinError):
    """This address belongs to somebody else already."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who is behind an address: a person, or a household that shares it. `role` is there for active staff on a verified address only."""

    address_id: int
    channel: str
    data_key_id: int
    person_id: int | None
    household_id: int | None
    language: str | None
    stopped: str
    preference: int
    is_gone: bool
    home_id: int | None
    staff_id: int | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Reached:
    """An address something can be sent to, and by which channel."""

    id: int
    channel: str
    data_key_id: int
    value: str = ""
    preference: int = 0


_AT = (
    select(
        ADDRESS.c.id.label("address_id"),
        ADDRESS.c.channel,
        ADDRESS.c.data_key_id,
        ADDRESS.c.person_id,
        ADDRESS.c.household_id,
        func.coalesce(PERSON.c.language, HOUSEHOLD.c.language).label("language"),
        ADDRESS.c.stopped,
        ADDRESS.c.preference,
        ADDRESS.c.gone_at.is_not(None).label("is_gone"),
        func.coalesce(PERSON.c.household_id, ADDRESS.c.household_id).label("home_id"),
        STAFF.c.id.label("staff_id"),
        STAFF.c.role,
    )
    .select_from(ADDRESS)
    .outerjoin(PERSON, PERSON.c.id == ADDRESS.c.person_id)
    .outerjoin(HOUSEHOLD, HOUSEHOLD.c.id == ADDRESS.c.household_id)
    .outerjoin(STAFF, and_(STAFF.c.person_id == ADDRESS.c.person_id, STAFF.c.is_active.is_(True), ADDRESS.c.verified_at.is_not(None)))
    .where(ADDRESS.c.channel == bindparam("channel"), ADDRESS.c.value_hash == bindparam("value_hash"))
)
_REACHED = (ADDRESS.c.id, ADDRESS.c.channel, ADDRESS.c.data_key_id, ADDRESS.c.value, ADDRESS.c.preference, ADDRESS.c.stopped)
_IN_ORDER = select(*_REACHED).where(ADDRESS.c.gone_at.is_(None)).order_by(ADDRESS.c.preference, ADDRESS.c.id)
_OF_PERSON = _IN_ORDER.where(ADDRESS.c.person_id == bindparam("owner"))
_OF_HOUSEHOLD = _IN_ORDER.where(ADDRESS.c.household_id == bindparam("owner"))
_BY_ID = select(ADDRESS).where(ADDRESS.c.id == bindparam("id"))
_BY_ID_LOCKED = _BY_ID.with_for_update()
_BY_HASH = select(ADDRESS.c.id, ADDRESS.c.person_id, ADDRESS.c.household_id).where(
    ADDRESS.c.channel == bindparam("channel"), ADDRESS.c.value_hash == bindparam("value_hash")
)
_STRANGER = (
    select(PERSON.c.id)
    .outerjoin(STAFF, STAFF.c.person_id == PERSON.c.id)
    .where(PERSON.c.id == bindparam("id"), PERSON.c.name.is_(None), PERSON.c.household_id.is_(None), STAFF.c.id.is_(None))
)
_PERSON_KEY = select(PERSON.c.data_key_id).where(PERSON.c.id == bindparam("id"))
_HOUSEHOLD_KEY = select(HOUSEHOLD.c.data_key_id).where(HOUSEHOLD.c.id == bindparam("id")).with_for_update()


def at(tx: Tx, address: Address) -> Known | None:
    """Who is behind this address, found by its keyed hash in one statement."""
    row = tx.first(_AT, {"channel": address.channel, "value_hash": tx.hash_of(address.channel, address.value)})
    return None if row is None else Known(**row._mapping)


def meet(tx: Tx, address: Address, now: datetime, *, language: str | None = None) -> Known:
    """Who is behind this address; a new person is, when nobody was. Two that meet them at once meet the same person."""
    return at(tx, address) or greet(tx, address, now, language=language)


def greet(tx: Tx, address: Address, now: datetime, *, language: str | None = None) -> Known:
    """A new person behind an address that nobody was behind a moment ago; when another was quicker, theirs."""
    data_key_id = tx.new_data_key(now)
    person_id = tx.insert(Person, data_key_id=data_key_id, language=language, made_at=now)
    made = tx.first(
        _MEETS[tx.connection.dialect.name],
        {
            "person_id": person_id,
            "data_key_id": data_key_id,
            "channel": address.channel,
            "value_hash": tx.hash_of(address.channel, address.value),
            "value": tx.seal(data_key_id, address.value),
            "verified_at": now,
        },
    )
    if made is not None:
        return Known(int(made.id), address.channel, data_key_id, person_id, None, language, "", 0, False, None, None, None)
    tx.run(delete(PERSON).where(PERSON.c.id == person_id))  # another transaction was first; ours leaves no trace
    tx.run(delete(DATA_KEY).where(DATA_KEY.c.id == data_key_id))
    found = at(tx, address)
    assert found is not None
    return found


def addresses_of(tx: Tx, owner: Owner, purpose: str | None = None) -> tuple[Reached, ...]:
    """The owner's addresses in order of preference: none that is gone, none on which this purpose is stopped."""
    if owner.person_id is not None:
        rows: Iterable[Row[*tuple[Any, ...]]] = tx.all(_OF_PERSON, {"owner": owner.person_id})
    else:
        rows = tx.all(_OF_HOUSEHOLD, {"owner": owner.household_id})
    return tuple(_reached(tx, row) for row in rows if not is_stopped(row.stopped, purpose))


def next_address(tx: Tx, address_id: int, purpose: str, *, lane: int = Lane.URGENT) -> Reached | None:
    """The owner's next usable address after this one that we can write to; it never goes round, so that nobody is tried for ever.

    A telephone is rung in place of a text only for what is pressing: nobody is got out of bed because an ordinary reply did not arrive.
    """
    this = tx.first(_BY_ID, {"id": address_id})
    if this is None:
        return None
    later = addresses_of(tx, Owner(this.person_id, this.household_id), purpose)
    after = (address for address in later if (address.preference, address.id) > (this.preference, this.id))
    tried = (address for address in after if address.preference < ANSWERED_ONLY)
    return next((address for address in tried if lane <= Lane.CARE or address.channel not in _RUNG_BY.values()), None)


def sent_by(channel: str, preference: int) -> str:
    """The channel by which words of our own accord go to an address of this channel and place in the list."""
    return _RUNG_BY.get(channel, channel) if preference < ANSWERED_ONLY else channel


def is_stopped(stopped: str, purpose: str | None) -> bool:
    """True when the carrier stops everything on this address, or the person has stopped this purpose."""
    words = stopped.split()
    return EVERYTHING in words or purpose in words


def stop(tx: Tx, address_id: int, purpose: str = EVERYTHING) -> None:
    """This purpose is stopped on this address; safety and replies can be stopped by the carrier only."""
    if purpose in NEVER_STOPPED:
        raise ValueError(f"{purpose} cannot be stopped")
    _stopped(tx, address_id, add={purpose}, drop=set())


def resume(tx: Tx, address_id: int, purpose: str = EVERYTHING) -> None:
    """This purpose is wanted again; "*" wants everything again."""
    _stopped(tx, address_id, add=set(), drop={purpose})


def mark_gone(tx: Tx, address_id: int, why: str, now: datetime) -> None:  # noqa: PLR0917 - called like a sentence
    """Nothing is sent to this address any more, for this reason, until somebody writes from it."""
    tx.update(AddressRow, address_id, gone_at=now, gone_why=why)


def mark_back(tx: Tx, address_id: int) -> None:
    """Somebody wrote from this address: it works after all."""
    tx.update(AddressRow, address_id, gone_at=None, gone_why="")


def add_address(tx: Tx, address: Address, owner: Owner, *, now: datetime, preference: int = 0) -> int:
    """The address is this owner's. A stranger who only ever wrote to us gives theirs up; anybody else's is `AddressTaken`."""
    data_key_id = _key_of(tx, owner, now)
    value_hash = tx.hash_of(address.channel, address.value)
    values: dict[str, Any] = {
        "person_id": owner.person_id,
        "household_id": owner.household_id,
        "data_key_id": data_key_id,
        "value": tx.seal(data_key_id, address.value),
        "preference": preference,
    }
    taken = tx.first(_BY_HASH, {"channel": address.channel, "value_hash": value_hash})
    if taken is None:
        return tx.insert(AddressRow, channel=address.channel, value_hash=value_hash, **values)
    is_theirs = Owner(taken.person_id, taken.household_id) == owner
    if not is_theirs and tx.first(_STRANGER, {"id": taken.person_id}) is None:
        raise AddressTaken
    tx.update(AddressRow, taken.id, **values)
    return int(taken.id)


def is_stranger(tx: Tx, person_id: int) -> bool:
    """Whether all we know of this person is that they have written to us."""
    return tx.first(_STRANGER, {"id": person_id}) is not None


def verify(tx: Tx, address_id: int, now: datetime) -> None:
    """Somebody has shown that this address is theirs."""
    tx.update(AddressRow, address_id, verified_at=now)


def _reached(tx: Tx, row: Row[*tuple[Any, ...]]) -> Reached:
    channel = sent_by(row.channel, row.preference)
    return Reached(row.id, channel, row.data_key_id, tx.unseal(row.data_key_id, row.value), row.preference)


def _stopped(tx: Tx, address_id: int, *, add: set[str], drop: set[str]) -> None:
    row = tx.first(_BY_ID_LOCKED, {"id": address_id})
    if row is None:
        raise Lost
    words = set() if EVERYTHING in drop else (set(row.stopped.split()) | add) - drop
    tx.update(AddressRow, address_id, stopped=" ".join(sorted(words)))


def _key_of(tx: Tx, owner: Owner, now: datetime) -> int:
    """The owner's data key; a household gets its own with its first shared phone."""
    row = tx.first(_PERSON_KEY, {"id": owner.person_id}) if owner.person_id else tx.first(_HOUSEHOLD_KEY, {"id": owner.household_id})
    if row is None:
        raise LookupError(str(owner))
    if row.data_key_id is not None:
        return int(row.data_key_id)
    data_key_id = tx.new_data_key(now)
    tx.update(Household, owner.household_id or 0, data_key_id=data_key_id)
    return data_key_id


def _meet_with(insert: type[postgresql.Insert] | type[sqlite.Insert]) -> Executable:
    return insert(ADDRESS).on_conflict_do_nothing(index_elements=[ADDRESS.c.channel, ADDRESS.c.value_hash]).returning(ADDRESS.c.id)


_MEETS = {"sqlite": _meet_with(sqlite.Insert), "postgresql": _meet_with(postgresql.Insert)}
