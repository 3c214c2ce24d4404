"""How a case moves: one table of states and what may happen in each. A move that is not in it is refused in words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import NotAllowed
from bot.prompt import _

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

# What is said to whoever tries something else. `merge` has no command yet and is not offered.
ALLOWED: Mapping[str, str] = {
    "open": _("Case {number} is open: it can be accepted, resolved or cancelled."),
    "accepted": _("Case {number} is taken: it can be worked on, given back, made to wait for the resident, resolved or cancelled."),
    "in_progress": _(
        "Case {number} is in progress: it can be worked on, given back, made to wait for the resident, resolved or cancelled."
    ),
    "waiting": _("Case {number} waits for the resident: it can be gone on with, given back, resolved or cancelled."),
    "resolved": _("Case {number} is resolved: the resident's word closes or reopens it."),
    "closed": _("Case {number} is closed: only the resident's word reopens it."),
    "reopened": _("Case {number} is reopened: it can be accepted, resolved or cancelled."),
    "cancelled": _("Case {number} is cancelled: nothing more happens to it."),
    "merged": _("Case {number} is merged with another: nothing more happens to it."),
}


def moved(number: str, state: str, event: str) -> str:
    """The state that this case comes to. Raises `NotAllowed`, saying what would be allowed."""
    target = TABLE[state].get(event)
    if target is None:
        raise NotAllowed(ALLOWED[state], number=number)
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
