"""The web chat beside the SMS hook: many pages are open, each asking every two seconds for what is new, while texts come in."""

from __future__ import annotations

import asyncio
import re
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bot import turn
from bot.app import house_of
from bot.envelope import Inbound
from bot.web.visitor import COOKIE
from channels import webchat
from channels.twilio import TwilioAccount
from tests.bench import sink, talks
from tests.bench.load import latencies, percentile
from tests.bench.running import FASTEST, apart, running, twilio
from tests.bench.table import Line, below

OPEN = 200
EVERY = 2.0  # seconds
SECONDS = 20.0
PER_SECOND = 50


def run() -> list[Line]:
    """The hook alone first, then with the pages open."""
    with tempfile.TemporaryDirectory() as name, apart(sink.serve, *sink.TWILIO) as (sink_url, _pid):
        tokens = _prepare(Path(name))
        with running(Path(name), **twilio(sink_url, per_second=FASTEST)) as service:
            texts = _texts(service.account)
            latencies(service.port, texts, PER_SECOND, lambda elapsed: elapsed < 3)  # warm
            calm = latencies(service.port, texts, PER_SECOND, lambda elapsed: elapsed < SECONDS)
            with _pages(service.port, tokens) as asked:
                busy = latencies(service.port, texts, PER_SECOND, lambda elapsed: elapsed < SECONDS)
    beside = f"at {PER_SECOND} a second, {OPEN} web chats open"
    return [
        below(f"p99 of a text {beside}", percentile(busy, 0.99), 50, unit="ms", floor=percentile(calm, 0.99)),
        Line(f"median of a text {beside}", percentile(busy, 0.5), percentile(calm, 0.5), "ms"),
        below(f"p99 of an event stream, {OPEN} web chats open", percentile(asked, 0.99), 50, unit="ms"),
        Line("event streams answered meanwhile", len(asked) / SECONDS),
    ]


def _prepare(folder: Path) -> list[str]:
    """So many people have said something on the page; the floor of what is asked is what a browser that waits asks."""
    base = talks.prepare(folder, residents=8000)
    house, now = house_of(base), base.clock.now()
    tokens = [secrets.token_urlsafe(32) for _ in range(OPEN)]
    for number, token in enumerate(tokens):
        turn.receive(house, Inbound("webchat", f"in-{number:05}", webchat.address_of(token), now, text="示例新村3号楼楼道灯不亮"), now)
    base.store.close()
    return tokens


def _texts(account: TwilioAccount) -> Iterator[bytes]:
    for number, spoken in zip(count(), talks.words(), strict=False):
        yield talks.request(account, spoken, f"SM{number:032}")


@contextmanager
def _pages(port: int, tokens: list[str]) -> Iterator[list[float]]:
    """The pages are open until the block ends; what is given grows by the milliseconds of each answer."""
    asked: list[float] = []
    ended = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_all(port, tokens, asked, ended)))
    thread.start()
    try:
        yield asked
    finally:
        ended.set()
        thread.join()


async def _all(port: int, tokens: list[str], asked: list[float], ended: threading.Event) -> None:
    await asyncio.gather(*(_page(port, token, place / len(tokens), asked, ended) for place, token in enumerate(tokens)))


async def _page(port: int, token: str, place: float, asked: list[float], ended: threading.Event) -> None:
    """One page, which begins at its own moment, keeps its line open and remembers what it saw last, as a browser does."""
    loop, seen = asyncio.get_running_loop(), b"0"
    await asyncio.sleep(place * EVERY)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not ended.is_set():
        began = loop.time()
        writer.write(_REQUEST % (port, COOKIE.encode(), token.encode(), seen))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
        told = re.findall(rb"^id: (\d+)$", await reader.readexactly(length), re.MULTILINE)
        asked.append((loop.time() - began) * 1000)
        seen = told[-1] if told else seen
        await asyncio.sleep(EVERY)
    writer.close()


_REQUEST = b"GET /chat/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %b=%b\r\nLast-Event-ID: %b\r\n\r\n"
