"""The table of routes and roles: who may open what. A route that is not in it, or says nothing, fails."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from bot.store.people import ROLES
from tests.bot.web.desk.rigs import Place

ALL = frozenset(ROLES)
ANYBODY = None  # how people get in, and out

ROUTES: dict[str, frozenset[str] | None] = {
    "GET /desk": ALL,
    "GET /desk/account": ALL,
    "POST /desk/account/codes": ALL,
    "POST /desk/account/password": ALL,
    "GET /desk/account/recovery": ALL,
    "POST /desk/account/recovery": ALL,
    "GET /desk/join/<token>": ANYBODY,
    "POST /desk/join/<token>": ANYBODY,
    "GET /desk/attachments/<int(max=2147483647):attachment_id>": ALL,
    "GET /desk/cases/<number>": ALL,
    "POST /desk/cases/<number>/accept": ALL,
    "POST /desk/cases/<number>/answer": ALL,
    "POST /desk/cases/<number>/decline": ALL,
    "POST /desk/cases/<number>/steps/<name>": ALL,
    "POST /desk/cases/<number>/phone": ALL - {"administrator"},
    "GET /desk/events": ALL,
    "GET /desk/find": ALL,
    "GET /desk/parked": ALL - {"grid_worker", "grid_leader"},
    "POST /desk/parked/<int(max=2147483647):inbound_id>/retry": ALL - {"grid_worker", "grid_leader"},
    "GET /desk/sign-in": ANYBODY,
    "POST /desk/sign-in": ANYBODY,
    "GET /desk/sign-in/code": ANYBODY,
    "POST /desk/sign-in/code": ANYBODY,
    "POST /desk/sign-out": ANYBODY,
    "POST /desk/sign-out/everywhere": ALL,
    "GET /desk/static/<path:filename>": ANYBODY,
}


def views(app: Flask) -> dict[str, Any]:
    """Every route of the desk with its view."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.rule == "/desk" or rule.rule.startswith("/desk/"):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found[f"{method} {rule.rule}"] = (rule.endpoint, app.view_functions[rule.endpoint])
    return found


def test_every_route_of_the_desk_is_in_the_table(place: Place) -> None:
    assert sorted(views(place.app)) == sorted(ROUTES)


def test_every_view_says_who_it_is_for_and_the_table_says_the_same(place: Place) -> None:
    for route, (endpoint, view) in views(place.app).items():
        if endpoint == "desk.static":
            continue
        assert "desk_roles" in view.__dict__, f"{route} does not say who it is for."
        assert view.__dict__["desk_roles"] == ROUTES[route], route


def test_nobody_comes_further_than_the_sign_in_without_a_session(place: Place) -> None:
    for route, roles in ROUTES.items():
        method, path = re.sub(r"<[^>]+>", "1", route).split()
        if roles is ANYBODY:
            continue
        answer = place.browser().client.open(path, method=method)
        if method == "GET":
            assert (answer.status_code, answer.location) == (303, f"/desk/sign-in?next={path}"), route
        else:
            assert answer.status_code == 400, f"{route}: a form without its token"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_other(place: Place, role: str) -> None:
    browser = place.signed_in(role, role)
    for route, roles in ROUTES.items():
        if route.startswith("GET") and "<" not in route and roles is not ANYBODY:
            expected = 200 if role in roles else 403
            assert browser.get(route.split()[1]).status_code == expected, route


def test_a_view_that_says_nothing_is_closed_to_everybody(place: Place) -> None:
    home = place.app.view_functions["desk.home"]
    browser = place.signed_in("duty", "administrator")
    kept = home.__dict__.pop("desk_roles")
    try:
        closed = browser.get("/desk")
    finally:
        home.__dict__["desk_roles"] = kept
    assert closed.status_code == 403
    assert "not for your role" in closed.text
