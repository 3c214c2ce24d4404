"""Updates by webhook: signed with the secret, in order, and told again until they are taken."""

import pytest

from tests.channels.simulator.telegram.stage import Listener, People, Service

SECRET = "a-secret_of_ours"


def connect(bot: Service, listener: Listener, **fields: object) -> None:
    bot.get("setWebhook", url=f"{listener.url}/hooks/telegram", secret_token=SECRET, **fields)


def test_an_update_is_posted_with_the_secret(bot: Service, people: People, listener: Listener) -> None:
    connect(bot, listener)

    sent = people.send(text="3号楼2单元电梯困人了")
    people.all_told()

    assert listener.heard[0]["update_id"] == sent["update_id"]
    assert listener.heard[0]["message"]["text"] == "3号楼2单元电梯困人了"
    assert listener.secrets == [SECRET]


def test_without_a_secret_there_is_no_header(bot: Service, people: People, listener: Listener) -> None:
    bot.get("setWebhook", url=f"{listener.url}/hooks/telegram")

    people.send(text="在吗")
    people.all_told()

    assert listener.secrets == [None]


def test_what_was_not_taken_is_told_again_under_its_id_and_in_order(bot: Service, people: People, listener: Listener) -> None:
    listener.statuses.extend([503, 500, 302])
    connect(bot, listener)

    people.send(text="一")
    people.send(text="二")
    people.all_told()

    assert listener.texts() == ["一", "一", "一", "一", "二"]
    assert len({update["update_id"] for update in listener.heard}) == 2
    assert bot.get("getWebhookInfo")["last_error_message"] == "Wrong response from the webhook: 302 Found"


def test_what_waited_for_a_poll_is_told_to_the_new_webhook(bot: Service, people: People, listener: Listener) -> None:
    people.send(text="一")
    connect(bot, listener)
    people.all_told()
    bot.get("deleteWebhook")
    people.send(text="二")

    assert listener.texts() == ["一"]
    assert [update["message"]["text"] for update in bot.updates()] == ["二"]


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook"])
def test_what_waits_can_be_dropped(bot: Service, people: People, listener: Listener, method: str) -> None:
    people.send(text="一")

    bot.get(method, url=f"{listener.url}/x", drop_pending_updates=True)

    assert bot.get("getWebhookInfo")["pending_update_count"] == 0
    assert listener.heard == []


def test_the_state_of_the_webhook_is_told(bot: Service, listener: Listener) -> None:
    assert bot.get("getWebhookInfo") == {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    connect(bot, listener, max_connections=7, allowed_updates=["message", "callback_query"])

    told = bot.get("getWebhookInfo")

    assert (told["url"], told["max_connections"], told["allowed_updates"]) == (
        f"{listener.url}/hooks/telegram",
        7,
        ["callback_query", "message"],
    )


def test_nobody_there_is_an_error_that_is_told(bot: Service, people: People, listener: Listener) -> None:
    bot.get("setWebhook", url="http://127.0.0.1:9/")
    people.send(text="在吗")

    assert people.post("messenger/settle", timeout=0.2, status=504)["settled"] is False
    assert bot.get("getWebhookInfo")["last_error_message"] == "Connection refused"
    connect(bot, listener)
    people.all_told()
    assert listener.texts() == ["在吗"]


def test_the_public_address_of_the_service_is_found_on_this_machine(bot: Service, people: People, listener: Listener) -> None:
    bot.get("setWebhook", url="https://anlin.example/hooks/telegram", secret_token=SECRET)

    people.send(text="在吗")
    people.all_told()

    assert listener.texts() == ["在吗"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://example.org/hook"}, "an HTTPS URL must be provided"),
        ({"url": "https://example.org/hook"}, "failed to resolve host"),
        ({"url": "https://anlin.example.evil/hook"}, "failed to resolve host"),
        ({"url": "http://127.0.0.1:1/", "secret_token": "空 格"}, "unallowed characters"),
        ({"url": "http://127.0.0.1:1/", "secret_token": "x" * 257}, "too long"),
    ],
)
def test_a_webhook_that_the_platform_would_not_set_is_refused(bot: Service, fields: dict[str, str], words: str) -> None:
    assert words in bot.refused("setWebhook", **fields)["description"]


def test_each_change_says_what_became_of_it(bot: Service, listener: Listener) -> None:
    url = f"{listener.url}/hooks/telegram"

    said = [bot.ask(method, url=url).json()["description"] for method in ("setWebhook", "setWebhook", "deleteWebhook", "deleteWebhook")]

    assert said == ["Webhook was set", "Webhook is already set", "Webhook was deleted", "Webhook is already deleted"]


def test_the_same_update_can_come_twice(bot: Service, people: People, listener: Listener) -> None:
    people.goes_wrong("update_doubled", count=1)
    connect(bot, listener)

    people.send(text="一")
    people.send(text="二")
    people.all_told()

    assert listener.texts() == ["一", "一", "二"]


def test_a_forged_update_comes_before_the_genuine_one(bot: Service, people: People, listener: Listener) -> None:
    people.goes_wrong("secret_forged", count=1)
    connect(bot, listener)

    people.send(text="一")
    people.all_told()

    assert [secret == SECRET for secret in listener.secrets] == [False, True]
