"""The service rings a phone, through the platform's own client library."""

from itertools import islice

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.simulator.calls.moving import APOLOGY
from channels.simulator.server import Simulator
from tests.channels.simulator.calls.stage import LISTENS, Telephone, ring, says
from tests.channels.simulator.stage import LANDLINE, MAINLAND, OTHER, OURS, RESIDENT, SID, Desk, Ear

PATH = "/prompt"
EVENTS = ["initiated", "ringing", "answered", "completed"]


def placed(client: Client, desk: Desk, ear: Ear, **fields: object) -> Telephone:
    """The phone that the service rings."""
    asked = {"to": RESIDENT, "from_": OURS, "url": ear.url + PATH, "status_callback": ear.url + "/course", **fields}
    return Telephone(desk, client.calls.create(**asked).sid)


def course(desk: Desk, ear: Ear) -> list[tuple[str, str]]:
    desk.settled()
    assert all(hook.is_genuine for hook in ear.at("/course"))
    return [(hook.form["CallStatus"], hook.form["SequenceNumber"]) for hook in ear.at("/course")]


def test_a_call_is_taken_in_in_the_platforms_shape(client: Client, ear: Ear) -> None:
    call = client.calls.create(to=RESIDENT, from_=OURS, url=ear.url + PATH)

    assert (call.sid[:2], len(call.sid)) == ("CA", 34)
    assert (call.status, call.direction, call.to, call.from_formatted) == ("queued", "outbound-api", RESIDENT, OURS)
    assert (call.answered_by, call.duration, call.start_time) == (None, None, None)
    assert client.calls(call.sid).fetch().status == "ringing"


def test_the_document_is_asked_for_once_somebody_has_picked_up(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS, path=PATH)
    phone = placed(client, desk, ear, status_callback_event=EVENTS)
    assert (phone.call["state"], ear.at(PATH)) == ("ringing", [])

    phone.do("pick_up")
    phone.do("press", digits="1#")

    (hook,) = ear.at(PATH)
    assert hook.is_genuine
    assert (hook.form["CallStatus"], hook.form["Direction"], hook.form["To"]) == ("in-progress", "outbound-api", RESIDENT)
    assert "AnsweredBy" not in hook.form
    assert ear.at("/heard")[0].form["Digits"] == "1"
    assert course(desk, ear) == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]


@pytest.mark.parametrize(("deed", "status"), [("busy", "busy"), ("no_answer", "no-answer"), ("failed", "failed"), ("silence", "no-answer")])
def test_a_call_that_nobody_takes_reports_only_its_end(client: Client, desk: Desk, ear: Ear, deed: str, status: str) -> None:
    phone = placed(client, desk, ear)

    phone.do(deed)

    assert course(desk, ear) == [(status, "0")]
    assert ear.at("/course")[0].form["CallDuration"] == "0"
    assert client.calls(phone.sid).fetch().status == status
    assert ear.at(PATH) == []


def test_the_document_may_come_along_with_the_call(client: Client, desk: Desk, ear: Ear) -> None:
    phone = placed(client, desk, ear, url=None, twiml=f"<Response>{LISTENS.replace('/heard', ear.url + '/heard')}</Response>")

    phone.do("pick_up")
    phone.do("speak", words="平安")

    assert ear.at("/heard")[0].form["SpeechResult"] == "平安"


def test_a_document_that_came_along_broken_is_an_apology(client: Client, desk: Desk, ear: Ear) -> None:
    phone = placed(client, desk, ear, url=None, twiml="<Response>")

    phone.do("pick_up")

    assert (phone.heard, phone.warnings, phone.call["status"]) == ([f"carrier say {APOLOGY}"], [12100], "completed")


# What picked up

DETECTED = [
    ("Enable", "pick_up", {}, "human"),
    ("Enable", "pick_up", {"answered_by": "unknown"}, "unknown"),
    ("Enable", "voicemail", {}, "machine_start"),
    ("DetectMessageEnd", "voicemail", {}, "machine_end_beep"),
    ("", "voicemail", {}, None),
]


@pytest.mark.parametrize(("detection", "deed", "fields", "by"), DETECTED)
def test_who_answered_is_told_when_it_was_asked_for(
    client: Client, desk: Desk, ear: Ear, detection: str, deed: str, fields: dict[str, str], by: str | None
) -> None:
    says(ear, "<Say>您好</Say>", path=PATH)
    phone = placed(client, desk, ear, machine_detection=detection)

    phone.do(deed, **fields)

    desk.settled()
    assert [hook.form.get("AnsweredBy") for hook in (*ear.at(PATH), *ear.at("/course"))] == [by, by]
    assert client.calls(phone.sid).fetch().answered_by == by


def test_a_machine_lets_every_wait_pass(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS + "<Say>没有听到</Say>" + LISTENS, path=PATH)
    phone = placed(client, desk, ear)

    phone.do("voicemail")

    assert [entry.split()[1] for entry in phone.heard] == ["say", "silence", "say", "say", "silence"]
    assert (phone.call["state"], ear.at("/heard")) == ("ended", [])


def test_the_greeting_of_a_machine_sounds_like_speech(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS, path=PATH)
    phone = placed(client, desk, ear)

    phone.do("voicemail", greeting="您好，我现在不方便接电话")

    assert ear.at("/heard")[0].form["SpeechResult"] == "您好，我现在不方便接电话"


def test_a_trouble_decides_what_becomes_of_a_call_after_the_request_is_answered(client: Client, desk: Desk, ear: Ear) -> None:
    desk.trouble("call_voicemail", number=RESIDENT, count=1)
    says(ear, "<Say>您好</Say>", path=PATH)

    phone = placed(client, desk, ear, machine_detection="Enable")

    assert course(desk, ear) == [("completed", "0")]
    assert (phone.call["answered_by"], len(ear.at(PATH))) == ("machine_start", 1)


# What is refused

REFUSED = [
    ({"to": ""}, 21201),
    ({"to": "110"}, 21211),
    ({"from_": ""}, 21213),
    ({"from_": OTHER}, 21210),
    ({"to": OURS}, 21266),
    ({"to": MAINLAND}, 21215),
    ({"url": None}, 21205),
    ({"url": "https://example.org/voice"}, 21205),
    ({"status_callback": "https://example.org/course"}, 21609),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED, ids=[str(code) for _, code in REFUSED])
def test_what_the_platform_refuses_is_refused_with_its_code(
    client: Client, desk: Desk, ear: Ear, fields: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        placed(client, desk, ear, **fields)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert client.calls.list() == []


def test_a_landline_can_be_rung(client: Client, desk: Desk, ear: Ear) -> None:
    assert placed(client, desk, ear, to=LANDLINE).call["state"] == "ringing"


@pytest.mark.parametrize("path", ["Calls.json", "Calls/CA0.json", "Recordings/RE0"])
def test_a_stranger_is_401(simulator: Simulator, path: str) -> None:
    answer = requests.get(f"{simulator.url}/2010-04-01/Accounts/{SID}/{path}", auth=(SID, "wrong"), timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_a_busy_platform_rings_nobody(client: Client, desk: Desk, ear: Ear) -> None:
    desk.trouble("throttled", seconds=3, count=1)

    with pytest.raises(TwilioRestException) as refused:
        placed(client, desk, ear)

    assert (refused.value.status, desk.get("calls")["calls"]) == (429, [])


# Changing a live call


def test_a_live_call_is_sent_elsewhere(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS, path=PATH)
    says(ear, "<Say>请马上下楼</Say>" + LISTENS, path="/urgent")
    phone = placed(client, desk, ear)
    phone.do("pick_up")

    client.calls(phone.sid).update(url=ear.url + "/urgent")
    assert phone.heard[-2:] == ["service say 请马上下楼", "service say 请讲。"]
    client.calls(phone.sid).update(twiml="<Response><Say>再见</Say></Response>")

    assert (phone.heard[-1], phone.call["status"]) == ("service say 再见", "completed")


def test_a_call_in_a_dial_is_sent_elsewhere_and_the_other_phone_let_go(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, f'<Dial action="/dialled">{OTHER}</Dial>')
    says(ear, "<Say>换人</Say>", path="/urgent")
    caller = ring(desk)
    called = caller.other()

    client.calls(caller.sid).update(url=ear.url + "/urgent")

    assert (caller.heard[-1], called.call["status"], ear.at("/dialled")) == ("service say 换人", "canceled", [])


@pytest.mark.parametrize(("asked", "picks_up", "status"), [("completed", True, "completed"), ("completed", False, "canceled")])
def test_the_service_ends_a_call(client: Client, desk: Desk, ear: Ear, asked: str, picks_up: bool, status: str) -> None:
    says(ear, LISTENS, path=PATH)
    phone = placed(client, desk, ear)
    if picks_up:
        phone.do("pick_up")

    assert client.calls(phone.sid).update(status=asked).status == status
    assert course(desk, ear)[-1][0] == status


def test_what_is_in_progress_cannot_be_cancelled(client: Client, desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS, path=PATH)
    phone = placed(client, desk, ear)
    phone.do("pick_up")

    assert client.calls(phone.sid).update(status="canceled").status == "in-progress"


def test_a_call_that_is_over_or_only_rings_cannot_be_sent_elsewhere(client: Client, desk: Desk, ear: Ear) -> None:
    phone = placed(client, desk, ear)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            client.calls(phone.sid).update(url=ear.url + PATH)
        assert refused.value.code == 21220
        if phone.call["state"] == "ringing":
            phone.do("busy")


def test_the_service_may_end_a_call_from_within_its_own_answer(client: Client, desk: Desk, ear: Ear) -> None:
    """The platform does not wait for a webhook before it takes another request."""
    says(ear, LISTENS)
    phone = ring(desk)
    answered = ear.take

    def end_meanwhile(request: object) -> tuple[int, str, str]:
        answer = answered(request)  # type: ignore[arg-type]
        if ear.heard[-1].url.endswith("/heard"):
            client.calls(phone.sid).update(status="completed")
        return answer

    ear.take = end_meanwhile  # type: ignore[method-assign,assignment]
    phone.do("speak", words="喂")

    assert phone.call["status"] == "completed"


# Reports and the log


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("receipts_lost", []),
        ("receipts_doubled", ["initiated", "initiated", "ringing", "ringing", "busy", "busy"]),
        ("receipts_reversed", ["busy", "ringing", "initiated"]),
    ],
)
def test_reports_come_as_a_trouble_lets_them(client: Client, desk: Desk, ear: Ear, kind: str, statuses: list[str]) -> None:
    desk.trouble(kind, count=1)

    placed(client, desk, ear, status_callback_event=EVENTS).do("busy")

    assert [status for status, _ in course(desk, ear)] == statuses


def test_reports_can_be_held(client: Client, desk: Desk, ear: Ear) -> None:
    desk.trouble("receipts_late", count=1)
    placed(client, desk, ear).do("busy")
    assert course(desk, ear) == []

    desk.post("release")

    assert course(desk, ear) == [("busy", "0")]


def test_the_log_is_listed_newest_first_and_filtered(client: Client, desk: Desk, ear: Ear) -> None:
    sids = [placed(client, desk, ear, to=to).sid for to in (RESIDENT, OTHER, RESIDENT)]
    Telephone(desk, sids[0]).do("busy")

    assert [call.sid for call in islice(client.calls.stream(page_size=2), 9)] == sids[::-1]
    assert [call.sid for call in client.calls.list(to=RESIDENT, status="ringing")] == [sids[2]]


def test_changes_of_calls_can_be_followed(client: Client, desk: Desk, ear: Ear) -> None:
    phone = placed(client, desk, ear)
    revision = phone.call["revision"]
    assert desk.get(f"calls?changed_after={revision}")["calls"] == []

    phone.do("busy")

    assert [call["status"] for call in desk.get(f"calls?changed_after={revision}")["calls"]] == ["busy"]
