"""Under an older CustomResourceDefinition, which takes away what it does not know, the operator does not start and does
not submit.

A control plane of their own, since each test replaces the definition.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.crd import custom_resource_definition
from campaign_operator.api.definition import missing_fields, published_schema
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import admit_operator, campaign
from serving import until
from stage import Stage, condition, opened_stage, told, windows

COMMAND = "update it: campaign-operator crd | kubectl apply --server-side --force-conflicts -f -"
HOURS = ("spec", "callingHours")
ATTEMPT = ("status", "runs", "windows", "attempt")

pytestmark = pytest.mark.xdist_group("older definition")


def definition(*without: tuple[str, ...]) -> str:
    """The CustomResourceDefinition without these fields."""
    made = deepcopy(custom_resource_definition())
    for path in without:
        place = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for name in path[:-1]:
            place = place["properties"][name]
            place = place.get("items", place)
        del place["properties"][path[-1]]
    return str(yaml.safe_dump(made))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def older(
    control_plane_binaries: ControlPlaneBinaries,
    render_chart: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ControlPlane, Path]]:
    """A control plane whose definition tests may replace, and the operator's kubeconfig."""
    async with await ControlPlane.start(control_plane_binaries) as running:
        await define(running)
        yield running, await admit_operator(running, render_chart, tmp_path_factory.mktemp("older"))


async def define(control_plane: ControlPlane, *without: tuple[str, ...]) -> None:
    """Replace the definition by one without these fields, and wait until the API server serves it."""
    await control_plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=definition(*without))

    async def is_served() -> bool:
        document = "/openapi/v3/apis/campaign-operator.io/v1alpha1"
        answer = await control_plane.kubectl("get", "--raw", document, check=False)
        schema = published_schema(json.loads(answer.stdout or "null"))
        return schema is not None and len(missing_fields(schema)) == len(without)

    await until(is_served)


@pytest_asyncio.fixture
async def stage(older: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage that begins with the definition of this version."""
    control_plane, kubeconfig = older
    await define(control_plane)
    async with opened_stage(control_plane, kubeconfig, tmp_path) as stage:
        yield stage


@pytest.mark.parametrize(
    ("without", "field"), [(HOURS, "spec.callingHours"), (ATTEMPT, "status.runs[].windows[].attempt")], ids=str
)
async def test_the_operator_refuses_to_start_and_names_the_fields_and_the_command(
    older: tuple[ControlPlane, Path], without: tuple[str, ...], field: str
) -> None:
    control_plane, _ = older
    await define(control_plane, without)
    environment = {**os.environ, "KUBECONFIG": str(control_plane.kubeconfig_path)}
    command = [sys.executable, "-m", "campaign_operator.cli", "run", "-A"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert f"is older than this operator and lacks {field}; {COMMAND}" in said
    assert "Traceback" not in done.stderr


async def test_nothing_is_submitted_once_a_status_comes_back_without_what_was_sent(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", submitAheadSeconds=0)
    await stage.apply(manifest)
    status = await stage.look("c")
    assert {w.state for w in windows(status).values()} == {WindowState.PLANNED}

    await define(stage.control_plane, ATTEMPT)
    stage.clock.advance_to(min(w.start_time for w in windows(status).values()))
    stage.clock.advance(-20)
    for _ in range(3):
        status = await stage.look("c")
        stage.clock.advance(1)
    reason = "CustomResourceDefinitionOutdated"
    message = condition(status, ConditionType.STALLED).message
    assert told(status, ConditionType.READY) == ("False", reason, message)
    assert "lacks status.runs[].windows[].attempt" in message
    assert message.endswith(COMMAND)
    assert await stage.schedules(manifest["spec"]["campaignID"]) == []
    assert reason in [found for found, _ in await stage.warnings("c")]

    await define(stage.control_plane)
    stage.clock.advance(stage.next_look("c"))
    status = await stage.look("c")
    assert condition(status, ConditionType.READY).reason != reason


async def test_nothing_is_planned_by_a_spec_from_which_fields_were_taken(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", callingHours={"start": "10:00", "end": "12:00"}, submitAheadSeconds=0)
    await define(stage.control_plane, HOURS)
    await stage.control_plane.kubectl("apply", "--validate=false", "-f", "-", stdin=yaml.safe_dump(manifest))
    await stage.operator.reconcile(CampaignRef(stage.namespace, "c"))
    found = json.loads(await stage.kubectl("get", "ocamp", "c", "-o", "json"))["status"]
    ready = next(c for c in found["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "CustomResourceDefinitionOutdated")
    assert "lacks spec.callingHours" in ready["message"]
    assert "runs" not in found
