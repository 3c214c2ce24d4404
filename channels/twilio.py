"""What SMS and voice share of Twilio: the account, and the proof that a request is Twilio's own.

A request is believed only when it is signed for our public address; the host it claims for itself is never asked.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qs, parse_qsl, urlsplit

from bot.errors import Forged, Malformed, TooLarge

API_BASE = "https://api.twilio.com"
RETRIES = "#rc=3&rp=all"  # ask again after any failure; never sent to us, nor signed (twilio.com: connection overrides)
MOST_BYTES = 1 << 20
MOST_FIELDS = 400
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One Twilio account: what it signs and sends with, and where both sides find each other."""

    sid: str
    token: str = field(repr=False)
    previous_token: str = field(default="", repr=False)  # still good on hooks while the token is being changed
    from_number: str = ""
    messaging_service_sid: str = ""
    api_base: str = API_BASE
    public_url: str = ""


def signed_form(account: TwilioAccount, *, url_path: str, headers: Mapping[str, str], body: bytes) -> Form:
    """The fields of a request that Twilio signed; `url_path` is path and query as they were asked for.

    Raises Forged without a good signature, TooLarge for what Twilio never sends, Malformed for signed nonsense.
    A repeated field counts with its first value.
    """
    signature = header(headers, "X-Twilio-Signature")
    if not signature:
        raise Forged
    if len(body) > MOST_BYTES or body.count(b"&") >= MOST_FIELDS:
        raise TooLarge
    is_form = header(headers, "Content-Type").partition(";")[0].strip().lower() == _FORM
    pairs = _fields(body) if is_form else []
    if not _is_signed(account, url_path, pairs=pairs, signature=signature):
        raise Forged
    if not is_form or not _is_utf8(pairs):
        raise Malformed
    return dict(reversed(pairs))


def number_in(url_path: str, name: str) -> int | None:
    """The number that stands under this name in the query of an address of ours; None when none can be one."""
    given = parse_qs(urlsplit(url_path).query).get(name, [""])[0]
    return int(given) if is_number(given) else None


def is_number(text: str) -> bool:
    """Whether this is a whole number that a database can hold."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


def sign(token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """The signature of a request: HMAC-SHA1 over the address and the sorted fields (twilio.com/docs/usage/security)."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.digest(token.encode(), signed.encode("utf-8", "surrogateescape"), "sha1")
    return b64encode(digest).decode("ascii")


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header in whatever case it came, or nothing."""
    value = headers.get(name)
    if value is not None:
        return value
    lower = name.lower()
    return next((value for key, value in headers.items() if key.lower() == lower), "")


def _fields(body: bytes) -> list[tuple[str, str]]:
    # Bytes that are not UTF-8 are carried as they are, so that their signature can be checked before they are refused.
    return parse_qsl(body.decode("utf-8", "surrogateescape"), keep_blank_values=True, errors="surrogateescape")


def _is_utf8(pairs: list[tuple[str, str]]) -> bool:
    try:
        "".join(name + value for name, value in pairs).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_signed(account: TwilioAccount, url_path: str, *, pairs: list[tuple[str, str]], signature: str) -> bool:
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(sign(token, base + url_path, pairs).encode(), given)
        for token in (account.token, account.previous_token)
        if token  # without a token everybody could sign
        for base in _bases(account.public_url)
    )


@lru_cache(maxsize=8)
def _bases(public_url: str) -> tuple[str, ...]:
    """Our address as given, then with its port left out or named: Twilio has signed all of these."""
    given = public_url.rstrip("/")
    parts = urlsplit(given)
    named = f":{parts.port or _PORTS.get(parts.scheme, 443)}"
    other = parts.netloc.removesuffix(named) if parts.port else parts.netloc + named
    return given, parts._replace(netloc=other).geturl()
