"""How the page and the tests ask: in JSON on loopback, and what cannot be done is refused in words."""

from collections.abc import Mapping

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException


class AskedWronglyError(Exception):
    """What the page or a test asked for cannot be done; the sentence says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        """Keep the sentence and the HTTP status."""
        super().__init__(sentence)
        self.status = status


def control_blueprint(name: str, prefix: str = "/control") -> Blueprint:
    """A blueprint under `/control` that takes nothing but JSON, and answers what goes wrong with a sentence."""
    api = Blueprint(name, __name__, url_prefix=prefix)

    @api.before_request
    def require_json() -> None:
        # A page of some other site can post a form to loopback, but not JSON.
        if request.method != "GET" and not request.is_json:
            raise AskedWronglyError("Send JSON, with Content-Type: application/json.", 415)

    @api.errorhandler(AskedWronglyError)
    def asked_wrongly(error: AskedWronglyError) -> ResponseReturnValue:
        return jsonify(error=str(error)), error.status

    @api.errorhandler(HTTPException)
    def http_fault(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    return api


def asked_fields() -> Mapping[str, object]:
    """The JSON object that was sent."""
    fields = request.get_json()
    if not isinstance(fields, dict):
        raise AskedWronglyError("Send one JSON object.")
    return fields


def number_in(value: object, default: float) -> float:
    """A number, or the default where none was sent."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
