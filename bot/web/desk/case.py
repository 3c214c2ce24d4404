"""One case: everything that is known of it, the first words first. That somebody looked is on record."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot import attachments
from bot.store import staff, timeline
from bot.store.begin import Tx
from bot.web.desk.attachments import kind_of
from bot.web.desk.door import STAFF, Door, actor, only
from bot.web.desk.standing import standing
from bot.web.desk.steps import SAYS, STEPS, WAYS, steps_of
from workflows.cases import plain, story, views
from workflows.cases.doors import LONGEST_ANSWER, grids_seen
from workflows.cases.states import UNDER_WAY
from workflows.cases.views import CaseView

MAY_CALL = ("grid_worker", "grid_leader", "community_duty", "street")  # who keeps the machine running need not know the number


def case_pages(desk: Blueprint, door: Door) -> None:
    """`/desk/cases/NUMBER`, and there the phone number of who reported it, for who asks."""

    @desk.get("/cases/<number>")
    @only(*STAFF)
    def case(number: str) -> AnyResponse:
        return case_page(door, number, done=request.args.get("done", ""))

    @desk.post("/cases/<number>/phone")
    @only(*MAY_CALL)
    def phone(number: str) -> AnyResponse:
        with door.store.begin() as tx:
            numbers = views.phones(tx, number, reader=str(actor()), now=door.clock(), grids=grids_seen(actor()))
        return case_page(door, number, phones=numbers, words=request.form.get("words", ""))


def case_page(door: Door, number: str, *, status: int = 200, **shown: Any) -> AnyResponse:
    """The page of a case; `shown` is what came of a form: a fault, the words that were typed, phone numbers."""
    who, now = actor(), door.clock()
    with door.store.read() as tx:  # before the case: what comes in between is told as new
        stands = standing(tx, now, number)
    with door.store.begin() as tx:
        view = views.show(tx, number, reader=str(who), now=now, grids=grids_seen(who))
        if view is None:
            abort(404)
        around = _around(tx, view)
    page = render_template(
        "desk/case.html",
        case=view,
        standing=stands,
        now=now,
        key=secrets.token_urlsafe(16),
        seen=sum(step.actor != timeline.CLOCK for step in view.timeline),
        most=LONGEST_ANSWER,
        is_waiting=view.needs_person or (view.state in UNDER_WAY and view.label == "urgent" and view.first_responded is None),
        is_mine=view.accepted_by is not None and view.accepted_by == who.staff_id,
        is_asked=view.accepted_by is None and who.role == story.asked_now(view.timeline),
        may_call=who.role in MAY_CALL,
        plain=plain,
        steps=steps_of(view.state),
        steps_done=STEPS,
        ways=WAYS,
        says=SAYS,
        **around,
        **{"fault": None, "words": "", "typed": {}, "phones": None, "done": ""} | shown,
    )
    return Response(page, status=status, mimetype="text/html")


def _around(tx: Tx, view: CaseView) -> dict[str, Any]:
    """What was sent along, and the timeline in sentences, newest last."""
    sent = attachments.attached_to(tx, f"case:{view.number}")
    ids = story.staff_of(view.timeline) | ({view.accepted_by} if view.accepted_by else frozenset())
    names = staff.signatures(tx, ids)
    return {
        "sent": [(one, kind_of(one.content_type)) for one in sent],
        "told": [story.told(step, names) for step in view.timeline],
        "accepter": story.who_is(view.accepted_by, names) if view.accepted_by else None,
    }
