"""The first page: what this is, and where to go. It holds nothing about anybody."""

from __future__ import annotations

from flask import Blueprint, Response, render_template


def front(simulator_url: str) -> Blueprint:
    """The page at `/`; in training it leads to the phones."""
    blueprint = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

    @blueprint.get("/")
    def page() -> Response:
        return Response(render_template("front.html", simulator_url=simulator_url), mimetype="text/html")

    return blueprint
