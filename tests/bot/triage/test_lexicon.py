"""The lexicon: what its mini-language means, and that a mistake in it is told in words."""

import pytest

from bot.triage.lexicon import Lexicon, load, parse, read
from bot.triage.rules import LexiconError

HEAD = """
languages = ["zh", "en"]
alike = "電电 ’'"
now_zh = ["现在"]
now_en = ["now"]
lists = { lift = "电梯/升降机" }
"""
GUARD = """
[[guard]]
why = "denied"
categories = ["fire"]
side = "touching"
verdict = "clear"
zh = ["没"]
"""


def lexicon_of(rules: str) -> Lexicon:
    return parse(HEAD + GUARD + rules)


def found_in(lexicon: Lexicon, text: str) -> list[str]:
    words, hits, _ = read(lexicon, text)
    return [words.text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ('zh = ["着火"]', "楼上着火了", ["着火"]),
        ('zh = ["{lift}…困/关在"]', "電梯里有人困", ["电梯里有人困"]),
        ('zh = ["{lift}…困/关在"]', "升降机坏了，关在里面", ["升降机坏了,关在"]),
        ('zh = ["{lift}…困"]', "电梯。困", []),
        ('zh = ["{lift}…困"]', "电梯一二三四五六七八困", ["电梯一二三四五六七八困"]),
        ('zh = ["{lift}…困"]', "电梯一二三四五六七八九困", []),
        ('en = ["fire"]', "Fire! fireworks, misfire, fire", ["fire", "fire"]),
        ('en = ["leak*"]', "leak leaks leaking bleak", ["leak", "leaks", "leaking"]),
        ('en = ["stuck…lift*"]', "stuck in both lifts", ["stuck in both lifts"]),
        ('en = ["stuck…lift"]', "stuck in a shoplift", []),
        ('zh = ["電梯"]', "电梯", ["电梯"]),
        ('zh = ["{lift}门"]', "升降机门开了", ["升降机门"]),
        ('zh = ["停水&#天"]', "停水了，已经三天；停水了。五天", ["停水"]),
        ('zh = ["停水&#天"]', "已经5天停水", ["停水"]),
        ('zh = ["#天…没"]', "两天没人", ["两天没"]),
        ('zh = ["锅…着"]', "锅里着了", ["锅里着"]),
        ('en = ["wire*&tree*"]', "trees lean on wires. wires", ["wires"]),
        ('en = ["can\'t move"]', "I can’t   move", ["can't move"]),
    ],
)
def test_words_are_found_as_they_are_written(written: str, text: str, found: list[str]) -> None:
    assert found_in(lexicon_of(f'[[rule]]\nsays = "danger"\nwhy = "x"\n{written}'), text) == found


def test_words_inside_safe_words_are_not_found_and_words_beside_them_are() -> None:
    lexicon = lexicon_of(
        '[[rule]]\nsays = "safe"\nwhy = "x"\nzh = ["火锅"]\n[[rule]]\nsays = "danger"\nwhy = "y"\nzh = ["火锅", "锅着", "着火"]'
    )
    assert found_in(lexicon, "火锅着火") == ["锅着", "着火"]


BROKEN = """
[[rule]]
says = "danger"
why = "a"
category = "nowhere"
[[rule]]
says = "topic"
why = "b"
zh = ["電梯", "火", "{nobody}…困", "电梯…"]
en = ["le*k"]
"""


def test_a_broken_lexicon_is_refused_with_all_its_faults() -> None:
    with pytest.raises(LexiconError) as refused:
        lexicon_of(BROKEN)
    said = str(refused.value)
    for part in (
        "'nowhere'",
        "has no words",
        "'火' is only one character",
        "there is no list {nobody}",
        "'{nobody}…困' has an empty part",
        "'电梯…' has an empty part",
        "'le*k': a star stands only at the end",
    ):
        assert part in said
    assert len(refused.value.faults) == 7


@pytest.mark.parametrize("text", ["rule = ", HEAD + '[[rule]]\nsays = "loud"\nwhy = "x"\nzh = ["着火"]', HEAD + "[[rule]]\nsais = 1"])
def test_what_is_no_lexicon_is_refused(text: str) -> None:
    with pytest.raises(LexiconError):
        parse(text)


def test_the_shipped_lexicon_is_read_once() -> None:
    assert load() is load()
