"""A client of the dialer, written from the API's description alone.

It shares no code with the operator's own client, so that the simulator is judged by what the API says and not
by what the operator makes of it. Every method returns the bare HTTP answer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from serving import RunningSimulator

SCOPE = "outbound:campaign:write outbound:contact:read analytics:read"
CREDENTIALS = ("operator", "operator-secret")
METRICS = ["callsCompleted", "callsAttempted", "connected"]


def schedule_body(campaign_id: str, start: datetime, **changes: Any) -> dict[str, Any]:
    """A submission's body: an hour from `start` on in Berlin, except for `changes`; None takes a field
    out."""
    zone = ZoneInfo("Europe/Berlin")
    body: dict[str, Any] = {
        "campaignId": campaign_id,
        "startTime": start.astimezone(zone).isoformat(),
        "endTime": (start + timedelta(hours=1)).astimezone(zone).isoformat(),
        "timezone": "Europe/Berlin",
        "scheduleType": "ONE_TIME",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def analytics_body(campaign_ids: list[str], since: datetime, until: datetime, **changes: Any) -> dict[str, Any]:
    """An analytics query's body for all metrics, except for `changes`; None takes a field out."""
    body: dict[str, Any] = {
        "dateFrom": since.isoformat(),
        "dateTo": until.isoformat(),
        "groupBy": ["campaignId"],
        "metrics": METRICS,
        "filter": {"campaignId": {"in": campaign_ids}},
        "page": 1,
        "pageSize": 100,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


@dataclass
class DialerClient:
    """Speaks to a dialer with one client's credentials."""

    http: httpx.AsyncClient = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    async def token(self, credentials: tuple[str, str] | None = CREDENTIALS, /, **form: str | None) -> httpx.Response:
        asked = {"grant_type": "client_credentials", "scope": SCOPE} | form
        data = {name: value for name, value in asked.items() if value is not None}
        return await self.http.post("/api/v2/oauth/token", auth=credentials or httpx.USE_CLIENT_DEFAULT, data=data)

    async def log_in(self, credentials: tuple[str, str] = CREDENTIALS, scope: str = SCOPE) -> None:
        answer = await self.token(credentials, scope=scope)
        self.headers = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    async def submit(self, campaign_id: str, body: Any, key: str | None = None) -> httpx.Response:
        headers = self.headers | ({} if key is None else {"Idempotency-Key": key})
        return await self.http.post(_schedules(campaign_id), headers=headers, json=body)

    async def list(self, campaign_id: str, **query: Any) -> httpx.Response:
        return await self.http.get(_schedules(campaign_id), headers=self.headers, params=query)

    async def cancel(self, campaign_id: str, schedule_id: str) -> httpx.Response:
        return await self.http.delete(f"{_schedules(campaign_id)}/{schedule_id}", headers=self.headers)

    async def analytics(self, body: Any) -> httpx.Response:
        path = "/api/v2/analytics/outbound/details/query"
        return await self.http.post(path, headers=self.headers, json=body)


def _schedules(campaign_id: str) -> str:
    return f"/api/v2/outbound/campaigns/{campaign_id}/schedules"


@asynccontextmanager
async def logged_in(
    simulator: RunningSimulator,
    credentials: tuple[str, str] = CREDENTIALS,
    read_timeout_seconds: float = 10,
) -> AsyncIterator[DialerClient]:
    """A client with a token of every scope, and from then on a read time-out of its own."""
    async with simulator.client() as http:
        client = DialerClient(http)
        await client.log_in(credentials)
        http.timeout = httpx.Timeout(10, read=read_timeout_seconds)
        yield client
