"""The world of the end-to-end tests with Argo CD in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from campaign_sandbox.binaries import ensure_argocd
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from e2e_world import World, running_world
from running_argo import ARGOCD, Argo, running_argo


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def argocd() -> Path:
    """See `ensure_argocd`."""
    return await ensure_argocd(print)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(
    control_plane: ControlPlane, operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Control plane, operator, dialer and receiver."""
    await apply_crd(control_plane)
    async with running_world(control_plane, operator_kubeconfig, tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def argo(world: World, argocd: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Argo]:
    """Argo CD on the same control plane."""
    async with running_argo(world.control_plane, argocd, tmp_path_factory.mktemp("argocd")) as argo:
        yield argo


@pytest_asyncio.fixture
async def namespace(namespace: str, argo: Argo) -> AsyncIterator[str]:
    """A new namespace whose Application goes first."""
    yield namespace
    await argo.control_plane.kubectl(
        "delete", "application", namespace, "-n", ARGOCD, "--ignore-not-found", "--wait=false"
    )
