"""Receipts: signed, in order, and every way in which they may go wrong."""

import pytest
from twilio.rest import Client

from channels.simulator.server import Simulator
from tests.channels.simulator.stage import OTHER, OURS, RESIDENT, SID, Desk, Ear


def send(client: Client, ear: Ear, to: str = RESIDENT, fragment: str = "") -> str:
    return str(client.messages.create(to=to, from_=OURS, body="hello", status_callback=f"{ear.url}/status?delivery=7{fragment}").sid)


def statuses(ear: Ear) -> list[str]:
    return [hook.form["MessageStatus"] for hook in ear.heard]


def test_each_step_is_reported_and_signed(client: Client, desk: Desk, ear: Ear) -> None:
    sid = send(client, ear, fragment="#rc=3&rp=all")
    desk.settled()

    assert statuses(ear) == ["queued", "sent", "delivered"]
    assert all(hook.is_genuine and hook.url == f"{ear.url}/status?delivery=7" for hook in ear.heard)
    last = ear.heard[-1].form
    assert (last["MessageSid"], last["AccountSid"], last["From"], last["To"]) == (sid, SID, OURS, RESIDENT)
    assert "ErrorCode" not in last
    assert len({hook.token for hook in ear.heard}) == 3


def test_nothing_is_reported_when_nobody_asked(client: Client, desk: Desk, ear: Ear) -> None:
    client.messages.create(to=RESIDENT, from_=OURS, body="hello")
    desk.settled()

    assert ear.heard == []


def test_a_receipt_is_posted_again_as_its_address_says(client: Client, desk: Desk, ear: Ear) -> None:
    ear.answer("/status?delivery=7", (503, "text/plain", ""))

    send(client, ear, fragment="#rc=3&rp=5xx")
    desk.settled()

    assert statuses(ear) == ["queued", "queued", "sent", "delivered"]


@pytest.mark.parametrize(("kind", "code"), [("unreachable", "30003"), ("filtered", "30007"), ("unknown", "30008")])
def test_a_text_that_is_lost_on_its_way_says_why(client: Client, desk: Desk, ear: Ear, kind: str, code: str) -> None:
    desk.trouble(kind)

    sid = send(client, ear)
    desk.settled()

    assert statuses(ear) == ["queued", "sent", "undelivered"]
    assert [hook.form.get("ErrorCode") for hook in ear.heard] == [None, None, code]
    assert client.messages(sid).fetch().error_code == int(code)
    assert [text["arrived"] for text in desk.talk()] == [False]


TROUBLES = [
    ("receipts_doubled", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
    ("receipts_reversed", ["delivered", "sent", "queued"]),
    ("receipts_lost", []),
    ("receipts_late", []),
]


@pytest.mark.parametrize(("kind", "expected"), TROUBLES)
def test_receipts_go_wrong_as_asked_and_right_again_afterwards(
    client: Client, desk: Desk, ear: Ear, kind: str, expected: list[str]
) -> None:
    desk.trouble(kind, count=1)

    send(client, ear)
    desk.settled()
    assert statuses(ear) == expected

    ear.heard.clear()
    send(client, ear)
    desk.settled()
    assert statuses(ear) == ["queued", "sent", "delivered"]


def test_late_receipts_come_when_they_are_released(client: Client, desk: Desk, ear: Ear) -> None:
    desk.trouble("receipts_late", number=RESIDENT)
    sid = send(client, ear)
    send(client, ear, OTHER)
    desk.settled()
    assert {hook.form["To"] for hook in ear.heard} == {OTHER}
    assert desk.get("faults")["held"] == 3

    ear.heard.clear()
    assert desk.post("release") == {"released": 3}
    desk.settled()

    assert statuses(ear) == ["queued", "sent", "delivered"]
    assert {hook.form["MessageSid"] for hook in ear.heard} == {sid}
    assert desk.post("release") == {"released": 0}


def test_a_text_is_delivered_even_when_its_receipt_is_lost(client: Client, desk: Desk, ear: Ear) -> None:
    desk.trouble("receipts_lost")

    assert client.messages(send(client, ear)).fetch().status == "delivered"


def test_settling_gives_up_when_the_service_is_deaf(client: Client, desk: Desk, ear: Ear, simulator: Simulator) -> None:
    ear.answer("/status?delivery=7", (0, "", ""))
    send(client, ear)

    assert desk.post("settle", status=504, timeout=0.05) == {"settled": False}
    ear.deaf.set()
    desk.settled()
