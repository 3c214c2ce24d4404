"""The control API and who may call it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from twilio.rest import Client

import channels.simulator
from channels.simulator.__main__ import main
from channels.simulator.page_words import LANGUAGES, words_in
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from tests.channels.simulator.stage import OTHER, OURS, PHONES, RESIDENT, Desk, Ear, running


def test_the_phones_are_listed_with_the_last_text_of_each(desk: Desk) -> None:
    said = desk.text("你好")

    phones = {phone["number"]: phone for phone in desk.get("phones")["phones"]}

    assert list(phones) == [phone.number for phone in PHONES]
    assert (phones[RESIDENT]["last_id"], phones[OTHER]["last_id"]) == (said["id"], 0)


def test_a_phone_can_be_added_and_renamed(desk: Desk) -> None:
    desk.post("phones", number="+99913900000000", label="丁", kind="grid_worker")
    desk.post("phones", number="+99913900000000", label="戊", kind="resident")

    assert desk.get("phones")["phones"][-1] == {"number": "+99913900000000", "label": "戊", "kind": "resident", "last_id": 0}


@pytest.mark.parametrize(
    "fields",
    [{"number": "13800000000", "label": "x"}, {"number": OURS, "label": "x"}, {"number": "+99913900000000", "kind": "fax"}, {}],
)
def test_a_phone_that_makes_no_sense_is_refused_in_words(desk: Desk, fields: dict[str, str]) -> None:
    assert desk.post("phones", status=400, **fields)["error"]


def test_a_talk_holds_both_directions_in_order(desk: Desk, client: Client) -> None:
    first = desk.text("你好")
    client.messages.create(to=RESIDENT, from_=OURS, body="您好")
    client.messages.create(to=OTHER, from_=OURS, body="not yours")

    assert [(text["direction"], text["body"]) for text in desk.talk()] == [("inbound", "你好"), ("outbound-api", "您好")]
    assert [text["body"] for text in desk.talk(after=first["id"])] == ["您好"]


def test_a_talk_can_be_followed_by_its_changes(desk: Desk, client: Client) -> None:
    sid = client.messages.create(to=RESIDENT, from_=OURS, body="private").sid
    (text,) = desk.talk()
    newest = f"phones/{RESIDENT}/texts?changed_after={text['revision']}"
    assert desk.get(newest)["texts"] == []

    client.messages(sid).update(body="")

    assert [(changed["id"], changed["body"]) for changed in desk.get(newest)["texts"]] == [(text["id"], "")]


@pytest.mark.parametrize(
    "media",
    [
        "x",
        [{}],
        [{"content_type": "image/png", "bytes_base64": "%"}],
        [{"content_type": "image/png", "size": 65 * 1024 * 1024, "bytes_base64": 1}],
    ],
)
def test_a_picture_that_makes_no_sense_is_refused_in_words(desk: Desk, media: object) -> None:
    assert desk.post("texts", status=400, **{"from": RESIDENT, "body": "", "media": media})["error"]


def test_the_page_can_show_a_picture_but_never_run_it(simulator: Simulator, desk: Desk) -> None:
    desk.text("", media=[{"content_type": "text/html", "bytes_base64": "PHNjcmlwdD4="}])
    (text,) = desk.talk()

    got = requests.get(simulator.url + text["media"][0]["url"], timeout=5)

    assert got.content == b"<script>"
    assert "script-src 'self'" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"


# Who may call


@pytest.mark.parametrize("path", ["texts", "phones", "faults", "release", "settle", "clock"])
def test_a_form_of_some_other_site_is_refused(simulator: Simulator, ear: Ear, path: str) -> None:
    answer = requests.post(f"{simulator.url}/control/{path}", data={"from": RESIDENT, "body": "x", "seconds": 1}, timeout=5)

    assert answer.status_code == 415
    assert ear.heard == []


@pytest.mark.parametrize(("host", "status"), [("evil.example", 403), ("evil.example:80", 403), ("localhost:1", 200), ("[::1]:1", 200)])
def test_a_name_that_was_pointed_here_is_refused(simulator: Simulator, host: str, status: int) -> None:
    assert requests.get(f"{simulator.url}/control/phones", headers={"Host": host}, timeout=5).status_code == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_the_simulator_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Simulator(SimulatorSettings("AC0", "t", (OURS,), host=host))


def test_the_name_of_this_machine_is_an_address_too(ear: Ear) -> None:
    with running(ear, host="localhost") as simulator:
        assert requests.get(f"{simulator.url}/healthz", timeout=5).ok


def test_a_stopped_simulator_does_not_answer(ear: Ear) -> None:
    simulator = Simulator(SimulatorSettings("AC0", "t", (OURS,), service_url=ear.url))
    simulator.start()
    assert requests.get(f"{simulator.url}/healthz", timeout=5).json() == {"status": "ok"}

    simulator.stop()

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{simulator.url}/healthz", timeout=5)


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--service", "https://anlin.example"], ["--number", ""]])
def test_the_command_refuses_other_machines_in_words(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main([*arguments, "--port", "0"])

    assert isinstance(refused.value.code, str)


# The package


def test_the_simulator_imports_nothing_of_ours() -> None:
    package = Path(channels.simulator.__file__).parent
    ours = {"bot", "channels", "workflows", "locales", "tests"}

    for path in package.rglob("*.py"):
        for name in imported_by(path):
            assert name.startswith("channels.simulator") or name.partition(".")[0] not in ours, f"{path.name} imports {name}"


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_word_of_the_page_is_there_in_each_language() -> None:
    for language in LANGUAGES:
        assert all(words_in(language).values())
