"""Downloading a list: what a server may do to it, and how its failures are told.

The question behind most tests: could half a list pass for the whole, or one server's slowness or size become the
trouble of others?
"""

import asyncio
import socket
import time
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from campaign_operator.adapters.downloads import DownloadError, Downloading, Downloads, ListAddress, NotModified
from campaign_operator.adapters.egress import Egress, EgressPolicy
from contract.exchange_kit import eventually
from scripted_server import (
    LOOPBACK,
    Conversation,
    Received,
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

PATH = "/secret-path/list.csv?key=secret-query"
TOKEN = "secret-token"
LIST = b"id,timeZone\nsecret-contact,Europe/London\n"
CHUNKED = "Transfer-Encoding: chunked"
HOSTS = ("a.example", "b.example", "c.example")


def address_at(server: ScriptedServer, host: str = "localhost", token: str | None = None) -> ListAddress:
    return ListAddress(f"https://{host}:{server.port}{PATH}", token)


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


# What is asked and what is given


@pytest.mark.parametrize("framing", ["Content-Length", "chunks"])
async def test_a_list_comes_as_it_is(framing: str) -> None:
    whole = answer(200, raw=LIST)
    chunked = sending(chunk(LIST[:7]), chunk(LIST[7:]), b"0\r\n\r\n")
    async with (
        scripted_server(whole if framing == "Content-Length" else chunked) as server,
        downloads_from(server) as downloads,
    ):
        assert await fetch(downloads, address_at(server)) == (None, LIST)
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", PATH)
    assert request.headers["host"] == f"localhost:{server.port}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("campaign-operator/")
    assert "authorization" not in request.headers
    assert "if-none-match" not in request.headers


async def test_an_empty_list_is_a_list() -> None:
    async with scripted_server(answer(200, raw=b"")) as server, downloads_from(server) as downloads:
        assert await fetch(downloads, address_at(server)) == (None, b"")


async def test_a_gzip_file_comes_as_its_bytes() -> None:
    zipped = b"\x1f\x8b not unpacked here"
    async with (
        scripted_server(answer(200, raw=zipped, headers={"Content-Type": "application/gzip"})) as server,
        downloads_from(server) as downloads,
    ):
        assert await fetch(downloads, address_at(server)) == (None, zipped)


async def test_the_token_is_sent_and_never_shown() -> None:
    async with scripted_server(answer(200, raw=LIST)) as server, downloads_from(server) as downloads:
        address = address_at(server, token=TOKEN)
        await fetch(downloads, address)
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert repr(address) == "ListAddress()"


@pytest.mark.parametrize(
    ("case", "given", "kept"),
    [
        ("strong", '"v1"', '"v1"'),
        ("weak", 'W/"v1"', 'W/"v1"'),
        ("empty", '""', '""'),
        ("as long as may be", f'"{"x" * 254}"', f'"{"x" * 254}"'),
        ("too long", f'"{"x" * 255}"', None),
        ("without quotes", "v1", None),
        ("any", "*", None),
        ("two of them", '"v1","v2"', None),
        ("with a space", '"v 1"', None),
        ("beyond ASCII", '"v\xe9"', None),
    ],
)
async def test_an_etag_is_kept_as_it_is_if_it_can_be_sent_back(case: str, given: str, kept: str | None) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: {given}\r\n\r\nx"
    async with scripted_server(garbage(head.encode("latin-1"))) as server, downloads_from(server) as downloads:
        assert await fetch(downloads, address_at(server)) == (kept, b"x"), case


@pytest.mark.parametrize("etag", ['"v1"', 'W/"v1"'])
async def test_a_list_that_has_not_changed_is_not_sent_again(etag: str) -> None:
    async with scripted_server(answer(304, headers={"ETag": etag})) as server, downloads_from(server) as downloads:
        assert await fetch(downloads, address_at(server), etag) is None
    assert server.requests[0].headers["if-none-match"] == etag


async def test_a_list_that_has_changed_comes_with_its_new_etag() -> None:
    async with (
        scripted_server(answer(200, raw=LIST, headers={"ETag": '"v2"'})) as server,
        downloads_from(server) as downloads,
    ):
        assert await fetch(downloads, address_at(server), '"v1"') == ('"v2"', LIST)


@pytest.mark.parametrize("etag", ["v1", "*", '"a"\r\nX: y', ""])
async def test_what_is_no_etag_is_not_sent(etag: str) -> None:
    async with scripted_server(answer(200, raw=LIST)) as server, downloads_from(server) as downloads:
        assert await fetch(downloads, address_at(server), etag) == (None, LIST)
    assert "if-none-match" not in server.requests[0].headers


# Failures, and how they are told


async def unknown_name(_host: str, _port: int) -> tuple[str, ...]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def trusting_nobody(_server: ScriptedServer) -> Egress:
    return Egress(EgressPolicy(allow_cidrs=LOOPBACK))


def without_allow_cidr(server: ScriptedServer) -> Egress:
    return Egress(EgressPolicy(ca_file=server.ca_file))


def knowing_no_name(server: ScriptedServer) -> Egress:
    return server.egress(unknown_name)


def knowing_every_name(server: ScriptedServer) -> Egress:
    return server.egress(resolving_to("127.0.0.1"))


def finding_nobody(server: ScriptedServer) -> Egress:
    server.refuse_connections()
    return server.egress()


@dataclass(frozen=True)
class Failure:
    """A way to fail, and what is to be said: `url` has HOST for host and port."""

    says: str
    passing: bool
    reply: Reply = silence
    url: str = f"https://HOST{PATH}"
    host: str = "localhost"
    token: str = TOKEN
    certificate_for: tuple[str, ...] = ("localhost", "127.0.0.1")
    egress: Callable[[ScriptedServer], Egress] = ScriptedServer.egress
    bounds: dict[str, Any] = field(default_factory=dict)


def answering(status: int, says: str, *, passing: bool = False, **headers: str) -> Failure:
    return Failure(says, passing, answer(status, {"message": "secret-body"}, headers=headers))


SHORT = {"timeout_seconds": 0.3}
FAILURES = {
    "a token is missing or wrong": answering(401, "401: a valid token is needed"),
    "a token has too few rights": answering(403, "403: the token does not permit reading this list"),
    "there is no list": answering(404, "404: there is nothing at the URL, correct it"),
    "a list was removed": answering(410, "410: the list was removed for good, give another URL"),
    "another 4xx": answering(418, "the server answered 418"),
    "the server waited too long": answering(408, "408", passing=True),
    "it is too early": answering(425, "425", passing=True),
    "too many requests": answering(429, "429", passing=True),
    "the server is broken": answering(500, "500", passing=True),
    "the server is down for a while": answering(503, "503", passing=True),
    "part of a list": answering(206, "206: only 200 brings a whole list"),
    "no content": Failure("204: only 200 brings a whole list", False, garbage(b"HTTP/1.1 204 X\r\n\r\n")),
    "not modified unasked": answering(304, "304: it was not asked"),
    "a redirect": answering(302, "302: redirects are not followed", Location="https://secret.example/"),
    "a redirect without a place": answering(307, "307: redirects are not followed"),
    "a content coding": Failure(
        "give a gzip file the type application/gzip",
        False,
        answer(200, raw=b"\x1f\x8bsecret", headers={"Content-Encoding": "gzip"}),
    ),
    "an endless list": Failure("larger than 100000 bytes", False, endless, bounds={"max_bytes": 100_000}),
    "a list said to be too large": Failure(
        "larger than 1073741824 bytes", False, answer(200, raw=b"", headers={"Content-Length": "1073741825"})
    ),
    "a list whose end nobody could tell": Failure(
        "half could pass for the whole", False, garbage(b"HTTP/1.1 200 OK\r\n\r\nsecret-body")
    ),
    "a list cut short": Failure("only part", True, answer(200, raw=LIST, cut_after=20)),
    "a list cut between chunks": Failure(
        "only part", True, garbage(f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n\r\n".encode() + chunk(LIST))
    ),
    "a chunk without a size": Failure("only part", True, sending(chunk(LIST), b"secret-size\r\nsecret-body\r\n")),
    "a chunk longer than it says": Failure("only part", True, sending(b"3\r\nsecret-body\r\n0\r\n\r\n")),
    "a list of unlike lengths": Failure(
        "not HTTP", True, garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nsecret")
    ),
    "a reset": Failure("broke before an answer came", True, reset),
    "a server that hangs up": Failure("broke before an answer came", True, hang_up),
    "another protocol's greeting": Failure("not HTTP", True, garbage(b"SSH-2.0-secret-greeting\r\n")),
    "a change of protocol": Failure("not HTTP", True, garbage(b"HTTP/1.1 101 X\r\nUpgrade: secret\r\n\r\n")),
    "no answer": Failure("within 0.3 s", True, silence, bounds=SHORT),
    "a byte now and then": Failure("within 0.3 s", True, dribbling, bounds=SHORT),
    "an address that is refused": Failure(
        "is a loopback address: the operator calls it only if started with --allow-cidr",
        False,
        egress=without_allow_cidr,
    ),
    "an address in the URL that is refused": Failure(
        "is a private address", False, url=f"https://10.1.2.3{PATH}", host="10.1.2.3"
    ),
    "an unknown name": Failure("cannot be resolved", True, egress=knowing_no_name),
    "nobody listens": Failure("cannot be reached", True, egress=finding_nobody),
    "an unknown authority": Failure("certificate is not trusted: ", True, egress=trusting_nobody),
    "a certificate for another name": Failure(
        "certificate is for another name", True, host="d.example", egress=knowing_every_name
    ),
    "a certificate for another address": Failure(
        "certificate is for another name", True, host="127.0.0.1", certificate_for=("localhost",)
    ),
    "plain http": Failure("must begin with https://", False, url=f"http://HOST{PATH}"),
    "user information": Failure("user name or password", False, url=f"https://secret:secret@HOST{PATH}"),
    "a malformed URL": Failure("the URL names no usable host", False, url="https://[secret/path"),
    "a port that cannot be": Failure("the URL names no usable port", False, url=f"https://localhost:65536{PATH}"),
    "a URL with a line break": Failure("cannot be read", False, url=f"https://HOST{PATH}\n"),
    "no URL": Failure("must begin with https://", False, url=""),
    "a token with a line break": Failure("the token is empty or has", False, token="secret\r\nX: secret"),
    "a token beyond ASCII": Failure("the token is empty or has", False, token="secret\u00e9"),
    "an empty token": Failure("the token is empty or has", False, token=""),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_failure_is_told_with_its_remedy_and_without_url_host_or_body(case: str) -> None:
    failure = FAILURES[case]
    async with scripted_server(failure.reply, certificate_for=failure.certificate_for) as server:
        url = failure.url.replace("HOST", f"{failure.host}:{server.port}")
        async with downloads_over(failure.egress(server), **failure.bounds) as downloads:
            with pytest.raises(DownloadError) as raised:
                await fetch(downloads, ListAddress(url, failure.token))
        await eventually(lambda: not server.open_connections)
    error = raised.value
    assert failure.says in error.message
    assert error.passing is failure.passing
    assert str(error) == error.message
    shown = repr(error) + "".join(traceback.format_exception(error))
    for hidden in ("secret", failure.host, str(server.port), "timeZone", "xxx"):
        assert hidden not in shown


@pytest.mark.parametrize("case", ["plain http", "user information", "a malformed URL", "a token with a line break"])
async def test_what_may_not_be_sent_opens_no_connection(case: str) -> None:
    failure = FAILURES[case]
    async with scripted_server(silence) as server, downloads_from(server) as downloads:
        url = failure.url.replace("HOST", f"{failure.host}:{server.port}")
        with pytest.raises(DownloadError):
            await fetch(downloads, ListAddress(url, failure.token))
        assert server.connections == 0


@pytest.mark.parametrize("case", ["an unknown authority", "a certificate for another name"])
async def test_a_server_that_is_not_trusted_is_sent_nothing(case: str) -> None:
    failure = FAILURES[case]
    async with scripted_server(silence) as server, downloads_over(failure.egress(server)) as downloads:
        with pytest.raises(DownloadError):
            await fetch(downloads, address_at(server, failure.host, TOKEN))
        assert server.bytes_received == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with (
        scripted_server(answer(200, raw=LIST)) as elsewhere,
        scripted_server(answer(status, headers={"Location": elsewhere.url}), signed_by=elsewhere) as server,
        downloads_from(server) as downloads,
    ):
        with pytest.raises(DownloadError, match="redirects are not followed"):
            await fetch(downloads, address_at(server, token=TOKEN))
        assert elsewhere.connections == 0
        assert len(server.requests) == 1


async def test_what_came_before_a_list_broke_off_is_given_but_does_not_end_it() -> None:
    async with (
        scripted_server(answer(200, raw=LIST, cut_after=20)) as server,
        downloads_from(server) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        assert await anext(download.pieces) == LIST[:20]
        with pytest.raises(DownloadError, match="only part"):
            await anext(download.pieces)


# Bounds


async def test_an_endless_list_ends_at_the_bound_and_takes_no_memory() -> None:
    bound = 16 * 1024 * 1024
    received = 0

    async def read_slowly(pieces: AsyncIterator[bytes]) -> None:
        nonlocal received
        async for piece in pieces:
            received += len(piece)
            for _ in range(3):  # slower than the server
                await asyncio.sleep(0)

    async with (
        scripted_server(endless) as server,
        downloads_from(server, max_bytes=bound) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        tracemalloc.start()
        try:
            with pytest.raises(DownloadError, match="larger"):
                await read_slowly(download.pieces)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert bound - 65_536 < received <= bound
    assert most < 2 * 1024 * 1024, most


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("framing", ["Content-Length", "chunks"])
async def test_a_list_just_within_the_bound_is_read(framing: str, size: int, fits: bool) -> None:
    body = b"x" * size
    reply = answer(200, raw=body) if framing == "Content-Length" else sending(chunk(body), b"0\r\n\r\n")
    async with scripted_server(reply) as server, downloads_from(server, max_bytes=1000) as downloads:
        if fits:
            assert await fetch(downloads, address_at(server)) == (None, body)
        else:
            with pytest.raises(DownloadError, match="larger than 1000 bytes"):
                await fetch(downloads, address_at(server))


async def test_a_list_said_to_be_too_large_is_refused_before_it_comes() -> None:
    said = sending(head="Content-Length: 10000000000")
    async with scripted_server(said) as server, downloads_from(server) as downloads:
        with pytest.raises(DownloadError, match="larger"):
            async with downloads.open(address_at(server)):
                pytest.fail("it was opened")


async def test_a_byte_now_and_then_ends_at_the_deadline() -> None:
    async with scripted_server(dribbling) as server, downloads_from(server, timeout_seconds=0.3) as downloads:
        begun = time.monotonic()
        with pytest.raises(DownloadError, match=r"within 0\.3 s"):
            await fetch(downloads, address_at(server))
        assert 0.3 <= time.monotonic() - begun < 2


async def test_the_deadline_holds_for_pieces_that_are_there_already() -> None:
    pieces = sending(chunk(b"a"), chunk(b"b"), chunk(b"c"))
    async with (
        scripted_server(pieces) as server,
        downloads_from(server, timeout_seconds=0.3) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        await anext(download.pieces)
        await asyncio.sleep(0.4)  # the deadline itself
        with pytest.raises(DownloadError, match=r"within 0\.3 s"):
            await anext(download.pieces)


async def test_a_list_in_tiny_chunks_leaves_the_other_tasks_their_turn() -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    size = 5000
    async with (
        scripted_server(sending(chunk(b"x") * size, b"0\r\n\r\n")) as server,
        downloads_from(server) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        other = asyncio.create_task(take_turns())
        assert b"".join([piece async for piece in download.pieces]) == b"x" * size
        other.cancel()
    assert turns >= size


# The end of a connection


async def test_every_download_has_a_connection_of_its_own() -> None:
    async with scripted_server(answer(200, raw=LIST)) as server, downloads_from(server) as downloads:
        for number in range(1, 4):
            await fetch(downloads, address_at(server))
            await eventually(lambda: not server.open_connections)
            assert server.connections == number


async def test_leaving_early_resets_the_connection() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        assert await first_piece(downloads, address_at(server)) == LIST
        await eventually(lambda: server.saw_reset)


async def test_a_fault_of_the_reader_resets_the_connection_and_stays_as_it_is() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        with pytest.raises(ZeroDivisionError):
            async with downloads.open(address_at(server)):
                raise ZeroDivisionError
        await eventually(lambda: server.saw_reset)


async def test_cancellation_in_the_middle_resets_the_connection_and_frees_the_place() -> None:
    come = asyncio.Event()

    async def read() -> None:
        async with downloads.open(address_at(server)) as download:
            assert isinstance(download, Downloading)
            async for _piece in download.pieces:
                come.set()

    async with (
        scripted_server(sending(chunk(LIST)), answer(200, raw=LIST)) as server,
        downloads_from(server, width=1) as downloads,
    ):
        task = asyncio.create_task(read())
        await come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: server.saw_reset)
        assert await fetch(downloads, address_at(server)) == (None, LIST)


async def test_reading_on_after_the_end_of_the_context_does_not_end_the_list() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        async with downloads.open(address_at(server)) as download:
            assert isinstance(download, Downloading)
            await anext(download.pieces)
        with pytest.raises(DownloadError):
            await anext(download.pieces)


async def test_closing_ends_what_is_under_way() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        reading = asyncio.create_task(fetch(downloads, address_at(server)))
        await eventually(lambda: len(server.requests) == 1)
        await downloads.aclose()
        with pytest.raises(DownloadError):
            await reading


# Places


def by_host(**replies: Reply) -> Callable[[Received], Reply]:
    return lambda request: replies[request.headers["host"][0]]


def one_of_several(**replies: Reply) -> Any:
    return scripted_server(route=by_host(**replies), certificate_for=HOSTS)


async def test_slow_hosts_with_many_waiting_hold_up_nobody_else() -> None:
    async with (
        one_of_several(a=silence, b=silence, c=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=3) as downloads,
    ):
        slow = [asyncio.create_task(fetch(downloads, address_at(server, host))) for host in HOSTS[:2] for _ in range(5)]
        await eventually(lambda: len(server.requests) == 2)
        assert await fetch(downloads, address_at(server, "c.example")) == (None, LIST)
        assert [request.headers["host"][0] for request in server.requests] == ["a", "b", "c"]
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_download_beyond_the_width_waits_until_one_has_ended() -> None:
    async with (
        one_of_several(a=silence, b=silence, c=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=2) as downloads,
    ):
        slow = [asyncio.create_task(fetch(downloads, address_at(server, host))) for host in HOSTS[:2]]
        await eventually(lambda: len(server.requests) == 2)
        third = asyncio.create_task(fetch(downloads, address_at(server, "c.example")))
        await asyncio.sleep(0.05)
        assert server.connections == 2
        slow[0].cancel()
        assert await third == (None, LIST)
        slow[1].cancel()
        await asyncio.gather(*slow, return_exceptions=True)


@pytest.mark.parametrize("failing", [reset, answer(404), sending(b"no size\r\n"), sending(chunk(b"x" * 1001))])
async def test_a_download_that_failed_frees_its_place(failing: Reply) -> None:
    async with (
        one_of_several(a=failing, b=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=1, max_bytes=1000) as downloads,
    ):
        with pytest.raises(DownloadError):
            await fetch(downloads, address_at(server, "a.example"))
        assert await fetch(downloads, address_at(server, "b.example")) == (None, LIST)


@pytest.mark.parametrize("spelled", ["a.example", "A.EXAMPLE", "a.example."])
async def test_a_host_has_one_download_at_a_time_however_it_is_spelled(spelled: str) -> None:
    async with (
        one_of_several(a=sending(chunk(LIST))) as server,
        downloads_over(knowing_every_name(server), timeout_seconds=0.3) as downloads,
    ):
        async with downloads.open(address_at(server, "a.example")):
            with pytest.raises(DownloadError, match=r"within 0\.3 s"):
                await fetch(downloads, address_at(server, spelled))
        assert server.connections == 1


async def test_waiting_for_a_place_counts_towards_the_deadline() -> None:
    async with (
        one_of_several(a=sending(chunk(LIST)), b=silence) as server,
        downloads_over(knowing_every_name(server), timeout_seconds=0.3, width=1) as downloads,
    ):
        async with downloads.open(address_at(server, "a.example")):
            begun = time.monotonic()
            with pytest.raises(DownloadError) as raised:
                await fetch(downloads, address_at(server, "b.example"))
            assert 0.3 <= time.monotonic() - begun < 2
            assert raised.value.passing
        assert server.connections == 1
