"""What the bot may send and change, and what the platform refuses."""

from typing import Any

import pytest
import requests

from channels.simulator.server import Simulator
from tests.channels.simulator.telegram.stage import AN, LE, PHONELESS, TOKEN, YES_NO, People, Service


@pytest.fixture(autouse=True)
def greeted(people: People, bot: Service) -> None:
    """Both have written first, and the bot has heard it."""
    last = [people.post(f"accounts/{account}/start")["update_id"] for account in (AN, LE)][-1]
    bot.updates(offset=last + 1)


def buttons(*data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "好", "callback_data": one} for one in data]]}


def test_the_bot_knows_itself(bot: Service) -> None:
    me = bot.get("getMe")

    assert (me["id"], me["is_bot"], me["username"], me["can_read_all_group_messages"]) == (4242424242, True, "anlin_rehearsal_bot", False)


def test_a_text_stands_in_the_chat_as_it_was_sent(bot: Service, people: People) -> None:
    sent = bot.get("sendMessage", chat_id=AN, text=" 您的编号是 2041。\n", reply_markup=YES_NO, protect_content=True)

    shown = people.chat()["messages"][-1]
    assert shown["message_id"] == sent["message_id"]
    assert (shown["text"], shown["from_bot"], shown["reply_markup"], shown["has_protected_content"]) == (
        "您的编号是 2041。",
        True,
        YES_NO,
        True,
    )
    assert sent["chat"] == {"id": AN, "first_name": "小安", "username": "rehearsal_an", "type": "private"}
    assert sent["from"]["is_bot"]


@pytest.mark.parametrize("how", ["form", "address", "json"])
def test_a_method_reads_forms_addresses_and_json(simulator: Simulator, people: People, how: str) -> None:
    url, fields = f"{simulator.url}/bot{TOKEN}/sendmessage", {"chat_id": str(AN), "text": how}

    if how == "form":
        answer = requests.post(url, data={**fields, "reply_markup": '{"remove_keyboard":true}'}, timeout=5)
    elif how == "address":
        answer = requests.get(url, params=fields, timeout=5)
    else:
        answer = requests.post(url, json=fields, timeout=5)

    assert answer.json()["ok"]
    assert people.chat()["messages"][-1]["text"] == how


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"text": ""}, 400, "message text is empty"),
        ({"text": "   "}, 400, "message text is empty"),
        ({"text": "安" * 4097}, 400, "message is too long"),
        ({"text": "🚨" * 2049}, 400, "message is too long"),
        ({"text": "x", "chat_id": ""}, 400, "chat_id is empty"),
        ({"text": "x", "chat_id": 123}, 400, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, 400, "chat not found"),
        ({"text": "x", "parse_mode": "HTML"}, 400, "unsupported parse_mode"),
        ({"text": "\ud83d"}, 400, "strings must be encoded in UTF-8"),
        ({"text": "x", "reply_markup": "{"}, 400, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": [1]}, 400, "object expected as reply markup"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [{}]}}, 400, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": buttons("x" * 65)}, 400, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": buttons("安" * 22)}, 400, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": buttons("")}, 400, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "好"}]]}}, 400, "text buttons are unallowed"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "1"}]]}}, 400, 'field "text" must be'),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "好", "url": "x"}]]}}, 400, "BUTTON_URL_INVALID"),
        ({"text": "x", "reply_markup": buttons(*map(str, range(101)))}, 400, "reply markup is too long"),
        ({"text": "x", "reply_parameters": {"message_id": 1}}, 400, "message to be replied not found"),
    ],
)
def test_a_text_that_the_platform_would_not_take_is_refused(bot: Service, fields: dict[str, Any], code: int, words: str) -> None:
    told = bot.refused("sendMessage", **{"chat_id": AN, **fields})

    assert told["error_code"] == code
    assert words in told["description"]


@pytest.mark.parametrize("text", ["安" * 4096, "🚨" * 2048])
@pytest.mark.parametrize("data", ["x" * 64, "安" * 21])
def test_the_longest_that_fits_is_taken(bot: Service, text: str, data: str) -> None:
    assert bot.get("sendMessage", chat_id=AN, text=text, reply_markup=buttons(data))["text"] == text


def test_keys_stay_until_they_are_removed(bot: Service, people: People) -> None:
    keys = {"keyboard": [[{"text": "发送我的号码", "request_contact": True}], ["算了"]], "one_time_keyboard": True}

    asked = bot.get("sendMessage", chat_id=AN, text="您的号码？", reply_markup=keys)["message_id"]
    bot.get("sendMessage", chat_id=AN, text="不急。")
    assert people.chat()["keyboard_from"] == asked
    assert people.chat()["keyboard"]["keyboard"] == [[{"text": "发送我的号码", "request_contact": True}], [{"text": "算了"}]]

    bot.get("sendMessage", chat_id=AN, text="好。", reply_markup={"remove_keyboard": True})
    assert people.chat()["keyboard"] is None


def test_a_person_who_never_wrote_cannot_be_written_to(bot: Service, people: People) -> None:
    people.post("accounts", id=5, first_name="新")

    assert bot.refused("sendMessage", chat_id=5, text="x")["description"] == "Bad Request: chat not found"
    assert bot.get("sendMessage", chat_id=PHONELESS, text="x")


def test_a_person_who_blocked_the_bot_cannot_be_written_to(bot: Service, people: People) -> None:
    people.post(f"accounts/{AN}/block")
    for method, fields in (("sendMessage", {"text": "x"}), ("sendChatAction", {"action": "typing"})):
        told = bot.refused(method, chat_id=AN, **fields)
        assert told == {"error_code": 403, "description": "Forbidden: bot was blocked by the user"}

    people.post(f"accounts/{AN}/unblock")
    assert bot.get("sendMessage", chat_id=AN, text="x")


# Changing what was sent


def test_buttons_can_be_taken_away_and_an_old_one_still_be_pressed(bot: Service, people: People) -> None:
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)

    bot.get("editMessageReplyMarkup", chat_id=AN, message_id=asked["message_id"])

    shown = people.chat()["messages"][-1]
    assert ("reply_markup" in shown, shown["is_edited"]) == (False, False)
    people.press(asked["message_id"], "1:yes")
    pressed = bot.heard()["callback_query"]
    assert (pressed["data"], pressed["message"]["message_id"]) == ("1:yes", asked["message_id"])
    assert "reply_markup" not in pressed["message"]


def test_a_text_can_be_edited(bot: Service, people: People) -> None:
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)

    edited = bot.get("editMessageText", chat_id=AN, message_id=asked["message_id"], text="您说：是。")

    assert edited["edit_date"] >= edited["date"]
    assert [(post["text"], "reply_markup" in post) for post in people.chat()["messages"]][-1] == ("您说：是。", False)


def test_an_edit_that_changes_nothing_is_refused(bot: Service) -> None:
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)
    same = {"chat_id": AN, "message_id": asked["message_id"], "reply_markup": YES_NO}

    assert "message is not modified" in bot.refused("editMessageReplyMarkup", **same)["description"]
    assert "message is not modified" in bot.refused("editMessageText", text="您还好吗？", **same)["description"]


def test_only_what_the_bot_wrote_can_be_edited(bot: Service, people: People) -> None:
    theirs = people.send(text="在吗")["message_id"]
    asked = bot.get("sendMessage", chat_id=AN, text="x")["message_id"]

    assert "can't be edited" in bot.refused("editMessageText", chat_id=AN, message_id=theirs, text="y")["description"]
    assert "message to edit not found" in bot.refused("editMessageText", chat_id=LE, message_id=asked, text="y")["description"]


# Pressed buttons, actions, commands


def test_an_answer_to_a_pressed_button_is_shown_once(bot: Service, people: People) -> None:
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)
    query_id = people.press(asked["message_id"], "1:no")["query_id"]

    assert bot.heard()["callback_query"]["id"] == query_id
    assert bot.get("answerCallbackQuery", callback_query_id=query_id, text="记下了。", show_alert=True)

    (answer,) = people.chat()["answers"]
    assert (answer["query_id"], answer["text"], answer["show_alert"]) == (query_id, "记下了。", True)
    assert "query is too old" in bot.refused("answerCallbackQuery", callback_query_id=query_id)["description"]


def test_an_answer_that_comes_too_late_is_refused(bot: Service, people: People) -> None:
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)
    query_id = people.press(asked["message_id"], "1:no")["query_id"]
    people.post("clock", seconds=60)

    assert "query is too old" in bot.refused("answerCallbackQuery", callback_query_id=query_id)["description"]
    assert "query is too old" in bot.refused("answerCallbackQuery", callback_query_id="77")["description"]


def test_typing_shows_until_something_comes(bot: Service, people: People) -> None:
    bot.get("sendChatAction", chat_id=AN, action="typing")
    assert people.chat()["action"] == "typing"

    bot.get("sendMessage", chat_id=AN, text="您好。")
    assert people.chat()["action"] == ""
    assert "wrong parameter action" in bot.refused("sendChatAction", chat_id=AN, action="humming")["description"]


def test_the_menu_is_in_the_language_of_each(bot: Service, people: People) -> None:
    help_me, urgent = ({"command": "sos", "description": words} for words in ("一键求助", "Help me now"))
    bot.get("setMyCommands", commands=[help_me])
    bot.get("setMyCommands", commands=[urgent], language_code="en")

    assert (people.chat(AN)["commands"], people.chat(LE)["commands"]) == ([help_me], [urgent])
    assert bot.get("getMyCommands") == [help_me]
    refused = bot.refused("setMyCommands", commands=[{"command": "求助", "description": "x"}])
    assert refused["description"] == "Bad Request: BOT_COMMAND_INVALID"


# Who asks


@pytest.mark.parametrize("token", ["1:wrong", TOKEN + "x"])
def test_a_wrong_token_is_refused(simulator: Simulator, token: str) -> None:
    told = Service(simulator.url, token).refused("getMe")

    assert told == {"error_code": 401, "description": "Unauthorized"}
    assert requests.get(f"{simulator.url}/file/bot{token}/photos/file_0.jpg", timeout=5).status_code == 401


def test_an_unknown_method_is_refused(bot: Service) -> None:
    assert bot.refused("sendTelegram")["description"] == "Not Found: method not found"
