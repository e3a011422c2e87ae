"""A player for the tests of this folder, on the control plane that no other operator looks after."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign_sandbox.control_plane import ControlPlane
from faults.lane import Access
from faults.player import Player
from faults.references import References


@pytest.fixture(scope="session")
def access(playhouse: tuple[ControlPlane, Path]) -> Access:
    """The way to the control plane."""
    control_plane, operator = playhouse
    return Access.of(control_plane, operator)


@pytest.fixture(scope="session")
def player(access: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """One lane for all plans of this worker, which are played one after another."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # each worker has a folder in it
    references = References(shared / "references")
    with Player(access, tmp_path_factory.mktemp("faults") / "lane", references) as player:
        yield player
