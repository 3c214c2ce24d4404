"""How a case moves: every pair of state and event is in the table or refused, and the page draws the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import NotAllowed
from workflows.cases.states import ALLOWED, ENDED, NOT_ENDED, STATES, TABLE, UNDER_WAY, drawn, moved

README = Path(__file__).parents[3] / "README.md"
EVENTS = sorted({event for moves in TABLE.values() for event in moves})
SAID = {
    "accept": "accepted",
    "give_back": "given back",
    "progress": "worked on",
    "wait": "made to wait for the resident",
    "go_on": "gone on with",
    "resolve": "resolved or",
    "close": "closes",
    "reopen": "reopens",
    "cancel": "cancelled.",
}


@pytest.mark.parametrize(("state", "event"), [(state, event) for state in STATES for event in EVENTS])
def test_a_move_is_in_the_table_or_refused_with_what_would_be_allowed(state: str, event: str) -> None:
    if event in TABLE[state]:
        assert moved("10176", state, event) == TABLE[state][event]
        return
    with pytest.raises(NotAllowed) as refused:
        moved("10176", state, event)
    assert (refused.value.sentence, refused.value.values) == (ALLOWED[state], {"number": "10176"})


@pytest.mark.parametrize("state", STATES)
def test_what_is_said_to_be_allowed_is_what_the_table_allows(state: str) -> None:
    offered = ALLOWED[state].partition(": ")[2]

    assert {event for event, words in SAID.items() if words in offered} == set(TABLE[state]) - {"merge", "arrive"}


def test_every_state_can_be_reached_and_every_move_leads_to_a_state() -> None:
    reached, ahead = set(), {"open"}
    while ahead:
        state = ahead.pop()
        reached.add(state)
        ahead |= set(TABLE[state].values()) - reached
    assert reached == set(STATES)


def test_only_the_residents_word_or_their_silence_closes() -> None:
    """Nothing leads to closed but `close`, and that only from resolved."""
    assert [(state, event) for state, moves in TABLE.items() for event, to in moves.items() if to == "closed"] == [("resolved", "close")]
    assert set(ENDED) | set(NOT_ENDED) == set(STATES)
    assert set(UNDER_WAY) < set(NOT_ENDED)


def test_the_page_draws_the_table() -> None:
    found = re.search(r"^```mermaid\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    assert found[1] == drawn()
