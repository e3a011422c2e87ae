"""Submitting a schedule: which answers are a yes, which a no, and which are neither.

A wrong "no" phones people twice, a wrong "yes" leaves them out; every row here is one way to get it wrong.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessRefused,
    Authenticated,
    DestinationRefused,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    Unclear,
)
from dialer_kit import SCHEDULE, Granted, ScriptedAPI, connection_to, dialer_to, token_payload
from manual_clock import ManualClock
from scripted_server import (
    Conversation,
    Received,
    Reply,
    answer,
    dribble,
    garbage,
    hang_up,
    reset,
    scripted_server,
    silence,
)


async def test_a_schedule_is_sent_as_agreed() -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.submit(connection, SCHEDULE, Granted()) == Accepted("s-1")
    (request,) = api.api_requests
    assert (request.method, request.target) == ("POST", "/api/v2/outbound/campaigns/8f14e45f/schedules")
    assert request.headers["authorization"] == "Bearer tok-1"
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("campaign-operator/")
    assert request.json == {
        "campaignId": "8f14e45f",
        "startTime": "2026-11-25T09:00:00-05:00",
        "endTime": "2026-11-25T13:00:00-05:00",
        "timezone": "America/New_York",
        "scheduleType": "ONE_TIME",
    }


@pytest.mark.parametrize("id_", ["x" * 128, "x" * 126 + "ü", "x" * 122 + ">", '"' * 64, "ü" * 64])
async def test_an_id_of_at_most_128_bytes_in_etcd_is_taken(id_: str) -> None:
    async with (
        scripted_server(route=ScriptedAPI(answer(201, {"id": id_}))) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert await dialer.submit(connection, SCHEDULE, Granted()) == Accepted(id_)


@pytest.mark.parametrize(
    ("zone", "start", "sent"),
    [
        ("Asia/Kathmandu", datetime(2026, 11, 25, 3, 15, tzinfo=UTC), "2026-11-25T09:00:00+05:45"),
        ("Etc/UTC", datetime(2026, 11, 25, 9, 0, tzinfo=UTC), "2026-11-25T09:00:00+00:00"),
        ("Europe/London", datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "2026-07-01T09:00:00+01:00"),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01T01:30:00-05:00"),
    ],
)
async def test_times_carry_the_offset_that_the_zone_has_then(zone: str, start: datetime, sent: str) -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        await dialer.submit(connection, replace(SCHEDULE, time_zone=zone, start=start), Granted())
    assert api.api_requests[0].json["startTime"] == sent


@pytest.mark.parametrize("campaign_id", ["a/b?c#d", "a b%20é", "../x", "a\\b"])
async def test_a_campaign_id_cannot_leave_its_place_in_the_path(campaign_id: str) -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        await dialer.submit(connection, replace(SCHEDULE, campaign_id=campaign_id), Granted())
    target = api.api_requests[0].target
    assert target.startswith("/api/v2/outbound/campaigns/")
    assert target.endswith("/schedules")
    assert target.count("/") == 6
    assert "?" not in target
    assert api.api_requests[0].json["campaignId"] == campaign_id


@pytest.mark.parametrize("campaign_id", ["", ".", ".."])
async def test_a_campaign_id_that_no_path_can_hold_is_not_sent(campaign_id: str) -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, replace(SCHEDULE, campaign_id=campaign_id), Granted())
        assert isinstance(outcome, NotSent)
        assert api.api_requests == []


async def test_a_zone_that_is_unknown_is_not_sent() -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, replace(SCHEDULE, time_zone="Mars/Base"), Granted())
        assert isinstance(outcome, NotSent)
        assert server.connections == 0


@pytest.mark.parametrize(
    "reply",
    [
        answer(500, {"message": "oops"}),
        answer(502),
        answer(503, headers={"Retry-After": "5"}),
        answer(504),
        answer(599),
        answer(201),
        answer(201, {}),
        answer(201, {"id": ""}),
        answer(201, {"id": 17}),
        answer(201, {"id": None}),
        answer(201, {"id": ["s-1"]}),
        answer(201, {"id": "x" * 129}),
        answer(201, {"id": "x" * 127 + "ü"}),
        answer(201, {"id": "x" * 123 + "<"}),
        answer(201, {"id": "&" * 22}),
        answer(201, {"id": '"' * 65}),
        answer(201, {"id": "\\" * 65}),
        answer(201, {"id": "s-1\n"}),
        answer(201, {"Id": "s-1"}),
        answer(201, ["s-1"]),
        answer(201, "s-1"),
        answer(201, raw=b"<!doctype html><title>Welcome</title>"),
        answer(201, raw=b'{"id": "s-1"'),
        answer(201, raw=b'{"id": "s-1"}\xff'),
        answer(201, raw=b"[" * 100_000),
        answer(201, {"id": "s-1"}, cut_after=5),
        answer(201, {"id": "s-1", "padding": "x" * 2 * 1024 * 1024}),
        answer(201, {"id": "s-1"}, headers={"Content-Encoding": "gzip"}),
        answer(202),
        answer(204),
        answer(301, headers={"Location": "/elsewhere"}),
        answer(307, headers={"Location": "/elsewhere"}),
        answer(405),
        answer(408),
        answer(409, {"message": "exists"}),
        answer(418),
        answer(501),
        reset,
        hang_up,
        garbage(b"\x00\x01\x02"),
        garbage(b"HTTP/1.1 201 Crea"),
    ],
)
async def test_whatever_is_not_a_clear_answer_is_unclear(reply: Reply) -> None:
    api = ScriptedAPI(reply)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.submit(connection, SCHEDULE, Granted()), Unclear)
        assert len(api.api_requests) == 1


@pytest.mark.parametrize(
    "reply", [silence, dribble(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n", every_seconds=0.2)]
)
async def test_an_answer_that_comes_too_late_is_unclear(reply: Reply) -> None:
    async with (
        scripted_server(route=ScriptedAPI(reply)) as server,
        dialer_to(server, request_timeout_seconds=0.5) as (dialer, connection),
    ):
        assert isinstance(await dialer.submit(connection, SCHEDULE, Granted()), Unclear)


async def test_an_id_in_any_2xx_is_the_schedules_id() -> None:
    """The id could only come from a schedule that was made; to look for it would find nothing else."""
    async with (
        scripted_server(route=ScriptedAPI(answer(200, {"id": "s-9"}))) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert await dialer.submit(connection, SCHEDULE, Granted()) == Accepted("s-9")


@pytest.mark.parametrize("status", [400, 422])
async def test_a_schedule_that_the_dialer_will_not_take_is_rejected_in_its_own_words(status: int) -> None:
    api = ScriptedAPI(answer(status, {"message": "startTime: is\nin the past" + "!" * 1000}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert isinstance(outcome, Rejected)
        assert outcome.code == status
        assert outcome.message.startswith("startTime: is in the past!!")
        assert len(outcome.message) == 200


async def test_a_rejection_that_repeats_the_token_is_told_without_it() -> None:
    api = ScriptedAPI(answer(422, {"message": "Bearer tok-1 may not"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert outcome == Rejected(422, "it gave no reason")


@pytest.mark.parametrize("status", [403, 404])
async def test_a_refused_campaign_is_access_refused(status: int) -> None:
    api = ScriptedAPI(answer(status, {"message": "not yours"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert outcome == AccessRefused(status, "dialer", f"the dialer answered {status}: not yours")
        assert len(api.api_requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "3600"}, 3600),
        ({"retry-after": "Wed, 25 Nov 2026 12:01:00 GMT"}, 60),
        ({"Retry-After": "Wed, 25 Nov 2026 11:00:00 GMT"}, 0),
        ({"Retry-After": "a while"}, None),
        ({"Retry-After": "-7"}, None),
        ({}, None),
    ],
)
async def test_a_throttled_schedule_may_be_sent_again_when_the_dialer_says(
    headers: dict[str, str], seconds: float | None
) -> None:
    api = ScriptedAPI(answer(429, {"message": "slow down"}, headers=headers))
    async with scripted_server(route=api) as server, dialer_to(server, ManualClock()) as (dialer, connection):
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert outcome == Throttled(seconds, "the dialer answered 429: slow down")


async def test_a_token_that_the_dialer_refuses_is_renewed_once_and_the_schedule_sent_again() -> None:
    api = ScriptedAPI(answer(401), answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.submit(connection, SCHEDULE, Granted()) == Accepted("s-1")
    assert [request.headers["authorization"] for request in api.api_requests] == [
        "Bearer tok-1",
        "Bearer tok-2",
    ]


async def test_a_second_refusal_of_the_token_is_access_refused() -> None:
    api = ScriptedAPI(answer(401, {"error": "scope"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert outcome == AccessRefused(401, "dialer", "the dialer answered 401: scope")
        assert len(api.api_requests) == 2
        assert len(api.token_requests) == 2


async def test_sixteen_refusals_at_once_cost_one_new_token() -> None:
    arrived = 0
    together = asyncio.Event()

    async def refuse_all_at_once(conversation: Conversation, request: Received) -> None:
        nonlocal arrived
        if request.headers["authorization"] == "Bearer tok-1":
            arrived += 1
            if arrived == 16:
                together.set()
            await together.wait()
            await answer(401)(conversation, request)
        else:
            await answer(201, {"id": "s-1"})(conversation, request)

    api = ScriptedAPI(refuse_all_at_once)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcomes = await asyncio.gather(*(dialer.submit(connection, SCHEDULE, Granted()) for _ in range(16)))
        assert set(outcomes) == {Accepted("s-1")}
        assert len(api.token_requests) == 2


class UntilAsked:
    """A permission that is in force for the first so many questions."""

    def __init__(self, times: int) -> None:
        self._left = times

    def in_force(self) -> bool:
        self._left -= 1
        return self._left >= 0


def permission_lapses() -> float:
    return REGISTRY.get_sample_value("campaign_operator_permission_lapses_total") or 0.0


async def test_a_permission_that_has_lapsed_leaves_the_dialer_without_a_byte() -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.authenticate(connection), Authenticated)
        bytes_of_the_token_request, lapses = server.bytes_received, permission_lapses()
        assert isinstance(await dialer.submit(connection, SCHEDULE, UntilAsked(0)), NotSent)
        assert permission_lapses() == lapses + 1
        assert server.bytes_received == bytes_of_the_token_request
        assert api.api_requests == []


async def test_a_permission_that_lapses_while_the_token_is_renewed_ends_with_one_request() -> None:
    api = ScriptedAPI(answer(401), answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        asked_twice_per_request = UntilAsked(2)
        assert isinstance(await dialer.submit(connection, SCHEDULE, asked_twice_per_request), NotSent)
        assert len(api.api_requests) == 1


async def test_a_dialer_that_refuses_connections_was_sent_nothing() -> None:
    async with (
        scripted_server(route=ScriptedAPI(silence)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        server.refuse_connections()
        assert isinstance(await dialer.submit(connection, SCHEDULE, Granted()), NotSent)


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        (answer(401), AccessRefused(401, "token endpoint", "the token endpoint answered 401")),
        (answer(400), AccessRefused(400, "token endpoint", "the token endpoint answered 400")),
        (answer(429), Throttled(None, "the token endpoint answered 429")),
        (answer(500), NotSent("the token endpoint answered 500")),
    ],
)
async def test_without_a_token_nothing_is_sent(token: Reply, outcome: object) -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}), token=token)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.submit(connection, SCHEDULE, Granted()) == outcome
        assert api.api_requests == []


@pytest.mark.parametrize(
    "base",
    [
        "https://10.0.0.5",
        "http://localhost",
        "https://u:p@localhost",
        "https://localhost/?x=",
        "https://localhost/#x",
    ],
)
async def test_a_dialer_that_may_not_be_called_is_told_as_such(base: str) -> None:
    async with scripted_server(route=ScriptedAPI()) as server, dialer_to(server) as (dialer, _):
        connection = connection_to(server.url, api_base_url=base)
        outcome = await dialer.submit(connection, SCHEDULE, Granted())
        assert isinstance(outcome, DestinationRefused)
        assert outcome.message.startswith("api-base-url: ")


async def test_a_base_url_with_a_path_and_a_slash_at_its_end_is_kept() -> None:
    api = ScriptedAPI(answer(201, {"id": "s-1"}))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, _):
        connection = connection_to(server.url, api_base_url=f"{server.url}/tenant/")
        await dialer.submit(connection, SCHEDULE, Granted())
    assert api.api_requests[0].target == "/tenant/api/v2/outbound/campaigns/8f14e45f/schedules"


async def test_credentials_are_tried_by_asking_for_a_token() -> None:
    api = ScriptedAPI(token=answer(200, token_payload()))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.authenticate(connection) == Authenticated()
        assert await dialer.authenticate(connection) == Authenticated()
        assert len(api.token_requests) == 1
        refused = connection_to(server.url, token_url="https://10.0.0.5/token")
        assert isinstance(await dialer.authenticate(refused), DestinationRefused)
    async with (
        scripted_server(route=ScriptedAPI(token=reset)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert isinstance(await dialer.authenticate(connection), Unavailable)
