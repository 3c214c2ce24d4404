"""Complete SMS turns over HTTP against the real service: how many a second, and how long each takes at a steady pace or beside a broadcast.

Everything is in it: signature, dedupe, router, talk, case, timeline, pings, reply, commit with synchronous=FULL; and in the same process
the dispatcher sends replies to a sink and settles them, which the floor does not do.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
from sqlalchemy import ColumnElement, func, insert, literal, select

from bot.app import Base
from bot.deliveries import DELIVERY
from bot.envelope import Lane, Purpose
from bot.outbox import Content
from bot.prompt import phrase
from bot.store.addresses import ADDRESS
from channels.twilio import TwilioAccount
from tests.bench import floor, sink, talks
from tests.bench.load import latencies, percentile, rate
from tests.bench.running import FASTEST, FROM, SID, TOKEN, Running, apart, running, twilio
from tests.bench.table import Line, at_least, below

ROUNDS = 5
SECONDS = 3.0
OPEN_SECONDS = 15.0
RESIDENTS = 8000  # more than talk in a run
AUDIENCE = 20_000
SHARE = 0.5
_ACCOUNT = TwilioAccount(SID, TOKEN, from_number=FROM, public_url="http://127.0.0.1")  # the floor's
WARNING = "Typhoon: stay indoors from {hour} o'clock and keep away from windows. We will write when it is over."


def run() -> list[Line]:
    """The figures; floor and service take turns, so that a busy machine slows both."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folders = [Path(name, each) for each in ("counted", "floor", "paced", "free")]
        for folder in folders:
            folder.mkdir()
        rows = talks.rows_of_a_turn(folders[0])
        by_sid = {f"{kind}{step}": changed for (kind, step), changed in rows.items()}
        floor_url, _pid = stack.enter_context(apart(floor.serve, folders[1], _ACCOUNT, by_sid))
        sink_url, _pid = stack.enter_context(apart(sink.serve, *sink.TWILIO))
        floor_port = int(floor_url.rsplit(":", 1)[1])
        return [
            Line("rows one turn writes, mean of the mix", statistics.mean(rows.values()), unit="rows"),
            *_paced(folders[2], sink_url, floor_port),
            *_free(folders[3], sink_url, floor_port),
        ]


def _paced(folder: Path, sink_url: str, floor_port: int) -> list[Line]:
    """The turns themselves: replies are queued and leave at the pace of one ordinary number, a text a second."""
    talks.prepare(folder, residents=RESIDENTS).store.close()
    with running(folder, **twilio(sink_url, per_second=1)) as service:
        ours, theirs = _rates(service, _requests(service.account), floor_port)
    return [at_least("complete SMS turns over HTTP", ours, theirs, share=SHARE)]


def _free(folder: Path, sink_url: str, floor_port: int) -> list[Line]:
    """The same while every reply leaves at once and is settled, then at a steady pace, then with a broadcast leaving."""
    base = talks.prepare(folder, residents=AUDIENCE)
    with running(folder, **twilio(sink_url, per_second=FASTEST)) as service:
        spoken = _requests(service.account)
        ours, theirs = _rates(service, spoken, floor_port)
        _until_quiet(base)
        calm = latencies(service.port, spoken, 100, lambda elapsed: elapsed < OPEN_SECONDS)
        least = latencies(floor_port, _requests(_ACCOUNT), 100, lambda elapsed: elapsed < OPEN_SECONDS)
        _until_quiet(base)
        busy, leaving = _during_broadcast(service, base, spoken)
    base.store.close()
    return [
        at_least("the same while each reply is sent and settled", ours, theirs, share=SHARE),
        below("p99 of a turn at 100 a second", percentile(calm, 0.99), 20, unit="ms", floor=percentile(least, 0.99)),
        Line("median of a turn at 100 a second", percentile(calm, 0.5), percentile(least, 0.5), "ms"),
        below("p99 at 50 a second while a broadcast leaves", percentile(busy, 0.99), 200, unit="ms"),
        Line("median at 50 a second while a broadcast leaves", percentile(busy, 0.5), unit="ms"),
        Line("deliveries of that broadcast meanwhile", leaving),
    ]


def _rates(service: Running, spoken: Iterator[bytes], floor_port: int) -> tuple[float, float]:
    """Turns a second, ours and the floor's, medians of a few rounds; the first second warms both up."""
    bare = _requests(_ACCOUNT)
    for port, requests in ((service.port, spoken), (floor_port, bare)):
        rate(port, requests, 1.0)
    pairs = [(rate(service.port, spoken, SECONDS), rate(floor_port, bare, SECONDS)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return ours, theirs


def _requests(account: TwilioAccount) -> Iterator[bytes]:
    """Signed requests without end; kind and step stand in the sid, for the floor's sake."""
    for number, spoken in zip(count(), talks.words(), strict=False):
        yield talks.request(account, spoken, f"SM{spoken.kind}{spoken.step}{number:030}")


def _during_broadcast(service: Running, base: Base, spoken: Iterator[bytes]) -> tuple[list[float], float]:
    """The latencies from the moment a broadcast is queued until its last delivery has left, and how many left a second."""
    done = threading.Event()
    began = time.perf_counter()
    _queue_broadcast(base)

    def watch() -> None:
        _until_quiet(base, DELIVERY.c.lane == int(Lane.BULK))
        done.set()

    watching = threading.Thread(target=watch)
    watching.start()
    taken = latencies(service.port, spoken, 50, lambda _elapsed: not done.is_set())
    watching.join()
    return taken, AUDIENCE / (time.perf_counter() - began)


def _queue_broadcast(base: Base) -> None:
    """One statement queues the same words for everybody."""
    now = datetime.now(UTC)
    with base.store.begin() as tx:
        key = tx.new_data_key(now)
        row = {
            "channel": "sms",
            "data_key_id": key,
            "subject": "",
            "lane": int(Lane.BULK),
            "purpose": str(Purpose.SAFETY),
            "body": tx.seal(key, msgspec.json.encode(Content((phrase(WARNING, hour=9),)))),
            "state": "queued",
            "made_at": now,
            "next_at": now,
            "give_up_at": now + timedelta(hours=1),
            "tries": 0,
            "claimed_by": "",
            "error": "",
            "error_code": "",
        }
        values = [literal(value, DELIVERY.c[name].type) for name, value in row.items()]
        everybody = select(ADDRESS.c.id, *values).where(ADDRESS.c.person_id.is_not(None)).order_by(ADDRESS.c.id).limit(AUDIENCE)
        tx.run(insert(DELIVERY).from_select(["address_id", *row], everybody, include_defaults=False))


def _until_quiet(base: Base, *which: ColumnElement[bool]) -> None:
    """Nothing of these deliveries waits any more; of all there are, unless told which."""
    waiting = select(func.count()).where(DELIVERY.c.state.in_(("queued", "sending")), *which)
    while True:
        with base.store.read() as tx:
            found = tx.first(waiting)
        if not (found and found[0]):
            return
        time.sleep(0.2)
