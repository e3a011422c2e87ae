"""The alerts and the dashboard on a real run: a real Prometheus scrapes a real operator whose campaigns meet faults."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from campaign_sandbox.prometheus import ALERTS, SCRAPE_SECONDS
from campaign_sandbox.sandbox import NAMESPACE
from dashboard_answers import Span, ask, panels_of
from dashboard_picture import draw_dashboard
from monitored_run import Run

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

DASHBOARD = json.loads(ALERTS.with_name("dashboard.json").read_text())
PICTURE = os.environ.get("PICTURE")
"""Where the dashboard of the run is to be drawn, if anywhere."""
PICTURE_SECONDS = 300

OF_A_CAMPAIGN = {
    "CampaignWindowHeld": "held",
    "CampaignWindowsMissed": "missed",
    "CampaignStalled": "stalled",
    "CampaignDialerRefusing": "refused",
    "CampaignBehindPace": "few",
    "CampaignWebhookFailing": "hooked",
    "CampaignListUnreadable": "unread",
}


async def fires(run: Run, alert: str, name: str | None = None) -> dict[str, Any]:
    """The alert once it fires, about that campaign if one is named."""
    async with asyncio.timeout(300):
        while True:
            for found in await run.firing():
                labels = found["labels"]
                if labels["alertname"] == alert and (name is None or labels.get("name") == name):
                    return found
            await asyncio.sleep(1)


async def span(run: Run) -> Span:
    """From the beginning to this moment."""
    return Span(run.began, float((await run.ask("query?query=time()"))["result"][1]), SCRAPE_SECONDS)


@pytest.mark.parametrize(("alert", "name"), OF_A_CAMPAIGN.items())
async def test_a_fault_of_a_campaign_fires_its_alert_which_names_it(run: Run, alert: str, name: str) -> None:
    found = await fires(run, alert, name)

    assert found["labels"]["namespace"] == NAMESPACE
    assert f"{NAMESPACE}/{name}" in found["annotations"]["description"]


@pytest.mark.parametrize("alert", ["CampaignDialerSlow", "CampaignSchedulesOrphaned"])
async def test_a_fault_of_the_dialer_fires_its_alert(run: Run, alert: str) -> None:
    await fires(run, alert)


async def test_no_alert_is_about_a_campaign_that_is_well(run: Run) -> None:
    names = {alert["labels"].get("name") for alert in await run.firing()}

    assert names & {"spring", "autumn", "tomorrow"} == set()


async def test_prometheus_can_evaluate_every_rule(run: Run) -> None:
    rules = [rule for group in (await run.ask("rules"))["groups"] for rule in group["rules"]]

    assert [rule for rule in rules if rule["health"] != "ok"] == []


@pytest.mark.parametrize("panel", list(panels_of(DASHBOARD)), ids=lambda panel: panel["title"])
async def test_every_panel_of_the_dashboard_has_data(run: Run, panel: dict[str, Any]) -> None:
    assert await asyncio.to_thread(ask, run.prometheus_url, panel, await span(run)) != []


async def test_the_dashboard_can_be_drawn(run: Run, tmp_path: Path) -> None:
    if PICTURE:  # runs that begin, go on and end
        await asyncio.sleep(run.began + PICTURE_SECONDS - time.time())
    drawn = await asyncio.to_thread(draw_dashboard, DASHBOARD, run.prometheus_url, await span(run))
    path = Path(PICTURE) if PICTURE else tmp_path / "dashboard.svg"
    path.write_text(drawn)

    assert "No data" not in drawn


async def test_an_api_server_that_is_gone_is_a_watch_that_is_dead(run: Run) -> None:
    await run.sandbox.control_plane.stop_api_server()
    await fires(run, "CampaignOperatorWatchDead")
    await run.sandbox.control_plane.start_api_server()


async def test_an_operator_that_is_killed_leads_no_longer(run: Run) -> None:
    assert run.sandbox.operator is not None
    run.sandbox.operator.kill()

    await fires(run, "CampaignOperatorNotLeading")
