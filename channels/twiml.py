"""What a caller hears, as TwiML: said slowly in their language, listened to for ten seconds, and connected to a person where it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from twilio.twiml.voice_response import Gather, VoiceResponse  # type: ignore[import-untyped]

from bot.envelope import Outbound
from channels import voice
from channels.twilio import RETRIES

MORE_FOR = 5
LISTEN_FOR = 10  # seconds; the platform's five are too few for somebody of 80
TOLD = 2  # times that whoever picks up hears what it is about
RECORD_FOR = 120
RECORD_PAUSE = 5
RING_FOR = 20
SLOWLY = "85%"


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language in the three code systems of the platform: what is said, what is listened for, and whose voice it is."""

    say: str
    gather: str
    voice: str


# twilio.com/docs/voice/twiml/say/text-speech and /gather#languagetags: there is no zh-CN among those that are listened for.
TONGUES: Mapping[str, Tongue] = MappingProxyType(
    {"zh_CN": Tongue("cmn-CN", "cmn-Hans-CN", "Polly.Zhiyu-Neural"), "en": Tongue("en-US", "en-US", "Polly.Joanna-Neural")}
)


@dataclass(frozen=True, slots=True)
class Said:
    """Words and the language they are in."""

    words: str
    language: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What is said round the words of a talk: whether there is more, goodbye, and another language to somebody whose own we do not know.

    A call that goes on to a person shows `caller_id` there; empty, the caller's own number.
    """

    more: str
    goodbye: str
    language: str
    other: str = ""
    in_other: str = ""
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class Ringing:
    """What is said round the words of a call of ours: who rings, how to hear it again, and goodbye; and whether a machine listens."""

    opening: str
    again: str
    goodbye: str
    is_machine: bool = False


def heard(outbounds: Sequence[Outbound], frame: Frame) -> str:
    """The answer to a call: everything that is to be said, then listening, or connecting, or asking once whether there is more.

    One key is enough, and speech is always taken. After a silence at a question its action is called all the same; after `more` the
    call ends.
    """
    response = VoiceResponse()
    asked = next((outbound for outbound in reversed(outbounds) if outbound.asks), None)
    for outbound in outbounds:
        if outbound is not asked:
            _say(response, outbound.words, outbound.language)
    connects = next((outbound for outbound in reversed(outbounds) if outbound.connects_to), None)
    if asked is not None:
        _ask(response, asked, frame)
    elif connects is not None:
        _connect(response, connects, frame)
    else:
        _part(response, outbounds, frame)
    return str(response)


def _ask(response: VoiceResponse, asked: Outbound, frame: Frame) -> None:
    offered = {"other": frame.other} if frame.other and not asked.choices else {}
    action = _at(voice.ANSWER_PATH, delivery=asked.delivery_id, **offered)
    gather = _listening(action, asked.language, timeout=LISTEN_FOR, action_on_empty_result=True)
    _say(gather, asked.words, asked.language)
    if offered:
        _say(gather, frame.in_other, frame.other)
    response.append(gather)
    response.redirect(action, method="POST")  # should the platform ever fail to listen, that is a silence too


def _connect(response: VoiceResponse, connects: Outbound, frame: Frame) -> None:
    shown = {"caller_id": frame.caller_id} if frame.caller_id else {}
    action = _at(voice.DIALLED_PATH, language=connects.language)
    response.dial(connects.connects_to, timeout=RING_FOR, action=action, method="POST", **shown)


def _part(response: VoiceResponse, outbounds: Sequence[Outbound], frame: Frame) -> None:
    if outbounds:
        action = _at(voice.ANSWER_PATH, after=outbounds[-1].delivery_id)
        gather = _listening(action, frame.language, timeout=MORE_FOR)
        _say(gather, frame.more, frame.language)
        response.append(gather)
    _say(response, frame.goodbye, frame.language)
    response.hangup()


def rung(outbound: Outbound, ringing: Ringing) -> str:
    """What whoever picks up a call of ours hears: who rings, the words, and them once more after ten seconds; then the call ends.

    A silence calls nothing: nobody has answered. A machine is told once and its greeting is no word of anybody's; should it be a human
    after all, a key still counts.
    """
    response = VoiceResponse()
    action = _at(voice.ANSWER_PATH, **{"delivery" if outbound.asks else "after": outbound.delivery_id})
    takes = {"input": "dtmf"} if ringing.is_machine else {}
    opening = f"{ringing.opening}\n"
    for _time in range(1 if ringing.is_machine else TOLD):
        gather = _listening(action, outbound.language, timeout=LISTEN_FOR, **takes)
        _say(gather, f"{opening}{outbound.words}\n{ringing.again}", outbound.language)
        response.append(gather)
        opening = ""
    _say(response, ringing.goodbye, outbound.language)
    response.hangup()
    return str(response)


def recording(words: str, *, language: str, delivery: int) -> str:
    """The answer when nothing was understood: the words are recorded and a person listens. That it is recorded is said first."""
    response = VoiceResponse()
    action = _at(voice.RECORDING_PATH, delivery=delivery)
    _say(response, words, language)
    response.record(
        action=action,
        method="POST",
        max_length=RECORD_FOR,
        timeout=RECORD_PAUSE,
        finish_on_key="#",
        play_beep=True,
        trim="do-not-trim",
    )
    response.redirect(action, method="POST")  # reached when nothing was said at all (twilio.com/docs/voice/twiml/record)
    return str(response)


def closing(words: str, *, language: str) -> str:
    """Last words."""
    response = VoiceResponse()
    _say(response, words, language)
    response.hangup()
    return str(response)


def down(first: Sequence[Said], after: Sequence[Said], *, dial: str = "") -> str:
    """What is said when nobody can be asked what comes next: `first`, then a number is rung, then `after`. It calls no hook of ours."""
    response = VoiceResponse()
    for one in first:
        _say(response, one.words, one.language)
    if dial:
        response.dial(dial, timeout=RING_FOR)  # without an action the document goes on, whoever hung up or did not pick up
    else:
        response.pause(length=1)
    for one in after:
        _say(response, one.words, one.language)
    response.hangup()
    return str(response)


def _listening(action: str, language: str, **how: object) -> Gather:
    listens = {"input": "speech dtmf", "language": _tongue(language).gather, "speech_timeout": "auto"} | how
    return Gather(
        num_digits=1,
        finish_on_key="",  # alone, the key that finishes would skip the action
        action=action,
        method="POST",
        **listens,
    )


def _say(into: VoiceResponse | Gather, words: str, language: str) -> None:
    tongue = _tongue(language)
    for sentence in words.splitlines():
        if sentence.strip():
            into.say("", language=tongue.say, voice=tongue.voice).prosody(sentence, rate=SLOWLY)


def _tongue(language: str) -> Tongue:
    return TONGUES.get(language, TONGUES["zh_CN"])


def _at(path: str, **query: int | str) -> str:
    return f"{path}?{urlencode(query)}{RETRIES}"
