"""One campaign, however broken or hostile, costs the others nothing, and learns nothing of them."""

import asyncio
import json
from base64 import b64encode
from typing import Any

import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from e2e_world import Manifest, World, campaign
from serving import until
from stage import Stage, fault, run_of, told

HEALTHY = 50


async def healthy(world: World, namespace: str, prefix: str) -> float:
    """Apply 50 healthy campaigns at once and wait until all are Scheduled; how long that took."""
    manifests = [campaign(namespace, f"{prefix}-{n}") for n in range(HEALTHY)]
    begun = asyncio.get_running_loop().time()
    await world.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    async def all_scheduled() -> bool:
        answer = await world.kubectl("get", "ocamp", "-n", namespace, "-o", "json")
        found = [c for c in json.loads(answer.stdout)["items"] if c["metadata"]["name"].startswith(prefix)]
        scheduled = [c for c in found if c["status"].get("state") == "Scheduled"]
        return len(scheduled) == HEALTHY

    async with asyncio.timeout(60):
        while True:
            try:
                await until(all_scheduled)
                break
            except TimeoutError:
                continue
    return asyncio.get_running_loop().time() - begun


def broken(namespace: str) -> list[Manifest]:
    """Campaigns that are each broken in a way of their own; their ids tell the simulator how."""
    return [
        campaign(namespace, "silent", campaignID="silent"),
        campaign(namespace, "silent-listing", campaignID="silent-listing"),
        campaign(namespace, "throttled", campaignID="throttled"),
        campaign(namespace, "forbidden", campaignID="forbidden"),
        campaign(namespace, "reset", campaignID="reset"),
        campaign(namespace, "rejected", campaignID="rejected"),
        campaign(namespace, "no-secret", connection={"secretRef": {"name": "nowhere"}}),
        campaign(namespace, "private", connection={"secretRef": {"name": "private"}}),
        campaign(namespace, "bad-zone", contacts=[{"id": "c", "timeZone": "Nowhere"}]),
        campaign(namespace, "bad-cron", cron="0 0 31 2 *"),
    ]


async def test_fifty_healthy_campaigns_among_ten_broken_ones_are_scheduled_as_fast_as_without_them(
    world: World, namespace: str
) -> None:
    await world.connect(namespace)
    private: dict[str, Any] = {"api-base-url": "https://10.9.9.9", "token-url": "https://10.9.9.9/t"}
    await world.connect(namespace, name="private", **private)
    alone = await healthy(world, namespace, "alone")
    rules = [
        fault("submit", "withhold", campaign_id="silent", carryOut=False),
        fault("list", "withhold", campaign_id="silent-listing"),
        fault("submit", "answer", campaign_id="throttled", status=429, headers={"Retry-After": "1"}),
        fault("submit", "answer", campaign_id="forbidden", status=403),
        fault("submit", "reset", campaign_id="reset"),
        fault("submit", "answer", campaign_id="rejected", status=422),
    ]
    await world.simulator.put_faults(*rules)
    try:
        await world.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(broken(namespace)))
        together = await healthy(world, namespace, "together")
        states = {
            c["spec"]["campaignID"]: c
            for c in json.loads((await world.kubectl("get", "ocamp", "-n", namespace, "-o", "json")).stdout)["items"]
        }
        for name in ("silent", "silent-listing", "throttled", "forbidden", "reset"):
            assert states[name]["status"]["runs"][0]["state"] not in ("Scheduled", "Running")
    finally:
        await world.simulator.delete_faults()
        await world.kubectl("delete", "ocamp", "--all", "-n", namespace, "--wait=false")
    # a factor that the noise of a busy machine does not reach, and that one blocked campaign per time-out would
    assert together < 2.5 * alone + 2


async def test_nothing_secret_is_in_any_log_event_or_status(world: World, namespace: str) -> None:
    """Everything that this session's operator has ever said is read for what it must never say."""
    await world.connect(namespace, client_secret="a-very-secret-word")
    person = {"id": "person-4711", "timeZone": "Europe/London"}
    await world.apply(campaign(namespace, "wrong", contacts=[person, person]))
    await world.wait_for_reason(namespace, "wrong", "InvalidSpec")
    await world.apply(campaign(namespace, "refused", contacts=[person]))
    await world.wait_for_reason(namespace, "refused", "CredentialsRefused")
    await world.connect(namespace)
    await world.wait_for_state(namespace, "refused", "Scheduled")
    everything = [
        world.operator.log_path.read_text(),
        (await world.kubectl("get", "events", "-A", "-o", "json")).stdout,
        *(
            json.dumps(c.get("status", {}))
            for c in json.loads((await world.kubectl("get", "ocamp", "-A", "-o", "json")).stdout)["items"]
        ),
    ]
    assert len(everything[0]) > 1000
    basic = b64encode(b"operator:").decode()[:10]
    for text in everything:
        for word in ("a-very-secret-word", "operator-secret", basic, "person-4711", "Bearer ", "access_token"):
            assert word not in text


async def test_a_campaign_of_another_client_is_refused_and_its_owner_undisturbed(world: World, namespace: str) -> None:
    await world.connect(namespace)
    await world.apply(campaign(namespace, "foreign", campaignID="foreign"))
    await world.wait_for_reason(namespace, "foreign", "DialerForbidden")
    assert await world.schedules("foreign") == []


async def test_a_rival_without_valid_credentials_blocks_nobody(stage: Stage) -> None:
    """Whoever names another's campaignID in a manifest must not keep its owner from calling."""
    await stage.connect(name="invented", client_secret="guessed")
    hostile = campaign(stage.namespace, "hostile", connection={"secretRef": {"name": "invented"}})
    await stage.apply(hostile)
    await stage.look("hostile")
    honest = campaign(stage.namespace, "honest", campaignID=hostile["spec"]["campaignID"])
    await stage.apply(honest)
    assert run_of(await stage.look("honest")).state is RunState.SCHEDULED


async def test_a_status_altered_by_hand_calls_nobody_twice(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await stage.look("c")
    await stage.kubectl(
        "patch", "ocamp", "c", "--subresource=status", "--type=json", "-p", '[{"op":"remove","path":"/status/runs"}]'
    )
    await stage.look("c")
    stage.clock.advance(60)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2
    windows = '[{"op":"replace","path":"/status/runs/0/windows/0/state","value":"Intent"}]'
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=json", "-p", windows)
    assert told(await stage.look("c"), ConditionType.RECONCILING)[1] == "SubmissionUncertain"
    stage.clock.advance(60)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_an_annotation_of_10_kb_is_no_trouble(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    manifest["metadata"]["annotations"] = {"campaign-operator.io/requestedAt": "x" * 10_000}
    await stage.apply(manifest)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    version = await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.metadata.resourceVersion}")
    await stage.look("c")
    assert await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.metadata.resourceVersion}") == version
