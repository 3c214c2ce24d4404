"""Signing in, by password and by code, and out."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.prompt import Phrase
from bot.store import accounts, demo, desk_sessions
from bot.web.desk import proof, proving, words
from bot.web.desk.door import STAFF, Door, actor, entrance, local, only, signed
from bot.web.desk.pace import Pace
from bot.web.desk.proving import Entered

FROM_ONE, FROM_ALL = 20, 60  # tries a minute from browsers that nobody signed in from before
HALF, WHOLE, KNOWN = "desk-half", "desk", "desk-known"
A_YEAR = timedelta(days=365)


def sign_in_pages(desk: Blueprint, door: Door) -> None:
    """The pages on which somebody begins to sign in, by name and password."""
    pace = Pace(each=FROM_ONE, together=FROM_ALL)

    @desk.get("/sign-in")
    @entrance
    def sign_in() -> AnyResponse | str:
        return redirect(_next(), 303) if g.signed is not None else _password_page()

    @desk.post("/sign-in")
    @entrance
    def sign_in_password() -> AnyResponse | str:
        handle = proof.plain(request.form.get("handle", "")).strip().replace("\0", "")
        browser = cookie(door, KNOWN)
        if not pace.allows(request.remote_addr or "", door.wall()) and not proving.knows(door, handle, browser):
            return Response(_password_page(words.BUSY, handle), status=429, mimetype="text/html")
        half = proving.by_password(door, handle, request.form.get("password", ""), browser=browser)
        if half is None:
            return Response(_password_page(words.WRONG, handle), status=403, mimetype="text/html")
        response = redirect(url_for("desk.sign_in_code", next=_next()), 303)
        keep(response, door, HALF, half, lasts=desk_sessions.HALF_WAY)
        return response


def code_pages(desk: Blueprint, door: Door) -> None:
    """The pages of the second factor, for whoever gave the password."""

    @desk.get("/sign-in/code")
    @entrance
    def sign_in_code() -> AnyResponse | str:
        half = proving.half_way(door, cookie(door, HALF))
        return _start_again() if half is None else _code_page(door, half.actor.staff_id)

    @desk.post("/sign-in/code")
    @entrance
    def sign_in_proved() -> AnyResponse | str:
        half = proving.half_way(door, cookie(door, HALF))
        if half is None:
            return _start_again()
        typed = request.form.get("code") or request.form.get("recovery", "")
        entered = proving.by_code(door, half, typed, browser=cookie(door, KNOWN))
        if entered is None:
            return Response(_code_page(door, half.actor.staff_id, words.WRONG), status=403, mimetype="text/html")
        return let_in(door, entered, _next())


def sign_out_pages(desk: Blueprint, door: Door) -> None:
    """The buttons by which somebody signs out, here or everywhere."""

    @desk.post("/sign-out")
    @entrance
    def sign_out() -> AnyResponse:
        if g.signed is not None:
            with door.store.begin() as tx:
                desk_sessions.end(tx, signed().session_id, why="signed_out", now=door.wall())
        return _left(door)

    @desk.post("/sign-out/everywhere")
    @only(*STAFF)
    def sign_out_everywhere() -> AnyResponse:
        with door.store.begin() as tx:
            desk_sessions.end_all(tx, actor().staff_id or 0, why="signed_out_everywhere", now=door.wall())
        return _left(door)


def let_in(door: Door, entered: Entered, to: str) -> AnyResponse:
    """The browser has its session; recovery codes that were not written down yet come first."""
    response = redirect(url_for("desk.recovery", next=to) if entered.has_codes_to_note else to, 303)
    keep(response, door, WHOLE, entered.session)
    keep(response, door, KNOWN, entered.browser, lasts=A_YEAR)
    _drop(response, door, HALF)
    return response


def keep(response: AnyResponse, door: Door, name: str, token: str, *, lasts: timedelta | None = None) -> None:  # noqa: PLR0917 -- what is kept where
    """The browser keeps this token, shows it to nobody but us, and never to a script or along with another site's link."""
    response.set_cookie(door.cookie(name), token, max_age=lasts, httponly=True, secure=door.is_secure, samesite="Strict")


def cookie(door: Door, name: str) -> str:
    """What the browser kept under this name; empty when nothing."""
    return request.cookies.get(door.cookie(name), "")


def _password_page(fault: Phrase | None = None, handle: str = "") -> str:
    return render_template("desk/sign_in.html", fault=fault, handle=handle)


def _code_page(door: Door, staff_id: int | None, fault: Phrase | None = None) -> str:
    return render_template("desk/sign_in_code.html", fault=fault, training_code=_training_code(door, staff_id or 0))


def _training_code(door: Door, staff_id: int) -> str:
    """In training, for the people of the invented estate: what their authenticator would show. Nobody real has such a number."""
    if not door.is_training:
        return ""
    with door.store.read() as tx:
        account = accounts.by_staff(tx, staff_id)
        if account is None or not demo.is_invented(tx, account.person_id):
            return ""
    return proof.spaced(proof.code_at(account.secret, door.wall()))


def _next() -> str:
    return local(request.args.get("next"))


def _start_again() -> AnyResponse:
    return redirect(url_for("desk.sign_in", next=_next()), 303)


def _left(door: Door) -> AnyResponse:
    response = redirect(url_for("desk.sign_in"), 303)
    _drop(response, door, WHOLE)
    return response


def _drop(response: AnyResponse, door: Door, name: str) -> None:
    response.delete_cookie(door.cookie(name), httponly=True, secure=door.is_secure, samesite="Strict")
