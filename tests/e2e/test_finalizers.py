"""No finalizer but our own, and that only while there is something to cancel: who may delete a campaign must not need
the operator to do it.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from campaign_sandbox.control_plane import ControlPlane
from e2e_world import World, at_the_next_minute, campaign, start_operator
from serving import until

OF_EARLIER_VERSIONS = "campaign-operator.io/polling"


async def test_a_running_campaign_is_deleted_while_the_operator_is_away(
    playhouse: tuple[ControlPlane, Path], world: World, tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    namespace = f"away-{uuid4().hex[:8]}"
    operator = start_operator(kubeconfig, world.authority, tmp_path, "--namespace", namespace)
    here = replace(world, control_plane=control_plane, operator=operator, folder=tmp_path)
    try:
        await here.kubectl("create", "namespace", namespace)
        await here.connect(namespace)
        left = campaign(namespace, "left", submitAheadSeconds=172_800)
        left["metadata"]["finalizers"] = [OF_EARLIER_VERSIONS]
        await here.apply(campaign(namespace, "running", **at_the_next_minute()), left)
        await here.wait_for_state(namespace, "left", "Scheduled")
        await here.wait_for_state(namespace, "running", "Running", seconds=90)
        # a poll later: an earlier version set its finalizer for the sake of the polls
        await here.wait_until(namespace, "running", lambda status: "asOf" in status["runs"][0]["metrics"])

        async def is_free() -> bool:
            return not (await here.get(namespace, "running"))["metadata"].get("finalizers")

        await until(is_free)
        assert (await here.get(namespace, "left"))["metadata"]["finalizers"] == ["campaign-operator.io/cancel"]

        await operator.stop(timeout_seconds=40)
        await here.kubectl("delete", "ocamp", "running", "-n", namespace, "--timeout=10s")
        await here.kubectl("delete", "ocamp", "left", "-n", namespace, "--wait=false")
        operator = start_operator(kubeconfig, world.authority, tmp_path, "--namespace", namespace)
        await here.kubectl("wait", "--for=delete", "ocamp/left", "-n", namespace, "--timeout=30s")
        schedules = await here.schedules(left["spec"]["campaignID"])
        assert len(schedules) == 2
        assert all(schedule["cancelledAt"] for schedule in schedules)
    finally:
        await operator.stop(timeout_seconds=40)
        await asyncio.shield(control_plane.kubectl("delete", "namespace", namespace, "--wait=false"))
