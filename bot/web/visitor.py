"""Who sits at the browser: a token that only it holds, and whether a form came from a page of ours."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, request

COOKIE = "conversation"
LASTS = timedelta(days=180)
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
_OWN = frozenset({"same-origin", "none"})


def new_token() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def token() -> str:
    """The token of this browser; empty before the first word was said there."""
    return given(request.cookies.get(COOKIE, ""))


def given(text: str) -> str:
    """The token that stands there, or nothing."""
    return text if _TOKEN.fullmatch(text) else ""


def remember(response: Response, held: str, *, secure: bool) -> None:
    """The browser holds the token for half a year from now on. No script reads it, and no other site's form brings it along."""
    response.set_cookie(COOKIE, held, max_age=LASTS, httponly=True, samesite="Lax", secure=secure, path="/")


def forget(response: Response, *, secure: bool) -> None:
    """The browser no longer holds it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=secure, path="/")


def is_from_our_page(public_url: str) -> bool:
    """Whether this form was posted by one of our own pages: as the browser says itself, else by where it says it comes from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OWN
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(source).netloc in {request.host, urlsplit(public_url).netloc} if source else False
