"""What everybody does with their own account: recovery codes, a new password, signing out everywhere."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.prompt import Phrase
from bot.store import accounts, desk_sessions, timeline
from bot.store.accounts import Account
from bot.store.begin import Tx
from bot.web.desk import proof, proving, words
from bot.web.desk.door import STAFF, Door, actor, local, only
from bot.web.desk.invitation import password_faults
from bot.web.desk.proving import Entered
from bot.web.desk.sign_in import KNOWN, cookie, let_in


def account_pages(desk: Blueprint, door: Door) -> None:
    """The page of one's own account, and a new password."""

    @desk.get("/account")
    @only(*STAFF)
    def account() -> str:
        return _page(door, {})

    @desk.post("/account/password")
    @only(*STAFF)
    def new_password() -> AnyResponse:
        mine = _mine(door)
        faults = password_faults(mine.handle)
        if not faults and _holder(door) is None:
            faults["current"] = words.PASSWORD_WRONG
        if faults:
            return _again(door, faults)
        entered = _changed(door, mine, door.passwords.hashed(request.form["password"]))
        return let_in(door, entered, url_for("desk.account", done="password"))


def recovery_pages(desk: Blueprint, door: Door) -> None:
    """The pages of the recovery codes: shown until they are written down, and made anew."""

    @desk.get("/account/recovery")
    @only(*STAFF)
    def recovery() -> str:
        with door.store.read() as tx:
            return render_template("desk/recovery.html", codes=[proof.spaced(code) for code in accounts.fresh_codes(tx, _me())])

    @desk.post("/account/recovery")
    @only(*STAFF)
    def recovery_noted() -> AnyResponse:
        with door.store.begin() as tx:
            accounts.written_down(tx, _me())
        return redirect(local(request.args.get("next")), 303)

    @desk.post("/account/codes")
    @only(*STAFF)
    def new_codes() -> AnyResponse:
        if _holder(door) is None:
            return _again(door, {"codes-current": words.PASSWORD_WRONG})
        with door.store.begin() as tx:
            accounts.give_codes(tx, _me(), proof.new_codes())
        return redirect(url_for("desk.recovery", next=url_for("desk.account")), 303)


def _me() -> int:
    return actor().staff_id or 0


def _mine(door: Door) -> Account:
    with door.store.read() as tx:
        found = accounts.by_staff(tx, _me())
    assert found is not None  # whoever is signed in has an account: it goes together with its sessions
    return found


def _holder(door: Door) -> Account | None:
    """The account, if whoever sits here knows its password: they may have found the desk open."""
    return proving.holder(door, _mine(door).handle, request.form.get("current", ""), browser=cookie(door, KNOWN))


def _changed(door: Door, mine: Account, password: str) -> Entered:
    def change(tx: Tx) -> Entered:
        accounts.set_password(tx, mine.staff_id, password)
        desk_sessions.end_all(tx, mine.staff_id, why="password_changed", now=door.wall())
        who = f"staff:{mine.staff_id}"
        timeline.append(tx, who, at=door.wall(), actor=who, kind="password_changed", channel="desk")
        return proving.entered(tx, door, mine.staff_id, role=mine.role, browser=cookie(door, KNOWN))

    return proving.settled(door, change)


def _page(door: Door, faults: dict[str, Phrase]) -> str:
    with door.store.read() as tx:
        left, sessions = accounts.codes_left(tx, _me()), desk_sessions.count(tx, _me())
    return render_template("desk/account.html", handle=_mine(door).handle, faults=faults, left=left, sessions=sessions)


def _again(door: Door, faults: dict[str, Phrase]) -> AnyResponse:
    return Response(_page(door, faults), status=422, mimetype="text/html")
