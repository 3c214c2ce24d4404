"""What a caller hears, document by document, as the platform would read it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

import pytest

from bot.envelope import Address, Outbound
from channels import twiml
from channels.simulator.calls import speech
from channels.simulator.calls import twiml as platform
from channels.twiml import TONGUES, Frame, Said

TO = Address("voice", "+9990100001")
RETRIES = "#rc=3&rp=all"
FRAME = Frame("还有别的事，请接着说。", "再见。", "zh_CN")
OFFERS = replace(FRAME, other="en", in_other="For English, press 9.")
TOLD = Outbound(6, TO, "记下了。", language="zh_CN")
ASKED = Outbound(7, TO, "编号1 0 1 7 6。\n您在几号楼？", asks=True, language="zh_CN")
PICKED = Outbound(8, TO, "有人受伤吗？\n有，请按1。", choices=(("1", "有，请按1。"),), asks=True, language="zh_CN")
PUT_THROUGH = Outbound(9, TO, "现在给您接通值班员。", language="zh_CN", connects_to="+9990200021")


def document(text: str) -> Element:
    """The document, in which the platform's debugger finds nothing to remark."""
    assert platform.read(text, "https://anlin.example/hooks/twilio/voice").cautions == ()
    return fromstring(text)


def shape(text: str) -> list[str]:
    return [verb.tag for verb in document(text)]


def said(element: Element) -> list[str]:
    return ["".join(say.itertext()) for say in element.iter("Say")]


@pytest.mark.parametrize(
    ("outbounds", "shaped", "words"),
    [
        ((ASKED,), ["Gather", "Redirect"], ["编号1 0 1 7 6。", "您在几号楼？"]),
        ((PICKED,), ["Gather", "Redirect"], ["有人受伤吗？", "有，请按1。"]),
        ((TOLD, ASKED), ["Say", "Gather", "Redirect"], ["记下了。", "编号1 0 1 7 6。", "您在几号楼？"]),
        ((ASKED, PICKED), ["Say", "Say", "Gather", "Redirect"], ["编号1 0 1 7 6。", "您在几号楼？", "有人受伤吗？", "有，请按1。"]),
        ((PUT_THROUGH, ASKED), ["Say", "Gather", "Redirect"], ["现在给您接通值班员。", "编号1 0 1 7 6。", "您在几号楼？"]),
        ((TOLD,), ["Say", "Gather", "Say", "Hangup"], ["记下了。", "还有别的事，请接着说。", "再见。"]),
        ((TOLD, PUT_THROUGH), ["Say", "Say", "Dial"], ["记下了。", "现在给您接通值班员。"]),
        ((), ["Say", "Hangup"], ["再见。"]),
    ],
)
def test_everything_is_said_before_anybody_listens(outbounds: tuple[Outbound, ...], shaped: list[str], words: list[str]) -> None:
    text = twiml.heard(outbounds, FRAME)

    assert shape(text) == shaped
    assert said(document(text)) == words


@pytest.mark.parametrize("asked", [ASKED, PICKED])
def test_a_question_waits_ten_seconds_for_speech_or_one_key_and_a_silence_is_told_too(asked: Outbound) -> None:
    gather = document(twiml.heard((asked,), FRAME)).find("Gather")

    assert gather is not None
    assert gather.attrib == {
        "input": "speech dtmf",
        "language": "cmn-Hans-CN",
        "timeout": "10",
        "speechTimeout": "auto",
        "numDigits": "1",
        "finishOnKey": "",
        "actionOnEmptyResult": "true",
        "action": f"/hooks/twilio/voice/answer?delivery={asked.delivery_id}{RETRIES}",
        "method": "POST",
    }


def test_should_the_platform_fail_to_listen_the_call_goes_on_as_after_a_silence() -> None:
    redirect = document(twiml.heard((ASKED,), FRAME)).find("Redirect")

    assert redirect is not None
    assert (redirect.text, redirect.get("method")) == (f"/hooks/twilio/voice/answer?delivery=7{RETRIES}", "POST")


def test_another_language_is_offered_after_the_open_question_and_never_after_a_choice() -> None:
    (open_, _redirect), (choice, _again) = document(twiml.heard((ASKED,), OFFERS)), document(twiml.heard((PICKED,), OFFERS))

    assert [(say.get("language"), "".join(say.itertext())) for say in open_][-1] == ("en-US", "For English, press 9.")
    assert open_.get("action", "").endswith(f"?delivery=7&other=en{RETRIES}")
    assert "For English, press 9." not in said(choice)
    assert choice.get("action", "").endswith(f"?delivery=8{RETRIES}")


def test_after_the_last_words_there_is_time_for_more_and_then_goodbye() -> None:
    gather = document(twiml.heard((TOLD,), FRAME)).find("Gather")

    assert gather is not None
    assert (gather.get("timeout"), gather.get("actionOnEmptyResult")) == ("5", None)
    assert gather.get("action") == f"/hooks/twilio/voice/answer?after=6{RETRIES}"


@pytest.mark.parametrize(("caller_id", "shown"), [("", None), ("+99950000000", "+99950000000")])
def test_a_call_is_put_through_for_twenty_seconds_and_never_rings_for_ever(caller_id: str, shown: str | None) -> None:
    dial = document(twiml.heard((PUT_THROUGH,), replace(FRAME, caller_id=caller_id))).find("Dial")

    assert dial is not None
    assert (dial.text, dial.get("timeout"), dial.get("callerId")) == ("+9990200021", "20", shown)
    assert dial.get("action") == f"/hooks/twilio/voice/dialled?language=zh_CN{RETRIES}"


@pytest.mark.parametrize(
    ("language", "tongue"),
    [
        ("zh_CN", ("cmn-CN", "cmn-Hans-CN", "Polly.Zhiyu-Neural")),
        ("en", ("en-US", "en-US", "Polly.Joanna-Neural")),
        ("", ("cmn-CN", "cmn-Hans-CN", "Polly.Zhiyu-Neural")),
        ("tlh", ("cmn-CN", "cmn-Hans-CN", "Polly.Zhiyu-Neural")),
    ],
)
def test_each_language_has_its_own_three_codes(language: str, tongue: tuple[str, str, str]) -> None:
    gather = document(twiml.heard((replace(ASKED, language=language),), FRAME)).find("Gather")

    assert gather is not None
    assert {(say.get("language"), gather.get("language"), say.get("voice")) for say in gather} == {tongue}


@pytest.mark.parametrize("tongue", TONGUES.values())
def test_the_platform_knows_every_code(tongue: twiml.Tongue) -> None:
    assert speech.is_spoken(tongue.say)
    assert speech.gather_fault(tongue.gather, "") is None


def test_every_sentence_is_said_slowly() -> None:
    text = twiml.heard((TOLD, ASKED), OFFERS)

    assert {prosody.get("rate") for prosody in document(text).iter("prosody")} == {"85%"}
    assert len(list(document(text).iter("prosody"))) == len(list(document(text).iter("Say")))


def test_a_recording_is_announced_ended_by_hash_and_a_silence_goes_on() -> None:
    text = twiml.recording("请听到滴声后再说一遍。您的话会录音。", language="zh_CN", delivery=7)
    say, record, redirect = document(text)

    assert "".join(say.itertext()) == "请听到滴声后再说一遍。您的话会录音。"
    assert record.attrib == {
        "action": f"/hooks/twilio/voice/recording?delivery=7{RETRIES}",
        "method": "POST",
        "maxLength": "120",
        "timeout": "5",
        "finishOnKey": "#",
        "playBeep": "true",
        "trim": "do-not-trim",
    }
    assert redirect.text == record.get("action")


def test_last_words_end_the_call() -> None:
    assert shape(twiml.closing("再见。", language="zh_CN")) == ["Say", "Hangup"]


@pytest.mark.parametrize(("dial", "between"), [("", "Pause"), ("+9990200021", "Dial")])
def test_when_all_is_down_the_document_goes_on_by_itself_to_its_end(dial: str, between: str) -> None:
    first = (Said("系统出了故障。", "zh_CN"), Said("Our system is down.", "en"))
    text = twiml.down(first, (Said("再说一遍。", "zh_CN"),), dial=dial)
    assert shape(text) == ["Say", "Say", between, "Say", "Hangup"]
    assert [say.get("language") for say in document(text).iter("Say")] == ["cmn-CN", "en-US", "cmn-CN"]
    assert "action" not in text


def test_words_with_signs_of_xml_are_said_as_they_are() -> None:
    text = twiml.heard((replace(TOLD, words='<Hangup/> & "1<2"'),), FRAME)

    assert said(document(text))[0] == '<Hangup/> & "1<2"'
