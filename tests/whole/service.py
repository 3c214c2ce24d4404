"""The whole service for tests: in this process, or in one of its own that can be killed. The carrier is always the simulator, over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.app import Anlin, Base, open_base
from bot.clock import clock_of
from bot.settings import Settings
from bot.store import demo
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.texts import Phone
from tests.waiting import until
from workflows.cases import views
from workflows.cases.views import CaseView

ROOT = Path(__file__).resolve().parents[2]
OURS = "+9990012345"
ALONE, NEIGHBOUR, SHARED, STRANGER = "+9990100001", "+9990100002", "+9990100007", "+9990100099"
WORKER, LEADER, DUTY = "+9990200001", "+9990200011", "+9990200021"
TRAPPED = "3号楼2单元电梯困人了"
SMS, STATUS = "/hooks/twilio/sms", "/hooks/twilio/status"


@dataclass(frozen=True)
class Phones:
    """The telephones of the simulator, and its hand on troubles and the clock."""

    url: str
    _line: requests.Session = field(default_factory=requests.Session, repr=False)

    def text(self, number: str, words: str, **fields: Any) -> dict[str, Any]:
        """What became of a text that this phone has sent."""
        return self.asked("post", "texts", **{"from": number, "body": words, **fields})

    def said(self, number: str, words: str, **fields: Any) -> None:
        """The service has acknowledged a text of this phone."""
        assert self.text(number, words, **fields)["hook_status"] == 204

    def connect(self, number: str, label: str) -> None:
        """There is one more phone."""
        self.asked("post", "phones", number=number, label=label)

    def heard(self, number: str) -> list[str]:
        """Everything that has arrived at this phone from the service, oldest first."""
        texts = self.asked("get", f"phones/{number}/texts")["texts"]
        return [text["body"] for text in texts if text["direction"] == "outbound-api" and text["arrived"]]

    def hears(self, number: str, words: str, *, times: int = 1) -> str:
        """The latest text at this phone with these words in it, as soon as there are so many."""

        def found() -> list[str]:
            texts = [text for text in self.heard(number) if words in text]
            return texts if len(texts) >= times else []

        return until(found, told=lambda: f"{number} heard {self.heard(number)}")[-1]

    def goes_wrong(self, kind: str, **fields: Any) -> None:
        self.asked("post", "faults", kind=kind, **fields)

    def later(self, by: timedelta) -> dict[str, Any]:
        """The page's button: the carrier's clock, and with it the service's, is `by` further on."""
        return self.asked("post", "clock", seconds=int(by.total_seconds()))

    def asked(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """What the simulator's control answers."""
        told = fields if method == "post" else None
        answer = self._line.request(method, f"{self.url}/control/{path}", timeout=30, json=told)
        assert answer.ok, answer.text
        given: dict[str, Any] = answer.json()
        return given


@dataclass(frozen=True)
class Running:
    """A service in this process with the simulator it started."""

    service: Anlin
    phones: Phones
    token: str

    @property
    def url(self) -> str:
        return self.service.url

    def signed(self, form: Mapping[str, str], path: str = SMS, *, base: str = "") -> str:
        """The signature by Twilio's own library, for this service or for another `base`."""
        return str(RequestValidator(self.token).compute_signature((base or self.url) + path, dict(form)))

    def post(self, form: Mapping[str, str], path: str = SMS) -> int:
        """What a signed form is answered with."""
        headers = {"X-Twilio-Signature": self.signed(form, path)}
        return requests.post(self.url + path, data=dict(form), headers=headers, timeout=30).status_code

    def cases(self) -> tuple[CaseView, ...]:
        """All cases, newest first."""
        return cases_of(self.service.base)

    def rows(self, statement: str) -> list[Any]:
        """What the database says, past everything of ours."""
        with self.service.base.store.read() as tx:
            return list(tx.connection.exec_driver_sql(statement))


def cases_of(base: Base) -> tuple[CaseView, ...]:
    with base.store.begin() as tx:
        return views.listed(tx, reader="test", now=base.clock.now())


def inbound(words: str, *, sender: str = NEIGHBOUR, sid: str = "", **fields: str) -> dict[str, str]:
    """A form as Twilio posts it."""
    sid = sid or f"SM{os.urandom(16).hex()}"
    return {"MessageSid": sid, "AccountSid": "AC" + "0" * 32, "From": sender, "To": OURS, "Body": words, "NumMedia": "0", **fields}


def based(folder: Path, *, url: str = "", patience: float = 5, **given: Any) -> Base:
    """What a service stands on, on free ports; `patience` is how many seconds it waits for a locked database."""
    settings = Settings(data_dir=folder, database_url=url, **{"port": 0, "simulator_port": 0, **given})
    if patience == 5 and not url:
        return open_base(settings)
    store = Store(settings.database_url, Vault(KeyFile.load_or_make(settings.sealing_key_file)), patience=timedelta(seconds=patience))
    store.migrate()
    plain = open_base(Settings(data_dir=folder / "aside"))
    plain.store.close()
    return Base(settings, store, clock_of(store), plain.translator)


@contextmanager
def running(base: Base) -> Iterator[Running]:
    """The service with all its threads, stopped at the end."""
    service = Anlin(base)
    assert service.simulator is not None
    service.start()
    try:
        yield Running(service, Phones(service.simulator.url), service.simulator.settings.auth_token)
    finally:
        service.stop()


def move_in(base: Base) -> Base:
    """The invented estate is loaded."""
    with base.store.begin() as tx:
        demo.load(tx, base.clock.now())
    return base


# In a process of its own


@contextmanager
def carrier() -> Iterator[Simulator]:
    """A simulator in this process, with the phones of the demo, for a service in another."""
    phones = tuple(Phone(number, label) for number, label, _kind in demo.phones())
    simulator = Simulator(SimulatorSettings("AC" + os.urandom(16).hex(), os.urandom(16).hex(), (OURS,), phones=phones))
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


class Machine:
    """`python -m bot run`, which can be killed and started again on the same data and port."""

    def __init__(self, home: Path, **given: str) -> None:
        self.home = home
        self.port = free_port()
        self.output = home.parent / f"{home.name}.log"
        self.given = given | {"PORT": str(self.port)}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home, **self.given)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *words: str) -> None:
        """The service answers."""
        self.launch(*(words or ("run", "--demo")))
        until(self.is_ready, told=self.said)

    def launch(self, *words: str) -> None:
        """The command is on its way."""
        with self.output.open("ab") as output:
            told = [sys.executable, "-m", "bot", *words]
            self._running = subprocess.Popen(told, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT)

    def is_ready(self) -> bool:
        assert self._running is None or self._running.poll() is None, self.said()
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def said(self) -> str:
        """Everything it has printed or logged so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def end(self, number: signal.Signals) -> int:
        """What it ended with after this signal."""
        assert self._running is not None
        self._running.send_signal(number)
        ended, self._running = self._running.wait(timeout=20), None
        return ended

    def kill(self) -> None:
        """It died without a word, as in a power cut."""
        assert self.end(signal.SIGKILL) == -signal.SIGKILL

    def close(self) -> None:
        """Nothing is left running."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(timeout=20)
            self._running = None


@contextmanager
def machine(home: Path, simulator: Simulator, **given: str) -> Iterator[Machine]:
    """The service in a process of its own, not started yet, with this simulator for its carrier."""
    account = {
        "TWILIO_ACCOUNT_SID": simulator.settings.account_sid,
        "TWILIO_AUTH_TOKEN": simulator.settings.auth_token,
        "TWILIO_FROM": OURS,
        "TWILIO_API_BASE": simulator.url,
        "TWILIO_PER_SECOND": "1000",
    }
    one = Machine(home, **account, **given)
    simulator.service_url = one.url
    try:
        yield one
    finally:
        one.close()


def environment(home: Path, **given: str) -> dict[str, str]:
    """The environment of a process of ours: nothing of this machine's own ANLIN_ settings, and data in `home`."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("ANLIN_")}
    return clean | {"ANLIN_DATA_DIR": str(home), "PYTHONUNBUFFERED": "1"} | {f"ANLIN_{name}": text for name, text in given.items()}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
