"""How fast deliveries leave through Twilio's async client, every state durable, against that client alone in the same run.

The sink is a raw HTTP server in a process of its own, which must answer at least twice as fast as we send.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, TCPConnector
from sqlalchemy import select
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot import outbox
from bot.deliveries import DELIVERY
from bot.dispatcher import LEASE, Dispatcher
from bot.effects import Owner
from bot.envelope import Address, Lane, Purpose
from bot.outbox import Content
from bot.prompt import phrase
from bot.store import people
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from bot.translate import load_translator
from channels.sms import Sms
from channels.twilio import TwilioAccount

COUNT = 6000
ROUNDS = 3
IN_FLIGHT = 50
FLOOR = 0.6
SINK_FLOOR = 2.0
CLAIM_FLOOR = 30_000
WORDS = "The water in {building} is off from {hour} o'clock. We will write when it is back."


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    figure: float
    floor: float
    ratio: float


def run(count: int = COUNT, rounds: int = ROUNDS) -> list[Row]:
    """The figures, medians of a few rounds each; bare and ours take turns, so that a busy machine slows both."""
    gc.collect()
    gc.freeze()  # as the service does once it has started
    ours_end, theirs_end = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=_sink, args=(theirs_end,), daemon=True)
    sink.start()
    port = ours_end.recv()
    account = TwilioAccount(
        "AC" + "0" * 32, "token", from_number="+9900000000", api_base=f"http://127.0.0.1:{port}", public_url="http://127.0.0.1"
    )
    try:
        capacity = asyncio.run(_capacity(port, count * 2))
        pairs = [(asyncio.run(_bare(account, count)), _dispatch(account, count)) for _ in range(rounds)]
        claims = statistics.median(_claims(count) for _ in range(rounds))
    finally:
        sink.kill()
        sink.join()
    bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return [
        Row("the sink alone, answers a second", capacity, SINK_FLOOR * ours, capacity / ours),
        Row("Twilio's async client alone, sends a second", bare, bare, 1.0),
        Row("dispatch through it, deliveries a second", ours, FLOOR * bare, ours / bare),
        Row("claims of 200, deliveries a second", claims, CLAIM_FLOOR, claims / CLAIM_FLOOR),
    ]


def _dispatch(account: TwilioAccount, count: int) -> float:
    """From the first claim until every delivery is sent in the database; claims, sealing and commits included."""
    with tempfile.TemporaryDirectory() as folder:
        store = _filled_store(Path(folder), count)
        channel = Sms(account, clock=_now, rate=1_000_000, in_flight=IN_FLIGHT)
        dispatcher = Dispatcher(store, (channel,), translator=load_translator("en", ZoneInfo("Asia/Shanghai")), clock=_now)
        began = time.perf_counter()
        dispatcher.start()
        while not _is_done(store):
            time.sleep(0.02)
        took = time.perf_counter() - began
        dispatcher.stop()
        store.close()
    return count / took


def _claims(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = _filled_store(Path(folder), count)
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


def _filled_store(folder: Path, count: int) -> Store:
    store = Store(f"sqlite:///{folder / 'anlin.db'}", Vault(KeyFile.load_or_make(folder / "sealing.key")))
    store.migrate()
    now = _now()
    with store.begin() as tx:
        for number in range(count):
            owner = Owner(person_id=people.add_person(tx, name="Example Resident", now=now))
            address_id = people.add_address(tx, Address("sms", f"+9900{number:08}"), owner, now=now)
            found = people.addresses_of(tx, owner)[0]
            assert found.id == address_id
            content = Content((phrase(WORDS, building=f"building {number % 12}", hour=9),))
            outbox.enqueue(tx, address=found, content=content, now=now, lane=Lane.BULK, purpose=Purpose.SAFETY)
    return store


def _is_done(store: Store) -> bool:
    with store.read() as tx:
        return tx.first(select(DELIVERY.c.id).where(DELIVERY.c.state.in_(("queued", "sending"))).limit(1)) is None


async def _bare(account: TwilioAccount, count: int) -> float:
    """Twilio's client as it is sold, on as many connections, with nothing of ours round it."""
    line = AsyncTwilioHttpClient(pool_connections=False)
    line.session = ClientSession(connector=TCPConnector(limit=IN_FLIGHT))
    client = Client(account.sid, account.token, http_client=line)
    client.api.base_url = account.api_base

    async def send(number: int) -> None:
        await client.messages.create_async(
            to=f"+9900{number:08}",
            from_=account.from_number,
            body=f"The water in building {number % 12} is off from 9 o'clock. We will write when it is back.",
            status_callback=f"{account.public_url}/hooks/twilio/status?delivery={number}",
        )

    took = await _all(send, count)
    await line.close()
    return count / took


async def _capacity(port: int, count: int) -> float:
    """What the sink answers when nothing but bytes is sent to it."""
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IN_FLIGHT)]
    began = time.perf_counter()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(count // IN_FLIGHT):
            writer.write(request)
            await reader.readexactly(len(_ANSWER))

    await asyncio.gather(*(ask(*line) for line in lines))
    took = time.perf_counter() - began
    for _reader, writer in lines:
        writer.close()
    return count / took


async def _all(send: Callable[[int], Awaitable[None]], count: int) -> float:
    """The seconds that so many sends take, with as many in flight as the dispatcher has."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await send(number)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began


_BODY = json.dumps({"sid": "SM" + "0" * 32, "status": "queued", "error_code": None, "num_segments": "1"}).encode()
_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


class _Sink(asyncio.Protocol):
    """Answers every request with 201 as soon as its last byte is there."""

    def __init__(self) -> None:
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.held) < end + 4 + length:
                return
            self.held = self.held[end + 4 + length :]
            self.transport.write(_ANSWER)  # type: ignore[attr-defined]


def _sink(told: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Print the table."""
    print(f"{'what':<46}{'figure':>10}{'floor':>10}{'ratio':>8}")
    for row in run():
        print(f"{row.what:<46}{row.figure:>10,.0f}{row.floor:>10,.0f}{row.ratio:>8.2f}")


if __name__ == "__main__":
    main()
