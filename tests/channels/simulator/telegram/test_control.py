"""The control API of the messenger, and who may call it."""

import pytest
import requests

from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram.accounts import account_from, bot_of, invented_token
from channels.simulator.telegram.demo import DEMO_ACCOUNTS
from channels.simulator.telegram.words import words_in
from tests.channels.simulator.stage import OURS
from tests.channels.simulator.telegram.stage import ACCOUNTS, AN, PHONELESS, YES_NO, People, Service


def test_the_accounts_are_listed_with_how_they_stand_with_the_bot(people: People) -> None:
    said = people.send(text="你好")["message_id"]

    told = people.get("accounts")
    listed = {account["id"]: account for account in told["accounts"]}

    assert list(listed) == [account.id for account in ACCOUNTS]
    assert (listed[AN]["last_id"], listed[AN]["has_started"], listed[AN]["is_blocked"]) == (said, True, False)
    assert listed[PHONELESS]["last_id"] == 0
    assert told["bot"]["username"] == "anlin_rehearsal_bot"


def test_an_account_can_be_added_and_renamed(people: People) -> None:
    people.post("accounts", id=9, first_name="丁", phone="+99913900000000", label="网格员丁")
    people.post("accounts", id=9, first_name="戊", username="@wu")

    assert people.get("accounts")["accounts"][-1] == {
        "id": 9,
        "first_name": "戊",
        "username": "wu",
        "language_code": "zh-hans",
        "phone": "",
        "label": "戊",
        "has_started": False,
        "is_blocked": False,
        "last_id": 0,
    }


@pytest.mark.parametrize(
    "fields", [{}, {"id": "9"}, {"id": 0}, {"id": -4}, {"id": 2**52}, {"id": 9}, {"id": 9, "first_name": "x", "phone": "x"}]
)
def test_an_account_that_makes_no_sense_is_refused_in_words(people: People, fields: dict[str, object]) -> None:
    assert people.post("accounts", status=400, **fields)["error"]


def test_the_bot_is_nobodys_account(people: People) -> None:
    assert people.post("accounts", status=400, id=4242424242, first_name="x")["error"]


@pytest.mark.parametrize("fields", [{}, {"id": 7, "members": [AN]}, {"id": -7, "members": []}, {"id": -7, "members": ["x"]}])
def test_a_group_that_makes_no_sense_is_refused_in_words(people: People, fields: dict[str, object]) -> None:
    assert people.post("groups", status=400, **fields)["error"]


def test_a_talk_can_be_read_on_and_followed_by_its_changes(bot: Service, people: People) -> None:
    first = people.send(text="你好")["message_id"]
    asked = bot.get("sendMessage", chat_id=AN, text="您还好吗？", reply_markup=YES_NO)["message_id"]

    posts = people.chat()["messages"]
    assert [post["message_id"] for post in posts] == [first, asked]
    assert [post["message_id"] for post in people.chat(query=f"after={first}")["messages"]] == [asked]
    newest = f"changed_after={max(post['revision'] for post in posts)}"
    assert people.chat(query=newest)["messages"] == []
    bot.get("editMessageReplyMarkup", chat_id=AN, message_id=asked)
    assert [post["message_id"] for post in people.chat(query=newest)["messages"]] == [asked]


def test_what_the_service_has_not_taken_yet_is_marked(bot: Service, people: People) -> None:
    first, second = (people.send(text=text) for text in ("一", "二"))
    assert people.chat()["waiting"] == [first["message_id"], second["message_id"]]
    assert people.state()["pending"] == 2

    bot.updates(offset=first["update_id"] + 1)

    assert people.chat()["waiting"] == [second["message_id"]]


def test_nobody_talks_from_an_account_that_is_not_there(people: People, simulator: Simulator) -> None:
    assert people.send(12, status=404, text="x")["error"]
    assert people.post("accounts/12/start", status=409)["error"]
    assert requests.get(f"{simulator.url}/control/accounts/12/messages", timeout=5).status_code == 404
    assert requests.get(f"{simulator.url}/control/accounts/{AN}/files/x", timeout=5).status_code == 404


@pytest.mark.parametrize("path", ["accounts", f"accounts/{AN}/send", f"accounts/{AN}/block", "groups", "messenger/faults"])
def test_a_form_of_some_other_site_is_refused(simulator: Simulator, path: str) -> None:
    assert requests.post(f"{simulator.url}/control/{path}", data={"text": "x"}, timeout=5).status_code == 415


def test_a_token_is_invented_when_none_is_given() -> None:
    first, second = (SimulatorSettings("AC0", "t", (OURS,)).telegram_token for _ in range(2))

    assert first != second
    assert bot_of(first, username="x", first_name="x").id == int(first.partition(":")[0])


@pytest.mark.parametrize("token", ["", "x", "0:" + "a" * 35, "1:short", "1:" + "安" * 35])
def test_what_is_no_token_is_refused_in_words(token: str) -> None:
    with pytest.raises(ValueError, match="A bot's token is"):
        Simulator(SimulatorSettings("AC0", "t", (OURS,), telegram_token=token))


def test_the_demo_accounts_are_accounts() -> None:
    for account in DEMO_ACCOUNTS:
        fields = {
            name: getattr(account, name) for name in ("id", "first_name", "username", "language_code", "phone", "label", "has_started")
        }
        assert account_from(fields) == account
        assert account.phone.startswith("+999")
    assert bot_of(invented_token(), username="x", first_name="x")


def test_every_word_of_the_page_is_there_in_each_language() -> None:
    for language in ("zh-CN", "en"):
        assert all(words_in(language).values())
