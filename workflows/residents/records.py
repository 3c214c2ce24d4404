"""What is kept of residents: their rows, the codes that join their addresses, and how both are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select

from bot.effects import Change, Order, Owner
from bot.engine import Flow
from bot.envelope import Address
from bot.errors import Lost
from bot.room import Room
from bot.store import joining, leaving, people
from bot.store.addresses import is_stranger
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import AddressRow, Consent, Household, Need, Pairing, Person
from workflows.places.words import Place
from workflows.residents import farewell, flow, numbers
from workflows.residents.knowing import LAST_SAID, NUMBERS, hash_of, here, load
from workflows.residents.outside import Outside
from workflows.residents.rows import CodeRow, InvitationRow
from workflows.residents.rules import RULES, decide
from workflows.residents.words import CARE, FAMILY, Agreed, Invite, KeepRecord

ADDRESS, CODE, HOUSEHOLD = table_of(AddressRow), table_of(CodeRow), table_of(Household)
CONSENT, INVITATION = table_of(Consent), table_of(InvitationRow)
LATE = timedelta(hours=12)  # how long an answer may be given again, the other way
NEED, PAIRING, PERSON = table_of(Need), table_of(Pairing), table_of(Person)

_HOMES = select(HOUSEHOLD.c.id).where(HOUSEHOLD.c.building_id == bindparam("building"), HOUSEHOLD.c.room == bindparam("room"))
_HOME_IN_UNIT = _HOMES.where(HOUSEHOLD.c.unit_id == bindparam("unit"))
_HOME_WITHOUT = _HOMES.where(HOUSEHOLD.c.unit_id.is_(None))


_PAIRED = select(PAIRING.c.id).where(PAIRING.c.person_id == bindparam("person"), PAIRING.c.helper_id == bindparam("helper"))

_INVITED = select(INVITATION.c.data_key_id, INVITATION.c.body).where(
    INVITATION.c.invitee_id == bindparam("who"), INVITATION.c.inviter_id == bindparam("by")
)
_NO_INVITATIONS = delete(INVITATION).where(INVITATION.c.invitee_id == bindparam("who"))
_AGREED_BEFORE = (
    select(CONSENT.c.id)
    .where(CONSENT.c.person_id == bindparam("who"), CONSENT.c.kind == CARE, CONSENT.c.withdrawn_at.is_(None))
    .where(CONSENT.c.given_at < bindparam("before", type_=CONSENT.c.given_at.type))
)


def room(outside: Outside) -> Room:
    """The room of residents."""
    flows: dict[str, Flow] = {
        "register": flow.register,
        "family": flow.family,
        "move": flow.move,
        "record": flow.record,
        "invited": flow.invited,
        "join": numbers.join,
        "number": numbers.number,
        "erase": farewell.erase,
    }
    return Room("residents", flows, tuple(RULES), partial(load, outside), decide, apply)


def apply(tx: Tx, change: Change, order: Order) -> None:
    """One change of what is kept of residents is written."""
    CHANGES[change.what](tx, order, **change.fields)


def _keep(tx: Tx, order: Order, *, command: KeepRecord, agreed: tuple[Agreed, ...]) -> None:
    owner, household_id = order.actor.owner, order.actor.owner.household_id
    if command.place is not None:
        household_id = _household(tx, command.place)
    person_id = owner.person_id or people.add_person(tx, name=command.name or "", household_id=household_id, now=order.now)
    if command.is_shared and owner.person_id and household_id is not None:
        joining.share(tx, person_id, household_id, number=here(tx, order).value, now=order.now)
    values: dict[str, Any] = {"household_id": household_id} if household_id is not None else {}
    if command.name is not None and owner.person_id:
        values["name"] = tx.seal(_key_of(tx, person_id), command.name)
    if values:
        tx.update(Person, person_id, **values)
    if command.needs is not None:
        _need(tx, person_id, command.needs)
    _agree(tx, order, person_id, agreed=agreed)


def _need(tx: Tx, person_id: int, needs: tuple[str, ...]) -> None:
    """These are the needs; what staff have noted beside one that stays, stays."""
    tx.run(NEED.delete().where(NEED.c.person_id == person_id, NEED.c.kind.not_in(needs)))
    for need in needs:
        if need not in people.needs_of(tx, person_id):
            people.add_need(tx, person_id, need)


def _agree(tx: Tx, order: Order, person_id: int, *, agreed: tuple[Agreed, ...]) -> None:
    for each in agreed:
        people.consent(tx, person_id, kind=each.kind, wording=each.words, channel=order.actor.channel, now=each.at)


def _household(tx: Tx, place: Place) -> int:
    """The home of this place, found or made."""
    where = {"building": place.building_id, "room": place.room, "unit": place.unit_id}
    row = tx.first(_HOME_WITHOUT if place.unit_id is None else _HOME_IN_UNIT, where)
    if row is not None:
        return int(row.id)
    floor = int(place.floor) if place.floor.lstrip("-").isdigit() else None
    return tx.insert(Household, building_id=place.building_id, unit_id=place.unit_id, floor=floor, room=place.room)


def _key_of(tx: Tx, person_id: int) -> int:
    row = tx.first(_PERSON_KEY, {"who": person_id})
    if row is None:
        raise Lost(f"person {person_id} is gone")
    return int(row.data_key_id)


_PERSON_KEY = select(PERSON.c.data_key_id).where(PERSON.c.id == bindparam("who"))


def _invite(tx: Tx, order: Order, *, invitee: int, command: Invite) -> None:
    """Of a parent who is new to us the name and home wait, sealed, for their yes; what we know of somebody already is not touched."""
    if command.role != FAMILY or not is_stranger(tx, invitee):
        return
    inviter, key = order.actor.owner.person_id, _key_of(tx, invitee)
    tx.run(INVITATION.delete().where(INVITATION.c.invitee_id == invitee, INVITATION.c.inviter_id == inviter))
    said = tx.seal(key, msgspec.json.encode(_Said(command.name, command.place)))
    tx.insert(InvitationRow, inviter_id=inviter, invitee_id=invitee, data_key_id=key, body=said, made_at=order.now)


class _Said(msgspec.Struct, frozen=True):
    """What a child has said of a parent."""

    name: str
    place: Place | None


def _accept(tx: Tx, order: Order, **asked: Any) -> None:
    invitee, person, helper = _pair(order, asked["inviter"], asked["role"])
    row = tx.first(_INVITED, {"who": invitee, "by": asked["inviter"]})
    if row is not None and is_stranger(tx, invitee):
        said = msgspec.json.decode(tx.unseal(row.data_key_id, row.body), type=_Said)
        home = _household(tx, said.place) if said.place else None
        tx.update(Person, invitee, name=tx.seal(_key_of(tx, invitee), said.name), household_id=home)
    if tx.first(_PAIRED, {"person": person, "helper": helper}) is None:
        people.pair(tx, person, helper, preference=len(people.helpers_of(tx, person)))
    if order.actor.address_id is not None:
        people.verify(tx, order.actor.address_id, order.now)
    tx.run(_NO_INVITATIONS, {"who": invitee})
    _agree(tx, order, invitee, agreed=asked["agreed"])


def _refuse(tx: Tx, order: Order, **asked: Any) -> None:
    """They are no pair; who had said yes to this a moment ago, and to nothing before, is forgotten again."""
    invitee, person, helper = _pair(order, asked["inviter"], asked["role"])
    tx.run(_NO_INVITATIONS, {"who": invitee})
    had_agreed = tx.run(PAIRING.delete().where(PAIRING.c.person_id == person, PAIRING.c.helper_id == helper)).rowcount > 0
    agreed_before = tx.first(_AGREED_BEFORE, {"who": invitee, "before": order.now - LATE})
    if asked["role"] == FAMILY and had_agreed and agreed_before is None and order.actor.kind != "staff":
        leaving.forget(tx, invitee, order.now)


def _pair(order: Order, inviter: int, role: str) -> tuple[int, int, int]:
    """Who was asked; who is helped, and who helps."""
    invitee = order.actor.owner.person_id
    assert invitee is not None
    return (invitee, invitee, inviter) if role == FAMILY else (invitee, inviter, invitee)


def _forget_stranger(tx: Tx, order: Order, *, person_id: int) -> None:
    """What was kept for asking is gone; and who never wrote to us, nor is known by anything else, with it."""
    tx.run(_NO_INVITATIONS, {"who": person_id})
    said = tx.first(LAST_SAID, {"who": person_id})
    if is_stranger(tx, person_id) and (said is None or said[0] is None):
        _erase(tx, order, person_id=person_id)


def _code(tx: Tx, order: Order, *, address_id: int, code: str) -> None:
    person_id = order.actor.owner.person_id
    assert person_id is not None
    tx.run(CODE.update().where(CODE.c.person_id == person_id, CODE.c.closed_at.is_(None)).values(closed_at=order.now))
    tx.insert(CodeRow, person_id=person_id, address_id=address_id, code_hash=hash_of(tx, person_id, code), made_at=order.now)


def _tried(tx: Tx, order: Order, *, code_id: int, closes: bool) -> None:
    closed = {"closed_at": order.now} if closes else {}
    tx.run(CODE.update().where(CODE.c.id == code_id).values(tries=CODE.c.tries + 1, **closed))


def _join(tx: Tx, order: Order, *, address_id: int, leaves: bool) -> None:
    """The addresses are one person's; of a number that is given up nothing is left."""
    writes = here(tx, order)
    row = tx.first(select(ADDRESS.c.data_key_id, ADDRESS.c.value).where(ADDRESS.c.id == address_id))
    known = people.at(tx, writes)
    if row is None or known is None:
        raise Lost("an address is gone")
    number = tx.unseal(row.data_key_id, row.value)
    if not joining.join(tx, known, Address(NUMBERS, number), now=order.now, holds_both=True):
        raise Lost("somebody else was quicker")
    after = people.at(tx, writes)
    assert after is not None
    for each in people.addresses_of(tx, Owner(after.person_id)) if leaves else ():
        if each.value == number:
            leaving.drop_address(tx, each.id, order.now)


def _forget(tx: Tx, order: Order, *, person_id: int) -> None:
    leaving.forget(tx, person_id, order.now)


def _erase(tx: Tx, order: Order, *, person_id: int) -> None:
    tx.run(CODE.delete().where(CODE.c.person_id == person_id))
    tx.run(INVITATION.delete().where((INVITATION.c.invitee_id == person_id) | (INVITATION.c.inviter_id == person_id)))
    leaving.erase(tx, person_id, order.now)


CHANGES: Mapping[str, Callable[..., None]] = {
    "keep": _keep,
    "invite": _invite,
    "accept": _accept,
    "refuse": _refuse,
    "forget_stranger": _forget_stranger,
    "code": _code,
    "tried": _tried,
    "join": _join,
    "forget": _forget,
    "erase": _erase,
}
