"""Reading spoken documents, and which languages the platform listens in."""

import pytest

from channels.simulator.calls.speech import gather_fault, is_spoken
from channels.simulator.calls.twiml import document_of, read
from channels.simulator.calls.verbs import Dial, Gather, Hangup, Number, Pause, Play, Record, Redirect, Reject, Say, Verb
from channels.simulator.twiml import TwimlError
from channels.simulator.webhooks import HookAnswer

AT = "https://anlin.example/hooks/twilio/voice?step=1"
BASE = "https://anlin.example"

VERBS: list[tuple[str, Verb]] = [
    ("<Say>您好</Say>", Say("您好")),
    ('<Say language="zh-CN" voice="Polly.Zhiyu">一\n 二</Say>', Say("一 二", "zh-CN", "Polly.Zhiyu")),
    ('<Say><prosody rate="slow">慢<break time="1s"/>说</prosody></Say>', Say("慢说", rate="slow")),
    ("<Play>/tone.mp3</Play>", Play("/tone.mp3")),
    ("<Pause/>", Pause(1)),
    ('<Pause length="3"/>', Pause(3)),
    ("<Gather/>", Gather(AT)),
    ('<Gather action="/next" method="get"/>', Gather(BASE + "/next", "GET")),
    ('<Gather action="?step=2"/>', Gather(BASE + "/hooks/twilio/voice?step=2")),
    ('<Gather input="speech" language="cmn-Hans-CN"/>', Gather(AT, takes_speech=True, takes_digits=False, language="cmn-Hans-CN")),
    ('<Gather numDigits="1" timeout="10" finishOnKey="">', Gather(AT, num_digits=1, timeout=10, finish_on_key="")),
    ('<Gather actionOnEmptyResult="true" hints="火, 水"/>', Gather(AT, acts_on_empty=True, hints="火, 水")),
    ("<Gather><Say>请按</Say><Pause/></Gather>", Gather(AT, prompts=(Say("请按"), Pause(1)))),
    ("<Record/>", Record(AT)),
    ('<Record maxLength="60" playBeep="false" finishOnKey="#"/>', Record(AT, max_length=60, beeps=False, finish_on_key="#")),
    (
        '<Record action="/r" recordingStatusCallback="/s" recordingStatusCallbackEvent="completed absent"/>',
        Record(BASE + "/r", status_callback=BASE + "/s", events=("completed", "absent")),
    ),
    ("<Dial>+99913800000001</Dial>", Dial((Number("+99913800000001"),))),
    ('<Dial action="/d" timeout="20"><Number>+999 1</Number></Dial>', Dial((Number("+9991"),), BASE + "/d", timeout=20)),
    ('<Dial><Number url="/w">+9991</Number><Number>+9992</Number></Dial>', Dial((Number("+9991", BASE + "/w"), Number("+9992")))),
    ("<Redirect>/else</Redirect>", Redirect(BASE + "/else")),
    ("<Hangup/>", Hangup()),
    ("<Reject/>", Reject("no-answer")),
    ('<Reject reason="busy"/>', Reject("busy")),
]


@pytest.mark.parametrize(("written", "verb"), VERBS, ids=[written for written, _ in VERBS])
def test_a_verb_is_read(written: str, verb: Verb) -> None:
    whole = written if written.endswith(("/>", f"</{type(verb).__name__}>")) else f"{written}</{type(verb).__name__}>"

    document = read(f"<Response>{whole}</Response>", AT)

    assert document.verbs == (verb,)
    assert document.cautions == ()


UNREADABLE = [
    ("not XML", 12100),
    ("<Response><Say>open</Response>", 12100),
    ("<Answer/>", 12100),
    ("<!DOCTYPE x []><Response/>", 12100),
    ("<Response><Speak>你好</Speak></Response>", 12200),
    ("<Response><say>你好</say></Response>", 12200),
    ("<Response><Gather><Dial>+9991</Dial></Gather></Response>", 12200),
    ("<Response><Dial/></Response>", 12200),
    ("<Response><Dial><Sip>x</Sip></Dial></Response>", 12200),
    ("<Response><Dial>" + "<Number>+9991</Number>" * 11 + "</Dial></Response>", 12200),
]


@pytest.mark.parametrize(("written", "code"), UNREADABLE)
def test_a_document_that_cannot_be_performed_is_refused(written: str, code: int) -> None:
    with pytest.raises(TwimlError) as refused:
        read(written, AT)

    assert refused.value.code == code


CAUTIONS = [
    ('<Gather numdigits="1"/>', 12200),
    ('<Gather timeout="soon"/>', 12200),
    ('<Pause length="0"/>', 12200),
    ('<Redirect method="PUT">/x</Redirect>', 12200),
    ("<Say/>", 13520),
    ('<Say language="cmn-Hans-CN">你好</Say>', 13512),
    ('<Gather input="speech" language="en-US" speechModel="default" speechTimeout="auto"/>', 13335),
]


@pytest.mark.parametrize(("written", "code"), CAUTIONS)
def test_what_the_platform_only_remarks_on_is_kept(written: str, code: int) -> None:
    assert read(f"<Response>{written}</Response>", AT).cautions == (code,)


TYPES = [
    ("application/xml", "<Response><Hangup/></Response>", (Hangup(),)),
    ("text/html; charset=utf-8", "<Response/>", ()),
    ("text/plain", "请稍等", (Say("请稍等"),)),
    ("audio/mpeg", "", (Play(AT),)),
]


@pytest.mark.parametrize(("kind", "body", "verbs"), TYPES)
def test_what_an_answer_is_depends_on_its_type(kind: str, body: str, verbs: tuple[Verb, ...]) -> None:
    assert document_of(HookAnswer(200, 1, content_type=kind, body=body), AT).verbs == verbs


@pytest.mark.parametrize("kind", ["", "application/json"])
def test_an_answer_without_a_type_that_is_known_is_refused(kind: str) -> None:
    with pytest.raises(TwimlError) as refused:
        document_of(HookAnswer(200, 1, content_type=kind, body="{}"), AT)

    assert refused.value.code == 12300


LANGUAGES = [
    ("en-US", "", None),
    ("pa-guru-IN", "", None),
    ("en", "", 13512),
    ("cmn-Hans-CN", "", None),
    ("yue-Hant-HK", "default", None),
    ("zh", "deepgram_nova-2", None),
    ("zh", "", None),
    ("zh-CN", "", 13512),
    ("cmn-CN", "", 13512),
    ("yue-HK", "", 13512),
    ("cmn-Hans-CN", "phone_call", 13331),
    ("cmn-Hans-CN", "deepgram_nova-2-general", 13331),
    ("zh", "googlev2_long", 13331),
    ("cmn-Hans-CN", "magic", 13334),
]


@pytest.mark.parametrize(("language", "model", "fault"), LANGUAGES)
def test_the_platform_listens_in_some_languages_with_some_models(language: str, model: str, fault: int | None) -> None:
    assert gather_fault(language, model) == fault
    assert read(f'<Response><Gather input="speech" language="{language}" speechModel="{model}"/></Response>', AT).verbs[0].fault == fault
    assert read(f'<Response><Gather language="{language}" speechModel="{model}"/></Response>', AT).verbs[0].fault is None


@pytest.mark.parametrize(("language", "spoken"), [("", True), ("zh-CN", True), ("yue-HK", True), ("en-GB", True), ("cmn-Hans-CN", False)])
def test_the_codes_for_speaking_are_others_than_those_for_listening(language: str, spoken: bool) -> None:
    assert is_spoken(language) is spoken
