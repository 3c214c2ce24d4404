"""What the rows say about residents, for a decision: who asks, who has a number, which code was sent, who was asked by whom."""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from bot.effects import Command, Order, Owner
from bot.envelope import Address
from bot.phones import number_of
from bot.store import people
from bot.store.addresses import is_stranger
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import AddressRow, Building, Consent, Estate, InboundRow, Pairing, Person, QuestionRow, Unit
from workflows.places.words import Place
from workflows.residents.facts import Code, Facts
from workflows.residents.outside import Outside
from workflows.residents.rows import CodeRow
from workflows.residents.rules import invitation
from workflows.residents.words import (
    Agreed,
    AnswerInvitation,
    CheckHome,
    EndInvitation,
    EraseForGood,
    Invite,
    KeepRecord,
    Missing,
    NumberSeen,
    ReadCode,
    Record,
    SeeNumber,
    SendCode,
    Spot,
    TryCode,
    place_of_code,
)

ADDRESS, CONSENT, CODE, QUESTION = table_of(AddressRow), table_of(Consent), table_of(CodeRow), table_of(QuestionRow)
BUILDING, UNIT, ESTATE = table_of(Building), table_of(Unit), table_of(Estate)
PAIRING, INBOUND = table_of(Pairing), table_of(InboundRow)
NUMBERS = "sms"  # the channel whose addresses are phone numbers
MOST_ASKED = 3  # numbers that one person may have asked, or sent a code, in a day
DAY = timedelta(hours=24)
_SPOKEN_FIGURES = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_NUMBER = re.compile(r"[+0-9][0-9\s()-]{5,}[0-9]", re.ASCII)

CONSENTS = select(CONSENT.c.kind).where(CONSENT.c.person_id == bindparam("who"), CONSENT.c.withdrawn_at.is_(None)).distinct()
_CARES_FOR = select(func.count()).select_from(PAIRING).where(PAIRING.c.helper_id == bindparam("who"))
_BUILDING = (
    select(BUILDING.c.name, ESTATE.c.name.label("estate"))
    .join(ESTATE, ESTATE.c.id == BUILDING.c.estate_id)
    .where(BUILDING.c.id == bindparam("building"))
)
_UNIT = select(UNIT.c.name).where(UNIT.c.id == bindparam("unit"), UNIT.c.building_id == bindparam("building"))
_HAS_UNITS = select(UNIT.c.id).where(UNIT.c.building_id == bindparam("building")).limit(1)
_CODE = (
    select(CODE.c.id, CODE.c.address_id, CODE.c.made_at, CODE.c.tries, CODE.c.code_hash, ADDRESS.c.person_id)
    .join(ADDRESS, ADDRESS.c.id == CODE.c.address_id)
    .where(CODE.c.person_id == bindparam("who"), CODE.c.closed_at.is_(None))
    .order_by(CODE.c.id.desc())
    .limit(1)
    .with_for_update(of=CODE)
)
_SINCE = bindparam("since", type_=CODE.c.made_at.type)
_CODES_LATELY = (
    select(func.count())
    .select_from(CODE)
    .where(or_(CODE.c.person_id == bindparam("who"), CODE.c.address_id == bindparam("there")), CODE.c.made_at > _SINCE)
)
_ASKED = select(QUESTION.c.subject, QUESTION.c.closed_why, QUESTION.c.put_at).where(QUESTION.c.flow == "invited")
_ASKED_OF = _ASKED.where(QUESTION.c.person_id == bindparam("who")).order_by(QUESTION.c.id.desc())
_ASKED_ABOUT = _ASKED.where(QUESTION.c.subject == bindparam("about")).order_by(QUESTION.c.id.desc()).limit(1)
_ASKED_BY = _ASKED.where(QUESTION.c.subject.startswith(bindparam("by")), QUESTION.c.put_at > _SINCE)
LAST_SAID = (select(func.max(INBOUND.c.at)).select_from(INBOUND).join(ADDRESS, ADDRESS.c.id == INBOUND.c.address_id)).where(
    ADDRESS.c.person_id == bindparam("who")
)


@dataclass(frozen=True, slots=True)
class _Look:
    """One command looked at: what it wants, who wants it, and the rows."""

    outside: Outside
    tx: Tx
    order: Order

    @property
    def owner(self) -> Owner:
        return self.order.actor.owner


def load(outside: Outside, tx: Tx, order: Order) -> Facts:
    """What the rows say about who asks, and what their command names."""
    look = _Look(outside, tx, order)
    more = LOOKS.get(type(order.command))
    return Facts(record=_record(look), **(more(look, order.command) if more else {}))


def _record(look: _Look) -> Record:
    tx, owner = look.tx, look.owner
    if owner == Owner():  # time asks
        return Record()
    address, has_home = here(tx, look.order), people.home_of(tx, owner) is not None
    there: dict[str, Any] = {"on_a_phone": address.value.startswith("+"), "is_abroad": look.outside.abroad(address)}
    if owner.person_id is None:
        return Record(is_shared=owner.household_id is not None, has_home=has_home, **there)
    cares_for = tx.first(_CARES_FOR, {"who": owner.person_id})
    return Record(
        name=people.name_of(tx, owner.person_id),
        has_home=has_home,
        needs=people.needs_of(tx, owner.person_id),
        helpers=len(people.helpers_of(tx, owner.person_id)),
        cares_for=cares_for[0] if cares_for else 0,
        consents=tuple(row.kind for row in tx.all(CONSENTS, {"who": owner.person_id})),
        is_staff=look.order.actor.kind == "staff",
        **there,
    )


def here(tx: Tx, order: Order) -> Address:
    """Where whoever asks is writing from."""
    found = (each for each in people.addresses_of(tx, order.actor.owner) if each.id == order.actor.address_id)
    this = next(found, None)
    return Address(this.channel, this.value) if this else Address(order.actor.channel, "")


def _check_home(look: _Look, command: CheckHome) -> dict[str, Any]:
    return {"missing": Missing(_lacks(look.tx, command.place))}


def _lacks(tx: Tx, place: Place) -> str:
    if place.building_id is None:
        return "building"
    if place.unit_id is None and tx.first(_HAS_UNITS, {"building": place.building_id}):
        return "unit"
    if place.unit_id is None and place.unit:
        return "register"  # 1单元501 and 2单元501 would be one home: a person lists the units first
    return "" if place.room else "room"


def _see_number(look: _Look, command: SeeNumber) -> dict[str, Any]:
    return {"seen": _seen(look, command.text, answers=command.answers)}


def _seen(look: _Look, text: str, *, answers: bool) -> NumberSeen:
    """What may be told of a number: never that somebody we know has it."""
    number = _number_in(text)
    if number is None:
        return NumberSeen("bad")
    address = Address(NUMBERS, number)
    known = people.at(look.tx, address)
    works = look.outside.answers if answers else look.outside.reaches
    refused = {
        "own": known is not None and Owner(known.person_id, known.household_id) == look.owner,
        "shared": known is not None and known.person_id is None,
        "silent": not works(address),
        "many": _asked_lately(look, known) >= MOST_ASKED,
    }
    return NumberSeen(next((state for state, is_so in refused.items() if is_so), "ok"), number)


def _asked_lately(look: _Look, known: people.Known | None) -> int:
    """How many this person has had asked, or sent a code, in the last day; a code also counts for the number it went to."""
    who, since = look.owner.person_id, look.order.now - DAY
    codes = look.tx.first(_CODES_LATELY, {"who": who, "there": known.address_id if known else 0, "since": since})
    return (codes[0] if codes else 0) + len(look.tx.all(_ASKED_BY, {"by": f"invitation:{who}:", "since": since}))


def _invite(look: _Look, command: Invite) -> dict[str, Any]:
    asker = look.owner.person_id
    return _to_number(look, command.number, answers=True) | {"name": people.name_of(look.tx, asker) if asker else ""}


def _send_code(look: _Look, command: SendCode) -> dict[str, Any]:
    return _to_number(look, command.number, answers=False) | {"code": look.outside.new_code()}


def _to_number(look: _Look, number: str, *, answers: bool) -> dict[str, Any]:
    """Who has the number that is asked or sent a code; where nobody has, a person of whom nothing else is known."""
    tx, seen = look.tx, _seen(look, number, answers=answers)
    if seen.state != "ok":
        return {"seen": seen}
    address = Address(NUMBERS, seen.number)
    known = people.at(tx, address)
    if known is None:
        person_id = tx.insert(Person, data_key_id=tx.new_data_key(look.order.now), made_at=look.order.now)
        people.add_address(tx, address, Owner(person_id), now=look.order.now)
        known = people.at(tx, address)
    assert known is not None
    return {"seen": seen, "there": Owner(known.person_id), "there_id": known.address_id}


def _answer(look: _Look, command: AnswerInvitation) -> dict[str, Any]:
    """The subject under which the owner was asked by this inviter, whoever they were then."""
    begins, ends = f"invitation:{command.inviter}:", f":{command.role}"
    rows = look.tx.all(_ASKED_OF, {"who": look.owner.person_id})
    found = (row.subject for row in rows if row.subject.startswith(begins) and row.subject.endswith(ends))
    return {"invitation": next(found, ""), "wordings": _wordings(look, command.agreed)}


def _end(look: _Look, command: EndInvitation) -> dict[str, Any]:
    row = look.tx.first(_ASKED_ABOUT, {"about": invitation(command.inviter, command.invitee, command.role)})
    return {"is_waiting": row is not None and row.closed_why != "answered"}


def _keep(look: _Look, command: KeepRecord) -> dict[str, Any]:
    return {"wordings": _wordings(look, command.agreed)}


def _wordings(look: _Look, agreed: tuple[Agreed, ...]) -> dict[str, str]:
    """What was agreed to, as it was shown: in the person's language and their channel's wording."""
    actor = look.order.actor
    return {each.words: look.outside.wording(each.words, actor.language, actor.channel) for each in agreed}


def _try_code(look: _Look, command: TryCode) -> dict[str, Any]:
    tx, who = look.tx, look.owner.person_id
    row = tx.first(_CODE, {"who": who})
    if row is None or who is None:
        return {}
    fits = hmac.compare_digest(bytes(row.code_hash), hash_of(tx, who, command.code))
    can_join = row.person_id is not None and (is_stranger(tx, who) or is_stranger(tx, row.person_id))
    return {"last": Code(row.id, row.address_id, row.made_at, row.tries, fits, can_join)}


def _erase(look: _Look, command: EraseForGood) -> dict[str, Any]:
    said = look.tx.first(LAST_SAID, {"who": command.person_id})
    return {"last_inbound": said[0] if said else None}


def _read_code(look: _Look, command: ReadCode) -> dict[str, Any]:
    return {"spot": Spot(_place_words(look.tx, command.code))}


LOOKS: Mapping[type[Command[Any]], Callable[[_Look, Any], dict[str, Any]]] = {
    CheckHome: _check_home,
    ReadCode: _read_code,
    SeeNumber: _see_number,
    Invite: _invite,
    SendCode: _send_code,
    AnswerInvitation: _answer,
    EndInvitation: _end,
    KeepRecord: _keep,
    TryCode: _try_code,
    EraseForGood: _erase,
}


def figures(words: str) -> str:
    """The words with every number in plain figures: 一三八 is 138."""
    return unicodedata.normalize("NFKC", words).translate(_SPOKEN_FIGURES)


def _number_in(words: str) -> str | None:
    """The telephone number that stands in the words."""
    found = _NUMBER.search(figures(words))
    return number_of(found[0]) if found else None


def _place_words(tx: Tx, code: str) -> str:
    """The names by which the register knows what a poster's code means; what is no code is words already."""
    ids = place_of_code(code)
    if ids is None:
        return code
    row = tx.first(_BUILDING, {"building": ids[0]})
    unit = tx.first(_UNIT, {"building": ids[0], "unit": ids[1]}) if ids[1] else None
    return f"{row.estate}{row.name}{unit.name if unit else ''}" if row else ""


def hash_of(tx: Tx, person_id: int, code: str) -> bytes:
    """What a code is known by: nothing to anybody without the key, and good for this person only."""
    return tx.hash_of("join code", f"{person_id}:{''.join(each for each in figures(code) if each.isdigit())}")
