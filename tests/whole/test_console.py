"""The `anlin` command as people type it: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from bot import turn
from bot.app import house_of
from bot.console.main import anlin as group
from bot.console.main import main
from bot.envelope import Address, Inbound
from bot.store import accounts, desk_sessions, people, timeline
from bot.store.desk_sessions import Lasts
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from tests.whole.breaking import broken
from tests.whole.service import ALONE, DUTY, NEIGHBOUR, ROOT, TRAPPED, based

JINCHANG = ROOT.parent / "shared/data/jinchang_estates.csv"
LASTS = Lasts(timedelta(hours=1), timedelta(hours=1))
KEYS = {"number", "class", "category", "state", "place", "channel", "due", "timeline"}
HOMES = "小区,网格,楼栋,单元,楼层,房号\n样例里,甲网格,1号楼,1单元,1,101\n样例里,甲网格,1号楼,1单元,1,102\n样例里,乙网格,2号楼,1单元,3,301\n"


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Console:
    """Somebody who types `anlin ...` in an empty folder."""

    patched: pytest.MonkeyPatch
    captured: pytest.CaptureFixture[str]

    def __call__(self, *words: str, typed: str = "") -> Ran:
        self.patched.setattr(sys, "argv", ["anlin", *words])
        self.patched.setattr(sys, "stdin", io.StringIO(typed))
        self.captured.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        shown = self.captured.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), shown.out, shown.err)

    def fine(self, *words: str, typed: str = "") -> Ran:
        ran = self(*words, typed=typed)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran

    def refused(self, *words: str, code: int = 1) -> str:
        """The sentence of a command that was refused."""
        ran = self(*words)
        assert (ran.code, ran.out) == (code, ""), ran
        assert "Traceback" not in ran.err
        return ran.err

    def settings(self, **given: str) -> None:
        for name, text in given.items():
            self.patched.setenv(f"ANLIN_{name}", text)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    """A console with nothing set up."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ANLIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ANLIN_DATA_DIR", str(tmp_path / "data"))
    return Console(monkeypatch, capsys)


@pytest.fixture
def anlin(home: Path, bare: Console) -> Console:
    """A console at the invented estate."""
    return bare


@pytest.fixture
def reported(anlin: Console, home: Path) -> str:
    """The number of a case of the neighbour's, about building 3 of the first estate."""
    base = based(home)
    now = base.clock.now()
    turn.receive(house_of(base), Inbound("sms", "SM1", Address("sms", NEIGHBOUR), now, text="3号楼2单元楼道灯坏了"), now)
    base.store.close()
    (case,) = anlin.fine("case", "list", "--json").json
    number: str = case["number"]
    return number


# What it says of itself


def commands(group: click.Group, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        yield (*words, name), command


@pytest.mark.parametrize(("words", "command"), list(commands(group)), ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_every_command_and_option_explains_itself(bare: Console, words: tuple[str, ...], command: click.Command) -> None:
    shown = bare.fine(*words, "--help").out
    assert command.get_short_help_str(200).strip()
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[0] in shown
    assert not (Path.cwd() / "data").exists(), "asking for help opens nothing"


def test_a_word_it_does_not_know_is_exit_2_and_names_the_way_to_help(bare: Console) -> None:
    assert "--help" in bare.refused("cases", code=2)
    assert "--help" in bare.refused("case", "show", code=2)
    assert "frobnicate" in bare.refused("run", "--frobnicate", code=2)


def test_the_version_is_told(bare: Console) -> None:
    assert bare.fine("--version").out.startswith("anlin, version ")


# Settings


def test_all_bad_settings_are_told_at_once_and_nothing_is_made(bare: Console) -> None:
    bare.settings(PORT="eighty", TELEGRAM_SECRET="abcdef", TWILIO_ACCOUNT_SID="AC" + "0" * 32, TIMEZONE="Asia/Jinchang", PROT="1")
    told = bare.refused("run").splitlines()
    for name in ("ANLIN_PORT", "ANLIN_TELEGRAM_SECRET", "ANLIN_TWILIO_ACCOUNT_SID", "ANLIN_TIMEZONE", "ANLIN_PROT"):
        assert any(name in line for line in told), name
    assert all(line.endswith(".") for line in told)
    assert not (Path.cwd() / "data").exists()


@pytest.mark.parametrize(
    "words", [("case", "list"), ("migrate",), ("chat",), ("parked", "list"), ("keys", "rotate"), ("run",)], ids=" ".join
)
def test_every_command_tells_bad_settings_in_sentences(bare: Console, words: tuple[str, ...]) -> None:
    bare.settings(PORT="eighty")
    assert "ANLIN_PORT" in bare.refused(*words)


@pytest.mark.parametrize("command", ["web", "work"])
def test_web_and_work_apart_need_postgresql_and_say_so(bare: Console, command: str) -> None:
    told = bare.refused(command)
    assert "PostgreSQL" in told
    assert "anlin run" in told


@pytest.mark.parametrize("url", ["mysql://localhost/anlin", "sqlite:///:memory:", "anlin.db", "sqlite:////dev/null/anlin.db"])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(bare: Console, url: str) -> None:
    bare.settings(DATABASE_URL=url)
    told = bare.refused("migrate")
    assert "database" in told.lower() or "DATABASE_URL" in told


def test_a_key_that_does_not_fit_the_database_is_told_and_the_data_stay(anlin: Console, home: Path, reported: str) -> None:
    """Somebody restores the database without its key: nothing may be overwritten by a new one."""
    key = home / "sealing.key"
    kept = key.read_bytes()
    key.unlink()
    assert "key" in anlin.refused("case", "list")
    assert not key.exists(), "a key that opens nothing would be mistaken for the real one"
    key.write_bytes(kept)
    key.chmod(0o600)
    assert anlin.fine("case", "show", reported, "--json").json["words"] == "3号楼2单元楼道灯坏了"


def test_a_key_that_others_can_read_is_told(anlin: Console, home: Path) -> None:
    (home / "sealing.key").chmod(0o644)
    told = anlin.refused("case", "list")
    assert "sealing.key" in told


# Making and checking


def test_migrate_makes_what_is_missing_and_may_be_repeated(bare: Console) -> None:
    for _again in range(2):
        assert "this release" in bare.fine("migrate").out
    made = {path.name: path.stat().st_mode & 0o777 for path in (Path.cwd() / "data").iterdir()}
    assert made["anlin.db"] == 0o600
    assert made["sealing.key"] == 0o600


def test_check_is_content_with_the_invented_estate(anlin: Console) -> None:
    ran = anlin.fine("check")
    assert "Everything is in order." in ran.out
    assert anlin.fine("check", "--json").json["faults"] == []


def test_check_tells_everything_that_is_missing_and_ends_with_1(bare: Console) -> None:
    ran = bare("check")
    assert ran.code == 1
    assert "There is no estate" in ran.out
    assert "community_duty" in ran.out
    assert "street" in ran.out
    as_json = bare("check", "--json")
    assert as_json.code == 1
    assert len(as_json.json["faults"]) >= 3


def test_check_tells_bad_settings_too(bare: Console) -> None:
    bare.settings(PORT="eighty", LANGUAGE="tlh")
    ran = bare("check")
    assert ran.code == 1
    assert "ANLIN_PORT" in ran.out
    assert "ANLIN_LANGUAGE" in ran.out


def test_check_says_what_the_carrier_cannot_do_for_the_people_enrolled(anlin: Console) -> None:
    """Twilio cannot be answered from a mainland number: whoever has only that is counted."""
    numbers = ("--phone", "+8613800000000", "--telephone", "+861088880000")
    anlin.fine("staff", "add", "样例·新人", "--handle", "new", "--role", "community_duty", *numbers)
    anlin.settings(
        TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN="t" * 32, TWILIO_FROM="+15005550006", PUBLIC_URL="https://example.org"
    )
    ran = anlin("check")
    assert ran.code == 1
    assert ran.out.count("1 addresses:") == 2
    assert "Twilio cannot call it" in ran.out
    assert "https://example.org/hooks/twilio/sms#rc=3&rp=all" in ran.out
    assert "+8613800000000" not in ran.out


# Talking


def test_a_report_in_the_terminal_gives_a_case(anlin: Console) -> None:
    ran = anlin.fine("chat", typed=f"{TRAPPED}，示例新村\n\n  \n1\n")
    assert "119" in ran.out
    assert "编号" in ran.out
    (case,) = anlin.fine("case", "list", "--json").json
    assert (case["class"], case["channel"], case["place"]) == ("urgent", "terminal", "示例新村3号楼2单元电梯")


def test_the_terminal_takes_reports_with_no_estate_loaded(bare: Console) -> None:
    assert "编号" in bare.fine("chat", typed="楼道灯坏了\n金川里3号楼\n").out
    assert len(bare.fine("case", "list", "--json").json) == 1


def test_another_name_is_another_person(anlin: Console) -> None:
    anlin.fine("chat", typed="楼道灯坏了，示例新村3号楼\n")
    (case,) = anlin.fine("case", "list", "--json").json
    assert "没查到" in anlin.fine("chat", "--name", "somebody", typed=f"状态 {case['number']}\n").out
    assert "没查到" not in anlin.fine("chat", typed=f"状态 {case['number']}\n").out


def test_the_talk_goes_on_where_it_was_left(anlin: Console) -> None:
    """Each `anlin chat` is a new program: what it knows is in the database only."""
    asked = anlin.fine("chat", typed="楼道灯坏了\n").out
    assert "？" in asked
    assert "记下了" in anlin.fine("chat", typed="示例花园3号楼2单元\n").out


def test_a_pin_in_the_sea_is_no_place(anlin: Console) -> None:
    """A phone that does not know where it is says 0,0; the words are kept and a person finds the place."""
    assert "编号" in anlin.fine("chat", typed="楼道灯坏了\n/pin 0,0\n").out
    (case,) = anlin.fine("case", "list", "--json").json
    assert not case["place"] or "示例" not in case["place"]


# Estates


def test_a_list_of_homes_is_loaded_once_however_often_it_is_read(bare: Console) -> None:
    Path("homes.csv").write_text(HOMES, encoding="utf-8")
    for _again in range(2):
        assert "1 estates, 2 buildings, 2 units, 3 households" in bare.fine("estate", "import", "homes.csv").out
    assert bare.fine("estate", "import", "homes.csv", "--json").json["households"] == 3


def test_a_dry_run_loads_nothing(bare: Console) -> None:
    Path("homes.csv").write_text(HOMES, encoding="utf-8")
    assert "Nothing was loaded" in bare.fine("estate", "import", "--dry-run", "homes.csv").out
    assert "There is no estate" in bare("check").out


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["load", "dry run"])
def test_every_fault_of_a_file_is_told_by_its_line(bare: Console, flags: tuple[str, ...]) -> None:
    Path("homes.csv").write_text(HOMES + "样例里,甲网格,1号楼,1单元,one,103\n,甲网格,1号楼,1单元,1,104\n", encoding="utf-8")
    told = bare.refused("estate", "import", "homes.csv", *flags)
    assert "5" in told
    assert "6" in told
    assert "There is no estate" in bare("check").out


def test_a_file_as_excel_writes_it_in_china_is_read(bare: Console) -> None:
    Path("homes.csv").write_bytes(HOMES.encode("gb18030"))
    assert "1 estates" in bare.fine("estate", "import", "homes.csv").out
    Path("bom.csv").write_bytes(b"\xef\xbb\xbf" + HOMES.encode())
    assert "1 estates" in bare.fine("estate", "import", "bom.csv").out


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02\xff", b"name,phone\nA,B\n", b"\xff\xfe\x00"], ids=["empty", "binary", "other", "half"]
)
def test_a_file_that_is_no_list_is_told_to_be_none(bare: Console, content: bytes) -> None:
    Path("odd.csv").write_bytes(content)
    assert bare.refused("estate", "import", "odd.csv")


@pytest.mark.skipif(not JINCHANG.exists(), reason="The register of Jinchang is not beside this checkout.")
def test_the_register_of_jinchang_gives_its_totals(bare: Console) -> None:
    ran = bare.fine("estate", "import", str(JINCHANG))
    assert "48 estates" in ran.out
    assert "813 buildings" in ran.out
    assert "29,941 households" in ran.out or "29941 households" in ran.out


# Staff


def test_staff_are_added_with_grids_and_phones_and_can_sign(anlin: Console) -> None:
    words = (
        "staff",
        "add",
        "样例·新人",
        "--handle",
        "new",
        "--role",
        "grid_worker",
        "--grid",
        "示例新村/第一网格",
        "--phone",
        "+999 0200-077",
        "--telephone",
        "+999 0200-078",
    )
    assert "new" in anlin.fine(*words).out
    assert anlin.fine("case", "list", "--as", "new").out.strip() == "There are no such cases."
    assert "already" in anlin.refused(*words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--role", "grid_worker", "--grid", "第一网格"), "more than one"),
        (("--role", "grid_worker", "--grid", "第九网格"), "示例新村/第一网格"),
        (("--role", "grid_worker", "--phone", "13800000000"), "E.164"),
        (("--role", "grid_worker", "--phone", ALONE), "belongs to somebody else"),
        (("--role", "grid_worker", "--telephone", "13800000000"), "E.164"),
        (("--role", "grid_worker", "--telephone", DUTY), "belongs to somebody else"),
    ],
)
def test_what_is_wrong_about_new_staff_is_told_and_nobody_is_added(anlin: Console, words: tuple[str, ...], told: str) -> None:
    assert told in anlin.refused("staff", "add", "样例·新人", "--handle", "new", *words)
    assert "Nobody" in anlin.refused("case", "list", "--as", "new", code=2)


@pytest.mark.parametrize(("handle", "may"), [("grid1", False), ("leader1", False), ("duty1", True), ("street1", True), ("admin1", True)])
def test_who_may_add_staff(anlin: Console, handle: str, may: bool) -> None:
    ran = anlin("staff", "add", "样例·新人", "--handle", "new", "--role", "grid_leader", "--as", handle)
    assert ran.code == (0 if may else 1), ran


# Accounts at the desk


def test_an_invitation_is_a_link_that_works_once_however_often_it_is_printed(anlin: Console, home: Path) -> None:
    first = anlin.fine("staff", "invite", "duty1").out.splitlines()[0]
    second = anlin.fine("staff", "invite", "duty1", "--json").json
    assert (second["handle"], second["valid_hours"]) == ("duty1", 48)
    base = based(home)
    with base.store.begin() as tx:
        tokens = [link.removeprefix("http://127.0.0.1:8000/desk/join/") for link in (first, second["link"])]
        assert [accounts.invited(tx, token, base.clock.now()) is not None for token in tokens] == [False, True]
    base.store.close()


def test_who_has_an_account_is_reset_and_not_invited_and_is_out_at_once(anlin: Console, home: Path) -> None:
    token, session = enrolled(home, anlin.fine("staff", "invite", "duty1", "--json").json["link"])
    assert "anlin staff reset duty1" in anlin.refused("staff", "invite", "duty1")
    link = anlin.fine("staff", "reset", "duty1", "--json", "--as", "admin1").json["link"]
    assert token not in link
    base = based(home)
    with base.store.begin() as tx:
        assert accounts.by_handle(tx, "duty1") is None
        assert desk_sessions.at(tx, session, LASTS, now=base.clock.now()) is None
        assert [entry.kind for entry in timeline.entries(tx, "staff:7")] == ["invited", "enrolled", "account_reset", "invited"]
    base.store.close()


def test_whoever_leaves_is_out_and_called_no_more_and_their_name_stays_theirs(anlin: Console, home: Path) -> None:
    _, session = enrolled(home, anlin.fine("staff", "invite", "duty1", "--json").json["link"])
    assert "duty1 works here no more" in anlin.fine("staff", "leave", "duty1").out
    base = based(home)
    now = base.clock.now()
    with base.store.begin() as tx:
        assert people.standing(tx, "community_duty", None, now) == ()
        assert desk_sessions.at(tx, session, LASTS, now=now) is None
    base.store.close()
    assert "Nobody" in anlin.refused("staff", "invite", "duty1")
    assert "once did" in anlin.refused("staff", "add", "样例·新人", "--handle", "duty1", "--role", "street")
    assert "community_duty" in anlin("check").out


@pytest.mark.parametrize("command", ["invite", "reset", "leave"])
def test_accounts_are_for_administrators_to_give_and_take(anlin: Console, command: str) -> None:
    for handle in ("grid1", "leader1", "duty1", "street1"):
        assert "administrator" in anlin.refused("staff", command, "grid2", "--as", handle)
    assert "Nobody" in anlin.refused("staff", command, "nobody")


def enrolled(home: Path, link: str) -> tuple[str, str]:
    """The token of an invitation that was followed, and of the session that began with it."""
    token, base = link.rpartition("/")[2], based(home)
    now = base.clock.now()
    with base.store.begin() as tx:
        who = accounts.invited(tx, token, now)
        assert who
        accounts.enrol(tx, who, password="kept", step=1, now=now)
        session = desk_sessions.start(tx, who.staff_id, role=who.role, stage="full", now=now)
    base.store.close()
    return token, session


# Cases


def test_a_list_is_one_document_with_everything_a_program_needs(anlin: Console, reported: str) -> None:
    (case,) = anlin.fine("case", "list", "--json").json
    assert set(case) >= KEYS
    assert (case["number"], case["class"], case["state"], case["channel"]) == (reported, "general", "open", "sms")
    assert case["place"] == "示例新村3号楼2单元楼道"
    assert datetime.fromisoformat(case["due"]).tzinfo is not None
    assert [step["kind"] for step in case["timeline"]] == ["opened"]
    assert anlin.fine("case", "show", reported, "--json").json.keys() == case.keys()


def test_with_no_case_a_list_is_an_empty_document(anlin: Console) -> None:
    assert anlin.fine("case", "list", "--json").json == []
    assert anlin.fine("case", "list").out == "There are no such cases.\n"


def test_lists_are_filtered(anlin: Console, reported: str) -> None:
    for flags, there in ((("--state", "open"), True), (("--state", "closed"), False), (("--waiting",), False)):
        assert bool(anlin.fine("case", "list", "--json", *flags).json) is there, flags
    assert "sideways" in anlin.refused("case", "list", "--state", "sideways", code=2)


def test_a_case_is_shown_with_its_words_its_place_and_what_was_done(anlin: Console, reported: str) -> None:
    shown = anlin.fine("case", "show", reported).out
    assert "3号楼2单元楼道灯坏了" in shown
    assert "opened" in shown
    assert reported in anlin.fine("case", "list").out


@pytest.mark.parametrize("number", ["10000", "0", "abc", "-1", "99999999999999999999", "１０１７６", ""])
def test_a_number_that_is_nobodys_is_told_in_a_sentence(anlin: Console, number: str) -> None:
    """A wrong digit is caught by the check digit, and read as no case."""
    assert anlin.refused("case", "show", "--", number)
    assert anlin.refused("case", "answer", "--", number, "words")


def test_a_number_is_read_as_people_write_it(anlin: Console, reported: str) -> None:
    assert anlin.fine("case", "show", f"{reported[:2]} {reported[2:]}", "--json").json["number"] == reported


@pytest.mark.parametrize(("handle", "sees"), [("grid1", True), ("grid3", False), ("leader1", True), ("leader2", False), ("duty1", True)])
def test_a_grid_s_own_staff_see_and_answer_its_cases_only(anlin: Console, reported: str, handle: str, sees: bool) -> None:
    assert bool(anlin.fine("case", "list", "--json", "--as", handle).json) is sees
    assert anlin("case", "show", reported, "--as", handle).code == (0 if sees else 1)
    ran = anlin("case", "answer", reported, "今天来修", "--as", handle)
    assert ran.code == (0 if sees else 1), ran
    steps = anlin.fine("case", "show", reported, "--json").json["timeline"]
    assert [step["kind"] for step in steps] == (["opened", "answered"] if sees else ["opened"])


def test_an_answer_says_whether_it_was_the_first(anlin: Console, reported: str) -> None:
    first = anlin.fine("case", "answer", reported, "电工", "下午", "来", "--json").json
    assert first == {"number": reported, "was_first": True, "channel": "sms"}
    assert anlin.fine("case", "answer", reported, "换好了", "--json").json["was_first"] is False
    bodies = [
        step["body"]["words"] for step in anlin.fine("case", "show", reported, "--json").json["timeline"] if step["kind"] == "answered"
    ]
    assert bodies == ["电工 下午 来", "换好了"]
    assert "words" in anlin.refused("case", "answer", reported, "  ")


@pytest.mark.parametrize(
    ("label", "received", "told"),
    [
        ("general", "2026-09-18T20:15", "Due Thu 2026-10-22, 24:00: working day 20, counted from Sun 2026-09-20."),
        ("suggestion", "2026-09-18 20:15", "Weekend days worked: Sun 2026-09-20, Sat 2026-10-10."),
        ("urgent", "2026-10-01T02:00", "Answered by Fri 2026-10-02 02:00"),
        ("general", "2026-12-04T09:00", "About Mon 2027-01-04"),
    ],
)
def test_a_deadline_is_counted_aloud(bare: Console, label: str, received: str, told: str) -> None:
    assert told in bare.fine("deadline", "--class", label, "--received", received).out


def test_a_deadline_is_one_document_for_a_program(bare: Console) -> None:
    counted = bare.fine("deadline", "--class", "general", "--received", "2026-12-04T09:00", "--json").json
    assert (counted["due"], counted["provisional"]) == ("2027-01-04T23:59:59+08:00", True)
    assert (len(counted["counted"]), counted["counted"][0], counted["weekdays_off"]) == (20, "2026-12-07", ["2027-01-01"])


def test_a_day_that_is_none_has_no_deadline(bare: Console) -> None:
    bare.refused("deadline", "--class", "general", "--received", "tomorrow", code=2)


def test_nobody_signs_with_a_name_that_is_not_on_the_staff(anlin: Console, reported: str) -> None:
    for words in (("case", "list"), ("case", "show", reported), ("case", "answer", reported, "x"), ("parked", "list")):
        assert "Nobody on the staff signs as 'nobody'" in anlin.refused(*words, "--as", "nobody", code=2)


# What failed


def parked_inbound(home: Path) -> None:
    base = based(home)
    now = base.clock.now()
    turn.receive(broken(house_of(base)), Inbound("sms", "SM1", Address("sms", NEIGHBOUR), now, text="3号楼2单元楼道灯坏了"), now)
    base.store.close()


def test_what_is_parked_is_in_sight_and_can_be_taken_again(anlin: Console, home: Path) -> None:
    assert anlin.fine("parked", "list").out == "Nothing is parked.\n"
    parked_inbound(home)
    (one,) = anlin.fine("parked", "list", "--json").json
    assert one["words"] == "3号楼2单元楼道灯坏了"
    assert "楼道灯" in anlin.fine("parked", "list").out
    assert anlin.fine("parked", "retry", str(one["inbound"]), "--json").json["parked"] is False
    assert anlin.fine("parked", "list", "--json").json == []
    (case,) = anlin.fine("case", "list", "--json").json
    assert case["words"] == "3号楼2单元楼道灯坏了"
    assert "parked" in anlin.refused("parked", "retry", str(one["inbound"]))
    assert "parked" in anlin.refused("parked", "retry", "4711")


@pytest.mark.parametrize(("handle", "may"), [("grid1", False), ("duty1", True), ("admin1", True)])
def test_who_may_read_what_is_parked(anlin: Console, home: Path, handle: str, may: bool) -> None:
    """It belongs to no grid yet: a grid worker has no business with words of other grids."""
    parked_inbound(home)
    ran = anlin("parked", "list", "--as", handle)
    assert ("楼道灯" in ran.out) is may


# Keys


def test_after_a_rotation_everything_is_read_as_before(anlin: Console, home: Path, reported: str) -> None:
    before = anlin.fine("case", "show", reported, "--json").json
    old = (home / "sealing.key").read_bytes()
    assert "data keys are sealed by the new key" in anlin.fine("keys", "rotate").out
    assert (home / "sealing.key").read_bytes() != old
    assert (home / "sealing.key").stat().st_mode & 0o777 == 0o600
    assert anlin.fine("case", "show", reported, "--json").json == before
    assert anlin.fine("chat", typed="你好\n").out


# People

PEOPLE = (
    "小区,楼,单元,室,姓名,电话,独居,同意方式,帮助人电话\n"
    "示例新村,3号楼,2单元,501,示例·甲,+9990100001,是,纸质 2026-01-01,+9990100002\n"
    "示例新村,,,4-1-301,样例·子,13800000001,是,纸质 2026-01-01,+9990100002\n"
)


def test_a_list_of_people_is_checked_then_loaded_and_again_changes_nothing(anlin: Console) -> None:
    Path("people.csv").write_bytes(PEOPLE.encode("gb18030"))
    would = anlin.fine("people", "import", "people.csv", "--dry-run").out
    assert would.startswith("Nothing was loaded. It would be: 1 new people, 0 new households, 1 new addresses; ")
    assert anlin.fine("people", "import", "people.csv").out.startswith("Loaded: 1 new people")
    again = anlin.fine("people", "import", "people.csv", "--json").json
    assert again == {"loaded": True, "new_households": 0, "new_people": 0, "new_addresses": 0, "changed": 0, "unchanged": 2, "faults": []}


def test_with_a_fault_nobody_is_loaded_unless_faulty_lines_are_to_be_skipped(anlin: Console) -> None:
    Path("people.csv").write_text(PEOPLE + "示例新村,33号楼,2单元,501,样例·丑,13800000002,,,\n", encoding="utf-8")
    refused = anlin("people", "import", "people.csv")
    assert (refused.code, refused.out.split(".")[0]) == (1, "Nothing was loaded")
    assert "Line 4: 示例新村 has no building “33号楼”; there are 3号楼" in refused.err
    skipped = anlin("people", "import", "people.csv", "--skip-faulty")
    assert (skipped.code, skipped.out.split(",")[0]) == (0, "Loaded: 1 new people")
    assert "Line 4" in skipped.err


@pytest.mark.parametrize(("handle", "may"), [("grid1", False), ("leader1", False), ("duty1", True), ("street1", True), ("admin1", True)])
def test_who_may_load_people(anlin: Console, handle: str, may: bool) -> None:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    assert anlin("people", "import", "people.csv", "--as", handle).code == (0 if may else 1)


# Posters


def test_a_poster_is_written_for_each_building_or_each_stair(anlin: Console) -> None:
    anlin.settings(PUBLIC_URL="https://anlin.example.org")
    wanted = (
        "poster",
        "--out",
        "posters.html",
        "--number",
        "13800000000",
        "--bot",
        "@ExampleBot",
        "--estate",
        "示例新村",
        "--building",
        "3",
    )
    assert anlin.fine(*wanted).out.startswith("1 posters")
    assert anlin.fine(*wanted, "--unit").out.startswith("2 posters")
    shown = Path("posters.html").read_text(encoding="utf-8")
    assert "3号楼1单元" in shown
    assert "3号楼2单元" in shown


def test_what_a_poster_cannot_say_is_told_and_the_rest_is_written(anlin: Console) -> None:
    ran = anlin("poster", "--out", "posters.html")
    assert ran.code == 0
    assert [sentence.partition(":")[0] for sentence in ran.err.splitlines()] == [
        "No number is printed",
        "No code for the web chat is printed",
        "No code for Telegram is printed",
    ]
    assert "119" in Path("posters.html").read_text(encoding="utf-8")


def test_a_poster_needs_a_building_and_a_number_that_can_be_one(anlin: Console) -> None:
    assert "no such building" in anlin.refused("poster", "--out", "posters.html", "--building", "99")
    assert "cannot be a telephone number" in anlin.refused("poster", "--out", "posters.html", "--number", "12")
    assert not Path("posters.html").exists()


def test_telegram_is_asked_what_the_bot_is_called(anlin: Console) -> None:
    made = SimulatorSettings("AC" + "0" * 32, "0" * 32, ("+9990012345",), telegram_token="1:" + "a" * 35)
    carrier = Simulator(made)
    carrier.start()
    try:
        anlin.settings(TELEGRAM_TOKEN=made.telegram_token, TELEGRAM_API_BASE=carrier.url, SIMULATOR="off")
        assert "Telegram" not in anlin("poster", "--out", "posters.html").err
    finally:
        carrier.stop()
    asked = anlin("poster", "--out", "posters.html")
    assert "No code for Telegram is printed" in asked.err
    assert made.telegram_token not in asked.err
