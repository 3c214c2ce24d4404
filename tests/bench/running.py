"""The real service in a program of its own, in a folder of its own, and the sink it sends to."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from channels.twilio import TwilioAccount

FROM = "+9990012345"
SID = "AC" + "0" * 32
TOKEN = "a token of the bench"
FASTEST = 10_000  # texts a second, the most a setting allows
PATIENCE = 30.0  # seconds until a start has failed
_HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_CREATED = b'{"sid": "SM%b", "status": "queued", "error_code": null, "num_segments": "1"}'


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers: where, which process, and how many seconds after its start it did."""

    url: str
    pid: int
    ready_after: float

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def account(self) -> TwilioAccount:
        """The account its hooks are signed with."""
        return TwilioAccount(SID, TOKEN, from_number=FROM, public_url=self.url)

    def resident_mb(self) -> float:
        """Resident memory of the process, in megabytes."""
        return resident_mb(self.pid)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """`anlin run` on this folder, from its first answer until the block ends."""
    port = str(_free_port())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANLIN_")}
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    given = {"data_dir": str(folder), "port": port, "simulator_port": "0", "log_level": "error", **settings}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env=kept | paths | {f"ANLIN_{name.upper()}": value for name, value in given.items()},
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/healthz", process)
        yield Running(url, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def twilio(sink: str, *, per_second: int) -> dict[str, str]:
    """The settings of an account whose carrier is the sink and whose number carries so many texts a second."""
    return {
        "twilio_account_sid": SID,
        "twilio_auth_token": TOKEN,
        "twilio_from": FROM,
        "twilio_api_base": sink,
        "twilio_per_second": str(per_second),
    }


@contextmanager
def apart(target: object, *given: object) -> Iterator[tuple[str, int]]:
    """`target(told, *given)` in a process of its own until the block ends; the URL of the port it tells, and its process id."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(theirs, *given), daemon=True)  # type: ignore[arg-type]
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", process.pid or 0
    finally:
        process.kill()
        process.join()


def resident_mb(pid: int) -> float:
    """Resident memory of a process of ours, in megabytes."""
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])) / 1024


def sink(told: Connection) -> None:
    """A carrier that takes everything at once and reports nothing back."""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class _Sink(asyncio.Protocol):
    """Answers every request with 201 and a SID of its own as soon as its last byte is there."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.held = b""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            at = self.held[:end].lower().find(b"content-length:")
            length = int(self.held[at + 15 : end].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.held) < end + 4 + length:
                return
            self.held = self.held[end + 4 + length :]
            _Sink.count += 1
            body = _CREATED % b"%032x" % _Sink.count
            self.transport.write(_HEAD % (len(body), body))  # type: ignore[attr-defined]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer; the service ended with {process.poll()}")
