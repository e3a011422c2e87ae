"""What the tests of the simulated dialer's faults share."""

from datetime import timedelta
from typing import Any

import httpx

from campaign_sandbox.simulator.dialer_faults import ApiCall, FaultRule, RequestMatch
from contract.dialer_client import DialerClient, schedule_body
from serving import RunningSimulator, SteppedClock


def rule(effect: Any, call: ApiCall = "submit", **rest: Any) -> FaultRule:
    return FaultRule(match=RequestMatch(call=call), effect=effect, **rest)


async def submitting(api: DialerClient, campaign_id: str, clock: SteppedClock, **changes: Any) -> httpx.Response:
    return await api.submit(campaign_id, schedule_body(campaign_id, clock() + timedelta(hours=1), **changes))


async def created(simulator: RunningSimulator, campaign_id: str) -> int:
    return len((await simulator.ledger(campaign_id))["schedules"])


async def last_request(simulator: RunningSimulator, campaign_id: str) -> dict[str, Any]:
    return dict((await simulator.ledger(campaign_id))["requests"][-1])
