"""`anlin systemd`: the unit that starts Anlin with the machine, and again after a crash or a power cut."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from bot import settings
from bot.backup import places_of
from bot.settings import Settings

# systemd.exec(5), systemd.service(5). It never gives up starting: after a power cut the disk or the network may come late.
# When it is stopped, pages and sends have ten seconds each to end. Signs of life come from bot/heartbeat.py.
UNIT = """[Unit]
Description=Anlin (安邻): residents report, are answered in time, and are not forgotten
After=network-online.target time-sync.target{after}
Wants=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
User={account}
WorkingDirectory={here}
Environment={folder}
EnvironmentFile=-/etc/anlin.env
ExecStart={command} run
Restart=always
RestartSec=5
TimeoutStartSec=300
TimeoutStopSec=45
WatchdogSec=300

UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writes}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
"""
THEN = """Run `anlin check` once as {account}, so that the data folder is there. Then put the unit in place and start it:
    {command} systemd --account {account} | sudo tee /etc/systemd/system/anlin.service
    sudo systemctl daemon-reload && sudo systemctl enable --now anlin
What it says: journalctl -u anlin. Settings are read from {here}/anlin.toml and from /etc/anlin.env (NAME=value, one a line);
the unit knows nothing of what you exported in this terminal. Both files hold secrets: chmod 600."""


@click.command()
@click.option("--account", default=getpass.getuser, help="The account of this machine that runs the service; default: yours.")
def systemd(account: str) -> None:
    """Print a systemd unit with the paths of this installation, and say where to put it."""
    here, command = Path.cwd(), _command()
    click.echo(unit(settings.load(), here=here, command=command, account=account), nl=False)
    click.echo(THEN.format(command=command, account=account, here=here), err=True)


def unit(read: Settings, *, here: Path, command: str, account: str) -> str:
    """The unit: started once the network and the clock are there, and able to write to the data and to nothing else."""
    database = places_of(read).database
    writes = dict.fromkeys((read.data_dir, database.parent if database else read.data_dir))
    return UNIT.format(
        account=account,
        here=_escaped(here),
        folder=_quoted(f"ANLIN_DATA_DIR={read.data_dir}"),
        command=command,
        writes=" ".join(_quoted(path) for path in writes),
        after="" if database else " postgresql.service",
    )


def _command() -> str:
    """The `anlin` beside the Python that runs now, else that Python with the package."""
    beside = Path(sys.executable).with_name("anlin")
    return _quoted(beside) if beside.exists() else f"{_quoted(sys.executable)} -m bot"


def _quoted(words: Path | str) -> str:
    """As systemd reads one of several words."""
    escaped = _escaped(words)
    return f'"{escaped}"' if " " in escaped else escaped


def _escaped(words: Path | str) -> str:
    return str(words).replace("%", "%%")
