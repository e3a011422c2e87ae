"""What is served to kubelet and Prometheus, in plain HTTP, to IPv4 and IPv6 alike: health, readiness and metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain
from time import thread_time

from aiohttp import web
from prometheus_client import REGISTRY, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CampaignMetrics

STEP_SECONDS = 0.002
"""How long a scrape is rendered before others have a turn."""

Check = Callable[[], list[str]]
"""What is wrong, in words; nothing where all is well."""


@asynccontextmanager
async def serving_health(port: int, *, alive: Check, ready: Check) -> AsyncIterator[None]:
    """Serve /healthz and /readyz on all addresses for as long as the block runs. Raises OSError."""
    application = web.Application()
    application.router.add_get("/healthz", _told(alive))
    application.router.add_get("/readyz", _told(ready))
    async with _served(application, port):
        yield


@asynccontextmanager
async def serving_metrics(port: int, by_campaign: CampaignMetrics) -> AsyncIterator[None]:
    """Serve /metrics on all addresses for as long as the block runs. Raises OSError."""
    application = web.Application()
    application.router.add_get("/metrics", partial(_metrics, by_campaign))
    async with _served(application, port):
        yield


def _told(check: Check) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        wrong = check()
        text = "".join(f"{line}\n" for line in wrong or ["ok"])
        return web.Response(status=503 if wrong else 200, text=text)

    return answer


async def _metrics(by_campaign: CampaignMetrics, request: web.Request) -> web.StreamResponse:
    metrics.tasks.set(len(asyncio.all_tasks()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    body = await _rendered(encode, chain(REGISTRY.collect(), by_campaign.pieces()))
    return web.Response(body=body, headers={"Content-Type": content_type})


async def _rendered(encode: Callable[[Collector], bytes], families: Iterable[Metric]) -> bytes:
    """What the client library makes of all of it, family by family, since thousands of campaigns take half a second.

    Not in a thread: the event loop would wait for the interpreter at each turn, for longer than a step takes.
    """
    parts, shown, end = [], "", encode(_Families())
    begun = thread_time()
    for family in families:
        part = encode(_Families(family)).removesuffix(end)
        if family.name == shown:
            # a piece of the same family, of which the help is there already
            part = part.removeprefix(encode(_Families(_without_samples(family))).removesuffix(end))
        parts.append(part)
        shown = family.name
        if thread_time() - begun > STEP_SECONDS:
            await asyncio.sleep(0)
            begun = thread_time()
    return b"".join((*parts, end))


class _Families(Collector):
    """What stands in a registry, for the client library."""

    def __init__(self, *families: Metric) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """See Collector."""
        return self._families


def _without_samples(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type, family.unit)


@asynccontextmanager
async def _served(application: web.Application, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, _listening(port)).start()
        yield
    finally:
        await runner.cleanup()


def _listening(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("0.0.0.0", port))  # noqa: S104 - probes come from the node, scrapes from anywhere
