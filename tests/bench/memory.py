"""How much the service weighs when nothing happens, and how soon it answers when it is started again."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.running import resident_mb, running
from tests.bench.table import Line, below

MOST_MB = 340
MOST_SECONDS = 3
SETTLED_AFTER = 5.0  # seconds; sweeps and dispatcher have been round by then
_LIBRARIES = "aiogram, alembic, apscheduler.schedulers.background, babel, click, cryptography, flask, sqlmodel, twilio.rest, waitress"
_BARE = f"import {_LIBRARIES}; print(1, flush=True); input()"


def run() -> list[Line]:
    """Both figures; the floor is the same interpreter with the same libraries and nothing of ours."""
    bare_mb, bare_seconds = _bare()
    with tempfile.TemporaryDirectory() as name:
        with running(Path(name), simulator="on"):
            pass
        with running(Path(name), simulator="on") as again:
            time.sleep(SETTLED_AFTER)
            resident = again.resident_mb()
    return [
        below("resident memory idle, simulator on", resident, MOST_MB, unit="MB", floor=bare_mb),
        below("second start until the port answers", again.ready_after, MOST_SECONDS, unit="s", floor=bare_seconds),
    ]


def _bare() -> tuple[float, float]:
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", _BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        took, weight = time.perf_counter() - began, resident_mb(process.pid)
        process.kill()
    return weight, took
