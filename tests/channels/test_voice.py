"""The hotline's own side of the contract: what can be said to whom, how it is drawn for the ear, and how a recording is fetched."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.envelope import Address, Event, Media
from bot.errors import AnlinError, Misconfigured, Unavailable
from channels import voice
from channels.media import Fetched, MediaRefused
from channels.twilio_client import Patience
from channels.voice import Voice
from tests.channels.provider import Provider, Reply
from tests.channels.rigs import NOW, VoiceRig, account

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)
CALL = {"CallSid": "CA1", "From": "+9990100001"}
PAYLOADS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "payloads/voice/inbound.json").read_text("utf-8"))


def fetch(provider: Provider, *, limit: int = 20_000_000) -> Fetched | AnlinError:
    async def once() -> Fetched | AnlinError:
        channel = Voice(account(provider.base), patience=Patience(connect=2, media=5))
        await channel.open()
        try:
            return await channel.fetch(Media(f"{provider.base}/Recordings/RE1", "audio/x-wav"), limit)
        except AnlinError as error:
            return error
        finally:
            await channel.close()

    return asyncio.run(once())


@pytest.mark.parametrize("number", ["+9990100001", "+8613800000000", "+861088880000", "+12025550100", "call:CA1"])
def test_nobody_is_spoken_to_of_our_own_accord(number: str) -> None:
    capability = Voice(account()).capability(Address("voice", number))

    assert (capability.reaches, capability.two_way) == (False, False)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("快打119。", "快打1 1 9。"),
        ("火灾救援119，急救120，报警110。", "火灾救援1 1 9，急救1 2 0，报警1 1 0。"),
        ("先打12356或110。", "先打1 2 3 5 6或1 1 0。"),
        ("Call 120 now.", "Call 1 2 0 now."),
        ("编号1 0 1 1 9。", "编号1 0 1 1 9。"),
        ("3号楼1120室", "3号楼1120室"),
        ("最迟11:20", "最迟11:20"),
        ("12号楼", "12号楼"),
    ],
)
def test_an_emergency_number_is_said_figure_by_figure(written: str, said: str) -> None:
    assert Voice(account()).draw((written,)) == said


def test_each_sentence_stands_on_a_line_of_its_own() -> None:
    assert Voice(account()).draw(("收到。",), "有人受伤吗？", (("1", "有，请按1。"),)) == "收到。\n有人受伤吗？\n有，请按1。"


def test_a_recording_is_fetched_with_our_credentials_and_typed_by_its_bytes() -> None:
    with Provider(Reply(body=WAV, headers={"Content-Type": "application/octet-stream"})) as provider:
        assert fetch(provider) == Fetched(WAV, "audio/wav")

    assert provider.asked[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Reply(404), Unavailable), (Reply(410), MediaRefused), (Reply(401), Misconfigured), (Reply(500), Unavailable)],
)
def test_a_recording_that_is_not_there_yet_is_asked_for_again(reply: Reply, error: type[AnlinError]) -> None:
    with Provider(reply) as provider:
        assert type(fetch(provider)) is error


def test_an_hour_of_recording_is_left_half_way() -> None:
    with Provider(Reply(way="streamed", size=57_600_000, body=WAV)) as provider:
        assert type(fetch(provider, limit=1_000_000)) is MediaRefused

    assert provider.streamed < 28_000_000


@pytest.mark.parametrize("case", [case for case in PAYLOADS if "inbound" in case["expect"]], ids=lambda case: str(case["name"]))
def test_the_same_step_is_the_same_inbound_whenever_it_comes(case: dict[str, Any]) -> None:
    first, again = VoiceRig().step(case), VoiceRig().step(case)

    assert first == again


def test_every_step_of_a_call_is_an_inbound_of_its_own() -> None:
    paths = [f"{voice.ANSWER_PATH}?delivery=7", f"{voice.ANSWER_PATH}?delivery=8", f"{voice.ANSWER_PATH}?after=8"]
    answers = [voice.answered(CALL | {"SpeechResult": "喂"}, url_path=path, now=NOW).inbound.external_id for path in paths]
    recorded = voice.recorded(CALL, url_path=f"{voice.RECORDING_PATH}?delivery=7", now=NOW).inbound.external_id
    over = voice.hung_up(CALL | {"CallStatus": "completed"}, now=NOW)
    early = voice.hung_up(CALL, now=NOW, after="7")

    assert over
    assert early
    ids = [*answers, recorded, over.inbound.external_id, early.inbound.external_id, voice.arrived(CALL, now=NOW).inbound.external_id]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("CA1:") for one in ids)


@pytest.mark.parametrize("ended", [{"Digits": "hangup"}, {"CallStatus": "completed"}])
def test_who_hangs_up_to_end_a_recording_hears_nothing_more(ended: dict[str, str]) -> None:
    form = CALL | {"RecordingUrl": "https://api.twilio.com/RE1", "RecordingDuration": "3", **ended}
    step = voice.recorded(form, url_path=f"{voice.RECORDING_PATH}?delivery=7", now=NOW)

    assert step.is_last
    assert step.inbound.media


def test_two_hidden_callers_are_two_people() -> None:
    senders = {voice.arrived({"CallSid": sid, "From": "anonymous"}, now=NOW).inbound.sender for sid in ("CA1", "CA2")}

    assert senders == {Address("voice", "call:CA1"), Address("voice", "call:CA2")}


@pytest.mark.parametrize(
    ("status", "reached"), [("completed", True), ("answered", True), ("no-answer", False), ("busy", False), ("", False)]
)
def test_only_a_call_that_was_taken_was_taken(status: str, reached: bool) -> None:
    assert voice.was_reached({"DialCallStatus": status}) is reached


def test_a_silence_names_the_question_it_met() -> None:
    step = voice.answered(CALL, url_path=f"{voice.ANSWER_PATH}?delivery=7", now=NOW)

    assert (step.is_silent, step.inbound.event, step.inbound.answers, step.delivery) == (True, Event.SILENT, 7, 7)
