"""Signs of life for systemd: when the service answers, and that it still does its work (sd_notify(3)). Without systemd nothing is said."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot import settings

LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Overseer:
    """Who wants to know, at which socket, and within which time before we are taken for dead."""

    address: str = ""
    patience: timedelta = timedelta(0)

    @property
    def every(self) -> float:
        """How many seconds to wait between two signs of life: a third of the patience, so that one may be late."""
        return (self.patience / 3 if self.patience else LONGEST).total_seconds()

    def ready(self) -> None:
        """The port answers."""
        self._say("READY=1")

    def alive(self) -> None:
        """The work goes on."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """What is under way is being finished."""
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self.address:
            return
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:  # an overseer that is gone stops no service
            line.sendto(words.encode(), name)


def overseer() -> Overseer:
    """The overseer that this process was started with, if any."""
    return Overseer(*settings.overseer())
