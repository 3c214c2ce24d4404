"""Waiting for what another thread or process does: asked again and again, with no guess how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

WITHIN = 30.0  # seconds; far longer than anything here takes, on a machine that is busy too

T = TypeVar("T")


def until(condition: Callable[[], T], *, within: float = WITHIN, told: Callable[[], object] = str) -> T:
    """The first answer of `condition` that is true; it is asked again until the deadline, then the test fails and says what `told` says."""
    ends, pause = time.monotonic() + within, threading.Event()
    while not (answer := condition()):
        assert time.monotonic() < ends, f"not within {within:.0f} seconds: {told()}"
        pause.wait(0.01)
    return answer
