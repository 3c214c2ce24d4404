"""The REST API, through the platform's own client library."""

import base64
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.simulator.server import Simulator
from tests.channels.simulator.stage import LANDLINE, OURS, RESIDENT, SID, TOKEN, Desk, Ear, client_of, running


def test_a_text_is_accepted_in_the_platforms_shape(client: Client, ear: Ear) -> None:
    text = client.messages.create(to=RESIDENT, from_=OURS, body="您好，我们收到了。", status_callback=ear.url + "/status")

    assert text.sid.startswith("SM")
    assert len(text.sid) == 34
    assert (text.status, text.direction, text.num_segments, text.num_media) == ("queued", "outbound-api", "1", "0")
    assert (text.error_code, text.price, text.date_sent) == (None, None, None)
    assert text.uri == f"/2010-04-01/Accounts/{SID}/Messages/{text.sid}.json"
    assert abs(text.date_created - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_text_can_be_read_again_with_what_became_of_it(client: Client) -> None:
    sid = client.messages.create(to=RESIDENT, from_=OURS, body="hello").sid

    assert client.messages(sid).fetch().status == "delivered"


def test_a_pool_of_numbers_is_accepted_before_a_number_is_chosen(ear: Ear) -> None:
    with running(ear, messaging_service_sid="MG" + "1" * 32) as simulator:
        text = client_of(simulator).messages.create(to=RESIDENT, messaging_service_sid="MG" + "1" * 32, body="hello")

    assert (text.status, text.from_) == ("accepted", None)
    assert text.messaging_service_sid == "MG" + "1" * 32


def test_the_log_is_listed_newest_first_page_by_page(client: Client) -> None:
    sids = [client.messages.create(to=RESIDENT, from_=OURS, body=f"text {number}").sid for number in range(5)]

    assert [text.sid for text in islice(client.messages.stream(page_size=2), 9)] == sids[::-1]


def test_the_log_is_filtered_by_number_and_by_time(client: Client) -> None:
    wanted = client.messages.create(to="+99913800000077", from_=OURS, body="hello").sid
    client.messages.create(to=RESIDENT, from_=OURS, body="hello")
    now = datetime.now(UTC)

    assert [text.sid for text in client.messages.list(to="+99913800000077")] == [wanted]
    assert len(client.messages.list(date_sent_after=now - timedelta(hours=1))) == 2
    assert client.messages.list(date_sent_before=now - timedelta(hours=1)) == []


REFUSED = [
    ({"to": "", "from_": OURS, "body": "x"}, 21604),
    ({"to": "12345", "from_": OURS, "body": "x"}, 21211),
    ({"to": "+0861380000", "from_": OURS, "body": "x"}, 21211),
    ({"to": RESIDENT, "body": "x"}, 21603),
    ({"to": RESIDENT, "from_": "+15005550006", "body": "x"}, 21606),
    ({"to": RESIDENT, "messaging_service_sid": "MG0", "body": "x"}, 21701),
    ({"to": OURS, "from_": OURS, "body": "x"}, 21266),
    ({"to": RESIDENT, "from_": OURS}, 21602),
    ({"to": RESIDENT, "from_": OURS, "body": "水" * 1601}, 21617),
    ({"to": RESIDENT, "from_": OURS, "media_url": ["file:///etc/passwd"]}, 21620),
    ({"to": RESIDENT, "from_": OURS, "body": "x", "validity_period": 36001}, 21624),
    ({"to": RESIDENT, "from_": OURS, "body": "x", "validity_period": 0}, 21624),
    ({"to": RESIDENT, "from_": OURS, "body": "x", "status_callback": "https://example.org/status"}, 21609),
    ({"to": RESIDENT, "from_": OURS, "body": "x", "status_callback": "http://[::1"}, 21609),
    ({"to": LANDLINE, "from_": OURS, "body": "x"}, 21614),
]


@pytest.mark.parametrize(("asked", "code"), REFUSED, ids=[str(code) for _, code in REFUSED])
def test_what_the_platform_refuses_is_refused_with_its_code(client: Client, asked: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**asked)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert client.messages.list() == []


def test_exactly_1600_characters_are_taken(client: Client) -> None:
    assert client.messages.create(to=RESIDENT, from_=OURS, body="水" * 1600).num_segments == "24"


def test_a_refusal_is_the_platforms_json(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.url}/2010-04-01/Accounts/{SID}/Messages.json", auth=(SID, TOKEN), timeout=5)

    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() | {"message": ""} == {
        "code": 21604,
        "message": "",
        "more_info": "https://www.twilio.com/docs/errors/21604",
        "status": 400,
    }


@pytest.mark.parametrize("auth", [None, (SID, "wrong"), ("AC0", TOKEN), (SID, "")])
def test_a_wrong_account_or_token_is_401(simulator: Simulator, auth: tuple[str, str] | None) -> None:
    answer = requests.get(f"{simulator.url}/2010-04-01/Accounts/{SID}/Messages.json", auth=auth, timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_another_accounts_log_is_401(simulator: Simulator) -> None:
    answer = requests.get(f"{simulator.url}/2010-04-01/Accounts/AC0/Messages.json", auth=(SID, TOKEN), timeout=5)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "Messages/SM0.json", 20404), ("GET", "Faxes.json", 20404), ("DELETE", "Messages.json", 20004)],
)
def test_what_is_not_there_is_refused_in_json(simulator: Simulator, method: str, path: str, code: int) -> None:
    answer = requests.request(method, f"{simulator.url}/2010-04-01/Accounts/{SID}/{path}", auth=(SID, TOKEN), timeout=5)

    assert answer.json()["code"] == code


def test_a_text_that_has_left_cannot_be_cancelled(client: Client) -> None:
    sid = client.messages.create(to=RESIDENT, from_=OURS, body="hello").sid

    with pytest.raises(TwilioRestException) as refused:
        client.messages(sid).update(status="canceled")

    assert refused.value.code == 30409
    assert client.messages(sid).fetch().status == "delivered"


def test_the_words_of_a_text_can_be_emptied_but_not_changed(client: Client) -> None:
    sid = client.messages.create(to=RESIDENT, from_=OURS, body="private").sid

    with pytest.raises(TwilioRestException):
        client.messages(sid).update(body="other")
    client.messages(sid).update(body="")

    assert client.messages(sid).fetch().body == ""


def test_a_picture_is_fetched_with_the_account_only(simulator: Simulator, desk: Desk, ear: Ear) -> None:
    picture = b"\x89PNG\r\n\x1a\n some bytes"
    desk.text("看", media=[{"content_type": "image/png", "bytes_base64": base64.b64encode(picture).decode()}])
    form = ear.heard[0].form

    got = requests.get(form["MediaUrl0"], auth=(SID, TOKEN), timeout=5)

    assert form["MessageSid"].startswith("MM")
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/png")
    assert (got.content, got.headers["Content-Type"]) == (picture, "image/png")
    assert requests.get(form["MediaUrl0"], timeout=5).status_code == 401
    assert requests.get(form["MediaUrl0"] + "0", auth=(SID, TOKEN), timeout=5).status_code == 404


def test_a_picture_of_any_size_can_be_made_up(desk: Desk, ear: Ear) -> None:
    desk.text("", media=[{"content_type": "image/jpeg", "size": 6_000_000}])

    got = requests.get(ear.heard[0].form["MediaUrl0"], auth=(SID, TOKEN), timeout=20)

    assert len(got.content) == 6_000_000
