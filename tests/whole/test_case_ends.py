"""A case brought to its end from the command line, as the staff who sign there."""

from __future__ import annotations

from tests.whole.test_console import Console, anlin, bare, reported  # noqa: F401 - the same console


def test_a_case_is_worked_on_resolved_judged_and_reopened(anlin: Console, reported: str) -> None:  # noqa: F811
    assert "is open: it can be accepted, resolved or cancelled." in anlin.refused("case", "progress", reported)
    assert "--offline" in anlin.refused("case", "resolve", reported, "换了灯泡", code=2)
    assert "say why" in anlin.refused("case", "resolve", reported, "换了灯泡", "--offline", "none")

    done = anlin.fine("case", "resolve", reported, "换了灯泡", "--offline", "board", "--as", "duty1").out
    assert done == f"Case {reported} is resolved.\n"
    assert "You did the work" in anlin.refused("case", "verdict", reported, "solved", "--as", "duty1")
    judged = anlin.fine("case", "verdict", reported, "not", "--json").json
    assert (judged["state"], judged["called"]) == ("reopened", "street")

    told = anlin.fine("case", "reclassify", reported, "urgent", "老人摔倒了").out
    assert f"Case {reported} is urgent; it was due" in told
    anlin.fine("case", "note", reported, "先送应急灯", "--for-resident")
    anlin.fine("case", "cancel", reported, "与10184号重复")
    shown = anlin.fine("case", "show", reported, "--json").json
    assert (shown["state"], shown["ended_why"], shown["reopened"], shown["class"]) == ("cancelled", "cancelled", 1, "urgent")
    kinds = [step["kind"] for step in shown["timeline"]]
    assert [kind for kind in kinds if kind in ("resolved", "reopened", "reclassified", "noted", "cancelled")] == [
        "resolved",
        "reopened",
        "reclassified",
        "noted",
        "cancelled",
    ]
    assert "nothing more happens to it" in anlin.refused("case", "resolve", reported, "好了", "--offline", "call")


def test_a_case_waits_for_its_resident(anlin: Console, reported: str) -> None:  # noqa: F811
    assert "it can be accepted" in anlin.refused("case", "wait", reported, "几楼的灯？")
    assert anlin.fine("case", "list", "--state", "waiting", "--json").json == []
