"""One request and what became of it, told so that nobody is phoned twice.

All that the adapters above need to know is one of four things: the destination is forbidden; the request
certainly never left; it may have left and nobody knows what became of it; it was answered. The line between
the second and the third is drawn just before the first byte of the request's head is written, and there,
after name resolution, connecting, TLS and all waiting, the permission to send is asked. Also keeps the
overall deadline and the bound on bodies, and lets the watchdog see to it that a request which needs a permission
is over in time even where this process stands still. Knows nothing of dialers, tokens or webhooks.
"""

import asyncio
import importlib.metadata
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.outbound.answers import cleaned, stated_reason
from campaign_operator.adapters.outbound.connection_pools import ConnectionPools
from campaign_operator.adapters.outbound.destinations import DestinationRefusedError
from campaign_operator.adapters.outbound.echoes import echoes_whole
from campaign_operator.adapters.outbound.egress import Egress
from campaign_operator.adapters.outbound.watchdog import Watchdog
from campaign_operator.domain.dialing.outcomes import SendPermission
from campaign_operator.observability import metrics

LARGEST_BODY_BYTES = 1024 * 1024
USER_AGENT = f"campaign-operator/{importlib.metadata.version('campaign-operator')}"
CONNECT_SECONDS = 10.0

_ABOUT_TO_WRITE = ("http11.send_request_headers.started", "http11.send_request_body.started")
_STATUS = re.compile(r"[0-9]{3}\b")
_SSL_SOURCE_LINE = re.compile(r" \(_ssl\.c:\d+\)")


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request to be sent at most once. Whatever may carry a secret is left out of `repr`."""

    pool: str
    """Names the requests that share connections and the limit of concurrency."""

    method: str
    """The HTTP method."""

    url: str = field(repr=False)
    """The whole URL."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """In addition to those that the exchange sets."""

    body: bytes | None = field(default=None, repr=False)
    """None for a request without one."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What an answer must not bring back into a message."""

    owner: str = ""
    """Whose request it is, such as a namespace: what one owner has under way must leave room for the others."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Our own rules refuse the destination. Nothing was sent."""

    message: str


@dataclass(frozen=True, slots=True)
class NeverSent:
    """Certainly no byte of the request left."""

    message: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """At least one byte may have left, and no status line came back."""

    message: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A status line came back.

    `body` is None where it is larger than LARGEST_BODY_BYTES, was cut off, is encoded, repeats a secret, or was not
    asked for.
    `reason` is the answer's own short error message, cleaned; "" where it gave none.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes | None = field(repr=False)
    reason: str


ExchangeOutcome = Forbidden | NeverSent | Unanswered | Answered


@dataclass(frozen=True, slots=True)
class OverInTime:
    """A request that needs a permission is over after `seconds`, or this process is."""

    watchdog: Watchdog
    seconds: float


class HTTPExchange:
    """Sends requests, each at most once. One exchange per purpose: dialer, token endpoint, webhook.

    `places`: for all requests under way; without, only pools bound them.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        width: int = 16,
        keep_alive: bool = True,
        idle_seconds: float = 30.0,
        over_in_time: OverInTime | None = None,
        places: FairPlaces | None = None,
    ) -> None:
        self._egress = egress
        self._places = places
        self._over_in_time = over_in_time
        self._pools = ConnectionPools(
            egress.open_connection, width=width, keep_alive=keep_alive, idle_seconds=idle_seconds
        )

    async def send(
        self,
        request: OutgoingRequest,
        *,
        deadline_seconds: float,
        permission: SendPermission | None = None,
        read_body: bool = True,
    ) -> ExchangeOutcome:
        """Send at most once. `deadline_seconds` bounds it all, from the wait for a place to the last byte.

        Raises nothing for what network or server do; only a cancellation comes through.
        """
        progress = _Progress(permission)
        fault = ""
        try:
            url = self._egress.judged_url(request.url)
            with self._watched(permission):
                async with (
                    asyncio.timeout(deadline_seconds),
                    self._place(request.owner),
                    self._pools.connection(request.pool, target(url).origin, request.owner) as connection,
                ):
                    await _talk(connection, url, request, progress, deadline_seconds, read_body)
        except DestinationRefusedError as error:
            return Forbidden(str(error))
        except Exception as error:  # whatever went wrong, what matters is how far the request had come
            fault = _description(
                error, f"no {'answer' if progress.left else 'connection'} within {deadline_seconds:g} s"
            )
        return progress.outcome(fault)

    def _place(self, owner: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._places is None else self._places.take(owner)

    def _watched(self, permission: SendPermission | None) -> AbstractContextManager[None]:
        if permission is None or self._over_in_time is None:
            return nullcontext()
        return self._over_in_time.watchdog.over_within(self._over_in_time.seconds)

    async def aclose(self) -> None:
        """Close every connection; requests still under way end as Unanswered or NeverSent."""
        await self._pools.aclose()


class PermissionLapsedError(Exception):
    """The permission to send was no longer in force when the request was about to leave."""


class _Progress:
    """How far one request has come."""

    def __init__(self, permission: SendPermission | None) -> None:
        self._permission = permission
        self.left = False
        self.answer: Answered | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore calls this at every step; what it raises aborts the request and closes the connection.

        The permission is asked again before the body: a process that was stopped in between would else
        complete the request when it wakes, and only a complete request is carried out.
        """
        if event not in _ABOUT_TO_WRITE or info["request"].method == b"CONNECT":
            return  # CONNECT is to the proxy: the request itself follows it
        if self._permission is not None and not self._permission.in_force():
            metrics.permission_lapses.inc()
            raise PermissionLapsedError
        self.left = True

    def outcome(self, fault: str) -> ExchangeOutcome:
        """What the request came to; `fault` says what stopped it, if anything did."""
        if self.answer is not None:
            return self.answer
        return Unanswered(fault) if self.left else NeverSent(fault)


async def _talk(
    connection: httpcore.AsyncConnectionInterface,
    url: httpx.URL,
    request: OutgoingRequest,
    progress: _Progress,
    deadline_seconds: float,
    read_body: bool,
) -> None:
    timeouts = dict.fromkeys(("read", "write"), deadline_seconds)
    async with connection.stream(
        request.method,
        target(url),
        headers=[
            ("Host", url.netloc.decode("ascii")),
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            *request.headers.items(),
        ],
        content=request.body,
        extensions={
            "timeout": {**timeouts, "connect": min(CONNECT_SECONDS, deadline_seconds)},
            "trace": progress.trace,
        },
    ) as response:
        headers = httpx.Headers(response.headers)
        progress.answer = Answered(response.status, headers, body=None, reason="")
        if read_body:
            body = await _bounded_body(response, headers)
            reason = stated_reason(body, request.secrets) if response.status >= 400 else ""
            if body is not None and echoes_whole(body, request.secrets):
                body = None
            progress.answer = Answered(response.status, headers, body, reason)


def target(url: httpx.URL) -> httpcore.URL:
    """A URL as httpcore wants it."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


async def _bounded_body(response: httpcore.Response, headers: httpx.Headers) -> bytes | None:
    """The body; None where it is too large, or encoded (a small encoded body can become a huge one)."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return None
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)


def _description(error: Exception, too_late: str) -> str:
    """What went wrong, in words of ours (`too_late` for a time-out): a library's message may quote the answer."""
    match error:
        case PermissionLapsedError():
            return "the permission to send expired before the request left"
        case TimeoutError() | httpcore.ReadTimeout() | httpcore.WriteTimeout():
            return too_late
        case httpcore.ConnectTimeout():
            return str(error) or too_late
        case httpcore.ConnectError():
            return cleaned(_SSL_SOURCE_LINE.sub("", str(error))) or "the TLS handshake failed"
        case httpcore.ProxyError():
            # without the words after the status: a proxy may repeat its password there
            return f"the proxy refused with {said[0]}" if (said := _STATUS.match(str(error))) else "the proxy refused"
        case httpcore.RemoteProtocolError() if "disconnected" not in str(error):
            return "the answer is not HTTP"
        case httpcore.NetworkError() | httpcore.RemoteProtocolError():
            return "the connection broke before the answer"
        case _:
            return f"it failed ({type(error).__name__})"
