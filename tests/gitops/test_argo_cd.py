"""Campaigns in Git, synced by the real Argo CD: what a team that works so sees and relies upon.

Each test has a namespace, an Application of the same name and a folder in the repository.
"""

import asyncio
import json
import os
import signal
from typing import Any

import pytest
import yaml

from campaign_operator.api.vocabulary import CANCEL_FINALIZER, HAS_RUN_ANNOTATION
from e2e_world import Manifest, World, at_the_next_minute, campaign, condition, config_map
from running_argo import ARGOCD, Argo
from serving import until

CLIENT_SIDE: tuple[str, ...] = ()
SERVER_SIDE = ("ServerSideApply=true",)
BOTH = pytest.mark.parametrize("options", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])

pytestmark = pytest.mark.timeout(900)


def in_git(name: str = "spring", **spec: Any) -> Manifest:
    """A campaign as it stands in Git: without a namespace, which the Application names."""
    manifest = campaign("", name, **{"runPolicy": "Recurring", **spec})
    del manifest["metadata"]["namespace"]
    return manifest


async def synced(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...], *manifests: Manifest
) -> dict[str, Any]:
    """Commit the manifests and create the Application; its status once it is synced."""
    await world.connect(namespace)
    revision = argo.repository.commit(namespace, *manifests)
    await argo.create_application(namespace, *options)
    return await argo.synced(namespace, revision)


async def commit(argo: Argo, namespace: str, *manifests: Manifest) -> dict[str, Any]:
    """Commit a change and tell Argo CD; the Application's status once it is synced."""
    revision = argo.repository.commit(namespace, *manifests)
    await argo.refresh(namespace)
    return await argo.synced(namespace, revision)


@BOTH
async def test_a_sync_creates_the_campaign_which_is_progressing_and_then_healthy(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...]
) -> None:
    os.kill(world.operator.pid, signal.SIGSTOP)
    try:
        await synced(argo, world, namespace, options, in_git())
        before = await argo.healthy(namespace, "Progressing")
    finally:
        os.kill(world.operator.pid, signal.SIGCONT)
    assert before["health"]["message"] == "Waiting for the operator to look at the campaign"
    after = await argo.healthy(namespace, "Healthy")
    assert "2 windows for 2 contacts" in after["health"]["message"]


async def test_a_bad_campaign_is_degraded_with_the_message_that_a_person_needs(
    argo: Argo, world: World, namespace: str
) -> None:
    manifest = in_git(cron="61 9 * * *")
    await synced(argo, world, namespace, CLIENT_SIDE, manifest)
    found = await argo.healthy(namespace, "Degraded")
    assert (
        found["health"]["message"] == 'spec.cron: "61 9 * * *", minute, character 1: "61" is not a number from 0 to 59'
    )
    manifest["spec"]["cron"] = "0 9 * * *"
    await commit(argo, namespace, manifest)
    await argo.healthy(namespace, "Healthy")


@BOTH
async def test_a_commit_that_edits_the_cron_is_synced_and_replanned(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...]
) -> None:
    manifest = in_git()
    await synced(argo, world, namespace, options, manifest)
    await argo.healthy(namespace, "Healthy")
    assert (await world.status(namespace, "spring"))["runs"][0]["id"].endswith("T0900")
    manifest["spec"]["cron"] = "30 10 * * *"
    await commit(argo, namespace, manifest)
    replanned = "jsonpath={.status.observedGeneration}=2"
    await world.wait(namespace, "spring", replanned)
    await world.wait_until(
        namespace, "spring", lambda status: [run["id"][-5:] for run in status["runs"]][-1] == "T1030"
    )
    await argo.healthy(namespace, "Healthy")


async def test_self_heal_undoes_an_edit_by_hand(argo: Argo, world: World, namespace: str) -> None:
    await synced(argo, world, namespace, CLIENT_SIDE, in_git(suspend=False))
    await argo.healthy(namespace, "Healthy")
    by_hand = '-p={"spec":{"suspend":true,"cron":"0 12 * * *"}}'
    await world.kubectl("patch", "ocamp", "spring", "-n", namespace, "--type=merge", by_hand)
    await world.wait(namespace, "spring", "jsonpath={.spec.cron}=0 9 * * *", 120)
    assert (await world.get(namespace, "spring"))["spec"]["suspend"] is False
    await argo.healthy(namespace, "Healthy")


async def test_what_git_does_not_say_is_left_to_a_person(argo: Argo, world: World, namespace: str) -> None:
    await synced(argo, world, namespace, CLIENT_SIDE, in_git())
    await argo.healthy(namespace, "Healthy")
    await world.kubectl("patch", "ocamp", "spring", "-n", namespace, "--type=merge", '-p={"spec":{"suspend":true}}')
    await argo.healthy(namespace, "Suspended")
    await assert_quiet(argo, world, namespace, generation=2)
    assert (await world.get(namespace, "spring"))["spec"]["suspend"] is True


async def test_a_campaign_that_is_removed_from_git_is_pruned_and_cancelled_at_the_dialer(
    argo: Argo, world: World, namespace: str
) -> None:
    manifest = in_git()
    await synced(argo, world, namespace, CLIENT_SIDE, manifest, config_map_in_git("kept", note="kept"))
    await world.wait_until(namespace, "spring", lambda status: status.get("state") == "Scheduled")
    await commit(argo, namespace, config_map_in_git("kept", note="kept"))
    gone = await world.kubectl("get", "ocamp", "-n", namespace, "-o", "name")
    assert gone.stdout == ""
    at_the_dialer = await world.schedules(manifest["spec"]["campaignID"])
    assert [s["cancelledAt"] is not None for s in at_the_dialer] == [True, True]


@BOTH
async def test_a_once_campaign_that_is_finished_stays_synced_and_healthy(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...]
) -> None:
    spec = at_the_next_minute(runPolicy="Once", completion={"expectedCalls": 1})
    await synced(argo, world, namespace, options, in_git(**spec))
    await world.wait(namespace, "spring", "condition=Completed", 180)
    found = await world.get(namespace, "spring")
    assert HAS_RUN_ANNOTATION in found["metadata"]["annotations"]
    await assert_quiet(argo, world, namespace)
    assert (await argo.healthy(namespace, "Healthy"))["health"]["message"].endswith("is Completed")
    assert (await world.get(namespace, "spring"))["metadata"]["annotations"] == found["metadata"]["annotations"]


async def assert_quiet(argo: Argo, world: World, namespace: str, *, generation: int = 1) -> None:
    """Argo CD looks twice, sees no difference and syncs nothing, and nobody has edited the spec unnoticed.

    Not by `history`, which has no sync that heals. Nor by the number of syncs: now and then Argo CD itself syncs once
    more what it has just created. That is no edit, so the generation stays.
    """
    before = (await argo.application(namespace))["status"]["operationState"]
    for _ in range(2):
        await argo.refresh(namespace)
        status = (await argo.application(namespace))["status"]
        assert status["sync"]["status"] == "Synced", yaml.safe_dump(status)
        assert {each["status"] for each in status["resources"]} == {"Synced"}
        assert status["operationState"] == before
    assert (await world.get(namespace, "spring"))["metadata"]["generation"] == generation


@BOTH
async def test_defaults_status_finalizer_and_annotations_of_the_operator_are_no_difference(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...]
) -> None:
    await synced(argo, world, namespace, options, in_git(callingHours={"start": "08:00"}, completion={}))
    await world.wait_until(namespace, "spring", lambda status: status.get("state") == "Scheduled")
    assert CANCEL_FINALIZER in (await world.get(namespace, "spring"))["metadata"]["finalizers"]
    await world.kubectl(
        "annotate", "ocamp", "spring", "-n", namespace, "campaign-operator.io/requestedAt=2026-11-28T00:00:00Z"
    )
    await world.wait(namespace, "spring", "jsonpath={.status.lastHandledRequest}=2026-11-28T00:00:00Z")
    await assert_quiet(argo, world, namespace)


@BOTH
async def test_a_contact_that_is_removed_in_git_is_gone_in_the_cluster(
    argo: Argo, world: World, namespace: str, options: tuple[str, ...]
) -> None:
    manifest = in_git(callingHours={"excludeDates": ["2030-01-01", "2030-01-02"]})
    await synced(argo, world, namespace, options, manifest)
    await argo.healthy(namespace, "Healthy")
    manifest["spec"]["contacts"].pop(0)
    manifest["spec"]["callingHours"]["excludeDates"].pop()
    await commit(argo, namespace, manifest)
    spec = (await world.get(namespace, "spring"))["spec"]
    assert spec["contacts"] == [{"id": "c2", "timeZone": "Europe/London"}]
    assert spec["callingHours"]["excludeDates"] == ["2030-01-01"]
    await world.wait_until(namespace, "spring", lambda status: status.get("contacts") == 1)
    await argo.healthy(namespace, "Healthy")


def config_map_in_git(name: str, **data: str) -> Manifest:
    manifest = config_map("", name, **data)
    del manifest["metadata"]["namespace"]
    return {key: value for key, value in manifest.items() if value != {}}


def in_wave(number: int, manifest: Manifest) -> Manifest:
    manifest["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": str(number)}
    return manifest


async def test_a_list_is_there_before_its_campaign_by_sync_waves_and_a_waiting_campaign_ends_its_wave(
    argo: Argo, world: World, namespace: str
) -> None:
    source = [{"configMapKeyRef": {"name": "spring-contacts", "key": "contacts.csv"}}]
    listed = in_wave(1, config_map_in_git("spring-contacts", contacts__csv="id,timeZone\nc1,Europe/London\n"))
    waiting = in_wave(2, in_git(contacts=None, contactsFrom=source))
    after = in_wave(3, config_map_in_git("after", note="applied once the campaign is Healthy"))
    await synced(argo, world, namespace, CLIENT_SIDE, listed, waiting, after)
    await argo.healthy(namespace, "Healthy")
    ready = condition(await world.status(namespace, "spring"), "Ready")
    shown = "-o=jsonpath={.metadata.creationTimestamp}"
    assert ready["lastTransitionTime"] <= (await world.kubectl("get", "cm", "after", "-n", namespace, shown)).stdout
    events = await world.kubectl("get", "events", "-n", namespace, "-o", "json")
    assert "ContactsNotFound" not in {event["reason"] for event in json.loads(events.stdout)["items"]}


async def test_a_suspended_campaign_holds_up_the_waves_after_it(argo: Argo, world: World, namespace: str) -> None:
    await world.connect(namespace)
    after = in_wave(2, config_map_in_git("after", note="not applied"))
    argo.repository.commit(namespace, in_wave(1, in_git(suspend=True)), after)
    await argo.create_application(namespace)
    await argo.healthy(namespace, "Suspended")
    waits = "waiting for healthy state of campaign-operator.io/OutboundCampaign/spring"

    def is_waiting(application: dict[str, Any]) -> bool:
        operation = application["status"].get("operationState", {})
        return operation.get("phase") == "Running" and waits in operation.get("message", "")

    await argo.wait_until(namespace, is_waiting)


async def test_an_application_that_is_deleted_takes_its_campaigns_and_their_schedules_with_it(
    argo: Argo, world: World, namespace: str
) -> None:
    manifest = in_git()
    await synced(argo, world, namespace, CLIENT_SIDE, manifest)
    await world.wait_until(namespace, "spring", lambda status: status.get("state") == "Scheduled")
    await world.kubectl("delete", "application", namespace, "-n", ARGOCD, "--timeout=120s")

    async def cancelled() -> bool:
        found = await world.schedules(manifest["spec"]["campaignID"])
        return all(s["cancelledAt"] is not None for s in found)

    async with asyncio.timeout(60):
        await until(cancelled)
