"""What Telegram calls when it was told to. Its answer leaves only after the commit; without the secret nobody is heard."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, request

from bot.errors import Forged
from bot.web.hooks import answered
from channels.telegram_api import HOOK_PATH

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header


def telegram_hooks(secret: str, hear: Callable[[bytes], object]) -> Blueprint:
    """The hook of the messenger; `hear` commits an update."""
    if not secret:
        raise ValueError("without a secret everybody could speak as Telegram")
    hooks = Blueprint("telegram", __name__)

    @hooks.post(HOOK_PATH)
    def update() -> Response:
        body = request.get_data()  # one that is too long ends here
        return answered(lambda: _heard(request.headers.get(SECRET_HEADER, ""), body))

    def _heard(given: str, body: bytes) -> None:
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise Forged
        hear(body)

    return hooks
