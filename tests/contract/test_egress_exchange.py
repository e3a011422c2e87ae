"""What became of one request, against a server that does everything wrong.

The question behind each test: may the request have been carried out? Only a "certainly not" may be sent
again.
"""

import asyncio
import gc
import gzip
import time

import pytest

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import (
    LARGEST_BODY_BYTES,
    Answered,
    HTTPExchange,
    NeverSent,
    OutgoingRequest,
    Unanswered,
)
from contract.exchange_kit import Asked, eventually, exchange_to, post
from scripted_server import (
    LOOPBACK,
    Conversation,
    Received,
    answer,
    dribble,
    garbage,
    hang_up,
    reset,
    scripted_server,
    silence,
)


async def test_a_refused_connection_means_never_sent() -> None:
    async with scripted_server(silence) as server, exchange_to(server) as exchange:
        server.refuse_connections()
        outcome = await exchange.send(post(server), deadline_seconds=5)
    assert outcome == NeverSent("no connection to localhost: Connection refused")


async def test_a_lapsed_permission_means_that_not_one_byte_leaves() -> None:
    async with scripted_server(answer(201)) as server:
        async with exchange_to(server) as exchange:
            outcome = await exchange.send(post(server), deadline_seconds=5, permission=Asked(False))
            assert isinstance(outcome, NeverSent)
            assert "expired" in outcome.message
            await eventually(lambda: not server.open_connections)
        assert server.connections == 1
        assert server.bytes_received == 0


async def test_a_lapsed_permission_holds_back_a_request_on_a_connection_already_in_use() -> None:
    async with scripted_server(answer(201)) as server, exchange_to(server) as exchange:
        await exchange.send(post(server), deadline_seconds=5)
        before = server.bytes_received
        outcome = await exchange.send(post(server), deadline_seconds=5, permission=Asked(False))
        assert isinstance(outcome, NeverSent)
        await eventually(lambda: not server.open_connections)
        assert (server.connections, server.bytes_received) == (1, before)
        assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)


async def test_the_permission_is_asked_only_after_all_the_waiting() -> None:
    """With one place in the pool, the second request must wait for the first before it may ask."""
    async with (
        scripted_server(dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", every_seconds=0.005)) as server,
        exchange_to(server, width=1) as exchange,
    ):
        first = asyncio.create_task(exchange.send(post(server), deadline_seconds=5))
        await eventually(lambda: len(server.requests) == 1)
        permission = Asked(True, True)
        second = asyncio.create_task(exchange.send(post(server), deadline_seconds=5, permission=permission))
        await asyncio.sleep(0.05)
        assert not first.done()
        assert permission.times == 0
        assert isinstance(await first, Answered)
        assert isinstance(await second, Answered)


async def test_a_request_whose_permission_lapses_before_its_body_is_not_completed() -> None:
    async with scripted_server(answer(201)) as server, exchange_to(server) as exchange:
        permission = Asked(True, False)
        outcome = await exchange.send(post(server, body=b"x" * 10), deadline_seconds=5, permission=permission)
        assert isinstance(outcome, Unanswered)
        await eventually(lambda: not server.open_connections)
        assert all(request.body == b"" for request in server.requests)


@pytest.mark.parametrize(
    "reply",
    [
        reset,
        hang_up,
        garbage(b""),
        garbage(b"SSH-2.0-secret-greeting\r\n"),
        garbage(b"HTTP/1.1 201 Created\r\nContent-Le"),
        garbage(b"HTTP/1.1 201 Created\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"),
        garbage(b"HTTP/1.1 099 Odd\r\n\r\n"),
    ],
)
async def test_a_connection_that_breaks_after_the_first_byte_leaves_it_open(reply: object) -> None:
    async with scripted_server(reply) as server, exchange_to(server) as exchange:  # type: ignore[arg-type]
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Unanswered)
        assert "secret-greeting" not in outcome.message
        assert len(server.requests) == 1


async def test_a_server_that_says_nothing_is_given_up_at_the_deadline() -> None:
    async with scripted_server(silence) as server, exchange_to(server) as exchange:
        begun = time.monotonic()
        outcome = await exchange.send(post(server), deadline_seconds=0.2)
        assert outcome == Unanswered("no answer within 0.2 s")
        assert time.monotonic() - begun < 2


async def test_a_server_that_sends_a_byte_now_and_then_is_given_up_at_the_deadline() -> None:
    slow = dribble(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", every_seconds=0.05)
    async with scripted_server(slow) as server, exchange_to(server) as exchange:
        assert isinstance(await exchange.send(post(server), deadline_seconds=0.3), Unanswered)


async def test_a_body_that_dribbles_past_the_deadline_leaves_the_status() -> None:
    async def slow_body(conversation: Conversation, request: Received) -> None:
        await conversation.write(b"HTTP/1.1 422 X\r\nContent-Length: 1000\r\n\r\n")
        await dribble(b"x" * 1000, every_seconds=0.05)(conversation, request)

    async with scripted_server(slow_body) as server, exchange_to(server) as exchange:
        outcome = await exchange.send(post(server), deadline_seconds=0.3)
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.body) == (422, None)


async def test_a_request_given_up_is_reset_and_not_delivered_later() -> None:
    """Bytes that wait in the kernel's buffers must not arrive after somebody has looked and found nothing."""
    release = asyncio.Event()

    async def answer_and_stop_reading(conversation: Conversation, request: Received) -> None:
        await answer(200, {})(conversation, request)
        await release.wait()

    async with (
        scripted_server(answer_and_stop_reading, silence) as server,
        exchange_to(server) as exchange,
    ):
        await exchange.send(post(server), deadline_seconds=5)
        outcome = await exchange.send(post(server, body=b"x" * 20_000_000), deadline_seconds=0.5)
        assert isinstance(outcome, Unanswered)
        release.set()
        await eventually(lambda: not server.open_connections)
        assert server.saw_reset


@pytest.mark.parametrize("length", ["Content-Length: 2097152", "Transfer-Encoding: chunked"])
async def test_a_body_larger_than_the_bound_is_not_read_on(length: str) -> None:
    async def endless(conversation: Conversation, _request: Received) -> None:
        await conversation.write(f"HTTP/1.1 201 Created\r\n{length}\r\n\r\n".encode())
        chunk = b"x" * 65536
        framed = b"10000\r\n" + chunk + b"\r\n" if "chunked" in length else chunk
        while True:
            await conversation.write(framed)

    async with scripted_server(endless) as server, exchange_to(server) as exchange:
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.body) == (201, None)
        await eventually(lambda: not server.open_connections)


async def test_a_body_just_within_the_bound_is_read() -> None:
    async with (
        scripted_server(answer(200, raw=b"x" * LARGEST_BODY_BYTES)) as server,
        exchange_to(server) as exchange,
    ):
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Answered)
        assert outcome.body is not None
        assert len(outcome.body) == LARGEST_BODY_BYTES


async def test_a_compressed_body_is_neither_asked_for_nor_read() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    async with (
        scripted_server(answer(200, raw=bomb, headers={"Content-Encoding": "gzip"})) as server,
        exchange_to(server) as exchange,
    ):
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Answered)
        assert outcome.body is None
        assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_a_body_cut_off_is_not_taken_for_a_whole_one() -> None:
    async with (
        scripted_server(answer(201, {"id": "abc"}, cut_after=5)) as server,
        exchange_to(server) as exchange,
    ):
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.body) == (201, None)


@pytest.mark.parametrize("location", ["https://localhost:1/", "/elsewhere", "https://[", "https://a@b:c/"])
async def test_a_redirect_is_an_answer_and_is_not_followed(location: str) -> None:
    async with (
        scripted_server(answer(307, headers={"Location": location})) as server,
        exchange_to(server) as exchange,
    ):
        outcome = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(outcome, Answered)
        assert outcome.status == 307
        assert len(server.requests) == 1


async def test_a_server_that_never_shakes_hands_is_given_up_and_hung_up_on() -> None:
    gone = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65536):
                pass
        except ConnectionResetError:
            pass
        gone.set()
        writer.close()

    gc.disable()
    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    egress = Egress(EgressPolicy(allow_cidrs=LOOPBACK))
    exchange = HTTPExchange(egress)
    try:
        url = f"https://localhost:{listener.sockets[0].getsockname()[1]}/"
        outcome = await exchange.send(OutgoingRequest("pool", "GET", url), deadline_seconds=0.2)
        assert isinstance(outcome, NeverSent)
        async with asyncio.timeout(5):
            await gone.wait()
    finally:
        gc.enable()
        await exchange.aclose()
        egress.close()
        listener.close()
        await listener.wait_closed()


async def test_requests_cut_short_leave_no_connection_open() -> None:
    """A cancellation can come at any step, and what it interrupts must be closed all the same."""

    async def now_or_never(conversation: Conversation, request: Received) -> None:
        await asyncio.sleep(0.002 * (len(server.requests) % 7))
        await answer(200, {})(conversation, request)

    async with (
        scripted_server(now_or_never) as server,
        exchange_to(server, keep_alive=False) as exchange,
    ):
        deadlines = [0.001 * step for step in range(1, 31)] * 10
        outcomes = await asyncio.gather(
            *(exchange.send(post(server, f"pool-{n % 4}"), deadline_seconds=d) for n, d in enumerate(deadlines)),
        )
        assert {type(outcome) for outcome in outcomes} >= {NeverSent}
        assert isinstance(await exchange.send(post(server), deadline_seconds=5), Answered)
        await eventually(lambda: not server.open_connections)


async def test_closing_ends_what_is_under_way() -> None:
    async with scripted_server(silence) as server, exchange_to(server) as exchange:
        request = asyncio.create_task(exchange.send(post(server), deadline_seconds=60))
        await eventually(lambda: len(server.requests) == 1)
        await exchange.aclose()
        async with asyncio.timeout(5):
            assert isinstance(await request, Unanswered)


async def test_an_errors_message_is_told_without_our_own_secrets() -> None:
    spoken = {"message": "token tok-1234 is\n\x1b[31m not \u202e good"}
    async with scripted_server(answer(401, spoken)) as server, exchange_to(server) as exchange:
        told = await exchange.send(post(server), deadline_seconds=5)
        assert isinstance(told, Answered)
        assert told.reason == "token tok-1234 is [31m not good"
        secretive = OutgoingRequest("pool", "POST", server.url, body=b"{}", secrets=("tok-1234",))
        withheld = await exchange.send(secretive, deadline_seconds=5)
        assert isinstance(withheld, Answered)
        assert withheld.reason == ""


def test_a_request_and_an_answer_show_no_secret() -> None:
    request = OutgoingRequest("pool", "POST", "https://h.example/secret", {"A": "secret"}, b"secret", ("secret",))
    assert "secret" not in repr(request)
