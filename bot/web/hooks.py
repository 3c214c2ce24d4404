"""What Twilio calls. An answer leaves only after the commit: 204 is "it is written down", 503 is "ask again"."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.envelope import Inbound, Receipt
from bot.errors import InboundRefused, where
from channels import sms
from channels.twilio import TwilioAccount

log = logging.getLogger(__name__)

Take = Callable[[Inbound], object]
Settle = Callable[[Receipt], object]


def sms_hooks(account: TwilioAccount, *, take: Take, settle: Settle, clock: Callable[[], datetime]) -> Blueprint:
    """The two hooks of the SMS channel. Every reply leaves from the outbox, so neither says anything."""
    hooks = Blueprint("sms", __name__)

    @hooks.post(sms.INBOUND_PATH)
    def inbound() -> Response:
        return answered(
            lambda: take(sms.parse(account, url_path=asked_path(), headers=dict(request.headers), body=request.get_data(), now=clock()))
        )

    @hooks.post(sms.STATUS_PATH)
    def status() -> Response:
        return answered(
            lambda: _settled(sms.parse_receipt(account, url_path=asked_path(), headers=dict(request.headers), body=request.get_data()))
        )

    def _settled(receipt: Receipt | None) -> None:
        if receipt is not None:
            settle(receipt)

    return hooks


def answered(work: Callable[[], object]) -> Response:
    """204 when the work was done; what is refused is told by its status, and everything else is to be asked again."""
    try:
        work()
    except InboundRefused as refused:
        log.warning("refused hook=%s status=%s", request.path, refused.status)
        return Response(str(refused), status=refused.status, mimetype="text/plain")
    except RequestEntityTooLarge:
        raise
    except Exception as fault:  # the database is down, or we broke down: in both cases nothing was kept
        log.error("not taken hook=%s: %s", request.path, where(fault))
        return Response("Please ask again.", status=503, mimetype="text/plain", headers={"Retry-After": "5"})
    return Response(status=204)


def asked_path() -> str:
    """Path and query as they were asked for, undecoded: that is what was signed."""
    raw = str(request.environ.get("REQUEST_URI") or "")
    return raw or request.full_path.rstrip("?")
