"""How the contract suite drives each channel: a request made from a row of its payload table, and a platform that answers as recorded."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes, urlencode
from zoneinfo import ZoneInfo

from bot.envelope import Inbound, Receipt
from bot.errors import Forged, Malformed, TooLarge
from bot.translate import load_translator
from bot.web.portal import Portal, portal_pages
from bot.web.server import create_app
from bot.web.telegram import SECRET_HEADER, telegram_hooks
from bot.web.visitor import COOKIE
from channels import ring, sms, terminal, voice
from channels.contract import Channel
from channels.ring import Ring
from channels.sms import Sms
from channels.telegram import Telegram
from channels.telegram_api import HOOK_PATH, TelegramAccount
from channels.telegram_updates import Read, parse
from channels.terminal import Terminal
from channels.twilio import TwilioAccount, signed_form
from channels.twilio_client import Patience
from channels.uploads import Uploads
from channels.voice import Voice
from channels.webchat import Webchat
from tests.channels.provider import Asked, Provider, Reply

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SID = "AC00000000000000000000000000000000"
TOKENS = {"current": "the-token-now", "previous": "the-token-before", "stranger": "not-our-token"}
PUBLIC = "https://anlin.example"
BOT_TOKEN = "4242424242:an-invented-token-of-thirty-five-ch"
SECRET = "the-secret-of-our-hook"
TOKEN_OF_BROWSER = "an-invented-token-of-a-browser-of-43-letter"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Stage:
    """An open channel's platform as a test sees it."""

    channel: Channel
    asked: list[Asked] = field(default_factory=list)


class Rig(Protocol):
    """What the suite needs of a channel."""

    takes_hooks: bool
    network: bool
    has_buttons: bool  # choices are no part of the words

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None: ...

    def stage(self, case: dict[str, Any]) -> Any: ...


def account(base: str = "https://api.twilio.com", **other: str) -> TwilioAccount:
    given = {"from_number": "+99950000000", "public_url": PUBLIC + "/", **other}
    return TwilioAccount(SID, TOKENS["current"], previous_token=TOKENS["previous"], api_base=base, **given)


def twilio_signature(token: str, url: str, body: bytes) -> str:
    """Twilio's signature over the bytes of a form, worked out on bytes and so apart from our own way."""
    fields = {
        tuple(unquote_to_bytes(part.replace(b"+", b" ")) for part in field.partition(b"=")[::2]) for field in body.split(b"&") if field
    }
    signed = url.encode() + b"".join(name + value for name, value in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed, hashlib.sha1).digest()).decode()


def written(value: Any) -> Any:
    """A payload's value; {"of": "水", "times": 3} is a long text written short."""
    return value["of"] * value["times"] if isinstance(value, dict) and "of" in value else value


class SmsRig:
    takes_hooks = True
    network = True
    has_buttons = False

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        path, headers, body = self.request(case)
        if path.startswith(sms.STATUS_PATH):
            return sms.parse_receipt(account(), url_path=path, headers=headers, body=body)
        return sms.parse(account(), url_path=path, headers=headers, body=body, now=NOW)

    def request(self, case: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
        path = case.get("path", sms.INBOUND_PATH)
        pairs = [(name, written(value)) for name, value in case.get("form", {}).items()] + [tuple(pair) for pair in case.get("more", [])]
        body = case["raw"].encode() if "raw" in case else urlencode(pairs).encode()
        content_type = case.get("content_type", "application/x-www-form-urlencoded; charset=UTF-8")
        headers = {"Content-Type": content_type, **case.get("headers", {})}
        signer = case.get("signed", "current")
        if signer != "nobody":
            covered = body if "form-urlencoded" in content_type else b""
            headers["X-Twilio-Signature"] = twilio_signature(TOKENS[signer], case.get("signed_for", PUBLIC) + path, covered)
        if case.get("lower"):
            headers = {name.lower(): value for name, value in headers.items()}
        return path, headers, body[: len(body) - case.get("cut", 0)]

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        reply = case["answer"]
        with Provider(_reply(reply)) as provider:
            patience = Patience(connect=2, answer=case.get("patience", 5))
            channel = Sms(account(_away() if reply == "away" else provider.base), clock=lambda: NOW, patience=patience)
            yield Stage(channel, provider.asked)


class VoiceRig(SmsRig):
    """Signed like a text; nothing is ever sent into a call."""

    network = False

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        step = self.step(case)
        return step.inbound if step else None

    def step(self, case: dict[str, Any]) -> voice.Step | None:
        """What the caller did, whole."""
        path, headers, body = self.request({"path": voice.CALL_PATH} | case)
        form = signed_form(account(), url_path=path, headers=headers, body=body)
        match path.partition("?")[0]:
            case voice.CALL_PATH:
                return voice.arrived(form, now=NOW)
            case voice.ANSWER_PATH:
                return voice.answered(form, url_path=path, now=NOW)
            case voice.RECORDING_PATH:
                return voice.recorded(form, url_path=path, now=NOW)
        return voice.hung_up(form, now=NOW)

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        yield Stage(Voice(account()))


class RingRig(SmsRig):
    """Signed like a text; what is picked up or over is a receipt, and never an inbound."""

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        path, headers, body = self.request({"path": f"{ring.CALL_PATH}?delivery=7"} | case)
        form = signed_form(account(), url_path=path, headers=headers, body=body)
        if path.startswith(ring.STATUS_PATH):
            return ring.receipt_of(form, url_path=path)
        return ring.picked_up(form, url_path=path).receipt

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        reply = case["answer"]
        with Provider(_reply(reply)) as provider:
            patience = Patience(connect=2, answer=case.get("patience", 5))
            yield Stage(Ring(account(_away() if reply == "away" else provider.base), patience=patience), provider.asked)


class TerminalRig:
    takes_hooks = False
    network = False
    has_buttons = False

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        return terminal.parse(written(case["line"]), name="demo", external_id="line-1", now=NOW)

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        screen = io.StringIO()
        if case["answer"] == "closed":
            screen.close()
        yield Stage(Terminal(screen))
        if case["answer"] == "open":
            assert screen.getvalue() == case["outbound"]["words"] + "\n"


class TelegramRig:
    """Updates go through the hook itself, whose secret is all that tells the platform from a stranger."""

    takes_hooks = True
    network = True
    has_buttons = True

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        return self.read(case).inbound

    def read(self, case: dict[str, Any]) -> Read:
        """The whole update, with what only the platform waits for."""
        heard: list[Read] = []
        page = create_app([telegram_hooks(SECRET, lambda body: heard.append(parse(body, now=NOW)))])
        secret = case.get("secret", SECRET)
        headers = {} if secret is None else {SECRET_HEADER: secret.encode().decode("latin-1")}
        answer = page.test_client().post(HOOK_PATH, data=self.body(case), headers=headers, content_type="application/json")
        if answer.status_code in _REFUSED:
            raise _REFUSED[answer.status_code]
        assert answer.status_code == 204
        return heard[0]

    def body(self, case: dict[str, Any]) -> bytes:
        if "raw_hex" in case:
            return bytes.fromhex(case["raw_hex"])
        body = json.dumps(_written_out(case["update"]), ensure_ascii=False).encode()
        return body[: len(body) - case.get("cut", 0)]

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        reply = case["answer"]
        with Provider(_reply(reply)) as provider:
            bot = TelegramAccount(BOT_TOKEN, _away() if reply == "away" else provider.base)
            translate = load_translator("zh_CN", ZoneInfo("Asia/Shanghai")).on_screen
            yield Stage(Telegram(bot, translate=translate, patience=case.get("patience", 5)), provider.asked)


class WebchatRig:
    """Forms go through the page itself, whose own word for where they come from is all that tells it from a stranger."""

    takes_hooks = True
    network = False
    has_buttons = True

    def take(self, case: dict[str, Any]) -> Inbound | Receipt | None:
        heard: list[Inbound] = []
        page = create_app([portal_pages(portal(heard.append))]).test_client()
        page.set_cookie(COOKIE, TOKEN_OF_BROWSER)
        answer = page.post("/chat/say", data=self.body(case), headers=self.headers(case), content_type=case.get("content_type", FORM))
        if answer.status_code in _REFUSED:
            raise _REFUSED[answer.status_code]
        assert answer.status_code == 200
        return heard[0]

    def body(self, case: dict[str, Any]) -> bytes:
        if "raw" in case:
            return str(case["raw"]).encode("latin-1")
        pairs = [("id", "an-id-of-the-page"), *((name, written(value)) for name, value in case.get("form", {}).items())]
        return urlencode([*pairs, *(tuple(pair) for pair in case.get("more", []))]).encode()

    def headers(self, case: dict[str, Any]) -> dict[str, str]:
        return {"Accept": "application/json", **case.get("headers", {"Sec-Fetch-Site": "same-origin"})}

    @contextmanager
    def stage(self, case: dict[str, Any]) -> Iterator[Stage]:
        yield Stage(Webchat(Uploads(Path("nowhere"))))


def portal(take: Callable[[Inbound], object], **given: Any) -> Portal:
    """The portal with nobody behind it but `take`."""
    return Portal(
        **{
            "take": take,
            "news": lambda address, after: (),
            "history": lambda address: (),
            "photo": lambda address, one: None,
            "is_known": lambda address: True,
            "is_danger": lambda words: False,
            "translator": load_translator("zh_CN", ZoneInfo("Asia/Shanghai")),
            "clock": lambda: NOW,
            "uploads": Uploads(Path("nowhere")),
            "media_max_bytes": 1_000_000,
            "public_url": PUBLIC,
            **given,
        }
    )


RIGS: dict[str, Rig] = {
    "ring": RingRig(),
    "sms": SmsRig(),
    "telegram": TelegramRig(),
    "terminal": TerminalRig(),
    "voice": VoiceRig(),
    "webchat": WebchatRig(),
}
_REFUSED = {refusal.status: refusal for refusal in (Forged, Malformed, TooLarge)}


def _written_out(value: Any) -> Any:
    """A payload with its long texts at their full length."""
    if isinstance(value, dict):
        full = written(value)
        return {key: _written_out(each) for key, each in full.items()} if isinstance(full, dict) else full
    return [_written_out(each) for each in value] if isinstance(value, list) else value


def _reply(answer: Any) -> Reply:
    if isinstance(answer, str):
        return Reply(way="plain" if answer == "away" else answer)
    return Reply(answer["status"], answer.get("headers", {}), written(answer.get("body", "")).encode())


def _away() -> str:
    """The base of a platform that has gone home: its port was free a moment ago."""
    with Provider(Reply()) as gone:
        return gone.base
