"""The control plane on which plans and lives are played by hand, and the ways to it."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from campaign_sandbox.binaries import ensure_control_plane_binaries, ensure_helm
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from chart import chart_renderer, helm_runner
from e2e_world import admit_operator
from faults.lane import Access

_SELDOM_COLLECT = {"GOGC": "800", "GOMEMLIMIT": "2GiB"}
"""For the API server: a quarter of its time went into collecting garbage (its own profile, 2026-11-26). More than in
`conftest`, since it is the only one.
"""


@asynccontextmanager
async def prepared_control_plane(say: Callable[[str], None]) -> AsyncIterator[tuple[ControlPlane, Path]]:
    """A control plane with the CustomResourceDefinition, and the operator's kubeconfig."""
    os.environ.update(_SELDOM_COLLECT | os.environ)
    with tempfile.TemporaryDirectory() as folder:
        binaries = await ensure_control_plane_binaries(say)
        render = chart_renderer(helm_runner(await ensure_helm(say), Path(folder)))
        async with await ControlPlane.start(binaries) as control_plane:
            await apply_crd(control_plane)
            yield control_plane, await admit_operator(control_plane, render, Path(folder))


@asynccontextmanager
async def prepared_ground(say: Callable[[str], None]) -> AsyncIterator[Access]:
    """The ways to a control plane of that kind, for as long as the block runs."""
    async with prepared_control_plane(say) as (control_plane, kubeconfig):
        yield Access.of(control_plane, kubeconfig)
