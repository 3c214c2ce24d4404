"""`anlin poster`: a page for the wall of each stair, that says whom to call, from where, and what then happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import select

from bot.carriers import bot_of
from bot.console.desk import Desk, as_option, opened
from bot.console.printing import Poster, page
from bot.errors import SendError
from bot.phones import number_of
from bot.readings import is_loopback
from bot.settings import Settings
from bot.store import estate as register
from bot.store.columns import table_of
from bot.store.estate import BuildingPlace, EstatePlace
from bot.store.tables import Estate
from bot.store.tx import Tx
from channels.telegram_api import TelegramAccount, TelegramApi
from workflows.places.match import building_number, unit_number
from workflows.places.words import Place

ESTATE = table_of(Estate)
_PHONES = select(ESTATE.c.id, ESTATE.c.gas_repair_phone, ESTATE.c.lift_rescue_phone)


@dataclass(frozen=True, slots=True)
class Doors:
    """Every way in that can be printed; empty where there is none."""

    number: str = ""
    chat: str = ""
    bot: str = ""


@click.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path), help="The HTML file to write.")
@click.option("--estate", "wanted_estate", metavar="NAME", help="Only this estate.")
@click.option("--building", "buildings", multiple=True, metavar="NAME", help="Only this building (3号楼 or 3); may be given again.")
@click.option("--unit", "per_unit", is_flag=True, help="A poster for each unit, to hang in each stair, rather than one for each building.")
@click.option("--number", metavar="NUMBER", help="The number to ring and to text, where it is not ANLIN_TWILIO_FROM.")
@click.option("--bot", metavar="NAME", help="The name of the Telegram bot; without it Telegram is asked.")
@as_option
def poster(  # noqa: PLR0913 -- one argument for each option
    *,
    out: Path,
    wanted_estate: str | None,
    buildings: tuple[str, ...],
    per_unit: bool,
    number: str | None,
    bot: str | None,
    handle: str | None,
) -> None:
    """Write posters for stairs or buildings as one HTML file, a sheet of A4 each. Open it in a browser and print it."""
    with opened(handle) as desk:
        doors = _doors(desk.base.settings, number, bot)
        with desk.base.store.read() as tx:
            sheets = tuple(_sheets(tx, wanted_estate or "", buildings, per_unit=per_unit))
        if not sheets:
            raise click.ClickException("There is no such building in the register. `anlin estate import` loads a list of homes.")
        out.write_text(_written(desk, sheets, doors), encoding="utf-8")
    for missing in _missing(doors):
        click.echo(missing, err=True)
    click.echo(f"{len(sheets)} posters are in {out}. Open it in a browser and print it on A4, in black or in colour.")


def _written(desk: Desk, sheets: tuple[Poster, ...], doors: Doors) -> str:
    return page(desk.base.translator, sheets, number=doors.number, chat=doors.chat, bot=doors.bot)


def _doors(settings: Settings, number: str | None, bot: str | None) -> Doors:
    given = number_of(number) if number else settings.twilio_from
    if given is None:
        raise click.ClickException(f"{number} cannot be a telephone number; a landline needs its area code.")
    chat = "" if is_loopback(settings.public_url) else settings.public_url
    account = bot_of(settings)
    return Doors(given, chat, bot.removeprefix("@") if bot else _name_of(account) if account else "")


def _name_of(account: TelegramAccount) -> str:
    """What Telegram calls the bot; empty when it cannot be asked."""

    async def asked() -> str:
        api = TelegramApi(account)
        try:
            return await api.name()
        finally:
            await api.close()

    try:
        return asyncio.run(asked())
    except SendError:
        return ""


def _missing(doors: Doors) -> Iterator[str]:
    """A sentence for everything that the posters cannot say."""
    if not doors.number:
        yield "No number is printed: give --number, or set ANLIN_TWILIO_FROM."
    if not doors.chat:
        yield "No code for the web chat is printed: ANLIN_PUBLIC_URL is not an address that a resident's phone can open."
    if not doors.bot:
        yield "No code for Telegram is printed: no bot is connected, or Telegram did not answer; give --bot NAME."


def _sheets(tx: Tx, wanted: str, buildings: tuple[str, ...], *, per_unit: bool) -> Iterator[Poster]:
    phones = {row.id: row for row in tx.all(_PHONES)}
    numbers = {building_number(name) or name for name in buildings}
    for estate in register.register(tx):
        if wanted and wanted not in (estate.name, *estate.aliases):
            continue
        for building in estate.buildings:
            names = {building_number(name) or name for name in (building.name, *building.aliases)}
            if numbers and not numbers & names:
                continue
            row = phones[estate.id]
            for unit_id, unit in building.units if per_unit and building.units else ((None, ""),):
                yield Poster(_place(estate, building, unit_id, unit), row.gas_repair_phone, row.lift_rescue_phone)


def _place(estate: EstatePlace, building: BuildingPlace, unit_id: int | None, unit: str) -> Place:  # noqa: PLR0917 -- from the large to the small
    number = building_number(building.name)
    return Place(
        estate_id=estate.id,
        estate=estate.name,
        building_id=building.id,
        building=number or building.name,
        is_numbered=number is not None,
        unit_id=unit_id,
        unit=unit_number(unit) if unit else "",
    )
