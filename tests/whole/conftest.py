"""What every test of the whole service starts from: an estate that lives in a folder of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.service import Running, based, move_in, running


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the invented estate, made once."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    move_in(based(folder)).store.close()
    return folder


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Path:
    """The data folder of this test."""
    return Path(shutil.copytree(furnished, tmp_path / "data"))


@pytest.fixture
def anlin(home: Path) -> Iterator[Running]:
    """The service, running in this process."""
    with running(based(home)) as one:
        yield one
