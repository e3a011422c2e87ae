"""The sandbox leaves the port that its Prometheus scrapes to an operator that a user starts by hand."""

import socket
import sys
from pathlib import Path

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.sandbox import SandboxSettings, running_sandbox
from processes import write_program
from prometheus_stand_in import SERVES


async def test_an_operator_of_your_own_can_listen_where_prometheus_looks(
    control_plane_binaries: ControlPlaneBinaries, tmp_path: Path
) -> None:
    program = tmp_path / "prometheus-program"
    write_program(program, SERVES.format(python=sys.executable))
    settings = SandboxSettings(with_operator=False, prometheus=program)
    async with running_sandbox(control_plane_binaries, settings) as sandbox:
        assert sandbox.metrics_port is not None
        with socket.create_server(("", sandbox.metrics_port)):
            pass  # on all addresses, as the operator listens
