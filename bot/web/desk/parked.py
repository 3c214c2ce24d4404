"""What came in and could not be dealt with, for who may take it once more."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import timers, turn
from bot.room import House
from bot.store import parked
from bot.web.desk.attachments import LARGEST_ID
from bot.web.desk.door import Door, actor, only
from workflows.cases import plain


def parked_pages(desk: Blueprint, door: Door, house: House) -> None:
    """`/desk/parked`, and another try for one of them."""

    @desk.get("/parked")
    @only(*parked.MAY_LOOK)
    def parked_list() -> str:
        now = door.clock()
        with door.store.begin() as tx:
            waiting = parked.listed(tx, reader=str(actor()), now=now)
            stuck = timers.stuck(tx)
        return render_template("desk/parked.html", waiting=waiting, stuck=stuck, now=now, plain=plain, done=request.args.get("done", ""))

    @desk.post(f"/parked/<int(max={LARGEST_ID}):inbound_id>/retry")
    @only(*parked.MAY_LOOK)
    def parked_retry(inbound_id: int) -> AnyResponse:
        try:
            received = turn.retry(house, inbound_id, door.clock())
        except KeyError:  # posted twice, or somebody else was quicker
            return redirect(url_for("desk.parked_list", done="gone"), 303)
        return redirect(url_for("desk.parked_list", done="again" if received.is_parked else "taken"), 303)
