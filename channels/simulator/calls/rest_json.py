"""How the platform writes a call and a recording as JSON (twilio.com/docs/voice/api)."""

from email.utils import format_datetime

from channels.simulator.calls.recordings import Recording
from channels.simulator.calls.values import Call
from channels.simulator.forms import API_VERSION


def call_fields(call: Call, account_sid: str) -> dict[str, object]:
    """A call as the platform's JSON shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{call.sid}"
    return {
        "account_sid": account_sid,
        "annotation": None,
        "answered_by": call.answered_by if call.order.detects_machine and call.answered_by else None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": format_datetime(call.created_at),
        "date_updated": format_datetime(call.ended_at or call.answered_at or call.created_at),
        "direction": call.direction,
        "duration": str(call.seconds) if call.ended_at and call.answered_at else None,
        "end_time": format_datetime(call.ended_at) if call.ended_at else None,
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": call.parent_sid or None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": format_datetime(call.answered_at) if call.answered_at else None,
        "status": call.status,
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": call.recipient,
        "to_formatted": call.recipient,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def recording_fields(recording: Recording, account_sid: str) -> dict[str, object]:
    """A recording as the platform's JSON shows it."""
    made = format_datetime(recording.created_at)
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "channels": 1,
        "conference_sid": None,
        "date_created": made,
        "date_updated": made,
        "duration": str(recording.seconds),
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "sid": recording.sid,
        "source": "RecordVerb",
        "start_time": made,
        "status": "completed",
        "uri": f"/{API_VERSION}/Accounts/{account_sid}/Recordings/{recording.sid}.json",
    }
