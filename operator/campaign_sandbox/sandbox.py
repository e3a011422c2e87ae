"""Everything in one terminal: control plane, CRD, simulated dialer, webhook receiver and the operator.

Owns what belongs together so that a campaign can run from end to end on this machine: which ports, which certificate
authority, which Secrets. All of it ends with the block, whatever ended it. Dialer and receiver run in this process,
the control plane and the operator in their own.
"""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from campaign_operator.api.crd import CRD_NAME, render_crd
from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.certificates import ServerCertificate, issue_server_certificate
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.listener import Listener
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_sandbox.progress import Progress, quiet
from campaign_sandbox.prometheus import ALERTS, running_prometheus
from campaign_sandbox.simulator.server import simulated_dialer
from campaign_sandbox.simulator.simulator_settings import ANY_CAMPAIGN, Client, SimulatorSettings
from campaign_sandbox.webhook_receiver import ReceiverSettings, webhook_receiver

NAMESPACE = "default"
CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - of a dialer on loopback that lives as long as the sandbox
SIGNING_SECRET = "whsec_c2FuZGJveC1zaWduaW5nLXNlY3JldC0wMDE="  # noqa: S105 - likewise
DEMO_CAMPAIGN_ID = "8f14e45f"
"""The campaign of the example, with as many calls as it has contacts."""

STOP_OPERATOR_SECONDS = 35.0


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """What is left out, the program of Prometheus if it is to run, and how quick the rest is."""

    with_operator: bool = True
    with_simulator: bool = True
    prometheus: Path | None = None
    poll_seconds: float = 5.0
    calls_per_second: float = 0.5
    campaigns: Mapping[str, int] = field(default_factory=lambda: {DEMO_CAMPAIGN_ID: 3, ANY_CAMPAIGN: 1_000_000})
    operator_flags: tuple[str, ...] = field(default=("--lead-seconds", "5"))
    alerts: Path = ALERTS


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What runs. `operator`, `dialer_url`, and with Prometheus its URL and the port at which it looks for the metrics
    of an operator, are None where they were left out.
    """

    control_plane: ControlPlane
    receiver_url: str
    dialer_url: str | None
    operator: ChildProcess | None
    ca_file: Path
    prometheus_url: str | None = None
    metrics_port: int | None = None


@asynccontextmanager
async def running_sandbox(
    binaries: ControlPlaneBinaries, settings: SandboxSettings, progress: Progress = quiet
) -> AsyncIterator[Sandbox]:
    """All parts for as long as the block runs. Start it from the main thread.

    Raises ControlPlaneError, KubectlError, PrometheusError or OSError where a part does not come up.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-operator-")))
        certificate = issue_server_certificate(folder)
        listener = Listener(tls=certificate.tls)
        control_plane = await stack.enter_async_context(await ControlPlane.start(binaries, progress=progress))
        await apply_crd(control_plane)
        receiver_url = await stack.enter_async_context(
            webhook_receiver(ReceiverSettings(secret=SIGNING_SECRET, listener=listener))
        )
        progress(f"Webhook receiver at {receiver_url}")
        dialer_url = None
        if settings.with_simulator:
            dialer_url = await stack.enter_async_context(simulated_dialer(_dialer_settings(settings, listener)))
            progress(f"Simulated dialer at {dialer_url}")
        await _apply_secrets(control_plane, dialer_url)
        metrics = LoopbackPort() if settings.prometheus is not None else None
        operator = None
        if settings.with_operator:
            operator = _start_operator(control_plane, certificate, settings, folder, metrics)
            stack.push_async_callback(operator.stop, timeout_seconds=STOP_OPERATOR_SECONDS)
            progress("Operator started")
        elif metrics is not None:
            metrics.release()  # for the operator that somebody starts by hand
        prometheus_url = None
        if settings.prometheus is not None and metrics is not None:
            prometheus_url = await stack.enter_async_context(
                running_prometheus(settings.prometheus, metrics.number, folder, alerts=settings.alerts)
            )
            progress(f"Prometheus at {prometheus_url}")
        yield Sandbox(
            control_plane,
            receiver_url,
            dialer_url,
            operator,
            certificate.authority,
            prometheus_url,
            metrics.number if metrics is not None else None,
        )


def _dialer_settings(settings: SandboxSettings, listener: Listener) -> SimulatorSettings:
    return SimulatorSettings(
        clients=(Client(CLIENT_ID, CLIENT_SECRET),),
        campaigns=settings.campaigns,
        calls_per_second=settings.calls_per_second,
        listener=listener,
    )


async def apply_crd(control_plane: ControlPlane) -> None:
    """Apply the CustomResourceDefinition and wait until it is served."""
    await control_plane.kubectl("apply", "--server-side", "-f", "-", stdin=render_crd())
    await control_plane.wait_until_established(CRD_NAME)


async def _apply_secrets(control_plane: ControlPlane, dialer_url: str | None) -> None:
    if dialer_url is not None:
        await _apply_secret(
            control_plane,
            "cxone",
            {
                "client-id": CLIENT_ID,
                "client-secret": CLIENT_SECRET,
                "environment": "sandbox",
                "api-base-url": dialer_url,
                "token-url": f"{dialer_url}/api/v2/oauth/token",
            },
        )
    await _apply_secret(control_plane, "hook", {"signing-secret": SIGNING_SECRET})


async def _apply_secret(control_plane: ControlPlane, name: str, values: dict[str, str]) -> None:
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    manifest = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nstringData:\n{lines}"
    await control_plane.kubectl("apply", "--server-side", "-f", "-", stdin=manifest)


def _start_operator(
    control_plane: ControlPlane,
    certificate: ServerCertificate,
    settings: SandboxSettings,
    folder: Path,
    metrics: LoopbackPort | None,
) -> ChildProcess:
    served: tuple[str, ...] = ()
    if metrics is not None:
        metrics.release()
        served = ("--metrics-port", str(metrics.number))
    command = [
        *(sys.executable, "-m", "campaign_operator.cli", "run", "--all-namespaces"),
        *("--poll-seconds", str(settings.poll_seconds)),
        *("--ca-file", str(certificate.authority), "--allow-cidr", "127.0.0.0/8"),
        *served,
        *settings.operator_flags,
    ]
    env = {**os.environ, "KUBECONFIG": str(control_plane.kubeconfig_path), "CAMPAIGN_OPERATOR_LOG_FORMAT": "console"}
    return ChildProcess("operator", command, folder / "operator.log", env=env, cwd=folder)
