"""Whether the service is alive, and whether it can take a report right now. Both tell the truth, to whoever asks from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

Check = Callable[[], bool]


def health(checks: Mapping[str, Check]) -> Blueprint:
    """`/healthz` answers as long as the process serves; `/readyz` is 200 only when every check holds, and names those that do not."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        failing = [name for name, holds in checks.items() if not holds()]
        return jsonify(status="failing" if failing else "ok", failing=failing), 503 if failing else 200

    return blueprint
