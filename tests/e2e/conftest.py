"""One world for the end-to-end tests: control plane, operator under the chart's own rights, dialer and receiver over
TLS.

The operator is the real program in a process of its own. Its waits are short, so that a test of a wait is over soon;
what they are in earnest is in `campaign-operator run --help`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from e2e_world import World, running_world
from stage import Stage, opened_stage
from watched_stage import watched_by


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def installed(control_plane: ControlPlane) -> ControlPlane:
    """The control plane with the CustomResourceDefinition."""
    await apply_crd(control_plane)
    return control_plane


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(
    installed: ControlPlane, operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Everything running, for all tests of the session; each test keeps to its own namespace and campaigns."""
    async with running_world(installed, operator_kubeconfig, tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest_asyncio.fixture(params=["by a LIST", "by a watch"])
async def looks_for_rivals(
    request: pytest.FixtureRequest, stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> AsyncIterator[None]:
    """Rivals are looked for as an operator of some namespaces does it, and as one of all of them does."""
    if request.param == "by a LIST":
        yield
        return
    async with watched_by(stage, playhouse[1]):
        yield


@pytest_asyncio.fixture
async def stage(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Stage]:
    """See `stage.opened_stage`."""
    control_plane, kubeconfig = playhouse
    async with opened_stage(control_plane, kubeconfig, tmp_path) as stage:
        yield stage
