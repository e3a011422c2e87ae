"""Several replicas, of which one works: by the real Lease, with real processes and the rights that the chart gives."""

import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import yaml

from campaign_operator.adapters.kubernetes.leader_election import LEASE_SECONDS
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e_world import answer_of, campaign, connection_secret, dialer_of_one_client, start_operator
from serving import until

LEASE = "campaign-operator"
"""Name of the Lease, and of the namespace that the operator's account is in."""

TAKEN_OVER_SECONDS = 15.0
"""The promise for a replica that ends without giving the Lease back."""

ELECTION = ("--leader-elect", "--leader-elect-resource-namespace", LEASE, "--leader-elect-resource-name", LEASE)


@dataclass
class Replica:
    """One process of several."""

    process: ChildProcess
    health: str
    metrics: str

    async def answers(self, url: str) -> tuple[int, str]:
        """Status and text of one of its endpoints; a status of 0 before it listens."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(url)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    async def is_ready(self) -> bool:
        """What a kubelet asks."""
        return (await self.answers(f"{self.health}/readyz"))[0] == 200

    async def leads(self) -> bool:
        """What its metric says."""
        return "campaign_operator_leader 1.0" in (await self.answers(f"{self.metrics}/metrics"))[1]

    def events(self) -> list[str]:
        """The events of its log."""
        lines = self.process.last_lines(10_000).splitlines()
        return [str(json.loads(line)["event"]) for line in lines if line.startswith("{")]


@dataclass
class Replicas:
    """Replicas of one operator, which watch one namespace."""

    control_plane: ControlPlane
    kubeconfig: Path
    authority: Path
    folder: Path
    namespace: str
    stack: AsyncExitStack

    async def start(self) -> Replica:
        """One more replica, once it is ready."""
        health, metrics = LoopbackPort(), LoopbackPort()
        for port in (health, metrics):
            port.release()
        ports = ("--health-port", str(health.number), "--metrics-port", str(metrics.number))
        flags = ("--namespace", self.namespace, *ELECTION, *ports)
        process = start_operator(self.kubeconfig, self.authority, self.folder, *flags)
        self.stack.push_async_callback(process.stop, timeout_seconds=40)
        urls = (f"http://127.0.0.1:{port.number}" for port in (health, metrics))
        replica = Replica(process, *urls)
        await until(replica.is_ready)
        return replica

    async def leader_and_standby(self) -> tuple[Replica, Replica]:
        """Two replicas, of which the first leads."""
        leader = await self.start()
        await until(leader.leads)
        return leader, await self.start()

    async def lease(self) -> dict[str, Any]:
        """The spec of the Lease."""
        found = await self.control_plane.kubectl("get", "lease", LEASE, "-n", LEASE, "-o", "json")
        return dict(json.loads(found.stdout)["spec"])

    async def plan(self, name: str) -> None:
        """Create a campaign and see that somebody looks after it."""
        manifest = yaml.safe_dump(campaign(self.namespace, name))
        await self.control_plane.kubectl("apply", "-f", "-", stdin=manifest)
        await self.control_plane.kubectl(
            "wait", "--for=condition=Ready", f"ocamp/{name}", "-n", self.namespace, "--timeout=60s"
        )


@pytest_asyncio.fixture
async def replicas(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Replicas]:
    """None yet; with a namespace and a dialer for their campaigns."""
    control_plane, kubeconfig = playhouse
    namespace = f"replicas-{uuid4().hex[:10]}"
    certificate = issue_server_certificate(tmp_path)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        await control_plane.kubectl("create", "namespace", namespace)
        manifest = yaml.safe_dump(connection_secret(namespace, simulator))
        await control_plane.kubectl("apply", "-f", "-", stdin=manifest)
        yield Replicas(control_plane, kubeconfig, certificate.authority, tmp_path, namespace, stack)
        await control_plane.kubectl("delete", "ocamp", "--all", "-n", namespace, "--wait=false")


def seconds_between(earlier: str, later: str) -> float:
    """Between two times of a Lease."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


async def test_one_replica_works_and_the_other_is_ready_and_watches_nothing(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.plan("c")
    assert "acting" in leader.events()
    assert not await standby.leads()
    assert standby.events()[-1] == "waiting for the Lease"
    assert await standby.answers(f"{standby.health}/healthz") == (200, "ok\n")


async def test_a_leader_that_stops_hands_over_at_once(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    before = await replicas.lease()
    os.kill(leader.process.pid, signal.SIGTERM)
    assert await leader.process.wait() == 0
    await until(standby.leads)
    after = await replicas.lease()
    assert after["holderIdentity"] != before["holderIdentity"]
    assert after["leaseTransitions"] == before["leaseTransitions"] + 1
    assert seconds_between(before["renewTime"], after["acquireTime"]) < LEASE_SECONDS
    await replicas.plan("c")


async def test_a_leader_that_is_killed_is_replaced_when_its_lease_has_ended_and_not_before(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    os.kill(leader.process.pid, signal.SIGKILL)
    await leader.process.wait()
    before = await replicas.lease()
    await until(standby.leads)
    after = await replicas.lease()
    assert LEASE_SECONDS <= seconds_between(before["renewTime"], after["acquireTime"]) < TAKEN_OVER_SECONDS
    await replicas.plan("c")


async def test_a_leader_that_loses_its_lease_ends_and_says_why(replicas: Replicas) -> None:
    leader = await replicas.start()
    await until(leader.leads)
    taken = json.dumps({"spec": {"holderIdentity": "somebody-else", "leaseDurationSeconds": 3600}})
    await replicas.control_plane.kubectl("patch", "lease", LEASE, "-n", LEASE, "--type=merge", f"--patch={taken}")
    assert await leader.process.wait() == 1
    assert "the Lease could not be renewed in time, so another replica may lead by now" in leader.process.last_lines(1)
    assert (await replicas.lease())["holderIdentity"] == "somebody-else"
    await replicas.control_plane.kubectl("delete", "lease", LEASE, "-n", LEASE)


async def test_a_standby_that_stops_leaves_the_lease_alone(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    before = await replicas.lease()
    os.kill(standby.process.pid, signal.SIGTERM)
    assert await standby.process.wait() == 0
    assert (await replicas.lease())["holderIdentity"] == before["holderIdentity"]
    assert await leader.leads()


async def test_a_standby_that_cannot_reach_the_lease_waits_on(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.control_plane.stop_api_server()
    os.kill(leader.process.pid, signal.SIGKILL)
    await leader.process.wait()
    await replicas.control_plane.start_api_server()
    await until(standby.leads)


async def test_check_names_the_permissions_on_the_lease(replicas: Replicas) -> None:
    watched = ("--namespace", replicas.namespace)
    assert await answer_of(replicas.kubeconfig, "check", *watched, *ELECTION) == (
        0,
        "permissions: all 13\nCustomResourceDefinition: up to date\n",
    )
    status, said = await answer_of(replicas.kubeconfig, "check", *watched, *ELECTION[:-1], "another")
    assert status == 1
    words = " ".join(said.split())
    assert f'get leases.coordination.k8s.io "another" in the namespace "{LEASE}", to see who leads' in words
    assert f'update leases.coordination.k8s.io "another" in the namespace "{LEASE}", to lead' in words


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_of_several_replicas_one_stays_on_an_eviction_and_they_are_spread(
    render_chart: Callable[..., str], replicas: int
) -> None:
    rendered = render_chart("any", {"replicas": replicas})
    specs = {document["kind"]: document.get("spec") for document in yaml.safe_load_all(rendered) if document}
    deployment = specs["Deployment"]
    assert deployment["replicas"] == replicas
    assert ("PodDisruptionBudget" in specs) == (replicas > 1)
    assert ("topologySpreadConstraints" in deployment["template"]["spec"]) == (replicas > 1)
    if replicas > 1:
        budget = specs["PodDisruptionBudget"]
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        labels = deployment["template"]["metadata"]["labels"].items()
        assert budget["minAvailable"] == 1
        for selected in (budget["selector"], spread["labelSelector"], deployment["selector"]):
            assert selected["matchLabels"].items() <= labels
