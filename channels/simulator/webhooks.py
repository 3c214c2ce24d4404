"""Posting to the service as the platform does: signed, with its time-outs, its retries and its connection overrides."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit

import requests
from requests.utils import requote_uri
from urllib3.exceptions import ProtocolError

# Debugger codes of the platform: could not connect or was not answered in time; answered with an HTTP error.
NOT_CONNECTED = 11205
NOT_RETRIEVED = 11200


@dataclass(frozen=True, slots=True)
class Overrides:
    """How often and how long one webhook is tried, read from the fragment of its address.

    The defaults and limits are the platform's (twilio.com/docs/usage/webhooks/webhooks-connection-overrides):
    one retry, and only when no connection came about.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_time: float = 15.0
    retries: int = 1
    retried: frozenset[str] = frozenset({"ct"})  # any of ct, rt, 4xx, 5xx, all

    def covers(self, failure: str) -> bool:
        """True when this failure (ct, rt, 4xx or 5xx) is tried again."""
        return failure in self.retried or "all" in self.retried


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook to post. Its token stays the same over retries and doubles, as the platform's does."""

    url: str
    form: Mapping[str, str]
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    is_forged: bool = False
    method: str = "POST"  # with GET the form is the query


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the service answered in the end; no status means that nothing came back."""

    status: int | None
    attempts: int
    error_code: int | None = None
    content_type: str = ""
    body: str = ""

    @property
    def is_accepted(self) -> bool:
        """True when the service took it."""
        return self.status is not None and 200 <= self.status < 300


def signature_of(url: str, form: Mapping[str, str], auth_token: str) -> str:
    """The signature of a form posted to an address (twilio.com/docs/usage/webhooks/webhooks-security)."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def overrides_of(url: str) -> tuple[str, Overrides]:
    """The address without its fragment, and what the fragment asks for; what is out of range is ignored."""
    bare, fragment = urldefrag(url)
    asked = dict(parse_qsl(fragment))
    standard = Overrides()
    return bare, Overrides(
        connect_timeout=_within(asked.get("ct"), 100, 10_000, default=5_000) / 1000,
        read_timeout=_within(asked.get("rt"), 100, 15_000, default=15_000) / 1000,
        total_time=_within(asked.get("tt"), 100, 15_000, default=15_000) / 1000,
        retries=_within(asked.get("rc"), 0, 5, default=standard.retries),
        retried=frozenset(asked["rp"].split(",")) if "rp" in asked else standard.retried,
    )


def _within(value: str | None, least: int, most: int, *, default: int) -> int:
    if value is None or not value.isdecimal():
        return default
    return int(value) if least <= int(value) <= most else default


class Poster:
    """Posts webhooks; each thread keeps its own connection to the service open."""

    def __init__(self, auth_token: str, *, public_url: str = "") -> None:
        """Sign with this token; `public_url` is the address that the service believes it has, when it differs."""
        self.service_url = ""
        self._public_url = public_url.rstrip("/")
        self._auth_token = auth_token
        self._connections = threading.local()

    def post(self, hook: Hook) -> HookAnswer:
        """The service has answered this webhook, or every attempt that its address allows has failed."""
        url, overrides = overrides_of(hook.url)
        url = requote_uri(url)  # what is signed is what is asked for
        if hook.method == "GET":
            hook, url = replace(hook, form={}), f"{url}{'&' if '?' in url else '?'}{urlencode(hook.form)}"
        ends = time.monotonic() + overrides.total_time
        headers = self._headers(hook, url)
        attempts = 0
        while True:
            attempts += 1
            answer, failure = self._attempt(url, hook, headers=headers, timeouts=_timeouts(overrides, ends), attempts=attempts)
            is_last = attempts > overrides.retries or time.monotonic() >= ends
            if not failure or is_last or not overrides.covers(failure):
                return answer

    def public(self, path: str) -> str:
        """The address of a path as the service knows it."""
        return (self._public_url or self.service_url) + path

    def reaches(self, url: str) -> bool:
        """True when the address leads to this machine: nothing is ever posted anywhere else."""
        return is_local(self._reached(url))

    def _headers(self, hook: Hook, url: str) -> dict[str, str]:
        signature = signature_of(url, hook.form, self._auth_token)
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": secrets.token_urlsafe(20) if hook.is_forged else signature,
            "I-Twilio-Idempotency-Token": hook.token,
        }

    def _attempt(
        self, url: str, hook: Hook, *, headers: dict[str, str], timeouts: tuple[float, float], attempts: int
    ) -> tuple[HookAnswer, str]:
        """One attempt: its answer, and the class of its failure or nothing."""
        try:
            got = self._connection().request(
                hook.method, self._reached(url), data=dict(hook.form), headers=headers, timeout=timeouts, allow_redirects=False
            )
        except requests.RequestException as error:
            # Only what was never sent is a failed connection: a hook that must not run twice relies on it.
            if _was_sent(error):
                return HookAnswer(None, attempts, NOT_RETRIEVED), "rt"
            return HookAnswer(None, attempts, NOT_CONNECTED), "ct"
        body = got.content.decode("utf-8", "replace")
        answer = HookAnswer(got.status_code, attempts, content_type=got.headers.get("Content-Type", ""), body=body)
        if answer.is_accepted:
            return answer, ""
        return replace(answer, error_code=NOT_RETRIEVED), f"{got.status_code // 100}xx"

    def _reached(self, url: str) -> str:
        """Where an address of the service is really found on this machine."""
        if self._public_url and url.startswith(self._public_url + "/"):
            return self.service_url + url.removeprefix(self._public_url)
        return url

    def _connection(self) -> requests.Session:
        if not hasattr(self._connections, "session"):
            session = requests.Session()
            session.trust_env = False  # no proxy and no .netrc between two programs on one machine
            self._connections.session = session
        kept: requests.Session = self._connections.session
        return kept


def _timeouts(overrides: Overrides, ends: float) -> tuple[float, float]:
    left = max(ends - time.monotonic(), 0.1)
    return min(overrides.connect_timeout, left), min(overrides.read_timeout, left)


def _was_sent(error: requests.RequestException) -> bool:
    return isinstance(error, requests.ReadTimeout) or any(isinstance(cause, ProtocolError) for cause in error.args)


def is_loopback(host: str | None) -> bool:
    """True for a name or number that no other machine can reach."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_local(url: str) -> bool:
    """True for an HTTP address on this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname)
    except ValueError:
        return False
