"""How a case moves: every pair of state and event is in the table or refused, and the page draws the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import NotAllowed
from workflows.cases.states import DOING, ENDED, NOT_ENDED, NOT_YET, STATES, TABLE, UNDER_WAY, drawn, moved

README = Path(__file__).parents[3] / "README.md"
EVERY_PAIR = [(state, event) for state in STATES for event in DOING]


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_a_move_is_in_the_table_or_refused_with_what_would_be_allowed(state: str, event: str) -> None:
    if event in TABLE[state]:
        assert moved("10176", state, event) == TABLE[state][event]
        return
    with pytest.raises(NotAllowed) as refused:
        moved("10176", state, event)
    sentence = str(refused.value)
    assert sentence.startswith(f"Case 10176 is {state.replace('_', ' ')} and cannot be {DOING[event]}; ")
    assert all((DOING[allowed] in sentence) == (allowed not in NOT_YET) for allowed in TABLE[state])


def test_what_cannot_be_done_is_said_in_a_sentence() -> None:
    with pytest.raises(NotAllowed, match=r"^Case 10176 is closed and cannot be resolved; it can be reopened\.$"):
        moved("10176", "closed", "resolve")
    with pytest.raises(NotAllowed, match=r"^Case 10176 is cancelled and cannot be accepted; nothing more happens to it\.$"):
        moved("10176", "cancelled", "accept")


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
