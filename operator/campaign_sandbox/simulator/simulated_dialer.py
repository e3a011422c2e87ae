"""The simulated dialer itself: who may do what, and what is answered.

Owns the rules of the five calls (token, submit, list, cancel, analytics) over tokens, schedules and the
count of calls. It knows neither the server nor faults: it is the dialer as it should be, and carries every
request out exactly once, as often as it is asked. Each call is carried out without giving up control, so
that none sees another half done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from http import HTTPStatus
from typing import Any

from campaign_sandbox.server_answers import Answer, RefusedError, refused_with
from campaign_sandbox.simulator.calls import CallRate, CallTotals, count_calls
from campaign_sandbox.simulator.dialer_faults import ApiCall
from campaign_sandbox.simulator.past import PastSchedules
from campaign_sandbox.simulator.schedules import ScheduleBook, ScheduleState
from campaign_sandbox.simulator.simulator_settings import Client, SimulatorSettings
from campaign_sandbox.simulator.simulator_zones import zone_linked_to
from campaign_sandbox.simulator.tokens import ANALYTICS_READ, CAMPAIGN_WRITE, TokenIssuer
from campaign_sandbox.simulator.wire import (
    LARGEST_PAGE,
    AnalyticsQuery,
    ScheduleRequest,
    TimeRange,
    UnprocessableError,
    read_body,
    read_json,
    read_range,
)


@dataclass(frozen=True)
class Arrival:
    """A request as it came in: what of it the dialer looks at."""

    call: ApiCall
    campaign_id: str = ""
    schedule_id: str = ""
    query: Mapping[str, str] | None = None
    authorization: str | None = None
    content_type: str | None = None
    idempotency_key: str | None = None
    body: bytes = b""


class SimulatedDialer:
    """Carries requests out. `now` is its only clock."""

    def __init__(self, settings: SimulatorSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self.tokens = TokenIssuer(settings.clients, settings.token_lifetime_seconds, now)
        self.schedules = ScheduleBook()
        self.past: dict[str, PastSchedules] = {}
        self.lag: dict[str, timedelta] = {}

    def carry_out(self, arrival: Arrival) -> Answer:
        """Do what a request asks for and answer it; a refusal is an answer, too."""
        calls: dict[ApiCall, Callable[[Arrival], Answer]] = {
            "token": self._issue_token,
            "submit": self._submit,
            "list": self._list,
            "cancel": self._cancel,
            "analytics": self._analytics,
        }
        try:
            return calls[arrival.call](arrival)
        except RefusedError as refused:
            return refused.answer
        except UnprocessableError as problem:
            return refused_with(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_failed", str(problem)).answer

    def _issue_token(self, arrival: Arrival) -> Answer:
        return self.tokens.issue(arrival.authorization, arrival.content_type, arrival.body)

    def _submit(self, arrival: Arrival) -> Answer:
        client = self._client_of_campaign(arrival)
        request = read_body(ScheduleRequest, read_json(arrival.content_type, arrival.body))
        now = self._now()
        request.check(arrival.campaign_id, now)
        schedule = self.schedules.add(
            campaign_id=arrival.campaign_id,
            client_id=client.id,
            time_zone=request.timezone,
            start=request.start_time,
            end=request.end_time,
            idempotency_key=arrival.idempotency_key,
            now=now,
        )
        return Answer(HTTPStatus.CREATED, {"id": schedule.id})

    def _list(self, arrival: Arrival) -> Answer:
        if not self._settings.list_offered:
            raise not_offered(HTTPStatus.METHOD_NOT_ALLOWED)
        self._client_of_campaign(arrival)
        query = arrival.query or {}
        page = _page_number(query, "page", 1)
        page_size = min(_page_number(query, "pageSize", LARGEST_PAGE), LARGEST_PAGE)
        asked_for = self._range_asked_for(query)
        now = self._now()
        past = self.past.get(arrival.campaign_id, PastSchedules(arrival.campaign_id, 0, "Etc/UTC", now))
        numbers = past.overlapping(asked_for.start, asked_for.end)
        lag = self.lag.get(arrival.campaign_id, timedelta(seconds=self._settings.listing_lag_seconds))
        shown_at = now - lag
        shown = (one.as_of(shown_at) for one in self.schedules.of_campaign(arrival.campaign_id))
        present = [one for one in shown if one is not None and asked_for.overlaps(one.start, one.end)]

        def row(position: int) -> dict[str, Any]:
            is_past = position < len(numbers)
            schedule = past.schedule(numbers[position]) if is_past else present[position - len(numbers)]
            is_canonical = self._settings.listed_zones == "canonical"
            return schedule.listed(now, zone_linked_to(schedule.time_zone) if is_canonical else None)

        return _page(len(numbers) + len(present), row, page, page_size)

    def _range_asked_for(self, query: Mapping[str, str]) -> TimeRange:
        match self._settings.listing_range:
            case "refused" if query.keys() & {"from", "to"}:
                raise refused_with(HTTPStatus.BAD_REQUEST, "unknown_parameter", "from and to are not known here")
            case "honoured":
                return read_range(query)
            case _:
                return TimeRange(None, None)

    def _cancel(self, arrival: Arrival) -> Answer:
        if not self._settings.delete_offered:
            raise not_offered(HTTPStatus.METHOD_NOT_ALLOWED)
        self._client_of_campaign(arrival)
        schedule = self.schedules.find(arrival.campaign_id, arrival.schedule_id)
        now = self._now()
        if schedule is None or schedule.state(now) is ScheduleState.CANCELLED:
            raise refused_with(HTTPStatus.NOT_FOUND, "not_found", "there is no such schedule")
        if schedule.state(now) is not ScheduleState.SCHEDULED:
            raise refused_with(HTTPStatus.CONFLICT, "conflict", "the schedule has started")
        self.schedules.cancel(schedule, now)
        return Answer(HTTPStatus.NO_CONTENT)

    def _analytics(self, arrival: Arrival) -> Answer:
        client = self.tokens.bearer(arrival.authorization, ANALYTICS_READ)
        query = read_body(AnalyticsQuery, read_json(arrival.content_type, arrival.body))
        query.check()
        found = []
        for campaign_id in query.campaign_ids:
            # Left out, not refused: one foreign id among many must not hide the client's own.
            counts = self._counts(campaign_id, query) if self._settings.belongs_to(campaign_id, client) else None
            if counts and counts.attempted:
                found.append((campaign_id, counts))
        of = self._settings.rows_per_campaign
        # The rows of a campaign lie as far apart as they can, so that they are on different pages where there are some.
        rows = [_row(id_, counts.part(number, of), query) for number in range(of) for id_, counts in found]
        return _page(len(rows), rows.__getitem__, query.page, query.page_size)

    def _counts(self, campaign_id: str, query: AnalyticsQuery) -> CallTotals:
        rate = CallRate(
            calls_per_second=Fraction(str(self._settings.calls_per_second)),
            total=self._settings.total_calls(campaign_id) or 0,
        )
        openings = [opening for one in self.schedules.of_campaign(campaign_id) for opening in one.openings]
        return count_calls(openings, rate, since=query.date_from, until=min(query.date_to, self._now()))

    def _client_of_campaign(self, arrival: Arrival) -> Client:
        client = self.tokens.bearer(arrival.authorization, CAMPAIGN_WRITE)
        if self._settings.total_calls(arrival.campaign_id) is None:
            raise refused_with(HTTPStatus.NOT_FOUND, "not_found", "there is no such campaign")
        if not self._settings.belongs_to(arrival.campaign_id, client):
            raise refused_with(HTTPStatus.FORBIDDEN, "forbidden", "the campaign is not of this client")
        return client


def not_offered(status: int) -> RefusedError:
    """The refusal of a dialer that does not have this call at all."""
    return refused_with(status, "not_offered", "this dialer does not offer this call")


def _row(campaign_id: str, counts: CallTotals, query: AnalyticsQuery) -> dict[str, Any]:
    metrics = {
        "callsCompleted": counts.completed,
        "callsAttempted": counts.attempted,
        "connected": counts.connected,
    }
    return {"campaignId": campaign_id} | {name: metrics[name] for name in query.metrics}


def _page_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise UnprocessableError(f"{name}: must be a whole number from 1 up")
    return int(text)


def _page(count: int, row: Callable[[int], dict[str, Any]], page: int, page_size: int) -> Answer:
    """One page of `count` rows, which are made as they are needed. No rows at all are one empty page; a page behind the
    last is empty.
    """
    positions = range(count)[(page - 1) * page_size : page * page_size]
    total_pages = max(1, -(-count // page_size))
    data = [row(position) for position in positions]
    return Answer(HTTPStatus.OK, {"data": data, "page": page, "totalPages": total_pages})
