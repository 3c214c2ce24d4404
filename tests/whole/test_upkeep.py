"""Keeping the service: backups while it runs, a machine that is lost, what the platform plays meanwhile, and the unit that starts it."""

from __future__ import annotations

import configparser
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from bot import backup
from bot.console import check
from bot.restored import BACKED_UP
from bot.settings import Settings
from bot.store import meta
from channels.simulator.calls import twiml as platform
from tests.channels.simulator.calls.stage import VOICE, XML, ring, ringing
from tests.channels.simulator.stage import OTHER, Desk, listening
from tests.channels.simulator.stage import running as simulated
from tests.waiting import until
from tests.whole.service import NEIGHBOUR, SHARED, STRANGER, TRAPPED, WORKER, Machine, Phones, based, carrier, cases_of, machine
from tests.whole.test_console import Console, anlin, bare  # noqa: F401 - fixtures
from tests.whole.test_machine import ran

# A machine is lost


@contextmanager
def talking(phones: Phones) -> Iterator[None]:
    """Somebody reports all the time."""
    stop = threading.Event()

    def talk() -> None:
        number = 0
        while not stop.is_set():
            phones.text(STRANGER, f"{number % 6 + 1}号楼楼道灯坏了")
            number += 1

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_backup_taken_while_everybody_talks_brings_the_service_up_elsewhere_and_says_nothing_twice(home: Path, tmp_path: Path) -> None:
    copy, key, ours = tmp_path / "copy.tar", tmp_path / "stick.key", Settings(data_dir=home)
    with carrier() as simulator, machine(home, simulator) as one:
        one.start("run")
        phones = Phones(simulator.url)
        phones.said(NEIGHBOUR, TRAPPED)
        phones.hears(WORKER, numbered(phones.hears(NEIGHBOUR, "编号")))
        with talking(phones):
            for replaces in (False, True):
                backup.make(ours, copy, now=datetime.now(UTC), replaces=replaces)
        phones.said(SHARED, "我家门口的井盖松了")
        lost = numbered(phones.hears(SHARED, "编号"))
        shutil.copy(ours.sealing_key_file, key)
        refused = ran(home, "restore", str(copy), "--force", "--yes", **one.given)
        assert (refused.returncode, "already" in refused.stderr) == (1, True), "not while it runs"
        one.kill()
        shutil.rmtree(home)

        home.mkdir()
        shutil.copy(key, ours.sealing_key_file)
        assert backup.restore(ours, copy, replaces=False, agreed=lambda _manifest, _plan: True) == ()
        heard = {who: len(phones.heard(who)) for who in (NEIGHBOUR, WORKER)}
        one.start("run")
        phones.said(NEIGHBOUR, "状态")
        until(lambda: len(phones.heard(NEIGHBOUR)) > heard[NEIGHBOUR])
        phones.said(SHARED, "我家门口的井盖松了")
        assert numbered(phones.hears(SHARED, "编号", times=2)) != lost, "somebody may still have that number on a slip of paper"
        assert len(phones.heard(WORKER)) == heard[WORKER], "nobody is called a second time"
        assert one.end(signal.SIGTERM) == 0
        assert "Traceback" not in one.said()
    base = based(home)
    assert TRAPPED in {case.words for case in cases_of(base)}
    base.store.close()


def numbered(words: str) -> str:
    """The number of a case in these words."""
    found = re.search(r"[1-9][0-9]{4,}", words)
    assert found, words
    return found[0]


def test_the_service_tells_its_overseer_when_it_answers_and_that_it_stops(home: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening, carrier() as simulator, machine(home, simulator) as one:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        overseen = Overseen(home, **one.given)
        overseen.output = one.output
        overseen.notify = tmp_path / "notify"
        try:
            overseen.launch("run")
            assert listening.recv(100) == b"READY=1"
            assert overseen.is_ready()
            assert listening.recv(100) == b"WATCHDOG=1"
            assert overseen.end(signal.SIGTERM) == 0
            said = [listening.recv(100)]
            while said[-1] == b"WATCHDOG=1":
                said.append(listening.recv(100))
            assert said[-1] == b"STOPPING=1"
        finally:
            overseen.close()


class Overseen(Machine):
    """A machine whose service was started by systemd, which wants a sign of life every third of a second."""

    notify = Path()

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "NOTIFY_SOCKET": str(self.notify), "WATCHDOG_USEC": "1000000"}


# What the commands say


def test_a_backup_tells_what_is_in_it_and_where_the_key_is(anlin: Console, home: Path) -> None:  # noqa: F811
    out = anlin.fine("backup", "copy.tar").out
    assert str(home / "sealing.key") in out
    assert "anlin keys backup" in out
    assert "--force" in anlin.refused("backup", "copy.tar")
    told = anlin.fine("backup", "copy.tar", "--force", "--json").json
    assert (told["file"], told["attachments"], told["key_file"]) == ("copy.tar", 0, str(home / "sealing.key"))
    assert Path("copy.tar").stat().st_mode & 0o777 == 0o600


def test_before_anything_is_put_back_somebody_is_told_what_is_lost_and_may_say_no(anlin: Console, home: Path) -> None:  # noqa: F811
    anlin.fine("backup", "copy.tar")
    assert "--force" in anlin.refused("restore", "copy.tar")
    said_no = anlin("restore", "copy.tar", "--force", typed="n\n")
    assert (said_no.code, said_no.err) == (1, "Nothing was changed.\n")
    assert "is not in it" in said_no.out
    assert sorted(path.name for path in home.glob("anlin.db*")) == ["anlin.db"]
    assert "Moved aside" in anlin.fine("restore", "copy.tar", "--force", typed="y\n").out
    assert "was restored on" in anlin.fine("check").out


def test_the_key_is_copied_apart_and_never_over_another(anlin: Console, home: Path) -> None:  # noqa: F811
    anlin.fine("keys", "backup", "key.copy")
    assert Path("key.copy").read_bytes() == (home / "sealing.key").read_bytes()
    assert Path("key.copy").stat().st_mode & 0o777 == 0o600
    assert "not overwritten" in anlin.refused("keys", "backup", "key.copy")
    assert "cannot be written" in anlin.refused("keys", "backup", "no/such/key.copy")


@pytest.mark.parametrize(("days", "asks"), [(None, True), (6, False), (8, True)])
def test_the_check_asks_for_a_backup_once_a_week_where_people_are_served(home: Path, days: int | None, asks: bool) -> None:
    for given, may_ask in (({"simulator": "off"}, True), ({}, False)):
        base = based(home, **given)
        with base.store.begin() as tx:
            if days is not None:
                meta.put(tx, BACKED_UP, (datetime.now(UTC) - timedelta(days=days)).isoformat())
            assert any("anlin backup" in note for note in check.upkeep(base, tx)) is (asks and may_ask)
        base.store.close()


@pytest.mark.parametrize("duty", ["", "+9990200021"])
def test_the_fallback_says_the_numbers_in_both_languages_before_and_after_it_rings_the_duty_room(bare: Console, duty: str) -> None:  # noqa: F811
    bare.settings(DUTY_PHONE=duty)
    shown = bare("fallback")
    assert shown.code == 0
    assert platform.read(shown.out.strip(), "https://handler.twilio.com/twiml/EH0").cautions == ()
    verbs = list(fromstring(shown.out))
    assert [verb.tag for verb in verbs] == ["Say", "Say", "Dial" if duty else "Pause", "Say", "Say", "Hangup"]
    assert (verbs[2].text or "") == duty
    for say in (verb for verb in verbs if verb.tag == "Say"):
        assert all(figures in "".join(say.itertext()) for figures in ("1 1 9", "1 2 0", "1 1 0"))
    assert [verbs[0].get("language"), verbs[1].get("language")] == ["cmn-CN", "en-US"]
    assert "http" not in "".join(fromstring(shown.out).itertext()), "it needs nothing of ours"
    assert ("Primary handler fails" in shown.err, "ANLIN_DUTY_PHONE" in shown.err) == (True, not duty)
    assert not Path("data").exists()


def test_the_platform_plays_it_when_the_machine_is_down_and_nobody_is_left_without_the_numbers(bare: Console) -> None:  # noqa: F811
    bare.settings(DUTY_PHONE=OTHER)
    document = bare("fallback").out
    with listening() as ear, simulated(ear, voice_path=VOICE, voice_fallback_path="/bin") as simulator:
        ear.answer(VOICE, *[(502, "text/plain", "")] * 9)
        ear.answer("/bin", (200, XML, document))
        desk = Desk(simulator.url)
        caller = ring(desk)
        assert "1 1 9" in caller.heard[0]
        ringing(desk, OTHER).do("no_answer")
        assert (caller.call["status"], "再说一遍" in " ".join(caller.heard[2:])) == ("completed", True)


def test_the_unit_names_this_installation_and_systemd_finds_nothing_wrong_with_it(anlin: Console, home: Path, tmp_path: Path) -> None:  # noqa: F811
    shown = anlin("systemd", "--account", "anlin")
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(shown.out)
    unit, own = read["Unit"], read["Service"]
    assert (own["User"], own["WorkingDirectory"], own["ReadWritePaths"]) == ("anlin", str(Path.cwd()), str(home))
    assert own["ExecStart"].endswith(" run")
    assert Path(own["ExecStart"].split()[0]).exists()
    assert (own["Type"], own["Restart"], unit["StartLimitIntervalSec"]) == ("notify", "always", "0")
    assert {"network-online.target", "time-sync.target"} <= set(unit["After"].split())
    assert "systemctl enable --now anlin" in shown.err
    judge = shutil.which("systemd-analyze")
    if judge:
        (tmp_path / "anlin.service").write_text(shown.out, encoding="utf-8")
        judged = subprocess.run([judge, "verify", str(tmp_path / "anlin.service")], capture_output=True, text=True, check=False)
        assert "anlin.service" not in judged.stderr, judged.stderr


def test_a_folder_with_a_blank_in_its_name_is_one_folder_for_systemd(bare: Console, tmp_path: Path) -> None:  # noqa: F811
    bare.settings(DATA_DIR=str(tmp_path / "our data 100%"))
    lines = bare("systemd", "--account", "anlin").out.splitlines()
    assert f'Environment="ANLIN_DATA_DIR={tmp_path}/our data 100%%"' in lines
    assert f'ReadWritePaths="{tmp_path}/our data 100%%"' in lines
