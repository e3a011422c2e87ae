"""The real control plane that the tests share.

Fixtures that start servers live for the whole session and therefore on the session's event loop
(`loop_scope="session"`): a fixture on a test's own loop would be torn down after a loop that has ended. Tests keep
the default, a loop of their own each, because a `ControlPlane` belongs to no loop; a test that uses something else
from a session fixture which does (an open connection) needs `@pytest.mark.asyncio(loop_scope="session")`.

Under pytest-xdist each worker has a control plane of its own (about 400 MB, ready in 3 s). One shared between
processes would have to outlive the worker that started it.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from campaign_operator.sandbox.binaries import ControlPlaneBinaries, ensure_control_plane_binaries
from campaign_operator.sandbox.control_plane import ControlPlane


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and should be seen."""
    needed = {name for item in session.items if isinstance(item, pytest.Function) for name in item.fixturenames}
    if session.config.option.collectonly:
        return
    terminal = session.config.get_terminal_writer()
    if "control_plane_binaries" in needed:
        asyncio.run(ensure_control_plane_binaries(terminal.line))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control_plane_binaries() -> ControlPlaneBinaries:
    """The programs of the control plane: there already, see `pytest_collection_finish`."""
    return await ensure_control_plane_binaries(print)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control_plane(control_plane_binaries: ControlPlaneBinaries) -> AsyncIterator[ControlPlane]:
    """One control plane for all tests: each keeps to a namespace of its own."""
    async with await ControlPlane.start(control_plane_binaries) as running:
        yield running


@pytest_asyncio.fixture
async def namespace(control_plane: ControlPlane) -> AsyncIterator[str]:
    """A new namespace for one test. Its deletion is not waited for: it takes 5 s."""
    name = f"test-{uuid4().hex[:12]}"
    await control_plane.kubectl("create", "namespace", name)
    yield name
    await control_plane.kubectl("delete", "namespace", name, "--wait=false")
