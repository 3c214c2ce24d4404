"""A simulator between a listening service and somebody at the phones, made anew for every test."""

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from channels.simulator.server import Simulator
from tests.channels.simulator.stage import Desk, Ear, client_of, listening, running


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as one:
        yield one


@pytest.fixture
def simulator(ear: Ear) -> Iterator[Simulator]:
    with running(ear) as one:
        yield one


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return client_of(simulator)


@pytest.fixture
def desk(simulator: Simulator) -> Desk:
    return Desk(simulator.url)
