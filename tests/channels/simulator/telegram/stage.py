"""The two ends of the messenger in these tests: a bot that calls the platform's methods, and people at their accounts."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from channels.simulator.telegram.accounts import Account
from tests.channels.simulator.stage import Desk

TOKEN = "4242424242:an-invented-token-of-thirty-five-ch"
AN, LE, PHONELESS = 700_000_001, 700_000_002, 700_000_003
ACCOUNTS = (
    Account(AN, "小安", username="rehearsal_an", phone="+99913800000004", label="己"),
    Account(LE, "Robin", language_code="en", phone="+99913800000005", label="庚"),
    Account(PHONELESS, "阿乐", label="辛", has_started=True),
)
YES_NO = {"inline_keyboard": [[{"text": "是", "callback_data": "1:yes"}, {"text": "否", "callback_data": "1:no"}]]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


@dataclass(frozen=True)
class Service:
    """The bot's side: every answer as the platform gave it."""

    url: str
    token: str = TOKEN

    def ask(self, method: str, **fields: Any) -> requests.Response:
        return requests.post(f"{self.url}/bot{self.token}/{method}", json=fields, timeout=30)

    def get(self, method: str, **fields: Any) -> Any:
        """The result of what must succeed."""
        answer = self.ask(method, **fields).json()
        assert answer["ok"], answer
        return answer["result"]

    def refused(self, method: str, **fields: Any) -> dict[str, Any]:
        """The refusal of what must not succeed, the HTTP status being the code."""
        answer = self.ask(method, **fields)
        told: dict[str, Any] = answer.json()
        assert not told.pop("ok")
        assert answer.status_code == told["error_code"]
        return told

    def updates(self, offset: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("getUpdates", offset=offset)
        return found

    def heard(self) -> dict[str, Any]:
        """The newest update, without its id."""
        update = self.updates()[-1]
        del update["update_id"]
        return update


@dataclass(frozen=True)
class People(Desk):
    """Somebody who sits at the accounts."""

    def send(self, account: int = AN, **fields: Any) -> dict[str, Any]:
        return self.post(f"accounts/{account}/send", **fields)

    def press(self, post_id: int, data: str, account: int = AN, **fields: Any) -> dict[str, Any]:
        return self.post(f"accounts/{account}/press", message_id=post_id, data=data, **fields)

    def chat(self, account: int = AN, query: str = "") -> dict[str, Any]:
        return self.get(f"accounts/{account}/messages?{query}")

    def goes_wrong(self, kind: str, **fields: Any) -> None:
        self.post("messenger/faults", kind=kind, **fields)

    def state(self) -> dict[str, Any]:
        return self.get("messenger")

    def all_told(self) -> None:
        assert self.post("messenger/settle", timeout=20)["settled"]


@dataclass
class Listener:
    """A service that writes down the updates it is told, and takes them all unless statuses are queued."""

    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)

    def take(self, request: BaseHTTPRequestHandler) -> int:
        self.heard.append(json.loads(request.rfile.read(int(request.headers["Content-Length"]))))
        self.secrets.append(request.headers["X-Telegram-Bot-Api-Secret-Token"])
        return self.statuses.popleft() if self.statuses else 200

    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.heard]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.send_response(listener.take(self))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
