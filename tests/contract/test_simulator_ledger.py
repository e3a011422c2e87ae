"""The simulated dialer's ledger, by which other tests judge what was done to a dialer."""

from datetime import datetime, timedelta

from contract.dialer_client import DialerClient, analytics_body, logged_in, schedule_body
from serving import RunningSimulator, SteppedClock, running_simulator


async def test_the_ledger_keeps_every_schedule_with_who_asked_for_it_when_and_what_became_of_it(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    asked = clock()
    body = schedule_body(campaign_id, asked + timedelta(hours=1))
    schedule_id = (await api.submit(campaign_id, body, key="key-1")).json()["id"]
    clock.advance(5)
    await api.withdraw(campaign_id, schedule_id)

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
    await api.withdraw(campaign_id, "none")
    await api.analytics(analytics_body([campaign_id], clock(), later))
    await api.analytics(analytics_body([campaign_id, "another"], clock(), later))

    requests = (await simulator.ledger(campaign_id))["requests"]

    assert [
        (request["call"], request["method"], request["status"], request["idempotencyKey"])
        for request in requests
    ] == [
        ("submit", "POST", 422, "key-1"),
        ("submit", "POST", 201, "key-2"),
        ("list", "GET", 200, None),
        ("withdraw", "DELETE", 404, None),
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
        await simulator.ledger()

        ledger = await simulator.ledger()

    assert [(request["path"], request["status"]) for request in ledger["requests"]] == [
        ("/api/v1/outbound", 404),
        ("/api/v2/oauth/token", 405),
    ]


async def test_the_ledger_holds_neither_tokens_nor_secrets(clock: SteppedClock) -> None:
    async with running_simulator(now=clock) as simulator, logged_in(simulator) as api:
        await api.submit("c1", schedule_body("c1", clock() + timedelta(hours=1)))
        ledger = await simulator.ledger()

    assert ledger["tokensIssued"] == 1
    assert "operator-secret" not in str(ledger)
    assert api.headers["Authorization"].split()[1] not in str(ledger)
