"""Cancelling a schedule: when it is certainly gone, when it will dial all the same, and when nobody knows.

A wrong "gone" leaves a schedule that dials although the campaign was stopped; a wrong "refused" leaves it there for
good.
"""

import pytest

from campaign_operator.domain.dialing.outcomes import (
    AccessRefused,
    Cancelled,
    CancelNotOffered,
    CancelOutcome,
    CancelRefused,
    DestinationRefused,
    Throttled,
    Unavailable,
)
from dialer_kit import Granted, ScriptedAPI, connection_to, dialer_to
from manual_clock import ManualClock
from scripted_server import Reply, answer, dribble, garbage, hang_up, reset, scripted_server, silence


async def outcome_of(*replies: Reply, schedule_id: str = "s-1") -> CancelOutcome:
    async with (
        scripted_server(route=ScriptedAPI(*replies)) as server,
        dialer_to(server, ManualClock()) as (dialer, connection),
    ):
        return await dialer.cancel(connection, "8f14e45f", schedule_id, Granted())


async def test_a_cancellation_is_sent_as_agreed() -> None:
    api = ScriptedAPI(answer(204))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.cancel(connection, "8f14e45f", "s-1", Granted()) == Cancelled()
    (request,) = api.api_requests
    assert (request.method, request.target) == ("DELETE", "/api/v2/outbound/campaigns/8f14e45f/schedules/s-1")
    assert request.headers["authorization"] == "Bearer tok-1"
    assert request.body == b""


async def test_without_permission_nothing_is_sent() -> None:
    class Lapsed:
        def in_force(self) -> bool:
            return False

    api = ScriptedAPI(answer(204))
    async with scripted_server(route=api) as server, dialer_to(server, ManualClock()) as (dialer, connection):
        assert isinstance(await dialer.cancel(connection, "8f14e45f", "s-1", Lapsed()), Unavailable)
        assert api.api_requests == []


@pytest.mark.parametrize("status", [204, 404])
async def test_what_is_gone_already_is_cancelled(status: int) -> None:
    assert await outcome_of(answer(status)) == Cancelled()


@pytest.mark.parametrize("status", [405, 501])
async def test_a_dialer_that_takes_nothing_back_says_so(status: int) -> None:
    assert await outcome_of(answer(status, {"message": "no"})) == CancelNotOffered(status)


@pytest.mark.parametrize("status", [400, 409, 422])
async def test_a_refusal_is_told_in_the_dialers_own_words(status: int) -> None:
    outcome = await outcome_of(answer(status, {"message": "it has\nstarted" + "!" * 1000}))
    assert isinstance(outcome, CancelRefused)
    assert outcome.code == status
    assert outcome.message.startswith("it has started!!")
    assert len(outcome.message) == 200


async def test_a_refusal_that_repeats_the_token_is_told_without_it() -> None:
    outcome = await outcome_of(answer(409, {"message": "Bearer tok-1 is too late"}))
    assert outcome == CancelRefused(409, "it gave no reason")


@pytest.mark.parametrize(
    "reply",
    [
        answer(500, {"message": "oops"}),
        answer(502),
        answer(503, headers={"Retry-After": "5"}),
        answer(599),
        answer(200, {}),
        answer(202),
        answer(301, headers={"Location": "/elsewhere"}),
        answer(307, headers={"Location": "/elsewhere"}),
        answer(408),
        answer(410),
        answer(418),
        reset,
        hang_up,
        garbage(b"\x00\x01\x02"),
        garbage(b"HTTP/1.1 204 No"),
    ],
)
async def test_whatever_is_not_a_clear_answer_is_asked_again_later(reply: Reply) -> None:
    api = ScriptedAPI(reply)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.cancel(connection, "8f14e45f", "s-1", Granted()), Unavailable)
        assert len(api.api_requests) == 1


@pytest.mark.parametrize("reply", [silence, dribble(b"HTTP/1.1 204 No Content\r\nServer: x\r\n", every_seconds=0.2)])
async def test_an_answer_that_comes_too_late_is_none(reply: Reply) -> None:
    async with (
        scripted_server(route=ScriptedAPI(reply)) as server,
        dialer_to(server, request_timeout_seconds=0.5) as (dialer, connection),
    ):
        assert await dialer.cancel(connection, "8f14e45f", "s-1", Granted()) == Unavailable("no answer within 0.5 s")


async def test_a_dialer_that_refuses_connections_is_unavailable() -> None:
    async with scripted_server(route=ScriptedAPI(silence)) as server, dialer_to(server) as (dialer, connection):
        server.refuse_connections()
        assert isinstance(await dialer.cancel(connection, "8f14e45f", "s-1", Granted()), Unavailable)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7), ({"Retry-After": "Wed, 25 Nov 2026 12:01:00 GMT"}, 60), ({}, None)],
)
async def test_a_throttled_cancellation_waits_as_the_dialer_says(
    headers: dict[str, str], seconds: float | None
) -> None:
    outcome = await outcome_of(answer(429, {"message": "slow down"}, headers=headers))
    assert outcome == Throttled(seconds, "the dialer answered 429: slow down")


async def test_a_campaign_that_is_not_ours_is_access_refused() -> None:
    outcome = await outcome_of(answer(403, {"message": "not yours"}))
    assert outcome == AccessRefused(403, "dialer", "the dialer answered 403: not yours")


async def test_a_token_that_the_dialer_refuses_is_renewed_once() -> None:
    api = ScriptedAPI(answer(401), answer(204))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.cancel(connection, "8f14e45f", "s-1", Granted()) == Cancelled()
    sent = [request.headers["authorization"] for request in api.api_requests]
    assert sent == ["Bearer tok-1", "Bearer tok-2"]
    assert await outcome_of(answer(401)) == AccessRefused(401, "dialer", "the dialer answered 401")


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        (answer(401), AccessRefused(401, "token endpoint", "the token endpoint answered 401")),
        (answer(500), Unavailable("the token endpoint answered 500")),
    ],
)
async def test_without_a_token_nothing_is_asked(token: Reply, outcome: object) -> None:
    api = ScriptedAPI(answer(204), token=token)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.cancel(connection, "8f14e45f", "s-1", Granted()) == outcome
        assert api.api_requests == []


@pytest.mark.parametrize("odd", ["../x", "a/b?c", "a b#d", "%2e%2e", "a\\b", "é", "..%2F", "s-1/"])
async def test_an_id_cannot_leave_its_place_in_the_path(odd: str) -> None:
    """Else an id from a dialer that has been broken into could delete something else."""
    api = ScriptedAPI(answer(204))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert await dialer.cancel(connection, "8f14e45f", odd, Granted()) == Cancelled()
        assert await dialer.cancel(connection, odd, "s-1", Granted()) == Cancelled()
    as_schedule, as_campaign = (request.target for request in api.api_requests)
    assert as_schedule.startswith("/api/v2/outbound/campaigns/8f14e45f/schedules/")
    assert as_campaign.endswith("/schedules/s-1")
    for target in (as_schedule, as_campaign):
        assert target.count("/") == 7
        assert not set("?#\\ ") & set(target)


@pytest.mark.parametrize("odd", ["", ".", ".."])
async def test_an_id_that_no_path_can_hold_is_not_sent(odd: str) -> None:
    api = ScriptedAPI(answer(204))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.cancel(connection, "8f14e45f", odd, Granted()), Unavailable)
        assert isinstance(await dialer.cancel(connection, odd, "s-1", Granted()), Unavailable)
        assert server.connections == 0


async def test_a_dialer_that_may_not_be_called_is_told_as_such() -> None:
    async with scripted_server(route=ScriptedAPI()) as server, dialer_to(server) as (dialer, _):
        inside = connection_to(server.url, api_base_url="https://10.0.0.5")
        outcome = await dialer.cancel(inside, "8f14e45f", "s-1", Granted())
        assert isinstance(outcome, DestinationRefused)
        assert outcome.message.startswith("api-base-url: ")
