"""Receivers of webhooks that fail, redirect, stay silent or have gone."""

from datetime import timedelta
from typing import Any

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import OutboundCampaignStatus
from e2e_world import campaign
from stage import Stage, run_of, told

RETRIED: list[tuple[str, dict[str, Any], str]] = [
    ("500", {"kind": "answer", "status": 500}, "the receiver answered 500"),
    (
        "302",
        {"kind": "answer", "status": 302, "headers": {"Location": "https://elsewhere.example"}},
        "does not follow redirects",
    ),
    ("no answer", {"kind": "withhold"}, "no answer within 1 s"),
    ("reset", {"kind": "reset"}, "the connection broke"),
]


async def ended(stage: Stage, url: str) -> OutboundCampaignStatus:
    """A campaign with that webhook, at the moment after its run has ended."""
    await stage.apply(campaign(stage.namespace, "c", webhook={"url": url}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    return await stage.poll("c")


@pytest.mark.parametrize(("name", "effect", "words"), RETRIED, ids=[r[0] for r in RETRIED])
async def test_a_failed_delivery_says_why_and_is_tried_again(
    stage: Stage, name: str, effect: dict[str, Any], words: str
) -> None:
    await stage.receiver.put_faults({"effect": effect, "times": 1})
    status = await ended(stage, f"{stage.receiver.base_url}/x")
    state, reason, message = told(status, ConditionType.WEBHOOK_DELIVERED)
    assert (state, reason) == ("False", "WebhookRetrying")
    assert words in message
    assert told(status, ConditionType.COMPLETED)[0] == "True"
    assert stage.next_look("c") <= 5
    stage.clock.advance(5)
    assert told(await stage.look("c"), ConditionType.WEBHOOK_DELIVERED)[:2] == ("True", "WebhookDelivered")
    assert len({d["headers"]["webhook-id"] for d in await stage.receiver.deliveries("/x")}) == 1


async def test_ten_failures_are_the_end_of_it_and_say_so(stage: Stage) -> None:
    await stage.receiver.put_faults({"effect": {"kind": "answer", "status": 500}})
    status = await ended(stage, f"{stage.receiver.base_url}/x")
    for _ in range(20):
        stage.clock.advance(86400)
        status = await stage.look("c")
    assert told(status, ConditionType.WEBHOOK_DELIVERED)[1] == "WebhookFailed"
    assert "given up after 10 attempts" in told(status, ConditionType.WEBHOOK_DELIVERED)[2]
    assert len(await stage.receiver.deliveries("/x")) == 10
    assert ("WebhookFailed" in [reason for reason, _ in await stage.warnings("c")]) is True


async def test_a_webhook_to_a_private_address_is_not_sent_and_the_message_names_the_remedy(stage: Stage) -> None:
    status = await ended(stage, "https://192.168.1.1/x")
    state, reason, message = told(status, ConditionType.WEBHOOK_DELIVERED)
    assert (state, reason) == ("False", "WebhookRetrying")
    assert "192.168.1.1 is a private address" in message
    assert "--allow-cidr" in message


async def test_a_webhook_is_tried_again_under_one_id_until_it_arrives(stage: Stage) -> None:
    await stage.receiver.put_faults({"effect": {"kind": "answer", "status": 500}, "times": 2})
    await stage.apply(campaign(stage.namespace, "c", webhook={"url": f"{stage.receiver.base_url}/x"}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).windows[-1].start_time + timedelta(minutes=5))
    status = await stage.poll("c")
    assert told(status, ConditionType.WEBHOOK_DELIVERED)[1] == "WebhookRetrying"
    stage.clock.advance(5)
    await stage.look("c")
    stage.clock.advance(299)
    await stage.look("c")
    assert len(await stage.receiver.deliveries("/x")) == 2
    stage.clock.advance(1)
    status = await stage.look("c")
    assert told(status, ConditionType.WEBHOOK_DELIVERED)[1] == "WebhookDelivered"
    deliveries = await stage.receiver.deliveries("/x")
    assert len(deliveries) == 3
    assert len({d["headers"]["webhook-id"] for d in deliveries}) == 1
    assert len({d["body"] for d in deliveries}) == 1


async def test_a_receiver_that_is_gone_is_not_asked_again(stage: Stage) -> None:
    await stage.receiver.put_faults({"effect": {"kind": "answer", "status": 410}})
    await stage.apply(campaign(stage.namespace, "c", webhook={"url": f"{stage.receiver.base_url}/x"}))
    await stage.look("c")
    status = await stage.play("c", 2 * 86400, step=7200)
    assert told(status, ConditionType.WEBHOOK_DELIVERED)[1] == "WebhookGone"
    assert len(await stage.receiver.deliveries("/x")) == 1
