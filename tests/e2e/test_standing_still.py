"""The real operator, stopped by the real kernel's SIGSTOP while a request of it is under way."""

import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import campaign, connection_secret, dialer_of_one_client, start_operator
from serving import until
from stage import fault
from standing_still import ENDED_BY_ITS_TIMER, is_to_end

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that stands still")

WAITS = ("--request-timeout-seconds", "3", "--settle-seconds", "8")


async def test_an_operator_that_stood_still_ends_and_the_next_sends_nothing_again(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    namespace = f"still-{uuid4().hex[:10]}"
    await control_plane.kubectl("create", "namespace", namespace)
    manifest = campaign(namespace, "spring")
    campaign_id = manifest["spec"]["campaignID"]
    certificate = issue_server_certificate(tmp_path)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        connection = connection_secret(namespace, simulator)
        await simulator.put_faults(fault("submit", "withhold"))
        await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([connection, manifest]))

        async def has_arrived() -> bool:
            return len((await simulator.ledger(campaign_id))["schedules"]) == 2

        first = start_operator(kubeconfig, certificate.authority, tmp_path, "--namespace", namespace, *WAITS)
        stack.callback(first.kill)
        await until(has_arrived)
        os.kill(first.pid, signal.SIGSTOP)

        async def timer_has_run_out() -> bool:
            return is_to_end(first.pid)

        await until(timer_has_run_out)
        os.kill(first.pid, signal.SIGCONT)
        assert await first.wait() == ENDED_BY_ITS_TIMER

        await simulator.delete_faults()
        second = start_operator(kubeconfig, certificate.authority, tmp_path, "--namespace", namespace, *WAITS)
        stack.push_async_callback(second.stop, timeout_seconds=40)
        await control_plane.kubectl(
            *("wait", "--for=jsonpath={.status.state}=Scheduled", "outboundcampaign/spring"),
            *("-n", namespace, "--timeout=60s"),
        )
        assert len((await simulator.ledger(campaign_id))["schedules"]) == 2
