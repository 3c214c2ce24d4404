"""Every talk in tests/transcripts, replayed on every channel: what people are shown, and the case that comes of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.app import rooms
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests import transcribing
from tests.stores import opened
from tests.transcribing import Play, Script

FOLDER = Path(__file__).parent / "transcripts"
PATHS = sorted(FOLDER.glob("*.txt"))
Plays = Callable[[Path], dict[str, Play]]
MOST_PARTS = 2  # SMS segments of anything said in Chinese
ON_POSTGRESQL = (
    "lift_two_estates",
    "two_calls_at_once",
    "household_phone",
    "staff_my_work",
    "staff_who_waits",
    "staff_case_and_answer",
    "end_not_solved",
)

every_transcript = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@cache
def script(path: Path) -> Script:
    return transcribing.read(path.read_text("utf-8"))


@pytest.fixture(scope="session")
def plays(tmp_path_factory: pytest.TempPathFactory, key_file: KeyFile) -> Plays:
    """What came of a transcript on each of its channels, each on a store of its own; played once a run."""
    folder = tmp_path_factory.mktemp("transcripts")
    with opened(f"sqlite:///{folder / 'empty.db'}", Vault(key_file)) as empty:
        empty.migrate()

    @cache
    def played(path: Path) -> dict[str, Play]:
        found = {}
        for channel in script(path).channels:
            database = shutil.copy(folder / "empty.db", folder / f"{path.stem}-{channel}.db")
            with opened(f"sqlite:///{database}", Vault(key_file)) as store:
                found[channel] = transcribing.play(script(path), store, channel)
        return found

    return played


@every_transcript
def test_people_are_shown_what_the_transcript_says(path: Path, plays: Plays, updates: bool) -> None:
    shown = transcribing.written(script(path), plays(path))
    if updates:
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")


@every_transcript
def test_every_channel_comes_to_the_same_case(path: Path, plays: Plays) -> None:
    first, *others = plays(path).values()
    for other in others:
        assert other.cases == first.cases


@every_transcript
def test_no_text_in_chinese_takes_more_than_two_segments(path: Path, plays: Plays) -> None:
    for line in plays(path)["sms"].heard if "sms" in plays(path) else ():
        for heard in line:
            assert heard.parts <= MOST_PARTS or _is_english(heard.words), heard.words


@every_transcript
def test_nobody_is_shown_a_place_that_was_not_filled_in(path: Path, plays: Plays) -> None:
    words = [heard.words for play in plays(path).values() for line in play.heard for heard in line]
    assert [each for each in words if re.search(r"[{}]|None|[。！？][。！]", each)] == []


@pytest.mark.parametrize("stem", ON_POSTGRESQL)
def test_a_talk_reads_the_same_on_postgresql(stem: str, plays: Plays, new_postgres: Callable[[], str], vault: Vault) -> None:
    path = FOLDER / f"{stem}.txt"
    with opened(new_postgres(), vault) as store:
        assert transcribing.play(script(path), store, "sms") == plays(path)["sms"]


def test_every_talk_of_every_room_has_a_transcript(plays: Plays) -> None:
    used = {flow for path in PATHS for play in plays(path).values() for flow in play.flows}
    assert {name for room in rooms() for name in room.flows} - used == set()


def test_a_line_that_nobody_says_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody says this"):
        transcribing.read("标题\n\n这一行没有人说\n")


def _is_english(words: str) -> bool:
    return len(re.findall(r"[A-Za-z]+", words)) > 12
