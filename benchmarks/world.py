"""The world that is measured in: a control plane, a dialer over TLS and the operator, each in processes of its own.

Owns their start and end. The dialer is the simulator's own command and not a server in this process, so that what the
benchmark does costs neither of them anything, and so that the CPU of each can be told apart. The operator is started as
a user starts it, with the default settings, as the control plane's administrator.
"""

import asyncio
import os
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from campaigns import NAMESPACE, Campaigns, following
from kubernetes.aio.client import ApiClient, Configuration, CoreV1Api, VersionApi
from kubernetes.aio.config import load_kube_config
from machine import Meter
from scraping import Scrape, read, scrape

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.certificates import ServerCertificate, issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort
from campaign_sandbox.sandbox import apply_crd

CLIENT_ID = "benchmark"
CLIENT_SECRET = "benchmark-secret"  # noqa: S105 - of a dialer on loopback that lives as long as the benchmark
READY_SECONDS = 60.0
STOP_SECONDS = 35.0
UNTIL_SECONDS = 120.0
_ANNOUNCEMENT = "listening on "


class BenchmarkFailedError(Exception):
    """Something broke, so there is nothing to measure. The message quotes the end of a log."""


@dataclass(frozen=True, slots=True)
class DialerSettings:
    """How the simulated dialer behaves. `total_calls` are those of each campaign."""

    total_calls: int = 1_000_000
    calls_per_second: float = 1.0
    latency_ms: int = 0


@dataclass(frozen=True)
class Operator:
    """The operator's process, and where it serves its metrics."""

    process: ChildProcess
    metrics_url: str


@dataclass
class World:
    """What runs. `kubernetes` is the API server's version."""

    control_plane: ControlPlane
    dialer: ChildProcess
    dialer_url: str
    certificate: ServerCertificate = field(repr=False)
    trust: ssl.SSLContext = field(repr=False)
    client: ApiClient
    campaigns: Campaigns
    kubernetes: str
    start: Callable[[], Operator] = field(repr=False)
    running: Operator

    @property
    def operator(self) -> ChildProcess:
        """The operator's process."""
        return self.running.process

    async def stop_operator(self) -> None:
        """End the operator as a cluster does."""
        await self.operator.stop(timeout_seconds=STOP_SECONDS)

    async def restart_operator(self) -> None:
        """End the operator, and start another that remembers nothing."""
        await self.stop_operator()
        self.running = self.start()

    async def operator_metrics(self) -> Scrape:
        """What the operator's metrics say now. Raises httpx.TransportError where it does not serve them yet."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return await scrape(client, self.running.metrics_url)

    async def api_server_metrics(self, *names: str) -> Scrape:
        """What these metrics of the API server say now."""
        prepared = await self.client.param_serialize("GET", "/metrics", auth_settings=["BearerToken"])
        response = await self.client.call_api(*prepared)
        content = await response.read()  # type: ignore[no-untyped-call] # it has no types
        return read(content.decode(), *names)

    async def etcd_metrics(self, *names: str) -> Scrape:
        """What these metrics of etcd say now."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.control_plane.etcd_socket))
        async with httpx.AsyncClient(transport=transport) as client:
            return await scrape(client, "http://localhost/metrics", *names)

    def meter(self) -> Meter:
        """Measures the CPU time of every process of this world that runs, the benchmark's own among them."""
        children = [child for child in (self.operator, self.dialer) if child.exit_status is None]
        ours = {"benchmark": os.getpid(), **{child.name: child.pid for child in children}}
        return Meter({**self.control_plane.pids, **ours})

    def to_dialer(self) -> httpx.AsyncClient:
        """A plain HTTP client for the dialer, with connections that are kept; the caller closes it."""
        return httpx.AsyncClient(base_url=self.dialer_url, verify=self.trust, timeout=60, trust_env=False)

    async def submissions(self, campaign_id: str) -> int:
        """How many requests for a schedule of that campaign the dialer has seen, by its own ledger."""
        async with self.to_dialer() as client:
            answer = (await client.get("/_ledger", params={"campaign": campaign_id})).raise_for_status().json()
        return sum(request["call"] == "submit" for request in answer["requests"])

    async def calls(self) -> Counter[str]:
        """How many requests of each kind the dialer has seen, by its own ledger, which keeps 100,000."""
        async with self.to_dialer() as client:
            answer = (await client.get("/_ledger")).raise_for_status().json()
        return Counter(request["call"] for request in answer["requests"])

    async def reached(self, name: str, state: str, seconds: float) -> float:
        """When, by the monotonic clock, the campaign's run was first seen in that state.

        Raises BenchmarkFailedError if that takes longer than `seconds`.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self.campaigns.reached(name, state)
        except TimeoutError:
            raise BenchmarkFailedError(
                f"{name} was not {state} within {seconds:g} s; the operator's log ends:\n{self.operator.last_lines()}"
            ) from None


@asynccontextmanager
async def running_world(
    binaries: ControlPlaneBinaries, dialer_settings: DialerSettings | None = None, *, operator: str | None = None
) -> AsyncIterator[World]:
    """Everything, for as long as the block runs; the operator has scheduled a first campaign by then.

    `operator`: a script of this folder to start in its place.

    Start it from the main thread. Raises ControlPlaneError, KubectlError or BenchmarkFailedError where a part does not
    come up.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-operator-benchmark-")))
        certificate = issue_server_certificate(folder)
        control_plane = await stack.enter_async_context(await ControlPlane.start(binaries))
        await apply_crd(control_plane)
        dialer = _start_dialer(dialer_settings or DialerSettings(), certificate, folder)
        stack.push_async_callback(dialer.stop, timeout_seconds=STOP_SECONDS)
        dialer_url = await _announced(dialer)
        client = await stack.enter_async_context(administrator(control_plane))
        secret: Any = _connection_secret(dialer_url)  # the client takes the wire's form, too
        await CoreV1Api(client).create_namespaced_secret(NAMESPACE, secret)
        campaigns = await stack.enter_async_context(following(client))
        version = await VersionApi(client).get_code()
        trust = ssl.create_default_context(cafile=certificate.authority)
        start = partial(_start_operator, control_plane, certificate, folder, operator)
        world = World(
            control_plane,
            dialer,
            dialer_url,
            certificate,
            trust,
            client,
            campaigns,
            version.git_version,
            start,
            start(),
        )
        stack.push_async_callback(world.stop_operator)
        await campaigns.create("first", zones=2, contacts=2)
        await world.reached("first", "Scheduled", READY_SECONDS)
        yield world


async def until(holds: Callable[[], Awaitable[bool]], what: str, seconds: float = UNTIL_SECONDS) -> None:
    """Wait until that holds; `what` says it in words. Raises BenchmarkFailedError after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 - what is waited for happens in the operator
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise BenchmarkFailedError(f"not within {seconds:g} s: {what}") from None


@asynccontextmanager
async def administrator(control_plane: ControlPlane, connections: int | None = None) -> AsyncIterator[ApiClient]:
    """A client with all rights, of at most so many connections; None: as many as the client has by itself."""
    configuration = Configuration(connection_pool_maxsize=connections)
    await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
        config_file=str(control_plane.kubeconfig_path), client_configuration=configuration, persist_config=False
    )
    async with ApiClient(configuration) as client:
        yield client


def _connection_secret(dialer_url: str) -> dict[str, Any]:
    values: Mapping[str, str] = {
        "client-id": CLIENT_ID,
        "client-secret": CLIENT_SECRET,
        "environment": "benchmark",
        "api-base-url": dialer_url,
        "token-url": f"{dialer_url}/api/v2/oauth/token",
    }
    return {"metadata": {"name": "cxone"}, "stringData": values}


def _start_dialer(settings: DialerSettings, certificate: ServerCertificate, folder: Path) -> ChildProcess:
    command = [
        *(sys.executable, "-m", "campaign_sandbox", "simulator"),
        *("--tls-cert", str(certificate.tls.certificate), "--tls-key", str(certificate.tls.key)),
        *("--campaign", f"*={settings.total_calls}", "--calls-per-second", str(settings.calls_per_second)),
        *("--latency-ms", str(settings.latency_ms)),
    ]
    credentials = {"CAMPAIGN_SIMULATOR_CLIENT_ID": CLIENT_ID, "CAMPAIGN_SIMULATOR_CLIENT_SECRET": CLIENT_SECRET}
    return ChildProcess("dialer", command, folder / "dialer.log", env={**os.environ, **credentials}, cwd=folder)


async def _announced(dialer: ChildProcess) -> str:
    """The URL that the dialer prints once it accepts connections."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            while dialer.exit_status is None:
                for line in dialer.last_lines().splitlines():
                    if line.startswith(_ANNOUNCEMENT):
                        return line.removeprefix(_ANNOUNCEMENT)
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise BenchmarkFailedError(f"the dialer did not come up:\n{dialer.last_lines()}")


def _start_operator(
    control_plane: ControlPlane, certificate: ServerCertificate, folder: Path, script: str | None
) -> Operator:
    program = ("-m", "campaign_operator.cli") if script is None else (str(Path(__file__).parent / script),)
    metrics = LoopbackPort()
    metrics.release()  # the operator asks for it on all addresses, which a port that is held does not let it have
    command = [
        *(sys.executable, *program, "run", "--all-namespaces", "--log-format", "json"),
        *("--ca-file", str(certificate.authority), "--allow-cidr", "127.0.0.0/8"),
        *("--metrics-port", str(metrics.number)),
    ]
    environment = {**os.environ, "KUBECONFIG": str(control_plane.kubeconfig_path)}
    log_path = folder / f"operator-{uuid4().hex[:6]}.log"
    process = ChildProcess("operator", command, log_path, env=environment, cwd=folder)
    return Operator(process, f"http://{LOOPBACK}:{metrics.number}/metrics")
