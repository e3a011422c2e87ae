"""What one operator has told in an Event, the next does not tell again: after a restart, and after a take-over.

On a stage, where the next operator remembers as little as a new process does; and by real processes, one of which is
killed.
"""

import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
import yaml

from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.sandbox import apply_crd
from campaign_states import CAMPAIGN_STATES, NAME, CampaignState
from e2e_world import Manifest, campaign, start_operator, told_in
from scripted_server import Reply, ScriptedServer, answer, scripted_server
from serving import until
from stage import Stage, fault

LONDON = "Europe/London"
BAD_LIST = "id,timeZone\nc1,Europe/London\nc2,Europe/Londn\n"
BAD_LISTS: dict[str, tuple[Reply, str]] = {
    "that is invalid": (answer(200, raw=BAD_LIST.encode()), "InvalidContacts"),
    "that is not found": (answer(404), "ContactsUnreadable"),
    "of a server that is down": (answer(503), "ContactsUnavailable"),
}


async def told(stage: Stage) -> list[tuple[str, str, int]]:
    """Reason and message of each Event of the stage, and how often it was observed."""
    await stage.events_are_posted()
    return told_in(await stage.kubectl("get", "events.events.k8s.io", "-o", "json"))


async def look(stage: Stage, name: str = NAME) -> None:
    """One look, and one more if lists were read in the background; the campaign may be gone."""
    stage.read_in_background.clear()
    await stage.operator.reconcile(CampaignRef(stage.namespace, name))


@pytest.mark.parametrize("state", CAMPAIGN_STATES, ids=[state.name for state in CAMPAIGN_STATES])
async def test_a_restart_tells_nothing_again_of_a_campaign_in_any_state(stage: Stage, state: CampaignState) -> None:
    await state.reach(stage)
    await look(stage)
    before = await told(stage)
    for _ in range(2):
        await stage.restart_operator()
        await look(stage)
    assert await told(stage) == before


@pytest_asyncio.fixture
async def lists_at_a_url(request: pytest.FixtureRequest) -> AsyncIterator[ScriptedServer]:
    """A server that always gives the list of the test."""
    async with scripted_server(request.param) as server:
        yield server


@pytest.mark.parametrize(
    ("lists_at_a_url", "reason"), BAD_LISTS.values(), ids=list(BAD_LISTS), indirect=["lists_at_a_url"]
)
async def test_a_restart_tells_nothing_again_of_a_list_at_a_url(
    stage: Stage, lists_at_a_url: ScriptedServer, reason: str
) -> None:
    stage.list_egress = lists_at_a_url.egress()
    await stage.restart_operator()
    address = lists_at_a_url.url + "/spring.csv"
    await stage.apply(campaign(stage.namespace, NAME, contacts=None, contactsFrom=[{"url": {"address": address}}]))
    await look(stage)
    await stage.read_in_background.wait()
    await look(stage)
    before = await told(stage)
    assert [(each[0], each[2]) for each in before] == [(reason, 1)]
    since = await stage.kubectl("get", "ocamp", NAME, "-o", "jsonpath={.status.conditions}")
    await stage.restart_operator()
    await look(stage)
    await stage.read_in_background.wait()
    await look(stage)
    assert await told(stage) == before
    assert await stage.kubectl("get", "ocamp", NAME, "-o", "jsonpath={.status.conditions}") == since


async def test_a_restart_tells_nothing_again_of_schedules_that_somebody_else_made(stage: Stage) -> None:
    manifest: Manifest = campaign(stage.namespace, NAME, contacts=[{"id": "c1", "timeZone": LONDON}])
    start = stage.clock.now() + timedelta(hours=18)
    await stage.simulator.create_by_hand(manifest["spec"]["campaignID"], start, start + timedelta(hours=1), LONDON)
    await stage.apply(manifest)
    await look(stage)
    before = await told(stage)
    assert [each[0] for each in before].count("UnknownSchedules") == 1
    await stage.restart_operator()
    # what is cancelled and submitted again is looked for at the dialer once more
    for suspend in (True, False):
        manifest["spec"]["suspend"] = suspend
        await stage.apply(manifest)
        await look(stage)
        stage.clock.advance(61)
        await look(stage)
    after = await told(stage)
    assert [each for each in after if each[0] == "UnknownSchedules"] == [
        each for each in before if each[0] == "UnknownSchedules"
    ]


async def test_a_restart_tells_nothing_again_of_schedules_that_are_orphaned(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator dies after it has told of them, and before it has released the campaign."""
    await stage.apply(campaign(stage.namespace, NAME))
    await look(stage)
    await stage.simulator.put_faults(fault("cancel", "answer", status=HTTPStatus.SERVICE_UNAVAILABLE))
    await stage.kubectl("delete", "ocamp", NAME, "--wait=false")
    await look(stage)
    stage.clock.advance(stage.settings.deletion_deadline_seconds)
    with monkeypatch.context() as patch:
        patch.setattr("campaign_operator.adapters.kubernetes.kube.KubeStore.write_finalizer", dies)
        await look(stage)
    before = await told(stage)
    assert [each[0] for each in before].count("SchedulesOrphaned") == 1
    await stage.restart_operator()
    await look(stage)
    stage.clock.advance(stage.settings.deletion_deadline_seconds)
    await look(stage)
    assert await stage.kubectl("get", "ocamp", "-o", "name") == ""
    assert await told(stage) == before


@pytest_asyncio.fixture
async def own_control_plane(control_plane_binaries: ControlPlaneBinaries) -> AsyncIterator[ControlPlane]:
    """One in which no other operator looks after all namespaces, and tells of the same."""
    async with await ControlPlane.start(control_plane_binaries) as running:
        await apply_crd(running)
        yield running


async def test_an_operator_that_follows_one_that_was_killed_tells_nothing_again(
    own_control_plane: ControlPlane, tmp_path: Path
) -> None:
    control_plane = own_control_plane
    namespace, kinds = f"killed-{uuid4().hex[:8]}", ("InvalidContacts", "InvalidSpec", "Planned", "SecretNotFound")

    async def posted() -> list[tuple[str, str, int]]:
        found = await control_plane.kubectl("get", "events.events.k8s.io", "-n", namespace, "-o", "json")
        return told_in(found.stdout)

    async def all_are_posted() -> bool:
        return [reason for reason, _, _ in await posted()] == sorted(kinds)

    async with scripted_server(BAD_LISTS["that is invalid"][0]) as server:
        address = {"url": {"address": server.url + "/spring.csv"}}
        manifests = (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            campaign(namespace, "listed", contacts=None, contactsFrom=[address]),
            campaign(namespace, "without-a-secret"),
            campaign(namespace, "without-a-cron", cron="61 9 * * *"),
        )
        await control_plane.kubectl("apply", "--filename=-", stdin=yaml.safe_dump_all(manifests))

        def started() -> ChildProcess:
            return start_operator(control_plane.kubeconfig_path, server.ca_file, tmp_path, "--namespace", namespace)

        first = started()
        try:
            await until(all_are_posted)
        finally:
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
        before = await posted()
        second = started()

        async def has_read() -> bool:
            return "contact lists read" in second.log_path.read_text()

        try:
            await until(has_read)
            await control_plane.kubectl(
                "annotate", "ocamp", "--all", "-n", namespace, f"{REQUESTED_AT_ANNOTATION}=after-the-reading"
            )
            looked_at = "--for=jsonpath={.status.lastHandledRequest}=after-the-reading"
            await control_plane.kubectl("wait", looked_at, "ocamp", "--all", "-n", namespace, "--timeout=60s")
        finally:
            await second.stop(timeout_seconds=40)  # which posts what waits
        assert await posted() == before
    await control_plane.kubectl("delete", "namespace", namespace, "--wait=false")


async def dies(*_: object, **__: object) -> None:
    """Instead of the write that releases a campaign."""
    raise OSError("the process is gone")
