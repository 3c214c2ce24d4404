"""`anlin check`: whether tonight's report would reach somebody. All faults at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import click
from sqlalchemy import select

from bot import ladder, settings
from bot.app import Base, open_base
from bot.carriers import NO_ACCOUNT, NO_BOT, account_of, bot_of, channels
from bot.console.desk import printed
from bot.envelope import Address
from bot.errors import AnlinError, SettingsFault
from bot.readings import is_loopback
from bot.restored import BACKED_UP, COPY_OF, RESTORED
from bot.store import meta, people
from bot.store.addresses import sent_by
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.staff import ROLES_OF_A_GRID
from bot.store.tables import AddressRow, Estate, Grid
from channels import voice
from channels.telegram_api import HOOK_PATH
from channels.twilio import RETRIES

BACKUP_EVERY, TOLD_FOR = timedelta(days=7), timedelta(days=30)

GRID, ESTATE, ADDRESS = table_of(Grid), table_of(Estate), table_of(AddressRow)
_GRIDS = select(GRID.c.id, GRID.c.name, ESTATE.c.name.label("estate")).join(ESTATE, ESTATE.c.id == GRID.c.estate_id).order_by(GRID.c.id)
_ENROLLED = select(ADDRESS.c.channel, ADDRESS.c.value, ADDRESS.c.data_key_id, ADDRESS.c.preference).where(ADDRESS.c.gone_at.is_(None))


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON document on standard output.")
def check(is_json: bool) -> None:
    """Check the configuration, the roster and the channels. Exit 1 when something must be mended; every fault is told."""
    faults: list[str] = []
    notes: list[str] = []
    try:
        base = open_base(settings.load())
    except SettingsFault as fault:
        faults.extend(fault.faults)
    except AnlinError as fault:
        faults.append(str(fault))
    else:
        with base.store.read() as tx:
            faults.extend(roster(base, tx))
            faults.extend(reach(base, tx))
            notes.extend(upkeep(base, tx))
        notes.extend(hooks(base))
        base.store.close()
    if is_json:
        printed({"faults": faults, "notes": notes})
    else:
        for sentence in (*notes, *faults):
            click.echo(sentence)
        click.echo("Everything is in order." if not faults else f"{len(faults)} to mend.")
    sys.exit(1 if faults else 0)


def hooks(base: Base) -> Iterator[str]:
    """Where the platforms must be told to call."""
    if base.settings.has_twilio:
        yield f"Twilio, incoming texts: {base.settings.sms_hook_url}{RETRIES}"
        yield "Twilio, receipts, and what is said in calls that we place: sent along with each of them, nothing to enter."
        yield f"Twilio, a call comes in: {base.settings.public_url}{voice.CALL_PATH}{RETRIES}"
        yield f"Twilio, call status changes: {base.settings.public_url}{voice.STATUS_PATH}{RETRIES}"
        yield "Twilio, primary handler fails: the TwiML Bin that `anlin fallback` prints, played when this whole machine is down."
        if not base.settings.duty_phone:
            yield "ANLIN_DUTY_PHONE is not set: while the database is away, callers hear the emergency numbers and nobody is rung."
    if base.settings.telegram_polls:
        yield "Telegram: this service asks for what is new; nothing to enter."
    elif base.settings.has_telegram:
        yield f"Telegram calls {base.settings.public_url}{HOOK_PATH}; this service tells it so at every start."
    yield f"Staff open the desk at {base.settings.desk_url}"
    if not base.settings.public_url.startswith("https:") and not is_loopback(base.settings.public_url):
        yield "ANLIN_PUBLIC_URL is neither https nor this machine: the desk stays shut there, since others could read the passwords."
    if base.settings.simulator_on:
        yield "No account is given: the simulator is the carrier, and no text leaves this machine."


def upkeep(base: Base, tx: Tx) -> Iterator[str]:
    """Whether a copy is kept, and whether this is one. A rehearsal needs none."""
    at = meta.get(tx, BACKED_UP)
    if not base.settings.simulator_on and (at is None or base.clock.now() - datetime.fromisoformat(at) > BACKUP_EVERY):
        last = f"The last backup was made on {_day(base, at)}" if at else "No backup has been made yet"
        yield f"{last}: run `anlin backup FILE`, best every night, onto another disk."
    restored = meta.get(tx, RESTORED)
    if restored and base.clock.now() - datetime.fromisoformat(restored) < TOLD_FOR:
        yield f"This database was restored on {_day(base, restored)}, from a backup of {_day(base, meta.get(tx, COPY_OF) or restored)}."


def _day(base: Base, at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(base.settings.zone):%Y-%m-%d at %H:%M}"


def roster(base: Base, tx: Tx) -> Iterator[str]:
    """Every step of the urgent ladder that would reach nobody now."""
    now = base.clock.now()
    grids = tx.all(_GRIDS)
    if not grids:
        yield "There is no estate: reports are taken, but no place is found. Load one with `anlin estate import FILE.csv`."
    for role in (*(step.role for step in ladder.URGENT.steps), ladder.URGENT.last_resort):
        if role in ROLES_OF_A_GRID:
            for grid in grids:
                if not people.standing(tx, role, grid.id, now):
                    yield f"{grid.estate}, {grid.name}: no {role} can be reached now (on duty, with a verified address)."
        elif not people.standing(tx, role, None, now):
            yield f"No {role} can be reached now (on duty, with a verified address)."


def reach(base: Base, tx: Tx) -> Iterator[str]:
    """What the configured carriers cannot do for the people enrolled, counted; nobody is named."""
    settings = base.settings
    bot = bot_of(settings) or (NO_BOT if settings.simulator_on else None)
    account = account_of(settings) or NO_ACCOUNT
    connected = channels(settings, account, bot, clock=base.clock, translator=base.translator)
    by_name = {channel.name: channel for channel in connected}
    counted: dict[str, int] = {}
    for row in tx.all(_ENROLLED):
        if row.channel == "terminal":
            continue
        name = sent_by(row.channel, row.preference)
        channel = by_name.get(name)
        why = (
            channel.capability(Address(name, tx.unseal(row.data_key_id, row.value))).why if channel else f"No {name} account is configured."
        )
        if why:
            counted[why] = counted.get(why, 0) + 1
    for why, number in sorted(counted.items()):
        yield f"{number} addresses: {why}"
