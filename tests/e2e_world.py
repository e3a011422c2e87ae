"""What the end-to-end tests act through: kubectl for everything that a user does, HTTP for what dialer and receiver
saw.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from campaign_sandbox.certificates import ServerCertificate, issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane, KubectlError, KubectlResult
from campaign_sandbox.listener import Listener
from campaign_sandbox.simulator.simulator_settings import Client
from serving import RunningReceiver, RunningSimulator, running_receiver, running_simulator, until

SHORT_WAITS = (
    *("--poll-seconds", "1", "--lead-seconds", "2"),
    *("--settle-seconds", "6", "--send-within-seconds", "2", "--request-timeout-seconds", "2"),
)

Manifest = dict[str, Any]

CLIENTS = (
    Client("operator", "operator-secret"),
    Client("successor", "successor-secret"),
    Client("stranger", "strange-secret", frozenset({"foreign"})),
)


def dialer_of_one_client(certificate: ServerCertificate) -> AbstractAsyncContextManager[RunningSimulator]:
    """A dialer of its own for a test that starts operators of its own."""
    return running_simulator(
        clients=CLIENTS[:1],
        campaigns={"*": 2},
        listener=Listener(tls=certificate.tls),
        authority=str(certificate.authority),
    )


def start_operator(kubeconfig: Path, authority: Path, folder: Path, *flags: str) -> ChildProcess:
    """The operator as a user starts it, with short waits."""
    program = [sys.executable, "-m", "campaign_operator.cli"]
    return start_program(program, {"KUBECONFIG": str(kubeconfig)}, authority, folder, *flags)


def start_program(
    program: Sequence[str], env: Mapping[str, str], authority: Path, folder: Path, *flags: str
) -> ChildProcess:
    """The same by another program, which finds the API server by `env`."""
    command = [
        *(*program, "run", "--log-format", "json"),
        *("--ca-file", str(authority), "--allow-cidr", "127.0.0.0/8"),
        *SHORT_WAITS,
        *flags,
    ]
    log = folder / f"operator-{uuid4().hex[:6]}.log"
    return ChildProcess("operator", command, log, env={**os.environ, **env}, cwd=folder)


@dataclass(frozen=True)
class World:
    """All that runs; see `conftest.world`."""

    control_plane: ControlPlane
    simulator: RunningSimulator
    receiver: RunningReceiver
    operator: ChildProcess
    authority: Path
    operator_kubeconfig: Path
    folder: Path

    async def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> KubectlResult:
        """Run kubectl as the administrator."""
        return await self.control_plane.kubectl(*args, stdin=stdin, check=check)

    async def apply(self, *manifests: Manifest, check: bool = True) -> KubectlResult:
        """`kubectl apply -f -`."""
        return await self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests), check=check)

    async def connect(self, namespace: str, name: str = "cxone", **changes: str | bytes | None) -> None:
        """The Secret that leads to the simulator; a change of None leaves the key out."""
        await self.apply(connection_secret(namespace, self.simulator, name, **changes))

    async def get(self, namespace: str, name: str) -> dict[str, Any]:
        """The campaign as it is now."""
        answer = await self.kubectl("get", "outboundcampaign", name, "-n", namespace, "-o", "json")
        return dict(json.loads(answer.stdout))

    async def status(self, namespace: str, name: str) -> dict[str, Any]:
        """The campaign's status as it is now."""
        return dict((await self.get(namespace, name)).get("status", {}))

    async def wait(self, namespace: str, name: str, what: str, seconds: float = 60) -> dict[str, Any]:
        """`kubectl wait --for=WHAT`, and the status then. What stands there instead is in the error."""
        try:
            await self.kubectl(
                "wait", f"--for={what}", f"outboundcampaign/{name}", "-n", namespace, f"--timeout={seconds}s"
            )
        except KubectlError as error:
            status = await self.status(namespace, name)
            raise AssertionError(f"{error}\n{yaml.safe_dump(status)}\n{self.operator.last_lines(20)}") from None
        return await self.status(namespace, name)

    async def wait_for_state(self, namespace: str, name: str, state: str, seconds: float = 60) -> dict[str, Any]:
        """Until the run is in that state."""
        return await self.wait(namespace, name, "jsonpath={.status.state}=" + state, seconds)

    async def wait_for_reason(self, namespace: str, name: str, reason: str, seconds: float = 60) -> dict[str, Any]:
        """Until Ready has that reason."""
        path = "jsonpath={.status.conditions[?(@.type=='Ready')].reason}="
        return await self.wait(namespace, name, path + reason, seconds)

    async def wait_until(self, namespace: str, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Until the status is so; for what `kubectl wait` has no words for."""

        async def held() -> bool:
            return holds(await self.status(namespace, name))

        await until(held)
        return await self.status(namespace, name)

    async def schedules(self, campaign_id: str) -> list[dict[str, Any]]:
        """Every schedule ever created for the campaign at the dialer."""
        return list((await self.simulator.ledger(campaign_id))["schedules"])

    async def requests(self, campaign_id: str, method: str, ending: str) -> list[dict[str, Any]]:
        """The dialer's record of requests about the campaign."""
        found = (await self.simulator.ledger(campaign_id))["requests"]
        return [r for r in found if r["method"] == method and r["path"].endswith(ending)]

    async def events(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """The Events of a campaign, oldest first."""
        answer = await self.kubectl(
            "get", "events", "-n", namespace, f"--field-selector=involvedObject.name={name}", "-o", "json"
        )
        found = json.loads(answer.stdout)["items"]
        return sorted(found, key=lambda e: str(e["eventTime"]))


@asynccontextmanager
async def running_world(control_plane: ControlPlane, kubeconfig: Path, folder: Path) -> AsyncIterator[World]:
    """The world on a control plane that has the CustomResourceDefinition; `kubeconfig` is the operator's."""
    certificate = issue_server_certificate(folder)
    served: dict[str, Any] = {"listener": Listener(tls=certificate.tls), "authority": str(certificate.authority)}
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            running_simulator(clients=CLIENTS, campaigns={"*": 2}, calls_per_second=50, **served)
        )
        receiver = await stack.enter_async_context(running_receiver(**served))
        operator = start_operator(kubeconfig, certificate.authority, folder, "--all-namespaces")
        stack.push_async_callback(operator.stop, timeout_seconds=40)
        yield World(control_plane, simulator, receiver, operator, certificate.authority, kubeconfig, folder)


def condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    """The condition of that type; empty where there is none."""
    return next((c for c in status.get("conditions", []) if c["type"] == kind), {})


def connection_secret(
    namespace: str, simulator: RunningSimulator, name: str = "cxone", **changes: str | bytes | None
) -> Manifest:
    """The Secret that leads to a simulator; a change of None leaves the key out."""
    values: dict[str, str | bytes | None] = {
        "client-id": "operator",
        "client-secret": "operator-secret",
        "environment": "test",
        "api-base-url": simulator.base_url,
        "token-url": simulator.token_url,
    }
    values |= {key.replace("_", "-"): value for key, value in changes.items()}
    return secret(namespace, name, values)


def secret(namespace: str, name: str, values: dict[str, str | bytes | None]) -> Manifest:
    """A Secret; values of None are left out."""
    from base64 import b64encode

    data = {
        key: b64encode(value if isinstance(value, bytes) else value.encode()).decode()
        for key, value in values.items()
        if value is not None
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name}, "data": data}


def told_in(events: str, name: str | None = None) -> list[tuple[str, str, int]]:
    """Reason and message of each Event, and how often it was observed; of one object, or of all.

    `events`: what `kubectl get events.events.k8s.io -o json` prints.
    """
    found = [e for e in json.loads(events)["items"] if name is None or e["regarding"]["name"] == name]
    return sorted((e["reason"], e["note"], e.get("series", {}).get("count", 1)) for e in found)


def config_map(namespace: str, name: str, **data: str | bytes) -> Manifest:
    """A ConfigMap; `__` in a name of a key stands for a dot, and bytes go to binaryData."""
    from base64 import b64encode

    keys = {key.replace("__", "."): value for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": namespace, "name": name},
        "data": {key: value for key, value in keys.items() if isinstance(value, str)},
        "binaryData": {key: b64encode(value).decode() for key, value in keys.items() if isinstance(value, bytes)},
    }


def campaign(namespace: str, name: str, **spec: Any) -> Manifest:
    """A sound campaign for tomorrow morning, with a campaignID of its own."""
    fields: dict[str, Any] = {
        "campaignID": f"c-{uuid4().hex[:10]}",
        "cron": "0 9 * * *",
        "connection": {"secretRef": {"name": "cxone"}},
        "contacts": [{"id": "c1", "timeZone": "America/New_York"}, {"id": "c2", "timeZone": "Europe/London"}],
    }
    return {
        "apiVersion": "campaign-operator.io/v1alpha1",
        "kind": "OutboundCampaign",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {key: value for key, value in {**fields, **spec}.items() if value is not None},
    }


def at_the_next_minute(**spec: Any) -> dict[str, Any]:
    """A spec that starts within the minute, at whatever hour the test is run."""
    open_always = {"start": "00:00", "end": "24:00"}
    return {
        "cron": "* * * * *",
        "startMode": "SameInstant",
        "windowSeconds": 1200,
        "callingHours": open_always,
        **spec,
    }


async def answer_of(kubeconfig: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and all words of a command of the operator, run by that account."""
    command = [sys.executable, "-m", "campaign_operator.cli", *arguments]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


async def admit_operator(control_plane: ControlPlane, render_chart: Callable[..., str], folder: Path) -> Path:
    """Make the account that the operator has in a cluster, for all namespaces, with the chart's rights; its
    kubeconfig.
    """
    name = "campaign-operator"
    await control_plane.kubectl("create", "namespace", name)
    rendered = render_chart(name, only=["serviceaccount.yaml", "rbac.yaml", "leaderelection.yaml"])
    await control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=rendered)
    return await control_plane.service_account_kubeconfig(name, name, folder / "kubeconfig")
