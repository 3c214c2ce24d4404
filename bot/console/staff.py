"""`anlin staff`: who works here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import Row, select

from bot.console.desk import as_option, json_option, opened, printed
from bot.envelope import Address
from bot.store import people
from bot.store.columns import table_of
from bot.store.tables import Estate, Grid

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
            if people.staff_by_handle(tx, new_handle):
                raise click.ClickException(f"Somebody signs as {new_handle!r} already.")
            addresses = [Address("sms", _number(phone)) for phone in phones]
            addresses += [Address("voice", _number(telephone)) for telephone in telephones]
            wanted = [_grid(tx.all(_GRIDS), grid) for grid in grids]
            staff_id = people.add_staff(tx, name, handle=new_handle, role=role, grids=wanted, addresses=addresses, now=desk.now)
        if is_json:
            printed({"id": staff_id, "handle": new_handle, "role": role})
        else:
            click.echo(f"{name} works here as {role} and signs as {new_handle}.")


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
