"""The simulated dialer's analytics, seen by a client written from the API's description."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaign_sandbox.simulator.simulator_settings import Client
from contract.dialer_client import METRICS, DialerClient, analytics_body, logged_in, schedule_body
from serving import SteppedClock, running_simulator


async def submit_from(api: DialerClient, campaign_id: str, start: datetime, seconds: float = 3600) -> str:
    end = (start + timedelta(seconds=seconds)).astimezone(ZoneInfo("Europe/Berlin"))
    answer = await api.submit(campaign_id, schedule_body(campaign_id, start, endTime=end.isoformat()))
    return str(answer.raise_for_status().json()["id"])


async def rows(api: DialerClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await api.analytics(body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def completed(api: DialerClient, campaign_id: str, since: datetime, until: datetime) -> int:
    found = await rows(api, analytics_body([campaign_id], since, until))
    return int(found[0]["callsCompleted"]) if found else 0


async def test_an_open_campaign_calls_at_the_rate_up_to_its_total(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock() + timedelta(seconds=10)
    await submit_from(api, campaign_id, start)
    counts = []
    for step in (0, 10, 5, 5, 50, 1000):
        clock.advance(step)
        counts.append(await completed(api, campaign_id, start, start + timedelta(days=1)))

    assert counts == [0, 0, 10, 20, 100, 100]


async def test_a_campaign_without_calls_has_no_row(api: DialerClient, campaign_id: str, clock: SteppedClock) -> None:
    await submit_from(api, campaign_id, clock() + timedelta(seconds=10))

    answer = await api.analytics(analytics_body([campaign_id], clock(), clock() + timedelta(days=1)))

    assert answer.json() == {"data": [], "page": 1, "totalPages": 1}


async def test_a_row_has_the_metrics_asked_for_and_they_are_in_proportion(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock()
    await submit_from(api, campaign_id, start)
    clock.advance(20)

    (row,) = await rows(api, analytics_body([campaign_id], start, clock()))
    (short,) = await rows(api, analytics_body([campaign_id], start, clock(), metrics=["connected"]))

    assert list(row) == ["campaignId", "callsCompleted", "callsAttempted", "connected"]
    assert 0 < row["connected"] < row["callsCompleted"] < row["callsAttempted"]
    assert short == {"campaignId": campaign_id, "connected": row["connected"]}


async def test_a_call_belongs_to_the_instant_at_which_it_was_placed(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock()
    await submit_from(api, campaign_id, start)
    clock.advance(100)
    middle = start + timedelta(seconds=10)

    assert await completed(api, campaign_id, start - timedelta(days=1), start) == 0
    assert await completed(api, campaign_id, start, middle) == 20
    assert await completed(api, campaign_id, middle, clock()) == 80


async def test_no_calls_are_placed_while_no_schedule_is_open(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock()
    await submit_from(api, campaign_id, start, seconds=5)
    await submit_from(api, campaign_id, start + timedelta(seconds=20), seconds=5)
    clock.advance(15)
    assert await completed(api, campaign_id, start, clock()) == 10
    clock.advance(100)
    assert await completed(api, campaign_id, start, clock()) == 20


async def test_a_cancelled_schedule_places_no_calls(api: DialerClient, campaign_id: str, clock: SteppedClock) -> None:
    schedule_id = await submit_from(api, campaign_id, clock() + timedelta(seconds=10))
    assert (await api.cancel(campaign_id, schedule_id)).status_code == 204
    start = clock()
    clock.advance(100)

    assert await completed(api, campaign_id, start, clock()) == 0


async def test_dates_may_be_given_in_any_offset(api: DialerClient, campaign_id: str, clock: SteppedClock) -> None:
    start = clock()
    await submit_from(api, campaign_id, start)
    clock.advance(10)
    tokyo = ZoneInfo("Asia/Tokyo")

    assert await completed(api, campaign_id, start.astimezone(tokyo), clock().astimezone(tokyo)) == 20


async def test_many_campaigns_come_in_pages_of_at_most_a_hundred(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    names = [f"{campaign_id}-{number:03}" for number in range(105)]
    start = clock()
    for name in names[:101]:
        await submit_from(api, name, start)
    clock.advance(10)

    pages = [(await api.analytics(analytics_body(names, start, clock(), page=page))).json() for page in (1, 2, 3)]

    assert [row["campaignId"] for page in pages for row in page["data"]] == names[:101]
    assert [(page["page"], page["totalPages"], len(page["data"])) for page in pages] == [
        (1, 2, 100),
        (2, 2, 1),
        (3, 2, 0),
    ]


async def test_the_rows_of_a_campaign_add_up_to_its_counts_and_fall_on_different_pages(clock: SteppedClock) -> None:
    names = [f"c-{number}" for number in range(30)]
    async with (
        running_simulator(now=clock, calls_per_second=2.0) as simulator,
        running_simulator(now=clock, calls_per_second=2.0, rows_per_campaign=7) as in_rows,
        logged_in(simulator) as api,
        logged_in(in_rows) as api_in_rows,
    ):
        start = clock()
        for name in names:
            await submit_from(api, name, start)
            await submit_from(api_in_rows, name, start)
        clock.advance(17)
        bodies = [analytics_body(names, start, clock(), page=page) for page in (1, 2, 3)]

        whole = await rows(api, bodies[0])
        pages = [await rows(api_in_rows, body) for body in bodies]

    assert [len(page) for page in pages] == [100, 100, 10]
    for page in pages[:2]:
        assert {row["campaignId"] for row in page} == set(names)
    for row in whole:
        parts = [part for page in pages for part in page if part["campaignId"] == row["campaignId"]]
        assert len(parts) == 7
        assert {metric: sum(part[metric] for part in parts) for metric in METRICS} == {
            metric: row[metric] for metric in METRICS
        }


async def test_foreign_and_unknown_campaigns_have_no_row(clock: SteppedClock) -> None:
    clients = (Client("north", "n", frozenset({"n1"})), Client("south", "s", frozenset({"s1"})))
    campaigns = {"n1": 5, "s1": 5}
    async with (
        running_simulator(clients=clients, campaigns=campaigns, now=clock) as simulator,
        logged_in(simulator, ("north", "n")) as north,
        logged_in(simulator, ("south", "s")) as south,
    ):
        start = clock()
        await submit_from(north, "n1", start)
        await submit_from(south, "s1", start)
        clock.advance(10)

        found = await rows(north, analytics_body(["n1", "s1", "unknown"], start, clock()))

    assert [row["campaignId"] for row in found] == ["n1"]


WRONG_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "no start": ("dateFrom", {"dateFrom": None}),
    "a start without offset": ("dateFrom", {"dateFrom": "2030-01-16T12:00:00"}),
    "no end": ("dateTo", {"dateTo": None}),
    "an end before the start": ("dateTo", {"dateTo": "2001-01-16T12:00:00Z"}),
    "no grouping": ("groupBy", {"groupBy": None}),
    "an empty grouping": ("groupBy", {"groupBy": []}),
    "another grouping": ("groupBy.0", {"groupBy": ["agentId"]}),
    "no metrics": ("metrics", {"metrics": []}),
    "another metric": ("metrics.1", {"metrics": ["connected", "abandoned"]}),
    "no filter": ("filter", {"filter": None}),
    "a filter without campaigns": ("filter.campaignId", {"filter": {}}),
    "a filter of no campaigns": ("filter.campaignId.in", {"filter": {"campaignId": {"in": []}}}),
    "a filter of numbers": ("filter.campaignId.in.0", {"filter": {"campaignId": {"in": [7]}}}),
    "no page": ("page", {"page": None}),
    "page nought": ("page", {"page": 0}),
    "a page in words": ("page", {"page": "1"}),
    "a page too large": ("pageSize", {"pageSize": 101}),
    "a field that is not known": ("sort", {"sort": "campaignId"}),
}


@pytest.mark.parametrize(("field", "changes"), WRONG_FIELDS.values(), ids=WRONG_FIELDS.keys())
async def test_a_wrong_field_is_refused_by_name(
    api: DialerClient, campaign_id: str, clock: SteppedClock, field: str, changes: dict[str, Any]
) -> None:
    body = analytics_body([campaign_id], clock(), clock() + timedelta(days=1), **changes)

    answer = await api.analytics(body)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{field}: ")
