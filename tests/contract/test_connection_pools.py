"""Pools: connections used again, bounded, and closed; who fills his own holds up nobody else."""

import asyncio

import pytest

from campaign_operator.adapters.outbound.exchange import Answered, NeverSent, OutgoingRequest, Unanswered
from contract.exchange_kit import eventually, exchange_to, post
from scripted_server import (
    Conversation,
    Received,
    answer,
    scripted_server,
    silence,
)


async def test_connections_are_used_again() -> None:
    async with scripted_server(answer(200, {})) as server, exchange_to(server) as exchange:
        for _ in range(5):
            assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)
        assert server.connections == 1


async def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again() -> None:
    async def answer_and_leave(conversation: Conversation, request: Received) -> None:
        await answer(200, {})(conversation, request)
        conversation.abort()

    async with scripted_server(answer_and_leave) as server, exchange_to(server) as exchange:
        for _ in range(5):
            assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)
            await eventually(lambda: not server.open_connections)
        assert server.connections == 5


async def test_connections_are_not_kept_where_none_are_wanted() -> None:
    async with scripted_server(answer(200, {})) as server, exchange_to(server, keep_alive=False) as exchange:
        await exchange.send(post(server), deadline_seconds=5)
        await eventually(lambda: not server.open_connections)


async def test_a_pool_that_nobody_uses_closes_its_connections_and_opens_again() -> None:
    async with scripted_server(answer(200, {})) as server, exchange_to(server, idle_seconds=0.05) as exchange:
        await exchange.send(post(server), deadline_seconds=5)
        await eventually(lambda: not server.open_connections)
        assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)
        assert server.connections == 2


async def test_a_pool_taken_up_again_is_not_closed_under_a_request() -> None:
    async def slowly(conversation: Conversation, request: Received) -> None:
        await asyncio.sleep(0.3)
        await answer(200, {})(conversation, request)

    async with (
        scripted_server(answer(200, {}), slowly) as server,
        exchange_to(server, idle_seconds=0.1) as exchange,
    ):
        for _ in range(2):
            assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)


async def test_at_most_sixteen_requests_of_a_pool_are_out_at_once() -> None:
    most = 0

    async def counting(conversation: Conversation, request: Received) -> None:
        nonlocal most
        most = max(most, len(server.open_connections))
        await asyncio.sleep(0.01)
        await answer(200, {})(conversation, request)

    async with scripted_server(counting) as server, exchange_to(server) as exchange:
        outcomes = await asyncio.gather(*(exchange.send(post(server), deadline_seconds=10) for _ in range(100)))
        assert all(isinstance(outcome, Answered) for outcome in outcomes)
        assert most == 16
        assert server.connections == 16


async def test_a_pool_that_is_full_of_silence_does_not_hold_up_another() -> None:
    def route(request: Received) -> object:
        return silence if request.headers.get("x-quiet") else answer(200, {})

    async with scripted_server(route=route) as server, exchange_to(server) as exchange:  # type: ignore[arg-type]
        quiet = OutgoingRequest("hostile", "POST", server.url, {"X-Quiet": "1"}, b"{}")
        stuck = [asyncio.create_task(exchange.send(quiet, deadline_seconds=2)) for _ in range(40)]
        await eventually(lambda: len(server.requests) == 16)
        assert isinstance(await exchange.send(post(server, "other"), deadline_seconds=1), Answered)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_a_request_that_finds_no_place_in_time_was_never_sent() -> None:
    async with scripted_server(silence) as server, exchange_to(server, width=1) as exchange:
        first = asyncio.create_task(exchange.send(post(server), deadline_seconds=1))
        await eventually(lambda: len(server.requests) == 1)
        assert isinstance(await exchange.send(post(server), deadline_seconds=0.1), NeverSent)
        assert isinstance(await first, Unanswered)
        assert len(server.requests) == 1


async def test_cancelled_requests_leave_their_places_to_others() -> None:
    async with scripted_server(silence, answer(200, {})) as server, exchange_to(server, width=1) as exchange:
        first = asyncio.create_task(exchange.send(post(server), deadline_seconds=60))
        await eventually(lambda: len(server.requests) == 1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)


async def test_one_pool_can_lead_to_two_servers() -> None:
    async with (
        scripted_server(answer(200, {"from": 1})) as first,
        scripted_server(answer(200, {"from": 2}), signed_by=first) as second,
        exchange_to(first) as exchange,
    ):
        for server in (first, second, first, second):
            assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)
        assert (len(first.requests), len(second.requests)) == (2, 2)
        assert (first.connections, second.connections) == (1, 1)
