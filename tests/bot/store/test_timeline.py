"""Timelines: every change of a stored entry breaks the chain, and an erasure does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, text, update

from bot.errors import Erased, Lost
from bot.store import timeline
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.sealed import Vault
from bot.store.tables import TimelineRow
from tests.stores import opened, waiting

NOW = datetime(2026, 3, 2, 8, 30, 0, 5, tzinfo=UTC)
TIMELINE = table_of(TimelineRow)


def tell(tx: Tx, subject: str = "case:1") -> int:
    """Three entries; the answer is the data key of their words."""
    data_key_id = tx.new_data_key(NOW)
    timeline.append(tx, subject, at=NOW, actor="person:1", channel="sms", kind="opened", body={"words": "漏水"}, data_key_id=data_key_id)
    timeline.append(tx, subject, at=NOW + timedelta(hours=1), actor="staff:2", channel="desk", kind="accepted", body=None)
    timeline.append(tx, subject, at=NOW + timedelta(hours=2), actor="clock", kind="noted", body="已修好")
    return data_key_id


def test_entries_come_back_in_order_with_what_they_say(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tell(tx)
        tell(tx, "case:2")
    with store.read() as tx:
        found = timeline.entries(tx, "case:1")
        assert [(entry.sequence, entry.actor, entry.channel, entry.kind) for entry in found] == [
            (1, "person:1", "sms", "opened"),
            (2, "staff:2", "desk", "accepted"),
            (3, "clock", "", "noted"),
        ]
        assert [timeline.body_of(tx, entry) for entry in found] == [{"words": "漏水"}, None, "已修好"]
        assert {entry.data_key_id for entry in found} == {data_key_id}
        assert timeline.verify(tx, "case:1") is None
        assert timeline.verify(tx, "case:3") is None


def test_words_without_a_data_key_are_sealed_all_the_same(store: Store) -> None:
    with store.begin() as tx:
        timeline.append(tx, "case:1", at=NOW, actor="clock", kind="noted", body={"words": "漏水"})
        (entry,) = timeline.entries(tx, "case:1")
        assert entry.body is not None
        assert "漏水".encode() not in entry.body
        assert timeline.body_of(tx, entry) == {"words": "漏水"}


CHANGES: dict[str, Any] = {
    "at": NOW + timedelta(hours=1, microseconds=1),
    "actor": "staff:3",
    "channel": "sms",
    "kind": "refused",
    "data_key_id": None,
    "body": b"\x01other",
    "chain": b"\x00" * 32,
    "sequence": 9,
    "subject": "case:2",
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_entry_is_found_at_its_place(store: Store, column: str) -> None:
    with store.begin() as tx:
        tell(tx)
        statement = update(TIMELINE).where(TIMELINE.c.subject == bindparam("about"), TIMELINE.c.sequence == 2)
        tx.run(statement.values({column: CHANGES[column]}), {"about": "case:1"})
        assert timeline.verify(tx, "case:1") == 2


def test_a_missing_entry_is_found_at_its_place(store: Store) -> None:
    with store.begin() as tx:
        tell(tx)
        tx.run(text("DELETE FROM timeline WHERE sequence = 1"))
        assert timeline.verify(tx, "case:1") == 1


def test_an_entry_of_another_chain_does_not_fit(store: Store) -> None:
    with store.begin() as tx:
        tell(tx)
        tell(tx, "case:2")
        tx.run(text("DELETE FROM timeline WHERE subject = 'case:1' AND sequence = 3"))
        tx.run(text("UPDATE timeline SET subject = 'case:1' WHERE subject = 'case:2' AND sequence = 3"))
        assert timeline.verify(tx, "case:1") == 3


def test_a_chain_still_holds_when_its_words_were_erased(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tell(tx)
    with store.begin() as tx:
        tx.erase(data_key_id, NOW)
    with store.begin() as tx:
        assert timeline.verify(tx, "case:1") is None
        with pytest.raises(Erased):
            timeline.body_of(tx, timeline.entries(tx, "case:1")[0])
        timeline.append(tx, "case:1", at=NOW, actor="staff:2", kind="erased", body=None)
        assert timeline.verify(tx, "case:1") is None


def test_of_two_entries_at_once_one_is_lost(new_postgres: Callable[..., str], vault: Vault) -> None:
    with opened(new_postgres(), vault) as store:
        lost: list[Lost] = []

        def append() -> None:
            try:
                with store.begin() as tx:
                    timeline.append(tx, "case:1", at=NOW, actor="staff:2", kind="noted")
            except Lost as fault:
                lost.append(fault)

        with ExitStack() as second, store.begin() as tx:
            timeline.append(tx, "case:1", at=NOW, actor="clock", kind="noted")
            second.enter_context(waiting(append, tx))
        assert len(lost) == 1
        with store.read() as tx:
            assert [entry.actor for entry in timeline.entries(tx, "case:1")] == ["clock"]
