"""An HTTP proxy for the tests of what goes through one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from scripted_server import ScriptedServer


class ForwardingProxy:
    """A proxy that tunnels to one server, whatever it is asked for, or refuses."""

    def __init__(self, server: ScriptedServer, refuses: bool = False) -> None:
        self.asked_for: list[str] = []
        self._server = server
        self._refuses = refuses

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked_for.append(head.split(" ")[1])
            if self._refuses:
                writer.write(b"HTTP/1.1 403 Forbidden to user:word\r\nContent-Length: 0\r\n\r\n")
                return
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            to_server = await asyncio.open_connection("127.0.0.1", self._server.port)
            await asyncio.gather(_copy(reader, to_server[1]), _copy(to_server[0], writer))
        finally:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def proxied(server: ScriptedServer, *, refuses: bool = False) -> AsyncIterator[tuple[Egress, ForwardingProxy]]:
    """Rules under which this server may be called by way of a proxy, and the proxy."""
    proxy = ForwardingProxy(server, refuses)
    listener = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        yield Egress(EgressPolicy(ca_file=server.ca_file, proxy=f"http://127.0.0.1:{port}")), proxy
    finally:
        listener.close()
        await listener.wait_closed()
