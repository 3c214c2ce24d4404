"""What is new, told to pages that lie open: an event stream that gives it and ends, so that no page holds a thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from flask import Blueprint, Response, request

from bot.store.begin import Tx
from bot.web.desk.door import STAFF, Door, actor, only
from workflows.cases import board, plain, views
from workflows.cases.board import SECTIONS, Sight, Tally
from workflows.cases.doors import grids_seen

RETRY = 3000  # milliseconds until a page asks again


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand for whoever looks: what waits, how far the case has come that is open on the page, and a mark of it all."""

    named: tuple[tuple[str, str], ...]
    tally: Tally
    case: str = ""

    @property
    def mark(self) -> str:
        return f"{self.tally.mark}.{self.case}"

    @property
    def known(self) -> str:
        """The numbers of what waits, as a page keeps them."""
        return " ".join(number for number, _label in self.named)

    @property
    def told(self) -> str:
        """The same for the page's script: codes and numbers, nobody's words."""
        counts = {name: getattr(self.tally, name) for name in SECTIONS}
        return msgspec.json.encode({"counts": counts, "named": self.named, "case": self.case}).decode()


def event_pages(desk: Blueprint, door: Door) -> None:
    """`/desk/events`: `retry` brings the page back, `Last-Event-ID` says what it knows."""

    @desk.get("/events")
    @only(*STAFF, wakes=False)
    def events() -> Response:
        with door.store.read() as tx:
            now = standing(tx, door.clock(), request.args.get("case", ""))
        known = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
        new = "" if now.mark == known else f"id: {now.mark}\nevent: board\ndata: {now.told}\n"
        return Response(f"retry: {RETRY}\n{new}\n", mimetype="text/event-stream")


def standing(tx: Tx, now: datetime, number: str = "") -> Standing:
    """How things stand at this moment, with the case of this number where one is open on the page."""
    grids = grids_seen(actor())
    tally = board.tally(tx, now=now, **sight())
    return Standing(board.waiting(tx, grids), tally, views.progress(tx, number, grids) if number else "")


def sight() -> Sight:
    """What this page shows: the grids of whoever looks, and the class and state they asked for."""
    label, state = request.args.get("class", ""), request.args.get("state", "")
    return {
        "grids": grids_seen(actor()),
        "label": label if label in plain.CLASSES else "",
        "state": state if state in plain.STATES else "",
    }
