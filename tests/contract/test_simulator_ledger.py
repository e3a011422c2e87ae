"""The simulated dialer's ledger, by which other tests judge what was done to a dialer."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx

from contract.dialer_client import DialerClient, analytics_body, logged_in, schedule_body
from serving import RunningSimulator, SteppedClock, running_simulator, until


async def test_the_ledger_keeps_every_schedule_with_who_asked_for_it_when_and_what_became_of_it(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    asked = clock()
    body = schedule_body(campaign_id, asked + timedelta(hours=1))
    schedule_id = (await api.submit(campaign_id, body, key="key-1")).json()["id"]
    clock.advance(5)
    await api.cancel(campaign_id, schedule_id)

    (schedule,) = (await simulator.ledger(campaign_id))["schedules"]

    assert schedule == {
        "id": schedule_id,
        "campaignId": campaign_id,
        "clientId": "operator",
        "timezone": "Europe/Berlin",
        "startTime": body["startTime"],
        "endTime": body["endTime"],
        "idempotencyKey": "key-1",
        "state": "CANCELLED",
        "createdAt": asked.isoformat(),
        "cancelledAt": clock().isoformat(),
    }


async def test_the_ledger_keeps_every_request_with_its_outcome_in_the_order_of_arrival(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    later = clock() + timedelta(hours=1)
    await api.submit(campaign_id, schedule_body(campaign_id, later, timezone="Nowhere"), key="key-1")
    await api.submit(campaign_id, schedule_body(campaign_id, later), key="key-2")
    await api.list(campaign_id)
    await api.cancel(campaign_id, "none")
    await api.analytics(analytics_body([campaign_id], clock(), later))
    await api.analytics(analytics_body([campaign_id, "another"], clock(), later))

    requests = (await simulator.ledger(campaign_id))["requests"]

    assert [
        (request["call"], request["method"], request["status"], request["idempotencyKey"]) for request in requests
    ] == [
        ("submit", "POST", 422, "key-1"),
        ("submit", "POST", 201, "key-2"),
        ("list", "GET", 200, None),
        ("cancel", "DELETE", 404, None),
        ("analytics", "POST", 200, None),
        ("analytics", "POST", 200, None),
    ]
    assert [request["campaignId"] for request in requests] == [*[campaign_id] * 5, None]
    assert requests[-1]["campaignIds"] == [campaign_id, "another"]
    assert requests[0]["path"] == f"/api/v2/outbound/campaigns/{campaign_id}/schedules"
    assert all(datetime.fromisoformat(request["at"]) == clock() for request in requests)


async def test_the_ledger_of_one_campaign_shows_nothing_of_the_others(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    other = f"{campaign_id}-other"
    for name in (campaign_id, other):
        await api.submit(name, schedule_body(name, clock() + timedelta(hours=1)))

    one = await simulator.ledger(campaign_id)
    everything = await simulator.ledger()

    assert [schedule["campaignId"] for schedule in one["schedules"]] == [campaign_id]
    assert {request["campaignId"] for request in one["requests"]} == {campaign_id}
    assert {campaign_id, other} <= {schedule["campaignId"] for schedule in everything["schedules"]}


async def test_the_ledger_knows_requests_for_which_there_is_no_path_and_leaves_its_own_out(
    clock: SteppedClock,
) -> None:
    async with running_simulator(now=clock) as simulator, simulator.client() as http:
        await http.get("/api/v1/outbound")
        await http.patch("/api/v2/oauth/token")
        await http.post("/api/v2/oauth/token", content=b"x" * (1024 * 1024 + 1))
        await simulator.ledger()

        ledger = await simulator.ledger()

    assert [(request["path"], request["status"]) for request in ledger["requests"]] == [
        ("/api/v1/outbound", 404),
        ("/api/v2/oauth/token", 405),
        ("/api/v2/oauth/token", 413),
    ]


async def test_a_request_whose_client_leaves_in_its_middle_is_not_carried_out_and_has_no_status(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str
) -> None:
    address = httpx.URL(simulator.base_url)
    _, writer = await asyncio.open_connection(address.host, address.port)
    path = f"/api/v2/outbound/campaigns/{campaign_id}/schedules"
    head = f"POST {path} HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"campaignId":')
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    async def arrived() -> list[dict[str, Any]]:
        return [request for request in (await simulator.ledger())["requests"] if request["path"] == path]

    async def has_arrived() -> bool:
        return bool(await arrived())

    await until(has_arrived)
    assert [(request["status"], request["call"]) for request in await arrived()] == [(None, None)]
    assert (await simulator.ledger(campaign_id))["schedules"] == []


async def test_names_that_are_no_text_do_not_break_the_ledger(
    simulator: RunningSimulator, api: DialerClient, clock: SteppedClock
) -> None:
    query = json.dumps(analytics_body(["\ud800"], clock(), clock() + timedelta(hours=1)))
    answer = await api.http.post(
        "/api/v2/analytics/outbound/details/query",
        headers=api.headers | {"Content-Type": "application/json"},
        content=query,
    )

    assert answer.json()["data"] == []
    assert (await simulator.ledger())["requests"][-1]["campaignIds"] == ["\ud800"]


async def test_the_ledger_holds_neither_tokens_nor_secrets(clock: SteppedClock) -> None:
    async with running_simulator(now=clock) as simulator, logged_in(simulator) as api:
        await api.submit("c1", schedule_body("c1", clock() + timedelta(hours=1)))
        ledger = await simulator.ledger()

    assert ledger["tokensIssued"] == 1
    assert "operator-secret" not in str(ledger)
    assert api.headers["Authorization"].split()[1] not in str(ledger)
