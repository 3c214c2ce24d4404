"""The second reader: taught by examples, the same ones make the same weights, and it never speaks louder than the lexicon unasked."""

from pathlib import Path

import pytest

from bot.triage import lexicon, model
from bot.triage.features import features
from bot.triage.hearing import hear
from bot.triage.train import examples, trained, written
from bot.triage.triage import Label, triage

LESSON = [("窑洞的门冒红光", 0), ("窑洞门前扫地", 1), ("窑洞门前要花", 2)]


def names(text: str) -> frozenset[str]:
    known = lexicon.load()
    return features(known, hear(known, text))


def test_it_learns_what_it_is_taught_and_the_same_again_from_the_same_lesson() -> None:
    first, again = trained(LESSON), trained(reversed(LESSON))
    assert first == again
    weights = {name: (round(100 * row[0]), round(100 * row[1]), round(100 * row[2])) for name, row in first.items()}
    for text, number in LESSON:
        opinion = model.judge(weights, names(text))
        chances = (opinion.urgent, opinion.general, opinion.suggestion)
        assert max(chances) == chances[number]
        assert sum(chances) == pytest.approx(1)


def test_what_is_written_can_be_read_back(tmp_path: Path) -> None:
    kept = written({"a,b": [0.5, -0.25, 0.0], "nothing": [0.001, 0.0, 0.0], '"': [0.0, 0.0, -1.0]}, tmp_path / "weights.csv")
    assert kept == 2
    assert (tmp_path / "weights.csv").read_text("utf-8") == '"""",0,0,-100\n"a,b",50,-25,0\n'


def test_no_example_is_taught_as_two_classes() -> None:
    taught: dict[str, set[int]] = {}
    for text, number in examples():
        taught.setdefault(text, set()).add(number)
    assert [text for text, numbers in taught.items() if len(numbers) > 1] == []


def test_the_weights_are_small_enough_to_travel_with_the_code() -> None:
    assert len(model.load()) > 10_000
    assert (Path(model.__file__).parent / "weights.csv").stat().st_size < 5_000_000


def test_what_no_rule_knows_and_sounds_urgent_is_asked_with_the_words_that_sound_so() -> None:
    found = triage("他手抓着脖子憋得说不出来快点")
    assert (found.label, found.ask) == (Label.URGENT, True)
    assert any("sounds like" in reason.why for reason in found.reasons)


@pytest.mark.parametrize("text", ["3号楼前面", "取消", "我在楼下", "second floor", "还是不亮", "王阿姨", "……"])
def test_an_answer_or_a_place_never_sounds_urgent(text: str) -> None:
    assert triage(text).label is Label.GENERAL
