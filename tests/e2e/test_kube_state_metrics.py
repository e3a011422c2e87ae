"""What the real kube-state-metrics makes of the example configuration, of real campaigns: `make kube-state-metrics`."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from campaign_sandbox.binaries import built_kube_state_metrics
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_states import CAMPAIGN_STATES, NAME
from serving import until
from stage import Stage, run_of

CONFIGURATION = Path(__file__).parents[2] / "examples" / "monitoring" / "kube-state-metrics.yaml"
PREFIX = "kube_outboundcampaign_"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Scraped:
    """kube-state-metrics with that configuration, and nothing else."""

    def __init__(self, url: str, process: ChildProcess) -> None:
        self._url = url
        self.process = process

    async def text(self) -> str:
        """What it serves; empty before it listens."""
        try:
            # plain HTTP: to read the machine's roots would take longer than all the rest
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:  # noqa: S501
                return (await client.get(self._url)).text
        except httpx.TransportError:
            return ""

    async def samples(self, namespace: str) -> Samples:
        """Those of one namespace, by name and labels."""
        found: Samples = {}
        for family in text_string_to_metric_families(await self.text()):
            for sample in family.samples:
                labels = {k: v for k, v in sample.labels.items() if not k.startswith("customresource_")}
                if labels.pop("namespace", "") == namespace and labels.pop("name") == NAME:
                    key = (sample.name.removeprefix(PREFIX), frozenset(labels.items()))
                    assert key not in found, "a scrape with two samples of one name fails"
                    found[key] = sample.value
        return found


@pytest_asyncio.fixture
async def scraped(playhouse: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Scraped]:
    """kube-state-metrics beside the stage."""
    program = built_kube_state_metrics()
    if program is None:
        pytest.skip("kube-state-metrics is not built; `make kube-state-metrics` builds it")
    port, telemetry = LoopbackPort(), LoopbackPort()
    for each in (port, telemetry):
        each.release()
    process = ChildProcess(
        "kube-state-metrics",
        [
            program,
            f"--kubeconfig={playhouse[0].kubeconfig_path}",
            f"--custom-resource-state-config-file={CONFIGURATION}",
            "--custom-resource-state-only",
            *("--host=127.0.0.1", "--telemetry-host=127.0.0.1"),
            *(f"--port={port.number}", f"--telemetry-port={telemetry.number}"),
        ],
        tmp_path / "kube-state-metrics.log",
    )
    try:
        yield Scraped(f"http://127.0.0.1:{port.number}/metrics", process)
    finally:
        await process.stop(timeout_seconds=10)


def at(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """The key of a sample."""
    return name, frozenset(labels.items())


async def campaign_in(stage: Stage, scraped: Scraped, state: str) -> Samples:
    """The samples of a campaign in that state, once there are some."""
    await next(each for each in CAMPAIGN_STATES if each.name == state).reach(stage)
    generation = float(await stage.kubectl("get", "ocamp", NAME, "-o", "jsonpath={.status.observedGeneration}"))
    version = await stage.kubectl("get", "ocamp", NAME, "-o", "jsonpath={.status.state}")
    found: Samples = {}

    async def is_told() -> bool:
        nonlocal found
        assert scraped.process.exit_status is None, scraped.process.last_lines()
        found = await scraped.samples(stage.namespace)
        is_seen = found.get(at("status_observed_generation")) == generation
        return is_seen and (not version or found.get(at("state", state=version)) == 1)

    await until(is_told)
    return found


async def test_a_campaign_that_runs_has_the_numbers_of_its_run(stage: Stage, scraped: Scraped) -> None:
    found = await campaign_in(stage, scraped, "running")
    status = await stage.status(NAME)
    run = run_of(status)
    key = {"run": run.id, "planned_from": run.planned_from}
    assert found[at("info", campaign_id="c9f0f895", run_policy="Once")] == 1
    assert {labels: value for (name, labels), value in found.items() if name == "state" and value} == {
        frozenset({("state", "Running")}): 1
    }
    assert found[at("ready")] == 1
    assert found[at("stalled")] == 0
    assert found[at("status_condition", condition="Ready", reason="Accepted")] == 1
    assert found[at("run_info", **key, state="Running")] == 1
    assert found[at("run_expected_calls", **key)] == run.metrics.expected_calls
    assert found[at("run_completed_calls", **key)] == run.metrics.calls_completed
    assert found[at("run_attempted_calls", **key)] == run.metrics.calls_attempted
    assert run.metrics.calls_completed > 0
    assert found[at("run_first_start_timestamp_seconds", **key)] == run.first_start.timestamp()
    assert found[at("run_last_end_timestamp_seconds", **key)] == run.last_end.timestamp()
    assert at("next_run_timestamp_seconds") not in found


async def test_a_campaign_that_is_planned_has_its_next_run(stage: Stage, scraped: Scraped) -> None:
    found = await campaign_in(stage, scraped, "planned")
    start = (await stage.status(NAME)).next_run_time
    assert start is not None
    assert found[at("next_run_timestamp_seconds")] == datetime.fromisoformat(start).timestamp()


async def test_a_campaign_that_is_stalled_says_why(stage: Stage, scraped: Scraped) -> None:
    found = await campaign_in(stage, scraped, "secret-not-found")
    assert found[at("ready")] == 0
    assert found[at("stalled")] == 1
    assert found[at("status_condition", condition="Ready", reason="SecretNotFound")] == 0


async def test_a_campaign_that_has_ended_and_is_deleted_is_gone(stage: Stage, scraped: Scraped) -> None:
    found = await campaign_in(stage, scraped, "completed")
    run = run_of(await stage.status(NAME))
    assert run.finish_time is not None
    key = {"run": run.id, "planned_from": run.planned_from}
    assert found[at("run_finish_timestamp_seconds", **key)] == run.finish_time.timestamp()
    await stage.let_go()
    await stage.kubectl("delete", "ocamp", NAME)

    async def is_gone() -> bool:
        return await scraped.samples(stage.namespace) == {}

    await until(is_gone)
