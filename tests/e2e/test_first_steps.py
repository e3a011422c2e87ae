"""A campaign from `kubectl apply` to its end, as a user sees it."""

import json

from e2e_world import World, at_the_next_minute, campaign, condition
from serving import until


async def test_a_campaign_is_planned_and_submitted_at_once(world: World, namespace: str) -> None:
    await world.connect(namespace)
    manifest = campaign(namespace, "spring")
    await world.apply(manifest)
    status = await world.wait_for_state(namespace, "spring", "Scheduled")
    created = await world.schedules(manifest["spec"]["campaignID"])
    windows = status["runs"][0]["windows"]
    assert {w["timeZone"]: w["scheduleID"] for w in windows} == {s["timezone"]: s["id"] for s in created}
    assert {w["state"] for w in windows} == {"Submitted"}
    assert status["observedGeneration"] == 1
    assert condition(status, "Ready")["status"] == "True"


async def test_a_campaign_runs_to_completed_and_tells_its_webhook_once(world: World, namespace: str) -> None:
    await world.connect(namespace)
    url = f"{world.receiver.base_url}/{namespace}"
    manifest = campaign(namespace, "spring", **at_the_next_minute(webhook={"url": url}))
    await world.apply(manifest)
    status = await world.wait(namespace, "spring", "condition=Completed", seconds=90)
    assert status["progress"] == "2/2 (100%)"
    status = await world.wait(namespace, "spring", "condition=WebhookDelivered")
    (delivery,) = await world.receiver.deliveries(f"/{namespace}")
    body = json.loads(delivery["body"])
    run = status["runs"][0]
    assert (body["event"], body["timestamp"]) == ("campaign.completed", run["finishTime"])
    assert body["data"] == {
        "campaignId": manifest["spec"]["campaignID"],
        "totalCompleted": 2,
        "expected": 2,
        "namespace": namespace,
        "name": "spring",
        "runId": run["id"],
        "callsAttempted": run["metrics"]["callsAttempted"],
        "connected": run["metrics"]["connected"],
    }
    assert delivery["headers"]["webhook-id"] == run["webhook"]["id"]
    expected = ["Planned", "Submitted", "Started", "Completed", "WebhookDelivered"]

    async def told() -> bool:
        """Events come a moment after what they tell of."""
        return len(await world.events(namespace, "spring")) >= len(expected)

    await until(told)
    assert [e["reason"] for e in await world.events(namespace, "spring")] == expected
    assert len(await world.schedules(manifest["spec"]["campaignID"])) == 2
