"""After a day of use nothing a resident told us is readable in any file or column of the database."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlmodel import SQLModel

from bot.effects import Owner
from bot.envelope import Address
from bot.store import demo, people, timeline
from bot.store.begin import Store
from bot.store.sealed import FORM, Vault
from bot.store.tables import InboundRow
from tests.stores import opened

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
WORDS = "三号楼二单元电梯困人了，我是示例·甲"
NOTE = "家里有制氧机"
PHONES = tuple(number for number, _, _ in demo.phones())
NAMES = tuple(resident.name for resident in demo.RESIDENTS) + tuple(worker.name for worker in demo.STAFF)
SECRETS = (*PHONES, *(number.removeprefix("+") for number in PHONES), *NAMES, WORDS, NOTE)


def live_a_day(store: Store) -> None:
    """People are enrolled, write, are noted, and somebody is erased."""
    with store.begin() as tx:
        demo.load(tx, NOW)
    for place, number in enumerate(PHONES):
        with store.begin() as tx:
            known = people.meet(tx, Address("sms", number), NOW)
            body = tx.seal(known.data_key_id, json.dumps({"text": WORDS, "sender": number}))
            tx.insert(InboundRow, channel="sms", external_id=f"SM{place}", address_id=known.address_id, at=NOW, body=body)
            timeline.append(tx, f"case:{place}", at=NOW, actor="person", kind="said", body={"words": WORDS}, data_key_id=known.data_key_id)
            if known.person_id:
                people.add_need(tx, known.person_id, "powered_device", note=NOTE)
    with store.begin() as tx:
        known = people.meet(tx, Address("sms", PHONES[0]), NOW)
        people.addresses_of(tx, Owner(known.person_id))
        tx.erase(known.data_key_id, NOW)


def disguises(secret: str) -> set[bytes]:
    """The secret as UTF-8, as JSON escapes, as UTF-16, as hexadecimal, and inside base64 at any of its three alignments."""
    raw = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    found = {
        raw,
        escaped.encode(),
        escaped.upper().replace("\\U", "\\u").encode(),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        raw.hex().encode(),
    }
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        found.add(whole[4 if shift else 0 : len(whole) - len(whole) % 4 - 4])
    return {form for form in found if len(form) >= 6}


def seen(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(form in content for form in disguises(secret))]


def test_a_secret_is_found_in_each_disguise() -> None:
    """Else the tests below could not fail."""
    for secret in SECRETS:
        for padding in range(3):
            assert base64.b64encode(b"x" * padding + secret.encode() + b"yy")
            assert secret in seen(b"..." + base64.b64encode(b"x" * padding + secret.encode() + b"yy") + b"...")
        assert secret in seen(json.dumps({"a": secret}).encode())
        assert secret in seen(b".." + secret.encode() + b"..")


def test_no_file_of_the_database_shows_what_people_told_us(new_sqlite: Callable[..., str], vault: Vault) -> None:
    """With the write-ahead log still there, and again after it was folded in."""
    url = new_sqlite()
    folder = Path(url.removeprefix("sqlite:///")).parent
    with opened(url, vault) as store:
        live_a_day(store)
        with store.begin() as tx:
            people.meet(tx, Address("sms", "+9990109999"), NOW)
        assert folder.joinpath("anlin.db-wal").stat().st_size > 0
        for path in folder.iterdir():
            assert seen(path.read_bytes()) == [], path.name
    for path in folder.iterdir():
        assert seen(path.read_bytes()) == [], path.name


def test_no_column_shows_what_people_told_us_and_sealed_columns_are_sealed(store: Store) -> None:
    live_a_day(store)
    checked = 0
    with store.read() as tx:
        for table in SQLModel.metadata.sorted_tables:
            for row in tx.all(table.select()):
                for column, value in row._mapping.items():
                    assert seen(value if isinstance(value, bytes) else str(value).encode()) == [], f"{table.name}.{column}"
                    if value is not None and table.columns[str(column)].info.get("sealed"):
                        assert bytes(value).startswith(FORM), f"{table.name}.{column}"
                        checked += 1
        assert tx.run(text("SELECT count(*) FROM inbound")).scalar_one() == len(PHONES)
    assert checked > 90
