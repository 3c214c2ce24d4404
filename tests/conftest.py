"""What every test may use: real stores, and `--update`, which writes transcripts and journals anew for review in the diff."""

from __future__ import annotations

import pytest

from tests.stores import *  # noqa: F403 - the fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="Write what transcripts and journals show now into their files, for review.")


@pytest.fixture
def updates(request: pytest.FixtureRequest) -> bool:
    """Whether this run writes the files anew."""
    return bool(request.config.getoption("--update"))
