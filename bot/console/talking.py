"""`anlin chat`: talk to the service in the terminal, as a resident would."""

from __future__ import annotations

import sys
import threading
import uuid

import click

from bot import drawing, settings, turn
from bot.app import Base, house_of, open_base
from bot.drawing import Brush
from bot.envelope import Address
from bot.errors import StoreDown
from bot.store import people
from channels.terminal import Terminal, parse

LISTEN_EVERY = 1.0  # seconds between two looks for what was said later


@click.command()
@click.option("--name", default="me", show_default=True, help="Who you are in this talk; another name is another person.")
def chat(name: str) -> None:
    """Talk to Anlin in this terminal. End with Ctrl-D; /pin 38.5,102.1 sends a place, /photo FILE a picture."""
    base = open_base(settings.load())
    terminal = Terminal(sys.stdout)
    talk = _Talk(name, terminal, base)
    listener = threading.Thread(target=talk.listen, daemon=True)
    if sys.stdin.isatty():
        click.echo("您好，这里是安邻。出了什么事、在哪儿，直接说。 (Anlin: say what has happened, and where.)")
        listener.start()
    try:
        for line in sys.stdin:
            if line.strip():
                talk.say(line)
    except KeyboardInterrupt:
        click.echo()
    finally:
        talk.end()
        if listener.is_alive():
            listener.join(timeout=5)
        base.store.close()


class _Talk:
    """One person at one terminal; what is said to them is drawn here and nowhere else."""

    def __init__(self, name: str, terminal: Terminal, base: Base) -> None:
        self._address = Address("terminal", name)
        self._name = name
        self._terminal = terminal
        self._base = base
        self._house = house_of(base, terminal)
        self._ended = threading.Event()
        self._drawing = threading.Lock()

    def say(self, line: str) -> None:
        """One typed line is one inbound; what it draws is printed after the commit."""
        now = self._base.clock.now()
        inbound = parse(line, name=self._name, external_id=uuid.uuid4().hex, now=now)
        try:
            received = turn.receive(self._house, inbound, now)
        except StoreDown as fault:
            click.echo(str(fault), err=True)
            return
        self._draw(received.inbound_id)

    def listen(self) -> None:
        """What staff or the clock say meanwhile is printed as it comes."""
        while not self._ended.wait(LISTEN_EVERY):
            try:
                turn.fall_due(self._house, self._base.clock.now())
                self._draw(None)
            except StoreDown:
                continue

    def end(self) -> None:
        """Nothing more is printed."""
        self._ended.set()

    def _draw(self, inbound_id: int | None) -> None:
        with self._drawing:
            now = self._base.clock.now()
            with self._base.store.begin() as tx:
                known = people.at(tx, self._address)
                brush = Brush(self._terminal, self._base.translator)
                outbounds = drawing.drawn(tx, brush, known.address_id, inbound_id=inbound_id, now=now) if known else ()
            for outbound in outbounds:
                click.echo(outbound.words)


COMMANDS = (chat,)
