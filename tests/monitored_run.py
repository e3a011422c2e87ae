"""A sandbox with Prometheus, in which campaigns meet the faults that the alerts are about.

The alerts do not wait: what they are to wait for is tested by promtool in `tests/alerts`.
"""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.prometheus import ALERTS
from campaign_sandbox.sandbox import NAMESPACE, Sandbox, SandboxSettings, running_sandbox
from campaign_sandbox.simulator.simulator_settings import ANY_CAMPAIGN
from e2e_world import at_the_next_minute, campaign, config_map
from stage import fault

OPERATOR_FLAGS = (
    *("--lead-seconds", "2", "--settle-seconds", "24", "--send-within-seconds", "2"),
    *("--request-timeout-seconds", "20", "--deletion-deadline-seconds", "2"),
    *("--leader-elect", "--leader-elect-resource-namespace", NAMESPACE),
)
FAULTS = (
    fault("submit", "answer", campaign_id="refused", status=403, body="scope missing"),
    fault("submit", "answer", campaign_id="missed", time_zone="Europe/London", status=403, body="zone not licensed"),
    fault("submit", "reset", campaign_id="held", carryOut=True),
    fault("list", "notOffered", campaign_id="held"),
    fault("submit", "delay", campaign_id="slow", beforeSeconds=12),
    fault("cancel", "notOffered", campaign_id="left"),
)
GOOD_LIST = "id,timeZone\nc1,Europe/London\n"
BAD_LIST = "id,timeZone\nc1,Europe/London\nc2,Europe/Londn\n"


@dataclass(frozen=True)
class Run:
    """The sandbox, and its Prometheus."""

    sandbox: Sandbox
    prometheus_url: str
    began: float

    async def ask(self, path: str) -> Any:
        """The data that Prometheus answers with."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.prometheus_url}/api/v1/{path}")).raise_for_status().json()["data"]

    async def firing(self) -> list[dict[str, Any]]:
        """The alerts that fire."""
        return [alert for alert in (await self.ask("alerts"))["alerts"] if alert["state"] == "firing"]

    async def apply(self, *manifests: dict[str, Any]) -> None:
        """`kubectl apply -f -`."""
        await self.sandbox.control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))


def impatient_alerts() -> str:
    """The alerts, each of which fires at once."""
    return re.sub(r"^    for: .*\n", "", ALERTS.read_text(), flags=re.MULTILINE)


@asynccontextmanager
async def monitored_run(binaries: ControlPlaneBinaries, prometheus: Path, alerts: Path) -> AsyncIterator[Run]:
    """All that is to go wrong, on its way. `alerts` is a file with the alerts."""
    settings = SandboxSettings(
        prometheus=prometheus,
        alerts=alerts,
        poll_seconds=1,
        calls_per_second=4,
        campaigns={"few": 1, ANY_CAMPAIGN: 1_000_000},
        operator_flags=OPERATOR_FLAGS,
    )
    async with running_sandbox(binaries, settings) as sandbox:
        assert sandbox.prometheus_url is not None
        run = Run(sandbox, sandbox.prometheus_url, time.time())
        await _until_scraped(run)
        await _plant(run)
        yield run


async def _until_scraped(run: Run) -> None:
    """What is counted before the first scrape is no increase."""
    async with asyncio.timeout(120):
        while not (await run.ask("query?query=campaign_operator_build_info"))["result"]:
            assert run.sandbox.operator is not None
            assert run.sandbox.operator.exit_status is None, run.sandbox.operator.last_lines()
            await asyncio.sleep(1)


async def _plant(run: Run) -> None:
    trust = ssl.create_default_context(cafile=str(run.sandbox.ca_file))
    async with httpx.AsyncClient(verify=trust, trust_env=False) as client:
        rules = [rule.model_dump(mode="json", by_alias=True) for rule in FAULTS]
        (await client.put(f"{run.sandbox.dialer_url}/_faults", json={"rules": rules})).raise_for_status()
        fails = {"match": {"path": "/fails"}, "effect": {"kind": "answer", "status": 503}}
        (await client.put(f"{run.sandbox.receiver_url}/_faults", json={"rules": [fails]})).raise_for_status()
    await run.apply(
        config_map(NAMESPACE, "bad", contacts__csv=BAD_LIST),
        config_map(NAMESPACE, "good", contacts__csv=GOOD_LIST),
        *(campaign(NAMESPACE, name, **spec) for name, spec in _campaigns(run.sandbox.receiver_url).items()),
    )
    await _delete_when_submitted(run, "left")


def _campaigns(receiver_url: str) -> dict[str, dict[str, Any]]:
    def contacts(number: int) -> list[dict[str, str]]:
        zones = ("Europe/London", "America/New_York", "Asia/Tokyo", "Europe/Berlin")
        return [{"id": f"c{index}", "timeZone": zones[index % 4]} for index in range(number)]

    soon = at_the_next_minute(contacts=contacts(4))
    # whose windows are too short to be submitted late, on a machine that is busy
    short = at_the_next_minute(cron=f"{datetime.now(UTC) + timedelta(seconds=100):%M %H} * * *")
    return {
        "spring": {**at_the_next_minute(contacts=contacts(600)), "campaignID": "spring"},
        "autumn": {**at_the_next_minute(contacts=contacts(300)), "campaignID": "autumn"},
        "tomorrow": {"campaignID": "tomorrow", "contacts": None, "contactsFrom": [_list("good")]},
        "refused": {**soon, "campaignID": "refused"},
        "missed": {**short, "contacts": contacts(4), "campaignID": "missed", "windowSeconds": 300},
        "held": {**soon, "campaignID": "held"},
        "slow": {**soon, "campaignID": "slow"},
        "few": {**short, "contacts": contacts(40), "campaignID": "few", "windowSeconds": 120},
        "hooked": {**soon, "campaignID": "hooked", "webhook": {"url": f"{receiver_url}/fails"}},
        "stalled": {**soon, "campaignID": "stalled", "cron": "0 9 * * 8"},
        "unread": {
            **soon,
            "campaignID": "unread",
            "contacts": None,
            "contactsFrom": [_list("bad")],
        },
        "left": {"campaignID": "left"},
    }


def _list(name: str) -> dict[str, Any]:
    return {"configMapKeyRef": {"name": name, "key": "contacts.csv"}}


async def _delete_when_submitted(run: Run, name: str) -> None:
    campaign_of = (f"outboundcampaign/{name}", "-n", NAMESPACE)
    kubectl = run.sandbox.control_plane.kubectl
    await kubectl("wait", "--for=jsonpath={.status.state}=Scheduled", *campaign_of, "--timeout=240s")
    await kubectl("delete", *campaign_of, "--wait=false")
