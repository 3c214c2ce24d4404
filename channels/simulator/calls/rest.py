"""The part of Twilio's REST API that a voice service uses (twilio.com/docs/voice/api), in Twilio's own shapes."""

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from channels.simulator import china, faults, refusals
from channels.simulator.calls.recordings import MP3, WAV, Recording, mp3, mp3_size, wav, wav_size
from channels.simulator.calls.rest_json import call_fields, recording_fields
from channels.simulator.calls.steps import Elsewhere, HungUpError, RedirectedError
from channels.simulator.calls.switchboard import CannotActError, Switchboard
from channels.simulator.calls.values import Call, Order
from channels.simulator.calls.verbs import DEFAULT_EVENTS
from channels.simulator.carrier import E164
from channels.simulator.forms import API_VERSION
from channels.simulator.refusals import RefusedError
from channels.simulator.twilio_api import answered, check_account
from channels.simulator.twilio_json import json_answer, page_of, refused

RING_SECONDS, LONGEST_RING = 60, 600
EVENTS = ("initiated", "ringing", "answered", "completed")

_FORMS: dict[str, tuple[str, Callable[[int], Iterator[bytes]], Callable[[int], int]]] = {
    "wav": (WAV, wav, wav_size),
    "mp3": (MP3, mp3, mp3_size),
}


def calls_api(switchboard: Switchboard) -> Blueprint:
    """The blueprint of `/2010-04-01/Accounts/{sid}/Calls` and `.../Recordings`."""
    api = Blueprint("calls_api", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account_sid>")

    @api.before_request
    def check() -> None:
        check_account(switchboard.exchange)

    @api.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> ResponseReturnValue:
        return refused(error)

    _add_call_routes(api, switchboard)
    _add_recording_routes(api, switchboard)
    return api


def _add_call_routes(api: Blueprint, switchboard: Switchboard) -> None:
    @api.post("/Calls.json")
    def create(account_sid: str) -> ResponseReturnValue:
        to = request.form.get("To", "")
        return answered(switchboard.exchange, to, lambda: _created(switchboard, account_sid))

    @api.get("/Calls.json")
    def listing(account_sid: str) -> ResponseReturnValue:
        found = [call for call in switchboard.calls() if _is_asked_for(call)]
        return json_answer(page_of("calls", found, lambda call: call_fields(call, account_sid)))

    @api.get("/Calls/<sid>.json")
    def fetch(account_sid: str, sid: str) -> ResponseReturnValue:
        return json_answer(call_fields(_found(switchboard, sid), account_sid))

    @api.post("/Calls/<sid>.json")
    def update(account_sid: str, sid: str) -> ResponseReturnValue:
        return json_answer(call_fields(_updated(switchboard, _found(switchboard, sid)), account_sid))


def _add_recording_routes(api: Blueprint, switchboard: Switchboard) -> None:
    @api.get("/Recordings/<name>")
    def fetch_recording(account_sid: str, name: str) -> ResponseReturnValue:
        sid, _, form = name.partition(".")
        recording = _recording(switchboard, sid)
        if form == "json":
            return json_answer(recording_fields(recording, account_sid))
        if (form or "wav") not in _FORMS:
            raise RefusedError(refusals.NOT_FOUND, request.path)
        kind, sound, size = _FORMS[form or "wav"]
        return Response(sound(recording.seconds), content_type=kind, headers={"Content-Length": str(size(recording.seconds))})

    @api.delete("/Recordings/<name>")
    def delete_recording(account_sid: str, name: str) -> ResponseReturnValue:
        sid = name.partition(".")[0]
        _recording(switchboard, sid)
        switchboard.delete_recording(sid)
        return Response(status=204)


def _created(switchboard: Switchboard, account_sid: str) -> Response:
    form = request.form
    sender, to = form.get("From", ""), form.get("To", "")
    _check_numbers(switchboard, sender, to)
    call = switchboard.place(sender, to, _order(switchboard))
    # The platform has only taken it in when it answers.
    return json_answer(call_fields(call, account_sid) | {"status": "queued"}, 201)


def _check_numbers(switchboard: Switchboard, sender: str, to: str) -> None:
    if not to:
        raise RefusedError(refusals.CALL_TO_MISSING)
    if not E164.fullmatch(to):
        raise RefusedError(refusals.TO_INVALID, to)
    if not sender:
        raise RefusedError(refusals.CALL_FROM_MISSING)
    if sender not in switchboard.exchange.settings.numbers:
        raise RefusedError(refusals.CALL_FROM_NOT_OURS, sender)
    if sender == to:
        raise RefusedError(refusals.TO_IS_FROM)
    if china.is_mainland(to):
        raise RefusedError(refusals.CALL_NOT_PERMITTED, to)


def _order(switchboard: Switchboard) -> Order:
    form = request.form
    url, twiml = form.get("Url", ""), form.get("Twiml", "")
    reaches = switchboard.exchange.reaches
    if not twiml and not reaches(url):
        raise RefusedError(refusals.CALL_URL_INVALID, url)
    callback = form.get("StatusCallback", "")
    if callback and not reaches(callback):
        raise RefusedError(refusals.CALLBACK_INVALID, callback)
    timeout = form.get("Timeout", "")
    return Order(
        url,
        _method("Method"),
        twiml,
        fallback_url=form.get("FallbackUrl", ""),
        status_callback=callback,
        status_method=_method("StatusCallbackMethod"),
        events=_events(form.getlist("StatusCallbackEvent")),
        timeout=min(int(timeout), LONGEST_RING) if timeout.isascii() and timeout.isdigit() and int(timeout) else RING_SECONDS,
        detects_machine=form.get("MachineDetection", "") if form.get("MachineDetection") in ("Enable", "DetectMessageEnd") else "",
    )


def _method(name: str) -> str:
    return "GET" if request.form.get(name, "").upper() == "GET" else "POST"


def _events(asked: list[str]) -> tuple[str, ...]:
    given = " ".join(asked).replace(",", " ").split()
    return tuple(event for event in EVENTS if event in given) or DEFAULT_EVENTS


def _updated(switchboard: Switchboard, call: Call) -> Call:
    """The call as the service wants it: ended, or with another document."""
    form = request.form
    status, url, twiml = form.get("Status", ""), form.get("Url", ""), form.get("Twiml", "")
    try:
        if status == "canceled" and call.answered_at:
            return call  # says the platform: it does not touch calls that are in progress
        if status in ("completed", "canceled"):
            return switchboard.interrupt(call.sid, HungUpError("canceled"))
        if status or not (url or twiml):
            raise RefusedError(refusals.BAD_PARAMETER, "Status")
        if call.status != "in-progress" or call.direction == "outbound-dial":
            raise RefusedError(refusals.CALL_NOT_IN_PROGRESS)
        return switchboard.interrupt(call.sid, RedirectedError(Elsewhere(url, _method("Method"), twiml)))
    except CannotActError:
        raise RefusedError(refusals.CALL_NOT_IN_PROGRESS) from None


def _is_asked_for(call: Call) -> bool:
    asked = request.args
    shown = {"To": call.recipient, "From": call.sender, "Status": call.status, "ParentCallSid": call.parent_sid}
    return all(asked.get(name, value) == value for name, value in shown.items())


def _found(switchboard: Switchboard, sid: str) -> Call:
    call = switchboard.call(sid)
    if call is None:
        raise RefusedError(refusals.NOT_FOUND, sid)
    return call


def _recording(switchboard: Switchboard, sid: str) -> Recording:
    recording = switchboard.recording(sid)
    is_gone = recording is not None and switchboard.exchange.trouble(faults.RECORDING, recording.phone) is not None
    if recording is None or is_gone:
        raise RefusedError(refusals.NOT_FOUND, sid)
    return recording
