"""A data folder belongs to one service, and to nobody once that is dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import AnlinError
from bot.store.holding import FILE, Occupied, held

HOLD = """
import sys
from pathlib import Path
from bot.errors import AnlinError
from bot.store.holding import held
with held(Path(sys.argv[1]), alone=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_whoever_comes_second_is_told_who_has_the_folder_and_gets_it_when_that_one_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(Occupied, match=f"process {first.pid}"), held(tmp_path, alone=True):
            pass
        first.kill()
    with held(tmp_path, alone=True):
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_those_who_share_do_so_and_keep_out_whoever_wants_it_alone(tmp_path: Path) -> None:
    with held(tmp_path, alone=False), held(tmp_path, alone=False), pytest.raises(Occupied), held(tmp_path, alone=True):
        pass
    with held(tmp_path, alone=True), pytest.raises(Occupied), held(tmp_path, alone=False):
        pass


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with held(tmp_path / "data", alone=True):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_had_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AnlinError, match="cannot be used"), held(tmp_path / "file/data", alone=True):
        pass
