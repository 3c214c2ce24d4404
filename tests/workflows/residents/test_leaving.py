"""Who leaves is forgotten: nothing of theirs can be unsealed, what the law keeps still verifies, and nobody else loses anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, Table, select

from bot.effects import Owner
from bot.envelope import Address
from bot.errors import Erased
from bot.store import people, timeline
from bot.store.begin import Store, Tx
from bot.store.columns import table_of
from bot.store.tables import Consent, DeliveryRow, Need, Pairing, Person, TimelineRow
from tests.talks import CAST, CODE, Talks
from workflows.cases.rows import CaseRow

HER = "居民"
NUMBER = CAST[HER]
HER_WORDS = ("+9990100001", "+9990100011", "居民的电脑", "+9990100099", "示例·甲", "2单元501", "水龙头", "长椅")
SEALED_AWAY = ("case_record", "timeline", "attachment")
CONSENT, NEED, PAIRING, TIMELINE = table_of(Consent), table_of(Need), table_of(Pairing), table_of(TimelineRow)


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


def leave(talks: Talks, who: str = HER) -> None:
    talks.say(who, "删除我的信息")
    talks.say(who, "删")
    talks.wait(timedelta(hours=2))


def who(talks: Talks, address: Address) -> int | None:
    with talks.store.read() as tx:
        known = people.at(tx, address)
    return known.person_id if known else None


def sealed_in(tx: Tx) -> Iterator[tuple[str, str]]:
    """Everything sealed that can be unsealed, with the table that it lies in."""
    for table in Person.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, LargeBinary) and column.info.get("sealed")]
        if "data_key_id" not in table.columns or not columns:
            continue
        for row in tx.all(select(table)):
            for column in columns:
                yield from _opened(tx, table, row.data_key_id, row._mapping[column.name])


def _opened(tx: Tx, table: Table, key: int | None, blob: bytes | None) -> Iterator[tuple[str, str]]:
    if key is None or blob is None:
        return
    try:
        yield table.name, tx.unseal_bytes(key, blob).decode(errors="replace")
    except Erased:
        return


def readable(talks: Talks) -> list[tuple[str, str]]:
    with talks.store.begin() as tx:
        found = list(sealed_in(tx))
    return [(table, words) for table, words in found if table not in SEALED_AWAY and any(each in words for each in HER_WORDS)]


def test_before_leaving_there_is_something_to_read(talks: Talks) -> None:
    """Else the next test could not fail."""
    talks.say(HER, "厨房水龙头漏水了")
    assert {table for table, _words in readable(talks)} >= {"address", "person", "inbound", "session", "delivery"}


def test_nothing_of_who_has_left_can_be_unsealed(talks: Talks) -> None:
    """Nor what they had said as a stranger, before a code made that phone theirs."""
    talks.say("陌生人", "建议在院子里装几个长椅")
    for words in ("绑定", NUMBER, CODE):
        talks.say("陌生人", words)
    talks.say(HER, "厨房水龙头漏水了")

    leave(talks)

    assert readable(talks) == []


def test_what_the_law_keeps_stays_and_every_chain_verifies(talks: Talks) -> None:
    talks.say(HER, "厨房水龙头漏水了")
    leave(talks)

    (case,) = talks.cases()
    assert (case.words, case.state) == ("厨房水龙头漏水了", "open")
    with talks.store.begin() as tx:
        subjects = {row.subject for row in tx.all(select(TIMELINE.c.subject))}
        assert subjects
        assert [subject for subject in subjects if timeline.verify(tx, subject) is not None] == []


def test_who_writes_again_is_somebody_new(talks: Talks) -> None:
    address = talks.address(HER)
    before = who(talks, address)
    leave(talks)
    assert who(talks, address) is None

    talks.say(HER, "厨房水龙头漏水了")
    assert who(talks, address) not in (before, None)


def test_record_needs_and_pairs_go_at_once_and_consents_stay_as_withdrawn(talks: Talks) -> None:
    person = who(talks, talks.address(HER))
    talks.say(HER, "删除我的信息")
    talks.say(HER, "删")

    with talks.store.read() as tx:
        assert people.name_of(tx, person or 0) == ""
        assert people.home_of(tx, Owner(person)) is None
    assert talks.count(NEED, NEED.c.person_id == person) == 0
    assert talks.count(PAIRING, (PAIRING.c.person_id == person) | (PAIRING.c.helper_id == person)) == 0
    assert talks.count(CONSENT, CONSENT.c.person_id == person, CONSENT.c.withdrawn_at.is_(None)) == 0
    assert talks.count(CONSENT, CONSENT.c.person_id == person) == 1


def test_nobody_else_loses_anything(talks: Talks) -> None:
    for other in ("邻居", "老两口", "网格员"):
        talks.say(other, "状态")
    with talks.store.begin() as tx:
        before = {words for _table, words in sealed_in(tx)}
    talks.say(HER, "厨房水龙头漏水了")
    leave(talks)

    with talks.store.begin() as tx:
        after = {words for _table, words in sealed_in(tx)}
    assert {words for words in before - after if not any(own in words for own in HER_WORDS)} == set()


def test_nothing_that_waited_is_sent_to_who_has_left(talks: Talks) -> None:
    delivery, case = table_of(DeliveryRow), table_of(CaseRow)
    talks.say(HER, "厨房水龙头漏水了")
    talks.say(HER, "删除我的信息")
    talks.say(HER, "删")
    with talks.store.begin() as tx:
        row = tx.first(select(case.c.address_id))
        assert row is not None
        tx.insert(
            DeliveryRow,
            channel="sms",
            address_id=row.address_id,
            made_at=talks.now,
            next_at=talks.now + timedelta(hours=5),
            give_up_at=talks.now + timedelta(days=1),
        )
    talks.wait(timedelta(hours=2))
    assert talks.count(delivery, delivery.c.state == "queued") == 0


def test_who_writes_in_the_last_hour_is_waited_for(talks: Talks) -> None:
    """They may be in need; a day after their last word the rest goes."""
    talks.say(HER, "删除我的信息")
    talks.say(HER, "删")
    talks.wait(timedelta(minutes=10))
    talks.say(HER, "示例新村3号楼2单元501着火了")

    talks.wait(timedelta(hours=23))
    assert who(talks, talks.address(HER)) is not None

    talks.wait(timedelta(hours=2))
    assert who(talks, talks.address(HER)) is None


def test_who_registers_again_in_the_last_hour_stays(talks: Talks) -> None:
    talks.say(HER, "删除我的信息")
    talks.say(HER, "删")
    for words in ("登记", "同意", "示例新村3号楼2单元501", "王大爷", "都没有"):
        talks.say(HER, words)

    talks.wait(timedelta(days=3))
    assert who(talks, talks.address(HER)) is not None


def test_staff_stay_until_they_are_off_the_roster(talks: Talks) -> None:
    (told,) = talks.say("网格员", "删除我的信息")
    assert "管理员" in told.words


def test_a_number_that_is_given_up_is_nobodys(talks: Talks) -> None:
    old, new = talks.address(HER), talks.address("陌生人")
    person = who(talks, old)
    for words in ("我换号码了", NUMBER, CODE):
        talks.say("陌生人", words)

    assert (who(talks, old), who(talks, new)) == (None, person)
