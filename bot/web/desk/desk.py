"""The desk: its pages put together behind the door."""

from __future__ import annotations

from flask import Blueprint

from bot.attachments import Shelf
from bot.room import House
from bot.web.desk.acts import act_pages
from bot.web.desk.attachments import attachment_pages
from bot.web.desk.board import board_pages
from bot.web.desk.case import case_pages
from bot.web.desk.door import Door, guard
from bot.web.desk.invitation import invitation_page
from bot.web.desk.moving import move_pages
from bot.web.desk.own_account import account_pages, recovery_pages
from bot.web.desk.parked import parked_pages
from bot.web.desk.sign_in import code_pages, sign_in_pages, sign_out_pages
from bot.web.desk.standing import event_pages


def desk_pages(door: Door, house: House, shelf: Shelf) -> Blueprint:
    """The desk at `/desk`: nobody reaches a page of it but whom it is for."""
    desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates", static_folder="static")
    guard(desk, door)
    sign_in_pages(desk, door)
    code_pages(desk, door)
    sign_out_pages(desk, door)
    invitation_page(desk, door)
    account_pages(desk, door)
    recovery_pages(desk, door)
    board_pages(desk, door)
    event_pages(desk, door)
    case_pages(desk, door)
    act_pages(desk, door, house)
    move_pages(desk, door, house)
    attachment_pages(desk, door, shelf)
    parked_pages(desk, door, house)
    return desk
