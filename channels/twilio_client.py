"""The open line to Twilio's REST API: its own asynchronous client on one pool of connections, and media fetched within limits."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.client_exceptions import ClientConnectorError, ConnectionTimeoutError
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.envelope import Media
from bot.errors import SendError
from bot.prompt import _
from channels.media import Fetched, MediaRefused, read_within, too_large, typed
from channels.twilio import API_BASE, TwilioAccount
from channels.twilio_refusals import answered, unavailable

MOST_ANSWER = 1 << 20
MOST_HOPS = 4
_MOVED = frozenset({301, 302, 303, 307, 308})

T = TypeVar("T")


class Created(msgspec.Struct, frozen=True):
    """What Twilio has made, and why it has already failed, if it has."""

    sid: str = ""
    error_code: int | str | None = None


_created = msgspec.json.Decoder(Created).decode


@dataclass(frozen=True, slots=True)
class Patience:
    """How long Twilio may take, in seconds."""

    connect: float = 5
    answer: float = 15
    media: float = 60


class NotThere(MediaRefused):
    """This file is no longer there, or not yet."""


class TwilioClient:
    """Twilio's client with its connections; lives from `open` to `close` on one event loop."""

    def __init__(self, account: TwilioAccount, *, in_flight: int, patience: Patience) -> None:
        self._account = account
        self._api = ClientSession(
            connector=TCPConnector(limit=in_flight),
            timeout=ClientTimeout(total=patience.answer, sock_connect=patience.connect),
            cookie_jar=DummyCookieJar(),
        )
        self._media = ClientSession(
            timeout=ClientTimeout(total=patience.media, sock_connect=patience.connect),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,  # a small answer must not unpack into a large one
        )
        self.rest: Any = Client(
            account.sid,
            account.token,
            http_client=_Line(account.api_base, self._api),
            environment={"TWILIO_EDGE": ""},  # an empty mapping would make the client read the real environment
        )

    async def create(self, path: str, fields: Mapping[str, str]) -> Created:
        """Something new in our account (a text, a call): what Twilio calls it. Of its long answer only that is read."""
        url = f"{API_BASE}/2010-04-01/Accounts/{self._account.sid}/{path}"
        response = await answer_of(self.rest.request_async("POST", url, data=fields))
        try:
            created = _created(response.text)
        except msgspec.MsgspecError as fault:
            raise unavailable("nonsense") from fault
        if not created.sid:
            raise unavailable("nonsense")
        return created

    async def close(self) -> None:
        """Close both pools."""
        await self._api.close()
        await self._media.close()

    async def fetch(self, media: Media, limit: int) -> Fetched:
        """The bytes behind a media address; our credentials go to Twilio only, however often it sends us on."""
        url = media.url
        for _hop in range(MOST_HOPS):
            found = await answer_of(self._step(url, limit))
            if isinstance(found, Fetched):
                return found
            url = found
        raise MediaRefused(_("This file is moved about too often to be found."))

    async def _step(self, url: str, limit: int) -> Fetched | str:
        """The file at an address, or the address it has moved to."""
        is_ours = may_know(self._account, url)
        if not (is_ours or url.startswith("https://")):
            raise MediaRefused(_("This file lies where it could be read or changed on its way; it is not fetched."))
        headers = {"Accept-Encoding": "identity"} | (_credentials(self._account.sid, self._account.token) if is_ours else {})
        async with self._media.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in _MOVED:
                return urljoin(url, answer.headers.get("Location", ""))
            if answer.status == 404:
                raise NotThere(_("This file is no longer there."))
            if answer.status == 410 or (answer.status == 403 and not is_ours):  # an address that was lent for a while
                raise MediaRefused(_("This file is no longer there."))
            if answer.status != 200:
                raise answered(answer.status, "", answer.headers.get("Retry-After", ""))
            if (answer.content_length or 0) > limit:
                raise too_large()
            content = await read_within(answer.content.iter_any(), limit)
        if content is None:
            raise too_large()
        return typed(content)


def may_know(account: TwilioAccount, url: str) -> bool:
    """Whether our credentials may be shown at this address: where our API is, or at Twilio's own hosts, unseen on the way."""
    given, api = urlsplit(url), urlsplit(account.api_base)
    if (given.scheme, given.netloc) == (api.scheme, api.netloc):
        return True
    return given.scheme == "https" and f".{given.hostname}".endswith(".twilio.com")


async def answer_of(answer: Awaitable[T]) -> T:
    """What Twilio answers, or the `SendError` that its answer, or the lack of one, means."""
    try:
        return await answer
    except SendError:
        raise
    except (ClientConnectorError, ConnectionTimeoutError) as fault:
        raise unavailable("connect") from fault
    except TimeoutError as fault:
        raise unavailable("timeout") from fault
    except (ClientError, OSError) as fault:
        raise unavailable("lost") from fault
    except (TwilioException, ValueError, TypeError, AttributeError) as fault:
        raise unavailable("nonsense") from fault


class OnTwilio:
    """What the channels of one Twilio account share: the connections that each holds between `open` and `close`."""

    in_flight: int

    def __init__(self, account: TwilioAccount, patience: Patience | None) -> None:
        self._account = account
        self._patience = patience or Patience()
        self._open_client: TwilioClient | None = None

    async def open(self) -> None:
        """Hold a pool of connections to Twilio."""
        self._open_client = TwilioClient(self._account, in_flight=self.in_flight, patience=self._patience)

    async def close(self) -> None:
        """Close the pool."""
        client, self._open_client = self._open_client, None
        if client is not None:
            await client.close()

    @property
    def _client(self) -> TwilioClient:
        assert self._open_client is not None, f"{type(self).__name__} is used before it is opened."
        return self._open_client


class _Line(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client with what it leaves out: time limits, a bounded answer, another base, and no logging of what is sent.

    The one it comes with passes `timeout=None` to aiohttp, which then waits for ever.
    """

    def __init__(self, base: str, session: ClientSession) -> None:
        super().__init__(pool_connections=False)
        self._base = base.rstrip("/")
        self.session = session

    async def request(self, method: str, url: str, **how: Any) -> Response:
        """Twilio's answer when it is a success; a `SendError` when it is anything else."""
        if url.startswith(API_BASE + "/"):
            url = self._base + url.removeprefix(API_BASE)
        async with self.session.request(
            method,
            url,
            params=how.get("params"),
            data=urlencode(how.get("data") or {}, doseq=True) or None,
            headers=how["headers"] | _credentials(*how["auth"]),
            allow_redirects=False,
        ) as answer:
            content = await read_within(answer.content.iter_any(), MOST_ANSWER)
        if content is None:
            raise unavailable("nonsense")
        text = content.decode("utf-8", "replace")
        if not 200 <= answer.status < 300:
            raise answered(answer.status, text, answer.headers.get("Retry-After", ""))
        return Response(answer.status, text, answer.headers)


@lru_cache(maxsize=8)
def _credentials(sid: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{sid}:{token}".encode()).decode("ascii")}
