"""A messenger between a bot and the people at their accounts, made anew for every test."""

from collections.abc import Iterator

import pytest

from channels.simulator.server import Simulator
from tests.channels.simulator.stage import Ear, running
from tests.channels.simulator.telegram.stage import ACCOUNTS, TOKEN, Listener, People, Service, listening


@pytest.fixture
def simulator(ear: Ear) -> Iterator[Simulator]:
    with running(ear, accounts=ACCOUNTS, telegram_token=TOKEN, telegram_retry_seconds=0.02, public_url="https://anlin.example") as one:
        yield one


@pytest.fixture
def bot(simulator: Simulator) -> Service:
    return Service(simulator.url)


@pytest.fixture
def people(simulator: Simulator) -> People:
    return People(simulator.url)


@pytest.fixture
def listener(simulator: Simulator) -> Iterator[Listener]:
    with listening() as one:
        simulator.service_url = one.url
        yield one
