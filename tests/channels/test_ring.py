"""The own side of the calls we place: who can be rung, how it is drawn, and what whoever picks up hears, as the platform would read it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest

from bot.deliveries import FOLLOWS
from bot.envelope import Address, DeliveryState, Outbound
from channels import ring, twiml
from channels.ring import Ring
from channels.simulator.calls import twiml as platform
from channels.twiml import Ringing
from channels.voice import Voice
from tests.channels.rigs import account

FORM = {"CallSid": "CA1", "From": "+99950000000", "To": "+9990200021", "Direction": "outbound-api"}
AT = f"{ring.CALL_PATH}?delivery=7"
PING = Outbound(
    7,
    Address("ring", "+9990200021"),
    "急！1 0 1 7 6号。\n您能去吗？\n我去，请按1。",
    choices=(("1", "我去，请按1。"),),
    asks=True,
    language="zh_CN",
)
ROUND = Ringing("这里是安邻。", "要再听一遍，请按星号键。", "再见。")


@pytest.mark.parametrize(
    ("number", "rings"),
    [
        ("+9990100001", True),
        ("+12025550100", True),
        ("+85221234567", True),
        ("+8613800000000", False),
        ("+861088880000", False),
        ("call:CA1", False),
    ],
)
def test_who_can_be_rung_can_answer_and_for_whom_cannot_there_is_a_sentence(number: str, rings: bool) -> None:
    capability = Ring(account()).capability(Address("ring", number))

    assert (capability.reaches, capability.two_way, capability.voice) == (rings, rings, rings)
    assert (capability.links, capability.media) == (False, False)
    assert bool(capability.why) is not rings


def test_without_a_number_of_our_own_nobody_is_rung() -> None:
    capability = Ring(account(from_number="")).capability(Address("ring", "+9990100001"))

    assert (capability.reaches, capability.two_way) == (False, False)
    assert "ANLIN_TWILIO_FROM" in capability.why


def test_a_call_of_ours_says_what_the_hotline_says() -> None:
    said = (("快打119。",), "您能去吗？", (("1", "我去，请按1。"),))

    assert Ring(account()).draw(*said) == Voice(account()).draw(*said) == "快打1 1 9。\n您能去吗？\n我去，请按1。"


@pytest.mark.parametrize(("by", "is_machine"), [("", False), ("human", False), ("unknown", False), ("machine_start", True), ("fax", True)])
def test_who_picks_up_is_known_by_the_number_that_was_rung(by: str, is_machine: bool) -> None:
    call = ring.picked_up(FORM | {"AnsweredBy": by}, url_path=AT)

    assert call.telephone == Address("voice", "+9990200021")
    assert call.is_machine is is_machine


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled", "ringing", "in-progress"])
def test_no_report_of_a_call_takes_back_that_its_words_were_said(status: str) -> None:
    receipt = ring.receipt_of(FORM | {"CallStatus": status}, url_path=f"{ring.STATUS_PATH}?delivery=7")

    assert receipt
    assert receipt.state not in FOLLOWS[DeliveryState.DELIVERED]


def test_a_call_that_was_picked_up_and_said_nothing_is_not_delivered() -> None:
    """Our hook was away: the platform calls it completed all the same."""
    receipt = ring.receipt_of(FORM | {"CallStatus": "completed"}, url_path=f"{ring.STATUS_PATH}?delivery=7")

    assert receipt
    assert receipt.state in FOLLOWS[DeliveryState.SENT]
    assert receipt.state is DeliveryState.FAILED


# What is heard


def document(text: str) -> Element:
    """The document, in which the platform's debugger finds nothing to remark."""
    assert platform.read(text, "https://anlin.example/hooks/twilio/ring").cautions == ()
    return fromstring(text)


def said(element: Element) -> list[str]:
    return ["".join(say.itertext()) for say in element.iter("Say")]


def test_who_rings_is_said_first_and_the_words_twice_and_a_silence_calls_nothing() -> None:
    first, second, goodbye, hangup = document(twiml.rung(PING, ROUND))

    words = ["急！1 0 1 7 6号。", "您能去吗？", "我去，请按1。", "要再听一遍，请按星号键。"]
    assert (said(first), said(second)) == (["这里是安邻。", *words], words)
    assert (first.tag, second.tag, "".join(goodbye.itertext()), hangup.tag) == ("Gather", "Gather", "再见。", "Hangup")
    for gather in (first, second):
        assert gather.attrib == {
            "input": "speech dtmf",
            "language": "cmn-Hans-CN",
            "timeout": "10",
            "speechTimeout": "auto",
            "numDigits": "1",
            "finishOnKey": "",
            "action": "/hooks/twilio/voice/answer?delivery=7#rc=3&rp=all",
            "method": "POST",
        }


def test_a_machine_is_told_once_and_only_a_key_would_count() -> None:
    gather, _goodbye, hangup = document(twiml.rung(PING, replace(ROUND, is_machine=True)))

    assert (gather.get("input"), hangup.tag) == ("dtmf", "Hangup")
    assert said(gather).count("您能去吗？") == 1


def test_what_asks_nothing_is_heard_the_same_way_and_may_be_answered_all_the_same() -> None:
    gather = document(twiml.rung(replace(PING, asks=False, choices=()), ROUND))[0]

    assert gather.get("action") == "/hooks/twilio/voice/answer?after=7#rc=3&rp=all"


def test_every_sentence_of_a_call_is_said_slowly_in_its_own_language() -> None:
    text = document(twiml.rung(replace(PING, language="en"), ROUND))

    assert {prosody.get("rate") for prosody in text.iter("prosody")} == {"85%"}
    assert {say.get("language") for say in text.iter("Say")} == {"en-US"}
