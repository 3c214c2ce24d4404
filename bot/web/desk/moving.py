"""How a case is worked on and brought to its end at the desk: the form of each step."""

from __future__ import annotations

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from bot.room import House
from bot.web.desk.acts import done_once, typed_words
from bot.web.desk.door import STAFF, Door, only
from bot.web.desk.steps import STEPS


def move_pages(desk: Blueprint, door: Door, house: House) -> None:
    """The form of each step of a case."""

    @desk.post("/cases/<number>/steps/<name>")
    @only(*STAFF)
    def step(number: str, name: str) -> AnyResponse:
        if name not in STEPS:
            abort(404)
        command = STEPS[name].makes(number, typed_words().strip(), request.form)
        return done_once(door, house, command, number=number, done=name, typed={"step": name, **request.form})
