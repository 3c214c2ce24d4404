"""The Bot API over HTTP: `/bot{token}/METHOD` and `/file/bot{token}/PATH`, with the platform's errors and bad days."""

import hmac
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue

from channels.simulator.telegram import refusals
from channels.simulator.telegram.faults import Fault, Trouble
from channels.simulator.telegram.hub import Hub
from channels.simulator.telegram.methods import Told, method_named
from channels.simulator.telegram.parameters import Parameters, Upload
from channels.simulator.telegram.refusals import Refusal, RefusedError

GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


def bot_api(hub: Hub) -> Blueprint:
    """The blueprint of the platform's own addresses."""
    api = Blueprint("telegram", __name__)

    @api.route("/bot<token>/<method>", methods=["GET", "POST"])
    def call(token: str, method: str) -> ResponseReturnValue:
        _check_token(hub, token)
        return _call(hub, method, _parameters())

    @api.get("/file/bot<token>/<path:path>")
    def fetch(token: str, path: str) -> ResponseReturnValue:
        _check_token(hub, token)
        return _fetch(hub, path)

    @api.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> ResponseReturnValue:
        return _refused(error.refusal)

    return api


def _check_token(hub: Hub, token: str) -> None:
    if not hmac.compare_digest(token.encode(), hub.settings.telegram_token.encode()):
        raise RefusedError(refusals.UNAUTHORISED)


def _call(hub: Hub, name: str, asked: Parameters) -> Response:
    method = method_named(name)
    fault = hub.answer_fault(name, asked.chat_id_if_any())
    if fault and fault.trouble in _INSTEAD:
        return _INSTEAD[fault.trouble](fault)
    if fault and fault.trouble is Trouble.TIMEOUT:
        hub.stopping.wait(fault.seconds)
    result = method(hub, asked)
    if fault and fault.trouble is Trouble.DROPPED:
        return Response(_CutLine())
    told = {"description": result.description} if isinstance(result, Told) else {}
    return _json({"ok": True, "result": result.result if isinstance(result, Told) else result, **told})


def _fetch(hub: Hub, path: str) -> Response:
    fault = hub.answer_fault("file", None)
    if fault and fault.trouble in _INSTEAD:
        return _INSTEAD[fault.trouble](fault)
    if fault and fault.trouble is Trouble.TIMEOUT:
        hub.stopping.wait(fault.seconds)
    with hub.held() as messenger:
        file = messenger.offered(path, now=hub.now())
    if file is None:
        raise RefusedError(refusals.NOT_FOUND)
    if fault and fault.trouble is Trouble.DROPPED:
        return Response(_CutLine())
    return Response(file.content, content_type="application/octet-stream")  # the platform never says what it is


class _CutLine(Iterator[bytes]):
    """A body that breaks off before its first byte: the server then closes the connection without an answer."""

    def __next__(self) -> bytes:
        raise ConnectionAbortedError


def _parameters() -> Parameters:
    fields: dict[str, object] = {**request.args.to_dict(), **request.form.to_dict()}
    if request.is_json and request.content_length:
        tree = request.get_json(silent=True)
        if not isinstance(tree, dict):
            raise RefusedError(refusals.JSON_BROKEN)
        fields |= tree
    uploads = {
        name: Upload(file.filename or "", file.mimetype or "application/octet-stream", file.read()) for name, file in request.files.items()
    }
    return Parameters(fields, uploads)


def _json(fields: object, status: int = 200) -> Response:
    return Response(json.dumps(fields), status=status, content_type="application/json")


def _refused(refusal: Refusal) -> Response:
    parameters = {"parameters": refusal.parameters} if refusal.parameters else {}
    answer = _json({"ok": False, "error_code": refusal.code, "description": refusal.description, **parameters}, refusal.code)
    if "retry_after" in refusal.parameters:
        answer.headers["Retry-After"] = str(refusal.parameters["retry_after"])
    return answer


def _refusing(refusal: Refusal) -> Callable[[Fault], Response]:
    return lambda fault: _refused(refusal)


def _throttled(fault: Fault) -> Response:
    return _refused(refusals.throttled(max(1, round(fault.seconds))))


def _bad_gateway(fault: Fault) -> Response:
    return Response(GATEWAY_PAGE, status=502, content_type="text/html")


# Answers that come instead of doing what was asked.
_INSTEAD: dict[Trouble, Callable[[Fault], Response]] = {
    Trouble.THROTTLED: _throttled,
    Trouble.SERVER_ERROR: _refusing(refusals.SERVER_ERROR),
    Trouble.BAD_GATEWAY: _bad_gateway,
    Trouble.BLOCKED: _refusing(refusals.BLOCKED),
    Trouble.DEACTIVATED: _refusing(refusals.DEACTIVATED),
    Trouble.CHAT_NOT_FOUND: _refusing(refusals.CHAT_NOT_FOUND),
}
