"""`anlin chat`: talk to the service in the terminal, as a resident would."""

from __future__ import annotations

import sys
import threading
import uuid

import click

from bot import answering, settings, turn
from bot.app import Base, house_of, open_base
from bot.drawing import Brush
from bot.envelope import Address, Outbound
from bot.errors import StoreDown
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
        self._brush = Brush(terminal, base.translator)
        self._base = base
        self._house = house_of(base, terminal)
        self._ended = threading.Event()
        self._drawing = threading.Lock()

    def say(self, line: str) -> None:
        """One typed line is one inbound; what it draws is printed after the commit."""
        now = self._base.clock.now()
        inbound = parse(line, name=self._name, external_id=uuid.uuid4().hex, now=now)
        try:
            with self._drawing:
                self._print(answering.answer(self._house, self._brush, inbound, now=now))
        except StoreDown as fault:
            click.echo(str(fault), err=True)

    def listen(self) -> None:
        """What staff or the clock say meanwhile is printed as it comes."""
        while not self._ended.wait(LISTEN_EVERY):
            try:
                now = self._base.clock.now()
                turn.fall_due(self._house, now)
                with self._drawing:
                    self._print(answering.waiting_for(self._house, self._brush, self._address, now=now))
            except StoreDown:
                continue

    def _print(self, outbounds: tuple[Outbound, ...]) -> None:
        for outbound in outbounds:
            click.echo(outbound.words)

    def end(self) -> None:
        """Nothing more is printed."""
        self._ended.set()


COMMANDS = (chat,)
