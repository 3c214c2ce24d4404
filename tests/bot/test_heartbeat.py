"""Signs of life, as systemd hears them."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import Waker
from bot.heartbeat import LONGEST, Overseer, overseer


@pytest.mark.parametrize("is_abstract", [False, True])
def test_what_is_said_arrives_word_for_word(tmp_path: Path, is_abstract: bool) -> None:
    name = f"\0{tmp_path.name}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name)
        listening.settimeout(5)
        told = Overseer(name.replace("\0", "@"), timedelta(minutes=5))
        for say in (told.ready, told.alive, told.stopping):
            say()
        assert [listening.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_where_nobody_listens_nothing_is_said_and_nothing_breaks(tmp_path: Path) -> None:
    for one in (Overseer(), Overseer(str(tmp_path / "nobody"))):
        one.ready()
        one.alive()


def test_it_is_told_three_times_within_the_patience_of_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("WATCHDOG_USEC", "300000000")
    assert overseer() == Overseer("/run/systemd/notify", timedelta(minutes=5))
    assert overseer().every == 100
    monkeypatch.delenv("WATCHDOG_USEC")
    assert overseer().every == LONGEST.total_seconds()


def test_a_sweep_that_fails_is_awake_and_one_that_hangs_is_not() -> None:
    """The database may be away for long, and a new start would not bring it back; a sweep that never ends is another thing."""
    begun, goes_on = threading.Event(), threading.Event()

    def sweep() -> None:
        begun.set()
        goes_on.wait(30)
        raise RuntimeError

    waker = Waker((sweep,), every=timedelta(milliseconds=10))
    waker.start()
    try:
        assert begun.wait(10)
        threading.Event().wait(0.05)
        assert not waker.is_awake(timedelta(milliseconds=40))
        assert waker.is_awake(timedelta(minutes=1))
        goes_on.set()
        begun.clear()
        assert begun.wait(10), "it is called again"
    finally:
        goes_on.set()
        waker.stop()
    assert waker.is_awake(timedelta(seconds=20))
