"""Plays every hostile URL in each of its parts, by the operator's own adapters, in a closed network; prints what came
of it as JSON. See test_hostile_urls.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.outbound.downloads import DownloadError, Downloading, Downloads, ListAddress
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange
from campaign_operator.adapters.outbound.webhook import WebhookNotifier
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.delivery import WebhookMessage
from campaign_operator.domain.problem import Problem
from contract.closed_network import Wiretap, furnish, name_server, wiretap
from contract.hostile_urls import HOSTILE_URLS, PUBLIC_V4, PUBLIC_V6, REDIRECTS, WITHOUT_A_NAME
from dialer_kit import TOKEN_PATH, token_payload
from scripted_server import Received, Reply, ScriptedServer, answer, scripted_server

ALLOWED, TOKENS, REBOUND = "allowed.example", "tokens.example", "rebound.example"
TOKENS_AT = "1.1.1.1"
PROXY = ("127.0.0.1", 3128)
NAMES = {
    ALLOWED: ((PUBLIC_V4,),),
    TOKENS: ((TOKENS_AT,),),
    # a name server that gives a harmless address to whoever checks, and another to whoever connects
    REBOUND: ((PUBLIC_V4,), ("169.254.169.254",)),
    **{name: lookups for hostile in HOSTILE_URLS for name, lookups in hostile.names},
}
CONTROLS = (f"https://{ALLOWED}/", f"https://{PUBLIC_V4}/", f"https://[{PUBLIC_V6}]/")

Attempt = Callable[[str], Awaitable[str]]
"""Does with a URL what the operator does, and tells what became of it."""


@dataclass(frozen=True)
class Ways:
    """The adapters, as main.py puts them together, and what a campaign or a Secret can have them do with a URL."""

    notifier: WebhookNotifier
    downloads: Downloads
    dialer: CXoneDialer

    def by_name(self) -> dict[str, Attempt]:
        return {
            "webhook": self.deliver,
            "contact list": self.download,
            "api-base-url": self.list_schedules,
            "token-url": self.authenticate,
        }

    async def deliver(self, url: str) -> str:
        message = WebhookMessage("msg-1", {"type": "campaign.completed"}, datetime.now(UTC))
        return repr(await self.notifier.deliver(url, message, b"a signing key", owner="namespace"))

    async def download(self, url: str) -> str:
        try:
            async with self.downloads.open(ListAddress(url, "token", "namespace")) as download:
                if isinstance(download, Downloading):
                    return f"{len([piece async for piece in download.pieces])} pieces"
                return repr(download)
        except DownloadError as error:
            return repr(error)

    async def list_schedules(self, url: str) -> str:
        connection = _connection(api_base_url=url, token_url=f"https://{TOKENS}{TOKEN_PATH}")
        if isinstance(connection, Problem):
            return repr(connection)
        return repr(await self.dialer.list_schedules(connection, "campaign"))

    async def authenticate(self, url: str) -> str:
        connection = _connection(api_base_url=f"https://{ALLOWED}", token_url=url)
        if isinstance(connection, Problem):
            return repr(connection)
        return repr(await self.dialer.authenticate(connection))


def _connection(*, api_base_url: str, token_url: str) -> Connection | Problem:
    values = {
        "client-id": "operator",
        "client-secret": "secret",
        "environment": "na1",
        "api-base-url": api_base_url,
        "token-url": token_url,
    }
    return parse_connection("cxone", {key: value.encode() for key, value in values.items()})


@asynccontextmanager
async def ways_out(policy: EgressPolicy) -> AsyncIterator[Ways]:
    async with AsyncExitStack() as stack:
        egress = Egress(policy)
        stack.callback(egress.close)
        exchanges = [HTTPExchange(egress, keep_alive=False) for _ in range(3)]
        downloads, tokens = Downloads(egress), TokenProvider(exchanges[1], SystemClock())
        for aclose in (*(exchange.aclose for exchange in exchanges), downloads.aclose, tokens.aclose):
            stack.push_async_callback(aclose)
        dialer = CXoneDialer(exchanges[0], tokens, SystemClock())
        yield Ways(WebhookNotifier(exchanges[2], SystemClock()), downloads, dialer)


def served(request: Received) -> Reply:
    """An answer that suits whoever asks; /redirect/N leads to the Nth hostile URL."""
    parts = urlsplit(request.target).path.split("/")
    if parts[1] == "redirect":
        number = int(parts[2])
        location = HOSTILE_URLS[number].url.encode("ascii", "ignore").decode().translate({10: None, 13: None})
        return answer(REDIRECTS[number % len(REDIRECTS)], {}, headers={"Location": location})
    if request.target.endswith("/schedules?page=1&pageSize=100"):
        return answer(200, {"data": [], "page": 1, "totalPages": 1})
    return answer(200, token_payload())


async def sent_to(tap: Wiretap, attempt: Attempt, url: str) -> tuple[list[str], str]:
    """Where the attempt led, but for the token that a request to the dialer needs first, and what it says."""
    tap.seen()
    said = await attempt(url)
    where = [f"{address} {port}" for address, port in tap.seen()]
    return [place for place in where if place != f"{TOKENS_AT} 443"], said


async def play() -> dict[str, object]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            scripted_server(
                route=served,
                certificate_for=(ALLOWED, TOKENS, REBOUND, PUBLIC_V4, PUBLIC_V6),
                listening_on=(("0.0.0.0", "::"), 443),  # noqa: S104 - every address is this machine here
            )
        )
        await stack.enter_async_context(name_server(NAMES))
        tap = stack.enter_context(wiretap())
        return {
            "urls": await _by_way(tap, server, lambda _: [hostile.url for hostile in HOSTILE_URLS]),
            "redirects": await _by_way(tap, server, _redirects),
            "controls": await _by_way(tap, server, lambda _: CONTROLS),
            "rebound": await _rebound(tap, server),
            "opened": await _opened(tap, server),
            "proxied": await _proxied(tap, server),
        }


async def _by_way(
    tap: Wiretap, server: ScriptedServer, urls: Callable[[int], Sequence[str]]
) -> dict[str, dict[str, object]]:
    """What each URL led to, in each place where somebody can put one."""
    async with ways_out(EgressPolicy(ca_file=server.ca_file)) as ways:
        return {
            way: {url: await sent_to(tap, attempt, url) for url in urls(number)}
            for number, (way, attempt) in enumerate(ways.by_name().items())
        }


def _redirects(way: int) -> Sequence[str]:
    """URLs that are allowed and lead on to hostile ones, each of them in one way, and each status in every way."""
    return [f"https://{ALLOWED}/redirect/{number}" for number in range(way, len(HOSTILE_URLS), 4)]


async def _rebound(tap: Wiretap, server: ScriptedServer) -> list[object]:
    """The same name twice."""
    async with ways_out(EgressPolicy(ca_file=server.ca_file)) as ways:
        return [await sent_to(tap, ways.deliver, f"https://{REBOUND}/") for _ in range(2)]


async def _opened(tap: Wiretap, server: ScriptedServer) -> dict[str, object]:
    """What would be connected to if every network were opened."""
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    async with ways_out(EgressPolicy(ca_file=server.ca_file, allow_cidrs=everything)) as ways:
        return {hostile.url: await sent_to(tap, ways.deliver, hostile.url) for hostile in HOSTILE_URLS}


async def _proxied(tap: Wiretap, server: ScriptedServer) -> dict[str, object]:
    """What the proxy is asked for, where there is one. It resolves the names, so only addresses are judged."""
    asked_for: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked_for.append((await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1])
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    proxy = await asyncio.start_server(refuse, *PROXY)
    policy = EgressPolicy(ca_file=server.ca_file, proxy=f"http://{PROXY[0]}:{PROXY[1]}")
    found: dict[str, object] = {}
    async with ways_out(policy) as ways:
        for url in [*(hostile.url for hostile in WITHOUT_A_NAME), f"https://{ALLOWED}/"]:
            asked_for.clear()
            where, _ = await sent_to(tap, ways.deliver, url)
            found[url] = (where, list(asked_for))
    proxy.close()
    await proxy.wait_closed()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        furnish(Path(folder))
        json.dump(asyncio.run(play()), sys.stdout)


main()
