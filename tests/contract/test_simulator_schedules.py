"""The simulated dialer's schedules, seen by a client written from the API's description."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contract.dialer_client import DialerClient, schedule_body
from serving import RunningSimulator, SteppedClock, running_simulator


async def submitted(api: DialerClient, campaign_id: str, start: datetime, **changes: Any) -> str:
    answer = await api.submit(campaign_id, schedule_body(campaign_id, start, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_submitted_schedule_is_listed_as_it_was_asked_for(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    body = schedule_body(campaign_id, clock() + timedelta(hours=1))
    created = await api.submit(campaign_id, body, key="first")
    listed = await api.list(campaign_id, page=1, pageSize=100)

    assert created.status_code == 201
    assert list(created.json()) == ["id"]
    assert listed.status_code == 200
    assert listed.json() == {
        "data": [
            {
                "id": created.json()["id"],
                "startTime": body["startTime"],
                "endTime": body["endTime"],
                "timezone": "Europe/Berlin",
                "state": "SCHEDULED",
            }
        ],
        "page": 1,
        "totalPages": 1,
    }


async def test_the_same_submission_twice_makes_two_schedules_whatever_its_idempotency_key(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    body = schedule_body(campaign_id, clock() + timedelta(hours=1))
    first = await api.submit(campaign_id, body, key="same")
    second = await api.submit(campaign_id, body, key="same")

    assert first.json()["id"] != second.json()["id"]
    ledger = await simulator.ledger(campaign_id)
    assert [schedule["idempotencyKey"] for schedule in ledger["schedules"]] == ["same", "same"]


async def test_a_schedule_is_scheduled_then_running_then_finished(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    end = (clock() + timedelta(seconds=20)).astimezone(ZoneInfo("Europe/Berlin"))
    await submitted(api, campaign_id, clock() + timedelta(seconds=10), endTime=end.isoformat())

    async def state() -> str:
        return str((await api.list(campaign_id)).json()["data"][0]["state"])

    assert await state() == "SCHEDULED"
    clock.advance(10)
    assert await state() == "RUNNING"
    clock.advance(9.9)
    assert await state() == "RUNNING"
    clock.advance(0.1)
    assert await state() == "FINISHED"


async def test_a_cancelled_schedule_is_listed_as_cancelled_and_is_gone_for_a_second_cancellation(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    schedule_id = await submitted(api, campaign_id, clock() + timedelta(hours=1))

    first = await api.cancel(campaign_id, schedule_id)
    second = await api.cancel(campaign_id, schedule_id)

    assert (first.status_code, first.content) == (204, b"")
    assert second.status_code == 404
    assert [row["state"] for row in (await api.list(campaign_id)).json()["data"]] == ["CANCELLED"]


async def test_a_schedule_that_has_started_cannot_be_cancelled(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    schedule_id = await submitted(api, campaign_id, clock())

    running = await api.cancel(campaign_id, schedule_id)
    clock.advance(3600)
    await api.log_in()
    finished = await api.cancel(campaign_id, schedule_id)

    assert (running.status_code, finished.status_code) == (409, 409)


async def test_a_schedule_cannot_be_cancelled_by_way_of_another_campaign(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    schedule_id = await submitted(api, campaign_id, clock() + timedelta(hours=1))

    assert (await api.cancel(f"{campaign_id}-other", schedule_id)).status_code == 404
    assert (await api.list(campaign_id)).json()["data"][0]["state"] == "SCHEDULED"


async def test_a_thousand_schedules_are_listed_once_each_over_ten_pages_in_the_order_of_creation(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    start = clock() + timedelta(hours=1)
    created = [await submitted(api, campaign_id, start + timedelta(seconds=step)) for step in range(1000)]

    listed = []
    for page in range(1, 11):
        answer = (await api.list(campaign_id, page=page, pageSize=100)).json()
        assert (answer["page"], answer["totalPages"], len(answer["data"])) == (page, 10, 100)
        listed += [row["id"] for row in answer["data"]]

    assert listed == created
    beyond = (await api.list(campaign_id, page=11, pageSize=100)).json()
    assert beyond == {"data": [], "page": 11, "totalPages": 10}


async def test_a_page_is_never_larger_than_a_hundred(api: DialerClient, campaign_id: str, clock: SteppedClock) -> None:
    for step in range(101):
        await submitted(api, campaign_id, clock() + timedelta(hours=1, seconds=step))

    answer = (await api.list(campaign_id, pageSize=1000)).json()

    assert (len(answer["data"]), answer["totalPages"]) == (100, 2)


async def test_a_campaign_without_schedules_is_one_empty_page(api: DialerClient, campaign_id: str) -> None:
    assert (await api.list(campaign_id)).json() == {"data": [], "page": 1, "totalPages": 1}


@pytest.mark.parametrize("query", [{"page": 0}, {"page": "x"}, {"pageSize": -1}, {"page": ""}, {"pageSize": "²"}])
async def test_a_page_that_is_no_number_is_refused_by_name(
    api: DialerClient, campaign_id: str, query: dict[str, Any]
) -> None:
    answer = await api.list(campaign_id, **query)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith(next(iter(query)))


NOW = datetime(2030, 1, 15, 12, tzinfo=UTC)


WRONG_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "a zone that does not exist": ("timezone", {"timezone": "Europe/Atlantis"}),
    "a zone in the wrong case": ("timezone", {"timezone": "europe/berlin"}),
    "an offset for a zone": ("timezone", {"timezone": "+01:00"}),
    "the zone of no place": ("timezone", {"timezone": "Factory"}),
    "a path for a zone": ("timezone", {"timezone": "../zones"}),
    "a number for a zone": ("timezone", {"timezone": 1}),
    "no zone": ("timezone", {"timezone": None}),
    "no start": ("startTime", {"startTime": None}),
    "a start without offset": ("startTime", {"startTime": "2030-01-16T12:00:00"}),
    "a start without seconds": ("startTime", {"startTime": "2030-01-16T12:00+01:00"}),
    "a start with a blank": ("startTime", {"startTime": "2030-01-16 12:00:00+01:00"}),
    "a start on 30 February": ("startTime", {"startTime": "2030-02-30T12:00:00+01:00"}),
    "a start as a number": ("startTime", {"startTime": 1894790400}),
    "a start that is empty": ("startTime", {"startTime": ""}),
    "a start at the end of days": ("startTime", {"startTime": "9999-12-31T23:59:59-12:00"}),
    "a start in another zone's offset": ("startTime", {"startTime": "2030-01-16T12:00:00+00:00"}),
    "a start in the offset of summer": ("startTime", {"startTime": "2030-01-16T12:00:00+02:00"}),
    "an end in the offset of summer": ("endTime", {"endTime": "2030-01-16T12:00:00+02:00"}),
    "a start in the past": ("startTime", {"startTime": "2030-01-15T12:59:59.999999+01:00"}),
    "an end at the start": ("endTime", {"endTime": "2030-01-16T13:00:00+01:00"}),
    "an end before the start": ("endTime", {"endTime": "2030-01-16T12:59:59+01:00"}),
    "another campaign in the body": ("campaignId", {"campaignId": "another"}),
    "no campaign in the body": ("campaignId", {"campaignId": None}),
    "another type": ("scheduleType", {"scheduleType": "RECURRING"}),
    "no type": ("scheduleType", {"scheduleType": None}),
    "a field that is not known": ("contacts", {"contacts": []}),
}


@pytest.mark.parametrize(("field", "changes"), WRONG_FIELDS.values(), ids=WRONG_FIELDS.keys())
async def test_a_wrong_field_is_refused_by_name(field: str, changes: dict[str, Any]) -> None:
    async with running_simulator(now=SteppedClock(NOW)) as simulator, simulator.client() as http:
        api = DialerClient(http)
        await api.log_in()
        answer = await api.submit("c1", schedule_body("c1", NOW + timedelta(days=1), **changes))

        assert answer.status_code == 422
        assert answer.json()["message"].startswith(f"{field}: ")
        assert (await simulator.ledger())["schedules"] == []


async def test_every_wrong_field_is_named_at_once(api: DialerClient, campaign_id: str, clock: SteppedClock) -> None:
    body = schedule_body(campaign_id, clock() + timedelta(hours=1), timezone="Nowhere", endTime="late")

    message = (await api.submit(campaign_id, body)).json()["message"]

    assert "timezone: " in message
    assert "endTime: " in message


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"a": 1}}', "\xff"])
async def test_a_body_that_is_no_json_is_a_bad_request(api: DialerClient, campaign_id: str, text: str) -> None:
    answer = await api.http.post(
        f"/api/v2/outbound/campaigns/{campaign_id}/schedules",
        headers=api.headers | {"Content-Type": "application/json"},
        content=text.encode("latin-1"),
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [[], "text", 7, True])
async def test_json_that_is_no_object_is_unprocessable(api: DialerClient, campaign_id: str, body: Any) -> None:
    answer = await api.submit(campaign_id, body)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("body: ")


async def test_a_start_at_this_very_moment_is_accepted(
    api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await submitted(api, campaign_id, clock())


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Etc/UTC", "Z"), ("Etc/UTC", "+00:00"), ("Asia/Kathmandu", "+05:45"), ("Pacific/Apia", "+13:00")],
)
async def test_the_zones_own_offset_is_accepted_in_either_spelling(
    api: DialerClient, campaign_id: str, clock: SteppedClock, zone: str, offset: str
) -> None:
    local = (clock() + timedelta(days=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    times = {
        "startTime": f"{local.isoformat()}{offset}",
        "endTime": f"{(local + timedelta(hours=1)).isoformat()}{offset}",
    }

    await submitted(api, campaign_id, clock(), timezone=zone, **times)


async def test_an_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    clock = SteppedClock(datetime(2026, 10, 24, tzinfo=UTC))
    async with running_simulator(now=clock) as simulator, simulator.client() as http:
        api = DialerClient(http)
        await api.log_in()
        for offset in ("+02:00", "+01:00"):
            times = {"startTime": f"2026-10-25T02:30:00{offset}", "endTime": "2026-10-25T09:00:00+01:00"}
            await submitted(api, "c1", clock(), **times)

        starts = [row["startTime"] for row in (await api.list("c1")).json()["data"]]
        assert starts == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
