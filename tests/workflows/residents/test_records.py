"""What registering writes: homes found or made, consents in the words that were shown, codes that only their phone knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.effects import Owner
from bot.envelope import Address
from bot.store import people
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.tables import AddressRow, Building, Consent, Estate, Household, Need, Unit
from tests.talks import CAST, CODE, Talks, words_to
from workflows.places.links import place_code
from workflows.residents.rows import CodeRow, InvitationRow

NEWCOMER, NUMBER = "陌生人", CAST["陌生人"]
HOME = "示例新村5号楼2单元302"
WAITING = table_of(InvitationRow)
JOINED, HOUSEHOLD, CONSENT = table_of(CodeRow), table_of(Household), table_of(Consent)


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


def said(talks: Talks, who: str, *words: str) -> str:
    """What they were answered last."""
    answers = [one for each in words for one in words_to(who, talks.say(who, each))]
    return answers[-1]


def known(talks: Talks, number: str) -> people.Known:
    with talks.store.read() as tx:
        found = people.at(tx, Address("sms", number))
    assert found is not None
    return found


def test_a_home_that_the_register_has_is_found_and_another_is_made_once(talks: Talks) -> None:
    before = talks.count(HOUSEHOLD)
    said(talks, NEWCOMER, "登记", "同意", HOME, "王大爷", "都没有")
    assert talks.count(HOUSEHOLD) == before

    for who in ("另一个陌生人", "母亲"):
        said(talks, who, "登记", "同意", "示例新村5号楼2单元909", "李奶奶", "都没有")
    assert talks.count(HOUSEHOLD) == before + 1
    assert known(talks, CAST["母亲"]).home_id == known(talks, CAST["另一个陌生人"]).home_id


def test_consent_is_kept_in_the_words_that_were_shown_with_channel_and_time(talks: Talks) -> None:
    said(talks, NEWCOMER, "登记", "同意", HOME, "王大爷", "12", "同意", "没有")
    person = known(talks, NUMBER).person_id
    with talks.store.read() as tx:
        rows = tx.all(select(CONSENT).where(CONSENT.c.person_id == person).order_by(CONSENT.c.id))
    assert [(row.kind, row.channel, row.given_at) for row in rows] == [("care", "sms", talks.now), ("health", "sms", talks.now)]
    assert "删除我的信息" in rows[0].wording
    assert "身体情况" in rows[1].wording


def test_what_concerns_health_is_not_kept_where_it_was_refused(talks: Talks) -> None:
    said(talks, NEWCOMER, "登记", "同意", HOME, "王大爷", "12", "不同意", "没有")
    with talks.store.read() as tx:
        assert people.needs_of(tx, known(talks, NUMBER).person_id or 0) == ("lives_alone",)


def test_a_note_beside_a_need_stays_as_long_as_the_need(talks: Talks) -> None:
    person = known(talks, CAST["居民"]).person_id or 0
    with talks.store.begin() as tx:
        people.add_need(tx, person, "powered_device", note="夜里也要用制氧机")
    said(talks, "居民", "登记", "3", "34", "同意")

    need = table_of(Need)
    assert talks.count(need, need.c.person_id == person) == 2
    assert talks.count(need, need.c.person_id == person, need.c.note.is_not(None)) == 1


def test_half_a_registration_keeps_nothing(talks: Talks) -> None:
    said(talks, NEWCOMER, "登记", "同意", HOME, "王大爷")
    assert known(talks, NUMBER).home_id is None
    assert talks.count(CONSENT, CONSENT.c.person_id == known(talks, NUMBER).person_id) == 0


def test_a_posters_code_names_its_building_and_unit(talks: Talks) -> None:
    building, unit, estate = table_of(Building), table_of(Unit), table_of(Estate)
    with talks.store.read() as tx:
        row = tx.first(
            select(building.c.id, unit.c.id.label("unit"))
            .join(estate, estate.c.id == building.c.estate_id)
            .join(unit, unit.c.building_id == building.c.id)
            .where(estate.c.name == "示例花园", building.c.name == "5号楼", unit.c.name == "2单元")
        )
    assert row is not None
    said(talks, NEWCOMER, f"register {place_code(row.id, row.unit)}", "同意", "302", "王大爷", "都没有")
    with talks.store.read() as tx:
        home = people.home_of(tx, Owner(known(talks, NUMBER).person_id))
    assert home is not None
    assert (home.estate, home.building_id, home.unit_id, home.room) == ("示例花园", row.id, row.unit, "302")


def test_the_code_of_a_building_that_is_gone_asks_where(talks: Talks) -> None:
    assert "住哪儿" in said(talks, NEWCOMER, "register join_9999", "同意")


def test_what_was_reported_from_a_phone_goes_with_it_to_the_family(talks: Talks) -> None:
    said(talks, NEWCOMER, f"{HOME}水管漏水")
    said(talks, NEWCOMER, "登记", "同意", HOME, "1", "王大爷", "都没有")

    assert known(talks, NUMBER).person_id is None
    assert talks.cases()[0].number in said(talks, NEWCOMER, "状态")


def test_no_code_lies_in_the_rows(talks: Talks) -> None:
    said(talks, NEWCOMER, "绑定", CAST["居民"])
    with talks.store.read() as tx:
        row = tx.first(select(JOINED))
    assert row is not None
    assert CODE.encode() not in bytes(row.code_hash)
    assert len(bytes(row.code_hash)) == 32


def test_a_new_code_ends_the_one_before(talks: Talks) -> None:
    said(talks, NEWCOMER, "绑定", CAST["居民"])
    said(talks, NEWCOMER, "取消")
    said(talks, NEWCOMER, "绑定", CAST["居民"])
    assert talks.count(JOINED, JOINED.c.closed_at.is_(None)) == 1


def test_nobody_can_have_a_phone_texted_all_day(talks: Talks) -> None:
    for _time in range(3):
        said(talks, NEWCOMER, "绑定", CAST["居民"])
        said(talks, NEWCOMER, "取消")
    for who in (NEWCOMER, "另一个陌生人"):
        assert words_to("居民", talks.say(who, "绑定")) == []
        assert words_to("居民", talks.say(who, CAST["居民"])) == []

    talks.wait(timedelta(days=1))
    talks.say(NEWCOMER, "绑定")
    assert words_to("居民", talks.say(NEWCOMER, CAST["居民"]))


def test_both_who_are_known_stay_two_and_a_person_looks(talks: Talks) -> None:
    before = known(talks, CAST["居民"]).person_id
    assert "核对" in said(talks, "邻居", "绑定", CAST["居民"], CODE)
    assert known(talks, CAST["居民"]).person_id == before != known(talks, CAST["邻居"]).person_id


def test_a_phone_that_a_family_shares_is_joined_by_a_person(talks: Talks) -> None:
    assert "核对" in said(talks, NEWCOMER, "绑定", CAST["老两口"])


def test_a_parents_number_is_verified_only_by_their_own_yes(talks: Talks) -> None:
    address = table_of(AddressRow)
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["母亲"], HOME)
    mother = known(talks, CAST["母亲"])
    assert talks.count(address, address.c.id == mother.address_id, address.c.verified_at.is_(None)) == 1

    talks.say("母亲", "同意")
    assert talks.count(address, address.c.id == mother.address_id, address.c.verified_at.is_not(None)) == 1
    with talks.store.read() as tx:
        assert people.helpers_of(tx, mother.person_id or 0) == (known(talks, CAST["居民"]).person_id,)


def test_what_a_child_says_of_a_parent_is_used_for_nothing_before_their_yes(talks: Talks) -> None:
    """A wrong home would send help to the wrong door."""
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["母亲"], HOME)
    mother = known(talks, CAST["母亲"])
    assert mother.home_id is None
    assert talks.count(WAITING) == 1

    told = words_to("网格员", talks.say("母亲", "着火了"))
    assert all("登记住址" not in words for words in told)
    assert "住" not in said(talks, "母亲", "我的登记").partition("号码")[0].replace("登记", "")


@pytest.mark.parametrize("answer", ["同意", "不同意"])
def test_what_waited_for_a_parents_word_waits_no_longer(talks: Talks, answer: str) -> None:
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["母亲"], HOME)
    talks.say("母亲", answer)
    assert talks.count(WAITING) == 0
    assert (known(talks, CAST["母亲"]).home_id is not None) == (answer == "同意")


def test_a_parent_who_changes_their_mind_is_forgotten(talks: Talks) -> None:
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["母亲"], HOME)
    said(talks, "母亲", "同意", "5")
    assert known(talks, CAST["母亲"]).home_id is not None

    said(talks, "母亲", "不同意")
    assert known(talks, CAST["母亲"]).home_id is None


def test_a_parent_who_has_registered_alone_and_wants_no_helper_stays_registered(talks: Talks) -> None:
    said(talks, "母亲", "登记", "同意", HOME, "王妈妈", "都没有")
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["母亲"], HOME)
    talks.say("母亲", "不同意")

    assert known(talks, CAST["母亲"]).home_id is not None
    with talks.store.read() as tx:
        assert people.helpers_of(tx, known(talks, CAST["母亲"]).person_id or 0) == ()


def test_what_we_know_of_a_parent_is_not_changed_by_their_child(talks: Talks) -> None:
    before = known(talks, CAST["花园居民"])
    said(talks, "居民", "给我妈登记", "王妈妈", CAST["花园居民"], HOME)
    talks.say("花园居民", "同意")

    with talks.store.read() as tx:
        assert people.name_of(tx, before.person_id or 0) == "示例·戊"
    assert known(talks, CAST["花园居民"]).home_id == before.home_id


def test_a_helper_who_changes_their_mind_is_a_helper_no_more(talks: Talks) -> None:
    said(talks, NEWCOMER, "登记", "同意", HOME, "王大爷", "12", "同意", CAST["邻居"])
    person = known(talks, NUMBER).person_id or 0
    talks.say("邻居", "愿意")
    with talks.store.read() as tx:
        assert len(people.helpers_of(tx, person)) == 1

    talks.say("邻居", "2")
    with talks.store.read() as tx:
        assert people.helpers_of(tx, person) == ()
    assert known(talks, CAST["邻居"]).home_id is not None, "what they are themselves stays"
