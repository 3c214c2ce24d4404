"""What is done about a case at the desk: once, however often a form is posted; and what was typed is never lost to a refusal."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import turn
from bot.effects import Command
from bot.errors import NotAllowed, Overtaken, StoreDown
from bot.prompt import _, phrase
from bot.room import House
from bot.web.desk.case import case_page
from bot.web.desk.door import STAFF, Door, actor, only
from workflows.cases import views
from workflows.cases.doors import grids_seen
from workflows.cases.words import AcceptCase, AnswerCase, DeclineCase

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
DOWN = _("The database does not answer right now, and your words were not sent. They stand below; send them again in a minute.")


def act_pages(desk: Blueprint, door: Door, house: House) -> None:
    """The forms of a case: an answer, "I take it", "I cannot go"."""

    @desk.post("/cases/<number>/answer")
    @only(*STAFF)
    def answer(number: str) -> AnyResponse:
        words = typed_words()
        return done_once(door, house, AnswerCase(number, words, _seen()), number=number, done="answered", words=words)

    @desk.post("/cases/<number>/accept")
    @only(*STAFF)
    def accept(number: str) -> AnyResponse:
        return done_once(door, house, AcceptCase(number), number=number, done="accepted")

    @desk.post("/cases/<number>/decline")
    @only(*STAFF)
    def decline(number: str) -> AnyResponse:
        return done_once(door, house, DeclineCase(number), number=number, done="declined")


def typed_words() -> str:
    """The words of a form, their lines ended as everywhere else."""
    return request.form.get("words", "").replace("\r\n", "\n")


def done_once(door: Door, house: House, command: Command[Any], *, number: str, done: str, **typed: Any) -> AnyResponse:
    """What the form wants of this case is done, once however often it is posted; the page that follows is the same each time.

    What is refused is told on the page of the case, with what was `typed`; while nothing can be written the whole form is kept.
    """
    try:
        with door.store.read() as tx:
            if not views.is_there(tx, number, grids_seen(actor())):
                abort(404)
        turn.give_once(house, command, actor=actor(), now=door.clock(), key=_key(command))
    except NotAllowed as refusal:
        status = 409 if isinstance(refusal, Overtaken) else 422
        return case_page(door, number, fault=phrase(refusal.sentence, **refusal.values), status=status, **typed)
    except StoreDown:
        return Response(render_template("desk/kept.html", number=number, form=request.form, fault=phrase(DOWN)), 503, mimetype="text/html")
    return redirect(url_for("desk.case", number=number, done=done), 303)


def _key(command: Command[Any]) -> str:
    """The form's own key with what it wants: gone back to and changed, the same form is another wish."""
    given = request.form.get("key", "")
    if not KEY.fullmatch(given):
        abort(400)
    return f"{given}:{hashlib.sha256(msgspec.json.encode(command)).hexdigest()[:16]}"


def _seen() -> int:
    given = request.form.get("seen", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        abort(400)
    return int(given)
