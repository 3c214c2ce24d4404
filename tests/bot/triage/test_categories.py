"""The table of categories: codes that cases hold stay, the lexicon uses no other, and every danger has its advice."""

import pytest

from bot.triage.categories import CATEGORIES, SAME_DAY, category_of
from bot.triage.lexicon import load
from bot.triage.rules import Says
from bot.triage.triage import Label, triage
from workflows.cases.advice import ADVICE, ANY_DANGER, advice

# Cases of the first version hold these.
FIRST = "fire gas lift water power heating structure medical violence missing_person electric_bike environment property parking"


def test_no_code_that_a_case_may_hold_is_ever_taken_away() -> None:
    assert {*FIRST.split(), "suggestion", "other"} <= set(CATEGORIES)


def test_a_code_that_nobody_knows_counts_as_other() -> None:
    assert category_of("teleport").code == "other"
    assert category_of("gas").unit == "gas company"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("消防通道又让车堵住了", "fire_lane"),
        ("楼道里天天有人给电动车充电", "stairwell_charging"),
        ("外墙瓷砖松动了", "loose_facade"),
        ("cars block the fire lane every night", "fire_lane"),
    ],
)
def test_what_must_not_lie_overnight_is_general_and_has_its_own_limit(text: str, category: str) -> None:
    found = triage(text)
    assert (found.label, found.category) == (Label.GENERAL, category)
    assert category_of(found.category).hours == SAME_DAY


def test_every_danger_of_the_lexicon_has_advice_of_its_own() -> None:
    kinds = {rule.advice or rule.category for rule in load().rules if rule.says in (Says.DANGER, Says.DOUBT)}
    assert kinds - set(ADVICE) <= {"other"}


@pytest.mark.parametrize("kind", [*ADVICE, "other"])
def test_advice_names_a_number_and_claims_no_rescue(kind: str) -> None:
    said = ADVICE.get(kind, ANY_DANGER)
    assert any(number in said for number in ("119", "120", "110"))
    assert not any(claim in said.lower() for claim in ("we have called", "is on the way", "are coming"))
    assert advice(kind).words == said
