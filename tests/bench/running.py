"""The real service in a program of its own, in a folder of its own, and the sink it sends to."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from channels.twilio import TwilioAccount

FROM = "+9990012345"
SID = "AC" + "0" * 32
TOKEN = "a token of the bench"
FASTEST = 10_000  # texts a second, the most a setting allows
PATIENCE = 30.0  # seconds until a start has failed


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
