"""A theatre for the tests of this folder, on the control plane that no other operator looks after."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from campaign_sandbox.control_plane import ControlPlane
from faults.lane import Access
from lives.company import open_company


@pytest.fixture(scope="session")
def company(playhouse: tuple[ControlPlane, Path]) -> Iterator[ProcessPoolExecutor]:
    """One theatre for each worker of the tests, in a process of its own."""
    control_plane, operator = playhouse
    access = Access.of(control_plane, operator)
    with open_company(access, players=1) as pool:
        yield pool
