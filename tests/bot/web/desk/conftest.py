"""A desk on SQLite: what the databases do differently is tried with the accounts themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.store.sealed import Vault
from tests.bot.web.desk.rigs import Place, place_on
from tests.stores import *  # noqa: F403 - the fixtures
from tests.stores import opened


@pytest.fixture
def place(new_sqlite: Callable[..., str], vault: Vault) -> Iterator[Place]:
    with opened(new_sqlite(), vault, patience=timedelta(seconds=0.3)) as store:
        yield place_on(store)
