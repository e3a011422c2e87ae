"""Contact lists from URLs, each as a stream of bytes.

Owns what a download may be (one GET, whole or an error, bounded in size, time and number) and how its failures are
told. Half a list must never pass for the whole: calls would be left out and nobody would know. So an answer that does
not say where it ends is refused, and one that ends too early is an error. Knows nothing of what is in a list.

Who reads a message need not be entitled to the URL: no message has any of it, nor of the answer.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.outbound.connection_pools import ConnectionPools
from campaign_operator.adapters.outbound.destinations import (
    AddressRefusedError,
    DestinationRefusedError,
    literal_address,
)
from campaign_operator.adapters.outbound.egress import Egress
from campaign_operator.adapters.outbound.exchange import CONNECT_SECONDS, USER_AGENT, target

_LONGEST_ETAG = 256
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')  # RFC 9110, section 8.8.3, without bytes beyond ASCII
_TOKEN = re.compile(r"[\x21-\x7e]+")
_LANE_IDLE_SECONDS = 1.0
_TRANSIENT_STATUSES = (408, 425, 429)

_REMEDIES = {
    304: "the request did not ask whether the list changed",
    401: "the server needs a valid token",
    403: "the token does not permit reading this list",
    404: "the list does not exist; correct the URL",
    410: "the list was removed permanently; use another URL",
}
_NO_ANSWER = "the connection broke before the answer, or the answer is not HTTP"
_ENCODED = (
    "the server sets a Content-Encoding although the request excludes it; serve a gzip file with the type "
    "application/gzip"
)
_ENDLESS = (
    "the server does not say where the list ends, by Content-Length or chunks, so an incomplete list would look "
    "complete"
)
_IN_PART = "only part of the list arrived: the connection broke, or the server does not follow HTTP"


@dataclass(frozen=True, slots=True)
class ListAddress:
    """Where a list is; URL and token are secrets. The token is sent as `Authorization: Bearer ...`.

    `owner`: whose list it is, such as a namespace; see Downloads.
    """

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    owner: str = ""


@dataclass(frozen=True, slots=True)
class NotModified:
    """The list is still the one that had the ETag given."""


@dataclass(frozen=True, slots=True)
class Downloading:
    """A list that is coming.

    `etag` is as the server gave it, or None if that cannot be sent back. `pieces` are the bytes, to be iterated once:
    it ends where the list ends and raises DownloadError for anything else.
    """

    etag: str | None
    pieces: AsyncIterator[bytes]


class DownloadError(Exception):
    """There is no list, or no more of it. The message is fit for users and repeats nothing of URL, host or answer.

    `transient`: trying again later may help. Otherwise a person must act. `retry_after`: that header of the answer as
    it stands there.
    """

    def __init__(self, message: str, *, transient: bool, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.transient = transient
        self.retry_after = retry_after


class Downloads:
    """Downloads over connections of their own: at most `width` at once, at most `share` for one owner, and one for an
    owner and a host.

    Whoever waits for a host that is busy takes no place from the others, so that a slow host costs its owner one place;
    and whoever has many slow hosts, or one that others need, too, leaves the others theirs. Those who wait have turns
    by owner. `timeout_seconds` bounds each download, from the wait for a place to the last byte.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        max_bytes: int = 1_073_741_824,
        timeout_seconds: float = 300.0,
        width: int = 16,
        share: int = 3,
    ) -> None:
        self._egress = egress
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds
        self._hosts = ConnectionPools(
            egress.open_connection, width=1, keep_alive=False, idle_seconds=_LANE_IDLE_SECONDS
        )
        self._places = FairPlaces(share=share, total=width)

    @asynccontextmanager
    async def open(self, address: ListAddress, etag: str | None = None) -> AsyncIterator[NotModified | Downloading]:
        """Ask for the list, or whether it has changed since it had `etag`. Raises DownloadError.

        Leaving the context ends the download, however far it has come.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        known = _sendable(etag)
        async with AsyncExitStack() as download:
            with self._in_our_words(_NO_ANSWER):
                url = self._egress.judged_url(address.url)
                headers = _headers(url, address.token, known)
                async with asyncio.timeout_at(deadline):
                    response = await download.enter_async_context(self._response(url, headers, address.owner))
                result = self._understood(response, known, deadline)
            yield result

    async def aclose(self) -> None:
        """Close every connection; downloads under way end with DownloadError."""
        await self._hosts.aclose()

    @asynccontextmanager
    async def _response(
        self, url: httpx.URL, headers: list[tuple[str, str]], owner: str
    ) -> AsyncIterator[httpcore.Response]:
        wanted = target(url)
        async with (
            self._hosts.connection(f"{owner} {_host(url)}", wanted.origin, owner) as connection,
            self._places.take(owner),
            connection.stream(
                "GET", wanted, headers=headers, extensions={"timeout": {"connect": CONNECT_SECONDS}}
            ) as response,
        ):
            yield response

    def _understood(self, response: httpcore.Response, known: str | None, deadline: float) -> NotModified | Downloading:
        """What an answer's head means. Raises DownloadError unless it begins a list or says that it is the same."""
        if response.status == 304 and known is not None:
            return NotModified()
        headers = httpx.Headers(response.headers)
        if response.status != 200:
            raise _unwanted(response.status, headers.get("retry-after"))
        if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise DownloadError(_ENCODED, transient=False)
        if "transfer-encoding" not in headers:
            if "content-length" not in headers:
                raise DownloadError(_ENDLESS, transient=False)
            self._check_size(int(headers["content-length"]))
        return Downloading(_sendable(headers.get("etag")), self._pieces(response, deadline))

    async def _pieces(self, response: httpcore.Response, deadline: float) -> AsyncIterator[bytes]:
        size = 0
        stream = response.aiter_stream()
        while True:
            with self._in_our_words(_IN_PART):
                async with asyncio.timeout_at(deadline):
                    await asyncio.sleep(0)  # pieces may be tiny and all there: let other tasks and the deadline come in
                    piece = await anext(stream, None)
            if piece is None:
                return
            size += len(piece)
            self._check_size(size)
            yield piece

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise DownloadError(f"the list is larger than {self._max_bytes} bytes", transient=False)

    @contextmanager
    def _in_our_words(self, broken: str) -> Iterator[None]:
        """Make a DownloadError of every fault; `broken` is what to say where the connection breaks."""
        try:
            yield
        except DownloadError:
            raise
        except DestinationRefusedError as error:
            raise DownloadError(_forbidden(error), transient=False) from None
        except TimeoutError:
            raise DownloadError(f"the list did not arrive within {self._timeout_seconds:g} s", transient=True) from None
        except Exception as error:  # whatever network and server do
            raise DownloadError(_description(error, broken), transient=True) from None


def _host(url: httpx.URL) -> str:
    """A host by one name, however it is spelled."""
    host = url.raw_host.decode("ascii")
    return str(literal_address(host) or host.rstrip("."))


def _headers(url: httpx.URL, token: str | None, known: str | None) -> list[tuple[str, str]]:
    headers = [("Host", url.netloc.decode("ascii")), ("User-Agent", USER_AGENT), ("Accept-Encoding", "identity")]
    if token is not None:
        if not _TOKEN.fullmatch(token):
            raise DownloadError("the token is empty or contains characters other than visible ASCII", transient=False)
        headers.append(("Authorization", f"Bearer {token}"))
    if known is not None:
        headers.append(("If-None-Match", known))
    return headers


def _sendable(etag: str | None) -> str | None:
    """The ETag, if it is one."""
    return etag if etag is not None and len(etag) <= _LONGEST_ETAG and _ETAG.fullmatch(etag) else None


def _unwanted(status: int, retry_after: str | None) -> DownloadError:
    """An answer that is neither the list nor a permitted 304."""
    said = f"the server answered {status}"
    if status in _REMEDIES:
        said += f": {_REMEDIES[status]}"
    elif 300 <= status < 400:
        said += ": the operator does not follow redirects; use the final URL"
    elif status < 300:
        said += ": only status 200 returns a whole list"
    transient = status in _TRANSIENT_STATUSES or status >= 500
    return DownloadError(said, transient=transient, retry_after=retry_after if transient else None)


def _forbidden(error: DestinationRefusedError) -> str:
    if isinstance(error, AddressRefusedError):
        return f"the host is {error.kind} address; the operator connects to it only if --allow-cidr permits it"
    return str(error)


def _description(error: Exception, broken: str) -> str:
    match error:
        case httpcore.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:g} s"
        case httpcore.ConnectError(__cause__=socket.gaierror()):
            return "the host's name cannot be resolved"
        case httpcore.ConnectError(__cause__=ssl.SSLCertVerificationError(verify_code=62 | 64)):  # name, address
            return "the server's certificate is for another name"
        case httpcore.ConnectError(__cause__=ssl.SSLCertVerificationError(verify_message=reason)):
            return f"the server's certificate is not trusted: {reason} (to trust another authority, use --ca-file)"
        case httpcore.ConnectError(__cause__=ssl.SSLError()):
            return "the TLS handshake failed"
        case httpcore.ConnectError():
            return "the server cannot be reached"
        case httpcore.ProxyError():
            return "the proxy refused to connect to the server"
        case httpcore.NetworkError() | httpcore.RemoteProtocolError():
            return broken
        case _:
            return f"it failed ({type(error).__name__})"
