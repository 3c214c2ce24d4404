"""`<Record>`: what is recorded, who is told, and what can be fetched."""

import io
import wave

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.simulator.calls.recordings import mp3, mp3_size, seconds_of, wav, wav_size
from tests.channels.simulator.calls.stage import VOICE, ring, says
from tests.channels.simulator.stage import SID, TOKEN, Desk, Ear

RECORDS = '<Record action="/recorded" maxLength="60" recordingStatusCallback="/kept" recordingStatusCallbackEvent="completed absent"/>'
NEXT = "<Say>没有听到</Say>"
AUTH = (SID, TOKEN)


def recorded(desk: Desk, ear: Ear, **fields: object) -> dict[str, str]:
    """What the action is told of a recording."""
    says(ear, RECORDS + NEXT)
    ring(desk).do("record", **fields)
    (hook,) = ear.at("/recorded")
    assert hook.is_genuine
    return hook.form


def test_the_action_and_the_status_callback_are_told_of_a_recording(desk: Desk, ear: Ear) -> None:
    form = recorded(desk, ear, seconds=12, key="#")
    desk.settled()

    assert (form["RecordingDuration"], form["Digits"], form["CallStatus"]) == ("12", "#", "in-progress")
    assert form["RecordingUrl"].endswith(f"/2010-04-01/Accounts/{SID}/Recordings/{form['RecordingSid']}")
    (kept,) = ear.at("/kept")
    told = {name: kept.form[name] for name in ("RecordingSid", "RecordingUrl", "RecordingStatus", "RecordingDuration", "CallSid")}
    assert told == {"RecordingStatus": "completed"} | {name: form[name] for name in told if name != "RecordingStatus"}
    assert kept.is_genuine


def test_a_recording_is_no_longer_than_it_may_be(desk: Desk, ear: Ear) -> None:
    assert recorded(desk, ear, seconds=3600)["RecordingDuration"] == "60"


def test_words_are_recorded_for_as_long_as_they_take(desk: Desk, ear: Ear) -> None:
    assert recorded(desk, ear, words="我在三号楼二单元")["RecordingDuration"] == "2"


@pytest.mark.parametrize(("words", "seconds"), [("", 1), ("水", 1), ("我在三号楼二单元五零一", 3), ("there is smoke in the hall", 3)])
def test_how_long_words_take(words: str, seconds: int) -> None:
    assert seconds_of(words) == seconds


@pytest.mark.parametrize("deed", ["silence", "record"])
def test_silence_records_nothing_and_the_document_goes_on(desk: Desk, ear: Ear, deed: str) -> None:
    says(ear, RECORDS + NEXT)

    phone = ring(desk)
    phone.do(deed, seconds=0)

    desk.settled()
    assert phone.heard == ["service beep", "phone silence", "service say 没有听到"]
    assert ear.at("/recorded") == []
    assert [hook.form["RecordingStatus"] for hook in ear.at("/kept")] == ["absent"]


def test_a_key_ends_a_recording_and_words_are_what_is_recorded(desk: Desk, ear: Ear) -> None:
    says(ear, RECORDS.replace("<Record", '<Record finishOnKey="#"'), RECORDS)

    first, second = ring(desk), ring(desk)
    assert first.do("press", digits="1#")["state"] == "ended"
    second.do("speak", words="着火了")

    assert [hook.form["Digits"] for hook in ear.at("/recorded")] == ["#", ""]
    assert "phone recording 着火了" in second.heard


def test_whoever_hangs_up_after_speaking_is_recorded_all_the_same(desk: Desk, ear: Ear) -> None:
    says(ear, RECORDS)
    says(ear, "<Say>nobody hears this</Say>", path="/recorded")

    phone = ring(desk)
    call = phone.do("record", seconds=5, key="hangup")

    (hook,) = ear.at("/recorded")
    assert (hook.form["Digits"], hook.form["CallStatus"], hook.form["RecordingDuration"]) == ("hangup", "completed", "5")
    assert (call["status"], call["heard"][-1]["what"]) == ("completed", "recording")


def test_whoever_hangs_up_before_speaking_leaves_nothing(desk: Desk, ear: Ear) -> None:
    says(ear, RECORDS)

    ring(desk).do("hangup")

    assert ear.at("/recorded") == []
    assert len(ear.at(VOICE)) == 1


# Fetching


def test_a_recording_is_fetched_with_the_account_only(desk: Desk, ear: Ear) -> None:
    url = recorded(desk, ear, seconds=3)["RecordingUrl"]

    for ending in ("", ".wav"):
        got = requests.get(url + ending, auth=AUTH, timeout=5)
        assert got.headers["Content-Type"] == "audio/x-wav"
        with wave.open(io.BytesIO(got.content)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            assert sound.getnframes() == 3 * 8000
    got = requests.get(url + ".mp3", auth=AUTH, timeout=5)
    assert (got.headers["Content-Type"], got.content[:2]) == ("audio/mpeg", b"\xff\xf3")
    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url + ".ogg", auth=AUTH, timeout=5).status_code == 404


def test_a_recording_is_described_and_deleted_as_by_the_platform(desk: Desk, ear: Ear, client: Client) -> None:
    form = recorded(desk, ear, seconds=3)
    sid, url = form["RecordingSid"], form["RecordingUrl"]

    found = client.recordings(sid).fetch()
    assert (found.duration, found.call_sid, found.source, found.status) == ("3", form["CallSid"], "RecordVerb", "completed")
    assert client.recordings(sid).delete()

    assert requests.get(url, auth=AUTH, timeout=5).status_code == 404
    with pytest.raises(TwilioRestException):
        client.recordings(sid).delete()


def test_a_recording_may_be_gone(desk: Desk, ear: Ear) -> None:
    url = recorded(desk, ear, seconds=1)["RecordingUrl"]
    desk.trouble("recording_gone", count=1)

    assert requests.get(url, auth=AUTH, timeout=5).status_code == 404
    assert requests.get(url, auth=AUTH, timeout=5).status_code == 200


def test_the_length_of_a_file_is_known_before_it_is_made() -> None:
    for seconds in (0, 1, 61):
        assert len(b"".join(wav(seconds))) == wav_size(seconds)
        assert len(b"".join(mp3(seconds))) == mp3_size(seconds)
    assert wav_size(3600) > 57_000_000
