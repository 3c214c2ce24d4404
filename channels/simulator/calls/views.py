"""How the control API shows a call."""

from channels.simulator.calls.switchboard import Switchboard
from channels.simulator.calls.values import Call, Entry, Wait


def call_view(call: Call, switchboard: Switchboard) -> dict[str, object]:
    """The call as it is now: its state, what it waits for, and everything that was heard on it."""
    return {
        "id": call.id,
        "revision": call.revision,
        "sid": call.sid,
        "parent_sid": call.parent_sid,
        "direction": call.direction,
        "from": call.sender,
        "to": call.recipient,
        "phone": call.phone,
        "status": call.status,
        "state": call.state,
        "waiting": _wait(call.wait, switchboard) if call.wait and not call.is_over else None,
        "heard": [_entry(entry) for entry in call.entries],
        "warnings": [{"code": caution.code, "url": caution.url} for caution in call.cautions],
        "hook_statuses": list(call.hook_statuses),
        "answered_by": call.answered_by,
        "at": call.created_at.isoformat(),
        "seconds": call.seconds,
    }


def _entry(entry: Entry) -> dict[str, str]:
    return {
        "who": entry.speaker,
        "what": entry.what,
        "words": entry.words,
        "language": entry.language,
        "voice": entry.voice,
        "rate": entry.rate,
    }


def _wait(wait: Wait, switchboard: Switchboard) -> dict[str, object]:
    shown: dict[str, object] = {"for": wait.state, "timeout": wait.timeout, "pressed": wait.pressed}
    if wait.gather:
        gather = wait.gather
        shown |= {
            "takes_speech": gather.takes_speech,
            "takes_digits": gather.takes_digits,
            "num_digits": gather.num_digits,
            "finish_on_key": gather.finish_on_key,
            "speech_timeout": gather.speech_timeout,
            "language": gather.language,
            "hints": gather.hints,
        }
    if wait.record:
        shown |= {"max_length": wait.record.max_length, "finish_on_key": wait.record.finish_on_key}
    legs = [leg for sid in wait.legs if (leg := switchboard.call(sid))]
    return shown | {"legs": [{"sid": leg.sid, "phone": leg.phone, "state": leg.state} for leg in legs]}
