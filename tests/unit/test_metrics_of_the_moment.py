"""The gauges that tell of growth hold what is true when they are scraped: /metrics, over real HTTP."""

import asyncio

import httpx
from prometheus_client.parser import text_string_to_metric_families

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.places import LookBounds
from campaign_operator.observability import metrics
from campaign_operator.observability.endpoints import serving_metrics
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort

MANY = LookBounds().at_work_of_one


async def gauge(port: int, name: str) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://{LOOPBACK}:{port}/metrics")).text
    return next(s.value for family in text_string_to_metric_families(text) for s in family.samples if s.name == name)


async def test_looks_and_tasks_are_counted_at_the_scrape() -> None:
    port, gate, looks = LoopbackPort(), asyncio.Event(), Looks()

    async def wait(_ref: CampaignRef, _asked: Asked) -> None:
        await gate.wait()

    looks.on_look(wait)
    metrics.looks_under_way.set_function(looks.under_way)
    port.release()
    async with serving_metrics(port.number):
        tasks = await gauge(port.number, "campaign_operator_tasks")
        for number in range(MANY):
            looks.ask(CampaignRef("sales", f"campaign-{number}"), Asked(check=True))
        assert await gauge(port.number, "campaign_operator_looks_under_way") == MANY
        assert await gauge(port.number, "campaign_operator_tasks") >= tasks + MANY
        gate.set()
        await looks.close(patience_seconds=10)
        assert await gauge(port.number, "campaign_operator_looks_under_way") == 0
