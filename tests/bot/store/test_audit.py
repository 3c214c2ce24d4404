"""A person reads only what is logged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.store import audit
from bot.store.begin import Store

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_a_reading_is_on_record_once_with_who_and_why(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        values = [(data_key_id, tx.seal(data_key_id, "示例·甲")), (data_key_id, None), (None, None)]
        assert audit.unseal_for(tx, values, reader="staff:3", subject="case:7", why="calling back", now=NOW) == ("示例·甲", None, None)
    with store.read() as tx:
        assert audit.readings(tx, "case:7") == ((NOW, "staff:3", "calling back"),)
        assert audit.readings(tx, "case:8") == ()


def test_what_was_erased_reads_as_nothing_and_the_look_is_logged(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        sealed = tx.seal(data_key_id, "示例·甲")
        tx.erase(data_key_id, NOW)
        assert audit.unseal_for(tx, [(data_key_id, sealed)], reader="staff:3", subject="case:7", why="audit", now=NOW) == (None,)
        assert len(audit.readings(tx, "case:7")) == 1


@pytest.mark.parametrize(("reader", "why"), [("", "calling back"), ("staff:3", "")])
def test_nobody_reads_without_a_name_and_a_reason(store: Store, reader: str, why: str) -> None:
    with store.begin() as tx, pytest.raises(ValueError, match="a name and a reason"):
        audit.unseal_for(tx, [], reader=reader, subject="case:7", why=why, now=NOW)


def test_what_cannot_be_logged_is_not_read(store: Store) -> None:
    with store.begin() as tx:
        data_key_id = tx.new_data_key(NOW)
        sealed = tx.seal(data_key_id, "示例·甲")
    with pytest.raises(Exception, match=r"read.?only|cannot take"), store.read() as tx:
        audit.unseal_for(tx, [(data_key_id, sealed)], reader="staff:3", subject="case:7", why="calling back", now=NOW)
