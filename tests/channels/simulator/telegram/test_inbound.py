"""Updates as the platform makes them of what people do."""

from typing import Any

import pytest

from tests.channels.simulator.telegram.stage import AN, LE, PHONELESS, YES_NO, People, Service

CHAT = {"id": AN, "first_name": "小安", "username": "rehearsal_an", "type": "private"}
FROM = {"id": AN, "is_bot": False, "first_name": "小安", "username": "rehearsal_an", "language_code": "zh-hans"}


def test_a_text_comes_with_who_wrote_it_and_never_with_their_phone(bot: Service, people: People) -> None:
    sent = people.send(text="3号楼2单元电梯困人了")

    (update,) = bot.updates()
    told = update["message"]
    assert (told["message_id"], told["from"], told["chat"], told["text"]) == (sent["message_id"], FROM, CHAT, "3号楼2单元电梯困人了")
    assert told.keys() == {"message_id", "from", "chat", "date", "text"}


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/start", [(0, 6)]),
        ("🚨 /help@anlin_rehearsal_bot 现在", [(3, 25)]),
        ("1/2 http://x/y", []),
        ("/a /b", [(0, 2), (3, 2)]),
    ],
)
def test_commands_are_marked_in_utf16_units(bot: Service, people: People, text: str, entities: list[tuple[int, int]]) -> None:
    people.send(text=text)

    told = bot.heard()["message"].get("entities", [])

    assert [(one["offset"], one["length"]) for one in told] == entities
    assert all(one["type"] == "bot_command" for one in told)


def test_ten_thousand_characters_come_in_parts(bot: Service, people: People) -> None:
    sent = people.send(text="水" * 10_000)

    assert [len(update["message"]["text"]) for update in bot.updates()] == [4096, 4096, 1808]
    assert len(sent["message_ids"]) == 3


def test_starting_carries_the_payload_of_a_link(bot: Service, people: People) -> None:
    people.post(f"accounts/{AN}/start", payload="poster-3_2")
    assert bot.heard()["message"]["text"] == "/start poster-3_2"

    people.post(f"accounts/{AN}/start")
    assert bot.heard()["message"]["text"] == "/start"
    assert people.post(f"accounts/{AN}/start", status=409, payload="三号楼")["error"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"location": {"latitude": 24.8, "longitude": 118.6}}, {"location": {"latitude": 24.8, "longitude": 118.6}}),
        ({"location": {"latitude": 0, "longitude": 0}}, {"location": {"latitude": 0, "longitude": 0}}),
        ({"contact": "own"}, {"contact": {"phone_number": "+99913800000004", "first_name": "小安", "user_id": AN}}),
        (
            {"contact": {"phone_number": "+99913800000009", "first_name": "妈"}},
            {"contact": {"phone_number": "+99913800000009", "first_name": "妈"}},
        ),
        (
            {"contact": {"phone_number": "+99913800000009", "first_name": "妈", "user_id": LE}},
            {"contact": {"phone_number": "+99913800000009", "first_name": "妈", "user_id": LE}},
        ),
        ({"raw": {"dice": {"emoji": "🎲", "value": 4}}}, {"dice": {"emoji": "🎲", "value": 4}}),
    ],
)
def test_what_is_no_text_comes_as_its_own_kind(bot: Service, people: People, fields: dict[str, Any], told: dict[str, Any]) -> None:
    people.send(**fields)

    body = bot.heard()["message"]

    assert {name: body[name] for name in body.keys() - {"message_id", "from", "chat", "date"}} == told


def test_a_sticker_carries_its_emoji(bot: Service, people: People) -> None:
    people.send(sticker="👍")

    sticker = bot.heard()["message"]["sticker"]
    assert (sticker["emoji"], sticker["type"], sticker["is_animated"]) == ("👍", "regular", False)
    assert bot.get("getFile", file_id=sticker["file_id"])["file_path"]


def test_an_edit_tells_the_new_words_under_the_old_id(bot: Service, people: People) -> None:
    first = people.send(text="三号楼")["message_id"]

    people.send(edit={"message_id": first, "text": "四号楼"})

    told = bot.heard()["edited_message"]
    assert (told["message_id"], told["text"], told["edit_date"] >= told["date"]) == (first, "四号楼", True)
    assert people.chat()["messages"][-1]["is_edited"]


def test_nobody_edits_the_bots_words(bot: Service, people: People) -> None:
    people.send(text="在吗")
    asked = bot.get("sendMessage", chat_id=AN, text="在。")["message_id"]

    assert people.send(status=409, edit={"message_id": asked, "text": "不在。"})["error"]


def test_a_reply_quotes_what_it_answers(bot: Service, people: People) -> None:
    people.send(text="在吗")
    asked = bot.get("sendMessage", chat_id=AN, text="哪栋楼？")["message_id"]

    people.send(text="三号楼", reply_to=asked)

    quoted = bot.heard()["message"]["reply_to_message"]
    assert (quoted["message_id"], quoted["text"], quoted["from"]["is_bot"]) == (asked, "哪栋楼？", True)


def test_a_pressed_button_tells_who_where_and_what(bot: Service, people: People) -> None:
    people.send(text="在吗")
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)

    pressed = people.press(asked["message_id"], "1:yes")

    told = bot.heard()["callback_query"]
    assert (told["id"], told["from"], told["data"]) == (pressed["query_id"], FROM, "1:yes")
    assert told["message"] == asked
    assert told["chat_instance"]


def test_a_button_on_a_post_that_the_bot_can_no_longer_read(bot: Service, people: People) -> None:
    people.send(text="在吗")
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)["message_id"]

    people.press(asked, "1:yes", inaccessible=True)

    assert bot.heard()["callback_query"]["message"] == {"chat": CHAT, "message_id": asked, "date": 0}


@pytest.mark.parametrize("data", ["1:maybe", ""])
def test_a_button_that_never_was_cannot_be_pressed(bot: Service, people: People, data: str) -> None:
    people.send(text="在吗")
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)["message_id"]

    assert people.press(asked, data, status=409)["error"]
    assert people.press(1, "1:yes", status=409)["error"]


def test_blocking_and_letting_in_again_are_told_once(bot: Service, people: People) -> None:
    people.post(f"accounts/{AN}/block")
    assert people.post(f"accounts/{AN}/block")["update_id"] is None
    assert people.send(status=409, text="在吗")["error"]
    people.post(f"accounts/{AN}/start")

    told = [update.get("my_chat_member") for update in bot.updates()]
    assert [(one["old_chat_member"]["status"], one["new_chat_member"]["status"]) for one in told[:2]] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    assert told[0]["new_chat_member"]["user"]["is_bot"]
    assert told[0]["from"] == FROM
    assert bot.heard()["message"]["text"] == "/start"


def test_an_update_of_an_unknown_kind_can_be_told(bot: Service, people: People) -> None:
    people.post("messenger/updates", kind="telepathy", body={"thought": "水管"})

    assert bot.heard() == {"telepathy": {"thought": "水管"}}


@pytest.mark.parametrize(
    ("account", "fields"),
    [
        (AN, {}),
        (AN, {"text": "  "}),
        (AN, {"photo": "x"}),
        (AN, {"photo": {"bytes_base64": "%"}}),
        (AN, {"photo": {"size": 65 * 1024 * 1024}}),
        (AN, {"location": {"latitude": 91, "longitude": 0}}),
        (AN, {"location": {"latitude": "1", "longitude": 0}}),
        (AN, {"contact": {"phone_number": "1"}}),
        (AN, {"raw": {}}),
        (AN, {"edit": "x"}),
        (AN, {"text": "x", "chat_id": "x"}),
        (PHONELESS, {"contact": "own"}),
    ],
)
def test_what_no_client_can_send_is_refused_in_words(people: People, account: int, fields: dict[str, Any]) -> None:
    assert people.send(account, status=400, **fields)["error"]


# Groups


def test_in_a_group_the_bot_hears_only_what_is_meant_for_it(bot: Service, people: People) -> None:
    people.post("groups", id=-7, title="三号楼", members=[AN, LE])
    joined = bot.heard()["my_chat_member"]
    assert (joined["chat"]["type"], joined["new_chat_member"]["status"]) == ("group", "member")
    asked = bot.get("sendMessage", chat_id=-7, text="请私下找我。")["message_id"]

    said = [
        people.send(chat_id=-7, **fields)["update_id"]
        for fields in ({"text": "今天停水"}, {"text": "/help"}, {"text": "@anlin_rehearsal_bot 在吗"}, {"text": "好", "reply_to": asked})
    ]

    assert [update is not None for update in said] == [False, True, True, True]
    assert bot.heard()["message"]["chat"] == {"id": -7, "title": "三号楼", "type": "group", "all_members_are_administrators": True}


@pytest.mark.parametrize("wish", ["request_contact", "request_location"])
def test_in_a_group_nobody_is_asked_for_a_number_or_a_place(bot: Service, people: People, wish: str) -> None:
    people.post("groups", id=-7, title="三号楼", members=[AN])

    told = bot.refused("sendMessage", chat_id=-7, text="x", reply_markup={"keyboard": [[{"text": "好", wish: True}]]})

    assert "can be requested in private chats only" in told["description"]


def test_a_group_that_was_left_refuses(bot: Service, people: People) -> None:
    people.post("groups", id=-7, title="三号楼", members=[AN])

    assert bot.get("leaveChat", chat_id=-7)

    assert bot.refused("sendMessage", chat_id=-7, text="x")["error_code"] == 403
    assert people.send(chat_id=-7, text="/help")["update_id"] is None
    assert bot.refused("leaveChat", chat_id=AN)["error_code"] == 400


def test_a_group_that_was_upgraded_tells_its_new_id(bot: Service, people: People) -> None:
    people.post("groups", id=-7, title="三号楼", members=[AN])

    grown = people.post("groups/-7/upgrade")["id"]

    told = bot.refused("sendMessage", chat_id=-7, text="x")
    assert (told["error_code"], told["parameters"]) == (400, {"migrate_to_chat_id": grown})
    assert [
        update["message"]["migrate_from_chat_id"]
        for update in bot.updates()
        if update.get("message", {}).get("chat", {}).get("id") == grown
    ] == [-7]
    assert bot.get("sendMessage", chat_id=grown, text="x")["chat"]["type"] == "supergroup"
    assert people.post("groups/-7/upgrade", status=409)["error"]
