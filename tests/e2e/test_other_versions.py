"""What another version of the operator, or a person, has left in a campaign concerns that campaign alone.

A control plane of its own, with the CustomResourceDefinition of a newer version: it has states and fields that this
version does not know, and that a rollback finds in the status.
"""

import json
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.crd import CRD_NAME, custom_resource_definition
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.campaigns.label_selector import LabelSelector
from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import admit_operator, campaign
from stage import STAGE_SETTINGS, Stage, new_operator, opened_stage, run_of, told, windows

NY, LONDON = "America/New_York", "Europe/London"

pytestmark = pytest.mark.xdist_group("newer definition")


def of_a_newer_version() -> dict[str, Any]:
    """A CustomResourceDefinition with states, start modes and fields that this version does not know."""
    definition = deepcopy(custom_resource_definition())
    resource = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    resource["spec"]["properties"]["startMode"]["enum"].append("Random")
    status = resource["status"]["properties"]
    run = status["runs"]["items"]["properties"]
    window = run["windows"]["items"]["properties"]
    for known in (run["state"], status["history"]["items"]["properties"]["state"], window["state"]):
        known["enum"].append("Paused")
    for fields in (status, run, window):
        fields["pausedBy"] = {"type": "string"}
    return definition


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def newer(
    control_plane_binaries: ControlPlaneBinaries,
    render_chart: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[ControlPlane, Path]]:
    """A control plane with that definition, and the operator's kubeconfig."""
    async with await ControlPlane.start(control_plane_binaries) as running:
        manifest = yaml.safe_dump(of_a_newer_version())
        await running.kubectl("apply", "--server-side", "--filename=-", stdin=manifest)
        await running.wait_until_established(CRD_NAME)
        yield running, await admit_operator(running, render_chart, tmp_path_factory.mktemp("newer"))


@pytest_asyncio.fixture
async def stage(newer: tuple[ControlPlane, Path], tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage under that definition."""
    control_plane, kubeconfig = newer
    async with opened_stage(control_plane, kubeconfig, tmp_path) as stage:
        yield stage


async def wire(stage: Stage, name: str = "c") -> dict[str, Any]:
    """The campaign as it is at the API server."""
    return dict(json.loads(await stage.kubectl("get", "ocamp", name, "-o", "json")))


async def alter(stage: Stage, *operations: dict[str, Any], name: str = "c", of: str = "status") -> None:
    """What a newer operator or a person wrote, as JSON patches."""
    subresource = ["--subresource=status"] if of == "status" else []
    await stage.kubectl("patch", "ocamp", name, "--type=json", f"--patch={json.dumps(operations)}", *subresource)


def put(path: str, value: object) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


async def look(stage: Stage, name: str = "c") -> None:
    """A look of which nothing can be read afterwards."""
    await stage.operator.reconcile(CampaignRef(stage.namespace, name))


async def warnings(stage: Stage) -> list[str]:
    """The reasons of the campaign's warnings, but for the match that was past when it was applied."""
    return [reason for reason, _ in await stage.warnings("c") if reason != "MatchSkipped"]


UNREADABLE = put("/status/runs/0/windows/0/startTime", "0000-01-01T00:00:00Z")


async def test_a_window_state_of_a_newer_version_is_held_and_the_rest_goes_on(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await alter(stage, put("/status/runs/0/windows/0/state", "Paused"))
    status = await stage.look("c")
    assert {zone: w.state for zone, w in windows(status).items()} == {
        LONDON: WindowState.HELD,
        NY: WindowState.SUBMITTED,
    }
    held = "state Paused belongs to another version of the operator"
    assert told(status, ConditionType.READY) == ("False", "WindowHeld", f"run {run_of(status).id}: {LONDON}: {held}")


async def test_what_a_newer_version_wrote_beside_it_is_still_there_after_this_one_has_written(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", runPolicy="Recurring"))
    await stage.look("c")
    places = ("/status", "/status/runs/0", "/status/runs/0/windows/0")
    await alter(stage, *(put(f"{place}/pausedBy", "nobody") for place in places))
    before = await wire(stage)
    await stage.apply({**before, "spec": {**before["spec"], "suspend": True}})
    status = await stage.look("c")
    assert told(status, ConditionType.READY)[1] == "Suspended"
    assert (await wire(stage))["status"]["pausedBy"] == "nobody"


async def test_what_cannot_be_read_and_is_not_selected_is_left_as_it_is(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await alter(stage, UNREADABLE)
    before = await wire(stage)
    stage.operator = new_operator(stage, LabelSelector.parse("team"))
    await look(stage)
    assert await wire(stage) == before


async def test_what_cannot_be_read_is_told_by_the_conditions_alone(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await alter(stage, UNREADABLE)
    before = await wire(stage)
    await look(stage)
    after = await wire(stage)
    found = {c["type"]: c for c in after["status"].pop("conditions")}
    assert before["status"].pop("conditions") != found
    assert after["status"] == before["status"]
    for kind, truth in (("Ready", "False"), ("Stalled", "True")):
        assert (found[kind]["status"], found[kind]["reason"]) == (truth, "StatusUnreadable")
    assert found["Ready"]["message"].startswith("status.runs[0].windows[0].startTime cannot be read")
    assert await warnings(stage) == ["StatusUnreadable"]

    await look(stage)
    assert (await wire(stage))["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


async def test_it_is_as_before_once_it_is_put_right(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    submitted = await stage.look("c")
    start = (await wire(stage))["status"]["runs"][0]["windows"][0]["startTime"]
    await alter(stage, UNREADABLE)
    await look(stage)
    await alter(stage, put("/status/runs/0/windows/0/startTime", start))
    assert (await stage.look("c")).runs == submitted.runs
    assert told(await stage.status("c"), ConditionType.STALLED) == ("", "", "")


async def test_its_deletion_ends_by_the_deadline_and_says_that_nothing_is_known(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await alter(stage, UNREADABLE)
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    await look(stage)
    assert 0 < stage.next_look("c") <= STAGE_SETTINGS.deletion_deadline_seconds
    stage.clock.advance(STAGE_SETTINGS.deletion_deadline_seconds)
    await look(stage)
    assert await stage.kubectl("get", "ocamp", "-o", "name") == ""
    assert await warnings(stage) == ["StatusUnreadable", "SchedulesOrphaned"]


async def test_a_spec_that_cannot_be_read_is_told_likewise(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", startMode="Random"))
    await look(stage)
    ready = next(c for c in (await wire(stage))["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "SpecUnreadable")
    assert ready["message"].startswith("spec.startMode cannot be read")


async def test_a_campaign_of_the_same_id_that_cannot_be_read_holds_nobody_up_but_by_what_it_may_have_submitted(
    stage: Stage,
) -> None:
    first = campaign(stage.namespace, "c")
    await stage.apply(first)
    await stage.look("c")
    await alter(stage, UNREADABLE)
    await look(stage)
    second = campaign(stage.namespace, "d", campaignID=first["spec"]["campaignID"])
    await stage.apply(second)
    status = await stage.look("d")
    assert told(status, ConditionType.READY)[1] == "CampaignIDInUse"

    await alter(stage, {"op": "remove", "path": "/metadata/finalizers"}, of="metadata")
    await stage.kubectl("delete", "ocamp", "c")
    stage.clock.advance(60)
    assert {w.state for w in windows(await stage.look("d")).values()} == {WindowState.SUBMITTED}
