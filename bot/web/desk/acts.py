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
from bot.prompt import Phrase, _, phrase
from bot.room import House
from bot.web.desk.case import case_page
from bot.web.desk.door import STAFF, Door, actor, only
from workflows.cases import views
from workflows.cases.doors import LONGEST_ANSWER, grids_seen
from workflows.cases.words import AcceptCase, AnswerCase, DeclineCase

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
DOWN = _("The database does not answer right now, and your words were not sent. They stand below; send them again in a minute.")


def act_pages(desk: Blueprint, door: Door, house: House) -> None:
    """The forms of a case: an answer, "I take it", "I cannot go"."""

    @desk.post("/cases/<number>/answer")
    @only(*STAFF)
    def answer(number: str) -> AnyResponse:
        words = request.form.get("words", "").replace("\r\n", "\n")
        command = AnswerCase(number, words, _seen())
        try:
            return once(door, house, command, number=number, done="answered")
        except Overtaken as refusal:
            return case_page(door, number, fault=why(refusal), words=words, status=409)
        except NotAllowed as refusal:
            return case_page(door, number, fault=why(refusal), words=words, status=422)
        except StoreDown:
            kept = {"number": number, "words": words, "seen": command.seen, "key": request.form.get("key", ""), "most": LONGEST_ANSWER}
            return Response(render_template("desk/kept.html", fault=phrase(DOWN), **kept), status=503, mimetype="text/html")

    @desk.post("/cases/<number>/accept")
    @only(*STAFF)
    def accept(number: str) -> AnyResponse:
        return _acted(door, house, AcceptCase(number), done="accepted")

    @desk.post("/cases/<number>/decline")
    @only(*STAFF)
    def decline(number: str) -> AnyResponse:
        return _acted(door, house, DeclineCase(number), done="declined")


def _acted(door: Door, house: House, command: AcceptCase | DeclineCase, *, done: str) -> AnyResponse:
    try:
        return once(door, house, command, number=command.number, done=done)
    except NotAllowed as refusal:
        return case_page(door, command.number, fault=why(refusal), status=422)


def once(door: Door, house: House, command: Command[Any], *, number: str, done: str) -> AnyResponse:
    """What the form wants of this case is done, once however often it is posted; the page that follows is the same each time."""
    with door.store.read() as tx:
        if not views.is_there(tx, number, grids_seen(actor())):
            abort(404)
    turn.give_once(house, command, actor=actor(), now=door.clock(), key=_key(command))
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


def why(refusal: NotAllowed) -> Phrase:
    """The refusal as the page says it."""
    return phrase(refusal.sentence, **refusal.values)
