"""Talks held on the telephone: residents ring the hotline's real hooks, speak and press keys, and hear what its TwiML says; staff text.

A call lasts until it is put through, or time goes by. Words without a letter or a figure are a silence; nobody rings for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring

from flask.testing import FlaskClient

from bot import answering
from bot.drawing import Brush
from bot.store.begin import Store
from bot.web.server import create_app
from bot.web.voice import GOODBYE, MORE, Hotline, voice_hooks
from channels import voice
from channels.voice import Voice
from tests.channels.rigs import PUBLIC, TOKENS, account, twilio_signature
from tests.talks import START, TRANSLATOR, Heard, Talks
from workflows.cases.flow import HELLO

STAFF = ("网格", "值班员", "街道", "管理员")
KEYS = frozenset("0123456789*#")


class Calls(Talks):
    """The house and everybody around it; residents have nothing but a telephone."""

    def __init__(self, store: Store, *, now: datetime = START, estate: bool = True) -> None:
        """Nobody has rung yet."""
        super().__init__(store, channel="sms", now=now, estate=estate)
        self._hooks = create_app([voice_hooks(self._hotline())]).test_client()
        self._sids = count(1)
        self._open: dict[str, Call] = {}

    def say(self, who: str, text: str = "", *, photos: Iterable[str] = ()) -> tuple[Heard, ...]:
        """Who is no staff rings, if they are not in a call, and speaks; the answer is what is heard there, and sent to everybody else."""
        if who.startswith(STAFF) or self.address(who).channel != "sms":
            return super().say(who, text, photos=photos)
        assert not tuple(photos), "A photo cannot be shown on the telephone."
        return tuple(self._on_the_phone(who, text))

    def wait(self, by: timedelta) -> tuple[Heard, ...]:
        """Nobody holds the line meanwhile."""
        for call in self._open.values():
            call.hang_up()
        self._open.clear()
        return (*self.heard(), *super().wait(by))

    def _on_the_phone(self, who: str, text: str) -> Iterator[Heard]:
        call = self._open.get(who)
        if not (says_something(text) or (call and call.is_asked)):
            return
        if call is None:
            call = self._open[who] = Call(self._hooks, f"CA{next(self._sids):032}", self.address(who).value)
            yield from self._heard_by(who, call.ring())
        yield from self._heard_by(who, call.say(text))
        if not call.is_heard:
            call.hang_up()
            del self._open[who]
            yield from self.heard()

    def _heard_by(self, who: str, words: str) -> Iterator[Heard]:
        yield from self.heard()
        if words:
            yield Heard(who, "voice", words, 0)

    def _hotline(self) -> Hotline:
        channel = Voice(account())
        brush = Brush(channel, TRANSLATOR)
        return Hotline(
            account(),
            take=lambda inbound: answering.answer(self.house, brush, inbound, now=self.now),
            redraw=lambda address, one: answering.once_more(self.house, brush, address, delivery_id=one, now=self.now),
            translator=TRANSLATOR,
            clock=lambda: self.now,
            draw=channel.draw,
        )


class Call:
    """One call, as the platform drives it: the documents it was answered with, one after the other."""

    def __init__(self, hooks: FlaskClient, sid: str, number: str) -> None:
        """Nobody has picked up yet."""
        self._hooks = hooks
        self._form = {"CallSid": sid, "From": number, "To": account().from_number, "CallStatus": "in-progress"}
        self.document: Element = Element("Response")

    def ring(self) -> str:
        """What is heard on being answered, unless it is the greeting."""
        words = self.post(voice.CALL_PATH)
        return "" if words in GREETINGS else words

    def say(self, text: str) -> str:
        """What is heard after these words, or after this key, or after a silence that is not broken when it is recorded either."""
        gather = self.document.find("Gather")
        assert gather is not None, "Nobody listens."
        action = gather.get("action", "")
        if text in KEYS:
            return self.post(action, Digits=text)
        if says_something(text):
            return self.post(action, SpeechResult=text, Confidence="0.9")
        words = self.post(action)
        record = self.document.find("Record")
        return words if record is None else f"{words}\n{self.post(record.get('action', ''))}"

    def hang_up(self) -> None:
        """The platform tells that the call is over."""
        form = self._form | {"CallStatus": "completed"}
        assert self._hooks.post(voice.STATUS_PATH, **signed(voice.STATUS_PATH, form)).status_code == 204

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens to what is said next."""
        return self.document.find("Gather") is not None

    @property
    def is_asked(self) -> bool:
        """Whether an answer is awaited."""
        gather = self.document.find("Gather")
        return gather is not None and "delivery=" in gather.get("action", "")

    def post(self, path: str, **fields: str) -> str:
        """What is heard of the document that this step is answered with."""
        path = path.partition("#")[0]
        answer = self._hooks.post(path, **signed(path, self._form | fields))
        assert answer.status_code == 200, answer.text
        self.document = fromstring(answer.text)
        return "\n".join(heard(self.document))


def heard(document: Element) -> Iterator[str]:
    """Every sentence of a document, without the goodbye; 〔转接 …〕 is where the call goes on to."""
    for verb in document.iter():
        words = "".join(verb.itertext()).strip()
        if verb.tag == "Say" and words not in PARTING:
            yield words
        elif verb.tag == "Dial":
            yield f"〔转接 {words}〕"


def says_something(text: str) -> bool:
    """Whether there is anything in it that can be spoken."""
    return any(letter.isalnum() for letter in text)


def signed(path: str, form: dict[str, str]) -> dict[str, Any]:
    """A request as the platform signs it."""
    body = urlencode(form).encode()
    signature = twilio_signature(TOKENS["current"], PUBLIC + path, body)
    return {"data": body, "content_type": "application/x-www-form-urlencoded", "headers": {"X-Twilio-Signature": signature}}


def _spoken(words: str, language: str) -> str:
    return TRANSLATOR.template(words, language, "spoken")


PARTING = frozenset(_spoken(words, language) for words in (MORE, GOODBYE) for language in TRANSLATOR.languages)
GREETINGS = frozenset(
    f"{Voice(account()).draw((), _spoken(HELLO.words, language))}{offered}"
    for language in TRANSLATOR.languages
    for offered in ("", "\nFor English, press 9.")
)
