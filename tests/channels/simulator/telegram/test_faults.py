"""Misbehaviour of the messenger on demand: each trouble, where, and how often."""

import time

import pytest
import requests

from channels.simulator.server import Simulator
from channels.simulator.telegram.faults import FAMILIES, Fault, Faults, Trouble
from tests.channels.simulator.telegram.stage import AN, LE, PIXEL, TOKEN, People, Service


@pytest.fixture(autouse=True)
def open_chats(people: People, bot: Service) -> None:
    last = [people.send(account, text="在吗")["update_id"] for account in (AN, LE)][-1]
    bot.updates(offset=last + 1)


def send(bot: Service, chat_id: int = AN) -> requests.Response:
    return bot.ask("sendMessage", chat_id=chat_id, text="您好")


def test_every_trouble_belongs_to_one_family() -> None:
    assert sorted(trouble for family in FAMILIES.values() for trouble in family) == sorted(Trouble)


def test_too_many_requests_says_when_to_come_back(bot: Service, people: People) -> None:
    people.goes_wrong("throttled", seconds=7, count=1)

    answer = send(bot)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["parameters"] == {"retry_after": 7}
    assert answer.json()["description"] == "Too Many Requests: retry after 7"
    assert send(bot).ok


@pytest.mark.parametrize(("kind", "code"), [("blocked", 403), ("deactivated", 403), ("chat_not_found", 400), ("server_error", 500)])
def test_a_request_is_refused(bot: Service, people: People, kind: str, code: int) -> None:
    people.goes_wrong(kind, chat_id=AN)

    assert bot.refused("sendMessage", chat_id=AN, text="x")["error_code"] == code
    assert send(bot, LE).ok
    assert bot.get("getMe")


def test_a_trouble_of_all_chats_leaves_what_concerns_no_chat_alone(bot: Service, people: People) -> None:
    people.goes_wrong("blocked", count=2)

    assert bot.get("getMe")
    assert [send(bot, chat).status_code for chat in (AN, LE, AN)] == [403, 403, 200]


def test_a_gateway_answers_with_a_page(bot: Service, people: People) -> None:
    people.goes_wrong("bad_gateway", count=1)

    answer = send(bot)

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
    assert len(people.chat()["messages"]) == 1


def test_a_slow_platform_carries_the_text_all_the_same(bot: Service, people: People) -> None:
    people.goes_wrong("timeout", seconds=0.3, count=1)
    began = time.monotonic()

    assert send(bot).ok
    assert time.monotonic() - began >= 0.3


def test_a_line_cut_before_the_answer_has_carried_the_text(bot: Service, people: People) -> None:
    people.goes_wrong("dropped", count=1)

    with pytest.raises(requests.ConnectionError):
        send(bot)

    assert len(people.chat()["messages"]) == 2


def test_a_poll_is_spared_unless_it_is_named(bot: Service, people: People) -> None:
    people.goes_wrong("server_error", count=1)
    assert bot.updates() == []
    assert send(bot).status_code == 500

    people.goes_wrong("throttled", method="getUpdates", count=1)
    assert send(bot).ok
    assert bot.refused("getUpdates")["error_code"] == 429


def test_a_file_can_fail_on_its_way(simulator: Simulator, bot: Service, people: People) -> None:
    people.send(photo={"bytes_base64": PIXEL})
    path = bot.get("getFile", file_id=bot.heard()["message"]["photo"][-1]["file_id"])["file_path"]
    people.goes_wrong("bad_gateway", method="file", count=1)

    got = [requests.get(f"{simulator.url}/file/bot{TOKEN}/{path}", timeout=5).status_code for _ in range(2)]

    assert got == [502, 200]


def test_clearing_makes_everything_right(simulator: Simulator, bot: Service, people: People) -> None:
    people.goes_wrong("server_error")
    assert people.state()["faults"] == [{"kind": "server_error", "chat_id": None, "method": "", "left": None, "seconds": 5.0}]
    requests.delete(f"{simulator.url}/control/messenger/faults", json={}, timeout=5)

    assert send(bot).ok
    assert people.state()["faults"] == []


def test_faults_are_used_up_in_the_order_in_which_they_were_asked_for() -> None:
    faults, family = Faults(), frozenset(Trouble)
    faults.add(Fault(Trouble.THROTTLED, left=2))
    faults.add(Fault(Trouble.BLOCKED, chat_id=AN, left=1))

    taken = [faults.take(family, "sendMessage", chat_id=AN) for _ in range(4)]

    assert [fault and fault.trouble for fault in taken] == [Trouble.THROTTLED, Trouble.THROTTLED, Trouble.BLOCKED, None]


@pytest.mark.parametrize(
    "asked",
    [{}, {"kind": "plague"}, {"kind": "blocked", "count": 0}, {"kind": "blocked", "chat_id": "x"}, {"kind": "timeout", "seconds": 0}],
)
def test_a_fault_that_makes_no_sense_is_refused_in_words(people: People, asked: dict[str, object]) -> None:
    assert people.post("messenger/faults", status=400, **asked)["error"]
