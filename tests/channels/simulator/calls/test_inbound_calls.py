"""A phone rings the service: what the service is asked, and what becomes of its answers."""

import pytest

from channels.simulator.calls.moving import APOLOGY
from tests.channels.simulator.calls.stage import LISTENS, STATUS, VOICE, XML, ring, ringing, says
from tests.channels.simulator.stage import OTHER, OURS, RESIDENT, SID, Desk, Ear

NOTHING_OF_ENDS = {f"{end}{what}": "" for end in ("From", "To", "Caller", "Called") for what in ("Country", "State", "City", "Zip")}


def test_a_call_reaches_the_service_as_the_platform_posts_it(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)

    phone = ring(desk)

    (hook,) = ear.at(VOICE)
    assert hook.is_genuine
    assert hook.form == {
        "CallSid": phone.sid,
        "AccountSid": SID,
        "From": RESIDENT,
        "Caller": RESIDENT,
        "To": OURS,
        "Called": OURS,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        **NOTHING_OF_ENDS,
    }
    assert (phone.call["state"], phone.call["status"], phone.heard) == ("gathering", "in-progress", ["service say 请讲。"])


def test_every_continuation_is_signed_and_names_the_same_call(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)
    says(ear, "<Redirect>/second?q=中</Redirect>", path="/heard")
    says(ear, '<Gather numDigits="1" action="/key"/>', path="/second?q=%E4%B8%AD")
    says(ear, '<Record action="/recorded" recordingStatusCallback="/kept"/>', path="/key")
    says(ear, "<Say>再见</Say>", path="/recorded")

    phone = ring(desk)
    phone.do("speak", words="着火了 &=+")
    phone.do("press", digits="1")
    assert phone.do("record", words="三号楼")["status"] == "completed"

    desk.settled()
    assert len(ear.heard) == 7
    assert all(hook.is_genuine and hook.form["CallSid"] == phone.sid for hook in ear.heard)
    assert len({hook.token for hook in ear.heard}) == 7


# Gather


def test_words_come_with_how_sure_they_are(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)

    ring(desk).do("speak", words="三号楼二单元电梯困人了", confidence=0.43)

    (hook,) = ear.at("/heard")
    told = {name: hook.form.get(name) for name in ("SpeechResult", "Confidence", "Language", "CallStatus", "Digits")}
    assert told == {
        "SpeechResult": "三号楼二单元电梯困人了",
        "Confidence": "0.43",
        "Language": "cmn-Hans-CN",
        "CallStatus": "in-progress",
        "Digits": None,
    }


KEYS = [
    ('numDigits="1"', "7", "7"),
    ('numDigits="3"', "123", "123"),
    ("", "12#", "12"),
    ("", "#12#", "12"),
    ('finishOnKey="*"', "1#*", "1#"),
    ('finishOnKey="" numDigits="2"', "*#", "*#"),
]


@pytest.mark.parametrize(("attributes", "pressed", "digits"), KEYS)
def test_keys_are_gathered_until_they_are_enough(desk: Desk, ear: Ear, attributes: str, pressed: str, digits: str) -> None:
    says(ear, f'<Gather action="/heard" {attributes}/>')

    ring(desk).do("press", digits=pressed)

    (hook,) = ear.at("/heard")
    assert hook.form["Digits"] == digits


def test_keys_that_are_not_enough_are_sent_when_no_more_come(desk: Desk, ear: Ear) -> None:
    says(ear, '<Gather action="/heard" numDigits="4"/>')
    phone = ring(desk)

    phone.do("press", digits="1")
    assert phone.do("press", digits="2")["waiting"]["pressed"] == "12"
    assert phone.heard == ["phone digits 12"]
    phone.do("silence")

    assert ear.at("/heard")[0].form["Digits"] == "12"


def test_each_key_goes_to_whoever_waits_for_it_then(desk: Desk, ear: Ear) -> None:
    says(ear, '<Gather action="/a" numDigits="1"/>')
    says(ear, '<Gather action="/b" numDigits="1"/>', path="/a")
    says(ear, "<Hangup/>", path="/b")

    call = ring(desk).do("press", digits="129")

    assert [hook.form["Digits"] for path in ("/a", "/b") for hook in ear.at(path)] == ["1", "2"]
    assert call["state"] == "ended"


def test_silence_goes_on_to_the_next_verb(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS + "<Say>没有听到您说话。</Say>")

    call = ring(desk).do("silence")

    assert ear.at("/heard") == []
    assert [entry["what"] for entry in call["heard"]] == ["say", "silence", "say"]
    assert (call["status"], call["seconds"]) == ("completed", 10)


def test_silence_is_told_to_a_gather_that_wants_to_know(desk: Desk, ear: Ear) -> None:
    says(ear, '<Gather action="/heard" input="speech dtmf" actionOnEmptyResult="true"/><Say>没有听到</Say>')

    phone = ring(desk)
    phone.do("speak", words="  ")

    (hook,) = ear.at("/heard")
    assert (hook.form["Digits"], hook.form.get("SpeechResult")) == ("", None)
    assert "service say 没有听到" not in phone.heard


@pytest.mark.parametrize(("listens", "deed"), [("speech", {"deed": "press", "digits": "1"}), ("dtmf", {"deed": "speak", "words": "是"})])
def test_what_is_not_listened_for_is_not_heard(desk: Desk, ear: Ear, listens: str, deed: dict[str, str]) -> None:
    says(ear, f'<Gather action="/heard" input="{listens}" numDigits="1"/>')

    call = ring(desk).do(**deed)

    assert (call["state"], len(call["heard"]), ear.at("/heard")) == ("gathering", 1, [])


def test_a_language_that_the_platform_does_not_hear_fails_the_gather(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS.replace("cmn-Hans-CN", "zh-CN") + "<Say>再见</Say>")

    phone = ring(desk)

    assert (phone.warnings, phone.heard, phone.call["state"]) == ([13512], ["service say 再见"], "ended")


def test_what_the_call_waits_for_can_be_read(desk: Desk, ear: Ear) -> None:
    says(ear, '<Gather input="speech dtmf" language="yue-Hant-HK" hints="火" speechTimeout="3" timeout="9" numDigits="2"/>')

    waiting = ring(desk).call["waiting"]

    assert waiting == {
        "for": "gathering",
        "timeout": 9,
        "pressed": "",
        "takes_speech": True,
        "takes_digits": True,
        "num_digits": 2,
        "finish_on_key": "#",
        "speech_timeout": "3",
        "language": "yue-Hant-HK",
        "hints": "火",
        "legs": [],
    }


def test_an_action_asked_by_get_has_its_fields_in_the_address(desk: Desk, ear: Ear) -> None:
    says(ear, '<Redirect method="GET">/get?a=b</Redirect>')

    phone = ring(desk)

    (hook,) = [hook for hook in ear.heard if "/get?a=b&CallSid=" in hook.url]
    assert (hook.form, hook.is_genuine) == ({}, True)
    assert phone.sid in hook.url


# The end of a call


@pytest.mark.parametrize(("verb", "status"), [("<Reject/>", "no-answer"), ('<Reject reason="busy"/>', "busy"), ("<Hangup/>", "completed")])
def test_the_service_may_refuse_or_end_a_call(desk: Desk, ear: Ear, verb: str, status: str) -> None:
    says(ear, verb + "<Say>never</Say>")

    phone = ring(desk)

    assert (phone.call["status"], phone.call["state"], phone.heard) == (status, "ended", [])
    desk.settled()
    assert [hook.form["CallStatus"] for hook in ear.at(STATUS)] == [status]


def test_a_hang_up_is_told_to_nobody_but_the_status_callback(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)

    call = ring(desk).do("hangup")

    desk.settled()
    assert (call["status"], call["state"], call["waiting"]) == ("completed", "ended", None)
    assert ear.at("/heard") == []
    (hook,) = ear.at(STATUS)
    assert hook.is_genuine
    told = {name: hook.form[name] for name in ("CallStatus", "CallDuration", "SequenceNumber", "CallbackSource", "Direction")}
    assert told == {
        "CallStatus": "completed",
        "CallDuration": "0",
        "SequenceNumber": "0",
        "CallbackSource": "call-progress-events",
        "Direction": "inbound",
    }


COURSE = [("speak", {"words": "喂"}), ("press", {"digits": "1"}), ("other", {}), ("silence", {}), ("record", {"seconds": 3})]


@pytest.mark.parametrize("steps", range(len(COURSE) + 1))
def test_a_hang_up_ends_a_call_wherever_it_comes(desk: Desk, ear: Ear, steps: int) -> None:
    says(ear, LISTENS)
    says(ear, '<Gather numDigits="1" action="/key"/>', path="/heard")
    says(ear, f"<Dial>{OTHER}</Dial><Pause/><Gather/><Record action='/recorded'/>", path="/key")
    says(ear, LISTENS, path="/recorded")
    phone = ring(desk)
    for deed, fields in COURSE[:steps]:
        other = ringing(desk, OTHER) if deed == "other" else None
        (other.do("busy") if other else phone.do(deed, **fields))

    call = phone.do("hangup")

    desk.settled()
    assert (call["state"], call["status"], call["waiting"]) == ("ended", "completed", None)
    assert all(one["state"] == "ended" for one in desk.get("calls")["calls"])
    assert [hook.form["CallStatus"] for hook in ear.at(STATUS)] == ["completed"]


def test_a_call_can_be_hung_up_in_the_middle_of_a_sentence(desk: Desk, ear: Ear) -> None:
    says(ear, "<Say>一</Say><Pause/><Say>二</Say>" + LISTENS)

    phone = ring(desk, step_by_step=True)

    assert (phone.call["state"], phone.heard) == ("saying", ["service say 一"])
    assert phone.do("silence")["state"] == "saying"
    assert phone.do("hangup")["status"] == "completed"
    assert phone.heard == ["service say 一", "service pause 1"]


def test_whoever_speaks_listens_to_the_end_first(desk: Desk, ear: Ear) -> None:
    says(ear, "<Say>一</Say><Say>二</Say>" + LISTENS)

    phone = ring(desk, step_by_step=True)
    phone.do("speak", words="着火了")

    assert phone.heard == ["service say 一", "service say 二", "service say 请讲。", "phone speech 着火了", f"carrier say {APOLOGY}"]


def test_nothing_more_can_be_done_to_a_call_that_is_over(desk: Desk, ear: Ear) -> None:
    says(ear, "<Hangup/>")
    phone = ring(desk)

    for deed in ("silence", "hangup", "pick_up"):
        assert phone.refused(deed, 409)


def test_a_hang_up_while_the_service_thinks_takes_effect_when_it_has_answered(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)
    phone = ring(desk)
    ear.answer("/heard", (200, XML, "<Response><Say>太晚了</Say></Response>"))
    answered = ear.take

    def hang_up_meanwhile(request: object) -> tuple[int, str, str]:
        answer = answered(request)  # type: ignore[arg-type]
        if ear.heard[-1].url.endswith("/heard"):
            assert phone.do("hangup")["state"] == "connecting"
        return answer

    ear.take = hang_up_meanwhile  # type: ignore[method-assign,assignment]
    phone.do("speak", words="喂")

    assert phone.call["status"] == "completed"
    assert phone.heard == ["service say 请讲。", "phone speech 喂"]
