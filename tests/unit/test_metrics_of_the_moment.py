"""The gauges that tell of growth hold what is true when they are scraped: /metrics, over real HTTP."""

import asyncio
from collections.abc import Callable, Iterable

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.status.figures import CampaignFigures
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.places import LookBounds
from campaign_operator.observability import endpoints, metrics
from campaign_operator.observability.campaign_metrics import AT_ONCE, CampaignMetrics
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
    async with serving_metrics(port.number, CampaignMetrics()):
        tasks = await gauge(port.number, "campaign_operator_tasks")
        for number in range(MANY):
            looks.ask(CampaignRef("sales", f"campaign-{number}"), Asked(check=True))
        assert await gauge(port.number, "campaign_operator_looks_under_way") == MANY
        assert await gauge(port.number, "campaign_operator_tasks") >= tasks + MANY
        gate.set()
        await looks.close(patience_seconds=10)
        assert await gauge(port.number, "campaign_operator_looks_under_way") == 0


MANY_CAMPAIGNS = 3 * AT_ONCE + 1


def many_campaigns() -> CampaignMetrics:
    found = CampaignMetrics()
    for number in range(MANY_CAMPAIGNS):
        figures = CampaignFigures(campaign_id='a"b\nc\\', run_policy="Once", state="Planned", windows=(1,) * 10)
        found.note(CampaignRef("sales", f"campaign-{number}"), figures)
    return found


@pytest.mark.parametrize(
    ("accept", "parse"),
    [
        ("text/plain", text_string_to_metric_families),
        ("application/openmetrics-text; version=1.0.0", openmetrics.text_string_to_metric_families),
    ],
)
async def test_a_scrape_in_pieces_is_one_exposition_in_both_formats(
    accept: str, parse: Callable[[str], Iterable[Metric]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "STEP_SECONDS", 0.0)
    port = LoopbackPort()
    port.release()
    async with serving_metrics(port.number, many_campaigns()), httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://{LOOPBACK}:{port.number}/metrics", headers={"Accept": accept})).text
    served = [family.name for family in parse(text)]
    assert len(served) == len(set(served))
    families = {family.name: family for family in parse(text)}
    assert len(families["campaign_operator_campaign_state"].samples) == MANY_CAMPAIGNS * 11
    assert families["campaign_operator_campaign_state"].documentation.startswith("1 for the state")
    assert {s.labels["campaign_id"] for s in families["campaign_operator_campaign_info"].samples} == {'a"b\nc\\'}
    assert "campaign_operator_run_expected_calls" in families
    assert text.count("# EOF") == (1 if "openmetrics" in accept else 0)


async def test_others_have_turns_while_a_scrape_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "STEP_SECONDS", 0.0)
    port, turns, ends = LoopbackPort(), 0, asyncio.Event()

    async def take_turns() -> None:
        nonlocal turns
        while not ends.is_set():
            turns += 1
            await asyncio.sleep(0)

    port.release()
    async with serving_metrics(port.number, many_campaigns()), httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://{LOOPBACK}:{port.number}/metrics")
        pieces, pieces_before = sum(1 for _ in many_campaigns().pieces()), turns
        other = asyncio.create_task(take_turns())
        await client.get(f"http://{LOOPBACK}:{port.number}/metrics")
        ends.set()
        await other
    assert turns - pieces_before > pieces
