"""Telling the service by webhook, one update after the other: what is not taken is told again under the same id.

The platform's own page: core.telegram.org/bots/api#setwebhook.
"""

import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from channels.simulator.telegram import refusals
from channels.simulator.telegram.parameters import Parameters
from channels.simulator.telegram.refusals import RefusedError
from channels.simulator.telegram.updates import Update
from channels.simulator.webhooks import is_local

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the name of a header
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 60.0
LONGEST_PAUSE = 60.0  # seconds between two attempts
CONNECTIONS = 40  # what is told when nobody asked for another number

_SECRET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hook:
    """Where updates are posted; without an address they wait to be polled."""

    url: str = ""
    secret: str = ""
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the service did not take an update, and when."""

    at: datetime
    sentence: str


def hook_from(asked: Parameters, *, public_url: str) -> Hook:
    """The webhook that is asked for; RefusedError in the platform's words when it would not set it.

    The platform posts to HTTPS only. Its own server, run locally, also posts to HTTP on the same machine, and so does
    this one, for nothing here may leave the machine: an address elsewhere is one that cannot be resolved.
    """
    url, secret = asked.words("url"), asked.words("secret_token")
    if url and not is_local(url):
        if urlsplit(url).scheme != "https":
            raise RefusedError(refusals.HOOK_NOT_HTTPS)
        if not public_url or not url.startswith(public_url.rstrip("/") + "/"):
            raise RefusedError(refusals.HOOK_UNREACHED)
    if len(secret) > 256:
        raise RefusedError(refusals.SECRET_TOO_LONG)
    if not _SECRET.fullmatch(secret):
        raise RefusedError(refusals.SECRET_CHARACTERS)
    return Hook(url, secret, connections=asked.whole("max_connections", CONNECTIONS, least=1, most=100))


class HookPoster:
    """Posts updates over one connection that stays open."""

    def __init__(self) -> None:
        """Nothing is connected yet."""
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc between two programs on one machine

    def post(self, url: str, update: Update, *, secret: str) -> str:
        """The service has taken the update when the answer is empty; else it is the platform's sentence on why not."""
        headers = {SECRET_HEADER: secret} if secret else {}
        timeouts = (CONNECT_TIMEOUT, READ_TIMEOUT)
        try:
            answer = self._session.post(url, json=update.fields(), headers=headers, timeout=timeouts, allow_redirects=False)
        except requests.ReadTimeout:
            return "Read timeout expired"
        except requests.RequestException:
            return "Connection refused"
        if 200 <= answer.status_code < 300:
            return ""
        return f"Wrong response from the webhook: {answer.status_code} {_phrase(answer.status_code)}"


def forged_secret() -> str:
    """A secret that somebody else would send."""
    return secrets.token_urlsafe(20)


@dataclass(slots=True)
class Pauses:
    """How long to wait before an update is told again: twice as long each time."""

    first: float
    _failures: int = 0
    _until: float = 0.0

    def left(self) -> float:
        """The seconds still to wait; nothing or less when there are none."""
        return self._until - time.monotonic()

    def begin(self) -> None:
        """An attempt has failed."""
        self._until = time.monotonic() + min(self.first * 2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 16)

    def end(self) -> None:
        """An attempt has succeeded, or everything is different now."""
        self._failures, self._until = 0, 0.0


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
