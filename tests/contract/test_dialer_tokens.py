"""Access tokens: how often they are fetched, when they are thrown away, and that they never show."""

import asyncio
import base64
import logging
import traceback
from urllib.parse import parse_qs

import pytest

from campaign_operator.adapters.cxone.oauth import Token, TokenOutcome
from campaign_operator.domain.dialing.outcomes import AccessRefused, DestinationRefused, Throttled, Unavailable
from dialer_kit import ScriptedAPI, connection_to, token_office, token_payload
from manual_clock import ManualClock
from scripted_server import (
    Conversation,
    Received,
    Reply,
    answer,
    dribble,
    garbage,
    reset,
    scripted_server,
    silence,
)


def value_of(outcome: TokenOutcome) -> str:
    assert isinstance(outcome, Token)
    return outcome.value


async def test_a_token_is_asked_for_with_basic_credentials_and_the_scope() -> None:
    api = ScriptedAPI()
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        assert value_of(await office.token(connection_to(server.url))) == "tok-1"
    (request,) = api.token_requests
    basic = base64.b64encode(b"operator:operator-secret").decode()
    assert request.method == "POST"
    assert request.headers["authorization"] == f"Basic {basic}"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["outbound:campaign:write outbound:contact:read analytics:read"],
    }


async def test_a_token_is_fetched_once_however_many_requests_wait() -> None:
    api = ScriptedAPI()
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        connection = connection_to(server.url)
        outcomes = await asyncio.gather(*(office.token(connection) for _ in range(100)))
        assert {value_of(outcome) for outcome in outcomes} == {"tok-1"}
        assert len(api.token_requests) == 1


async def test_a_failed_fetch_fails_all_who_wait_at_once_and_not_each_in_turn() -> None:
    api = ScriptedAPI(token=answer(401, {"error": "invalid_client"}))
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        connection = connection_to(server.url)
        outcomes = await asyncio.gather(*(office.token(connection) for _ in range(100)))
        assert set(outcomes) == {
            AccessRefused(401, "token endpoint", "the token endpoint answered 401: invalid_client")
        }
        assert len(api.token_requests) == 1


async def test_a_waiter_that_gives_up_leaves_the_fetch_to_the_others() -> None:
    release = asyncio.Event()

    async def wait_for_release(conversation: Conversation, request: Received) -> None:
        await release.wait()
        await answer(200, token_payload())(conversation, request)

    api = ScriptedAPI(token=wait_for_release)
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        connection = connection_to(server.url)
        first = asyncio.create_task(office.token(connection))
        others = [asyncio.create_task(office.token(connection)) for _ in range(5)]
        await asyncio.sleep(0.1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        release.set()
        assert {value_of(outcome) for outcome in await asyncio.gather(*others)} == {"tok-1"}
        assert len(api.token_requests) == 1


@pytest.mark.parametrize(
    ("expires_in", "fresh_seconds"),
    [(3600, 3540), (600, 540), (100, 90), (2, 1.8), (1, 0.9), ("3600", 3540), (1799.5, 1739.5)],
)
async def test_a_token_is_renewed_shortly_before_it_expires(expires_in: object, fresh_seconds: float) -> None:
    assert await lifetime_of(token_payload(expires_in=expires_in)) == pytest.approx(fresh_seconds, abs=0.11)


@pytest.mark.parametrize("expires_in", [None, 0, -1, -3600, "soon", "", "-5", True, [3600], {}])
async def test_a_lifetime_that_is_missing_or_absurd_is_taken_for_five_minutes(expires_in: object) -> None:
    assert await lifetime_of(token_payload(expires_in=expires_in)) == pytest.approx(270, abs=0.11)


@pytest.mark.parametrize("expires_in", [10**9, 1e300, "999999999999", 10**400])
async def test_a_huge_lifetime_is_cut_to_a_day(expires_in: object) -> None:
    assert await lifetime_of(token_payload(expires_in=expires_in)) == pytest.approx(86_340, abs=0.11)


async def test_a_tiny_lifetime_does_not_cost_a_token_per_request() -> None:
    assert await lifetime_of(token_payload(expires_in=0.000001)) == pytest.approx(0.9, abs=0.11)


async def lifetime_of(payload: dict[str, object]) -> float:
    """Seconds, in steps of a tenth around the end, for which a token is given out again."""
    clock = ManualClock()
    api = ScriptedAPI(token=answer(200, payload))
    async with scripted_server(route=api) as server, token_office(server.egress(), clock) as office:
        connection = connection_to(server.url)
        token = await office.token(connection)
        assert isinstance(token, Token)
        seconds = token.fresh_until - clock.monotonic()
        clock.advance(seconds - 0.05)
        assert await office.token(connection) is token
        clock.advance(0.1)
        assert await office.token(connection) is not token
        assert len(api.token_requests) == 2
        return seconds


async def test_another_client_secret_is_another_token() -> None:
    api = ScriptedAPI()
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        connection = connection_to(server.url)
        rotated = connection_to(server.url, client_secret="rotated")
        assert value_of(await office.token(connection)) == "tok-1"
        assert value_of(await office.token(rotated)) == "tok-2"
        assert value_of(await office.token(connection_to(server.url, scope="less"))) == "tok-3"
        assert value_of(await office.token(connection)) == "tok-1"


async def test_a_wrong_secret_beside_a_right_one_gets_nothing_of_it() -> None:
    def route(request: Received) -> Reply:
        right = base64.b64encode(b"operator:operator-secret").decode()
        is_right = request.headers["authorization"] == f"Basic {right}"
        return answer(200, token_payload()) if is_right else answer(401, {"error": "invalid_client"})

    async with scripted_server(route=route) as server, token_office(server.egress()) as office:
        assert isinstance(await office.token(connection_to(server.url)), Token)
        wrong = await office.token(connection_to(server.url, client_secret="guessed"))
        assert isinstance(wrong, AccessRefused)


async def test_a_discarded_token_is_fetched_anew_but_only_by_whom_it_was_refused() -> None:
    api = ScriptedAPI()
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        connection = connection_to(server.url)
        first = await office.token(connection)
        assert isinstance(first, Token)
        for _ in range(16):
            office.discard(connection, first)
        second = await office.token(connection)
        assert value_of(second) == "tok-2"
        office.discard(connection, first)
        assert await office.token(connection) is second
        assert len(api.token_requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_refused_credentials_are_remembered_for_a_few_seconds(status: int) -> None:
    clock = ManualClock()
    api = ScriptedAPI(token=answer(status, {"error_description": "no such client"}))
    async with scripted_server(route=api) as server, token_office(server.egress(), clock) as office:
        connection = connection_to(server.url)
        for _ in range(20):
            outcome = await office.token(connection)
            assert outcome == AccessRefused(
                status, "token endpoint", f"the token endpoint answered {status}: no such client"
            )
        assert len(api.token_requests) == 1
        await office.token(connection_to(server.url, client_secret="put right"))
        assert len(api.token_requests) == 2
        clock.advance(6)
        await office.token(connection)
        assert len(api.token_requests) == 3


async def test_a_throttled_token_endpoint_is_left_alone_as_long_as_it_asks() -> None:
    clock = ManualClock()
    api = ScriptedAPI(token=answer(429, headers={"Retry-After": "30"}))
    async with scripted_server(route=api) as server, token_office(server.egress(), clock) as office:
        connection = connection_to(server.url)
        for _ in range(3):
            assert await office.token(connection) == Throttled(30, "the token endpoint answered 429")
            clock.advance(9)
        assert len(api.token_requests) == 1
        clock.advance(4)
        await office.token(connection)
        assert len(api.token_requests) == 2


@pytest.mark.parametrize(
    "reply",
    [
        answer(500),
        answer(503),
        answer(302, headers={"Location": "https://elsewhere.example/"}),
        answer(404),
        answer(204),
        answer(200, raw=b"<html>"),
        answer(200, raw=b""),
        answer(200, []),
        answer(200, {}),
        answer(200, {"access_token": ""}),
        answer(200, {"access_token": 5}),
        answer(200, {"access_token": "with space"}),
        answer(200, {"access_token": "with\r\nHeader: x"}),
        answer(200, {"access_token": "é"}),
        answer(200, {"access_token": "a" * 20_000}),
        answer(200, token_payload(token_type="mac")),
        answer(200, token_payload(token_type=5)),
        answer(200, token_payload(), cut_after=10),
        answer(200, token_payload(padding="x" * 2_000_000)),
        reset,
        garbage(b"nonsense\r\n\r\n"),
        dribble(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, every_seconds=0.2),
        silence,
    ],
)
async def test_an_answer_that_gives_no_token_is_unavailable(reply: Reply) -> None:
    async with (
        scripted_server(route=ScriptedAPI(token=reply)) as server,
        token_office(server.egress()) as office,
    ):
        outcome = await office.token(connection_to(server.url))
        assert isinstance(outcome, Unavailable)
        assert "token endpoint" in outcome.message


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer"])
async def test_the_case_of_the_token_type_does_not_matter(kind: str) -> None:
    api = ScriptedAPI(token=answer(200, token_payload(token_type=kind)))
    async with scripted_server(route=api) as server, token_office(server.egress()) as office:
        assert isinstance(await office.token(connection_to(server.url)), Token)


async def test_a_token_endpoint_that_may_not_be_called_is_told_as_such() -> None:
    async with scripted_server(route=ScriptedAPI()) as server, token_office(server.egress()) as office:
        for url in ("https://10.0.0.5/token", "http://localhost/token", "https://u:p@localhost/token"):
            outcome = await office.token(connection_to(server.url, token_url=url))
            assert isinstance(outcome, DestinationRefused)
            assert outcome.message.startswith("token-url: ")


async def test_a_refused_connection_is_unavailable_and_is_tried_again_soon() -> None:
    clock = ManualClock()
    async with scripted_server(route=ScriptedAPI()) as server, token_office(server.egress(), clock) as office:
        connection = connection_to(server.url)
        refused = connection_to("https://localhost:1")
        assert isinstance(await office.token(refused), Unavailable)
        assert isinstance(await office.token(connection), Token)


async def test_neither_secret_nor_token_shows_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    echo = {"error_description": "bad secret operator-secret for operator"}
    api = ScriptedAPI(token=answer(401, echo))
    with caplog.at_level(logging.DEBUG):
        async with scripted_server(route=api) as server, token_office(server.egress()) as office:
            refused = await office.token(connection_to(server.url))
        async with scripted_server(route=ScriptedAPI()) as server, token_office(server.egress()) as office:
            token = await office.token(connection_to(server.url))
            tasks = repr(asyncio.all_tasks())
    shown = "\n".join([repr(refused), repr(token), tasks, caplog.text, *traceback.format_stack()])
    assert "operator-secret" not in shown
    assert "tok-1" not in shown
    assert base64.b64encode(b"operator:operator-secret").decode() not in shown
