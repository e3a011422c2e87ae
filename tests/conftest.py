"""The real control plane that the tests share.

Fixtures that start servers live for the whole session and therefore on the session's event loop
(`loop_scope="session"`): a fixture on a test's own loop would be torn down after a loop that has ended. Tests keep
the default, a loop of their own each, because a `ControlPlane` belongs to no loop; a test that uses something else
from a session fixture which does (an open connection) needs `@pytest.mark.asyncio(loop_scope="session")`.

Under pytest-xdist each worker has a control plane of its own (about 400 MB, ready in 3 s). One shared between
processes would have to outlive the worker that started it.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from campaign_sandbox.binaries import (
    ControlPlaneBinaries,
    ensure_argocd,
    ensure_control_plane_binaries,
    ensure_helm,
    ensure_helm_docs,
    ensure_kstatus,
    ensure_promtool,
)
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from chart import chart_renderer, helm_runner
from e2e_world import admit_operator

SELDOM_COLLECT = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}
"""For API server, etcd and kubectl: a quarter of their time went into collecting garbage."""


def pytest_configure() -> None:
    """Programs of the tests inherit what is ignored here, and a shell ignores SIGINT in what it starts with `&`: then
    every test of Ctrl-C waited in vain.
    """
    os.environ.update(SELDOM_COLLECT | os.environ)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the programs before the first test: that takes longer than a test may, and should be seen."""
    needed = {name for item in session.items if isinstance(item, pytest.Function) for name in item.fixturenames}
    if session.config.option.collectonly:
        return
    terminal = session.config.get_terminal_writer()
    if "control_plane_binaries" in needed:
        asyncio.run(ensure_control_plane_binaries(terminal.line))
    if "helm" in needed:
        asyncio.run(ensure_helm(terminal.line))
    if "helm_docs" in needed:
        asyncio.run(ensure_helm_docs(terminal.line))
    if "kstatus" in needed:
        asyncio.run(ensure_kstatus(terminal.line))
    if "promtool" in needed:
        asyncio.run(ensure_promtool(terminal.line))
    if "argocd" in needed:
        asyncio.run(ensure_argocd(terminal.line))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control_plane_binaries() -> ControlPlaneBinaries:
    """The programs of the control plane: there already, see `pytest_collection_finish`."""
    return await ensure_control_plane_binaries(print)


@pytest.fixture(scope="session")
def controller_manager(control_plane_binaries: ControlPlaneBinaries) -> Path:
    """For tests of what it does: it deletes namespaces to the end and collects what objects own.

    Only a folder that the user has named can be without one, such as envtest's. These tests are skipped then, since
    nobody who names it asks for them, and pytest lists them with the reason.
    """
    if control_plane_binaries.kube_controller_manager is None:
        pytest.skip("KUBEBUILDER_ASSETS has no kube-controller-manager, which this test needs")
    return control_plane_binaries.kube_controller_manager


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
    await control_plane.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def helm(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """See `chart.helm_runner`."""
    return helm_runner(await ensure_helm(print), tmp_path_factory.mktemp("helm"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def helm_docs() -> Path:
    """The program that writes the chart's README."""
    return await ensure_helm_docs(print)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def promtool() -> Path:
    """The program that tests the alerts."""
    return await ensure_promtool(print)


@pytest.fixture(scope="session")
def render_chart(helm: Callable[..., str]) -> Callable[..., str]:
    """See `chart.chart_renderer`."""
    return chart_renderer(helm)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def operator_kubeconfig(
    control_plane: ControlPlane, render_chart: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The operator's account on the shared control plane."""
    return await admit_operator(control_plane, render_chart, tmp_path_factory.mktemp("operator"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playhouse(
    control_plane_binaries: ControlPlaneBinaries,
    render_chart: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ControlPlane, Path]]:
    """A control plane for the stages and for the harness of faults, and the operator's kubeconfig: one that no operator
    of the end-to-end tests' world looks after.
    """
    async with await ControlPlane.start(control_plane_binaries) as running:
        await apply_crd(running)
        yield running, await admit_operator(running, render_chart, tmp_path_factory.mktemp("playhouse"))
