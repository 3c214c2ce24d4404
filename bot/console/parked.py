"""`anlin parked`: what could not be handled and waits for a person."""

from __future__ import annotations

import click

from bot import timers, turn
from bot.console.desk import as_option, json_option, opened, printed
from bot.store import parked as inbounds


@click.group()
def parked() -> None:
    """Inbounds and timers that failed, kept in sight until somebody has looked."""


@parked.command("list")
@json_option
@as_option
def list_(is_json: bool, handle: str | None) -> None:
    """List what is parked, with the words. The look is kept in the read log."""
    with opened(handle) as desk:
        desk.only(*inbounds.MAY_LOOK)
        with desk.base.store.begin() as tx:
            rows = inbounds.listed(tx, reader=desk.reader, now=desk.now)
            stuck = timers.stuck(tx)
        found = [{"inbound": row.id, "channel": row.channel, "at": row.at, "why": row.why, "words": row.words} for row in rows]
        if is_json:
            printed([*found, *({"timer": timer["id"], **timer} for timer in stuck)])
            return
        for one in found:
            click.echo(f"{one['inbound']}  {one['at']:%Y-%m-%d %H:%M}Z  {one['channel']}  {one['why']}  {one['words']}")
        for timer in stuck:
            click.echo(f"timer {timer['id']}  {timer['subject']}  {timer['step']}  due {timer['due_at']:%Y-%m-%d %H:%M}Z")
        if not found and not stuck:
            click.echo("Nothing is parked.")


@parked.command()
@click.argument("inbound", type=int)
@json_option
@as_option
def retry(inbound: int, is_json: bool, handle: str | None) -> None:
    """Take a parked inbound once more, as if it had just come."""
    with opened(handle) as desk:
        desk.only(*inbounds.MAY_LOOK)
        try:
            received = turn.retry(desk.house, inbound, desk.now)
        except KeyError:
            raise click.ClickException(f"No inbound {inbound} is parked.") from None
        if is_json:
            printed({"inbound": received.inbound_id, "parked": received.is_parked})
        elif received.is_parked:
            raise click.ClickException(f"It failed again and is parked as {received.inbound_id}.")
        else:
            click.echo("It was taken.")
