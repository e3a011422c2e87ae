"""One world for the end-to-end tests: control plane, operator under the chart's own rights, dialer and receiver over
TLS.

The operator is the real program in a process of its own. Its waits are short, so that a test of a wait is over soon;
what they are in earnest is in `campaign-operator run --help`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.listener import Listener
from campaign_sandbox.sandbox import apply_crd
from e2e_world import CLIENTS, World, start_operator
from serving import running_receiver, running_simulator
from stage import Stage, opened_stage

CALLS = {"*": 2}


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
    folder = tmp_path_factory.mktemp("world")
    certificate = issue_server_certificate(folder)
    served: dict[str, Any] = {"listener": Listener(tls=certificate.tls), "authority": str(certificate.authority)}
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            running_simulator(clients=CLIENTS, campaigns=CALLS, calls_per_second=50, **served)
        )
        receiver = await stack.enter_async_context(running_receiver(**served))
        operator = start_operator(operator_kubeconfig, certificate.authority, folder, "--all-namespaces")
        stack.push_async_callback(operator.stop, timeout_seconds=40)
        yield World(installed, simulator, receiver, operator, certificate.authority, operator_kubeconfig, folder)


@pytest_asyncio.fixture
async def stage(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Stage]:
    """See `stage.opened_stage`."""
    control_plane, kubeconfig = playhouse
    async with opened_stage(control_plane, kubeconfig, tmp_path) as stage:
        yield stage
