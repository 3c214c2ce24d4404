"""The simulator's hand on the service's clock. It exists only while the simulator is the carrier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, request

from bot.errors import InboundRefused, StoreDown
from channels.twilio import TwilioAccount, signed_form

PATH = "/hooks/simulator/clock"
FURTHEST = timedelta(days=366)


def training(account: TwilioAccount, move: Callable[[timedelta], object]) -> Blueprint:
    """The hook that moves the clock forward by `seconds`, signed like every other hook."""
    blueprint = Blueprint("training", __name__)

    @blueprint.post(PATH)
    def clock() -> Response:
        try:
            form = signed_form(account, url_path=PATH, headers=dict(request.headers), body=request.get_data())
            by = timedelta(seconds=float(form.get("seconds", "")))
        except InboundRefused as refused:
            return Response(str(refused), status=refused.status, mimetype="text/plain")
        except (ValueError, OverflowError):
            return Response("seconds is not a number.", status=400, mimetype="text/plain")
        if not timedelta(0) <= by <= FURTHEST:
            return Response("The clock moves forward, by a year at most.", status=400, mimetype="text/plain")
        try:
            move(by)
        except StoreDown:
            return Response("Please ask again.", status=503, mimetype="text/plain")
        return Response(status=204)

    return blueprint
