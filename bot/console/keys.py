"""`anlin keys`: the keys that seal personal data."""

from __future__ import annotations

from pathlib import Path

import click

from bot import settings
from bot.console.desk import opened
from bot.settings import Settings
from bot.store import rotate as rotation
from bot.store.begin import Store
from bot.store.holding import held
from bot.store.keys import KeyFile
from bot.store.sealed import Vault


@click.group()
def keys() -> None:
    """The key file that seals personal data. Back it up apart from the database."""


@keys.command()
def rotate() -> None:
    """Make a new key and seal every data key with it. Stop the service first; back the key file up before and after."""
    read = settings.load()
    with held(read.data_dir, alone=True):
        _rotate(read)


@keys.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_(file: Path) -> None:
    """Copy the key file, for a place where no backup of the database lies. An existing file is not overwritten."""
    KeyFile.load(settings.load().sealing_key_file).place(file)
    click.echo(f"The key is copied to {file}. Whoever has this file and a backup reads everything: never keep the two together.")


def _rotate(read: Settings) -> None:
    with opened():
        pass  # the present key fits the database
    path = read.sealing_key_file
    renewed = KeyFile.load(path).rotated()
    renewed.write(path)
    store = Store(read.database_url, Vault(renewed))
    try:
        with store.begin() as tx:
            changed = rotation.reseal(tx)
    finally:
        store.close()
    click.echo(f"{changed} data keys are sealed by the new key. Back up {path} now.")
