"""The control API of the telephone: what a test and the page do with a call, step by step."""

from collections.abc import Callable, Mapping

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from channels.simulator.asking import AskedWronglyError, asked_fields, control_blueprint
from channels.simulator.calls.recordings import LONGEST, seconds_of
from channels.simulator.calls.steps import HungUpError
from channels.simulator.calls.switchboard import CannotActError, Switchboard
from channels.simulator.calls.values import Act, Call, Declined, PickedUp, Pressed, Recorded, Silence, Spoke
from channels.simulator.calls.views import call_view

KEYS = frozenset("0123456789*#")
MOST_KEYS = 64
ANSWERED_BY = ("human", "unknown", "fax")


def calls_control(switchboard: Switchboard) -> Blueprint:
    """The blueprint of `/control/calls`."""
    api = control_blueprint("calls_control", "/control/calls")

    @api.errorhandler(CannotActError)
    def cannot(error: CannotActError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 409

    @api.get("")
    def listing() -> ResponseReturnValue:
        phone, after = request.args.get("phone", ""), request.args.get("changed_after", 0, type=int)
        found = [call for call in switchboard.calls() if call.revision > after and phone in ("", call.phone)]
        return jsonify(calls=[call_view(call, switchboard) for call in found])

    @api.post("")
    def ring() -> ResponseReturnValue:
        asked = asked_fields()
        to = str(asked.get("to") or switchboard.exchange.settings.numbers[0])
        call = switchboard.ring_in(str(asked.get("from") or ""), to, is_stepwise=asked.get("step_by_step") is True)
        return jsonify(call_view(call, switchboard)), 201

    @api.get("/<sid>")
    def shown(sid: str) -> ResponseReturnValue:
        return jsonify(call_view(_found(switchboard, sid), switchboard))

    @api.post("/<sid>/<deed>")
    def act(sid: str, deed: str) -> ResponseReturnValue:
        call, asked = _found(switchboard, sid), asked_fields()
        return jsonify(call_view(_done(switchboard, call, deed, asked=asked), switchboard))

    return api


def _found(switchboard: Switchboard, sid: str) -> Call:
    call = switchboard.call(sid)
    if call is None:
        raise AskedWronglyError("There is no such call.", 404)
    return call


def _done(switchboard: Switchboard, call: Call, deed: str, *, asked: Mapping[str, object]) -> Call:
    if deed == "hangup":
        # A phone that only rings is not answered rather than hung up.
        is_ringing = call.state == "ringing"
        return switchboard.act(call.sid, Declined("busy")) if is_ringing else switchboard.interrupt(call.sid, HungUpError())
    if deed not in _DEEDS:
        raise AskedWronglyError("There is no such thing to do with a call.", 404)
    acts = _DEEDS[deed](asked)
    if isinstance(asked.get("step_by_step"), bool):
        switchboard.set_stepwise(call.sid, asked["step_by_step"] is True)
    return switchboard.act(call.sid, *acts)


def _spoken(asked: Mapping[str, object]) -> list[Act]:
    """The words, or silence where nothing was said."""
    words, confidence = _words(asked.get("words")), asked.get("confidence", 0.9)
    if not isinstance(confidence, int | float) or isinstance(confidence, bool) or not 0 <= confidence <= 1:
        raise AskedWronglyError("confidence is a number from 0 to 1.")
    return [Spoke(words, float(confidence)) if words else Silence()]


def _pressed(asked: Mapping[str, object]) -> list[Act]:
    digits = asked.get("digits")
    if not isinstance(digits, str) or not 0 < len(digits) <= MOST_KEYS or not KEYS.issuperset(digits):
        raise AskedWronglyError("digits are keys, one after the other: 0 to 9, * and #.")
    return [Pressed(key) for key in digits]


def _recorded(asked: Mapping[str, object]) -> list[Act]:
    words, seconds, key = _words(asked.get("words")), asked.get("seconds"), str(asked.get("key") or "")
    if seconds is None and words:
        seconds = seconds_of(words)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= LONGEST:
        raise AskedWronglyError(f"Give words, or seconds: a whole number from 0 to {LONGEST}.")
    if key not in KEYS | {"", "hangup"}:
        raise AskedWronglyError('key is what ended the recording: one key, "hangup", or nothing.')
    return [Recorded(seconds, words, key) if seconds else Silence()]


def _picked_up(asked: Mapping[str, object]) -> list[Act]:
    by = asked.get("answered_by", "human")
    if by not in ANSWERED_BY:
        raise AskedWronglyError(f"answered_by is one of {', '.join(ANSWERED_BY)}.")
    return [PickedUp(str(by))]


def _words(value: object) -> str:
    # JSON can hold half a character, which nobody can say.
    return str(value or "").encode("utf-8", "replace").decode().strip()


_DEEDS: Mapping[str, Callable[[Mapping[str, object]], list[Act]]] = {
    "speak": _spoken,
    "press": _pressed,
    "silence": lambda asked: [Silence()],
    "record": _recorded,
    "pick_up": _picked_up,
    "voicemail": lambda asked: [PickedUp("machine_start", _words(asked.get("greeting")))],
    "busy": lambda asked: [Declined("busy")],
    "no_answer": lambda asked: [Declined("no-answer")],
    "failed": lambda asked: [Declined("failed")],
}
