"""The part of Twilio's REST API that an SMS service uses, in Twilio's own shapes (twilio.com/docs/messaging/api)."""

import hmac
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from channels.simulator import refusals
from channels.simulator.exchange import Exchange
from channels.simulator.faults import Fault, Trouble
from channels.simulator.forms import API_VERSION
from channels.simulator.refusals import RefusedError
from channels.simulator.texts import Submission, Text
from channels.simulator.twilio_json import json_answer, page_of_log, refused, text_fields

# What stands in front of a platform on a bad day does not speak JSON, and may well call itself a success.
HTML_PAGE = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"


def twilio_api(exchange: Exchange) -> Blueprint:
    """The blueprint of `/2010-04-01/Accounts/{sid}/...`."""
    api = Blueprint("twilio_api", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account_sid>")

    @api.before_request
    def check() -> None:
        check_account(exchange)

    @api.post("/Messages.json")
    def create(account_sid: str) -> ResponseReturnValue:
        return answered(exchange, request.form.get("To", ""), lambda: _create(exchange))

    @api.get("/Messages.json")
    def listing(account_sid: str) -> ResponseReturnValue:
        return json_answer(page_of_log(exchange.log(), account_sid))

    @api.get("/Messages/<sid>.json")
    def fetch(account_sid: str, sid: str) -> ResponseReturnValue:
        return json_answer(text_fields(_found(exchange, sid), account_sid))

    @api.post("/Messages/<sid>.json")
    def update(account_sid: str, sid: str) -> ResponseReturnValue:
        return _update(exchange, _found(exchange, sid))

    @api.get("/Messages/<sid>/Media/<media_sid>")
    def media(account_sid: str, sid: str, media_sid: str) -> ResponseReturnValue:
        return _media(_found(exchange, sid), media_sid)

    @api.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> ResponseReturnValue:
        return refused(error)

    return api


def unknown_resource(error: HTTPException) -> ResponseReturnValue:
    """The platform's answer to an address or a method that it does not have."""
    is_wrong_method = isinstance(error, MethodNotAllowed)
    return refused(RefusedError(refusals.NOT_ALLOWED) if is_wrong_method else RefusedError(refusals.NOT_FOUND, request.path))


def check_account(exchange: Exchange) -> None:
    """The request comes from the account that it asks about, else RefusedError."""
    settings, given = exchange.settings, request.authorization
    name, password = (given.username or "", given.password or "") if given and given.type == "basic" else ("", "")
    is_known = hmac.compare_digest(name.encode(), settings.account_sid.encode())
    has_token = hmac.compare_digest(password.encode(), settings.auth_token.encode())
    asked_for = (request.view_args or {}).get("account_sid")
    if not (is_known and has_token and asked_for == settings.account_sid):
        raise RefusedError(refusals.UNAUTHORISED)


def answered(exchange: Exchange, to: str, carry: Callable[[], Response]) -> ResponseReturnValue:
    """What `carry` answers, or what a trouble makes of it."""
    fault = exchange.answer_fault(to)
    if fault and fault.trouble in _INSTEAD:
        return _INSTEAD[fault.trouble](fault)
    if fault and fault.trouble is Trouble.TIMEOUT:
        exchange.stopping.wait(fault.seconds)
    answer = carry()
    return Response(_CutLine(), status=201) if fault and fault.trouble is Trouble.DROPPED else answer


def _create(exchange: Exchange) -> Response:
    text = exchange.submit(_submission())
    # The platform has only taken it in when it answers; with a pool of numbers it has not even chosen one.
    status = "accepted" if text.messaging_service_sid else "queued"
    return json_answer(text_fields(text, exchange.settings.account_sid, status=status), 201)


class _CutLine(Iterator[bytes]):
    """A body that breaks off before its first byte: the server then closes the connection without an answer."""

    def __next__(self) -> bytes:
        raise ConnectionAbortedError


def _submission() -> Submission:
    form = request.form
    return Submission(
        to=form.get("To", ""),
        sender=form.get("From", ""),
        messaging_service_sid=form.get("MessagingServiceSid", ""),
        body=form.get("Body", ""),
        media_urls=tuple(form.getlist("MediaUrl")),
        status_callback=form.get("StatusCallback", ""),
        validity_period=form.get("ValidityPeriod", ""),
    )


def _throttled(fault: Fault) -> Response:
    answer = refused(RefusedError(refusals.THROTTLED))
    answer.headers["Retry-After"] = f"{fault.seconds:.0f}"
    return answer


def _broken(fault: Fault) -> Response:
    return refused(RefusedError(refusals.SERVER_ERROR))


def _html(fault: Fault) -> Response:
    return Response(HTML_PAGE, content_type="text/html; charset=utf-8")


# Answers that come instead of carrying the text.
_INSTEAD: dict[Trouble, Callable[[Fault], Response]] = {
    Trouble.THROTTLED: _throttled,
    Trouble.SERVER_ERROR: _broken,
    Trouble.HTML: _html,
}


def _update(exchange: Exchange, text: Text) -> ResponseReturnValue:
    """The two changes that the platform allows: cancel what is still scheduled, and empty the words."""
    if request.form.get("Status") == "canceled":
        raise RefusedError(refusals.NOT_CANCELABLE)
    if request.form.get("Body") != "":
        raise RefusedError(refusals.BAD_PARAMETER, "Body")
    return json_answer(text_fields(exchange.redact(text), exchange.settings.account_sid))


def _found(exchange: Exchange, sid: str) -> Text:
    text = exchange.text(sid)
    if text is None:
        raise RefusedError(refusals.NOT_FOUND, sid)
    return text


def _media(text: Text, media_sid: str) -> Response:
    for one in text.media:
        if one.sid == media_sid:
            return Response(one.content, content_type=one.content_type)
    raise RefusedError(refusals.NOT_FOUND, media_sid)
