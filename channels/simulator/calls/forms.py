"""The forms that the platform posts about a call (twilio.com/docs/voice/twiml, twilio.com/docs/voice/api/call-resource)."""

from datetime import datetime
from email.utils import format_datetime

from channels.simulator.calls.recordings import Recording
from channels.simulator.calls.values import Call
from channels.simulator.forms import API_VERSION, country_of

_ANSWERED_SIP, _SIP = "200", {"busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}


def call_form(call: Call, account_sid: str) -> dict[str, str]:
    """What every request about a call says; the platform names each end twice."""
    form = {
        "CallSid": call.sid,
        "AccountSid": account_sid,
        "From": call.sender,
        "To": call.recipient,
        "CallStatus": call.status,
        "Direction": call.direction,
        "ApiVersion": API_VERSION,
    }
    for end, number in (("From", call.sender), ("Caller", call.sender), ("To", call.recipient), ("Called", call.recipient)):
        form |= {end: number, f"{end}Country": country_of(number), f"{end}State": "", f"{end}City": "", f"{end}Zip": ""}
    if call.parent_sid:
        form["ParentCallSid"] = call.parent_sid
    if call.answered_by and call.order.detects_machine:
        form["AnsweredBy"] = call.answered_by
    return form


def course_form(call: Call, account_sid: str, *, event: str, number: int, now: datetime) -> dict[str, str]:
    """The form that reports one event of a call's course; `number` counts them."""
    form = call_form(call, account_sid) | {
        "CallStatus": {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}.get(event, call.status),
        "Timestamp": format_datetime(now),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(number),
    }
    if event != "completed":
        return form
    length = {"CallDuration": str(call.seconds), "Duration": str(-(-call.seconds // 60))} if call.answered_at else {"CallDuration": "0"}
    return form | length | {"SipResponseCode": _SIP.get(call.status, _ANSWERED_SIP)}


def recording_fields(recording: Recording, url: str, *, key: str) -> dict[str, str]:
    """What the request to the action of `<Record>` adds; `key` is what ended it, "hangup" included."""
    length = str(recording.seconds)
    return {"RecordingUrl": url, "RecordingSid": recording.sid, "RecordingDuration": length, "Digits": key}


def recording_form(call: Call, account_sid: str, *, recording: Recording, url: str, status: str) -> dict[str, str]:
    """The form that reports a recording as ready, or as absent."""
    return {
        "AccountSid": account_sid,
        "CallSid": call.sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": url,
        "RecordingStatus": status,
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "RecordingStartTime": format_datetime(recording.created_at),
        "ErrorCode": "0",
    }
