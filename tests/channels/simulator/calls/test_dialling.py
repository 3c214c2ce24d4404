"""`<Dial>`: a call is connected with another phone, or is not."""

import pytest

from channels.simulator.calls.moving import MACHINE_PATIENCE
from tests.channels.simulator.calls.stage import Telephone, ring, ringing, says
from tests.channels.simulator.stage import LANDLINE, MAINLAND, OTHER, OURS, RESIDENT, Desk, Ear

AFTER = "<Say>没有接通</Say>"
ALL_EVENTS = 'statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed"'


def dials(ear: Ear, number: str = f"<Number>{OTHER}</Number>", attributes: str = 'action="/dialled"') -> None:
    says(ear, f'<Dial timeout="20" {attributes}>{number}</Dial>{AFTER}')


def outcome(ear: Ear) -> tuple[str, str]:
    (hook,) = ear.at("/dialled")
    assert hook.is_genuine
    return hook.form["DialCallStatus"], hook.form["DialBridged"]


def test_the_two_hear_each_other_until_one_hangs_up(desk: Desk, ear: Ear) -> None:
    dials(ear)
    says(ear, "<Say>再见</Say>", path="/dialled")
    caller = ring(desk)
    assert (caller.call["state"], caller.call["waiting"]["timeout"]) == ("dialling", 20)
    called = ringing(desk, OTHER)
    assert (called.call["from"], called.call["direction"], called.call["parent_sid"]) == (RESIDENT, "outbound-dial", caller.sid)

    assert called.do("pick_up")["state"] == "bridged"
    caller.do("speak", words="电梯困人了")
    called.do("speak", words="马上到")
    called.do("press", digits="1")
    called.do("hangup")

    assert called.heard == ["other speech 电梯困人了", "phone speech 马上到", "phone digits 1"]
    assert caller.heard[1:] == ["phone speech 电梯困人了", "other speech 马上到", "other digits 1", "service say 再见"]
    assert outcome(ear) == ("completed", "true")
    assert ear.at("/dialled")[0].form["DialCallSid"] == called.sid


UNANSWERED = [("busy", "busy"), ("hangup", "busy"), ("no_answer", "no-answer"), ("failed", "failed"), ("silence", "no-answer")]


@pytest.mark.parametrize(("deed", "status"), UNANSWERED)
def test_the_action_learns_how_it_was_not_answered(desk: Desk, ear: Ear, deed: str, status: str) -> None:
    dials(ear)
    says(ear, "<Say>再见</Say>", path="/dialled")

    caller = ring(desk)
    called = ringing(desk, OTHER)
    called.do(deed)

    assert (called.call["status"], outcome(ear)) == (status, (status, "false"))
    assert caller.heard[-1] == "service say 再见"


def test_when_its_time_is_over_nobody_has_answered(desk: Desk, ear: Ear) -> None:
    dials(ear)

    caller = ring(desk)
    called = ringing(desk, OTHER)
    caller.do("silence")

    assert (called.call["status"], outcome(ear)) == ("no-answer", ("no-answer", "false"))


def test_without_an_action_the_document_goes_on(desk: Desk, ear: Ear) -> None:
    dials(ear, attributes="")

    caller = ring(desk)
    ringing(desk, OTHER).do("busy")

    assert caller.heard[-1] == "service say 没有接通"


def test_the_first_of_several_phones_gets_the_call(desk: Desk, ear: Ear) -> None:
    dials(ear, f"<Number>{OTHER}</Number><Number>{LANDLINE}</Number>")

    caller = ring(desk)
    first, second = ringing(desk, OTHER), ringing(desk, LANDLINE)
    second.do("pick_up")

    assert (first.call["status"], second.call["state"], caller.call["state"]) == ("canceled", "bridged", "bridged")
    assert caller.other() == second


def test_several_phones_have_to_fail_before_the_dialling_has(desk: Desk, ear: Ear) -> None:
    dials(ear, f"<Number>{OTHER}</Number><Number>{LANDLINE}</Number>")

    caller = ring(desk)
    ringing(desk, OTHER).do("busy")
    assert caller.call["state"] == "dialling"
    ringing(desk, LANDLINE).do("no_answer")

    assert outcome(ear) == ("no-answer", "false")


@pytest.mark.parametrize(("picks_up", "told"), [(False, ("canceled", "false")), (True, ("completed", "true"))])
def test_when_the_caller_hangs_up_the_other_phone_is_let_go_and_the_action_told(
    desk: Desk, ear: Ear, picks_up: bool, told: tuple[str, str]
) -> None:
    dials(ear)
    caller = ring(desk)
    called = ringing(desk, OTHER)
    if picks_up:
        called.do("pick_up")

    caller.do("hangup")

    assert (caller.call["status"], called.call["status"]) == ("completed", told[0])
    assert outcome(ear) == told
    assert ear.at("/dialled")[0].form["CallStatus"] == "completed"


REFUSED = [
    (f"<Number>{MAINLAND}</Number>", "", 13227),
    ("<Number>119</Number>", "", 13224),
    (f"<Number>{OTHER}</Number>", 'callerId="+15005550006"', 13214),
]


@pytest.mark.parametrize(("number", "attribute", "code"), REFUSED)
def test_what_the_platform_does_not_dial_fails_at_once(desk: Desk, ear: Ear, number: str, attribute: str, code: int) -> None:
    dials(ear, number, f'action="/dialled" {attribute}')

    caller = ring(desk)

    assert caller.warnings[0] == code
    assert outcome(ear) == ("failed", "false")
    assert len(desk.get("calls")["calls"]) == 1


def test_the_service_may_show_its_own_number(desk: Desk, ear: Ear) -> None:
    dials(ear, attributes=f'callerId="{OURS}"')

    ring(desk)

    assert ringing(desk, OTHER).call["from"] == OURS


def test_a_leg_reports_its_own_course(desk: Desk, ear: Ear) -> None:
    dials(ear, f"<Number {ALL_EVENTS}>{OTHER}</Number>")
    caller = ring(desk)
    called = ringing(desk, OTHER)

    called.do("pick_up")
    called.do("hangup")

    desk.settled()
    course = [(hook.form["CallStatus"], hook.form["SequenceNumber"]) for hook in ear.at("/leg")]
    assert course == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]
    assert {hook.form["ParentCallSid"] for hook in ear.at("/leg")} == {caller.sid}
    assert all(hook.is_genuine for hook in ear.at("/leg"))


# What the dialled phone hears first

WHISPER = '<Gather numDigits="1" action="/accept"><Say>按1接听</Say></Gather><Hangup/>'


def whispered(desk: Desk, ear: Ear) -> tuple[Telephone, Telephone]:
    dials(ear, f'<Number url="/whisper">{OTHER}</Number>')
    says(ear, WHISPER, path="/whisper")
    says(ear, "", path="/accept")
    return ring(desk), ringing(desk, OTHER)


def test_only_who_presses_a_key_is_connected(desk: Desk, ear: Ear) -> None:
    caller, called = whispered(desk, ear)

    assert called.do("pick_up")["state"] == "gathering"
    assert caller.call["state"] == "dialling"
    called.do("press", digits="1")

    assert (caller.call["state"], called.call["state"]) == ("bridged", "bridged")


def test_an_answering_machine_presses_no_key_and_is_not_connected(desk: Desk, ear: Ear) -> None:
    caller, called = whispered(desk, ear)

    called.do("voicemail")

    assert called.call["status"] == "completed"
    assert outcome(ear) == ("completed", "false")
    assert caller.call["state"] == "ended"


def test_an_answering_machine_that_is_connected_says_its_greeting(desk: Desk, ear: Ear) -> None:
    dials(ear)

    caller = ring(desk)
    ringing(desk, OTHER).do("voicemail", greeting="请留言")

    assert (caller.call["state"], caller.heard[-1]) == ("bridged", "other speech 请留言")


def test_a_machine_does_not_stay_on_the_line_for_ever(desk: Desk, ear: Ear) -> None:
    dials(ear, f'<Number url="/whisper">{OTHER}</Number>')
    says(ear, *['<Gather timeout="5"/><Redirect/>'] * (MACHINE_PATIENCE + 1), path="/whisper")

    ring(desk)
    called = ringing(desk, OTHER)
    called.do("voicemail")

    assert called.call["status"] == "completed"
    assert len(ear.at("/whisper")) == MACHINE_PATIENCE + 1


@pytest.mark.parametrize(("kind", "status"), [("call_busy", "busy"), ("call_no_answer", "no-answer"), ("call_failed", "failed")])
def test_a_trouble_decides_for_the_phone(desk: Desk, ear: Ear, kind: str, status: str) -> None:
    desk.trouble(kind, number=OTHER, count=1)
    dials(ear)

    caller = ring(desk)

    assert (outcome(ear)[0], caller.call["state"]) == (status, "ended")
