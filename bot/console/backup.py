"""`anlin backup` and `anlin restore`: one file with everything but the key, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from bot import settings
from bot.backup import make, places_of
from bot.backup import restore as put_back
from bot.console.desk import json_option, printed
from bot.errors import AnlinError
from bot.restored import LOOK_FIRST, Plan
from bot.settings import Settings
from bot.store.archive import Manifest

PG_DUMP = """PostgreSQL copies its own database, and this backup does not hold it. Run first, with the database's own address:
    pg_dump --format=custom --file=anlin.dump postgresql://HOST/NAME
then this command, so that the attachment of every row is there."""
KEY_APART = """The key is not in it. It lies at {path}; without it nobody can read this backup.
Keep a copy of it somewhere else: anlin keys backup FILE"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace a file of this name.")
@json_option
def backup(file: Path, force: bool, is_json: bool) -> None:
    """Copy the database and the attachments into one file, while the service runs. The key is not in it."""
    read = settings.load()
    manifest = make(read, file, now=datetime.now(UTC), replaces=force)
    attachments = sum(1 for name in manifest.members if name.startswith("attachments/"))
    if places_of(read).database is None:
        click.echo(PG_DUMP, err=True)
    if is_json:
        told = {"file": str(file), "size": file.stat().st_size, "attachments": attachments, "key_file": str(read.sealing_key_file)}
        printed({**told, "made_at": manifest.made_at, "key_id": manifest.key_id, "counts": manifest.counts})
        return
    inbounds = f"{manifest.counts.get('inbound', 0)} inbounds, " if manifest.counts else ""
    click.echo(f"Backed up to {file}: {inbounds}{attachments} attachments, {file.stat().st_size:,} bytes.")
    click.echo(KEY_APART.format(path=read.sealing_key_file))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Move what is here aside first; nothing is deleted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, force: bool, yes: bool) -> None:
    """Put a backup in place. Stop the service first, and put the key file where the settings say."""
    read = settings.load()
    aside = put_back(read, file, replaces=force, agreed=lambda manifest, plan: yes or _asked(read, manifest, plan))
    if aside is None:
        raise AnlinError("Nothing was changed.")
    for path in aside:
        click.echo(f"Moved aside: {path}")
    click.echo("Restored. Look at `anlin check` and `anlin case list`, then start the service.")


def _asked(read: Settings, manifest: Manifest, plan: Plan) -> bool:
    """Whether somebody agrees, knowing what is lost and what will happen."""
    at = manifest.made_at.astimezone(read.zone)
    click.echo(f"This backup was made on {at:%Y-%m-%d at %H:%M}. What came in and was done since then is not in it.")
    click.echo(f"{plan.set_aside} deliveries were due in it. They have most likely been sent, so they are not sent again.")
    click.echo(f"{plan.kept} deliveries are due later and will go out when they are.")
    minutes = LOOK_FIRST.seconds // 60
    click.echo(
        f"{plan.postponed} things have fallen due since (calls to the next person, for example). They are done {minutes} minutes from now:"
    )
    click.echo("look first what has been dealt with since (`anlin case list`), and answer or accept it, and nobody is called for it again.")
    return click.confirm("Put this backup in place?")
