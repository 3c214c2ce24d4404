"""Who has the data folder: the running service holds it, so that no second one and no restore gets in between.

The hold ends with its process, however that ends; nothing is left behind that somebody would have to clear away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import AnlinError

if sys.platform != "win32":
    import fcntl

FILE = "anlin.lock"
OCCUPIED = "Anlin works with {folder} already{by}. Stop it first; with the systemd unit: systemctl stop anlin"
UNUSABLE = "The data folder {folder} cannot be used: {why}."
BY = " (process {number})"


class Occupied(AnlinError):
    """Another process has this data folder."""


@contextmanager
def held(folder: Path, *, alone: bool) -> Iterator[None]:
    """The data folder is this process's until the block ends: its own, or shared with others that share.

    Raises `Occupied`. Only a lock of the system's is asked, never what stands in the file: a process number left by a power cut
    may be somebody else's by now.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise AnlinError(UNUSABLE.format(folder=folder, why=fault.strerror)) from fault
    try:
        _lock(descriptor, folder, alone=alone)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, *, alone: bool) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        raise Occupied(OCCUPIED.format(folder=folder, by=BY.format(number=number) if number.isdecimal() else "")) from None
    except OSError as fault:  # some network disks; SQLite could not keep its writers apart there either
        raise AnlinError(UNUSABLE.format(folder=folder, why=fault.strerror)) from fault
    if alone:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
