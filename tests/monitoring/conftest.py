"""The run that the tests look at, with Debian's Prometheus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.prometheus import find_prometheus
from monitored_run import Run, impatient_alerts, monitored_run


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """The program, which nothing here builds. Raises PrometheusError, which says how to get it."""
    return find_prometheus()


@pytest.fixture(scope="session")
def alerts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See `impatient_alerts`."""
    path = tmp_path_factory.mktemp("alerts") / "alerts.yaml"
    path.write_text(impatient_alerts())
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def run(control_plane_binaries: ControlPlaneBinaries, prometheus: Path, alerts: Path) -> AsyncIterator[Run]:
    """See `monitored_run`."""
    async with monitored_run(control_plane_binaries, prometheus, alerts) as run:
        yield run
