"""A running simulated dialer for the contract tests.

One per module, since a start costs a quarter of a second; each test has a campaign of its own in it.
"""

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from contract.dialer_client import DialerClient, logged_in
from serving import RunningSimulator, SteppedClock, running_simulator


@pytest.fixture(scope="module")
def clock() -> SteppedClock:
    return SteppedClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_simulator(clock: SteppedClock) -> AsyncIterator[RunningSimulator]:
    async with running_simulator(now=clock, calls_per_second=2.0) as simulator:
        yield simulator


@pytest.fixture
async def simulator(shared_simulator: RunningSimulator) -> AsyncIterator[RunningSimulator]:
    yield shared_simulator
    await shared_simulator.delete_faults()


@pytest.fixture
def campaign_id() -> str:
    return uuid.uuid4().hex[:8]


@pytest.fixture
async def api(simulator: RunningSimulator) -> AsyncIterator[DialerClient]:
    async with logged_in(simulator) as client:
        yield client
