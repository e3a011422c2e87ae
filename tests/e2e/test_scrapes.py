"""What Prometheus scrapes from real operators: a campaign that runs, two namespaces, a restart, a standby."""

import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from metric_rules import broken_rules
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from campaign_operator.watches import SILENT_SECONDS
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e_world import World, at_the_next_minute, campaign, start_operator
from replicas import Replica, Replicas, opened_replicas
from serving import until

Series = dict[tuple[str, str], float]


class Scraped:
    """An operator of these namespaces, and what it serves."""

    def __init__(self, world: World, *flags: str) -> None:
        port = LoopbackPort()
        port.release()
        self.url = f"http://127.0.0.1:{port.number}/metrics"
        flags = (*flags, "--metrics-port", str(port.number))
        self.process = start_operator(world.operator_kubeconfig, world.authority, world.folder, *flags)

    async def text(self) -> str:
        """All of it; nothing before it listens."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(self.url)).text
        except httpx.TransportError:
            return ""

    async def families(self) -> dict[str, Metric]:
        """By their names."""
        return {family.name: family for family in text_string_to_metric_families(await self.text())}

    async def series(self, name: str) -> Series:
        """What is not 0 of a metric by campaign, by the namespace and the other labels."""
        family = (await self.families()).get(f"campaign_operator_{name}")
        samples = family.samples if family is not None else []
        return {
            (s.labels["namespace"], " ".join(v for k, v in sorted(s.labels.items()) if k != "namespace")): s.value
            for s in samples
            if s.value
        }


@asynccontextmanager
async def scraped(world: World, *flags: str) -> AsyncIterator[Scraped]:
    operator = Scraped(world, *flags)
    try:
        yield operator
    finally:
        await operator.process.stop(timeout_seconds=40)


async def new_namespaces(world: World) -> tuple[str, str]:
    """Two, with the Secret in each; of an operator of their own, since that of the world watches them, too."""
    names = (f"first-{uuid4().hex[:8]}", f"second-{uuid4().hex[:8]}")
    for name in names:
        await world.kubectl("create", "namespace", name)
        await world.connect(name)
    return names


def holds(operator: Scraped, name: str, expected: Series) -> Callable[[], Awaitable[bool]]:
    async def held() -> bool:
        return await operator.series(name) == expected

    return held


async def test_campaigns_of_two_namespaces_through_a_run_a_deletion_and_a_restart(here: World, promtool: Path) -> None:
    first, second = await new_namespaces(here)
    runs = campaign(first, "runs", **at_the_next_minute(completion={"expectedCalls": 1_000_000}))
    await here.apply(runs, campaign(second, "waits"))
    watched = ("--namespace", first, "--namespace", second)
    async with scraped(here, *watched) as operator:
        await here.wait_for_state(first, "runs", "Running", seconds=120)
        both = {(first, "runs Running"): 1.0, (second, "waits Scheduled"): 1.0}
        await until(holds(operator, "campaign_state", both), every_seconds=0.5)

        async def counted() -> bool:
            return (await operator.series("run_completed_calls")).get((first, "runs"), 0) > 1

        await until(counted, every_seconds=0.5)
        assert (await operator.series("run_expected_calls"))[(first, "runs")] == 1_000_000
        text = await operator.text()
        assert broken_rules(text) == []
        assert promtool_findings(promtool, text) == ""
        ages = await operator.series("watch_age_seconds")
        assert {namespace for namespace, _ in ages} == {first, second}
        assert all(age < SILENT_SECONDS for age in ages.values())
        await here.kubectl("delete", "ocamp", "waits", "-n", second, "--wait=false")
        await until(holds(operator, "campaign_state", {(first, "runs Running"): 1.0}))
    async with scraped(here, *watched) as operator:
        await until(holds(operator, "campaign_state", {(first, "runs Running"): 1.0}))


def promtool_findings(promtool: Path, text: str) -> str:
    """What Prometheus' own tool finds."""
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


async def test_without_metrics_per_campaign_they_are_those_of_a_namespace(here: World) -> None:
    first, second = await new_namespaces(here)
    await here.apply(campaign(first, "one"), campaign(first, "other"), campaign(second, "one", suspend=True))
    flags = ("--namespace", first, "--namespace", second, "--no-metrics-per-campaign")
    async with scraped(here, *flags) as operator:
        expected = {(first, "Scheduled"): 2.0, (second, "Suspended"): 1.0}
        await until(holds(operator, "campaign_state", expected))
        assert await operator.series("windows") == {(first, "Submitted"): 4.0}
        families = await operator.families()
        names = [f for f in families.values() if any("name" in sample.labels for sample in f.samples)]
        assert [family.name for family in names] == []


@pytest_asyncio.fixture
async def replicas(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Replicas]:
    """None yet."""
    async with opened_replicas(*playhouse, tmp_path) as replicas:
        yield replicas


async def test_only_the_replica_that_leads_tells_of_campaigns(replicas: Replicas) -> None:
    leader, standby = await replicas.leader_and_standby()
    await replicas.plan("c")
    series = f'campaign_operator_campaign_ready{{name="c",namespace="{replicas.namespace}"}} 1.0'

    async def tells(replica: Replica) -> bool:
        return series in (await replica.answers(f"{replica.metrics}/metrics"))[1]

    await until(lambda: tells(leader))
    assert not await tells(standby)
    assert "campaign_operator_watch_age_seconds{" not in (await standby.answers(f"{standby.metrics}/metrics"))[1]
    leader.send(signal.SIGTERM)
    await until(lambda: tells(standby))


@pytest.fixture
def here(world: World, playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> World:
    """A control plane without another operator."""
    return replace(world, control_plane=playhouse[0], operator_kubeconfig=playhouse[1], folder=tmp_path)
