"""How a case moves: one table of states and what may happen in each. A move that is not in it is refused in words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import NotAllowed

# What may happen in a state, and the state that comes of it.
TABLE: Mapping[str, Mapping[str, str]] = {
    "open": {"accept": "accepted", "resolve": "resolved", "cancel": "cancelled", "merge": "merged"},
    "accepted": {
        "give_back": "open",
        "arrive": "in_progress",
        "progress": "in_progress",
        "wait": "waiting",
        "resolve": "resolved",
        "cancel": "cancelled",
        "merge": "merged",
    },
    "in_progress": {
        "give_back": "open",
        "arrive": "in_progress",
        "progress": "in_progress",
        "wait": "waiting",
        "resolve": "resolved",
        "cancel": "cancelled",
        "merge": "merged",
    },
    "waiting": {"go_on": "in_progress", "give_back": "open", "resolve": "resolved", "cancel": "cancelled", "merge": "merged"},
    "resolved": {"close": "closed", "reopen": "reopened"},  # the office's word; the resident's closes it
    "closed": {"reopen": "reopened"},
    "reopened": {"accept": "accepted", "resolve": "resolved", "cancel": "cancelled", "merge": "merged"},
    "cancelled": {},
    "merged": {},
}
STATES = tuple(TABLE)
WAITS_TO_BE_TAKEN = ("open", "reopened")
WORKED_ON = ("accepted", "in_progress", "waiting")
UNDER_WAY = (*WAITS_TO_BE_TAKEN, *WORKED_ON)  # its promise is still to be kept
NOT_ENDED = (*UNDER_WAY, "resolved")
ENDED = tuple(state for state in STATES if state not in NOT_ENDED)

# What each move is called where it is refused or offered.
DOING: Mapping[str, str] = {
    "accept": "accepted",
    "give_back": "given back",
    "arrive": "arrived at",
    "progress": "worked on",
    "wait": "made to wait for the resident",
    "go_on": "gone on with",
    "resolve": "resolved",
    "close": "closed by the resident's word",
    "reopen": "reopened",
    "cancel": "cancelled",
    "merge": "merged",
}
NOT_YET = ("merge",)  # moves that no command makes yet


def moved(number: str, state: str, event: str) -> str:
    """The state that this case comes to. Raises `NotAllowed`, saying what would be allowed."""
    target = TABLE[state].get(event)
    if target is None:
        raise NotAllowed(f"Case {number} is {spoken(state)} and cannot be {DOING[event]}; {_allowed(state)}.")
    return target


def drawn() -> str:
    """The table as a Mermaid state diagram, line by line in its own order."""
    lines = ["stateDiagram-v2", "    [*] --> open"]
    for state, moves in TABLE.items():
        lines += [f"    {state} --> {target}: {event}" for event, target in moves.items()]
        if state in ENDED:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines) + "\n"


def spoken(state: str) -> str:
    """The state as it stands in a sentence."""
    return state.replace("_", " ")


def _allowed(state: str) -> str:
    offered = [DOING[event] for event in TABLE[state] if event not in NOT_YET]
    if not offered:
        return "nothing more happens to it"
    *most, last = offered
    return f"it can be {', '.join(most)} or {last}" if most else f"it can be {last}"
