"""The client of the bench: as fast as it is answered (closed loop), or at its own pace whatever the answer takes (open loop).

Every request has a connection of its own: waitress closes one after an answer without a body.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterator
from itertools import islice

AT_ONCE = 24  # requests under way in the closed loop: enough that every thread of the server always has one
MOST_A_SECOND = 4000  # requests made ready beforehand: the client must not be busy with that while it measures


def rate(port: int, requests: Iterator[bytes], seconds: float) -> float:
    """Requests answered a second when the next leaves as soon as one was answered."""
    return asyncio.run(_closed(port, list(islice(requests, int(seconds * MOST_A_SECOND))), seconds))


def latencies(port: int, requests: Iterator[bytes], per_second: float, going: Callable[[float], bool]) -> list[float]:
    """Milliseconds from the moment each request was meant to leave until its answer was there; the gaps are random (Poisson)."""
    return asyncio.run(_open(port, requests, per_second, going))


def percentile(figures: list[float], share: float) -> float:
    """The figure that this share of them does not exceed."""
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


async def _closed(port: int, requests: list[bytes], seconds: float) -> float:
    loop, waiting, answered = asyncio.get_running_loop(), iter(requests), 0
    began = loop.time()

    async def ask() -> None:
        nonlocal answered
        while loop.time() - began < seconds:
            await _ask(port, next(waiting))
            answered += 1

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return answered / (loop.time() - began)


async def _open(port: int, requests: Iterator[bytes], per_second: float, going: Callable[[float], bool]) -> list[float]:
    loop, chance = asyncio.get_running_loop(), random.Random(8)
    began = at = loop.time()

    async def ask(request: bytes, at: float) -> float:
        await _ask(port, request)
        return (loop.time() - at) * 1000

    asked = []
    while going(at - began):
        request = next(requests)
        at += chance.expovariate(per_second)
        await asyncio.sleep(max(0.0, at - loop.time()))
        asked.append(asyncio.create_task(ask(request, at)))
    return await asyncio.gather(*asked)


async def _ask(port: int, request: bytes) -> None:
    """The request is answered with 204; anything else is no figure but a fault."""
    loop = asyncio.get_running_loop()
    with socket.socket() as line:
        line.setblocking(False)
        await loop.sock_connect(line, ("127.0.0.1", port))
        await loop.sock_sendall(line, request)
        head = await loop.sock_recv(line, 4096)
    if not head.startswith(b"HTTP/1.1 204"):
        raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
