"""The dialer NICE CXone (dialect `cxone`) behind the Dialer port.

Owns the calls and what their answers mean. A submission has only one question: may it have been carried out?
Whatever is not a clear answer is `Unclear`, however it looks: a 5xx, a status nobody expected, a 2xx without
a readable id. 401 is a clear no, so the token is fetched anew and the request sent once more, under the same
permission.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

from campaign_operator.adapters.answers import UnreadableAnswerError, retry_after_seconds
from campaign_operator.adapters.credentials import credentials_key
from campaign_operator.adapters.cxone_wire import (
    PAGE_SIZE,
    Page,
    Row,
    analytics_body,
    counts_by_campaign,
    covers_no_second,
    distinct_schedules,
    read_count,
    read_page,
    read_schedule,
    read_schedule_id,
    schedule_body,
)
from campaign_operator.adapters.exchange import (
    Answered,
    ExchangeOutcome,
    Forbidden,
    HTTPExchange,
    NeverSent,
    OutgoingRequest,
    Unanswered,
)
from campaign_operator.adapters.oauth import Token, TokenOffice
from campaign_operator.domain.connection import Connection
from campaign_operator.domain.dialing import (
    Accepted,
    AccessRefused,
    Analytics,
    AnalyticsOutcome,
    AnalyticsQuery,
    Authenticated,
    AuthenticateOutcome,
    Cancelled,
    CancelNotOffered,
    CancelOutcome,
    CancelRefused,
    DestinationRefused,
    Listing,
    ListingNotOffered,
    ListOutcome,
    NotSent,
    Rejected,
    ScheduleRequest,
    SendPermission,
    Span,
    SubmitOutcome,
    Throttled,
    Unavailable,
    Unclear,
)
from campaign_operator.domain.zones import UnknownTimeZoneError
from campaign_operator.ports import Clock

_LONGEST_READING_SECONDS = 120.0
_MOST_READINGS = 3
_ANALYTICS_PATH = "/api/v2/analytics/outbound/details/query"

_NoToken = AccessRefused | DestinationRefused | Throttled | Unavailable
_CallOutcome = ExchangeOutcome | _NoToken
_Fault = Throttled | AccessRefused | DestinationRefused | Unavailable
_FaultT = TypeVar("_FaultT")
_RowT = TypeVar("_RowT")


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Pages(Generic[_RowT, _FaultT]):
    """How to read something that comes in pages. `read_row` raises UnreadableAnswerError; what it returns is all that
    is kept of a row.
    """

    subject: str
    call_for: Callable[[int], _Call]
    read_row: Callable[[Row], _RowT]
    fault_of: Callable[[_CallOutcome, int], _FaultT]


@dataclass(frozen=True, slots=True)
class _Reading(Generic[_RowT]):
    """All pages of one answer, read one after another."""

    rows: tuple[_RowT, ...]
    pages: int


class CXoneDialer:
    """Speaks the dialer's REST API over an exchange, with tokens from a TokenOffice."""

    def __init__(
        self,
        exchange: HTTPExchange,
        tokens: TokenOffice,
        clock: Clock,
        *,
        request_timeout_seconds: float = 30.0,
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._clock = clock
        self._timeout_seconds = request_timeout_seconds

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        """Whether the dialer accepts these credentials; a token in the cache is an answer."""
        outcome = await self._tokens.token(connection)
        return Authenticated() if isinstance(outcome, Token) else outcome

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        """Send one schedule at most once; only a readable id in a 2xx is `Accepted`. See ports.Dialer."""
        try:
            path = _schedules_path(request.campaign_id)
            body = schedule_body(request)
        except (UnknownTimeZoneError, _UnusableIDError) as error:
            return NotSent(str(error))
        headers = {"Content-Type": "application/json", "Idempotency-Key": request.idempotency_key}
        outcome = await self._call(connection, _Call("POST", path, body, headers), permission)
        match outcome:
            case Answered():
                return self._submission(outcome)
            case Unanswered(message):
                return Unclear(message)
            case NeverSent(message) | Unavailable(message):
                return NotSent(message)
            case Forbidden(message):
                return DestinationRefused(f"api-base-url: {message}")
            case _:
                return outcome

    async def list_schedules(
        self, connection: Connection, campaign_id: str, span: Span | None = None
    ) -> ListOutcome:
        """All schedules of a campaign, or why they are not known. See ports.Dialer.

        Pages are cut from a list that may change while it is read: a row taken away from an earlier page
        moves all later ones up, and one of them is never seen. So a listing of more than one page is read
        until two readings running name the same schedules, and is `Unavailable` where they never do.
        """
        try:
            path = _schedules_path(campaign_id)
        except _UnusableIDError as error:
            return Unavailable(str(error))
        pages = _Pages(
            "listing",
            lambda page: _Call("GET", f"{path}?page={page}&pageSize={PAGE_SIZE}"),
            lambda row: read_schedule(row, campaign_id),
            self._listing_fault,
        )
        previous: list[str] | None = None
        for _ in range(_MOST_READINGS):
            reading = await self._read_pages(connection, pages)
            if not isinstance(reading, _Reading):
                return reading
            ids = [row.id for row in reading.rows]
            if reading.pages == 1 or ids == previous:
                try:
                    return Listing(distinct_schedules(reading.rows))
                except UnreadableAnswerError as error:
                    return Unavailable(f"the listing cannot be used: {error}")
            previous = ids
        return Unavailable("the listing changed each time it was read")

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> CancelOutcome:
        """Cancel a schedule; 204 and 404 are `Cancelled`, whatever is no clear answer `Unavailable`. See
        ports.Dialer.
        """
        try:
            path = f"{_schedules_path(campaign_id)}/{_segment('the schedule id', schedule_id)}"
        except _UnusableIDError as error:
            return Unavailable(str(error))
        outcome = await self._call(connection, _Call("DELETE", path), permission)
        match outcome:
            case Answered(status=204 | 404):
                return Cancelled()
            case Answered(status=405 | 501):
                return CancelNotOffered(outcome.status)
            case Answered(status=400 | 409 | 422):
                return CancelRefused(outcome.status, outcome.reason or "it gave no reason")
            case _:
                return self._fault(outcome)

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        """Counts of calls, all pages read. See ports.Dialer."""
        if not query.campaign_ids or covers_no_second(query):
            return Analytics({})
        headers = {"Content-Type": "application/json"}
        pages = _Pages(
            "analytics",
            lambda page: _Call("POST", _ANALYTICS_PATH, analytics_body(query, page), headers),
            read_count,
            lambda outcome, _page: self._fault(outcome),
        )
        reading = await self._read_pages(connection, pages)
        if not isinstance(reading, _Reading):
            return reading
        counts = counts_by_campaign(reading.rows)
        return Analytics(
            {id_: found for id_, found in counts.items() if found is not None and id_ in query.campaign_ids},
            frozenset(id_ for id_, found in counts.items() if found is None) & query.campaign_ids,
        )

    async def _call(
        self, connection: Connection, call: _Call, permission: SendPermission | None = None
    ) -> _CallOutcome:
        """Send with a token; where the dialer refuses that, once more with a new one."""
        token = await self._tokens.token(connection)
        if not isinstance(token, Token):
            return token
        outcome = await self._send(connection, call, token, permission)
        if not isinstance(outcome, Answered) or outcome.status != 401:
            return outcome
        self._tokens.discard(connection, token)
        token = await self._tokens.token(connection)
        if not isinstance(token, Token):
            return token
        return await self._send(connection, call, token, permission)

    async def _send(
        self, connection: Connection, call: _Call, token: Token, permission: SendPermission | None
    ) -> ExchangeOutcome:
        if "?" in connection.api_base_url or "#" in connection.api_base_url:
            return Forbidden("the URL must not carry a query or a fragment")
        request = OutgoingRequest(
            lane=credentials_key(connection),
            method=call.method,
            url=connection.api_base_url.rstrip("/") + call.path,
            headers={"Authorization": f"Bearer {token.value}", **call.headers},
            body=call.body,
            secrets=(token.value, connection.client_secret),
        )
        return await self._exchange.send(request, deadline_seconds=self._timeout_seconds, permission=permission)

    def _submission(self, answer: Answered) -> SubmitOutcome:
        message = _said(answer)
        match answer.status:
            case status if 200 <= status < 300:
                try:
                    return Accepted(read_schedule_id(answer.body))
                except UnreadableAnswerError as error:
                    return Unclear(f"the dialer answered {status}, but the answer cannot be used: {error}")
            case 400 | 422:
                return Rejected(answer.status, answer.reason or "it gave no reason")
            case 401 | 403 | 404:
                return AccessRefused(answer.status, "dialer", message)
            case 429:
                return Throttled(self._wait(answer), message)
            case _:
                return Unclear(message)

    async def _read_pages(
        self, connection: Connection, pages: _Pages[_RowT, _FaultT]
    ) -> _Reading[_RowT] | _FaultT | Unavailable:
        """All pages, which must agree on how many they are; the first fault ends the reading."""
        begun = self._clock.monotonic()
        rows: list[_RowT] = []
        total_pages = 1
        page = 1
        while page <= total_pages:
            if self._clock.monotonic() - begun > _LONGEST_READING_SECONDS:
                return Unavailable(
                    f"the {pages.subject} cannot be used: it took more than {_LONGEST_READING_SECONDS:g} s to read "
                    f"{page - 1} of {total_pages} pages"
                )
            outcome = await self._call(connection, pages.call_for(page))
            if not isinstance(outcome, Answered) or outcome.status != 200:
                return pages.fault_of(outcome, page)
            try:
                found = read_page(outcome.body, page, total_pages if page > 1 else None, len(rows))
                rows.extend(_read_rows(found, pages.read_row))
            except UnreadableAnswerError as error:
                return Unavailable(f"the {pages.subject} cannot be used: page {page}: {error}")
            total_pages = found.total_pages
            page += 1
        return _Reading(tuple(rows), page - 1)

    def _listing_fault(self, outcome: _CallOutcome, page: int) -> ListingNotOffered | _Fault:
        if isinstance(outcome, Answered) and outcome.status in (404, 405, 501):
            if page == 1:
                return ListingNotOffered(outcome.status)
            return Unavailable(_said(outcome), outcome.status)
        return self._fault(outcome)

    def _fault(self, outcome: _CallOutcome) -> _Fault:
        match outcome:
            case Forbidden(message):
                return DestinationRefused(f"api-base-url: {message}")
            case NeverSent(message) | Unanswered(message):
                return Unavailable(message)
            case Answered(status=401 | 403 | 404):
                return AccessRefused(outcome.status, "dialer", _said(outcome))
            case Answered(status=429):
                return Throttled(self._wait(outcome), _said(outcome))
            case Answered():
                return Unavailable(_said(outcome), outcome.status)
            case _:
                return outcome

    def _wait(self, answer: Answered) -> float | None:
        return retry_after_seconds(answer.headers.get("retry-after"), self._clock.now())


class _UnusableIDError(ValueError):
    """An id that no path can hold. The message is fit for users."""


def _schedules_path(campaign_id: str) -> str:
    return f"/api/v2/outbound/campaigns/{_segment('campaignID', campaign_id)}/schedules"


def _segment(name: str, value: str) -> str:
    """One segment of a path, which no id can leave."""
    if value in ("", ".", ".."):
        raise _UnusableIDError(f"{name} is empty or made of dots alone, which no URL can hold")
    return quote(value, safe="")


def _read_rows(page: Page, read_row: Callable[[Row], _RowT]) -> Iterator[_RowT]:
    """The rows as they are read; an error tells which row it is about."""
    for number, row in enumerate(page.rows, start=1):
        try:
            yield read_row(row)
        except UnreadableAnswerError as error:
            raise UnreadableAnswerError(f"row {number}: {error}") from error


def _said(answer: Answered) -> str:
    said = f"the dialer answered {answer.status}"
    return f"{said}: {answer.reason}" if answer.reason else said
