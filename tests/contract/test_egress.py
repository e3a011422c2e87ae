"""The rules of outgoing calls, against real sockets and TLS: which destinations, which certificates."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import (
    Answered,
    ExchangeOutcome,
    Forbidden,
    HTTPExchange,
    NeverSent,
    OutgoingRequest,
)
from contract.proxy_kit import proxied
from scripted_server import LOOPBACK, answer, resolving_to, scripted_server


@asynccontextmanager
async def exchange_of(egress: Egress) -> AsyncIterator[HTTPExchange]:
    exchange = HTTPExchange(egress)
    try:
        yield exchange
    finally:
        await exchange.aclose()
        egress.close()


async def get(egress: Egress, url: str) -> ExchangeOutcome:
    async with exchange_of(egress) as exchange:
        return await exchange.send(OutgoingRequest("pool", "GET", url), deadline_seconds=5)


async def test_a_server_with_a_trusted_certificate_is_called_by_its_name() -> None:
    async with scripted_server(answer(200, {"ok": True}, headers={"X-Kind": "a"})) as server:
        outcome = await get(server.egress(), f"{server.url}/path?query=1")
        assert isinstance(outcome, Answered)
        assert (outcome.status, outcome.body, outcome.headers["x-kind"]) == (200, b'{"ok": true}', "a")
        (request,) = server.requests
        assert request.target == "/path?query=1"
        assert request.headers["host"] == f"localhost:{server.port}"
        assert request.headers["user-agent"].startswith("campaign-operator/")


async def test_a_certificate_for_another_name_is_refused_before_a_byte_is_sent() -> None:
    async with scripted_server(answer(200), certificate_for=("other.example",)) as server:
        outcome = await get(server.egress(), server.url)
        assert isinstance(outcome, NeverSent)
        assert "not valid for 'localhost'" in outcome.message
        assert server.bytes_received == 0


async def test_a_certificate_of_an_unknown_authority_is_refused_before_a_byte_is_sent() -> None:
    async with scripted_server(answer(200)) as server:
        outcome = await get(Egress(EgressPolicy(allow_cidrs=LOOPBACK)), server.url)
        assert isinstance(outcome, NeverSent)
        assert "certificate verify failed" in outcome.message
        assert server.bytes_received == 0


async def test_the_certificate_is_checked_by_name_although_the_connection_goes_to_an_address() -> None:
    async with scripted_server(answer(200), certificate_for=("dialer.example",)) as server:
        url = f"https://dialer.example:{server.port}/"
        outcome = await get(server.egress(resolving_to("127.0.0.1")), url)
        assert isinstance(outcome, Answered)
        assert server.requests[0].headers["host"] == f"dialer.example:{server.port}"


async def test_plain_http_is_never_spoken() -> None:
    async with scripted_server(answer(200)) as server:
        outcome = await get(server.egress(), f"http://localhost:{server.port}/")
        assert isinstance(outcome, Forbidden)
        assert server.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.5",),
        ("169.254.169.254",),
        ("::ffff:10.0.0.5",),
        ("fd00::1",),
        ("127.0.0.1", "10.0.0.5"),
        ("8.8.8.8", "::1"),
        ("fe80::1%2",),
    ],
)
async def test_a_name_with_one_address_that_is_refused_is_refused(addresses: tuple[str, ...]) -> None:
    async with scripted_server(answer(200)) as server:
        outcome = await get(server.egress(resolving_to(*addresses)), server.url)
        assert isinstance(outcome, Forbidden)
        assert "--allow-cidr" in outcome.message
        assert "10.0.0.5" not in outcome.message
        assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
async def test_the_machine_itself_is_refused_unless_it_was_opened(host: str) -> None:
    async with scripted_server(answer(200)) as server:
        egress = Egress(EgressPolicy(ca_file=server.ca_file))
        outcome = await get(egress, f"https://{host}:{server.port}/")
        assert isinstance(outcome, Forbidden)
        assert server.connections == 0


class ChangingResolver:
    """A name server that gives another answer every time."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def __call__(self, _host: str, _port: int) -> tuple[str, ...]:
        return (self.answers.pop(0),)


async def test_a_name_that_changes_its_address_is_judged_by_the_address_connected_to() -> None:
    async with scripted_server(answer(200), certificate_for=("dialer.example",)) as server:
        resolver = ChangingResolver("127.0.0.1", "169.254.169.254")
        url = f"https://dialer.example:{server.port}/"
        assert isinstance(await get(server.egress(resolver), url), Answered)
        assert resolver.answers == ["169.254.169.254"]
        assert isinstance(await get(server.egress(resolver), url), Forbidden)


async def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    async with scripted_server(answer(200)) as server:
        outcome = await get(server.egress(resolving_to("127.0.0.77", "127.0.0.1")), server.url)
        assert isinstance(outcome, Answered)


async def unknown_name(_host: str, _port: int) -> tuple[str, ...]:
    raise OSError("no such name")


async def no_address(_host: str, _port: int) -> tuple[str, ...]:
    return ()


@pytest.mark.parametrize("resolve", [unknown_name, no_address])
async def test_a_name_without_an_address_is_told_by_name(resolve: Callable[..., object]) -> None:
    egress = Egress(EgressPolicy(), resolve)  # type: ignore[arg-type] # both are resolvers
    outcome = await get(egress, "https://dialer.example/")
    assert isinstance(outcome, NeverSent)
    assert "dialer.example" in outcome.message


async def test_a_name_that_is_resolved_too_slowly_is_given_up() -> None:
    async def resolve(_host: str, _port: int) -> tuple[str, ...]:
        await asyncio.sleep(60)
        return ()

    async with exchange_of(Egress(EgressPolicy(), resolve)) as exchange:
        outcome = await exchange.send(OutgoingRequest("pool", "GET", "https://dialer.example/"), deadline_seconds=0.1)
    assert isinstance(outcome, NeverSent)


async def test_the_systems_resolver_is_asked_where_no_other_is_given() -> None:
    async with scripted_server(answer(200)) as server:
        assert isinstance(await get(server.egress(), server.url), Answered)


async def test_a_host_that_is_no_host_name_is_not_resolved() -> None:
    outcome = await get(Egress(EgressPolicy()), f"https://{'a' * 70}.example/")
    assert isinstance(outcome, NeverSent)
    assert "cannot be resolved" in outcome.message


async def test_proxies_and_credentials_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with scripted_server(answer(200)) as server:
        assert isinstance(await get(server.egress(), server.url), Answered)
        assert "authorization" not in server.requests[0].headers


async def test_cookies_are_not_kept() -> None:
    async with (
        scripted_server(answer(200, headers={"Set-Cookie": "session=1; Path=/"})) as server,
        exchange_of(server.egress()) as exchange,
    ):
        for _ in range(2):
            await exchange.send(OutgoingRequest("pool", "GET", server.url), deadline_seconds=5)
        assert "cookie" not in server.requests[1].headers


async def test_a_url_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted_server(answer(200)) as server:
        with caplog.at_level(logging.INFO):
            await get(server.egress(), f"{server.url}/services/T0000/secret-in-the-path")
    assert "secret-in-the-path" not in caplog.text


def test_an_authority_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        Egress(EgressPolicy(ca_file=broken))
    with pytest.raises(FileNotFoundError):
        Egress(EgressPolicy(ca_file=tmp_path / "missing.pem"))


async def test_a_proxy_is_used_where_the_administrator_names_one() -> None:
    async with scripted_server(answer(200), certificate_for=("dialer.example",)) as server:
        async with proxied(server) as (egress, proxy):
            outcome = await get(egress, "https://dialer.example/")
        assert isinstance(outcome, Answered)
        assert proxy.asked_for == ["dialer.example:443"]


async def test_an_address_in_the_url_is_judged_although_a_proxy_would_connect() -> None:
    async with scripted_server(answer(200)) as server, proxied(server) as (egress, proxy):
        assert isinstance(await get(egress, "https://10.0.0.5/"), Forbidden)
        assert proxy.asked_for == []


async def test_what_the_proxy_refuses_was_never_sent() -> None:
    async with scripted_server(answer(200)) as server, proxied(server, refuses=True) as (egress, _):
        assert await get(egress, "https://dialer.example/") == NeverSent("the proxy refused with 403")


class Lapsed:
    def in_force(self) -> bool:
        return False


async def test_a_lapsed_permission_is_not_spent_on_the_way_to_the_proxy() -> None:
    async with scripted_server(answer(200), certificate_for=("dialer.example",)) as server:
        async with proxied(server) as (egress, proxy), exchange_of(egress) as exchange:
            request = OutgoingRequest("pool", "GET", "https://dialer.example/")
            outcome = await exchange.send(request, deadline_seconds=5, permission=Lapsed())
        assert isinstance(outcome, NeverSent)
        assert proxy.asked_for == ["dialer.example:443"]
        assert server.bytes_received == 0


@pytest.mark.parametrize("proxy", ["socks5://proxy.example:1080", "proxy.example:3128", "http://"])
def test_what_is_no_http_proxy_is_refused_at_the_start(proxy: str) -> None:
    with pytest.raises(ValueError, match="a proxy must have the form"):
        Egress(EgressPolicy(proxy=proxy))


def test_a_policy_does_not_show_the_proxys_password() -> None:
    assert "word" not in repr(EgressPolicy(proxy="http://user:word@proxy.example:3128"))
