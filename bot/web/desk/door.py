"""The door of the desk: who is let in, for how long, and to which pages.

Every view of the desk says by `only` which roles it is for; one that says nothing is closed to everybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot.effects import Actor
from bot.errors import Erased, NotAllowed, StoreDown, where
from bot.prompt import Phrase
from bot.readings import is_loopback
from bot.store import desk_sessions, people
from bot.store.begin import Store
from bot.store.desk_sessions import Lasts
from bot.translate import Translator
from bot.web.desk import words
from bot.web.desk.proof import Busy, Passwords
from bot.web.pages import A_YEAR, worded

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MOST = timedelta(hours=24)  # the longest turn of duty; then everybody proves again who they are
STAFF = people.ROLES
THEMES = ("light", "dark")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """What the door stands on. `clock` is the house's, which training may move; `wall` is the real one, by which codes and sessions run."""

    store: Store
    translator: Translator
    clock: Callable[[], datetime]
    wall: Callable[[], datetime]
    public_url: str
    secret: str = field(repr=False)
    passwords: Passwords
    idle: timedelta = timedelta(hours=12)
    is_training: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, as far as we told them; a proxy in front of us speaks plain http to us."""
        return self.public_url.startswith("https:")

    @property
    def lasts(self) -> Lasts:
        return Lasts(self.idle, MOST)

    def cookie(self, name: str) -> str:
        """The name of a cookie that, over https, no other host and no plain http can set (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{name}" if self.is_secure else name


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in: their session, who gives their commands, and their own name."""

    session_id: int
    actor: Actor
    name: str


def only(*roles: str, wakes: bool = True) -> Callable[[View], View]:
    """The view is for these roles. What a page asks for by itself (an event stream) is no sign that somebody is there: `wakes=False`."""

    def declare(view: View) -> View:
        view.__dict__.update(desk_roles=frozenset(roles), desk_wakes=wakes)
        return view

    return declare


def entrance(view: View) -> View:
    """The view is open to whoever comes: it is how people get in."""
    view.__dict__.update(desk_roles=None)
    return view


def actor() -> Actor:
    """Who gives the commands of this request."""
    return signed().actor


def signed() -> Signed:
    """Who is signed in; there is somebody, or the view was not reached."""
    found: Signed = g.signed
    return found


def guard(desk: Blueprint, door: Door) -> None:
    """Nobody reaches a view of this blueprint but whom it is for; forms are taken from our own pages only; faults are told in sentences."""
    csrf = CSRFProtect()

    @desk.record_once
    def configure(state: BlueprintSetupState) -> None:
        state.app.config.update(_config(door))
        csrf.init_app(state.app)

    @desk.before_request
    def let_in() -> AnyResponse | str | None:
        g.signed = None
        if not door.is_secure and not is_loopback(request.url_root):
            return _told(words.NOT_PRIVATE, 403)
        if request.endpoint == f"{desk.name}.static":
            return None
        g.signed = _signed(door, wakes=_view().__dict__.get("desk_wakes", True))
        _bind_forms(g.signed)
        csrf.protect()
        return _admit(_roles())

    @desk.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        chosen = request.args.get("theme", "")
        if chosen in (*THEMES, "auto"):
            response.set_cookie("theme", chosen, max_age=A_YEAR, httponly=True, samesite="Lax", secure=door.is_secure)
        return response

    @desk.context_processor
    def around() -> dict[str, Any]:
        return {"signed": g.get("signed"), "role_words": words.ROLES, "theme": _theme(), "here": here}

    worded(desk, door.translator, door.clock)
    _faults(desk)


def here(**changed: str) -> str:
    """This page with these arguments in its address; of what can only be posted, the page above it."""
    path, known = request.path, current_app.create_url_adapter(request)
    while known and path.count("/") > 1 and not known.test(path, method="GET"):
        path = path.rpartition("/")[0]
    return f"{path}?{urlencode({**request.args, **changed})}"


def local(path: str | None) -> str:
    """Where to go after signing in: a page of the desk, whatever a stranger wrote into the link."""
    home = url_for("desk.home")
    if not path or "\\" in path or any(ord(letter) < 33 for letter in path):
        return home
    parts = urlsplit(path)
    is_ours = not parts.scheme and not parts.netloc and (parts.path == home or parts.path.startswith(f"{home}/"))
    return path if is_ours and not path.startswith("//") else home


def _config(door: Door) -> dict[str, Any]:
    return {
        "SECRET_KEY": door.secret,
        "SESSION_COOKIE_NAME": door.cookie("desk-form"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": door.is_secure,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "WTF_CSRF_CHECK_DEFAULT": False,  # `let_in` checks the desk's forms; hooks are signed by their platforms
        "WTF_CSRF_TIME_LIMIT": None,  # a page lies open for a whole night; the token ends with its session
        "WTF_CSRF_SSL_STRICT": False,  # it reads the Referer, which we ask browsers not to send
    }


def _signed(door: Door, *, wakes: bool) -> Signed | None:
    token = request.cookies.get(door.cookie("desk"))
    if not token:
        return None
    now = door.wall()
    with door.store.read() as tx:
        found = desk_sessions.at(tx, token, door.lasts, now=now)
        if found is None or found.stage != "full" or found.actor.owner.person_id is None:
            return None
        try:
            name = people.name_of(tx, found.actor.owner.person_id)  # their own: nobody else's eyes
        except Erased:
            return None
    if wakes and now - found.seen_at >= desk_sessions.SEEN_EVERY:
        with suppress(StoreDown), door.store.begin() as tx:  # who only looks needs no database that takes writes
            desk_sessions.touch(tx, found.id, now)
    return Signed(found.id, found.actor, name)


def _bind_forms(who: Signed | None) -> None:
    """A form belongs to the session in which it was shown: none of another one is taken."""
    of = who.session_id if who else 0
    if session.get("of", 0) != of:
        session.clear()
        session["of"] = of


def _view() -> Callable[..., Any]:
    found: Callable[..., Any] = current_app.view_functions[request.endpoint or ""]
    return found


def _roles() -> frozenset[str] | None:
    """Whom the view of this request is for; None is everybody, and a view that says nothing is for nobody."""
    found: frozenset[str] | None = _view().__dict__.get("desk_roles", frozenset())
    return found


def _admit(roles: frozenset[str] | None) -> AnyResponse | None:
    if roles is None:
        return None
    if g.signed is None:
        asked = request.full_path.rstrip("?") if request.method == "GET" else url_for("desk.home")
        return redirect(url_for("desk.sign_in", next=asked), 303)
    if g.signed.actor.role not in roles:
        raise Forbidden
    return None


def _theme() -> str:
    chosen = request.args.get("theme") or request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "auto"


def _told(sentence: Phrase, status: int) -> AnyResponse:
    return Response(render_template("desk/told.html", sentence=sentence), status=status, mimetype="text/html")


def _faults(desk: Blueprint) -> None:
    @desk.errorhandler(StoreDown)
    def down(_fault: StoreDown) -> AnyResponse:
        return _told(words.DOWN, 503)

    @desk.errorhandler(Busy)
    def busy(_fault: Busy) -> AnyResponse:
        return _told(words.BUSY, 429)

    @desk.errorhandler(CSRFError)
    def stale(_fault: CSRFError) -> AnyResponse:
        return _told(words.STALE if g.signed or _roles() is None else words.SIGNED_OUT, 400)

    @desk.errorhandler(NotAllowed)
    @desk.errorhandler(Forbidden)
    def forbidden(_fault: Exception) -> AnyResponse:
        return _told(words.NOT_YOURS, 403)

    @desk.errorhandler(HTTPException)
    def other(fault: HTTPException) -> AnyResponse:
        return _told(words.NOT_THERE if fault.code == 404 else words.NOT_TAKEN, fault.code or 400)

    @desk.errorhandler(Exception)
    def broken(fault: Exception) -> AnyResponse:
        log.error("desk broken endpoint=%s: %s", request.endpoint, where(fault))
        return _told(words.BROKEN, 500)
