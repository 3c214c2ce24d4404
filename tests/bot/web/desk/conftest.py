"""A desk on SQLite: what the databases do differently is tried with the accounts and the cases themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.attachments import Shelf
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests.bot.web.desk.offices import Browser, Office
from tests.bot.web.desk.rigs import Place, place_on
from tests.stores import *  # noqa: F403 - the fixtures
from tests.stores import opened
from tests.talks import Talks


@pytest.fixture
def place(new_sqlite: Callable[..., str], vault: Vault) -> Iterator[Place]:
    with opened(new_sqlite(), vault, patience=timedelta(seconds=0.3)) as store:
        yield place_on(store)


@pytest.fixture(scope="session")
def settled(key_file: KeyFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the invented estate in it, made once."""
    path = tmp_path_factory.mktemp("settled") / "anlin.db"
    with opened(f"sqlite:///{path}", Vault(key_file)) as store:
        store.migrate()
        Talks(store)
    return path


@pytest.fixture
def talks(settled: Path, vault: Vault, tmp_path: Path) -> Iterator[Talks]:
    """The invented estate, to be talked with."""
    path = shutil.copy(settled, tmp_path / "anlin.db")
    with opened(f"sqlite:///{path}", vault) as store:
        yield Talks(store, estate=False)


@pytest.fixture
def office(talks: Talks, tmp_path: Path) -> Office:
    """The desk of the invented estate."""
    return Office(talks, Shelf(tmp_path / "attachments"))


@pytest.fixture
def duty(office: Office) -> Browser:
    """The duty officer's browser."""
    return office.browser("duty1")
