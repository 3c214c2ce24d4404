"""Twenty calls in progress at the hotline of the real service: how long a caller waits for each answer, from the ring to the last words.

Every caller says the words of the bench's talks, a second after they were spoken to, which is sooner than people are; who has hung up
rings again from another number. The floor is a page of the same service that does nothing, asked at the same pace by as many.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from html import unescape
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from channels import voice
from channels.twilio import TwilioAccount, sign
from tests.bench import sink, talks
from tests.bench.load import percentile
from tests.bench.running import FASTEST, FROM, apart, running, twilio
from tests.bench.table import Line, below

CALLS = 20
THINKS = 1.0  # seconds, on average
SECONDS = 30.0
RESIDENTS = 500  # more than ring in a run
_ACTION = re.compile(r'<Gather[^>]* action="([^"]+)"')
_IDLE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def run() -> list[Line]:
    """The waits of the callers."""
    with tempfile.TemporaryDirectory() as name, apart(sink.serve, *sink.TWILIO) as (sink_url, _pid):
        talks.prepare(Path(name), residents=RESIDENTS).store.close()
        with running(Path(name), **twilio(sink_url, per_second=FASTEST)) as service:
            asyncio.run(_calling(service.port, service.account, seconds=3.0))  # the first calls warm it up
            waits = asyncio.run(_calling(service.port, service.account, seconds=SECONDS))
            idle = asyncio.run(_idling(service.port, seconds=SECONDS / 3))
    return [
        below(f"p99 of a call step, {CALLS} calls in progress", percentile(waits, 0.99), 100, unit="ms", floor=percentile(idle, 0.99)),
        Line(f"median of a call step, {CALLS} calls in progress", percentile(waits, 0.5), percentile(idle, 0.5), "ms"),
        Line("call steps meanwhile", len(waits) / SECONDS),
    ]


_numbers = count()


async def _calling(port: int, account: TwilioAccount, *, seconds: float) -> list[float]:
    """The milliseconds of every step of calls that go on for so long, one after the other on each of so many lines."""
    ends, waits = asyncio.get_running_loop().time() + seconds, list[float]()

    async def line(chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * THINKS)
        while asyncio.get_running_loop().time() < ends:
            async for waited in _call(port, account, next(_numbers), chance=chance):
                waits.append(waited)

    await asyncio.gather(*(line(random.Random(each)) for each in range(CALLS)))
    return waits


async def _call(port: int, account: TwilioAccount, number: int, *, chance: random.Random) -> AsyncIterator[float]:
    """The milliseconds of each step of one call."""
    form = {"CallSid": f"CA{number:032}", "From": talks.resident(number), "To": FROM, "CallStatus": "in-progress", "Direction": "inbound"}
    path: str | None = voice.CALL_PATH
    for said in ("", *_words(number)):
        if path is None:
            break
        waited, answer = await _asked(port, _posted(account, path, form | ({"SpeechResult": said} if said else {})))
        found = _ACTION.search(answer)
        path = unescape(found[1]).partition("#")[0] if found else None
        yield waited
        await asyncio.sleep(chance.expovariate(1 / THINKS))
    waited, _answer = await _asked(port, _posted(account, voice.STATUS_PATH, form | {"CallStatus": "completed"}))
    yield waited


def _words(number: int) -> Iterator[str]:
    return (words.format(place="3号楼2单元501") for words in talks.MIX[number % len(talks.MIX)])


async def _idling(port: int, *, seconds: float) -> list[float]:
    ends, waits = asyncio.get_running_loop().time() + seconds, list[float]()

    async def line(chance: random.Random) -> None:
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(chance.expovariate(1 / THINKS))
            waits.append((await _asked(port, _IDLE))[0])

    await asyncio.gather(*(line(random.Random(each)) for each in range(CALLS)))
    return waits


async def _asked(port: int, request: bytes) -> tuple[float, str]:
    """Milliseconds until the whole answer was there, and the answer; anything but a success is no figure but a fault."""
    began = asyncio.get_running_loop().time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
        raise RuntimeError(answer.split(b"\r\n", 1)[0].decode())
    return (asyncio.get_running_loop().time() - began) * 1000, answer.decode()


def _posted(account: TwilioAccount, path: str, fields: dict[str, str]) -> bytes:
    body = urlencode(fields).encode()
    signature = sign(account.token, account.public_url + path, fields.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: {account.public_url[7:]}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
