"""A platform on loopback that answers what a test tells it to, by real HTTP, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Reply:
    """What is answered: plainly, or `hang` (never), `reset` (the line is cut), or a body of `declared` or `streamed` bytes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    way: str = "plain"
    size: int = 0


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, Any]:
        """Its fields, whether they came as a form or as JSON."""
        if self.headers.get("Content-Type", "").startswith("application/json"):
            fields: dict[str, Any] = json.loads(self.body)
            return fields
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


class Provider:
    """Answers the replies in turn, the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.streamed = 0
        self.closing = threading.Event()
        self._server = _Server(self)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.provider = provider


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.provider.asked.append(Asked(self.path, dict(self.headers), body))
        reply = self.server.provider.next_reply()
        getattr(self, f"reply_{reply.way}")(reply)

    def do_GET(self) -> None:
        self.do_POST()

    def reply_plain(self, reply: Reply) -> None:
        self._begin(reply, len(reply.body))
        self.wfile.write(reply.body)

    def reply_hang(self, reply: Reply) -> None:
        self.server.provider.closing.wait(30)
        self.close_connection = True

    def reply_reset(self, reply: Reply) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def reply_declared(self, reply: Reply) -> None:
        self._begin(reply, reply.size)
        self.wfile.write(reply.body)
        self.close_connection = True

    def reply_streamed(self, reply: Reply) -> None:
        self._begin(reply, None)
        self.close_connection = True
        self.wfile.write(reply.body)
        while self.server.provider.streamed < reply.size:
            try:
                self.server.provider.streamed += self.wfile.write(bytes(65536))
            except OSError:
                return

    def _begin(self, reply: Reply, length: int | None) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # the line was cut, as the test wanted
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return
