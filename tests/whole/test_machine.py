"""`python -m bot` as a process: it starts where nothing is, ends cleanly, keeps everything, and tells faults without a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import requests

from tests.stores import new_postgres  # noqa: F401 - a fixture
from tests.waiting import WITHIN, until
from tests.whole.service import (
    NEIGHBOUR,
    ROOT,
    TRAPPED,
    Machine,
    Phones,
    based,
    carrier,
    cases_of,
    environment,
    free_port,
    machine,
    move_in,
)


def ran(home: Path, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-m", "bot", *words]
    return subprocess.run(told, cwd=ROOT, env=environment(home, **given), capture_output=True, text=True, timeout=60, check=False)


def test_bad_settings_are_told_all_at_once_on_the_error_stream_without_a_traceback(tmp_path: Path) -> None:
    ended = ran(tmp_path / "data", "run", PORT="eighty", TELEGRAM_SECRET="abcdef")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("ANLIN_") >= 2
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data").exists()


def test_in_an_empty_folder_the_service_makes_what_it_needs_and_ends_cleanly_on_a_signal(tmp_path: Path) -> None:
    """No estate, no account of ours: it takes a report all the same, refuses to run twice, and everything is there afterwards."""
    home = tmp_path / "data"
    with carrier() as simulator, machine(home, simulator) as one:
        one.start("run")
        phones = Phones(simulator.url)
        phones.said(NEIGHBOUR, TRAPPED)
        phones.hears(NEIGHBOUR, "119")
        second = ran(home, "run", **one.given)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith(f"Anlin works with {home} already (process ")
        other = ran(tmp_path / "other", "run", **one.given)
        assert (other.returncode, other.stdout) == (1, "")
        assert other.stderr.strip() == f"Port {one.port} cannot be used: Address already in use."
        assert one.end(signal.SIGINT) == 0
        assert "Nothing that was acknowledged is lost." in one.said()
        assert not list(home.glob("*-wal")), "the log was folded into the file"
        one.start("run")
        assert one.end(signal.SIGTERM) == 0
        assert "Traceback" not in one.said()
    base = based(home)
    (case,) = cases_of(base)
    base.store.close()
    assert (case.label, case.words) == ("urgent", TRAPPED)


def test_a_simulator_port_that_is_taken_is_told_in_one_sentence(home: Path) -> None:
    with carrier() as simulator:
        taken = simulator.url.rpartition(":")[2]
        ended = ran(home, "run", PORT=str(free_port()), SIMULATOR_PORT=taken)
    assert ended.returncode == 1
    assert ended.stderr.strip() == f"Port {taken} cannot be used: Address already in use."


def test_answering_and_sending_may_be_two_processes_on_postgresql(home: Path, new_postgres: Callable[..., str]) -> None:  # noqa: F811
    """One answers the hooks, the other sends and lets ladders climb; either may die alone."""
    url = new_postgres(empty=True)
    move_in(based(home, url=url)).store.close()
    with carrier() as simulator, machine(home, simulator, DATABASE_URL=url) as web:
        work = Machine(home, **web.given)
        try:
            web.start("web")
            phones = Phones(simulator.url)
            phones.said(NEIGHBOUR, TRAPPED)
            assert phones.heard(NEIGHBOUR) == [], "nobody sends yet"
            work.launch("work")
            phones.hears(NEIGHBOUR, "编号")
            web.kill()
            web.start("web")
            phones.said(NEIGHBOUR, "1")
            phones.hears(NEIGHBOUR, "记下了")
            assert work.end(signal.SIGTERM) == 0
            assert web.end(signal.SIGTERM) == 0
        finally:
            work.close()
    assert "Traceback" not in web.said()


def test_without_an_account_the_first_lines_say_where_to_go(home: Path) -> None:
    phones = free_port()
    one = Machine(home, SIMULATOR_PORT=str(phones))
    try:
        one.start()
        until(lambda: TRAPPED in one.said(), told=one.said)  # it answers before it says so
        assert f"{one.url}/" in one.said()
        assert f"http://127.0.0.1:{phones}/" in one.said()
        assert f"http://127.0.0.1:{phones}" in requests.get(one.url, timeout=WITHIN).text
        assert requests.get(f"http://127.0.0.1:{phones}/", timeout=WITHIN).status_code == 200
        assert one.end(signal.SIGINT) == 0
    finally:
        one.close()


def test_the_carrier_in_a_box_runs_by_itself_and_says_what_to_tell_the_service(tmp_path: Path) -> None:
    port = free_port()
    told = [sys.executable, "-m", "bot", "simulator", "--port", str(port)]
    with subprocess.Popen(told, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        try:
            assert one.stdout is not None
            lines = [one.stdout.readline() for _ in range(6)]
            assert any(f"ANLIN_TWILIO_API_BASE=http://127.0.0.1:{port}" in line for line in lines), lines
            assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=WITHIN).status_code == 200
            one.send_signal(signal.SIGINT)
            assert one.wait(timeout=WITHIN) == 0
        finally:
            one.kill()
