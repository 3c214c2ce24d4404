"""How a case is worked on and brought to its end at the desk: each step's form, done once however often it is posted."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import NotAllowed, StoreDown
from bot.prompt import phrase
from bot.room import House
from bot.web.desk.acts import DOWN, once, why
from bot.web.desk.case import case_page
from bot.web.desk.door import STAFF, Door, only
from bot.web.desk.steps import STEPS


def move_pages(desk: Blueprint, door: Door, house: House) -> None:
    """The form of each step of a case."""

    @desk.post("/cases/<number>/steps/<name>")
    @only(*STAFF)
    def step(number: str, name: str) -> AnyResponse:
        if name not in STEPS:
            abort(404)
        words = request.form.get("words", "").replace("\r\n", "\n").strip()
        try:
            return once(door, house, STEPS[name].makes(number, words, request.form), number=number, done=name)
        except NotAllowed as refusal:
            return case_page(door, number, fault=why(refusal), typed={"step": name, **request.form}, status=422)
        except StoreDown:
            page = render_template("desk/told.html", sentence=phrase(DOWN), kept=words)
            return Response(page, status=503, mimetype="text/html")
