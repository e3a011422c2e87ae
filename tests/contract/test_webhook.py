"""Delivering a webhook: what a receiver sees, and what its answers mean."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.webhook import PLACES_OF_AN_OWNER, WebhookNotifier, webhook_exchange
from campaign_operator.domain.dialing.delivery import Delivered, DeliveryFailed, DeliveryOutcome, Gone, WebhookMessage
from campaign_operator.engine.ports import Clock
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.listener import Listener
from contract.exchange_kit import eventually
from manual_clock import ManualClock
from scripted_server import (
    LOOPBACK,
    Reply,
    ScriptedServer,
    answer,
    dribble,
    garbage,
    hang_up,
    reset,
    resolving_to,
    scripted_server,
    silence,
)
from serving import running_receiver

KEY = b"a signing key of this test"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
MESSAGE = WebhookMessage(
    "msg_1",
    {
        "event": "campaign.completed",
        "timestamp": "2026-11-25T12:00:00Z",
        "data": {"name": "été", "expected": 2},
    },
    datetime(2026, 11, 25, 13, 0, 0, 900_000, tzinfo=timezone(timedelta(hours=1))),
)


@asynccontextmanager
async def notifier_on(
    egress: Egress, clock: Clock | None = None, timeout_seconds: float = 5
) -> AsyncIterator[WebhookNotifier]:
    exchange = webhook_exchange(egress)
    try:
        yield WebhookNotifier(exchange, clock or ManualClock(), timeout_seconds=timeout_seconds)
    finally:
        await exchange.aclose()
        egress.close()


async def deliver(
    server: ScriptedServer, key: bytes | None = None, path: str = "/hook", timeout_seconds: float = 5
) -> DeliveryOutcome:
    async with notifier_on(server.egress(), timeout_seconds=timeout_seconds) as notifier:
        return await notifier.deliver(f"{server.url}{path}", MESSAGE, key, owner="sales")


async def test_a_message_is_posted_as_json_with_its_id_and_time() -> None:
    async with scripted_server(answer(204)) as server:
        assert await deliver(server, path="/services/T1?x=y") == Delivered(204)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/services/T1?x=y")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("campaign-operator/")
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["webhook-timestamp"] == "1795608000"
    assert "webhook-signature" not in request.headers
    assert json.loads(request.body) == MESSAGE.body


async def test_a_signature_can_be_checked_with_the_secret() -> None:
    async with scripted_server(answer(200)) as server:
        await deliver(server, KEY)
    (request,) = server.requests
    at = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
    assert request.headers["webhook-signature"] == Webhook(SECRET).sign("msg_1", at, request.body.decode())


async def test_the_receiver_of_the_sandbox_accepts_our_signature(tmp_path: Path) -> None:
    certificate = issue_server_certificate(tmp_path)
    async with running_receiver(
        secret=SECRET, authority=str(certificate.authority), listener=Listener(tls=certificate.tls)
    ) as receiver:
        egress = Egress(EgressPolicy(certificate.authority, LOOPBACK))
        async with notifier_on(egress, SystemClock()) as notifier:
            message = replace(MESSAGE, attempted_at=datetime.now(UTC))
            assert await notifier.deliver(f"{receiver.base_url}/ok", message, KEY, owner="sales") == Delivered(200)
        (delivery,) = await receiver.deliveries()
    assert delivery["signatureValid"] is True


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_delivered(status: int) -> None:
    async with scripted_server(answer(status)) as server:
        assert await deliver(server) == Delivered(status)


async def test_a_2xx_whose_body_never_ends_is_delivered() -> None:
    async with scripted_server(dribble(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000, every_seconds=0.01)) as server:
        async with asyncio.timeout(5):
            assert await deliver(server, timeout_seconds=60) == Delivered(200)


async def test_410_means_that_the_receiver_wants_no_more() -> None:
    async with scripted_server(answer(410)) as server:
        assert await deliver(server) == Gone()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failed_attempt_and_is_not_followed(status: int) -> None:
    async with (
        scripted_server(answer(200)) as elsewhere,
        scripted_server(answer(status, headers={"Location": elsewhere.url})) as server,
    ):
        outcome = await deliver(server)
        assert isinstance(outcome, DeliveryFailed)
        assert outcome.code == status
        assert "redirect" in outcome.message
        assert elsewhere.connections == 0
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_any_other_status_is_a_failed_attempt(status: int) -> None:
    async with scripted_server(answer(status, {"message": "do not show this"})) as server:
        assert await deliver(server) == DeliveryFailed(status, f"the receiver answered {status}")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("Wed, 25 Nov 2026 12:00:10 GMT", 10), ("later", None), ("99999999", 86_400)],
)
async def test_a_receiver_may_say_when_to_try_again(value: str, seconds: float | None) -> None:
    async with scripted_server(answer(503, headers={"Retry-After": value})) as server:
        assert await deliver(server) == DeliveryFailed(503, "the receiver answered 503", seconds)


@pytest.mark.parametrize("reply", [reset, hang_up, garbage(b"secret garbage\r\n\r\n"), silence])
async def test_a_receiver_without_an_answer_is_a_failed_attempt(reply: Reply) -> None:
    async with scripted_server(reply) as server:
        outcome = await deliver(server, timeout_seconds=0.3)
        assert isinstance(outcome, DeliveryFailed)
        assert outcome.code is None
        assert "secret" not in outcome.message
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://10.0.0.5/secret-path",
        "https://[::1]/",
        "http://hooks.example/secret-path",
        "https://user:word@hooks.example/secret-path",
        "https://[/secret-path",
        "",
    ],
)
async def test_a_url_that_may_not_be_called_is_a_failed_attempt(url: str) -> None:
    async with notifier_on(Egress(EgressPolicy())) as notifier:
        outcome = await notifier.deliver(url, MESSAGE, None, owner="sales")
    assert isinstance(outcome, DeliveryFailed)
    assert outcome.code is None
    assert "secret-path" not in outcome.message
    assert "word@" not in outcome.message


async def test_a_refused_address_is_told_with_the_remedy() -> None:
    async with notifier_on(Egress(EgressPolicy())) as notifier:
        outcome = await notifier.deliver("https://10.0.0.5/", MESSAGE, None, owner="sales")
    assert isinstance(outcome, DeliveryFailed)
    assert "--allow-cidr" in outcome.message


async def test_deliveries_of_one_namespace_that_do_not_end_hold_up_no_other_at_the_same_host() -> None:
    async with (
        scripted_server(route=lambda request: silence if request.target == "/slow" else answer(200)) as server,
        notifier_on(server.egress(), timeout_seconds=30) as notifier,
    ):
        slow = [
            asyncio.create_task(notifier.deliver(f"{server.url}/slow", MESSAGE, None, owner="hostile"))
            for _ in range(40)
        ]
        await eventually(lambda: len(server.requests) == PLACES_OF_AN_OWNER)
        async with asyncio.timeout(5):
            assert await notifier.deliver(f"{server.url}/hook", MESSAGE, None, owner="sales") == Delivered(200)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_namespace_has_as_many_deliveries_under_way_however_many_hosts_it_names() -> None:
    hosts = [f"h{number}.hooks.example" for number in range(20)]
    async with (
        scripted_server(silence, certificate_for=("*.hooks.example",)) as server,
        notifier_on(server.egress(resolving_to("127.0.0.1")), timeout_seconds=30) as notifier,
    ):
        slow = [
            asyncio.create_task(notifier.deliver(f"https://{host}:{server.port}/", MESSAGE, None, owner="hostile"))
            for host in hosts
        ]
        await eventually(lambda: len(server.requests) == PLACES_OF_AN_OWNER)
        others = asyncio.create_task(
            notifier.deliver(f"https://{hosts[0]}:{server.port}/", MESSAGE, None, owner="sales")
        )
        await eventually(lambda: len(server.requests) == PLACES_OF_AN_OWNER + 1)
        for task in (*slow, others):
            task.cancel()
        await asyncio.gather(*slow, others, return_exceptions=True)
