"""The proxy that stands between the operators and everything else, and does to an exchange what the plan says.

Owns the sockets: TLS towards the operators, real HTTP towards API server, dialer and receiver. Whether and how an
exchange is cut is the world's business; see `plans.Cut` for what each cut means.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Protocol

import aiohttp
from aiohttp import web

from campaign_sandbox.listener import TlsFiles
from campaign_sandbox.running_server import TCPConnection
from faults.clock import SharedClock
from faults.desks import CLIENT_SECRET, basic_credentials
from faults.exchanges import Request, Side
from faults.plans import LATE_SECONDS, Cut
from faults.traffic import Traffic

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server"})
_OUR_OWN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that are the operator's to send or to leave out."""

_LATE_SECONDS = {Side.API_SERVER: 20.0, Side.DIALER: float(LATE_SECONDS[Cut.LATE]), Side.RECEIVER: 20.0}
"""Longer than an operator waits for each, and shorter than the settling time."""


@dataclass(frozen=True)
class Answer:
    """An answer from upstream."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Directions(Protocol):
    """What the proxy asks of the world that its exchanges belong to."""

    traffic: Traffic
    client_secret: str

    @property
    def clock(self) -> SharedClock:
        """Everybody's clock."""

    async def before(self, exchange: str) -> None:
        """What happens just before an exchange is forwarded."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the world's own time."""

    def has_trouble(self) -> None:
        """A fault begins."""

    async def replace(self, slot: int) -> None:
        """Kill the operator of that slot and start another."""

    async def stand_still(self, slot: int) -> None:
        """Stop the operator of that slot for longer than a settling time, and start one in the other slot."""


class Proxy:
    """One front for each slot; requests belong to the world of the moment."""

    def __init__(self, session: aiohttp.ClientSession, upstream: Mapping[Side, str]) -> None:
        """`upstream`: the base URL of each side."""
        self._session = session
        self._upstream = upstream
        self._handlers: set[asyncio.Task[object]] = set()
        self.world: Directions | None = None

    async def end_world(self) -> None:
        """Let nothing of the world of the moment be left under way."""
        self.world = None
        handlers = list(self._handlers)
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    async def handle(self, slot: int, raw: web.BaseRequest) -> web.StreamResponse:
        """One exchange, from its arrival to its end."""
        task = asyncio.current_task()
        assert task is not None
        inner = asyncio.ensure_future(self._exchange(slot, raw))
        self._handlers.add(inner)
        inner.add_done_callback(self._handlers.discard)
        try:
            # a request goes its way also where the operator that sent it has died meanwhile
            return await asyncio.shield(inner)
        except (asyncio.CancelledError, aiohttp.ClientError, ConnectionError):
            _reset(raw)
            return web.Response()

    async def _exchange(self, slot: int, raw: web.BaseRequest) -> web.StreamResponse:
        world = self.world
        if world is None:
            raise asyncio.CancelledError
        request = Request(raw.method, raw.path_qs, raw.headers, await raw.read())
        with world.traffic.exchange(request, world.clock.monotonic()) as exchange:
            await world.before(exchange)
            cut = world.traffic.cut_of(exchange)
            slot = slot if request.slot is None else request.slot
            if cut is not None:
                world.has_trouble()
            if request.is_watch:
                return await self._stream(world, slot, raw, request, cut)
            if cut is None:
                return await _reply(raw, await self._forward(world, exchange, request))
            return await self._cut(world, slot, raw, request, exchange, cut)

    async def _cut(
        self, world: Directions, slot: int, raw: web.BaseRequest, request: Request, exchange: str, cut: Cut
    ) -> web.StreamResponse:
        match cut:
            case Cut.RESET:
                pass
            case Cut.WITHHELD:
                await self._forward(world, exchange, request)
                with world.traffic.parked():
                    await _gone(raw)
            case Cut.CUT:
                _send_half(raw, await self._forward(world, exchange, request))
                return web.Response()
            case Cut.SLOW:
                with world.traffic.parked():
                    await world.sleep(LATE_SECONDS[Cut.SLOW])
                return await _reply(raw, await self._forward(world, exchange, request))
            case Cut.LATE:
                with world.traffic.parked():
                    await world.sleep(_LATE_SECONDS[request.side])
                await self._forward(world, exchange, request)
            case Cut.BUSY:
                return await _reply(raw, _refusal(429, {"Retry-After": "1"}))
            case Cut.BROKEN:
                await self._forward(world, exchange, request)
                return await _reply(raw, _refusal(500))
            case Cut.CONFLICT:
                return await _reply(raw, _refusal(409))
            case Cut.GONE:
                return await _reply(raw, _refusal(410))
            case Cut.KILLED_BEFORE:
                await world.replace(slot)
            case Cut.KILLED_AFTER:
                await self._forward(world, exchange, request)
                await world.replace(slot)
            case Cut.KILLED_ANSWERED:
                response = await _reply(raw, await self._forward(world, exchange, request))
                await world.replace(slot)
                return response
            case Cut.KILLED_LATE:
                await world.replace(slot)
                with world.traffic.parked():
                    await world.sleep(LATE_SECONDS[Cut.KILLED_LATE])
                await self._forward(world, exchange, request)
            case Cut.PAUSED:
                answer = await self._forward(world, exchange, request)
                await world.stand_still(slot)
                return await _reply(raw, answer)
            case _:
                raise ValueError(f"{exchange} cannot be {cut}")
        _reset(raw)
        return web.Response()

    async def _forward(self, world: Directions, exchange: str, request: Request) -> Answer:
        headers = _passed_on(request.headers)
        if (said := request.basic_credentials()) is not None:
            # the simulated dialer's client has one secret for ever, so that a change of it is played here
            headers["Authorization"] = basic_credentials(CLIENT_SECRET if said == world.client_secret else "refused")
        async with self._session.request(
            request.method,
            self._upstream[request.side] + request.path,
            headers=headers,
            data=request.body or None,
            skip_auto_headers=_OUR_OWN,
            allow_redirects=False,
        ) as response:
            answer = Answer(response.status, response.headers, await response.read())
        world.traffic.answered(exchange, request, answer.status, answer.body)
        return answer

    async def _stream(
        self, world: Directions, slot: int, raw: web.BaseRequest, request: Request, cut: Cut | None
    ) -> web.StreamResponse:
        match cut:
            case Cut.RESET:
                _reset(raw)
                return web.Response()
            case Cut.GONE:
                return await _reply(raw, _refusal(410))
            case Cut.KILLED_BEFORE:
                await world.replace(slot)
                _reset(raw)
                return web.Response()
        headers = _passed_on(request.headers)
        url = self._upstream[request.side] + request.path
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(url, headers=headers, timeout=timeout, skip_auto_headers=_OUR_OWN) as upstream:
            response = web.StreamResponse(status=upstream.status, headers=_passed_on(upstream.headers))
            await response.prepare(raw)
            world.traffic.watched[slot] = None if cut is Cut.SILENT else request.watched_from
            with world.traffic.parked():
                try:
                    async for lines in _lines(upstream, raw):
                        if cut is Cut.SILENT:
                            continue
                        if cut is Cut.CUT:
                            world.traffic.watched[slot] = None
                            await response.write(b"".join(lines)[:50])
                            _reset(raw)
                            break
                        if upstream.status == HTTPStatus.OK:  # else it says why nothing is watched
                            world.traffic.watch_said(slot, lines)
                        await response.write(b"".join(lines))
                finally:
                    world.traffic.watched[slot] = None
        return response


async def _lines(upstream: aiohttp.ClientResponse, raw: web.BaseRequest) -> AsyncIterator[list[bytes]]:
    """The events of a watch as they come, whole, until one side ends it."""
    gone, more = asyncio.ensure_future(_gone(raw)), None
    rest = b""
    try:
        while True:
            more = asyncio.ensure_future(upstream.content.readany())
            await asyncio.wait((gone, more), return_when=asyncio.FIRST_COMPLETED)
            if not more.done():
                more.cancel()
                await asyncio.wait((more,))
                return
            data = more.result()
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            if lines:
                yield [line + b"\n" for line in lines]
    finally:
        gone.cancel()
        if more is not None:
            more.cancel()


async def _reply(raw: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.Response(status=answer.status, headers=_passed_on(answer.headers), body=answer.body or None)
    await response.prepare(raw)
    await response.write_eof()
    return response


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _refusal(code: int, headers: Mapping[str, str] | None = None) -> Answer:
    """In the form of the API server, which the dialer's client understands as well as any."""
    status = HTTPStatus(code)
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": status.phrase}
    return Answer(code, {"Content-Type": "application/json", **(headers or {})}, json.dumps(said).encode())


def _send_half(raw: web.BaseRequest, answer: Answer) -> None:
    """Half of an answer, and the end of the connection: in the body where there is one, else in the head."""
    assert raw.transport is not None
    head = (
        f"HTTP/1.1 {answer.status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer.body)}\r\n\r\n"
    )
    sent = head.encode() + answer.body[: len(answer.body) // 2] if answer.body else head.encode()[:12]
    raw.transport.write(sent)
    raw.transport.close()


def _reset(raw: web.BaseRequest) -> None:
    if raw.transport is not None:
        TCPConnection(raw.transport).reset()


async def _gone(raw: web.BaseRequest) -> None:
    """Wait until the other side has closed the connection."""
    while raw.transport is not None and not raw.transport.is_closing():  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(0.005)


@asynccontextmanager
async def running_proxy(
    upstream: Mapping[Side, str], api_server: ssl.SSLContext, tls: TlsFiles, slots: int
) -> AsyncIterator[tuple[Proxy, list[str]]]:
    """A proxy, and the base URL of each slot's front."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0, ssl=api_server)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False)
        )
        proxy = Proxy(session, upstream)
        stack.push_async_callback(proxy.end_world)
        fronts = []
        for slot in range(slots):
            server = web.Server(partial(proxy.handle, slot), keepalive_timeout=3600)
            runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            fronts.append(f"https://127.0.0.1:{runner.addresses[0][1]}")
        yield proxy, fronts
