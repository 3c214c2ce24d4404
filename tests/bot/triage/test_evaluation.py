"""The figures of triage: counted by hand on a few rows, and refused for what is no row."""

import msgspec
import pytest

from bot.triage import evaluation
from bot.triage.triage import Label

LINES = [
    '{"id": "1", "text": "三楼着火了", "label": "urgent", "source": "a#7"}',
    '{"id": "2", "text": "三楼灯不亮", "label": "urgent", "source": "a#8"}',
    '{"id": "3", "text": "四楼着火了", "label": "general", "source": "b", "urgent_looking": true}',
    "",
    '{"id": "4", "text": "建议加装扶手", "label": "suggestion", "source": "b", "why": "more than we ask for"}',
]


def test_recall_precision_and_false_urgents_are_counted() -> None:
    found = evaluation.figures(evaluation.look(evaluation.read(LINES)))
    urgent = found.scores[Label.URGENT]
    assert (str(urgent.recall), str(urgent.precision), urgent.f1) == ("1/2 0.500", "1/2 0.500", 0.5)
    assert (found.false_urgent.part, found.false_urgent.whole) == (1, 2)
    assert (found.false_looking.part, found.false_looking.whole) == (1, 1)
    assert found.scores[Label.SUGGESTION].f1 == 1.0
    assert found.macro_f1 == pytest.approx((0.5 + 0 + 1) / 3)


def test_groups_are_sources_without_their_numbers() -> None:
    groups = evaluation.by_group(evaluation.look(evaluation.read(LINES)), "source")
    assert {name: each.count for name, each in groups.items()} == {"a": 2, "b": 2}
    assert groups["a"].false_urgent.value == 0


def test_no_rows_have_no_figures() -> None:
    found = evaluation.figures([])
    assert (found.count, found.macro_f1, str(found.asked)) == (0, 0.0, "-")


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1", "text": "x", "label": "loud"}', '{"id": 1, "text": "x", "label": "urgent"}'])
def test_what_is_no_row_is_refused(line: str) -> None:
    with pytest.raises((msgspec.DecodeError, msgspec.ValidationError)):
        evaluation.read([line])
