"""The page behind an invitation: a password, the second factor, and somebody more can sign in."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from bot.prompt import Phrase
from bot.store import accounts, demo
from bot.store.accounts import Invited
from bot.store.begin import Tx
from bot.web.desk import proof, proving, words
from bot.web.desk.door import Door, entrance
from bot.web.desk.proving import Entered
from bot.web.desk.sign_in import KNOWN, cookie, let_in


def invitation_page(desk: Blueprint, door: Door) -> None:
    """The page behind an invitation. Opening it uses nothing up: chat programs open every link they see."""

    @desk.get("/join/<token>")
    @entrance
    def join(token: str) -> AnyResponse | str:
        who = _invited(door, token)
        return _over() if who is None else _page(door, who, {})

    @desk.post("/join/<token>")
    @entrance
    def join_now(token: str) -> AnyResponse | str:
        who = _invited(door, token)
        if who is None:
            return _over()
        step = proof.step_of(who.secret, proof.bare(request.form.get("code", "")), door.wall())
        faults = password_faults(who.handle)
        if step is None:
            faults["code"] = words.CODE_WRONG
        if step is None or faults:
            return Response(_page(door, who, faults), status=422, mimetype="text/html")
        entered = _enrolled(door, who, door.passwords.hashed(request.form["password"]), step=step)
        return _over() if entered is None else let_in(door, entered, url_for("desk.home"))


def invitation_path(token: str) -> str:
    """The page of an invitation, below the desk."""
    return f"/join/{token}"


def password_faults(handle: str) -> dict[str, Phrase]:
    """What is wrong with the new password of this form, by field."""
    password, again = request.form.get("password", ""), request.form.get("again", "")
    if not proof.is_long_enough(password):
        return {"password": words.TOO_SHORT}
    if proof.is_obvious(password, handle):
        return {"password": words.TOO_OBVIOUS}
    return {} if password == again else {"again": words.NOT_TWICE}


def _invited(door: Door, token: str) -> Invited | None:
    with door.store.read() as tx:
        return accounts.invited(tx, token, door.wall())


def _enrolled(door: Door, who: Invited, password: str, *, step: int) -> Entered | None:
    def enrol(tx: Tx) -> Entered | None:
        if not accounts.enrol(tx, who, password=password, step=step, now=door.wall()):
            return None
        accounts.give_codes(tx, who.staff_id, proof.new_codes())
        return proving.entered(tx, door, who.staff_id, role=who.role, browser=cookie(door, KNOWN))

    return proving.settled(door, enrol)


def _page(door: Door, who: Invited, faults: dict[str, Phrase]) -> str:
    url = proof.authenticator_url(who.secret, who.handle)
    return render_template(
        "desk/join.html",
        who=who,
        faults=faults,
        url=url,
        picture=Markup(segno.make(url, error="m").svg_inline(scale=1, border=4, omitsize=True)),  # noqa: S704 -- drawn here, of figures only
        secret=" ".join(who.secret[at : at + 4] for at in range(0, len(who.secret), 4)),
        training_code=_training_code(door, who),
    )


def _training_code(door: Door, who: Invited) -> str:
    if not door.is_training:
        return ""
    with door.store.read() as tx:
        return proof.spaced(proof.code_at(who.secret, door.wall())) if demo.is_invented(tx, who.person_id) else ""


def _over() -> AnyResponse:
    return Response(render_template("desk/told.html", sentence=words.INVITATION_OVER), status=410, mimetype="text/html")
