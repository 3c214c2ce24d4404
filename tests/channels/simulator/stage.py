"""The other end of the line in these tests: a service that writes down what it is told, and somebody at the phones."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.texts import Phone

SID, TOKEN = "AC" + "7" * 32, "an invented token"
OURS, RESIDENT, OTHER, LANDLINE, MAINLAND = "+99910012345", "+99913800000001", "+99913800000002", "+99962000009", "+8613800000000"
PHONES = (Phone(RESIDENT, "甲"), Phone(OTHER, "乙"), Phone(LANDLINE, "座机", "landline"), Phone(MAINLAND, "国内"))


@dataclass(frozen=True)
class Heard:
    """One webhook as the service got it."""

    url: str
    form: dict[str, str]
    signature: str
    token: str

    @property
    def is_genuine(self) -> bool:
        return bool(RequestValidator(TOKEN).validate(self.url, self.form, self.signature))


@dataclass
class Ear:
    """A service that only listens: 204 for everything, unless answers are queued for a path."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, deque[tuple[int, str, str]]] = field(default_factory=dict)
    deaf: threading.Event = field(default_factory=threading.Event)  # holds answers of status 0 back until the test ends

    def answer(self, path: str, *answers: tuple[int, str, str]) -> None:
        self.answers.setdefault(path, deque()).extend(answers)

    def at(self, path: str) -> list[Heard]:
        return [hook for hook in self.heard if hook.url == self.url + path]

    def take(self, request: BaseHTTPRequestHandler) -> tuple[int, str, str]:
        body = request.rfile.read(int(request.headers["Content-Length"] or 0)).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        headers = request.headers
        self.heard.append(Heard(self.url + request.path, form, headers["X-Twilio-Signature"], headers["I-Twilio-Idempotency-Token"]))
        waiting = self.answers.get(request.path)
        return waiting.popleft() if waiting else (204, "", "")


@contextmanager
def listening() -> Iterator[Ear]:
    ear = Ear()

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body leave in two pieces, and neither shall wait

        def do_POST(self) -> None:
            status, kind, body = ear.take(self)
            if status == 0:
                ear.deaf.wait(20)
                self.close_connection = True
                return
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield ear
    finally:
        ear.deaf.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running(ear: Ear, **settings: Any) -> Iterator[Simulator]:
    told = {"account_sid": SID, "auth_token": TOKEN, "numbers": (OURS,), "service_url": ear.url, "phones": PHONES, **settings}
    simulator = Simulator(SimulatorSettings(**told))
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


class Rerouted(TwilioHttpClient):
    """The client library's own transport, with the platform's host replaced by the simulator's."""

    def __init__(self, base: str, **options: Any) -> None:
        super().__init__(**options)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        assert url.startswith("https://api.twilio.com/")
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **kwargs)


def client_of(simulator: Simulator, *, token: str = TOKEN, timeout: float = 10) -> Client:
    return Client(SID, token, http_client=Rerouted(simulator.url, timeout=timeout))


@dataclass(frozen=True)
class Desk:
    """Somebody who sits at the control API."""

    url: str

    def post(self, path: str, *, status: int | None = None, **fields: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{path}", json=fields, timeout=20)
        assert answer.status_code == status if status else answer.ok, answer.text
        return answer.json()

    def get(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/control/{path}", timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def text(self, body: str, sender: str = RESIDENT, **fields: Any) -> dict[str, Any]:
        return self.post("texts", **{"from": sender, "to": OURS, "body": body, **fields})

    def trouble(self, kind: str, **fields: Any) -> None:
        self.post("faults", kind=kind, **fields)

    def settled(self) -> None:
        assert self.post("settle")["settled"]

    def talk(self, number: str = RESIDENT, after: int = 0) -> list[dict[str, Any]]:
        return self.get(f"phones/{number}/texts?after={after}")["texts"]
