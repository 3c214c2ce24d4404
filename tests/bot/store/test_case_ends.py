"""The cases that were open when promises began to be watched."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import text

from bot.store.begin import Store
from bot.store.sealed import Vault
from tests.bot.store.test_schema import to_revision
from tests.stores import opened
from workflows.cases.end_words import Breach

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
CASE = text(
    "INSERT INTO case_record (number, data_key_id, channel, label, category, confidence, room, hurt, state, needs_person, received_at,"
    " due_at, provisional, first_responded_at, ladder_level, version) VALUES"
    " (:number, 1, 'sms', :label, 'water', 0, '', '', :state, '', 1, 1000, :no, :answered, 0, 0)"
)
BEFORE = (
    ("10013", "general", "open", None),
    ("10024", "urgent", "accepted", 900),
    ("10035", "urgent", "open", 1100),
    ("10046", "general", "closed", None),
)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest) -> str:
    new = request.getfixturevalue("new_sqlite" if database == "sqlite" else "new_postgres")
    return str(new(empty=True))


def test_what_is_open_at_the_upgrade_is_watched_from_then_on(empty_url: str, vault: Vault) -> None:
    with opened(empty_url, vault) as store:
        to_revision(store, "0004")
        with store.begin() as tx:
            assert tx.new_data_key(NOW) == 1
            for number, label, state, answered in BEFORE:
                tx.run(CASE, {"number": number, "label": label, "state": state, "answered": answered, "no": False})
        to_revision(store, "0005")
        assert watched(store) == {"10013": 1000, "10035": 1000}
        with store.read() as tx:
            met = tx.all(text("SELECT number, met_at FROM case_record ORDER BY number"))
        assert {row.number: row.met_at for row in met} == {"10013": None, "10024": 900, "10035": None, "10046": None}


def watched(store: Store) -> dict[str, int]:
    """The cases that a timer looks at, and when."""
    with store.read() as tx:
        rows = tx.all(text("SELECT due_at, subject, step, command FROM timer ORDER BY id"))
    found = {msgspec.json.decode(row.command, type=Breach).number: row for row in rows}
    assert all((row.subject, row.step) == (f"clock:{number}", "due") for number, row in found.items())
    return {number: row.due_at for number, row in found.items()}
