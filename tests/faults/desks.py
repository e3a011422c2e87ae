"""The control end points of the simulated dialer and the receiver, past the proxy: what the harness arranges and what
the oracles look at.
"""

import base64
from typing import Any

import aiohttp

from campaign_sandbox.simulator.dialer_faults import FaultRule
from campaign_sandbox.simulator.tokens import CAMPAIGN_WRITE
from e2e_world import Manifest

CLIENT_ID = "operator"
CLIENT_SECRET = "operator-secret"


def basic_credentials(client_secret: str) -> str:
    """The Authorization header that asks for a token."""
    return "Basic " + base64.b64encode(f"{CLIENT_ID}:{client_secret}".encode()).decode()


class _Desk:
    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        async with self._session.request(method, self._base_url + path, raise_for_status=True, **more) as response:
            return await response.json() if response.content_type == "application/json" else None


class DialerDesk(_Desk):
    """The simulated dialer's."""

    async def schedules(self, campaign_id: str) -> list[Manifest]:
        """Every schedule ever made of a campaign."""
        return list((await self._ask("GET", "/_ledger", params={"campaign": campaign_id}))["schedules"])

    async def put_faults(self, campaign_id: str, *rules: FaultRule) -> None:
        """These rules for a campaign, in the place of those it had."""
        body = {"rules": [rule.model_dump(mode="json", by_alias=True) for rule in rules]}
        await self._ask("PUT", "/_faults", params={"campaign": campaign_id}, json=body)

    async def put_lag(self, campaign_id: str, seconds: int) -> None:
        """Have the listing of a campaign lag by so many seconds."""
        await self._ask("PUT", "/_lag", params={"campaign": campaign_id}, json={"seconds": seconds})

    async def expire_tokens(self) -> None:
        """Every token that was given out is invalid at once."""
        await self._ask("POST", "/_tokens/expire")

    async def submit(self, campaign_id: str, *windows: tuple[str, str, str]) -> None:
        """Make schedules as somebody else would: time zone, start and end of each."""
        headers = {"Authorization": f"Bearer {await self._token()}"}
        for time_zone, start, end in windows:
            body = {
                "campaignId": campaign_id,
                "startTime": start,
                "endTime": end,
                "timezone": time_zone,
                "scheduleType": "ONE_TIME",
            }
            path = f"/api/v2/outbound/campaigns/{campaign_id}/schedules"
            await self._ask("POST", path, json=body, headers=headers)

    async def _token(self) -> str:
        form = {"grant_type": "client_credentials", "scope": CAMPAIGN_WRITE}
        headers = {"Authorization": basic_credentials(CLIENT_SECRET)}
        return str((await self._ask("POST", "/api/v2/oauth/token", data=form, headers=headers))["access_token"])


class ReceiverDesk(_Desk):
    """The receiver's."""

    async def deliveries(self, path: str) -> list[Manifest]:
        """What has arrived at a path."""
        return list((await self._ask("GET", "/_deliveries", params={"path": path}))["deliveries"])
