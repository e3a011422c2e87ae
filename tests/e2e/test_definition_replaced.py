"""The CustomResourceDefinition goes and comes while the operator runs, and so does the API server: the operator says
so, and serves again by itself.
"""

from dataclasses import replace
from pathlib import Path

import httpx

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_sandbox.sandbox import apply_crd
from e2e_world import World, campaign, start_operator
from serving import until

DEFINITION = "customresourcedefinition/outboundcampaigns.campaign-operator.io"


class Probes:
    """What kubelet is told."""

    def __init__(self) -> None:
        port = LoopbackPort()
        self.port = port.number
        port.release()

    async def answer(self, path: str) -> tuple[int, str]:
        """Status and text; status 0 where nobody answers."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                found = await client.get(f"http://127.0.0.1:{self.port}{path}")
        except httpx.TransportError as error:
            return 0, str(error)
        return found.status_code, found.text

    async def becomes_ready(self) -> None:
        """Until the pod would be ready."""

        async def ready() -> bool:
            return await self.answer("/readyz") == (200, "ok\n")

        await until(ready)

    async def becomes_unready(self, *words: str) -> None:
        """Until it would not be, for that reason. It lives on all the while."""

        async def unready() -> bool:
            status, text = await self.answer("/readyz")
            return status == 503 and all(word in text for word in words)

        await until(unready)
        assert await self.answer("/healthz") == (200, "ok\n")


async def test_it_serves_again_when_the_definition_and_the_api_server_are_back(
    control_plane_binaries: ControlPlaneBinaries, world: World, tmp_path: Path
) -> None:
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        await apply_crd(control_plane)
        here = replace(world, control_plane=control_plane, folder=tmp_path)
        await here.kubectl("create", "namespace", "sales")
        await here.connect("sales")
        # deleted while nobody is there to withdraw it: the definition is Terminating when the operator begins
        held = campaign("sales", "held")
        held["metadata"]["finalizers"] = ["campaign-operator.io/cancel"]
        await here.apply(held)
        await here.kubectl("delete", DEFINITION, "--wait=false")
        probes = Probes()
        flags = ("--all-namespaces", "--health-port", str(probes.port))
        operator = start_operator(control_plane.kubeconfig_path, world.authority, tmp_path, *flags)
        here = replace(here, operator=operator)
        try:
            await here.kubectl("wait", "--for=delete", DEFINITION, "--timeout=60s")
            await probes.becomes_unready("does not serve outboundcampaigns")
            await apply_crd(control_plane)
            await probes.becomes_ready()
            await here.apply(campaign("sales", "anew"))
            await here.wait_for_state("sales", "anew", "Scheduled")

            await control_plane.stop_api_server()
            await probes.becomes_unready("all namespaces: ")
            await control_plane.start_api_server()
            await probes.becomes_ready()
            await here.apply(campaign("sales", "after"))
            await here.wait_for_state("sales", "after", "Scheduled")
        finally:
            await operator.stop(timeout_seconds=40)
        assert "Traceback" not in operator.log_path.read_text()
