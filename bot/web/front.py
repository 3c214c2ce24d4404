"""The first page: help in an emergency first, then the web chat. It holds nothing about anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, render_template

from bot.translate import Translator
from bot.web.pages import worded
from bot.web.portal import POLICY, fields


def front(simulator_url: str, translator: Translator, clock: Callable[[], datetime]) -> Blueprint:
    """The page at `/`; in training it leads to the phones."""
    blueprint = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    worded(blueprint, translator, clock)

    @blueprint.get("/")
    def page() -> Response:
        shown = render_template("front.html", simulator_url=simulator_url, here="/", **fields())
        return Response(shown, mimetype="text/html", headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"})

    return blueprint
