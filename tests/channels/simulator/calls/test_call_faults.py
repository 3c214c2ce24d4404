"""What goes wrong with a call: answers that cannot be performed, a service that is away, and what nobody can do."""

import pytest

from channels.simulator.calls.documents import MOST_DOCUMENTS
from channels.simulator.calls.moving import APOLOGY
from channels.simulator.server import Simulator
from tests.channels.simulator.calls.stage import LISTENS, VOICE, XML, Telephone, ring, says
from tests.channels.simulator.stage import MAINLAND, OTHER, RESIDENT, Desk, Ear, running

BROKEN = [
    ((200, XML, "<Response><Say>open</Response>"), 12100),
    ((200, XML, "<Response><Speak>x</Speak></Response>"), 12200),
    ((200, "application/json", "{}"), 12300),
    ((204, "", ""), 12300),
    ((404, "text/plain", "no"), 11200),
]


@pytest.mark.parametrize(("answer", "code"), BROKEN)
def test_an_answer_that_cannot_be_performed_ends_the_call_with_an_apology(ear: Ear, answer: tuple[int, str, str], code: int) -> None:
    ear.answer(VOICE, answer)

    with running(ear, voice_path=VOICE) as simulator:
        phone = ring(Desk(simulator.url))
        assert (phone.call["status"], phone.warnings, phone.heard) == ("completed", [code], [f"carrier say {APOLOGY}"])


def test_the_fallback_is_asked_with_what_went_wrong(ear: Ear) -> None:
    says(ear, LISTENS)
    ear.answer("/heard", (500, "text/plain", ""))
    says(ear, "<Say>请拨打119。</Say>", path="/fallback")

    with running(ear, voice_fallback_path="/fallback") as simulator:
        phone = ring(Desk(simulator.url))
        phone.do("speak", words="着火了")

        assert phone.heard[-1] == "service say 请拨打119。"
        (hook,) = ear.at("/fallback")
        assert (hook.form["ErrorCode"], hook.form["ErrorUrl"]) == ("11200", ear.url + "/heard")
        assert (hook.form["SpeechResult"], hook.is_genuine) == ("着火了", True)


def test_a_fallback_that_fails_too_is_an_apology(ear: Ear) -> None:
    with running(ear, voice_path=VOICE, voice_fallback_path="/fallback") as simulator:
        phone = ring(Desk(simulator.url))

        assert (phone.warnings, phone.heard) == ([12300, 12300], [f"carrier say {APOLOGY}"])


def test_a_service_that_is_away_is_an_apology(simulator: Simulator, desk: Desk) -> None:
    simulator.service_url = "http://127.0.0.1:9"

    phone = ring(desk)

    assert (phone.call["status"], phone.warnings, phone.call["hook_statuses"]) == ("completed", [11205], [None])


def test_redirects_without_end_are_ended(desk: Desk, ear: Ear) -> None:
    says(ear, *["<Redirect/>"] * (MOST_DOCUMENTS + 1))

    phone = ring(desk)

    assert (phone.call["status"], phone.warnings) == ("completed", [11215])


def test_an_address_on_another_machine_is_never_asked(desk: Desk, ear: Ear) -> None:
    says(ear, "<Redirect>https://example.org/voice</Redirect>")

    assert ring(desk).warnings == [11205]


def test_a_retry_keeps_the_call_and_its_token(desk: Desk, ear: Ear) -> None:
    ear.answer(VOICE, (503, "text/plain", ""), (503, "text/plain", ""))
    says(ear, LISTENS)

    phone = ring(desk)

    assert phone.call["state"] == "gathering"
    assert len(ear.at(VOICE)) == 3
    assert {(hook.form["CallSid"], hook.token) for hook in ear.heard} == {(phone.sid, ear.heard[0].token)}


def test_a_doubled_webhook_is_the_same_step_twice(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)
    says(ear, "<Say>一</Say>", "<Say>二</Say>", path="/heard")
    phone = ring(desk)
    desk.trouble("webhook_doubled", count=1)

    phone.do("speak", words="喂")

    assert len(ear.at("/heard")) == 2
    assert ear.at("/heard")[0] == ear.at("/heard")[1]
    assert phone.heard[-1] == "service say 二"


def test_a_forged_step_has_a_wrong_signature(desk: Desk, ear: Ear) -> None:
    desk.trouble("webhook_forged", count=1)
    says(ear, LISTENS)

    ring(desk).do("speak", words="喂")

    assert [hook.is_genuine for hook in ear.heard[:2]] == [False, True]


# Who rings whom


def test_two_calls_of_one_phone_are_two_calls(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS, LISTENS)

    first, second = ring(desk), ring(desk)
    second.do("hangup")

    assert (first.call["state"], second.call["state"]) == ("gathering", "ended")
    assert [call["sid"] for call in desk.get(f"calls?phone=%2B{RESIDENT[1:]}")["calls"]] == [second.sid, first.sid]
    assert desk.get(f"calls?phone=%2B{OTHER[1:]}")["calls"] == []


def test_a_phone_of_mainland_china_may_ring_the_service(desk: Desk, ear: Ear) -> None:
    says(ear, LISTENS)

    assert ring(desk, MAINLAND).call["state"] == "gathering"
    assert ear.heard[0].form["FromCountry"] == "CN"


@pytest.mark.parametrize("fields", [{"from": "110"}, {"from": RESIDENT, "to": OTHER}, {}])
def test_a_call_that_cannot_be_is_refused_in_words(desk: Desk, fields: dict[str, str]) -> None:
    assert desk.post("calls", status=409, **fields)["error"]


WRONG = [
    ("speak", 400, {"words": "x", "confidence": 2}),
    ("press", 400, {"digits": ""}),
    ("press", 400, {"digits": "12a"}),
    ("press", 400, {}),
    ("record", 400, {}),
    ("record", 400, {"seconds": -1}),
    ("record", 400, {"seconds": 3, "key": "x"}),
    ("record", 409, {"seconds": 3}),
    ("pick_up", 409, {}),
    ("pick_up", 400, {"answered_by": "dog"}),
    ("busy", 409, {}),
    ("sing", 404, {}),
]


@pytest.mark.parametrize(("deed", "status", "fields"), WRONG)
def test_what_cannot_be_done_is_refused_in_words_and_changes_nothing(
    desk: Desk, ear: Ear, deed: str, status: int, fields: dict[str, object]
) -> None:
    says(ear, LISTENS)
    phone = ring(desk)
    before = phone.call

    assert phone.refused(deed, status, **fields)
    assert phone.call == before


def test_an_unknown_call_is_404(desk: Desk) -> None:
    assert Telephone(desk, "CA0").refused("silence", 404)
