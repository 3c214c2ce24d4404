"""The desk: its pages put together behind the door."""

from __future__ import annotations

from flask import Blueprint, render_template

from bot.web.desk.door import STAFF, Door, guard, only
from bot.web.desk.invitation import invitation_page
from bot.web.desk.own_account import account_pages, recovery_pages
from bot.web.desk.sign_in import code_pages, sign_in_pages, sign_out_pages


def desk_pages(door: Door) -> Blueprint:
    """The desk at `/desk`: nobody reaches a page of it but whom it is for."""
    desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates", static_folder="static")
    guard(desk, door)
    sign_in_pages(desk, door)
    code_pages(desk, door)
    sign_out_pages(desk, door)
    invitation_page(desk, door)
    account_pages(desk, door)
    recovery_pages(desk, door)

    @desk.get("")
    @only(*STAFF)
    def home() -> str:
        return render_template("desk/home.html")

    return desk
