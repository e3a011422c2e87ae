"""What is served to kubelet and Prometheus, in plain HTTP, to IPv4 and IPv6 alike: health, readiness and metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from campaign_operator.observability import metrics

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
async def serving_metrics(port: int) -> AsyncIterator[None]:
    """Serve /metrics on all addresses for as long as the block runs. Raises OSError."""
    application = web.Application()
    # one at a time: each takes the interpreter from the event loop for milliseconds, again and again
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics") as beside:
        application.router.add_get("/metrics", partial(_metrics, beside))
        async with _served(application, port):
            yield


def _told(check: Check) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        wrong = check()
        text = "".join(f"{line}\n" for line in wrong or ["ok"])
        return web.Response(status=503 if wrong else 200, text=text)

    return answer


async def _metrics(beside: Executor, request: web.Request) -> web.StreamResponse:
    """Rendered beside the event loop: of thousands of campaigns, that takes most of a second."""
    metrics.tasks.set(len(asyncio.all_tasks()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    body = await asyncio.get_running_loop().run_in_executor(beside, encode, REGISTRY)
    return web.Response(body=body, headers={"Content-Type": content_type})


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
