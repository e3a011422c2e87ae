"""A TLS server on loopback that answers by script, byte for byte, and remembers every byte it was sent.

For what a well-behaved server cannot be made to do: cut answers, reset connections, dribble, talk nonsense.
It has a certificate authority of its own, so that what is tested is the very code that runs in production.
"""

import asyncio
import ctypes
import ipaddress
import json
import socket
import ssl
import struct
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.resolver import ResolveName

_SO_ATTACH_FILTER = 26
_BPF_RETURN = 0x06

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Received:
    """One request as it arrived. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = Callable[["Conversation", Received], Awaitable[None]]


@dataclass
class ScriptedServer:
    """What a test needs to know of the server: where it is and what it has seen."""

    listener: asyncio.Server
    authority: trustme.CA
    ca_file: Path
    reply: Callable[[Received], Reply]
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    bytes_received: int = 0
    saw_reset: bool = False
    open_connections: set["Conversation"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._address = self.listener.sockets[0].getsockname()

    @property
    def port(self) -> int:
        return int(self._address[1])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def refuse_connections(self) -> None:
        """Stop listening, as a server that is being restarted does."""
        self.listener.close()

    def egress(self, resolve: ResolveName | None = None) -> Egress:
        """Rules under which this server may be called."""
        return Egress(EgressPolicy(ca_file=self.ca_file, allow_cidrs=LOOPBACK), resolve)


class Conversation:
    """One connection, as the server sees it."""

    def __init__(self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._unread = b""

    async def requests(self) -> AsyncIterator[Received]:
        while True:
            while b"\r\n\r\n" not in self._unread:
                if not await self._read():
                    return
            yield await self._request()

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """Close by RST, as a crashed process or a firewall does."""
        peer = self._writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def stop_acknowledging(self) -> None:
        """Have the kernel drop all that comes from now on, as a broken network does (socket(7), SO_ATTACH_FILTER)."""
        drop = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, 0))
        program = struct.pack("HP", 1, ctypes.addressof(drop))
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def abort(self) -> None:
        """Close without waiting for anything still to be sent."""
        self._writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        while await self._read():
            pass

    def close(self) -> None:
        self._writer.close()

    async def _request(self) -> Received:
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        self._unread = rest
        while len(self._unread) < length and await self._read():
            pass
        body, self._unread = self._unread[:length], self._unread[length:]
        return Received(method, target, headers, body)

    async def _read(self) -> bool:
        try:
            data = await self._reader.read(65536)
        except ConnectionResetError:
            data = b""
            self._server.saw_reset = True
        self._server.bytes_received += len(data)
        self._unread += data
        return bool(data)


@asynccontextmanager
async def scripted_server(
    *replies: Reply,
    route: Callable[[Received], Reply] | None = None,
    certificate_for: tuple[str, ...] = ("localhost", "127.0.0.1"),
    signed_by: ScriptedServer | None = None,
    listening_on: tuple[Sequence[str], int] = (("127.0.0.1",), 0),
) -> AsyncIterator[ScriptedServer]:
    """A server that gives `replies` one after another, the last again and again, or as `route` decides.

    Its certificate is by the authority of `signed_by`, or by one of its own.
    """
    pending = list(replies)

    def next_reply(_request: Received) -> Reply:
        return pending.pop(0) if len(pending) > 1 else pending[0]

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(server, reader, writer)
        server.connections += 1
        server.open_connections.add(conversation)
        try:
            async for request in conversation.requests():
                server.requests.append(request)
                await server.reply(request)(conversation, request)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            server.open_connections.discard(conversation)
            conversation.close()

    authority = signed_by.authority if signed_by else trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*certificate_for).configure_cert(tls)
    with tempfile.TemporaryDirectory() as folder:
        ca_file = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(str(ca_file))
        listener = await asyncio.start_server(converse, *listening_on, ssl=tls)
        server = ScriptedServer(listener, authority, ca_file, route or next_reply)
        try:
            yield server
        finally:
            listener.close()
            for conversation in tuple(server.open_connections):
                conversation.abort()
            await listener.wait_closed()
            async with asyncio.timeout(5):
                while server.open_connections:  # noqa: ASYNC110 - the end of the last of several tasks
                    await asyncio.sleep(0.001)


def answer(
    status: int,
    payload: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
    cut_after: int | None = None,
) -> Reply:
    """An answer with a JSON body; `raw` is a body as it stands; `cut_after` sends so many bytes of it."""
    body = raw if raw is not None else b"" if payload is None else json.dumps(payload).encode()
    lines = {"Content-Length": str(len(body)), "Content-Type": "application/json"} | dict(headers or {})
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def reply(conversation: Conversation, _request: Received) -> None:
        await conversation.write(head.encode() + b"\r\n" + body[:cut_after])
        if cut_after is not None:
            conversation.close()

    return reply


def garbage(data: bytes) -> Reply:
    """Bytes that need not be HTTP, then the end of the connection."""

    async def reply(conversation: Conversation, _request: Received) -> None:
        await conversation.write(data)
        conversation.close()

    return reply


def dribble(data: bytes, *, every_seconds: float) -> Reply:
    """One byte at a time."""

    async def reply(conversation: Conversation, _request: Received) -> None:
        for position in range(len(data)):
            await conversation.write(data[position : position + 1])
            await asyncio.sleep(every_seconds)

    return reply


async def reset(conversation: Conversation, _request: Received) -> None:
    """A reset connection in place of an answer."""
    conversation.reset()


async def hang_up(conversation: Conversation, _request: Received) -> None:
    """A connection closed in good order in place of an answer."""
    conversation.close()


async def silence(conversation: Conversation, _request: Received) -> None:
    """No answer for as long as the client waits."""
    await conversation.gone()


def resolving_to(*addresses: str) -> ResolveName:
    """A resolver that knows one answer."""

    async def resolve(_host: str, _port: int) -> tuple[str, ...]:
        return addresses

    return resolve
