"""Turns that wait for each other share a commit, and each of them still ends whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from bot.errors import StoreDown
from bot.store.begin import Store, Tx
from bot.store.sealed import Vault
from bot.store.tables import TimerRow
from tests.bot.store.works import NOW, add_timer, timers
from tests.stores import opened
from tests.waiting import until

SHORT = timedelta(milliseconds=200)
Turn = Callable[[Tx], object]


@pytest.fixture
def store(new_sqlite: Callable[..., str], vault: Vault) -> Iterator[Store]:
    with opened(new_sqlite(), vault) as one:
        add_timer(one)  # the connection is there
        yield one


@pytest.fixture
def commits(store: Store) -> list[int]:
    """Grows by one with each commit of the writer."""
    made: list[int] = []
    event.listen(store._engine, "commit", lambda _connection: made.append(1))
    return made


@contextmanager
def together(store: Store, *turns: Turn, first: Turn = lambda tx: tx.vault) -> Iterator[list[Future[None]]]:
    """All these turns wait while `first` has the writer; they go on, in their order, when the block ends."""
    goes_on = threading.Event()

    def hold(tx: Tx) -> None:
        assert goes_on.wait(10)
        first(tx)

    with ThreadPoolExecutor(len(turns) + 1) as threads:
        done = [threads.submit(_taken, store, hold)]
        until(lambda: store._writer._thread is not None)
        for place, turn in enumerate(turns, start=1):
            done.append(threads.submit(_taken, store, turn))
            until(lambda place=place: store._writer._waiting == place)  # type: ignore[misc]
        try:
            yield done
        finally:
            goes_on.set()


def _taken(store: Store, turn: Turn) -> None:
    with store.begin() as tx:
        turn(tx)


def adds(subject: str) -> Turn:
    return lambda tx: tx.insert(TimerRow, due_at=NOW, subject=subject, command="{}")


def breaks(tx: Tx) -> None:
    adds("case:broken")(tx)
    raise ZeroDivisionError


def fills(tx: Tx) -> None:
    tx.insert(TimerRow, due_at=NOW, subject="case:full", command="x" * 2_000_000)


def outcomes(done: list[Future[None]]) -> list[str]:
    return [type(one.exception()).__name__ for one in done]


def test_turns_that_wait_share_one_commit(store: Store, commits: list[int]) -> None:
    with together(store, adds("case:2"), adds("case:3"), adds("case:4"), first=adds("case:1")) as done:
        assert commits == []
    assert outcomes(done) == ["NoneType"] * 4
    assert (timers(store), len(commits)) == (5, 1)


def test_a_turn_alone_has_a_commit_of_its_own(store: Store, commits: list[int]) -> None:
    for number in range(3):
        add_timer(store, f"case:{number}")
    assert len(commits) == 3


@pytest.mark.parametrize("place", range(4))
def test_a_turn_that_raises_takes_nobody_with_it(store: Store, place: int) -> None:
    turns: list[Turn] = [adds(f"case:{number}") for number in range(4)]
    turns[place] = breaks
    with together(store, *turns[1:], first=turns[0]) as done:
        pass
    assert outcomes(done) == ["ZeroDivisionError" if number == place else "NoneType" for number in range(4)]
    assert timers(store) == 1 + 3


def test_a_later_turn_sees_what_an_earlier_one_of_its_commit_wrote(store: Store) -> None:
    seen: list[int] = []

    def look(tx: Tx) -> None:
        row = tx.run(text("SELECT count(*) FROM timer")).scalar_one()
        seen.append(row)

    with together(store, look, first=adds("case:1")):
        assert timers(store) == 1  # a reader does not
    assert seen == [2]


def test_what_is_done_after_a_commit_waits_for_the_shared_one(store: Store) -> None:
    seen: list[int] = []

    def first(tx: Tx) -> None:
        adds("case:1")(tx)
        tx.after_commit(lambda: seen.append(timers(store)))

    with together(store, adds("case:2"), first=first):
        assert seen == []
    assert seen == [3]


def test_a_disk_that_fills_up_is_down_for_every_turn_of_the_commit(store: Store) -> None:
    """SQLite rolls back the whole transaction, so nobody may be told that theirs was kept."""
    with store.begin() as tx:
        pages = tx.run(text("PRAGMA page_count")).scalar_one()
        tx.run(text(f"PRAGMA max_page_count = {pages + 2}"))
    with together(store, fills, first=adds("case:1")) as done:
        pass
    kept = [outcome == "NoneType" for outcome in outcomes(done)]
    assert kept[1] is False
    assert timers(store) == 1 + kept.count(True)
    with store.begin() as tx:
        tx.run(text("PRAGMA max_page_count = 1000000"))
    add_timer(store)


def test_a_commit_that_fails_fails_every_turn_of_it(store: Store) -> None:
    def promise(tx: Tx) -> None:
        tx.run(text("PRAGMA defer_foreign_keys = ON"))
        tx.run(text("INSERT INTO building (estate_id, name, aliases) VALUES (4711, '9号楼', '[]')"))

    with together(store, promise, first=adds("case:1")) as done:
        pass
    assert [type(one.exception()) for one in done] == [StoreDown, IntegrityError]
    assert timers(store) == 1
    add_timer(store)
    assert timers(store) == 2


def test_a_turn_that_cannot_be_undone_by_itself_takes_its_commit_with_it(store: Store) -> None:
    """Half of it must not stay because the others were fine."""

    def stuck(tx: Tx) -> None:
        adds("case:half")(tx)
        tx.run(text("RELEASE turn"))  # what it would go back to is gone
        raise ZeroDivisionError

    with together(store, stuck, first=adds("case:1")) as done:
        pass
    assert outcomes(done) == ["StoreDown", "ZeroDivisionError"]
    assert timers(store) == 1
    add_timer(store)
    assert timers(store) == 2


def test_who_waits_too_long_leaves_nobody_uncommitted(new_sqlite: Callable[..., str], vault: Vault) -> None:
    with opened(new_sqlite(), vault, patience=SHORT) as store:
        with together(store, adds("case:2"), first=adds("case:1")) as done:
            assert isinstance(done[1].exception(timeout=10), StoreDown)
        assert outcomes(done) == ["NoneType", "StoreDown"]
        assert timers(store) == 1


def test_a_data_key_of_a_turn_that_came_to_nothing_opens_nothing(store: Store) -> None:
    """Its id is given to the next one, in the same transaction."""
    kept: list[tuple[int, bytes]] = []

    def broken(tx: Tx) -> None:
        tx.new_data_key(NOW)
        raise ZeroDivisionError

    def seals(tx: Tx) -> None:
        data_key_id = tx.new_data_key(NOW)
        kept.append((data_key_id, tx.seal(data_key_id, "示例·甲")))

    with together(store, broken, seals, first=adds("case:1")):
        pass
    with store.read() as tx:
        assert tx.unseal(*kept[0]) == "示例·甲"
