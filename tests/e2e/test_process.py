"""The operator as a process: how it starts, what it serves, how it ends, and what it says when it cannot begin."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_sandbox.sandbox import apply_crd
from e2e_world import World, campaign, start_operator
from serving import until

CLI = (sys.executable, "-m", "campaign_operator.cli")


def run_cli(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, *args], env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )


async def answer(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def test_it_serves_health_and_metrics_by_every_protocol_and_ends_at_once_on_sigterm(
    world: World, namespace: str
) -> None:
    with_port = [LoopbackPort(), LoopbackPort()]
    health, metrics = (port.number for port in with_port)
    for port in with_port:
        port.release()
    ports = ("--health-port", str(health), "--metrics-port", str(metrics))
    operator = start_operator(
        world.operator_kubeconfig, world.authority, world.folder, "--namespace", namespace, *ports
    )

    async def ready() -> bool:
        try:
            return (await answer(f"http://127.0.0.1:{health}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await until(ready)
        # a pod of a cluster without IPv4 is asked by IPv6 alone
        for host in ("127.0.0.1", *(["[::1]"] if socket.has_dualstack_ipv6() else [])):
            for path in ("/healthz", "/readyz"):
                assert (await answer(f"http://{host}:{health}{path}")).text == "ok\n"
            scraped = await answer(f"http://{host}:{metrics}/metrics")
            assert scraped.headers["Content-Type"].startswith("text/plain; version=")
            assert "campaign_operator_status_writes_total" in scraped.text
            assert "campaign_operator_leader_election 0.0" in scraped.text
        os.kill(operator.pid, signal.SIGTERM)
        begun = time.monotonic()
        assert await operator.wait() == 0
        assert time.monotonic() - begun < 10
    finally:
        operator.kill()
    assert "Traceback" not in operator.log_path.read_text()


async def test_a_port_that_is_taken_is_told_in_one_line(world: World, namespace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        operator = start_operator(
            *(world.operator_kubeconfig, world.authority, world.folder),
            *("--namespace", namespace, "--health-port", str(port)),
        )
        try:
            assert await operator.wait() == 1
        finally:
            await operator.stop(timeout_seconds=40)
    assert operator.log_path.read_text().splitlines() == [
        f"campaign-operator: cannot listen on port {port}: Address already in use"
    ]


async def test_an_operator_of_one_namespace_leaves_the_others_alone(
    control_plane_binaries: ControlPlaneBinaries, world: World, namespace: str
) -> None:
    """Another control plane, so that the operator of the world does not interfere."""
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        await apply_crd(control_plane)
        alone = World(
            control_plane,
            world.simulator,
            world.receiver,
            world.operator,
            world.authority,
            control_plane.kubeconfig_path,
            world.folder,
        )
        for ours in ("watched", "ignored"):
            await alone.kubectl("create", "namespace", ours)
            await alone.connect(ours)
            await alone.apply(campaign(ours, "spring"))
        operator = start_operator(
            control_plane.kubeconfig_path, world.authority, world.folder, "--namespace", "watched"
        )
        try:
            await alone.wait_for_state("watched", "spring", "Scheduled")
            assert await alone.status("ignored", "spring") == {"observedGeneration": -1}
        finally:
            await operator.stop(timeout_seconds=20)


async def test_without_the_crd_it_says_what_to_apply(control_plane_binaries: ControlPlaneBinaries) -> None:
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        done = await asyncio.to_thread(run_cli, "run", "-A", KUBECONFIG=str(control_plane.kubeconfig_path))
    assert done.returncode == 1
    assert "campaign-operator crd | kubectl apply --server-side --force-conflicts -f -" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("run",), "--all-namespaces"),
        (("run", "-A", "--namespace", "x"), "either"),
        (("run", "-A", "--allow-cidr", "10.0.0.1/8"), "--allow-cidr"),
        (("run", "-A", "--settle-seconds", "20"), "settle_seconds (20) must be at least"),
        (("run", "-A", "--ca-file", "/nowhere"), "--ca-file"),
        (("run", "-A", "--poll-seconds", "0"), "--poll-seconds"),
        (("run", "-A", "--deletion-deadline-seconds", "0"), "--deletion-deadline-seconds"),
        (("run", "-A", "--campaign-selector", "team in ("), "must be a label selector, such as team=sales"),
        (("check", "-A", "--campaign-selector", "=sales"), "must be a label selector, such as team=sales"),
        (("detach", "-A", "--campaign-selector", "a,"), "must be a label selector, such as team=sales"),
        (("fly",), "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_exit_status_2_and_names_what_is_wrong(args: tuple[str, ...], words: str) -> None:
    done = run_cli(*args, KUBECONFIG="/nowhere", TERMINAL_WIDTH="200")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_every_option_can_come_from_the_environment() -> None:
    done = run_cli("run", "-A", CAMPAIGN_OPERATOR_SETTLE_SECONDS="20", TERMINAL_WIDTH="200")
    assert done.returncode == 2
    assert "settle_seconds (20)" in done.stderr


def test_no_cluster_is_told_in_words() -> None:
    done = run_cli("run", "-A", KUBECONFIG="/nowhere")
    assert done.returncode == 1
    assert "cannot reach a cluster with /nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_crd_command_prints_what_is_in_the_repository() -> None:
    done = run_cli("crd")
    committed = Path(__file__).parents[2] / "crds" / "outboundcampaigns.campaign-operator.io.yaml"
    assert done.stdout == committed.read_text()


@pytest.mark.parametrize("command", [(), ("run",), ("validate",), ("preview",), ("crd",)])
def test_help_everywhere(command: tuple[str, ...]) -> None:
    assert run_cli(*command, "--help").returncode == 0
