"""The dialer NICE CXone (dialect `cxone`) behind the Dialer port.

Owns the calls and what their answers mean. A submission has only one question: may it have been carried out?
Whatever is not a clear answer is `Unclear`, however it looks: a 5xx, a status nobody expected, a 2xx without
a readable id. 401 is a clear no, so the token is fetched anew and the request sent once more, under the same
permission.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote
from weakref import WeakValueDictionary

from campaign_operator.adapters.credentials import basic_credentials, credentials_key
from campaign_operator.adapters.cxone.counts import ANALYTICS_BOUNDS, CountedCalls
from campaign_operator.adapters.cxone.listing import (
    ListedSchedules,
    Reluctance,
    bounds_of_listing,
    listing_query,
    told_too_long,
)
from campaign_operator.adapters.cxone.oauth import Token, TokenProvider
from campaign_operator.adapters.cxone.paging import PAGES_AT_ONCE, Pages, PagingLimits, TooLong, read_all
from campaign_operator.adapters.cxone.request_outcome import request_outcome
from campaign_operator.adapters.cxone.wire import (
    Page,
    analytics_body,
    covers_no_second,
    read_page,
    read_schedule_id,
    schedule_body,
)
from campaign_operator.adapters.outbound.answers import UnreadableAnswerError, retry_after_seconds
from campaign_operator.adapters.outbound.exchange import (
    Answered,
    ExchangeOutcome,
    Forbidden,
    HTTPExchange,
    NeverSent,
    OutgoingRequest,
    Unanswered,
)
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessGranted,
    AccessOutcome,
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
    ListingTooLong,
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
from campaign_operator.domain.planning.zones import UnknownTimeZoneError
from campaign_operator.engine.ports import Clock
from campaign_operator.observability import metrics
from campaign_operator.observability.metrics import DialerCall

_ANALYTICS_PATH = "/api/v2/analytics/outbound/details/query"

_MOMENT = timedelta(seconds=1)
_REFUSED_SPAN = (400, 422)

_NoToken = AccessRefused | DestinationRefused | Throttled | Unavailable
_CallOutcome = ExchangeOutcome | _NoToken
_Fault = Throttled | AccessRefused | DestinationRefused | Unavailable
_FaultT = TypeVar("_FaultT")


@dataclass(frozen=True, slots=True)
class _Call:
    kind: DialerCall
    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class CXoneDialer:
    """Speaks the dialer's REST API over an exchange, with tokens from a TokenOffice."""

    def __init__(
        self,
        exchange: HTTPExchange,
        tokens: TokenProvider,
        clock: Clock,
        *,
        request_timeout_seconds: float = 30.0,
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._clock = clock
        self._timeout_seconds = request_timeout_seconds
        self._without_span = Reluctance(clock)
        self._page_by_page = Reluctance(clock)
        self._places: WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = WeakValueDictionary()

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        """Whether the token endpoint accepts these credentials; a token in the cache is an answer."""
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
        outcome = await self._call(connection, _Call(DialerCall.SUBMIT, "POST", path, body, headers), permission)
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

    async def list_schedules(self, connection: Connection, campaign_id: str, span: Span | None = None) -> ListOutcome:
        """All schedules of a campaign, or all that overlap `span`, or why they are not known. See ports.Dialer.

        A dialer that refuses to be asked for a span is asked for all, now and from then on.
        """
        try:
            path = _schedules_path(campaign_id)
        except _UnusableIDError as error:
            return Unavailable(str(error))

        async def listing(asked_for: Span | None) -> ListOutcome:
            pages = self._pages(
                connection,
                "listing",
                lambda page: _Call(DialerCall.LIST, "GET", f"{path}?{listing_query(page, asked_for)}"),
                self._listing_fault,
                bounds_of_listing(span),
            )
            return await self._listing(pages, ListedSchedules(campaign_id, span), by_span=asked_for is not None)

        dialer = credentials_key(connection)
        if span is None or self._without_span.holds(dialer):
            return await listing(None)
        outcome = await listing(span)
        if not isinstance(outcome, Unavailable) or outcome.code not in _REFUSED_SPAN:
            return outcome
        outcome = await listing(None)
        if isinstance(outcome, Listing | ListingTooLong):
            self._without_span.remember(dialer)
        return outcome

    async def check_access(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        """Whether the dialer accepts the credentials for the campaign, by one page of its listing. See ports.Dialer."""
        try:
            path = _schedules_path(campaign_id)
        except _UnusableIDError as error:
            return Unavailable(str(error))
        now = self._clock.now()
        spans = (None,) if self._without_span.holds(credentials_key(connection)) else (Span(now, now + _MOMENT), None)
        outcome: AccessOutcome = Unavailable("the dialer was not asked")
        for span in spans:
            call = _Call(DialerCall.CHECK_ACCESS, "GET", f"{path}?{listing_query(1, span)}")
            outcome = self._access(await self._call(connection, call))
            if not isinstance(outcome, Unavailable) or outcome.code not in _REFUSED_SPAN:
                break
        return outcome

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
        outcome = await self._call(connection, _Call(DialerCall.CANCEL, "DELETE", path), permission)
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
        pages = self._pages(
            connection,
            "analytics",
            lambda page: _Call(DialerCall.ANALYTICS, "POST", _ANALYTICS_PATH, analytics_body(query, page), headers),
            lambda outcome, _page: self._fault(outcome),
            ANALYTICS_BOUNDS,
        )
        counted = CountedCalls(query.campaign_ids)
        match await read_all(pages, counted, self._clock):
            case None:
                return counted.analytics()
            case TooLong() as found:
                return Unavailable(
                    f"the analytics cannot be used: only {found.pages_read} of {found.pages} pages could be read"
                )
            case fault:
                return fault

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
            return Forbidden("the URL must not have a query or a fragment")
        request = OutgoingRequest(
            pool=credentials_key(connection),
            method=call.method,
            url=connection.api_base_url.rstrip("/") + call.path,
            headers={"Authorization": f"Bearer {token.value}", **call.headers},
            body=call.body,
            # the token endpoint may be of the same server
            secrets=(token.value, connection.client_secret, basic_credentials(connection)),
            owner=connection.owner,
        )
        begun = self._clock.monotonic()
        with metrics.dialer_requests_under_way.track_inprogress():
            outcome = await self._exchange.send(request, deadline_seconds=self._timeout_seconds, permission=permission)
        measured = metrics.dialer_request_duration.labels(call.kind, request_outcome(call.kind, outcome))
        measured.observe(self._clock.monotonic() - begun)
        return outcome

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

    def _pages(
        self,
        connection: Connection,
        subject: str,
        call_for: Callable[[int], _Call],
        fault_of: Callable[[_CallOutcome, int], _FaultT],
        bounds: PagingLimits,
    ) -> Pages[_FaultT]:
        """How its pages are fetched: the first at once, those after it with few others of the same connection, so that
        a long listing leaves places in the pool for what must be sent in time. A dialer that throttles these is read
        page by page the next time.
        """
        dialer = credentials_key(connection)
        at_once = 1 if self._page_by_page.holds(dialer) else PAGES_AT_ONCE
        places = self._places.setdefault((dialer, at_once), asyncio.Semaphore(at_once))

        async def fetch(page: int) -> Page | _FaultT:
            async with nullcontext() if page == 1 else places:
                outcome = await self._call(connection, call_for(page))
            if page > 1 and isinstance(outcome, Answered) and outcome.status == 429:
                self._page_by_page.remember(dialer)
            if not isinstance(outcome, Answered) or outcome.status != 200:
                return fault_of(outcome, page)
            return read_page(outcome.body, page)

        return Pages(subject, fetch, bounds)

    async def _listing(
        self, pages: Pages[ListingNotOffered | _Fault], listed: ListedSchedules, *, by_span: bool
    ) -> ListOutcome:
        match await read_all(pages, listed, self._clock):
            case None:
                try:
                    return Listing(listed.schedules())
                except UnreadableAnswerError as error:
                    return Unavailable(f"the listing cannot be used: {error}")
            case TooLong() as found:
                return told_too_long(found, pages.bounds, span_is_ignored=by_span and listed.has_strays)
            case fault:
                return fault

    def _access(self, outcome: _CallOutcome) -> AccessOutcome:
        """A page of anything else, such as a form to log in with, is no listing."""
        if not isinstance(outcome, Answered) or outcome.status != 200:
            return self._listing_fault(outcome, 1)
        try:
            read_page(outcome.body, 1)
        except UnreadableAnswerError as error:
            return Unavailable(f"the listing cannot be used: {error}")
        return AccessGranted()

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
        raise _UnusableIDError(f"{name} must not be empty or consist only of dots")
    return quote(value, safe="")


def _said(answer: Answered) -> str:
    said = f"the dialer answered {answer.status}"
    return f"{said}: {answer.reason}" if answer.reason else said
