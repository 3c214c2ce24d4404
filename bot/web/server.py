"""The HTTP server: one Flask application on waitress, bounded in threads and in what it reads."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, Response, request
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from bot.errors import AnlinError, where

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 20  # no platform sends a larger hook
MOST_LINES = 900  # held open at once, most of them idle: every page that waits for news keeps one, and a hook must never find none left


class PortTaken(AnlinError):
    """A port of this machine cannot be used."""

    @classmethod
    def told(cls, port: int, fault: OSError) -> PortTaken:
        return cls(f"Port {port} cannot be used: {fault.strerror or fault}.")


def create_app(blueprints: Iterable[Blueprint]) -> Flask:
    """The application made of these blueprints. What a stranger sends never makes it answer 500 in HTML, nor tell about itself."""
    app = Flask("anlin", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    for blueprint in blueprints:
        app.register_blueprint(blueprint)

    @app.errorhandler(HTTPException)
    def fault(error: HTTPException) -> Response:
        return Response(f"{error.code} {error.name}", status=error.code, mimetype="text/plain")

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        log.error("page broken path=%s: %s", request.path if request.url_rule else "unknown", where(error))
        return Response("500 Internal Server Error", status=500, mimetype="text/plain")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket that has this port, so that two services never believe they both do. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen()  # bound alone, a port can still be had twice
    except OSError as fault:
        taken.close()
        raise PortTaken.told(port, fault) from fault
    return taken


class WebServer:
    """Waitress in a thread of its own."""

    def __init__(self, app: Flask, listening: socket.socket, *, threads: int, most_bytes: int = MOST_BYTES) -> None:
        """A server that is not started yet; `most_bytes` is the largest body that any page takes, each page being free to take less."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits is no help in a storm
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            map=self._sockets,
            sockets=[listening],
            threads=threads,
            ident=None,
            max_request_body_size=most_bytes + 4096,
            clear_untrusted_proxy_headers=True,
            channel_timeout=30,
            connection_limit=MOST_LINES,
            asyncore_use_poll=True,  # select() ends at 1,024 descriptors, the database's included
        )
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        """Requests are served from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Requests under way are answered, for ten seconds at most; then nothing listens."""
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=10)
        with contextlib.suppress(OSError):  # its loop may have closed the pipe already
            self._server.trigger.pull_trigger(lambda: self._server.asyncore.close_all(self._sockets))
        self._thread.join(timeout=5)
