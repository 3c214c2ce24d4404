"""The `anlin` command: its parts gathered, its faults told in sentences."""

from __future__ import annotations

import logging
import sys

import click

from bot.console import (
    backup,
    cases,
    check,
    deadlines,
    estates,
    fallback,
    keys,
    parked,
    poster,
    residents,
    running,
    staff,
    systemd,
    talking,
    triage,
)
from bot.errors import AnlinError, SettingsFault

GROUP_HELP = """Anlin (安邻): residents report, are answered in time, and are not forgotten.

Try it: `anlin run --demo` starts the service with an invented estate and phones in the browser;
`anlin chat` talks to it in this terminal; `anlin case list` shows what came of it.

Settings are read from ANLIN_* and anlin.toml; `anlin check` says what is wrong with them.
"""


@click.group(help=GROUP_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="anlin", prog_name="anlin")
def anlin() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")


ROOMS = (estates.estate, residents.people, staff.staff, cases.case, deadlines.deadline, parked.parked, poster.poster)
UPKEEP = (check.check, backup.backup, backup.restore, keys.keys, fallback.fallback, systemd.systemd, triage.triage)
for command in (*running.COMMANDS, *talking.COMMANDS, *ROOMS, *UPKEEP):
    anlin.add_command(command)


def main() -> None:
    """The command, its faults told in sentences: exit 1 for what can be mended here, 2 for words it does not know."""
    try:
        anlin(standalone_mode=True)
    except SettingsFault as fault:
        for sentence in fault.faults:
            click.echo(sentence, err=True)
        sys.exit(1)
    except AnlinError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
