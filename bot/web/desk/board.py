"""The board: who waits for a person, urgent cases, then the others by their date; and the way to a case by its number."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.prompt import Phrase, _, phrase
from bot.store import parked
from bot.web.desk.door import STAFF, Door, actor, only
from bot.web.desk.standing import sight, standing
from workflows.cases import board, plain, views
from workflows.cases.board import PAGE, SECTIONS
from workflows.cases.doors import grids_seen
from workflows.cases.number import number_of, sequence_of
from workflows.cases.states import ENDED

FARTHEST = 1000  # pages
HEADINGS = {
    "waiting": _("Waiting for a person"),
    "urgent": _("Urgent, answered, not closed"),
    "other": _("Other open cases"),
}


def board_pages(desk: Blueprint, door: Door) -> None:
    """`/desk` and `/desk/find`."""

    @desk.get("")
    @only(*STAFF)
    def home() -> str:
        return _board(door)

    @desk.get("/find")
    @only(*STAFF)
    def find() -> AnyResponse | str | tuple[str, int]:
        wanted = request.args.get("number", "").strip()
        if not wanted:
            return _board(door)
        sequence = sequence_of(wanted)
        if sequence is None:
            return _board(door, phrase(_("{number} is no number of a case: a digit is wrong or missing."), number=wanted[:20])), 404
        number = number_of(sequence)
        with door.store.read() as tx:
            is_there = views.is_there(tx, number, grids_seen(actor()))
        if not is_there:
            return _board(door, phrase(_("There is no case {number}, or it is not in your grids."), number=number)), 404
        return redirect(url_for("desk.case", number=number), 303)


def _board(door: Door, fault: Phrase | None = None) -> str:
    who, now, page, asked = actor(), door.clock(), _page(), sight()
    with door.store.read() as tx:  # before the cards: what comes in between is told as new
        stands = standing(tx, now)
        stuck = parked.count(tx) if who.role in parked.MAY_LOOK else 0
    with door.store.begin() as tx:
        shown = board.cards(tx, reader=str(who), now=now, page=page, **asked)
    return render_template(
        "desk/board.html",
        fault=fault,
        standing=stands,
        tally=stands.tally,
        sections=[
            (name, phrase(HEADINGS[name]), getattr(stands.tally, name), [card for card in shown if card.section == name])
            for name in SECTIONS
        ],
        closed=shown if asked["state"] in ENDED else None,
        asked={"class": asked["label"], "state": asked["state"]},
        classes=[(code, phrase(words)) for code, words in plain.CLASSES.items()],
        states=[(code, phrase(words)) for code, words in plain.STATES.items()],
        parked=stuck,
        page=page,
        has_more=len(shown) == PAGE,
        now=now,
        plain=plain,
    )


def _page() -> int:
    asked = request.args.get("page", "")
    return min(max(int(asked), 1), FARTHEST) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
