"""The timeline in sentences, and codes in words."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.triage.rules import CATEGORIES
from bot.triage.triage import Label
from tests.talks import TRANSLATOR
from workflows.cases import plain, story
from workflows.cases.roles import TITLES
from workflows.cases.states import STATES
from workflows.cases.views import Step

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
NAMES = {3: ("grid_worker", "grid1")}
ROOT = Path(__file__).resolve().parents[3]


def said(phrase: Any) -> str:
    return TRANSLATOR.say(phrase, "zh_CN", "screen", NOW)


def told(kind: str, body: Any = None, actor: str = "clock") -> tuple[str, str, str]:
    one = story.told(Step(NOW, actor, "sms", kind, body), NAMES)
    return one.by, " ".join(said(each) for each in one.says), one.words


@pytest.mark.parametrize(
    ("kind", "body", "actor", "expected"),
    [
        (
            "opened",
            {"words": "漏水", "label": "general", "category": "water"},
            "person:1",
            ("resident", "收到来报，归为一般、给排水。", ""),
        ),
        ("asked", {"role": "grid_worker", "level": 0}, "person:1", ("machine", "叫了网格员。", "")),
        (
            "asked",
            {"role": "street", "skipped": ["grid_worker: unfilled", "grid_leader: unreachable"]},
            "clock",
            ("machine", "这个地方没有在岗的网格员。 网格长联系不上。 叫了街道值班员。", ""),
        ),
        ("nobody_to_ask", {"role": "nobody"}, "clock", ("machine", "已经没有人可叫，就等看到的人来处理。", "")),
        ("amended", {"hurt": "yes"}, "person:1", ("resident", "居民说：有人受伤或被困。", "")),
        ("amended", {"place": "三号楼", "words": "还在漏"}, "person:1", ("resident", "居民说地点：三号楼。 居民补充：", "还在漏")),
        ("amended", {"words": "我到了"}, "staff:3", ("staff", "网格员（grid1）补充：", "我到了")),
        ("amended", None, "household:1", ("resident", "居民补充：", "")),
        ("handed_over", {"why": "person"}, "person:1", ("resident", "转给人来看。居民想找人说。", "")),
        ("handed_over", {"why": "stars"}, "person:1", ("resident", "转给人来看。stars", "")),
        ("accepted", {"role": "grid_worker"}, "staff:3", ("staff", "网格员（grid1）接手，已告诉居民。", "")),
        ("declined", {"role": "grid_worker"}, "staff:3", ("staff", "网格员（grid1）说去不了。", "")),
        ("given_back", {"role": "grid_worker"}, "staff:3", ("staff", "网格员（grid1）接手后又去不了，已马上叫下一位。", "")),
        ("answered", {"words": "马上到{x}"}, "staff:3", ("staff", "网格员（grid1）答复居民：", "马上到{x}")),
        ("answered", {"words": "好"}, "staff:None", ("staff", "管理员答复居民：", "好")),
        ("answered", {"words": "好"}, "staff:99", ("staff", "值班员答复居民：", "好")),
        ("unreachable", {"purpose": "reply"}, "staff:3", ("machine", "没能告诉居民：没有能用的联系方式。", "")),
        ("unreachable", {"question": "reply"}, "clock", ("machine", "要叫的人里，有一位没有能用的联系方式。", "")),
        ("attachment_gone", {"why": "{0} lost"}, "clock", ("machine", "有一张照片、一段录音或一个文件没留下来。{0} lost", "")),
        ("set_aside", {"deliveries": 2}, "clock", ("machine", "装回过备份，有2条可能已经发过的话没有再发。", "")),
        ("given_back", {"is_left": True}, "staff:3", ("staff", "网格员（grid1）接手后又去不了，等人来看。", "")),
        ("unreachable", {"question": "solved"}, "clock", ("machine", "没能告诉居民：没有能用的联系方式。", "")),
        ("progress", {"words": "下午来"}, "staff:3", ("staff", "网格员（grid1）正在办，已告诉居民。", "下午来")),
        (
            "resolved",
            {"words": "换了", "offline": "visit"},
            "staff:3",
            ("staff", "网格员（grid1）说办好了，正在问居民解决了没有： 结果也当面说了。", "换了"),
        ),
        (
            "resolved",
            {"words": "换了", "offline": "none", "why_not": "没人在家"},
            "staff:3",
            ("staff", "网格员（grid1）说办好了，正在问居民解决了没有： 没有另外告诉。原因：没人在家", "换了"),
        ),
        ("promise_broken", {"due": "x"}, "clock", ("machine", "过了说好的日子，已告诉值班员和街道。", "")),
        ("reopened", {"verdict": "partly"}, "person:1", ("resident", "居民说只解决了一部分，重新办。", "")),
        ("closed", {"why": "silence"}, "clock", ("machine", "五个工作日没等到居民回话，办结。", "")),
        ("closed", {"why": "agreed"}, "person:1", ("resident", "居民说解决了，办结。", "")),
        ("rated", {"grade": "fair"}, "person:1", ("resident", "居民基本满意。", "")),
        (
            "reclassified",
            {"old": "urgent", "new": "general", "why": "在熬药"},
            "staff:3",
            ("staff", "网格员（grid1）把紧急改为一般。原因：在熬药", ""),
        ),
        ("noted", {"words": "缺配件", "is_internal": True}, "staff:3", ("staff", "网格员（grid1）记了一条，只给工作人员看：", "缺配件")),
        ("waits", {"words": "在家吗？"}, "staff:3", ("staff", "网格员（grid1）问了居民，回话前不算天数：", "在家吗？")),
        ("something_newer", {"words": "?"}, "clock", ("machine", "something_newer", "?")),
    ],
)
def test_an_entry_is_a_sentence(kind: str, body: Any, actor: str, expected: tuple[str, str, str]) -> None:
    assert told(kind, body, actor) == expected


def test_every_kind_that_a_case_can_have_has_its_sentence() -> None:
    """A new kind of entry gets its words in the same commit."""
    written = set()
    for path in (*(ROOT / "workflows/cases").glob("*.py"), ROOT / "bot/stage.py", ROOT / "bot/restored.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                written |= {each.value.value for each in node.keywords if each.arg == "kind" and isinstance(each.value, ast.Constant)}
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("note", "Note") and len(node.args) > 1:
                written |= {each.value for each in ast.walk(node.args[1]) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    assert written >= {"opened", "asked", "answered", "unreachable", "set_aside"}
    assert written - set(story.KINDS) == set()


@pytest.mark.parametrize(
    ("codes", "words"),
    [(CATEGORIES, plain.CATEGORIES), (tuple(Label), plain.CLASSES), (STATES, plain.STATES), (TITLES, TITLES)],
)
def test_every_code_has_words_in_chinese(codes: Any, words: dict[str, str]) -> None:
    assert set(codes) == set(words)
    for code in codes:
        assert re.search(r"[\u4e00-\u9fff]", said(plain.named(words, code))), code


@pytest.mark.parametrize(
    ("waited", "words"),
    [
        (-5, "刚来"),
        (0, "刚来"),
        (59, "刚来"),
        (60, "等了1分钟"),
        (3599, "等了59分钟"),
        (3600, "等了1小时"),
        (172_799, "等了47小时"),
        (172_800, "等了2天"),
    ],
)
def test_an_age_is_told_in_the_unit_that_a_glance_takes_in(waited: int, words: str) -> None:
    assert said(plain.age(NOW - timedelta(seconds=waited), NOW)) == words


@pytest.mark.parametrize(("late", "words"), [(0, ""), (1, "已过期"), (3600, "过期1小时"), (172_800, "过期2天")])
def test_what_is_late_says_by_how_much(late: int, words: str) -> None:
    found = plain.overdue(NOW - timedelta(seconds=late), NOW)
    assert (said(found) if found else "") == words


def test_a_date_that_may_move_says_about() -> None:
    assert said(plain.promised(NOW + timedelta(days=9), False)).startswith("最迟")
    assert said(plain.promised(NOW + timedelta(days=9), True)).startswith("大约")
