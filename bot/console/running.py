"""`anlin run`, `web`, `work`, `migrate` and `simulator`: the service and its training carrier."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from contextlib import suppress
from dataclasses import replace

import click

from bot import heartbeat, settings
from bot.app import Anlin, Base, open_base
from bot.clock import Clock
from bot.errors import SettingsFault, StoreDown
from bot.settings import Settings
from bot.store import accounts, demo, people
from bot.store.demo import NotEmpty
from bot.store.holding import held
from bot.web.desk import proof
from bot.web.desk.invitation import invitation_path
from channels.simulator.__main__ import main as run_simulator

TRAINEE = "duty1"  # of the invented estate
SEVERAL = (
    "`anlin web` and `anlin work` share the work between processes, and that needs PostgreSQL: set ANLIN_DATABASE_URL, or use `anlin run`."
)


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Load a plainly invented estate into an empty database first.")
def run(with_demo: bool) -> None:
    """Run the whole service: hooks, timers, deliveries, and phones to try it with where no account is given."""
    read = settings.load()
    with held(read.data_dir, alone=read.database_url.startswith("sqlite")):  # before the database is opened: it may be being restored
        base = _base(read)
        if with_demo:
            _load_demo(base)
        _serve(base, serves=True, works=True)


@click.command()
def web() -> None:
    """Answer the hooks and pages only; `anlin work` does the rest elsewhere. Needs PostgreSQL."""
    _share(serves=True, works=False)


@click.command()
def work() -> None:
    """Send deliveries and do what falls due; `anlin web` answers elsewhere. Needs PostgreSQL."""
    _share(serves=False, works=True)


@click.command()
def migrate() -> None:
    """Bring the database to this release. `anlin run` does it by itself."""
    _base(settings.load()).store.close()
    click.echo("The database is that of this release.")


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.pass_context
def simulator(context: click.Context) -> None:
    """Run the training carrier in a program of its own, and print what the service must be told."""
    run_simulator(context.args)


def _base(read: Settings) -> Base:
    for ours in ("bot", "channels", "workflows"):  # what libraries log at these levels may hold what was said, and says little
        logging.getLogger(ours).setLevel(read.log_level.upper())
    return open_base(read)


def _share(*, serves: bool, works: bool) -> None:
    read = settings.load()
    if read.database_url.startswith("sqlite"):
        raise SettingsFault((SEVERAL,))
    with held(read.data_dir, alone=False):
        _serve(_base(read if not read.simulator_on else replace(read, simulator=settings.Simulator.OFF)), serves=serves, works=works)


def _load_demo(base: Base) -> None:
    try:
        with base.store.begin() as tx:
            demo.load(tx, base.clock.now())
    except NotEmpty:
        return
    click.echo("示例小区已装好（人名、地址都是编的）。 An invented estate is loaded.")


def _serve(base: Base, *, serves: bool, works: bool) -> None:
    """The service runs until it is told to stop, then ends what is under way."""
    service, overseer = Anlin(base, serves=serves, works=works), heartbeat.overseer()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    service.start()
    gc.collect()
    gc.freeze()  # what was made to start lives as long as the service: the collector need not look at it again
    if serves:
        _greet(service)
    overseer.ready()
    while not stopped.wait(timeout=overseer.every):
        if service.is_alive:
            overseer.alive()
    overseer.stopping()
    service.stop()
    click.echo("Stopped. Nothing that was acknowledged is lost.")


def _greet(service: Anlin) -> None:
    click.echo(f"安邻开始工作： {service.url}/   (Anlin is running.)")
    if service.simulator:
        click.echo(f"练习用的手机： {service.simulator.url}/   用一部手机发一句：3号楼2单元电梯困人了")
        click.echo("在终端里说话： anlin chat      看看办件： anlin case list")
        _show_the_desk(service)
    click.echo("按 Ctrl-C 停止。 Stop with Ctrl-C.")


def _show_the_desk(service: Anlin) -> None:
    """Whoever tries the invented estate out is in within a minute: an invitation, as long as nobody has an account."""
    token = _trainee_token(service)
    if token:
        click.echo(f"工作人员的工作台： {service.url}/desk{invitation_path(token)}   值班员（{TRAINEE}）在这里设密码，马上能进")
    else:
        click.echo(f"工作人员的工作台： {service.url}/desk")


def _trainee_token(service: Anlin) -> str:
    with suppress(StoreDown), service.base.store.begin() as tx:
        member = people.staff_by_handle(tx, TRAINEE)
        if member and demo.is_invented(tx, member.person_id) and not accounts.is_anybody(tx):
            return accounts.invite(tx, member.id, secret=proof.new_secret(), actor="console", now=Clock().now())
    return ""


COMMANDS = (run, web, work, migrate, simulator)
