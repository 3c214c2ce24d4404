"""`anlin estate`: the register of estates, buildings and homes."""

from __future__ import annotations

from pathlib import Path

import click

from bot.console.desk import as_option, json_option, opened, printed
from bot.store import estate as register


@click.group()
def estate() -> None:
    """The register of estates, grids, buildings and homes."""


@estate.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only read the file and tell its faults by line.")
@json_option
@as_option
def import_(*, file: Path, dry_run: bool, is_json: bool, handle: str | None) -> None:
    """Load a CSV file: a register of estates, or a list of homes (小区,网格,楼栋,单元,楼层,房号). Loading it again changes nothing."""
    with opened(handle) as desk:
        desk.only("administrator", "street", "community_duty")
        read = register.read_csv(register.decoded(file.read_bytes()))
        if read.faults:
            raise click.ClickException("\n".join(read.faults))
        if dry_run:
            click.echo("The file has no faults. Nothing was loaded.")
            return
        with desk.base.store.begin() as tx:
            loaded = register.load(tx, read)
        if is_json:
            printed(loaded)
        else:
            click.echo(
                f"Loaded {loaded.estates} estates, {loaded.buildings} buildings, {loaded.units} units, {loaded.households} households."
            )
