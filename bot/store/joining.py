"""Two addresses become one person's, when the platform of one vouches for the other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, bindparam, select, update

from bot.effects import Owner
from bot.envelope import Address
from bot.store.addresses import ADDRESS, ANSWERED_ONLY, PERSON, Known, add_address, addresses_of, at, is_stranger, verify
from bot.store.people import hold
from bot.store.tx import Tx

_OWN = select(ADDRESS.c.id, ADDRESS.c.channel, ADDRESS.c.data_key_id, ADDRESS.c.value, ADDRESS.c.preference).where(
    ADDRESS.c.person_id == bindparam("person")
)


def join(tx: Tx, known: Known, also: Address, *, now: datetime, holds_both: bool = False) -> bool:
    """True when both addresses are one person's from now on, with all that either has reported.

    Who only ever wrote to us goes over to the other. Two who are both known to us, a household that shares the number, and a person who
    already writes from another account of that platform stay apart: a number may have changed hands. With `holds_both` the last are
    joined too: a code that went to the one was said on the other.
    """
    there = at(tx, also)
    if there is None:
        owner = Owner(known.person_id, known.household_id)
        verify(tx, add_address(tx, also, owner, now=now, preference=_after(known, 0)), now)
        return True
    if there.person_id is None or known.person_id is None:
        return False
    return there.person_id == known.person_id or _became_one(tx, known, there, now=now, holds_both=holds_both)


def _became_one(tx: Tx, here: Known, there: Known, *, now: datetime, holds_both: bool) -> bool:
    assert here.person_id is not None
    assert there.person_id is not None
    if not holds_both and any(address.channel == here.channel for address in addresses_of(tx, Owner(there.person_id))):
        return False
    if is_stranger(tx, here.person_id):
        _go_over(tx, here.person_id, there, now=now)
        return True
    if is_stranger(tx, there.person_id):
        hold(tx, Owner(there.person_id))
        _go_over(tx, there.person_id, here, now=now)
        return True
    return False


def _go_over(tx: Tx, stranger: int, to: Known, *, now: datetime) -> None:
    """Everything that names the stranger names the other one; what was sealed stays under the key that sealed it."""
    assert to.person_id is not None
    for row in tx.all(_OWN, {"person": stranger}):
        address = Address(row.channel, tx.unseal(row.data_key_id, row.value))
        add_address(tx, address, Owner(to.person_id), now=now, preference=_after(to, row.preference))
    for column in naming_persons():
        tx.run(update(column.table).where(column == stranger).values({column: to.person_id}))


def _after(to: Known, preference: int) -> int:
    """What comes over is tried after the address it comes to; what is only heard while its owner is there, still last of all."""
    if preference >= ANSWERED_ONLY:
        return preference
    return 1 if to.preference >= ANSWERED_ONLY else to.preference + 1


def share(tx: Tx, person_id: int, household_id: int, *, number: str, now: datetime) -> None:
    """This number is the household's from now on, with whatever was reported and asked from it so far."""
    for row in tx.all(_OWN, {"person": person_id}):
        address = Address(row.channel, tx.unseal(row.data_key_id, row.value))
        if address.value == number:
            add_address(tx, address, Owner(household_id=household_id), now=now, preference=row.preference)
    for table in PERSON.metadata.sorted_tables:
        if table not in (PERSON, ADDRESS) and {"person_id", "household_id"} <= set(table.columns.keys()):
            theirs = update(table).where(table.c.person_id == person_id)
            tx.run(theirs.values(person_id=None, household_id=household_id))


def naming_persons() -> list[Column[int]]:
    """Every column of every room's tables that names a person."""
    tables = PERSON.metadata.sorted_tables
    return [column for table in tables for column in table.columns if any(key.references(PERSON) for key in column.foreign_keys)]
