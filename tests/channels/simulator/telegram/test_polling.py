"""getUpdates: what waits comes until it is confirmed, and a poll ends as soon as there is something to say."""

import threading
import time
from typing import Any

from channels.simulator.server import Simulator
from channels.simulator.telegram.hub import Ask
from tests.channels.simulator.stage import Ear
from tests.channels.simulator.telegram.stage import LE, People, Service


class Poll(threading.Thread):
    """One long poll on its way; `told` is what came back."""

    def __init__(self, bot: Service, **fields: Any) -> None:
        super().__init__(daemon=True)
        self.bot, self.fields = bot, fields
        self.told: dict[str, Any] = {}
        self.start()

    def run(self) -> None:
        self.told = self.bot.ask("getUpdates", **self.fields).json()

    def ended(self) -> dict[str, Any]:
        self.join(20)
        assert not self.is_alive()
        return self.told


def wait_until_held(people: People) -> None:
    ends = time.monotonic() + 10
    while not people.state()["is_polled"]:
        assert time.monotonic() < ends


def test_an_update_comes_again_until_it_is_confirmed(bot: Service, people: People) -> None:
    first, second = (people.send(text=text)["update_id"] for text in ("在吗", "有人吗"))

    assert [update["update_id"] for update in bot.updates()] == [first, second]
    assert [update["update_id"] for update in bot.updates()] == [first, second]
    assert [update["update_id"] for update in bot.updates(offset=first + 1)] == [second]
    assert [update["update_id"] for update in bot.updates()] == [second]
    assert bot.updates(offset=second + 1) == []
    assert second == first + 1


def test_a_negative_offset_keeps_the_newest_only(bot: Service, people: People) -> None:
    sent = [people.send(text=str(place))["update_id"] for place in range(4)]

    assert [update["update_id"] for update in bot.updates(offset=-2)] == sent[2:]
    assert [update["update_id"] for update in bot.updates()] == sent[2:]
    assert len(bot.updates(offset=-50)) == 2


def test_a_poll_brings_no_more_than_was_asked_for(bot: Service, people: People) -> None:
    for place in range(3):
        people.send(text=str(place))

    assert [update["message"]["text"] for update in bot.get("getUpdates", limit=2)] == ["0", "1"]
    assert len(bot.get("getUpdates", limit=0)) == 1


def test_an_empty_poll_waits_as_long_as_it_was_asked_to(bot: Service) -> None:
    began = time.monotonic()

    assert bot.get("getUpdates", timeout=1) == []

    assert 0.9 < time.monotonic() - began < 5


def test_a_new_update_releases_the_poll_at_once(bot: Service, people: People) -> None:
    poll = Poll(bot, timeout=30)
    wait_until_held(people)
    began = time.monotonic()

    people.send(text="电梯困人了")

    assert [update["message"]["text"] for update in poll.ended()["result"]] == ["电梯困人了"]
    assert time.monotonic() - began < 5


def test_a_second_poll_ends_the_first(bot: Service, people: People) -> None:
    first = Poll(bot, timeout=30)
    wait_until_held(people)
    second = Poll(bot, timeout=30)

    assert (first.ended()["error_code"], first.ended()["description"][:45]) == (409, "Conflict: terminated by other getUpdates requ")
    people.send(text="在吗")
    assert len(second.ended()["result"]) == 1


def test_a_webhook_ends_the_poll_and_forbids_another(bot: Service, people: People, ear: Ear) -> None:
    poll = Poll(bot, timeout=30)
    wait_until_held(people)

    bot.get("setWebhook", url=f"{ear.url}/hooks/telegram")

    assert poll.ended()["description"] == "Conflict: terminated by setWebhook request"
    assert bot.refused("getUpdates")["error_code"] == 409
    bot.get("deleteWebhook")
    assert bot.updates() == []


def test_only_the_kinds_that_were_asked_for_are_told(bot: Service, people: People) -> None:
    bot.get("getUpdates", allowed_updates=["message"])
    assert people.post(f"accounts/{LE}/block")["update_id"] is None
    people.post(f"accounts/{LE}/unblock")
    people.send(text="在吗")
    assert [update.keys() - {"update_id"} for update in bot.updates()] == [{"message"}]

    bot.get("getUpdates", allowed_updates=[])
    people.post(f"accounts/{LE}/block")
    people.post("messenger/updates", kind="chat_member", body={})
    assert [update.keys() - {"update_id"} for update in bot.updates()] == [{"message"}, {"my_chat_member"}]


def test_an_update_is_kept_for_a_day(bot: Service, people: People) -> None:
    people.send(text="昨天")
    people.post("clock", seconds=86_400)
    people.send(text="今天")

    assert [update["message"]["text"] for update in bot.updates()] == ["今天"]


def test_a_simulator_that_stops_lets_the_poll_go(simulator: Simulator, people: People) -> None:
    began = time.monotonic()
    held = threading.Thread(target=simulator.hub.poll, args=[Ask(timeout=30)])
    held.start()
    wait_until_held(people)

    simulator.hub.stop()
    held.join(10)

    assert not held.is_alive()
    assert time.monotonic() - began < 10


def test_a_box_that_starts_anew_goes_on_above_its_old_ids(people: People) -> None:
    sent = people.send(text="在吗")

    assert sent["update_id"] > 1_000_000
    assert sent["message_id"] > 1_000_000
    assert sent["message_id"] < 2**31
