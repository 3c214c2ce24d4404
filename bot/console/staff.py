"""`anlin staff`: who works here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import Row, select

from bot.clock import Clock
from bot.console.desk import Desk, as_option, json_option, opened, printed
from bot.envelope import Address
from bot.store import accounts, people
from bot.store import staff as roster
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import Estate, Grid
from bot.web.desk import proof
from bot.web.desk.invitation import invitation_path

GRID, ESTATE = table_of(Grid), table_of(Estate)
_GRIDS = select(GRID.c.id, GRID.c.name, ESTATE.c.name.label("estate")).join(ESTATE, ESTATE.c.id == GRID.c.estate_id)


@click.group()
def staff() -> None:
    """Who works here: grid workers, grid leaders, duty officers."""


@staff.command()
@click.argument("name")
@click.option("--handle", "new_handle", required=True, help="What they sign with.")
@click.option("--role", required=True, type=click.Choice(people.ROLES), help="What they do.")
@click.option("--grid", "grids", multiple=True, metavar="GRID", help="A grid they look after, by name or estate/name; may be given again.")
@click.option("--phone", "phones", multiple=True, metavar="NUMBER", help="A phone in E.164 (+86138…), best first; may be given again.")
@click.option(
    "--telephone",
    "telephones",
    multiple=True,
    metavar="NUMBER",
    help="A telephone to ring where texts do not get through, after the phones; may be given again.",
)
@json_option
@as_option
def add(  # noqa: PLR0913 -- one argument for each option
    *,
    name: str,
    new_handle: str,
    role: str,
    grids: tuple[str, ...],
    phones: tuple[str, ...],
    telephones: tuple[str, ...],
    is_json: bool,
    handle: str | None,
) -> None:
    """Add a member of staff, NAME as people call them. Their phones and telephones count as verified: you vouch for them."""
    with opened(handle) as desk:
        desk.only("administrator", "street", "community_duty")
        with desk.base.store.begin() as tx:
            if roster.is_taken(tx, new_handle):
                raise click.ClickException(f"Somebody signs as {new_handle!r} already, or once did.")
            addresses = [Address("sms", _number(phone)) for phone in phones]
            addresses += [Address("voice", _number(telephone)) for telephone in telephones]
            wanted = [_grid(tx.all(_GRIDS), grid) for grid in grids]
            staff_id = people.add_staff(tx, name, handle=new_handle, role=role, grids=wanted, addresses=addresses, now=desk.now)
        if is_json:
            printed({"id": staff_id, "handle": new_handle, "role": role})
        else:
            click.echo(f"{name} works here as {role} and signs as {new_handle}.")


@staff.command()
@click.argument("name")
@json_option
@as_option
def invite(name: str, *, is_json: bool, handle: str | None) -> None:
    """Print a link with which NAME, a handle, makes an account at the desk: once, within two days. Hand it over in person."""
    with opened(handle) as desk:
        desk.only("administrator")
        with desk.base.store.begin() as tx:
            member = _member(tx, name)
            if accounts.by_staff(tx, member.id):
                raise click.ClickException(f"{name} has an account. If it is lost: `anlin staff reset {name}`.")
            token = _invited(tx, desk, member.id)
        _print_link(desk, name, token, is_json=is_json)


@staff.command()
@click.argument("name")
@json_option
@as_option
def reset(name: str, *, is_json: bool, handle: str | None) -> None:
    """Take the account of NAME away and print a new invitation: password, authenticator and recovery codes begin anew."""
    with opened(handle) as desk:
        desk.only("administrator")
        with desk.base.store.begin() as tx:
            member = _member(tx, name)
            accounts.close(tx, member.id, why="account_reset", actor=desk.reader, now=Clock().now())
            token = _invited(tx, desk, member.id)
        _print_link(desk, name, token, is_json=is_json)


@staff.command()
@click.argument("name")
@json_option
@as_option
def leave(name: str, *, is_json: bool, handle: str | None) -> None:
    """NAME works here no more: signed out everywhere, called by no ladder. What they did stays on record as theirs."""
    with opened(handle) as desk:
        desk.only("administrator")
        with desk.base.store.begin() as tx:
            member = _member(tx, name)
            roster.leave(tx, member.id)
            accounts.close(tx, member.id, why="left", actor=desk.reader, now=Clock().now())
        if is_json:
            printed({"id": member.id, "handle": name, "active": False})
        else:
            click.echo(f"{name} works here no more. `anlin check` tells whether a step of the ladder is empty now.")


def _member(tx: Tx, name: str) -> roster.StaffMember:
    member = people.staff_by_handle(tx, name)
    if member is None:
        raise click.ClickException(f"Nobody on the staff signs as {name!r}.")
    return member


def _invited(tx: Tx, desk: Desk, staff_id: int) -> str:
    """By the real clock, which training does not move: whoever opens the link has no other."""
    return accounts.invite(tx, staff_id, secret=proof.new_secret(), actor=desk.reader, now=Clock().now())


def _print_link(desk: Desk, name: str, token: str, *, is_json: bool) -> None:
    link = desk.base.settings.desk_url + invitation_path(token)
    if is_json:
        printed({"handle": name, "link": link, "valid_hours": int(accounts.INVITATION_LASTS.total_seconds() // 3600)})
    else:
        click.echo(f"{link}\nFor {name} alone, once, within two days. Whoever opens it becomes {name}: hand it over in person.")


def _number(phone: str) -> str:
    bare = phone.replace(" ", "").replace("-", "")
    if not (bare.startswith("+") and bare[1:].isdecimal() and 7 <= len(bare) <= 16):
        raise click.ClickException(f"{phone} is not a number in E.164, such as +8613800000000.")
    return bare


def _grid(rows: Sequence[Row[Any]], wanted: str) -> int:
    found = [row.id for row in rows if wanted in (row.name, f"{row.estate}/{row.name}")]
    if len(found) == 1:
        return int(found[0])
    known = ", ".join(f"{row.estate}/{row.name}" for row in rows) or "none"
    raise click.ClickException(f"{wanted!r} names {'no' if not found else 'more than one'} grid. There are: {known}.")
