"""Downloading a list: what is asked, what is given, and how failures are told: half a list must never pass for the
whole.
"""

import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from campaign_operator.adapters.outbound.downloads import DownloadError, Downloading, ListAddress
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from contract.download_kit import (
    CHUNKED,
    LIST,
    PATH,
    TOKEN,
    address_at,
    chunk,
    downloads_from,
    downloads_over,
    dribbling,
    endless,
    fetch,
    knowing_every_name,
    sending,
)
from contract.exchange_kit import eventually
from contract.proxy_kit import proxied
from scripted_server import (
    LOOPBACK,
    Reply,
    ScriptedServer,
    answer,
    garbage,
    hang_up,
    reset,
    scripted_server,
    silence,
)

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
    assert repr(address) == "ListAddress(owner='sales')"


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


def finding_nobody(server: ScriptedServer) -> Egress:
    server.refuse_connections()
    return server.egress()


@dataclass(frozen=True)
class Failure:
    """A way to fail, and what is to be said: `url` has HOST for host and port."""

    says: str
    transient: bool
    reply: Reply = silence
    url: str = f"https://HOST{PATH}"
    host: str = "localhost"
    token: str = TOKEN
    certificate_for: tuple[str, ...] = ("localhost", "127.0.0.1")
    egress: Callable[[ScriptedServer], Egress] = ScriptedServer.egress
    bounds: dict[str, Any] = field(default_factory=dict)


def answering(status: int, says: str, *, transient: bool = False, **headers: str) -> Failure:
    return Failure(says, transient, answer(status, {"message": "secret-body"}, headers=headers))


SHORT = {"timeout_seconds": 0.3}
FAILURES = {
    "a token is missing or wrong": answering(401, "401: the server needs a valid token"),
    "a token has too few rights": answering(403, "403: the token does not permit reading this list"),
    "there is no list": answering(404, "404: the list does not exist; correct the URL"),
    "a list was removed": answering(410, "410: the list was removed permanently; use another URL"),
    "another 4xx": answering(418, "the server answered 418"),
    "the server waited too long": answering(408, "408", transient=True),
    "it is too early": answering(425, "425", transient=True),
    "too many requests": answering(429, "429", transient=True),
    "the server is broken": answering(500, "500", transient=True),
    "the server is down for a while": answering(503, "503", transient=True),
    "part of a list": answering(206, "206: only status 200 returns a whole list"),
    "no content": Failure("204: only status 200 returns a whole list", False, garbage(b"HTTP/1.1 204 X\r\n\r\n")),
    "not modified unasked": answering(304, "304: the request did not ask"),
    "a redirect": answering(302, "302: the operator does not follow redirects", Location="https://secret.example/"),
    "a redirect without a place": answering(307, "307: the operator does not follow redirects"),
    "a content coding": Failure(
        "serve a gzip file with the type application/gzip",
        False,
        answer(200, raw=b"\x1f\x8bsecret", headers={"Content-Encoding": "gzip"}),
    ),
    "an endless list": Failure("larger than 100000 bytes", False, endless, bounds={"max_bytes": 100_000}),
    "a list said to be too large": Failure(
        "larger than 1073741824 bytes", False, answer(200, raw=b"", headers={"Content-Length": "1073741825"})
    ),
    "a list whose end nobody could tell": Failure(
        "an incomplete list would look complete", False, garbage(b"HTTP/1.1 200 OK\r\n\r\nsecret-body")
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
    "a reset": Failure("broke before the answer", True, reset),
    "a server that hangs up": Failure("broke before the answer", True, hang_up),
    "another protocol's greeting": Failure("not HTTP", True, garbage(b"SSH-2.0-secret-greeting\r\n")),
    "a change of protocol": Failure("not HTTP", True, garbage(b"HTTP/1.1 101 X\r\nUpgrade: secret\r\n\r\n")),
    "no answer": Failure("within 0.3 s", True, silence, bounds=SHORT),
    "a byte now and then": Failure("within 0.3 s", True, dribbling, bounds=SHORT),
    "an address that is refused": Failure(
        "is a loopback address; the operator connects to it only if --allow-cidr",
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
    "plain http": Failure("must start with https://", False, url=f"http://HOST{PATH}"),
    "user information": Failure("user name or password", False, url=f"https://secret:secret@HOST{PATH}"),
    "a malformed URL": Failure("the URL has no valid host", False, url="https://[secret/path"),
    "a port that cannot be": Failure("the URL has no valid port", False, url=f"https://localhost:65536{PATH}"),
    "a URL with a line break": Failure("cannot be read", False, url=f"https://HOST{PATH}\n"),
    "no URL": Failure("must start with https://", False, url=""),
    "a token with a line break": Failure("the token is empty or contains", False, token="secret\r\nX: secret"),
    "a token beyond ASCII": Failure("the token is empty or contains", False, token="secret\u00e9"),
    "an empty token": Failure("the token is empty or contains", False, token=""),
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
    assert error.transient is failure.transient
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
        with pytest.raises(DownloadError, match="the operator does not follow redirects"):
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


# Through a proxy


async def test_a_list_comes_whole_through_a_proxy() -> None:
    async with (
        scripted_server(answer(200, raw=LIST * 10_000), certificate_for=("lists.example",)) as server,
        proxied(server) as (egress, proxy),
        downloads_over(egress) as downloads,
    ):
        found = await fetch(downloads, ListAddress(f"https://lists.example{PATH}", TOKEN))
    assert found == (None, LIST * 10_000)
    assert proxy.asked_for == ["lists.example:443"]
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_half_a_list_through_a_proxy_is_an_error() -> None:
    half = answer(200, raw=LIST * 10_000, cut_after=len(LIST) * 5_000)
    async with (
        scripted_server(half, certificate_for=("lists.example",)) as server,
        proxied(server) as (egress, _),
        downloads_over(egress) as downloads,
    ):
        with pytest.raises(DownloadError, match="only part of the list arrived") as caught:
            await fetch(downloads, ListAddress(f"https://lists.example{PATH}"))
    assert caught.value.transient


async def test_what_a_proxy_refuses_is_told_without_the_url() -> None:
    async with (
        scripted_server(answer(200, raw=LIST)) as server,
        proxied(server, refuses=True) as (egress, _),
        downloads_over(egress) as downloads,
    ):
        with pytest.raises(DownloadError) as caught:
            await fetch(downloads, ListAddress(f"https://lists.example{PATH}"))
    assert caught.value.message == "the proxy refused to connect to the server"
    assert server.bytes_received == 0
