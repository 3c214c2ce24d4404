"""The clock: the carrier's own and, through a signed webhook, the service's."""

from datetime import datetime, timedelta

import pytest
from twilio.rest import Client

from tests.channels.simulator.stage import MAINLAND, OURS, Desk, Ear

PATH = "/hooks/simulator/clock"


def test_moving_the_clock_tells_the_service(desk: Desk, ear: Ear) -> None:
    before = datetime.fromisoformat(desk.get("clock")["now"])

    moved = desk.post("clock", seconds=604800)

    (hook,) = ear.at(PATH)
    assert hook.is_genuine
    assert hook.form == {"seconds": "604800"}
    assert (moved["accepted"], moved["hook_status"], moved["ahead_seconds"]) == (True, 204, 604800)
    assert datetime.fromisoformat(moved["now"]) - before >= timedelta(weeks=1)


def test_a_service_that_refuses_is_told_apart(desk: Desk, ear: Ear) -> None:
    ear.answer(PATH, (404, "text/plain", "no such clock"))

    moved = desk.post("clock", seconds=60)

    assert (moved["accepted"], moved["hook_status"], moved["hook_body"]) == (False, 404, "no such clock")
    assert len(ear.heard) == 1


def test_a_clock_hook_is_never_tried_again(desk: Desk, ear: Ear) -> None:
    ear.answer(PATH, (0, "", ""))
    ear.deaf.set()

    assert desk.post("clock", seconds=60)["hook_status"] is None
    assert len(ear.at(PATH)) == 1


def test_texts_carry_the_moved_time(desk: Desk) -> None:
    desk.text("早")
    desk.post("clock", seconds=86400)
    desk.text("早")

    first, second = (datetime.fromisoformat(text["at"]) for text in desk.talk())
    assert second - first >= timedelta(days=1)


def test_a_day_later_the_same_words_pass_again(desk: Desk, client: Client) -> None:
    def status() -> str:
        sid = client.messages.create(to=MAINLAND, from_=OURS, body="今天还好吗").sid
        return str(client.messages(sid).fetch().status)

    assert [status() for _ in range(3)] == ["delivered", "delivered", "undelivered"]
    desk.post("clock", seconds=86400)
    assert status() == "delivered"


@pytest.mark.parametrize("seconds", [0, -1, 1.5, "60", True, None, 10**9])
def test_time_only_goes_on_in_whole_seconds(desk: Desk, ear: Ear, seconds: object) -> None:
    assert desk.post("clock", status=400, seconds=seconds)["error"]
    assert ear.heard == []
