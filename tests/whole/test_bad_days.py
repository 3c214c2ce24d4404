"""Broken platforms, full disks, databases that are locked or away, and pictures that are none: refused or tried again, in sight."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import requests

from bot.errors import StoreDown
from tests.stores import new_postgres, plain  # noqa: F401 - a fixture
from tests.waiting import until
from tests.whole.service import NEIGHBOUR, SMS, STATUS, TRAPPED, WORKER, Running, based, inbound, move_in, running

# Broken platforms


@pytest.mark.parametrize("trouble", ["html", "server_error", "throttled", "dropped"])
def test_a_platform_that_answers_nonsense_is_tried_again(anlin: Running, trouble: str) -> None:
    anlin.phones.goes_wrong(trouble, number=NEIGHBOUR, count=1, **({"seconds": 1} if trouble == "throttled" else {}))
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.hears(WORKER, "电梯")
    if trouble != "dropped":  # that one was carried, only its answer was lost: the receipt tells
        until(lambda: anlin.rows("SELECT 1 FROM delivery WHERE state = 'queued' AND tries = 1"))
        anlin.phones.later(timedelta(seconds=10))
    assert "编号" in anlin.phones.hears(NEIGHBOUR, "119")
    until(lambda: anlin.rows("SELECT count(*) FROM delivery WHERE state = 'delivered'") == [(2,)])


# Disks and databases


def is_ready(one: Running) -> bool:
    return requests.get(one.url + "/readyz", timeout=20).status_code == 200


def lives(one: Running) -> bool:
    return requests.get(one.url + "/healthz", timeout=20).status_code == 200


def check_refuses(one: Running, form: dict[str, str]) -> None:
    """While it lasts the platform is asked to come again, and whoever watches is told."""
    refused = requests.post(one.url + SMS, data=form, headers={"X-Twilio-Signature": one.signed(form)}, timeout=20)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert not is_ready(one)
    assert lives(one)


def check_took(one: Running, form: dict[str, str]) -> None:
    until(lambda: is_ready(one))
    assert one.post(form) == 204
    (case,) = one.cases()
    assert case.words == form["Body"]
    one.phones.hears(form["From"], case.number)


@pytest.fixture
def hasty(home: Path) -> Iterator[Running]:
    """A service that does not wait long for its database."""
    with running(based(home, patience=0.2)) as one:
        yield one


def test_with_a_full_disk_the_inbound_is_refused_and_not_lost(hasty: Running) -> None:
    form = inbound(TRAPPED + "，快来人" * 2000)  # more than may be left in half-filled pages
    with full_disk(hasty):
        check_refuses(hasty, form)
    assert hasty.cases() == ()
    check_took(hasty, form)


@contextmanager
def full_disk(one: Running) -> Iterator[None]:
    """SQLite may not add a page to the file; the one connection that writes keeps the limit."""

    def limit(pages: int) -> None:
        with one.service.base.store.begin() as tx:
            tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    limit(1)  # never less than what there is
    try:
        with pytest.raises(StoreDown):
            fill(one)
        yield
    finally:
        limit(1 << 30)


def fill(one: Running) -> None:
    """What is left on the last pages is used up."""
    while True:
        with one.service.base.store.begin() as tx:
            tx.connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES (hex(randomblob(16)), hex(randomblob(30)))")


def test_while_the_database_is_locked_the_platform_is_asked_to_come_again(hasty: Running) -> None:
    form = inbound(TRAPPED)
    path = hasty.service.base.settings.data_dir / "anlin.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_refuses(hasty, form)
        assert hasty.post({"MessageSid": "SM1", "MessageStatus": "delivered"}, STATUS) == 503
        other.execute("ROLLBACK")
    check_took(hasty, form)


def test_while_postgresql_is_away_the_platform_is_asked_to_come_again(
    tmp_path: Path,
    new_postgres: Callable[..., str],  # noqa: F811
) -> None:
    url = new_postgres(empty=True)
    base = move_in(based(tmp_path / "data", url=url, patience=1))
    form = inbound(TRAPPED)
    with running(base) as one:
        assert is_ready(one)
        name = url.rpartition("/")[2].partition("?")[0]
        with psycopg.connect(plain(url).replace(f"/{name}", "/postgres"), autocommit=True) as elsewhere:
            elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            elsewhere.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            check_refuses(one, form)
            assert one.post({"MessageSid": "SM1", "MessageStatus": "delivered"}, STATUS) == 503
            elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        check_took(one, form)


# Pictures


PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
PROGRAM = b"MZ\x90\x00\x03" + bytes(200)


def sent_picture(anlin: Running, **media: object) -> str:
    """Somebody reports with a picture; the answer is the number of their case."""
    anlin.phones.said(NEIGHBOUR, "3号楼2单元楼道灯坏了，看照片", media=[{"content_type": "image/jpeg", **media}])
    until(anlin.cases)
    return anlin.cases()[0].number


def kinds(anlin: Running) -> list[str]:
    return [step.kind for step in anlin.cases()[0].timeline]


@pytest.mark.parametrize(
    "media",
    [{"size": 50_000_000}, {"bytes_base64": base64.b64encode(PROGRAM).decode()}],
    ids=["fifty megabytes", "a program that is named a picture"],
)
def test_a_picture_that_is_none_is_refused_in_sight(anlin: Running, media: dict[str, object]) -> None:
    """The report stands, its timeline says what was not taken, and its sender is told in a sentence."""
    sent_picture(anlin, **media)
    until(lambda: any("refused" in kind for kind in kinds(anlin)), told=lambda: kinds(anlin))
    until(lambda: len(anlin.phones.heard(NEIGHBOUR)) == 2)
    assert "20" in anlin.phones.heard(NEIGHBOUR)[1], "how much may be sent"
    assert anlin.rows("SELECT state, file FROM attachment") == [("refused", "")]
    assert len(anlin.cases()) == 1


def test_a_real_picture_is_kept_and_nobody_is_bothered(anlin: Running) -> None:
    sent_picture(anlin, bytes_base64=base64.b64encode(PNG).decode())
    until(lambda: anlin.rows("SELECT state, content_type FROM attachment") == [("kept", "image/png")])
    ((name,),) = anlin.rows("SELECT file FROM attachment")
    assert PNG not in (anlin.service.base.settings.data_dir / "attachments" / name).read_bytes()
    assert len(anlin.phones.heard(NEIGHBOUR)) == 1
