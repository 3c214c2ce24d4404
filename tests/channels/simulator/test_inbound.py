"""A phone texts the service: the webhook, its retries, the carrier's keywords, what the service may answer."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.simulator.server import Simulator
from channels.simulator.webhooks import overrides_of
from tests.channels.simulator.stage import LANDLINE, MAINLAND, OTHER, OURS, RESIDENT, SID, Desk, Ear, client_of, running

PATH = "/hooks/twilio/sms"


def test_a_text_reaches_the_service_as_the_platform_posts_it(desk: Desk, ear: Ear) -> None:
    said = desk.text("三号楼二单元电梯困人了")

    (hook,) = ear.at(PATH)
    assert hook.is_genuine
    assert hook.form == {
        "MessageSid": said["sid"],
        "SmsMessageSid": said["sid"],
        "SmsSid": said["sid"],
        "SmsStatus": "received",
        "AccountSid": SID,
        "From": RESIDENT,
        "To": OURS,
        "Body": "三号楼二单元电梯困人了",
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
        **{f"{end}{what}": "" for end in ("From", "To") for what in ("Country", "State", "City", "Zip")},
    }
    assert (said["hook_status"], said["attempts"], said["error_code"]) == (204, 1, None)


def test_the_signature_covers_the_public_address_when_that_differs(ear: Ear) -> None:
    with running(ear, public_url="https://anlin.example") as simulator:
        Desk(simulator.url).text("你好")

    (hook,) = ear.heard
    assert hook.url == ear.url + PATH
    assert not hook.is_genuine
    assert type(hook)("https://anlin.example" + PATH, hook.form, hook.signature, hook.token).is_genuine


def test_the_service_may_move_to_another_port(simulator: Simulator, desk: Desk, ear: Ear) -> None:
    simulator.service_url = "http://127.0.0.1:9"
    assert desk.text("你好")["hook_status"] is None

    simulator.service_url = ear.url
    assert desk.text("你好")["hook_status"] == 204


@pytest.mark.parametrize("url", ["http://example.org", "http://10.0.0.1:8000", "ftp://127.0.0.1", "127.0.0.1:8000", "http://[::1"])
def test_a_service_on_another_machine_is_refused(simulator: Simulator, url: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        simulator.service_url = url


# Retries (connection overrides)

OVERRIDES = [
    ("", 1, {"ct"}),
    ("#rc=3&rp=all", 3, {"all"}),
    ("#rc=0", 0, {"ct"}),
    ("#rc=9", 1, {"ct"}),
    ("#rc=x&rp=4xx,5xx", 1, {"4xx", "5xx"}),
]


@pytest.mark.parametrize(("fragment", "retries", "retried"), OVERRIDES)
def test_the_fragment_of_an_address_is_read_and_taken_off(fragment: str, retries: int, retried: set[str]) -> None:
    bare, overrides = overrides_of("http://127.0.0.1/hook?a=b" + fragment)

    assert bare == "http://127.0.0.1/hook?a=b"
    assert (overrides.retries, overrides.retried) == (retries, retried)


def test_times_in_the_fragment_are_milliseconds() -> None:
    _, overrides = overrides_of("http://127.0.0.1/#ct=3000&rt=1500&tt=20000")

    assert (overrides.connect_timeout, overrides.read_timeout, overrides.total_time) == (3.0, 1.5, 15.0)


RETRIES = [
    ("#rc=3&rp=all", [503, 503], 3, 204),
    ("#rc=3&rp=all", [404, 302, 500], 4, 204),
    ("#rc=3&rp=5xx", [503, 404], 2, 404),
    ("#rc=1&rp=all", [503, 503, 503], 2, 503),
    ("#rc=5", [503], 1, 503),
    ("", [503], 1, 503),
]


@pytest.mark.parametrize(("fragment", "failures", "attempts", "status"), RETRIES)
def test_a_webhook_is_tried_again_as_its_address_says(ear: Ear, fragment: str, failures: list[int], attempts: int, status: int) -> None:
    ear.answer(PATH, *((failure, "text/plain", "") for failure in failures))

    with running(ear, sms_path=PATH + fragment) as simulator:
        said = Desk(simulator.url).text("你好")

    assert (len(ear.heard), said["attempts"], said["hook_status"]) == (attempts, attempts, status)
    assert {hook.form["MessageSid"] for hook in ear.heard} == {said["sid"]}
    assert len({hook.token for hook in ear.heard}) == 1
    assert all(hook.is_genuine for hook in ear.heard)


def test_a_service_that_does_not_answer_in_time_is_asked_again(ear: Ear) -> None:
    ear.answer(PATH, (0, "", ""))

    with running(ear, sms_path=PATH + "#rc=1&rp=rt&rt=200") as simulator:
        said = Desk(simulator.url).text("你好")

    assert (said["attempts"], said["hook_status"]) == (2, 204)


@pytest.mark.parametrize(("fragment", "attempts"), [("#rc=2", 1), ("#rc=2&rp=rt", 2), ("#rc=2&rp=all", 2)])
def test_a_line_that_breaks_before_the_answer_is_not_a_failed_connection(ear: Ear, fragment: str, attempts: int) -> None:
    ear.answer(PATH, (0, "", ""))
    ear.deaf.set()

    with running(ear, sms_path=PATH + fragment) as simulator:
        said = Desk(simulator.url).text("你好")

    assert (said["attempts"], len(ear.heard)) == (attempts, attempts)


def test_a_service_that_is_down_leaves_its_mark_on_the_text(simulator: Simulator, desk: Desk) -> None:
    simulator.service_url = "http://127.0.0.1:9"

    said = desk.text("你好")

    assert (said["hook_status"], said["attempts"], said["error_code"]) == (None, 4, 11205)
    assert desk.talk()[0]["error_code"] == 11205


# What the service may answer

ANSWERS = [
    ((200, "text/xml", "<Response/>"), [], None),
    ((200, "text/xml", "<Response><Message>收到</Message></Response>"), ["收到"], None),
    ((200, "text/xml; charset=utf-8", "<Response><Message><Body>一</Body></Message><Message>二</Message></Response>"), ["一", "二"], None),
    ((200, "text/plain", "收到"), ["收到"], None),
    ((200, "text/html", ""), [], None),
    ((200, "", ""), [], 12300),
    ((200, "application/json", "{}"), [], 12300),
    ((200, "text/xml", "<Response>"), [], 12100),
    ((200, "text/xml", "<html/>"), [], 12100),
    ((200, "text/xml", '<!DOCTYPE x [<!ENTITY a "b">]><Response><Message>&a;</Message></Response>'), [], 12100),
]


@pytest.mark.parametrize(("answer", "replies", "error_code"), ANSWERS)
def test_the_answer_to_a_webhook_is_read_as_the_platform_reads_it(
    desk: Desk, ear: Ear, answer: tuple[int, str, str], replies: list[str], error_code: int | None
) -> None:
    ear.answer(PATH, answer)

    said = desk.text("你好")

    assert said["error_code"] == error_code
    assert [(text["direction"], text["body"]) for text in desk.talk(after=said["id"])] == [("outbound-reply", body) for body in replies]


# The carrier's own keywords

KEYWORDS = [
    *((word, "STOP") for word in ("STOP", "stop", " Stop ", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")),
    *((word, "START") for word in ("START", "YES", "UNSTOP")),
    *((word, "HELP") for word in ("HELP", "info")),
    *((word, None) for word in ("STOP please", "stop.", "退订", "end it", "", "救命")),
]


@pytest.mark.parametrize(("body", "opt_out"), KEYWORDS)
def test_only_an_exact_single_word_is_the_carriers(desk: Desk, ear: Ear, body: str, opt_out: str | None) -> None:
    said = desk.text(body)

    assert ear.heard[0].form.get("OptOutType") == opt_out
    assert [text["direction"] for text in desk.talk(after=said["id"])] == (["carrier"] if opt_out else [])


def test_stop_blocks_the_phone_until_it_says_start(desk: Desk, client: Client) -> None:
    desk.text("STOP")

    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=RESIDENT, from_=OURS, body="warning")
    assert refused.value.code == 21610
    assert client.messages.create(to=OTHER, from_=OURS, body="warning").sid

    desk.text("START")
    assert client.messages.create(to=RESIDENT, from_=OURS, body="warning").sid


def test_a_reply_in_the_answer_does_not_reach_a_phone_that_said_stop(desk: Desk, ear: Ear) -> None:
    ear.answer(PATH, (200, "text/plain", "goodbye"))

    said = desk.text("STOP")

    assert [text["direction"] for text in desk.talk(after=said["id"])] == ["carrier"]


@pytest.mark.parametrize(("pool", "is_blocked"), [("MG1", True), ("", False)])
def test_stop_covers_the_whole_pool_or_the_one_number(ear: Ear, pool: str, is_blocked: bool) -> None:
    with running(ear, numbers=(OURS, "+99910012346"), messaging_service_sid=pool) as simulator:
        Desk(simulator.url).text("STOP")
        send = client_of(simulator).messages.create
        if is_blocked:
            with pytest.raises(TwilioRestException):
                send(to=RESIDENT, from_="+99910012346", body="warning")
        else:
            assert send(to=RESIDENT, from_="+99910012346", body="warning").sid


def test_what_the_carrier_says_is_not_in_the_services_log(desk: Desk, client: Client) -> None:
    desk.text("HELP")

    assert [text.direction for text in client.messages.list()] == ["inbound"]


# Who cannot text


@pytest.mark.parametrize(
    ("sender", "to", "word"),
    [(MAINLAND, OURS, "mainland"), (LANDLINE, OURS, "landline"), (RESIDENT, "+99900000000", "answers"), ("138", OURS, "number")],
)
def test_a_phone_that_cannot_text_is_told_why(desk: Desk, ear: Ear, sender: str, to: str, word: str) -> None:
    answer = desk.post("texts", status=409, **{"from": sender, "to": to, "body": "你好"})

    assert word in answer["error"]
    assert ear.heard == []


def test_a_phone_that_is_not_on_the_page_can_text_too(desk: Desk, ear: Ear) -> None:
    desk.text("你好", sender="+99913800000099")

    assert ear.heard[0].form["From"] == "+99913800000099"


def test_half_a_character_becomes_a_question_mark(desk: Desk, ear: Ear) -> None:
    desk.text("a\ud83d")

    assert ear.heard[0].form["Body"] == "a?"
    assert ear.heard[0].is_genuine
