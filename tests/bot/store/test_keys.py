"""The key file: made whole, for its owner only, never overwritten, never half of two."""

from __future__ import annotations

import base64
import json
import stat
import threading
from pathlib import Path

import pytest

from bot.errors import SettingsFault
from bot.store.keys import KeyFile


def test_a_new_key_file_is_for_its_owner_only_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    made = KeyFile.make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyFile.load(path) == made
    assert [file.name for file in tmp_path.iterdir()] == ["sealing.key"]


def test_an_existing_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    made = KeyFile.make(path)
    with pytest.raises(SettingsFault, match="not overwritten"):
        KeyFile.make(path)
    assert KeyFile.load(path) == made
    assert [file.name for file in tmp_path.iterdir()] == ["sealing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_file_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "sealing.key"
    KeyFile.make(path)
    path.chmod(mode)
    with pytest.raises(SettingsFault, match="chmod 600"):
        KeyFile.load(path)


SHORT = base64.b64encode(b"x" * 16).decode()
GOOD = base64.b64encode(b"x" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        json.dumps({"current": "k2", "keys": {"k1": GOOD}, "hash_key": GOOD}),
        json.dumps({"current": "k1", "keys": {"k1": SHORT}, "hash_key": GOOD}),
        json.dumps({"current": "k1", "keys": {"k1": GOOD}, "hash_key": SHORT}),
        json.dumps({"current": "k1", "keys": {"k1": "not base64!"}, "hash_key": GOOD}),
        json.dumps({"current": "k1", "keys": {"k1": GOOD}, "hash_key": GOOD, "more": 1}),
    ],
)
def test_a_damaged_key_file_is_refused_and_its_content_is_not_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sealing.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SettingsFault, match="damaged") as caught:
        KeyFile.load(path)
    assert GOOD not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_key_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="cannot be read"):
        KeyFile.load(tmp_path / "none.key")


def test_many_that_start_at_once_share_one_key_file(tmp_path: Path) -> None:
    start, found = threading.Barrier(8), []

    def load() -> None:
        start.wait()
        found.append(KeyFile.load_or_make(tmp_path / "new" / "sealing.key"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)


def test_rotating_adds_a_current_key_and_keeps_the_old_ones_and_the_hash_key(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    old = KeyFile.make(path)
    new = old.rotated()
    new.write(path)
    assert KeyFile.load(path) == new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new.current != old.current
    assert new.keys[old.current] == old.keys[old.current]
    assert new.keys[new.current] != old.keys[old.current]
    assert new.hash_key == old.hash_key


def test_a_key_file_never_shows_its_keys(tmp_path: Path) -> None:
    made = KeyFile.make(tmp_path / "sealing.key")
    shown = f"{made!r} {made}"
    assert made.current in shown
    assert all(repr(key)[2:-1] not in shown for key in (*made.keys.values(), made.hash_key))
