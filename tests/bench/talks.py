"""What the bench says: report talks of four inbounds by many people, one in four urgent, half of them from registered homes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from bot import turn
from bot.app import Base, house_of, open_base
from bot.effects import Owner
from bot.envelope import Address, Inbound
from bot.settings import Settings
from bot.store import demo, people
from bot.store.columns import table_of
from bot.store.tables import Household
from channels import sms
from channels.twilio import TwilioAccount, sign

TOGETHER = 64  # people who talk at the same time: their first words, then their second
ROUTINE = ("厨房水管漏水了", "{place}", "一直在滴，地板都湿了", "状态")
URGENT = ("电梯困人了", "{place}", "没有人受伤", "好的")
MIX = (ROUTINE, ROUTINE, ROUTINE, URGENT)
KINDS = 2 * len(MIX)  # of people: each talk of the mix, by a resident and by a stranger


@dataclass(frozen=True, slots=True)
class Words:
    """One inbound; `kind` and `step` say where in which talk it stands."""

    kind: int
    step: int
    sender: str
    text: str


def words() -> Iterator[Words]:
    """Talk after talk without end, every one by somebody who has not talked before."""
    for first in count(0, TOGETHER):
        for step in range(len(ROUTINE)):
            for number in range(first, first + TOGETHER):
                yield _said(number, step)


def _said(number: int, step: int) -> Words:
    kind = number % KINDS
    is_resident = kind % 2 == 0
    place = "是的" if is_resident else f"示例新村{number // KINDS % 6 + 1}号楼1单元{number // 48 % 3 + 1}01"
    text = MIX[kind // 2][step].format(place=place)
    return Words(kind, step, resident(number // 2) if is_resident else f"+99902{number:07}", text)


def resident(number: int) -> str:
    """The phone number of a registered resident."""
    return f"+99901{number:07}"


def request(account: TwilioAccount, spoken: Words, sid: str) -> bytes:
    """The request with which Twilio brings us these words, signed."""
    fields = {"MessageSid": sid, "AccountSid": account.sid, "From": spoken.sender, "To": account.from_number, "Body": spoken.text}
    body = urlencode(fields).encode()
    signature = sign(account.token, account.public_url + sms.INBOUND_PATH, fields.items())
    return (
        f"POST {sms.INBOUND_PATH} HTTP/1.1\r\nHost: {account.public_url[7:]}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def prepare(folder: Path, residents: int) -> Base:
    """A database with the demo estate, and so many residents with a phone and a home in it."""
    base = open_base(Settings(data_dir=folder))
    now = datetime.now(UTC)
    with base.store.begin() as tx:
        demo.load(tx, now)
        homes = [row.id for row in tx.all(select(table_of(Household).c.id))]
        for number in range(residents):
            person_id = people.add_person(tx, name="示例居民", household_id=homes[number % len(homes)], now=now)
            people.add_address(tx, Address("sms", resident(number)), Owner(person_id), now=now)
    return base


def rows_of_a_turn(folder: Path) -> dict[tuple[int, int], int]:
    """How many rows a real turn inserts, changes or deletes, for every kind and step: counted, the fewest of a few tries each."""
    base, now = prepare(folder, residents=2 * TOGETHER), datetime.now(UTC)
    house, counted = house_of(base), dict[tuple[int, int], int]()
    for number, spoken in zip(range(2 * TOGETHER * len(ROUTINE)), words(), strict=False):
        before = _changed(base)
        received = turn.receive(house, Inbound("sms", f"SM{number}", Address("sms", spoken.sender), now, text=spoken.text), now)
        assert not received.is_parked, spoken.text
        key = spoken.kind, spoken.step
        counted[key] = min(_changed(base) - before, counted.get(key, 1000))
    base.store.close()
    return counted


def _changed(base: Base) -> int:
    with base.store.begin() as tx:
        return int(tx.connection.connection.driver_connection.total_changes)  # type: ignore[union-attr]
