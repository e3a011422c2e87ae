"""Somebody else's hand at the simulated dialer."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from contract.dialer_client import DialerClient, analytics_body, schedule_body
from serving import RunningSimulator, SteppedClock

HOUR = timedelta(hours=1)


async def row(api: DialerClient, campaign_id: str) -> dict[str, Any]:
    (found,) = (await api.list(campaign_id)).json()["data"]
    return dict(found)


async def submitted(api: DialerClient, campaign_id: str, start: datetime) -> str:
    answer = await api.submit(campaign_id, schedule_body(campaign_id, start))
    return str(answer.raise_for_status().json()["id"])


async def test_a_schedule_made_by_hand_is_listed_and_has_no_client(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    """Also one that has long begun, which the API would not take."""
    start, end = clock() - HOUR, clock() + HOUR
    schedule_id = await simulator.create_by_hand(campaign_id, start, end, "Asia/Tokyo")
    found = await row(api, campaign_id)
    assert (found["id"], found["timezone"], found["state"]) == (schedule_id, "Asia/Tokyo", "RUNNING")
    assert (datetime.fromisoformat(found["startTime"]), datetime.fromisoformat(found["endTime"])) == (start, end)
    (entry,) = (await simulator.ledger(campaign_id))["schedules"]
    assert (entry["clientId"], entry["idempotencyKey"]) == (None, None)


async def test_a_schedule_cancelled_by_hand_is_listed_as_cancelled_also_where_it_has_started(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    schedule_id = await submitted(api, campaign_id, clock())
    assert (await api.cancel(campaign_id, schedule_id)).status_code == 409
    for _ in range(2):
        await simulator.cancel_by_hand(schedule_id)
        assert (await row(api, campaign_id))["state"] == "CANCELLED"


async def test_a_schedule_moved_by_hand_has_its_new_times(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock() + HOUR
    schedule_id = await submitted(api, campaign_id, start)
    await simulator.move_by_hand(schedule_id, end=start + 3 * HOUR)
    found = await row(api, campaign_id)
    assert datetime.fromisoformat(found["startTime"]) == start
    assert datetime.fromisoformat(found["endTime"]) == start + 3 * HOUR
    await simulator.move_by_hand(schedule_id, start=start + 2 * HOUR)
    assert datetime.fromisoformat((await row(api, campaign_id))["startTime"]) == start + 2 * HOUR


async def test_calls_that_were_made_before_a_schedule_was_moved_are_still_counted(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    async def completed() -> int:
        answer = await api.analytics(analytics_body([campaign_id], start, start + 9 * HOUR))
        return sum(row["callsCompleted"] for row in answer.json()["data"])

    start = clock()
    schedule_id = await submitted(api, campaign_id, start)
    clock.advance(10)
    assert await completed() == 20
    await simulator.move_by_hand(schedule_id, start + timedelta(minutes=5), start + HOUR)
    clock.advance(100)
    assert await completed() == 20
    clock.advance(195)
    assert await completed() == 30


async def test_a_schedule_that_is_moved_into_the_past_has_called_nobody_before_it_was_moved(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    now = clock()
    schedule_id = await submitted(api, campaign_id, now + HOUR)
    await simulator.move_by_hand(schedule_id, start=now - HOUR)
    clock.advance(10)
    answer = await api.analytics(analytics_body([campaign_id], now - 2 * HOUR, now + HOUR))
    assert [row["callsCompleted"] for row in answer.json()["data"]] == [20]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("POST", "/_schedules", {}, 422, "campaignId: "),
        ("POST", "/_schedules", {"campaignId": "c", "timezone": "Nowhere"}, 422, "timezone: "),
        (
            "POST",
            "/_schedules",
            {
                "campaignId": "c",
                "timezone": "Etc/UTC",
                "startTime": "2026-11-25T09:00:00Z",
                "endTime": "2026-11-25T09:00:00Z",
            },
            422,
            "endTime: must be after startTime",
        ),
        ("PATCH", "/_schedules/none", {}, 404, "there is no such schedule"),
        ("DELETE", "/_schedules/none", None, 404, "there is no such schedule"),
        ("PUT", "/_past", {"count": 1}, 422, "campaign: "),
        ("PUT", "/_past?campaign=c", {"count": -1}, 422, "count: "),
        ("PUT", "/_past?campaign=c", {}, 422, "count: "),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    simulator: RunningSimulator, method: str, path: str, body: Any, status: int, named: str
) -> None:
    async with simulator.client() as http:
        answer = await http.request(method, path, json=body)
    assert answer.status_code == status
    assert named in answer.json()["message"]


async def test_the_listing_of_one_campaign_is_made_to_lag(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    other = f"{campaign_id}-other"
    await simulator.put_lag(campaign_id, 59)
    for name in (campaign_id, other):
        await submitted(api, name, clock() + HOUR)
    assert (await api.list(campaign_id)).json()["data"] == []
    await row(api, other)
    clock.advance(58)
    assert (await api.list(campaign_id)).json()["data"] == []
    clock.advance(1)
    await row(api, campaign_id)
