"""Misbehaviour on demand: each trouble, for whom, and how often."""

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.simulator.faults import ANSWER, FAMILIES, Fault, Faults, Trouble
from channels.simulator.server import Simulator
from tests.channels.simulator.stage import OTHER, OURS, RESIDENT, SID, TOKEN, Desk, Ear, client_of


def post(simulator: Simulator, to: str = RESIDENT) -> requests.Response:
    form = {"To": to, "From": OURS, "Body": "hello"}
    return requests.post(f"{simulator.url}/2010-04-01/Accounts/{SID}/Messages.json", form, auth=(SID, TOKEN), timeout=10)


def test_every_trouble_belongs_to_one_family() -> None:
    assert sorted(trouble for family in FAMILIES.values() for trouble in family) == sorted(Trouble)


def test_too_many_requests_says_when_to_come_back(simulator: Simulator, desk: Desk) -> None:
    desk.trouble("throttled", seconds=7, count=1)

    answer = post(simulator)

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, 20429, "7")
    assert post(simulator).status_code == 201


def test_a_broken_platform_answers_500_in_json(simulator: Simulator, desk: Desk, client: Client) -> None:
    desk.trouble("server_error", count=1)

    assert (post(simulator).status_code, client.messages.list()) == (500, [])


def test_a_page_in_place_of_json_calls_itself_a_success(simulator: Simulator, desk: Desk, client: Client) -> None:
    desk.trouble("html", count=1)

    answer = post(simulator)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert client.messages.list() == []


def test_a_slow_platform_carries_the_text_all_the_same(simulator: Simulator, desk: Desk, client: Client) -> None:
    desk.trouble("timeout", seconds=0.3, count=2)
    began = time.monotonic()

    assert post(simulator).status_code == 201
    assert time.monotonic() - began >= 0.3
    with pytest.raises(requests.Timeout):
        client_of(simulator, timeout=0.05).messages.create(to=RESIDENT, from_=OURS, body="hello")


def test_a_line_cut_before_the_answer_has_carried_the_text(simulator: Simulator, desk: Desk, client: Client) -> None:
    desk.trouble("dropped", count=1)

    with pytest.raises(requests.ConnectionError):
        post(simulator)

    assert len(client.messages.list()) == 1
    assert post(simulator).status_code == 201


@pytest.mark.parametrize(("kind", "code"), [("blocked", 21610), ("landline", 21614)])
def test_a_number_refuses(desk: Desk, client: Client, kind: str, code: int) -> None:
    desk.trouble(kind, number=RESIDENT)

    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=RESIDENT, from_=OURS, body="hello")

    assert refused.value.code == code
    assert client.messages.create(to=OTHER, from_=OURS, body="hello").sid


def test_a_webhook_posted_twice_is_the_same_text(desk: Desk, ear: Ear) -> None:
    desk.trouble("webhook_doubled", count=1)

    said = desk.text("你好")

    assert said["hook_statuses"] == [204, 204]
    assert len(ear.heard) == 2
    assert ear.heard[0] == ear.heard[1]


def test_a_forged_webhook_has_a_wrong_signature(desk: Desk, ear: Ear) -> None:
    desk.trouble("webhook_forged", count=1)

    desk.text("你好")
    desk.text("你好")

    assert [hook.is_genuine for hook in ear.heard] == [False, True]


def test_a_fault_for_one_number_leaves_the_others_alone(simulator: Simulator, desk: Desk) -> None:
    desk.trouble("server_error", number=RESIDENT)

    assert [post(simulator, to).status_code for to in (RESIDENT, OTHER, RESIDENT)] == [500, 201, 500]


def test_clearing_makes_everything_right(simulator: Simulator, desk: Desk) -> None:
    desk.trouble("server_error")
    requests.delete(f"{simulator.url}/control/faults", json={}, timeout=5)

    assert post(simulator).status_code == 201
    assert desk.get("faults")["faults"] == []


def test_faults_are_used_up_in_the_order_in_which_they_were_asked_for() -> None:
    faults = Faults()
    faults.add(Fault(Trouble.THROTTLED, left=2))
    faults.add(Fault(Trouble.HTML, left=1))
    faults.add(Fault(Trouble.RECEIPTS_LOST))

    taken = [faults.take(ANSWER, RESIDENT) for _ in range(4)]

    assert [fault and fault.trouble for fault in taken] == [Trouble.THROTTLED, Trouble.THROTTLED, Trouble.HTML, None]
    assert faults.listed() == (Fault(Trouble.RECEIPTS_LOST),)


@pytest.mark.parametrize(
    "asked",
    [{}, {"kind": "plague"}, {"kind": "html", "count": 0}, {"kind": "html", "count": "3"}, {"kind": "timeout", "seconds": 0}],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(desk: Desk, asked: dict[str, object]) -> None:
    assert desk.post("faults", status=400, **asked)["error"]
