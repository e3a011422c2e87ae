"""Several replicas of the operator with leader election, as the chart runs them.

Real processes, the real Lease, and the rights that the chart gives.
"""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e_world import campaign, connection_secret, dialer_of_one_client, start_operator, told_in
from serving import RunningSimulator, until

LEASE = "campaign-operator"
"""Name of the Lease, and of the namespace that the operator's account is in."""

ELECTION = ("--leader-elect", "--leader-elect-resource-namespace", LEASE, "--leader-elect-resource-name", LEASE)


@dataclass(eq=False)
class Replica:
    """One process of several."""

    process: ChildProcess
    health: str
    metrics: str

    async def answers(self, url: str) -> tuple[int, str]:
        """Status and text of one of its endpoints; a status of 0 before it listens."""
        try:
            # plain HTTP: to read the machine's roots would take longer than all the rest
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:  # noqa: S501
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

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        os.kill(self.process.pid, number)

    def log(self) -> str:
        """All that it has logged."""
        return self.process.log_path.read_text()

    def events(self) -> list[str]:
        """The events of its log."""
        return [str(json.loads(line)["event"]) for line in self.log().splitlines() if line.startswith("{")]


@dataclass
class Replicas:
    """Replicas of one operator, which watch one namespace. `waits` are options of each."""

    control_plane: ControlPlane
    kubeconfig: Path
    authority: Path
    folder: Path
    namespace: str
    simulator: RunningSimulator
    stack: AsyncExitStack
    waits: tuple[str, ...] = ()

    async def start(self) -> Replica:
        """One more replica, once it is ready."""
        health, metrics = LoopbackPort(), LoopbackPort()
        for port in (health, metrics):
            port.release()
        ports = ("--health-port", str(health.number), "--metrics-port", str(metrics.number))
        flags = ("--namespace", self.namespace, *ELECTION, *ports, *self.waits)
        process = start_operator(self.kubeconfig, self.authority, self.folder, *flags)
        self.stack.push_async_callback(process.stop, timeout_seconds=40)
        urls = (f"http://127.0.0.1:{port.number}" for port in (health, metrics))
        replica = Replica(process, *urls)
        await until(replica.is_ready, every_seconds=0.1)
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

    async def ask_again(self, name: str) -> None:
        """Have whoever leads look at the campaign once more."""
        value = uuid4().hex
        await self.control_plane.kubectl(
            "annotate", f"ocamp/{name}", "-n", self.namespace, f"{REQUESTED_AT_ANNOTATION}={value}"
        )
        handled = f"--for=jsonpath={{.status.lastHandledRequest}}={value}"
        await self.control_plane.kubectl("wait", handled, f"ocamp/{name}", "-n", self.namespace, "--timeout=60s")

    async def events(self, name: str) -> list[tuple[str, str, int]]:
        """Reason and message of each Event of the campaign, and how often it was observed."""
        found = await self.control_plane.kubectl("get", "events.events.k8s.io", "-n", self.namespace, "-o", "json")
        return told_in(found.stdout, name)

    async def is_told(self, name: str, reasons: list[str]) -> bool:
        """Whether the Events of the campaign have these reasons."""
        return [reason for reason, _, _ in await self.events(name)] == reasons


@asynccontextmanager
async def opened_replicas(
    control_plane: ControlPlane, kubeconfig: Path, folder: Path, waits: tuple[str, ...] = ()
) -> AsyncIterator[Replicas]:
    """None yet; with a namespace and a dialer for their campaigns. `kubeconfig` is the operator's."""
    namespace = f"replicas-{uuid4().hex[:10]}"
    certificate = issue_server_certificate(folder)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        await control_plane.kubectl("create", "namespace", namespace)
        manifest = yaml.safe_dump(connection_secret(namespace, simulator))
        await control_plane.kubectl("apply", "-f", "-", stdin=manifest)
        yield Replicas(control_plane, kubeconfig, certificate.authority, folder, namespace, simulator, stack, waits)
        await control_plane.kubectl("delete", "ocamp", "--all", "-n", namespace, "--wait=false")
