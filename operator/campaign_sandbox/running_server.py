"""Runs an ASGI application over real HTTP, and reaches below HTTP when a fault must be shown.

Owns the one uvicorn server class of the sandbox: a free port, TLS, a start that is over when connections
are accepted, a stop that does not wait for answers which a fault withholds. ASGI has no word for "reset the
connection" or "stop in the middle of the answer", so the protocol class hands the application its
transport, as the extension `EXTENSION`.

It must not know what is served, nor touch signals: who calls it decides when to stop.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from campaign_sandbox.listener import Listener

EXTENSION = "campaign-operator.connection"

_STOP_WITHIN_SECONDS = 5
_KEEP_ALIVE_SECONDS = 75  # longer than clients do, or a request may meet a connection that is just being closed


def wall_clock() -> datetime:
    """The clock of a server that is not given another."""
    return datetime.now(UTC)


class TCPConnection:
    """The TCP connection under a request: what a server that fails does to it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def reset(self) -> None:
        """Drop the connection with a TCP RST. Whatever was not yet sent is lost."""
        connected = self._transport.get_extra_info("socket")
        if connected is None:
            return  # the client was quicker
        linger_not_at_all = struct.pack("ii", 1, 0)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not_at_all)
        self._transport.abort()

    def send_and_close(self, data: bytes) -> None:
        """Send these very bytes, then end the connection in good order (FIN)."""
        self._transport.write(data)
        self._transport.close()


def connection_of(scope: MutableMapping[str, Any]) -> TCPConnection:
    """The connection that the request came by; only behind `running_server`."""
    connection: TCPConnection = scope["extensions"][EXTENSION]
    return connection


async def disconnected(receive: Receive) -> None:
    """Wait until the other side, or this one, has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which also tells the application by which connection a request came."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        application: ASGIApp = self.app

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {EXTENSION: TCPConnection(self.transport)}
            try:
                await application(scope, receive, send)
            except asyncio.CancelledError:
                # Only the server's stop cancels a request, after it has aborted the connection.
                await disconnected(receive)

        self.app = with_connection


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def running_server(application: ASGIApp, listener: Listener) -> AsyncIterator[str]:
    """Serve `application` for as long as the block runs; yields its base URL once connections are accepted.

    Raises OSError when the address is taken or a TLS file cannot be read (`ssl.SSLError` is one, too).
    """
    config = uvicorn.Config(
        application,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_WITHIN_SECONDS,
        ssl_certfile=listener.tls.certificate if listener.tls else None,
        ssl_keyfile=listener.tls.key if listener.tls else None,
    )
    config.load()
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    with socket.create_server((listener.host, listener.port), family=family) as bound:
        # Accepted sockets inherit it. asyncio sets it only on sockets that name TCP as their protocol, which
        # this one does not; without it many an answer waits 40 ms for a delayed acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        accepting = asyncio.create_task(server.accepting.wait())
        try:
            await asyncio.wait({serving, accepting}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving
            yield listener.base_url(bound.getsockname()[1])
        finally:
            accepting.cancel()
            server.should_exit = True
            await serving
