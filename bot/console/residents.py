"""`anlin people`: who lives here, loaded from the lists that a community office keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.console.desk import Desk, as_option, json_option, opened, printed
from bot.store import estate, people_loading
from bot.store.people_files import Fault, PersonLine, read_people
from bot.store.people_plan import Placed, Plan, planned
from bot.store.spreadsheets import decoded
from bot.store.tx import Tx
from workflows.places.homes import NoSuchHome, home
from workflows.places.records import register_of

Checked = tuple[list[Placed], tuple[Fault, ...]]


@click.group()
def people() -> None:
    """Who lives here: names, telephones, homes, and what rescuers should know."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only check the file, tell its faults by line, and count what would change.")
@click.option("--skip-faulty", is_flag=True, help="Load the lines that are in order although others are not.")
@json_option
@as_option
def import_(*, file: Path, dry_run: bool, skip_faulty: bool, is_json: bool, handle: str | None) -> None:
    """Load a CSV file, a line a person. With a fault nothing is written; loading the same file again changes nothing.

    The headings: 小区,楼,单元,楼层,室,姓名,电话,其他电话,合用电话,语言, 独居,行动不便,听力不便,用电医疗设备,帮助人电话,同意方式.
    Only 室 and 姓名 must be there.
    """
    with opened(handle) as desk:
        desk.only("administrator", "street", "community_duty")
        read = read_people(decoded(file.read_bytes()), today=desk.now.astimezone(desk.base.settings.zone).date())
        with desk.base.store.read() as tx:
            placed = _placed(tx, read)
            plan = _plan(tx, placed, desk)
        is_refused = bool(plan.faults) and not skip_faulty
        if plan.changes and not (dry_run or is_refused):
            plan, is_refused = _loaded(desk, placed, skip_faulty=skip_faulty)
        _tell(plan, is_loaded=not (dry_run or is_refused), is_json=is_json)
        if is_refused:
            raise SystemExit(1)


def _loaded(desk: Desk, placed: Checked, *, skip_faulty: bool) -> tuple[Plan, bool]:
    """What was loaded, and whether it was refused: all is checked once more where nobody else can write."""
    with desk.base.store.begin() as tx:
        plan = _plan(tx, placed, desk)
        if plan.faults and not skip_faulty:
            return plan, True
        people_loading.load(tx, plan, actor=desk.actor, zone=desk.base.settings.zone, now=desk.now)
        return plan, False


def _placed(tx: Tx, read: tuple[tuple[PersonLine, ...], tuple[Fault, ...]]) -> Checked:
    """The lines with their homes, and the faults so far."""
    register = register_of(estate.register(tx))
    lines, faults = read
    placed: list[Placed] = []
    unplaced: list[Fault] = []
    for line in lines:
        try:
            placed.append(Placed(line, home(register, line.home)))
        except NoSuchHome as fault:
            unplaced.append(Fault(line.line, str(fault)))
    return placed, (*faults, *unplaced)


def _plan(tx: Tx, checked: Checked, desk: Desk) -> Plan:
    placed, faults = checked
    plan = planned(tx, placed, zone=desk.base.settings.zone)
    return Plan(plan.steps, tuple(sorted((*faults, *plan.faults), key=lambda fault: fault.line)))


def _tell(plan: Plan, *, is_loaded: bool, is_json: bool) -> None:
    counts = people_loading.counted(plan)
    if is_json:
        faults: list[dict[str, Any]] = [{"line": fault.line, "words": fault.words} for fault in plan.faults]
        printed({"loaded": is_loaded, **counts, "faults": faults})
        return
    for fault in plan.faults:
        click.echo(str(fault), err=True)
    if plan.faults and not is_loaded:
        click.echo(f"{len(plan.faults)} faults.", err=True)
    sentence = (
        f"{counts['new_people']} new people, {counts['new_households']} new households, {counts['new_addresses']} new addresses;"
        f" {counts['changed']} people changed, {counts['unchanged']} unchanged."
    )
    click.echo(f"Loaded: {sentence}" if is_loaded else f"Nothing was loaded. It would be: {sentence}")
