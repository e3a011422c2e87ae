"""What the tests of the dialer share: a connection, a schedule, and a dialer's API that answers by script."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.cxone.connection_secret import DEFAULT_SCOPE
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.outbound.egress import Egress
from campaign_operator.adapters.outbound.exchange import HTTPExchange
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import ScheduleRequest
from campaign_operator.engine.ports import Clock
from scripted_server import Received, Reply, ScriptedServer, answer

TOKEN_PATH = "/api/v2/oauth/token"

SCHEDULE = ScheduleRequest(
    campaign_id="8f14e45f",
    time_zone="America/New_York",
    start=datetime(2026, 11, 25, 14, 0, tzinfo=UTC),
    end=datetime(2026, 11, 25, 18, 0, tzinfo=UTC),
    idempotency_key="key-1",
)


class Granted:
    """A permission that is always in force."""

    def in_force(self) -> bool:
        return True


class ScriptedAPI:
    """A route for a scripted server: gives out tokens `tok-1`, `tok-2`..., and API answers one after another.

    The last API answer is given again and again. `token` takes the place of all answers of the token
    endpoint.
    """

    def __init__(self, *replies: Reply, token: Reply | None = None) -> None:
        self._replies = list(replies)
        self._token = token
        self.token_requests: list[Received] = []
        self.api_requests: list[Received] = []

    def __call__(self, request: Received) -> Reply:
        if request.target == TOKEN_PATH:
            self.token_requests.append(request)
            return self._token or answer(200, token_payload(f"tok-{len(self.token_requests)}"))
        self.api_requests.append(request)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class ListingAPI:
    """A route for a scripted server that lists `rows`, so many a page, to whoever asks; other replies for some requests
    by `instead`, which is given the query. `queries` are those of the listing.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, object]],
        page_size: int = 100,
        instead: Callable[[Mapping[str, str]], Reply | None] = lambda _query: None,
    ) -> None:
        self._rows = rows
        self._page_size = page_size
        self._instead = instead
        self.queries: list[dict[str, str]] = []

    def __call__(self, request: Received) -> Reply:
        if request.target == TOKEN_PATH:
            return answer(200, token_payload())
        query = dict(parse_qsl(urlsplit(request.target).query))
        self.queries.append(query)
        return self._instead(query) or self._page(int(query["page"]))

    def _page(self, number: int) -> Reply:
        first = (number - 1) * self._page_size
        total = max(1, -(-len(self._rows) // self._page_size))
        return page(self._rows[first : first + self._page_size], number, total)


def token_payload(value: str = "tok-1", **changes: object) -> dict[str, object]:
    return {"access_token": value, "expires_in": 3600, "token_type": "Bearer"} | changes


def page(rows: object, number: object = 1, total: object = 1) -> Reply:
    """One page of a listing or of analytics."""
    return answer(200, {"data": rows, "page": number, "totalPages": total})


def connection_to(url: str, **changes: str) -> Connection:
    connection = Connection(
        client_id="operator",
        client_secret="operator-secret",
        token_url=f"{url}{TOKEN_PATH}",
        api_base_url=url,
        scope=DEFAULT_SCOPE,
    )
    return replace(connection, **changes)


@asynccontextmanager
async def token_office(egress: Egress, clock: Clock | None = None) -> AsyncIterator[TokenProvider]:
    exchange = HTTPExchange(egress)
    office = TokenProvider(exchange, clock or SystemClock(), timeout_seconds=2)
    try:
        yield office
    finally:
        await office.aclose()
        await exchange.aclose()


@asynccontextmanager
async def dialer_on(
    egress: Egress, clock: Clock | None = None, *, request_timeout_seconds: float = 5
) -> AsyncIterator[CXoneDialer]:
    """A dialer as the program builds it."""
    exchange = HTTPExchange(egress)
    async with token_office(egress, clock) as tokens:
        try:
            yield CXoneDialer(exchange, tokens, clock or SystemClock(), request_timeout_seconds=request_timeout_seconds)
        finally:
            await exchange.aclose()
            egress.close()


@asynccontextmanager
async def dialer_to(
    server: ScriptedServer, clock: Clock | None = None, *, request_timeout_seconds: float = 5
) -> AsyncIterator[tuple[CXoneDialer, Connection]]:
    async with dialer_on(server.egress(), clock, request_timeout_seconds=request_timeout_seconds) as dialer:
        yield dialer, connection_to(server.url)
