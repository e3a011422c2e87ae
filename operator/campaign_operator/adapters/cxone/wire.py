"""The dialer's JSON: bodies that are sent, and rows of its answers read strictly.

Owns the form of things on the wire (dialect `cxone`). What is read here decides whether a schedule is sent a
second time, so nothing is guessed: what is not as agreed raises UnreadableAnswerError. Sends nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from campaign_operator.adapters.outbound.answers import NO_BODY, UnreadableAnswerError, json_object
from campaign_operator.domain.dialing.outcomes import (
    AnalyticsQuery,
    CallCounts,
    Schedule,
    ScheduleRequest,
    ScheduleState,
)
from campaign_operator.domain.planning.zones import load_zone

PAGE_SIZE = 100
ABSURD_PAGES = 100_000
LONGEST_ID = 128
"""In characters; that of a schedule also in bytes as etcd holds it."""

_LONGEST_ZONE = 64
_MOST_CALLS = 2**31 - 1
_METRICS = ("callsCompleted", "callsAttempted", "connected")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ][0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-][0-2]\d:[0-5]\d)", re.ASCII)

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CancelledRow:
    """A row of a cancelled schedule of which no more can be read. `id` is "" where not even that can be."""

    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing or of analytics, its rows not yet looked at."""

    rows: tuple[Row, ...]
    total_pages: int


def schedule_body(request: ScheduleRequest) -> bytes:
    """The body of a submission, times with the offset that the zone has then. Raises UnknownTimeZoneError."""
    zone = load_zone(request.time_zone)
    return _encoded(
        {
            "campaignId": request.campaign_id,
            "startTime": request.start.astimezone(zone).isoformat(),
            "endTime": request.end.astimezone(zone).isoformat(),
            "timezone": request.time_zone,
            "scheduleType": "ONE_TIME",
        }
    )


def analytics_body(query: AnalyticsQuery, page: int) -> bytes:
    """The body of a query for one page of analytics."""
    return _encoded(
        {
            "dateFrom": in_utc(query.date_from),
            "dateTo": in_utc(query.date_to),
            "groupBy": ["campaignId"],
            "metrics": list(_METRICS),
            "filter": {"campaignId": {"in": sorted(query.campaign_ids)}},
            "page": page,
            "pageSize": PAGE_SIZE,
        }
    )


def covers_no_second(query: AnalyticsQuery) -> bool:
    """Whether both dates are one on the wire, which the dialer refuses with 422.

    The first poll of a run comes within a second of its start; its refusal once set the campaign aside for four polls.
    """
    return in_utc(query.date_to) <= in_utc(query.date_from)


def read_schedule_id(body: bytes | None) -> str:
    """The id in the answer to a submission."""
    return _read_schedule_id(_object(body))


def read_page(body: bytes | None, page: int) -> Page:
    """Page number `page`, whose numbers agree with each other, and are not absurd."""
    found = _object(body)
    rows, total = found.get("data"), found.get("totalPages")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableAnswerError("its data is not a list of objects")
    if not _is_count(total):
        raise UnreadableAnswerError("its totalPages is not a number")
    total_pages = cast("int", total)
    if total_pages > ABSURD_PAGES:
        raise UnreadableAnswerError(f"it reports more than {ABSURD_PAGES} pages")
    if "page" in found and (not _is_count(found["page"]) or found["page"] != page):
        raise UnreadableAnswerError(f"it is not page {page}, which was requested")
    if page > total_pages and rows:
        raise UnreadableAnswerError("it has more pages than it reports")
    if not rows and (page > 1 or total_pages > 1):
        raise UnreadableAnswerError("one of its pages is empty")
    return Page(tuple(rows), total_pages)


def read_schedule(row: Row, campaign_id: str) -> Schedule | CancelledRow:
    """One row of the listing of that campaign.

    A row that cannot be read makes the whole listing unreadable, since it could be the very schedule that is looked
    for. Only a cancelled one cannot be: it never counts as carried out. The row of another campaign is no better: to
    adopt it would be wrong, and so would be to leave it out where the dialer merely spells our id in another way.
    """
    if row.get("campaignId", campaign_id) != campaign_id:
        raise UnreadableAnswerError("it belongs to another campaign; see campaignId")
    try:
        return _read_schedule(row)
    except UnreadableAnswerError:
        if row.get("state") == ScheduleState.CANCELLED:
            return CancelledRow(_id_if_any(row))
        raise


def read_count(row: Row) -> tuple[str, CallCounts | None]:
    """The campaign of one row of analytics and its counts; None where its numbers cannot be read."""
    numbers = [row.get(metric) for metric in _METRICS]
    readable = all(_is_count(number) for number in numbers)
    return _read_id(row, "campaignId"), CallCounts(*cast("list[int]", numbers)) if readable else None


def in_utc(moment: datetime) -> str:
    """An instant as the dialer takes it, in whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read_schedule(row: Row) -> Schedule:
    time_zone, state = row.get("timezone"), row.get("state")
    if not isinstance(time_zone, str) or not 0 < len(time_zone) <= _LONGEST_ZONE or not time_zone.isprintable():
        raise UnreadableAnswerError("its timezone cannot be read")
    if not isinstance(state, str) or state not in ScheduleState.__members__:
        raise UnreadableAnswerError("its state is unknown")
    return Schedule(
        id=_read_schedule_id(row),
        time_zone=time_zone,
        start=_read_time(row, "startTime"),
        end=_read_time(row, "endTime"),
        state=ScheduleState(state),
    )


def _read_id(row: Row, field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        raise UnreadableAnswerError(f"it has no usable {field}")
    return value


def _read_schedule_id(row: Row) -> str:
    """The id of a schedule, of which a status holds hundreds."""
    found = _read_id(row, "id")
    if _bytes_in_etcd(found) > LONGEST_ID:
        raise UnreadableAnswerError("it has no usable id")
    return found


def _bytes_in_etcd(text: str) -> int:
    """As the API server writes printable text in JSON, with six bytes for each of `<`, `>` and `&`."""
    return len(text.encode()) + 5 * sum(map(text.count, "<>&")) + sum(map(text.count, '"\\'))


def _id_if_any(row: Row) -> str:
    try:
        return _read_schedule_id(row)
    except UnreadableAnswerError:
        return ""


def _read_time(row: Row, field: str) -> datetime:
    value = row.get(field)
    problem = UnreadableAnswerError(f"its {field} is not a time with an offset")
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise problem
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise problem from error


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_CALLS


def _object(body: bytes | None) -> Row:
    if body is None:
        raise UnreadableAnswerError(NO_BODY)
    return json_object(body)


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
