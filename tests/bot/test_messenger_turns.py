"""What only a messenger can do, as turns: words corrected, a card shared, buttons pressed late, a chat closed and opened again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from bot.envelope import Address, Inbound
from bot.store import people
from bot.store.begin import Store
from channels.telegram_updates import parse
from tests.talks import CAST, Heard, Talks, words_to

LIFT, LEAK = "3号楼2单元电梯困人了", "3号楼2单元501厨房漏水了"


class Messenger:
    """People at their messengers, and what the platform tells us of them."""

    def __init__(self, talks: Talks) -> None:
        self.talks = talks
        self._numbers: Iterator[int] = count(1000)

    def told(self, who: str, kind: str = "message", **body: Any) -> Inbound:
        number = next(self._numbers)
        chat = {"id": int(self.talks.address(who).value), "type": "private"}
        whole = {"message_id": number, "chat": chat, "from": {"id": chat["id"]}} | body
        inbound = parse(json.dumps({"update_id": number, kind: whole}).encode(), now=self.talks.now).inbound
        assert inbound is not None
        return inbound

    def does(self, who: str, kind: str = "message", **body: Any) -> tuple[Heard, ...]:
        return self.talks.take(self.told(who, kind, **body))

    def edits(self, who: str, words: str) -> list[str]:
        return words_to(who, self.does(who, "edited_message", text=words, edit_date=1))

    def presses(self, who: str, delivery_id: int, key: int = 1) -> list[str]:
        return words_to(who, self.does(who, "callback_query", id="7", data=f"d:{delivery_id}:{key}"))

    def shares(self, who: str, number: str) -> list[str]:
        own = {"phone_number": number, "first_name": who, "user_id": int(self.talks.address(who).value)}
        return words_to(who, self.does(who, contact=own))


@pytest.fixture
def messenger(store: Store) -> Messenger:
    return Messenger(Talks(store, channel="telegram"))


# The language of the platform's own menus


def test_who_presses_start_is_greeted_in_the_language_of_their_menus_until_their_words_show_another(messenger: Messenger) -> None:
    start = {"text": "/start", "from": {"id": int(messenger.talks.address("陌生人").value), "language_code": "en-GB"}}
    (greeted,) = words_to("陌生人", messenger.does("陌生人", **start))
    assert "Write what has happened" in greeted

    (answered,) = words_to("陌生人", messenger.does("陌生人", text="路灯坏了"))
    assert "记下了" in answered


def test_a_posters_code_opens_the_registration_in_the_language_of_their_menus(messenger: Messenger) -> None:
    start = {"text": "/start join-1-1", "from": {"id": int(messenger.talks.address("陌生人").value), "language_code": "zh-hans"}}
    (asked,) = words_to("陌生人", messenger.does("陌生人", **start))
    assert "同意吗" in asked


# Corrections


def test_an_edit_is_added_to_the_case_and_makes_no_second_one(messenger: Messenger) -> None:
    messenger.does("居民", text=LEAK)
    (said,) = messenger.edits("居民", "3号楼2单元501厨房和卫生间都漏水")

    assert "已" in said
    assert len(messenger.talks.cases()) == 1


def test_an_edit_in_danger_answers_what_is_asked_and_makes_no_second_case(messenger: Messenger) -> None:
    messenger.does("陌生人", text="电梯困人了")
    messenger.edits("陌生人", "示例新村3号楼2单元电梯困人了")

    (case,) = messenger.talks.cases()
    assert case.place is not None


def test_an_edit_after_the_urgent_talk_goes_to_its_case(messenger: Messenger) -> None:
    messenger.does("居民", text=LIFT)
    messenger.does("居民", text="没有")
    messenger.edits("居民", "3号楼2单元电梯困人了，冒烟了，快来人啊")

    assert len(messenger.talks.cases()) == 1


def test_an_edit_that_turns_a_repair_into_an_emergency_is_one(messenger: Messenger) -> None:
    messenger.does("居民", text=LEAK)
    messenger.edits("居民", "3号楼2单元501厨房着火了")

    assert [case.label for case in messenger.talks.cases()].count("urgent") == 1


def test_an_edit_of_what_nobody_works_on_opens_nothing(messenger: Messenger) -> None:
    assert messenger.edits("居民", "路灯坏了") == ["那件事已经办结了。要是哪里不对，请再写给我们一遍。"]
    assert messenger.talks.cases() == ()


def test_an_edit_told_twice_is_added_once(messenger: Messenger) -> None:
    messenger.does("居民", text=LEAK)
    edited = messenger.told("居民", "edited_message", text="还有卫生间", edit_date=1)

    assert messenger.talks.take(edited)
    assert messenger.talks.take(edited) == ()


# Buttons


def test_a_button_answers_the_question_it_stands_under(messenger: Messenger) -> None:
    asked = [heard for heard in messenger.does("居民", text=LIFT) if heard.who == "居民"][-1]
    assert "〔有〕" in asked.words

    messenger.presses("居民", asked.delivery_id)
    (case,) = messenger.talks.cases()
    assert case.hurt == "yes"
    assert messenger.presses("居民", asked.delivery_id, 2) == ["这个问题已经结束，没有改动。"]
    assert messenger.talks.cases() == (case,)


def test_nobody_presses_the_button_of_somebody_else(messenger: Messenger) -> None:
    asked = [heard for heard in messenger.does("居民", text=LIFT) if heard.who == "居民"][-1]

    assert messenger.presses("陌生人", asked.delivery_id) == ["这个问题已经结束，没有改动。"]
    assert messenger.talks.cases()[0].hurt == ""


def test_a_grid_worker_takes_a_case_with_a_button(messenger: Messenger) -> None:
    (call,) = [heard for heard in messenger.does("居民", text=LIFT) if heard.who == "网格员"]
    messenger.presses("网格员", call.delivery_id)

    assert messenger.talks.cases()[0].state == "accepted"


# The emergency key


def test_the_emergency_key_is_heard_in_a_flood_too(messenger: Messenger) -> None:
    for _time in range(30):
        messenger.does("陌生人", text="在吗在吗在吗")

    assert words_to("陌生人", messenger.does("陌生人", text="🆘 一键求助")) != []
    assert [case.label for case in messenger.talks.cases()].count("urgent") == 1


# The same person twice


def test_sharing_a_number_joins_the_chat_to_its_person_with_all_it_has_reported(messenger: Messenger) -> None:
    talks = messenger.talks
    messenger.does("陌生人", text="示例新村3号楼2单元楼道灯不亮")
    (said,) = messenger.shares("陌生人", "+9990300001")
    assert said.startswith("好的，记下了。以后您用手机号找我们")

    with talks.store.begin() as tx:
        known = people.at(tx, talks.address("陌生人"))
        number = people.at(tx, Address("sms", "+9990300001"))
    assert known is not None
    assert number is not None
    assert (known.person_id, known.staff_id) == (number.person_id, None)
    assert len(talks.cases()) == 1


def test_a_chat_that_joins_a_resident_in_danger_is_asked_again_and_goes_on(messenger: Messenger) -> None:
    """What was begun as a stranger's is the resident's, the open question with it."""
    messenger.does("陌生人", text="电梯困人了")
    (said,) = messenger.shares("陌生人", "+9990100003")
    assert said.startswith("好的，记下了。")
    assert "\n" in said, "the question is put again beneath"

    messenger.does("陌生人", text="示例新村3号楼2单元")
    (case,) = messenger.talks.cases()
    assert case.place is not None
    assert case.number in messenger.does("陌生人", text="/status")[-1].words


def test_a_number_that_a_household_shares_is_nobodys_alone(messenger: Messenger) -> None:
    assert messenger.shares("陌生人", CAST["老两口"])[0].startswith("这个号码登记在别人名下")


def test_a_card_of_somebody_else_joins_nothing(messenger: Messenger) -> None:
    messenger.does("陌生人", contact={"phone_number": CAST["居民"], "first_name": "居民", "user_id": 5})

    with messenger.talks.store.begin() as tx:
        stranger = people.at(tx, messenger.talks.address("陌生人"))
        resident = people.at(tx, messenger.talks.address("居民"))
    assert stranger is not None
    assert resident is not None
    assert stranger.person_id != resident.person_id


# A chat that was closed


def test_who_blocks_us_is_reached_elsewhere_and_who_lets_us_in_again_here(messenger: Messenger) -> None:
    talks = messenger.talks
    kicked, member = ({"new_chat_member": {"status": status}} for status in ("kicked", "member"))
    assert messenger.does("居民", "my_chat_member", **kicked) == ()
    with talks.store.begin() as tx:
        known = people.at(tx, talks.address("居民"))
        assert known is not None
        assert known.stopped == "*"

    assert messenger.does("居民", "my_chat_member", **member) == ()
    assert talks.cases() == (), "to be let in again is no report"
    assert words_to("居民", messenger.does("居民", text="/start")) != []


def test_to_be_let_in_by_somebody_new_says_nothing(messenger: Messenger) -> None:
    assert messenger.does("陌生人", "my_chat_member", new_chat_member={"status": "member"}) == ()


def test_a_link_on_a_poster_greets(messenger: Messenger) -> None:
    assert words_to("陌生人", messenger.does("陌生人", text="/start poster-3-2")) == words_to(
        "另一个陌生人", messenger.does("另一个陌生人", text="/help")
    )
