"""Journals of talks that were under way when a release was made: today's code asks nothing twice and does nothing twice.

`--update` keeps the journals of the scenes below as they come out now. That is done at a release and never to make a test pass:
a journal that no longer replays is somebody's talk that breaks at the deploy.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import rooms
from bot.effects import Command
from bot.engine import Flow, Journal, Stretch, Talk, from_json, leave, opening, step, to_json
from bot.prompt import Answer
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.sealed import Vault
from bot.store.tables import QuestionRow, SessionRow
from tests.stores import opened
from tests.talks import Talks
from workflows.cases.end_words import ArriveCase, GoOn, JudgeCase, Judged, Moved, Moves, MovesOf, RateCase, ResolveCase
from workflows.cases.words import (
    AcceptCase,
    AmendCase,
    Amended,
    AnswerCase,
    Answered,
    CaseFor,
    CaseSeen,
    DeclineCase,
    HandOver,
    MyWork,
    OnDuty,
    OpenCase,
    Opened,
    Seen,
    Status,
    StatusOf,
    Taken,
    Triage,
    WhoIsOnDuty,
    WhoWaits,
    Worklist,
)
from workflows.places.words import FindPlace, FoundPlaces
from workflows.residents.words import (
    AnswerInvitation,
    CheckHome,
    CodeSent,
    ForgetMe,
    Forgotten,
    Invite,
    Invited,
    KeepRecord,
    Kept,
    Missing,
    NumberSeen,
    ReadCode,
    ReadRecord,
    Record,
    SeeNumber,
    SendCode,
    Spot,
    Tried,
    TryCode,
)

FOLDER = Path(__file__).parent / "journals"
PATHS = sorted(FOLDER.glob("*.json"))
FLOWS: Mapping[str, Flow] = {name: flow for room in rooms() for name, flow in room.flows.items()}
HERE = Talk(datetime(2027, 1, 1, tzinfo=UTC), "voice")
SESSION, QUESTION = table_of(SessionRow), table_of(QuestionRow)

HOME = "示例新村5号楼2单元302"
TAKEN = (("邻居", "3号楼2单元电梯困人了"), ("邻居", "2"), ("网格员", "1"))
DONE = (*TAKEN, ("网格员", "3"), ("网格员", "人救出来了"), ("网格员", "1"))

# Who has said what when the talk is looked at; the last one who spoke has the talk.
SCENES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "report-what": (("居民", "报修"),),
    "report-home": (("居民", "厨房水龙头漏水了"),),
    "report-home-no": (("居民", "厨房水龙头漏水了"), ("居民", "2")),
    "report-home-yes-ended": (("居民", "厨房水龙头漏水了"), ("居民", "1")),
    "report-which": (("陌生人", "3号楼2单元漏水了"),),
    "report-one": (("居民", "示例村3号楼2单元水管漏水"),),
    "report-suggestion": (("居民", "建议在院子里装几个长椅"),),
    "report-urgent-hurt": (("居民", "3号楼2单元电梯困人了"),),
    "report-urgent-place": (("陌生人", "厨房煤气味好大"),),
    "report-urgent-worse": (("陌生人", "厨房煤气味好大"), ("陌生人", "着火了")),
    "report-urgent-then": (("陌生人", "厨房煤气味好大"), ("陌生人", "着火了"), ("陌生人", "新村5号楼2单元")),
    "report-urgent-ended": (("陌生人", "3号楼2单元电梯困人了"), ("陌生人", "1"), ("陌生人", "有")),
    "ping-words": (("邻居", "3号楼2单元电梯困人了"), ("网格员", "什么情况，几楼的？")),
    "ping-twice": (("邻居", "3号楼2单元电梯困人了"), ("网格员", "什么情况，几楼的？"), ("网格员", "有人吗？")),
    "my-work-pick": (("邻居", "3号楼2单元电梯困人了"), ("网格员", "1"), ("网格员", "我的活")),
    "who-waits-pick": (("邻居", "人工"), ("值班员", "谁在等")),
    "answer-words": (("居民", "3号楼2单元501漏水"), ("网格员", "答复10176")),
    "register-agree": (("陌生人", "登记"),),
    "register-home": (("陌生人", "登记"), ("陌生人", "同意")),
    "register-room": (("陌生人", "登记 示例新村5号楼2单元"), ("陌生人", "同意")),
    "register-name": (("陌生人", "登记"), ("陌生人", "同意"), ("陌生人", HOME)),
    "register-needs": (("陌生人", "登记"), ("陌生人", "同意"), ("陌生人", HOME), ("陌生人", "王大爷")),
    "register-health": (("陌生人", "登记"), ("陌生人", "同意"), ("陌生人", HOME), ("陌生人", "王大爷"), ("陌生人", "12")),
    "register-helper": (("陌生人", "登记"), ("陌生人", "同意"), ("陌生人", HOME), ("陌生人", "王大爷"), ("陌生人", "12"), ("陌生人", "1")),
    "register-ended": (("陌生人", "登记"), ("陌生人", "同意"), ("陌生人", HOME), ("陌生人", "王大爷"), ("陌生人", "5")),
    "register-change": (("居民", "登记"),),
    "family-number": (("居民", "给我妈登记"), ("居民", "王妈妈")),
    "family-home": (("居民", "给我妈登记"), ("居民", "王妈妈"), ("居民", "+9990100097")),
    "invited-needs": (("居民", "给我妈登记"), ("居民", "王妈妈"), ("居民", "+9990100097"), ("居民", HOME), ("母亲", "同意")),
    "move-home": (("居民", "我搬家了"),),
    "join-number": (("陌生人", "绑定"),),
    "number-code": (("陌生人", "我换号码了"), ("陌生人", "+9990100001")),
    "number-code-again": (("陌生人", "我换号码了"), ("陌生人", "+9990100001"), ("陌生人", "111111")),
    "erase-asked": (("居民", "删除我的信息"),),
    "work-there": (*TAKEN, ("网格员", "1")),
    "work-words": (*TAKEN, ("网格员", "1"), ("网格员", "1")),
    "work-offline": (*TAKEN, ("网格员", "3"), ("网格员", "人救出来了")),
    "work-why": (*TAKEN, ("网格员", "3"), ("网格员", "人救出来了"), ("网格员", "5")),
    "verdict-satisfied": (*DONE, ("邻居", "1")),
    "verdict-missing": (*DONE, ("邻居", "3")),
    "verdict-missing-ended": (*DONE, ("邻居", "3"), ("邻居", "按钮不灵")),
    "ping-accepted": (("邻居", "3号楼2单元电梯困人了"), ("网格员", "什么情况，几楼的？"), ("网格员", "1")),
}


# What the rooms answer when an old talk goes on.
ROOMS: Mapping[type[Command[Any]], Any] = {
    Triage: Seen("general"),
    FindPlace: FoundPlaces(),
    OpenCase: Opened("10024", "general", "other", HERE.now),
    AmendCase: Amended("10013"),
    HandOver: Opened("10013", "general", "other", HERE.now),
    AcceptCase: Taken("10013", True, "grid_worker"),
    DeclineCase: Taken("10013", False),
    StatusOf: Status(is_known=False),
    WhoIsOnDuty: OnDuty(),
    MyWork: Worklist(),
    WhoWaits: Worklist(),
    CaseFor: CaseSeen("10013", is_known=True),
    AnswerCase: Answered("10013", True),
    ReadRecord: Record(),
    CheckHome: Missing(),
    ReadCode: Spot("示例新村5号楼2单元"),
    SeeNumber: NumberSeen("ok", "+9990100097"),
    KeepRecord: Kept(1),
    Invite: Invited(2),
    AnswerInvitation: Kept(2),
    SendCode: CodeSent(HERE.now),
    TryCode: Tried("joined"),
    ForgetMe: Forgotten(HERE.now),
    MovesOf: Moves("10013", True, "accepted", "urgent", True, ("resolve",)),
    ArriveCase: Moved("10013", "in_progress"),
    ResolveCase: Moved("10013", "resolved"),
    JudgeCase: Judged("10013", True, "reopened", "urgent", HERE.now, called="grid_leader"),
    RateCase: Moved("10013", "closed"),
    GoOn: Moved("10013", "in_progress"),
}


def refuse(command: Command[Any]) -> Any:
    raise AssertionError(f"done twice: {command}")


def kept(path: Path) -> tuple[Journal, str]:
    """A stored journal, and the question that was open; empty when the talk had ended."""
    stored = json.loads(path.read_text("utf-8"))
    return from_json(json.dumps(stored["journal"])), stored["asked"]


def again(journal: Journal) -> Stretch:
    return step(FLOWS[journal.flow], journal, given=None, here=HERE, perform=refuse)


every_journal = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
every_open_one = pytest.mark.parametrize("path", [path for path in PATHS if kept(path)[1]], ids=lambda path: path.stem)


@every_journal
def test_a_talk_goes_on_where_it_stood_and_says_nothing_again(path: Path) -> None:
    journal, asked = kept(path)
    stretch = again(journal)

    assert (stretch.asked, stretch.ended, stretch.says) == (asked, asked == "", ())
    assert to_json(stretch.journal) == to_json(journal)


@every_open_one
@pytest.mark.parametrize("is_left", [False, True], ids=["answered", "left"])
def test_an_old_talk_can_be_answered_and_left_and_does_only_what_was_not_done(path: Path, *, is_left: bool) -> None:
    journal, asked = kept(path)
    flow, done = FLOWS[journal.flow], list[type[Command[Any]]]()

    def perform(command: Command[Any]) -> Any:
        done.append(type(command))
        return ROOMS[type(command)]

    if is_left:
        stretch = leave(flow, journal, "person", here=HERE, perform=perform)
    else:
        open_ = again(journal).ask
        assert open_ is not None
        value = open_.choices[0].value if open_.choices else None
        stretch = step(flow, journal.with_answer(asked, Answer("3号楼", value), HERE), given=asked, here=HERE, perform=perform)

    assert stretch.ended or stretch.asked != asked
    assert not ({OpenCase} & set(done) and "OpenCase" in journal.entries)
    assert list(stretch.journal.entries)[: len(journal.entries)] == list(journal.entries)


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_kept(name: str, updates: bool, new_sqlite: Callable[[], str], vault: Vault) -> None:
    path = FOLDER / f"{name}.json"
    if updates:
        FOLDER.mkdir(exist_ok=True)
        with opened(new_sqlite(), vault) as store:
            path.write_text(written(store, SCENES[name]), "utf-8")
    assert path.is_file()


def test_every_flow_that_is_ever_stored_is_kept() -> None:
    """A talk that ends in its first turn leaves no journal."""
    stored = set()
    for name, flow in FLOWS.items():
        args = {"number": "10013"} if "number" in inspect.signature(flow).parameters else {}
        journal = opening(name, args).with_answer("what", Answer("漏水了"), HERE).with_answer("told", Answer("在家"), HERE)
        if not step(flow, journal, given="what", here=HERE, perform=lambda command: ROOMS[type(command)]).ended:
            stored.add(name)
    assert stored <= {kept(path)[0].flow for path in PATHS}


def written(store: Store, scene: tuple[tuple[str, str], ...]) -> str:
    """The journal of whoever spoke last, and its open question."""
    talks = Talks(store)
    for who, words in scene:
        talks.say(who, words)
    with store.read() as tx:
        row = tx.first(select(SESSION).order_by(SESSION.c.id.desc()).limit(1))
        assert row is not None
        asked = tx.first(select(QUESTION.c.name).where(QUESTION.c.session_id == row.id, QUESTION.c.closed_at.is_(None)))
        journal = json.loads(tx.unseal(row.data_key_id, row.journal))
    stored = {"said": [f"{who}> {words}" for who, words in scene], "asked": asked.name if asked else "", "journal": journal}
    return json.dumps(stored, ensure_ascii=False, indent=1) + "\n"
