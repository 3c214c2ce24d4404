"""What strangers and odd people send to the hooks is refused, or kept and answered: never lost silently, and never a 500."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.envelope import Address, Inbound
from tests.waiting import until
from tests.whole.service import ALONE, NEIGHBOUR, SHARED, SMS, STATUS, STRANGER, TRAPPED, WORKER, Running, based, inbound, running

HOOKS = (SMS, STATUS)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def unmoved(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service for all that must change nothing; it is looked at in the end."""
    with running(based(Path(shutil.copytree(furnished, tmp_path_factory.mktemp("unmoved") / "data")))) as one:
        yield one
        assert one.rows("SELECT count(*) FROM inbound") == [(0,)]
        assert one.rows("SELECT count(*) FROM receipt") == [(0,)]


def ask(one: Running, method: str, path: str, body: bytes = b"", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return requests.request(method, one.url + path, data=body, headers=named, timeout=20)


# Strangers


@pytest.mark.parametrize("path", HOOKS)
def test_what_twilio_did_not_sign_is_refused(unmoved: Running, path: str) -> None:
    form = inbound(TRAPPED, MessageStatus="delivered")
    body = urlencode(form).encode()
    good = unmoved.signed(form, path)
    other = unmoved.signed(form, "/hooks/twilio/voice")
    attempts = {
        "no signature": {},
        "an empty one": {"X_Twilio_Signature": ""},
        "a guess": {"X_Twilio_Signature": "b" * 28},
        "not of this path": {"X_Twilio_Signature": other},
        "not ascii": {"X_Twilio_Signature": "签名".encode().decode("latin-1")},
        "half of it": {"X_Twilio_Signature": good[:-2]},
    }
    answers = {name: ask(unmoved, "POST", path, body, Content_Type=FORM, **headers).status_code for name, headers in attempts.items()}
    assert set(answers.values()) == {403}, answers
    for forged in (body + b"&Body=hello", body.replace(b"SM", b"XX"), body[: len(body) // 2], b""):
        assert ask(unmoved, "POST", path, forged, Content_Type=FORM, X_Twilio_Signature=good).status_code == 403
    more = ask(unmoved, "POST", f"{path}?delivery=1", body, Content_Type=FORM, X_Twilio_Signature=good)
    assert more.status_code == 403, "a query that was not signed"


def test_a_signature_for_another_host_is_refused_whatever_host_the_request_claims(unmoved: Running) -> None:
    form = inbound("hello")
    elsewhere = unmoved.signed(form, base="https://evil.example")
    headers = {"X-Twilio-Signature": elsewhere, "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert requests.post(unmoved.url + SMS, data=form, headers=headers, timeout=9).status_code == 403


@pytest.mark.parametrize("path", HOOKS)
def test_more_than_any_platform_sends_is_413(unmoved: Running, path: str) -> None:
    """A mebibyte and more, declared or not, signed or not."""
    form = inbound("长" * 400_000)
    body = urlencode(form).encode()
    assert len(body) > 1 << 20
    signature = unmoved.signed(form, path)
    assert ask(unmoved, "POST", path, body, Content_Type=FORM, X_Twilio_Signature=signature).status_code == 413
    assert ask(unmoved, "POST", path, body, Content_Type=FORM).status_code == 413
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    chunked = requests.post(unmoved.url + path, data=iter([body[:600_000], body[600_000:]]), headers=headers, timeout=20)
    assert chunked.status_code == 413


@pytest.mark.parametrize("path", HOOKS)
def test_a_request_that_breaks_off_in_the_middle_is_nothing(unmoved: Running, path: str) -> None:
    form = inbound(TRAPPED)
    body = urlencode(form).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nX-Twilio-Signature: {unmoved.signed(form, path)}\r\n"
    with socket.create_connection(("127.0.0.1", unmoved.service.base.settings.port), timeout=10) as line:
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-9])
        line.shutdown(socket.SHUT_WR)
        assert b" 204 " not in line.recv(4096)


@pytest.mark.parametrize("path", HOOKS)
def test_signed_nonsense_is_told_to_be_malformed(unmoved: Running, path: str) -> None:
    as_json = unmoved.signed({}, path)
    assert ask(unmoved, "POST", path, b'{"Body":"hi"}', Content_Type="application/json", X_Twilio_Signature=as_json).status_code == 400
    assert unmoved.post({}, path) == 400
    assert unmoved.post(inbound("hi") | {"MessageSid": "", "SmsMessageSid": "", "From": "nobody at all, surely"}, path) == 400
    latin = b"MessageSid=SM1&From=%2B9990100002&Body=caf%E9"
    signature = _signed_bytes(unmoved, path, [("MessageSid", b"SM1"), ("From", b"+9990100002"), ("Body", b"caf\xe9")])
    assert ask(unmoved, "POST", path, latin, Content_Type=FORM, X_Twilio_Signature=signature).status_code == 400


def _signed_bytes(one: Running, path: str, pairs: list[tuple[str, bytes]]) -> str:
    """A signature over bytes that are no UTF-8, which Twilio's own library cannot make."""
    signed = (one.url + path).encode() + b"".join(name.encode() + value for name, value in sorted(pairs))
    return base64.b64encode(hmac.new(one.token.encode(), signed, hashlib.sha1).digest()).decode()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", HOOKS)
def test_a_hook_is_only_posted_to(unmoved: Running, method: str, path: str) -> None:
    assert ask(unmoved, method, path).status_code == 405


def test_an_address_that_is_not_there_says_nothing_about_us(unmoved: Running) -> None:
    for path in ("/hooks/twilio/voice", "/hooks", "/admin", "/%00", "/hooks/twilio/sms/", "/static/..%2fserver.py"):
        answer = ask(unmoved, "GET", path)
        assert answer.status_code in (400, 404, 405), path
        assert "Traceback" not in answer.text
        assert len(answer.text) < 100


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(HOOKS),
    body=st.one_of(
        st.binary(max_size=300),
        st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=6).map(lambda form: urlencode(form, errors="replace").encode()),
    ),
    kind=st.one_of(st.sampled_from([FORM, "multipart/form-data; boundary=x", "application/json", ""]), st.text("abc/;=\x7f ", max_size=20)),
    signature=st.one_of(st.just(""), st.text("ABCabc123+/=", max_size=40)),
)
def test_whatever_a_stranger_posts_is_refused_and_never_500(unmoved: Running, path: str, body: bytes, kind: str, signature: str) -> None:
    headers = {"X-Twilio-Signature": signature.strip(), "Content-Type": kind.strip()}
    assert requests.post(unmoved.url + path, data=body, headers=headers, timeout=10).status_code in (400, 403, 413)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=TEXTS, sender=st.one_of(st.just(STRANGER), TEXTS), more=st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_whatever_is_signed_is_taken_or_malformed_and_never_500(babel: Running, words: str, sender: str, more: dict[str, str]) -> None:
    form = more | inbound(words, sender=sender)
    assert babel.post(form) in (204, 400)
    assert babel.post(more, STATUS) in (204, 400)


@pytest.fixture(scope="module")
def babel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that people write all kinds of things to; nothing of it may be parked."""
    with running(based(tmp_path_factory.mktemp("babel") / "data")) as one:
        yield one
        assert one.rows("SELECT why FROM inbound WHERE state <> 'taken'") == []


# Odd words


ODD = {
    "nothing": "",
    "blanks": " \t\r\n ",
    "ten thousand characters": "水管漏水" * 2500,
    "only emoji": "🔥😀🧓🏻👨‍👩‍👧",
    "a NUL byte": "楼道灯\x00坏了\x00",
    "only NUL bytes": "\x00\x00",
    "right to left and tags": "\u202e楼道灯坏了\u200f<script>alert(1)</script>{number}%(x)s{0}",
    "a half of nothing": "\ufffd\ufffe",
    "one letter": "x",
}


@pytest.mark.parametrize("words", ODD.values(), ids=ODD.keys())
def test_odd_words_are_answered_and_nothing_is_parked(anlin: Running, words: str) -> None:
    assert anlin.post(inbound(words)) == 204
    until(lambda: anlin.phones.heard(NEIGHBOUR))
    assert anlin.rows("SELECT state, why FROM inbound") == [("taken", "")]


def test_ten_thousand_characters_are_kept_whole(anlin: Running) -> None:
    words = "楼道里的水管漏水，" * 1111 + "完"
    assert anlin.post(inbound(words)) == 204
    (case,) = anlin.cases()
    assert case.words == words


def test_unknown_fields_and_a_form_in_another_order_do_no_harm(anlin: Running) -> None:
    form = dict(reversed(inbound("3号楼水管漏水", Novelty="新", Latitude="38.5", OptOutType="", ChannelMetadata='{"a":1}').items()))
    assert anlin.post(form) == 204
    assert len(anlin.cases()) == 1


def test_the_same_text_again_changes_nothing(anlin: Running) -> None:
    """A replay carries a good signature: the id alone tells."""
    form = inbound(TRAPPED, sid="SM" + "7" * 32)
    assert [anlin.post(form) for _ in range(4)] == [204] * 4
    anlin.phones.hears(NEIGHBOUR, "编号")
    anlin.phones.hears(WORKER, "急")
    threads = [threading.Thread(target=anlin.post, args=(form,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(anlin.cases()) == 1
    assert anlin.rows("SELECT count(*) FROM delivery") == [(2,)]


def test_a_receipt_in_any_state_and_number_does_no_harm(anlin: Running) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.hears(NEIGHBOUR, "编号")
    until(lambda: anlin.rows("SELECT count(*) FROM delivery WHERE state = 'delivered'") == [(2,)])
    ((sid,),) = anlin.rows("SELECT external_id FROM delivery WHERE lane = 1 ORDER BY id LIMIT 1")
    for status in ("sent", "queued", "failed", "undelivered", "canceled", "on the moon", "read"):
        assert anlin.post({"MessageSid": sid, "MessageStatus": status, "ErrorCode": "٣٠٠٠٣"}, STATUS) == 204
    for query in ("?delivery=1", "?delivery=", "?delivery=-1", "?delivery=99999999999999999999999", "?delivery=1&delivery=2", "?x=%FF"):
        assert anlin.post({"MessageSid": "SMunknown", "MessageStatus": "delivered"}, STATUS + query) == 204
    assert anlin.rows("SELECT count(*) FROM delivery WHERE state = 'failed'") == [(0,)]


# Too much


def test_two_hundred_texts_in_a_minute_become_one_case_and_danger_is_heard(anlin: Running) -> None:
    """Slowed: soon only silence answers. Nothing is dropped, and the two hundred and first, about danger, is answered at once."""
    assert {anlin.post(inbound(f"楼道灯坏了，第{place}次说")) for place in range(200)} == {204}
    assert len(anlin.cases()) == 1
    assert anlin.rows("SELECT count(*) FROM inbound WHERE state = 'taken'") == [(200,)]
    assert anlin.rows("SELECT count(*) FROM delivery")[0][0] <= 25
    (case,) = anlin.cases()
    assert sum("第199次" in str(step.body) for step in case.timeline) == 1, "even the last one is in the case"
    assert anlin.post(inbound(TRAPPED)) == 204
    assert "编号" in anlin.phones.hears(NEIGHBOUR, "119")
    anlin.phones.hears(WORKER, "电梯")
    assert anlin.post(inbound("楼道灯坏了", sender=ALONE)) == 204
    assert len(anlin.cases()) == 3, "another address is not slowed"


# Buttons and numbers


def pressed(anlin: Running, key: str, *, sender: str, delivery: int) -> None:
    """A platform that can say which of our texts was answered, as one with buttons does."""
    now = anlin.service.base.clock.now()
    anlin.service.take(Inbound("sms", f"press-{now.timestamp()}", Address("sms", sender), now, text=key, answers=delivery))


def ping(anlin: Running) -> int:
    """The delivery that asks the grid worker."""
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.hears(WORKER, "您能去吗")
    ((delivery,),) = anlin.rows("SELECT delivery.id FROM delivery JOIN question ON question.id = question_id WHERE flow = 'ping'")
    return int(delivery)


def test_a_button_pressed_twice_counts_once(anlin: Running) -> None:
    delivery = ping(anlin)
    pressed(anlin, "1", sender=WORKER, delivery=delivery)
    pressed(anlin, "1", sender=WORKER, delivery=delivery)
    pressed(anlin, "2", sender=WORKER, delivery=delivery)
    anlin.phones.hears(WORKER, "已经结束，没有改动", times=2)
    (case,) = anlin.cases()
    assert [step.kind for step in case.timeline] == ["opened", "asked", "accepted"]


def test_a_button_pressed_a_year_later_changes_nothing(anlin: Running) -> None:
    delivery = ping(anlin)
    anlin.phones.later(timedelta(days=365))
    before = len(anlin.cases()[0].timeline)
    pressed(anlin, "1", sender=WORKER, delivery=delivery)
    anlin.phones.hears(WORKER, "已经结束，没有改动")
    (case,) = anlin.cases()
    assert (case.state, len(case.timeline)) == ("open", before)


def test_somebody_else_s_button_is_not_theirs_to_press(anlin: Running) -> None:
    delivery = ping(anlin)
    pressed(anlin, "1", sender=STRANGER, delivery=delivery)
    anlin.phones.hears(STRANGER, "没有改动")
    assert anlin.cases()[0].state == "open"


def test_the_digit_texted_twice_is_no_new_case(anlin: Running) -> None:
    ping(anlin)
    anlin.phones.said(WORKER, "1")
    anlin.phones.hears(WORKER, "交给您了")
    anlin.phones.said(WORKER, "1")
    until(lambda: len(anlin.phones.heard(WORKER)) == 3)
    assert len(anlin.cases()) == 1


# Who is who


def test_two_people_on_one_phone_have_one_talk_and_both_cases(anlin: Running) -> None:
    """The phone belongs to the household: both may ask about what either reported, nobody else may."""
    anlin.phones.said(SHARED, "厨房水管漏水，在我家")
    anlin.phones.hears(SHARED, "编号")
    anlin.phones.said(SHARED, "是")
    anlin.phones.said(SHARED, "楼道灯坏了，1号楼1单元")
    until(lambda: len(anlin.cases()) == 2)
    owners = anlin.rows("SELECT DISTINCT person_id, household_id IS NOT NULL FROM case_record")
    assert owners == [(None, 1)]
    for case in anlin.cases():
        anlin.phones.said(SHARED, f"状态 {case.number}")
        anlin.phones.hears(SHARED, f"{case.number}号")


def test_a_new_number_is_a_stranger_until_somebody_has_looked(anlin: Running) -> None:
    """Who changes their number cannot prove by a text that the case is theirs; they are not told a word of it."""
    anlin.phones.said(NEIGHBOUR, "3号楼2单元楼道灯坏了")
    until(anlin.cases)
    (case,) = anlin.cases()
    anlin.phones.said(STRANGER, f"状态 {case.number}")
    answer = anlin.phones.hears(STRANGER, case.number)
    assert answer == f"没查到您报过{case.number}号。只有报的人自己能查。"
    assert "灯" not in answer
    anlin.phones.said(STRANGER, f"状态 {int(case.number) + 1}")
    assert anlin.phones.hears(STRANGER, str(int(case.number) + 1)).replace(str(int(case.number) + 1), case.number) == answer
