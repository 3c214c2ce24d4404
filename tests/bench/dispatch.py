"""How fast deliveries leave, every state durable, beside the platform's own client alone in the same run; and how fast they are claimed."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot import outbox
from bot.deliveries import DELIVERY
from bot.dispatcher import LEASE, Dispatcher
from bot.effects import Owner
from bot.envelope import Lane, Purpose
from bot.outbox import Content
from bot.prompt import phrase
from bot.store import people
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests.bench import sink
from tests.bench.carriers import IN_FLIGHT, TELEGRAM, TRANSLATOR, TWILIO, Carrier, Send
from tests.bench.running import apart
from tests.bench.table import Line, at_least

COUNT = 6000
ROUNDS = 3
SHARE = 0.6
SINK_TIMES = 2.0
CLAIMS = 30_000
WORDS = "The water in {building} is off from {hour} o'clock. We will write when it is back."


def run() -> list[Line]:
    """The figures, medians of a few rounds each; bare and ours take turns, so that a busy machine slows both."""
    gc.collect()
    gc.freeze()  # as the service does once it has started
    lines = [line for carrier in (TWILIO, TELEGRAM) for line in _through(carrier)]
    claims = statistics.median(_claims(COUNT) for _ in range(ROUNDS))
    return [*lines, Line("claims of 200, deliveries a second", claims, CLAIMS)]


def _through(carrier: Carrier) -> list[Line]:
    with apart(sink.serve, *carrier.answer) as (url, _pid):
        capacity = asyncio.run(_capacity(url, COUNT * 2, ends=carrier.answer[1][-3:]))
        pairs = [(asyncio.run(_bare(carrier, url)), _dispatch(carrier, url)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return [
        Line(f"{carrier.client} alone, sends a second", bare),
        at_least(f"dispatch through {carrier.client}", ours, bare, share=SHARE),
        at_least("the sink they send to, answers a second", capacity, ours, share=SINK_TIMES),
    ]


def _dispatch(carrier: Carrier, url: str) -> float:
    """From the first claim until every delivery is sent in the database; claims, sealing and commits included."""
    with tempfile.TemporaryDirectory() as folder:
        store = _filled_store(Path(folder), carrier, COUNT)
        dispatcher = Dispatcher(store, (carrier.channel(url),), translator=TRANSLATOR, clock=_now)
        began = time.perf_counter()
        dispatcher.start()
        while not _is_done(store):
            time.sleep(0.02)
        took = time.perf_counter() - began
        dispatcher.stop()
        store.close()
    return COUNT / took


def _claims(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = _filled_store(Path(folder), TWILIO, count)
        began, claimed = time.perf_counter(), 0
        while True:
            with store.begin() as tx:
                found = outbox.claim(tx, ("sms",), holder="bench", now=_now(), lease=LEASE, limit=200)
            if not found:
                break
            claimed += len(found)
        took = time.perf_counter() - began
        store.close()
    assert claimed == count
    return count / took


def _filled_store(folder: Path, carrier: Carrier, count: int) -> Store:
    store = Store(f"sqlite:///{folder / 'anlin.db'}", Vault(KeyFile.load_or_make(folder / "sealing.key")))
    store.migrate()
    now = _now()
    with store.begin() as tx:
        for number in range(count):
            owner = Owner(person_id=people.add_person(tx, name="Example Resident", now=now))
            people.add_address(tx, carrier.address(number), owner, now=now)
            content = Content((phrase(WORDS, building=f"building {number % 12}", hour=9),))
            found = people.addresses_of(tx, owner)[0]
            outbox.enqueue(tx, address=found, content=content, now=now, lane=Lane.BULK, purpose=Purpose.SAFETY)
    return store


def _is_done(store: Store) -> bool:
    with store.read() as tx:
        return tx.first(select(DELIVERY.c.id).where(DELIVERY.c.state.in_(("queued", "sending"))).limit(1)) is None


async def _bare(carrier: Carrier, url: str) -> float:
    """The platform's client on as many connections, with nothing of ours round it."""
    async with carrier.bare(url) as send:
        took = await _all(send, COUNT)
    return COUNT / took


async def _capacity(url: str, count: int, *, ends: bytes) -> float:
    """What the sink answers when nothing but bytes is sent to it."""
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    lines = [await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1])) for _ in range(IN_FLIGHT)]
    began = time.perf_counter()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(count // IN_FLIGHT):
            writer.write(request)
            await reader.readuntil(ends)

    await asyncio.gather(*(ask(*line) for line in lines))
    took = time.perf_counter() - began
    for _reader, writer in lines:
        writer.close()
    return count / took


async def _all(send: Send, count: int) -> float:
    """The seconds that so many sends take, with as many in flight as the dispatcher has."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await send(number)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began


def _now() -> datetime:
    return datetime.now(UTC)
