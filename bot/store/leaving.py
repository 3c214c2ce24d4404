"""Somebody leaves: what may go is gone, what is sealed can never be opened again, and what the law keeps stays as it was.

Cases and their timelines are sealed under keys of their own and stay; every chain still verifies, because it covers what is stored.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, or_, select, update

from bot.store.addresses import ADDRESS, DATA_KEY, HOUSEHOLD, PERSON
from bot.store.columns import table_of
from bot.store.tables import (
    AddressRow,
    Consent,
    DeliveryRow,
    InboundRow,
    Need,
    Pairing,
    Person,
    QuestionRow,
    SessionRow,
    Staff,
)
from bot.store.tx import Tx

CONSENT, NEED, PAIRING, STAFF = table_of(Consent), table_of(Need), table_of(Pairing), table_of(Staff)
INBOUND, SESSION, QUESTION, DELIVERY = table_of(InboundRow), table_of(SessionRow), table_of(QuestionRow), table_of(DeliveryRow)
ERASED = "erased"

_WHO: BindParameter[int] = bindparam("who")
_THERE: BindParameter[int] = bindparam("there")
_NEEDS_GO = delete(NEED).where(NEED.c.person_id == _WHO)
_PAIRINGS_GO = delete(PAIRING).where(or_(PAIRING.c.person_id == _WHO, PAIRING.c.helper_id == _WHO))
_WITHDRAW_ALL = update(CONSENT).where(CONSENT.c.person_id == _WHO, CONSENT.c.withdrawn_at.is_(None)).values(withdrawn_at=bindparam("now"))
_OWN = select(ADDRESS.c.id).where(ADDRESS.c.person_id == _WHO)
_KEYS = (
    select(SESSION.c.data_key_id).where(SESSION.c.person_id == _WHO).distinct(),
    select(INBOUND.c.data_key_id).where(INBOUND.c.address_id.in_(_OWN)).distinct(),
    select(DELIVERY.c.data_key_id).where(DELIVERY.c.address_id.in_(_OWN)).distinct(),
    select(PERSON.c.data_key_id).where(PERSON.c.id == _WHO),
)
_CLOSE_QUESTIONS = (
    update(QUESTION)
    .where(QUESTION.c.person_id == _WHO, QUESTION.c.closed_at.is_(None))
    .values(closed_at=bindparam("now"), closed_why=ERASED)
)
_END_SESSIONS = update(SESSION).where(SESSION.c.person_id == _WHO, SESSION.c.state == "open").values(state="ended", ended_why=ERASED)
_DROP_WORDS = (
    update(DELIVERY)
    .where(DELIVERY.c.address_id == _THERE, DELIVERY.c.state.in_(("queued", "sending")))
    .values(state="expired", settled_at=bindparam("now"), error=ERASED, then=None)
)
# A key of somebody who is still here, or of a household, is not this person's to destroy.
_SOMEBODY = (
    select(PERSON.c.id)
    .outerjoin(ADDRESS, ADDRESS.c.person_id == PERSON.c.id)
    .outerjoin(STAFF, STAFF.c.person_id == PERSON.c.id)
    .where(PERSON.c.data_key_id == bindparam("key"), PERSON.c.id != _WHO)
    .where(or_(PERSON.c.name.is_not(None), PERSON.c.household_id.is_not(None), ADDRESS.c.id.is_not(None), STAFF.c.id.is_not(None)))
)
_OF_HOUSEHOLD = select(HOUSEHOLD.c.id).where(HOUSEHOLD.c.data_key_id == bindparam("key"))
_WHOLE = select(DATA_KEY.c.id).where(DATA_KEY.c.id == bindparam("key"), DATA_KEY.c.destroyed_at.is_(None))


def forget(tx: Tx, person_id: int, now: datetime) -> None:
    """Name, home, needs and pairings are gone; consents are withdrawn and stay on record. They are a stranger to us."""
    for statement in (_NEEDS_GO, _PAIRINGS_GO):
        tx.run(statement, {"who": person_id})
    tx.run(_WITHDRAW_ALL, {"who": person_id, "now": now})
    tx.update(Person, person_id, name=None, household_id=None)


def erase(tx: Tx, person_id: int, now: datetime) -> None:
    """Nothing that this person said, or was told, can be unsealed any more, and their addresses are nobody's.

    That covers what they said as a stranger before their addresses were joined, which lies under the stranger's key.
    """
    keys = {row.data_key_id for statement in _KEYS for row in tx.all(statement, {"who": person_id}) if row.data_key_id is not None}
    forget(tx, person_id, now)
    tx.run(_CLOSE_QUESTIONS, {"who": person_id, "now": now})
    tx.run(_END_SESSIONS, {"who": person_id})
    for row in tx.all(_OWN, {"who": person_id}):
        drop_address(tx, row.id, now)
    tx.update(Person, person_id, language=None)
    _destroy(tx, keys, person_id=person_id, now=now)


def drop_address(tx: Tx, address_id: int, now: datetime) -> None:
    """This address is nobody's: whoever writes from it next is somebody new, and what waited to be told there is not."""
    tx.run(_DROP_WORDS, {"there": address_id, "now": now})
    gone: dict[str, Any] = {"person_id": None, "household_id": None, "value": None, "gone_at": now, "gone_why": ERASED}
    tx.update(AddressRow, address_id, value_hash=os.urandom(32), **gone)


def _destroy(tx: Tx, keys: Iterable[int], *, person_id: int, now: datetime) -> None:
    for key in sorted(keys):
        is_shared = tx.first(_SOMEBODY, {"key": key, "who": person_id}) or tx.first(_OF_HOUSEHOLD, {"key": key})
        if not is_shared and tx.first(_WHOLE, {"key": key}):
            tx.erase(key, now)
