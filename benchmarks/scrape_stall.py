"""How long a scrape takes, and how long it keeps the event loop from others, with the metrics of many campaigns.

Run by itself: `python benchmarks/scrape_stall.py --campaigns 2000`. The operator's own endpoint serves the figures of
campaigns to a client in a process of its own; beside it a task asks for its turn every millisecond and notes how much
later it came. Prints one line of JSON.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import tracemalloc
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter
from typing import Any

import httpx
from list_stall import turns

from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.status.figures import figures_of
from campaign_operator.observability import logging
from campaign_operator.observability.campaign_metrics import CampaignMetrics
from campaign_operator.observability.endpoints import serving_metrics
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort

SCRAPES = 10


def main() -> None:
    """One line of JSON: series, MB and seconds of a scrape, the longest stall in milliseconds, by the clock and by CPU,
    and bytes of memory for each campaign.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=2000)
    campaigns: int = parser.parse_args().campaigns
    logging.configure("console")  # to standard error
    gc.freeze()  # as the operator does
    found, bytes_each = CampaignMetrics(), _filled(CampaignMetrics(), campaigns, traced=True)
    _filled(found, campaigns)
    print(json.dumps({"campaigns": campaigns, **asyncio.run(_measured(found)), "bytes_each": bytes_each}))


def _filled(found: CampaignMetrics, campaigns: int, *, traced: bool = False) -> float:
    """Have the figures noted, each out of a campaign that is then let go of; the bytes for each, where it is traced."""
    if traced:
        tracemalloc.start()
    for number in range(campaigns):
        campaign = _campaign(number)
        found.note(campaign.ref, figures_of(campaign, datetime.now(UTC)))
    del campaign
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] if traced else 0
    tracemalloc.stop()
    return held / campaigns


async def _measured(found: CampaignMetrics) -> dict[str, float]:
    port = LoopbackPort()
    port.release()
    here, there = multiprocessing.Pipe()
    url = f"http://{LOOPBACK}:{port.number}/metrics"
    stalls: list[tuple[float, float]] = []
    async with serving_metrics(port.number, found):
        client = multiprocessing.get_context("spawn").Process(target=_scrape, args=(url, there), daemon=True)
        client.start()
        others = asyncio.create_task(turns(stalls))
        await asyncio.to_thread(here.recv)  # the first one, for which nothing is warm
        gc.collect()
        await asyncio.sleep(0.1)
        stalls.clear()
        here.send("go on")
        scrapes: list[tuple[float, int, int]] = await asyncio.to_thread(here.recv)
        others.cancel()
        client.join()
    return {
        "series": scrapes[0][1],
        "megabytes": scrapes[0][2] / 1e6,
        "seconds": median(seconds for seconds, _, _ in scrapes),
        "stall_ms": max(wall for wall, _ in stalls) * 1000,
        "busy_ms": max(busy for _, busy in stalls) * 1000,
    }


def _scrape(url: str, tell: Connection) -> None:
    with httpx.Client(trust_env=False, timeout=60) as client:
        tell.send(client.get(url).status_code)
        tell.recv()
        found = []
        for _ in range(SCRAPES):
            begun = perf_counter()
            text = client.get(url).text
            seconds = perf_counter() - begun
            found.append((seconds, sum(not line.startswith("#") for line in text.splitlines()), len(text)))
        tell.send(found)


def _campaign(number: int) -> Campaign:
    """One that runs in two zones, and has run before."""
    now = datetime.now(UTC)
    windows = [
        {
            "timeZone": zone,
            "contacts": 25,
            "startTime": (now - timedelta(hours=1)).isoformat(),
            "endTime": (now + timedelta(hours=8)).isoformat(),
            "state": "Submitted",
        }
        for zone in ("Europe/London", "America/New_York")
    ]
    run: dict[str, Any] = {"id": "20261125T0900", "state": "Running", "planHash": "p", "specHash": "s"}
    run |= {"contacts": 50, "windowCount": 2, "windows": windows}
    run |= {"metrics": {"callsCompleted": 300 + number, "callsAttempted": 400 + number, "expectedCalls": 5000 + number}}
    earlier = {**run, "id": "20261124T0900", "state": "Completed", "finishTime": now.isoformat()}
    del earlier["windows"]
    status = {
        "state": "Running",
        "nextRunTime": "2026-11-26T09:00:00Z",
        "runs": [run],
        "history": [earlier],
        "conditions": [_ready(now)],
    }
    spec = {
        "campaignID": f"3f2504e0-4f89-11d3-9a0c-{number:012d}",
        "cron": "@daily",
        "runPolicy": "Recurring",
        "connection": {"secretRef": {"name": "cxone"}},
        "contacts": [{"id": "c1", "timeZone": "Europe/London"}],
    }
    return Campaign(
        ref=CampaignRef(f"team-{number % 20}", f"spring-renewals-{number}"),
        uid=str(number),
        generation=1,
        resource_version="1",
        created=now,
        deletion_time=None,
        finalizers=(),
        labels={},
        requested_at=None,
        resolve=None,
        spec=OutboundCampaignSpec.model_validate(spec),
        status=OutboundCampaignStatus.model_validate(status),
    )


def _ready(now: datetime) -> dict[str, object]:
    return {
        "type": "Ready",
        "status": "True",
        "observedGeneration": 1,
        "lastTransitionTime": now.isoformat(),
        "reason": "Accepted",
        "message": "run 20261125T0900 is in progress",
    }


if __name__ == "__main__":
    main()
