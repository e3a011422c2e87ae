"""A plain HTTP client of the dialer: one request for each call, and nothing decided.

What a benchmark compares the operator with.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
from world import CLIENT_ID, CLIENT_SECRET, World

_SCHEDULES = "/api/v2/outbound/campaigns/{campaign_id}/schedules"


class PlainDialer:
    """Use `plain_dialer`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def submit(self, campaign_id: str, zone: str, start: datetime, end: datetime) -> None:
        """Ask for one schedule. Raises httpx.HTTPError."""
        body = {
            "campaignId": campaign_id,
            "startTime": start.astimezone(ZoneInfo(zone)).isoformat(),
            "endTime": end.astimezone(ZoneInfo(zone)).isoformat(),
            "timezone": zone,
            "scheduleType": "ONE_TIME",
        }
        (await self._client.post(_SCHEDULES.format(campaign_id=campaign_id), json=body)).raise_for_status()

    async def list_schedules(self, campaign_id: str) -> None:
        """Ask for the first page of a campaign's schedules. Raises httpx.HTTPError."""
        (await self._client.get(_SCHEDULES.format(campaign_id=campaign_id))).raise_for_status()


@asynccontextmanager
async def plain_dialer(world: World) -> AsyncIterator[PlainDialer]:
    """A client that has a token, for as long as the block runs."""
    async with world.to_dialer() as client:
        answer = await client.post(
            "/api/v2/oauth/token",
            auth=(CLIENT_ID, CLIENT_SECRET),
            data={"grant_type": "client_credentials", "scope": "outbound:campaign:write"},
        )
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        yield PlainDialer(client)
