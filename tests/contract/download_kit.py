"""Servers that give a list, or something else, and downloads from them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from campaign_operator.adapters.outbound.downloads import Downloading, Downloads, ListAddress, NotModified
from campaign_operator.adapters.outbound.egress import Egress
from scripted_server import (
    Conversation,
    Received,
    Reply,
    ScriptedServer,
    dribble,
    resolving_to,
)

PATH = "/secret-path/list.csv?key=secret-query"
TOKEN = "secret-token"
LIST = b"id,timeZone\nsecret-contact,Europe/London\n"
CHUNKED = "Transfer-Encoding: chunked"
HOSTS = ("a.example", "b.example", "c.example")


def address_at(
    server: ScriptedServer, host: str = "localhost", token: str | None = None, owner: str = "sales"
) -> ListAddress:
    return ListAddress(f"https://{host}:{server.port}{PATH}", token, owner)


@asynccontextmanager
async def downloads_over(egress: Egress, **bounds: Any) -> AsyncIterator[Downloads]:
    downloads = Downloads(egress, **bounds)
    try:
        yield downloads
    finally:
        await downloads.aclose()
        egress.close()


@asynccontextmanager
async def downloads_from(server: ScriptedServer, **bounds: Any) -> AsyncIterator[Downloads]:
    async with downloads_over(server.egress(), **bounds) as downloads:
        yield downloads


async def fetch(downloads: Downloads, address: ListAddress, etag: str | None = None) -> tuple[str | None, bytes] | None:
    """The ETag and the whole list; None where it is not modified."""
    async with downloads.open(address, etag) as download:
        if isinstance(download, NotModified):
            return None
        return download.etag, b"".join([piece async for piece in download.pieces])


async def first_piece(downloads: Downloads, address: ListAddress) -> bytes:
    """Leave after the first piece."""
    async with downloads.open(address) as download:
        assert isinstance(download, Downloading)
        return await anext(download.pieces)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def sending(*parts: bytes, head: str = CHUNKED, status: int = 200) -> Reply:
    """An answer of these bytes as they stand, after which the server waits."""

    async def reply(conversation: Conversation, _request: Received) -> None:
        await conversation.write(f"HTTP/1.1 {status} X\r\n{head}\r\n\r\n".encode() + b"".join(parts))
        await conversation.gone()

    return reply


async def endless(conversation: Conversation, _request: Received) -> None:
    """A list without an end, as fast as it is taken."""
    await conversation.write(f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n\r\n".encode())
    piece = chunk(b"x" * 65_536)
    while True:
        await conversation.write(piece)


async def dribbling(conversation: Conversation, request: Received) -> None:
    await conversation.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    await dribble(b"x" * 10_000, every_seconds=0.05)(conversation, request)


def knowing_every_name(server: ScriptedServer) -> Egress:
    return server.egress(resolving_to("127.0.0.1"))
