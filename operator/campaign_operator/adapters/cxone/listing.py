"""What is kept of a listing while it is read, and how long it may be.

A campaign's listing grows for as long as the campaign lives, and only the part around the present matters. So what lies
outside the span that was asked for is let go as it is read, whether or not the dialer heeds the span. Sends nothing.
"""

from array import array
from datetime import timedelta
from urllib.parse import urlencode

from campaign_operator.adapters.cxone.paging import PagingLimits, TooLong, TooManyRowsError
from campaign_operator.adapters.cxone.wire import PAGE_SIZE, CancelledRow, Row, in_utc, read_schedule
from campaign_operator.adapters.outbound.answers import UnreadableAnswerError
from campaign_operator.domain.dialing.outcomes import ListingTooLong, Schedule, Span, Unavailable
from campaign_operator.engine.ports import Clock

MOST_KEPT = 100_000

# At 0.3 s a page, 8 at a time, this many pages take 375 s.
_WITHIN_SPAN = PagingLimits(pages=10_000, rows=1_000_000, seconds=600)
_ALL = PagingLimits(pages=_WITHIN_SPAN.pages, rows=MOST_KEPT, seconds=_WITHIN_SPAN.seconds)

_MANY_PAGES = 1000
_RELUCTANT_SECONDS = 86_400.0


def bounds_of_listing(span: Span | None) -> PagingLimits:
    """How much of a listing is read: far more where only the part within a span is kept."""
    return _ALL if span is None else _WITHIN_SPAN


def listing_query(page: int, span: Span | None) -> str:
    """The query for one page of a listing; the whole seconds that it names enclose the span."""
    query = {"page": str(page), "pageSize": str(PAGE_SIZE)}
    if span is not None:
        query |= {"from": in_utc(span.start), "to": in_utc(span.end + timedelta(microseconds=999_999))}
    return urlencode(query)


class ListedSchedules:
    """The schedules of one reading that overlap `span`, or all (paging.Gathering). `has_strays`: some did not.

    Of what is let go 8 bytes are kept, to find a schedule that is also told to lie within the span.
    """

    def __init__(self, campaign_id: str, span: Span | None, *, most_kept: int = MOST_KEPT) -> None:
        self._campaign_id = campaign_id
        self._most_kept = most_kept
        self._span = span
        self._kept: dict[str, Schedule | CancelledRow] = {}
        self._let_go = array("q")
        self._contradictory = False
        self.has_strays = False

    def begin(self) -> None:
        """See paging.Gathering."""
        self._kept.clear()
        self._let_go = array("q")
        self._contradictory = False
        self.has_strays = False

    def take(self, row: Row) -> str:
        """See paging.Gathering; the name of a row is the schedule's id."""
        found = read_schedule(row, self._campaign_id)
        if self._is_outside(found):
            self._let_go.append(hash(found.id))
            self.has_strays = self.has_strays or isinstance(found, Schedule)
        elif self._kept.setdefault(found.id, found) != found:
            self._contradictory = True
        if len(self._kept) > self._most_kept:
            raise TooManyRowsError
        return found.id

    def schedules(self) -> tuple[Schedule, ...]:
        """Each schedule once. Copies that differ are unreadable: one of them is not true."""
        kept = {hash(id_) for id_ in self._kept}
        if self._contradictory or not kept.isdisjoint(self._let_go):
            raise UnreadableAnswerError("it contains one schedule twice, with different values")
        return tuple(row for row in self._kept.values() if isinstance(row, Schedule))

    def _is_outside(self, found: Schedule | CancelledRow) -> bool:
        if self._span is None:
            return False
        return isinstance(found, CancelledRow) or not self._span.overlaps(found.start, found.end)


class Reluctance:
    """Which dialers would not do a thing, so that it is not asked of them; for a day, since they may be changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def remember(self, key: str) -> None:
        """The dialer would not."""
        now = self._clock.monotonic()
        self._until = {other: until for other, until in self._until.items() if until > now}
        self._until[key] = now + _RELUCTANT_SECONDS

    def holds(self, key: str) -> bool:
        """Whether the dialer would not, less than a day ago."""
        return self._until.get(key, 0.0) > self._clock.monotonic()


def told_too_long(found: TooLong, bounds: PagingLimits, *, span_is_ignored: bool) -> ListingTooLong | Unavailable:
    """How many there are, the limit, and what to do, in words for a person.

    A listing that is not read in time though it is not long at all is that of a slow dialer: asking again may help.
    """
    if found.out_of_time and found.pages <= _MANY_PAGES:
        return Unavailable(
            f"the listing cannot be used: it took more than {bounds.seconds:g} s to read {found.pages_read} of "
            f"{found.pages} pages"
        )
    limit = f"at most {bounds.rows:,} schedules on {bounds.pages:,} pages can be read"
    if found.out_of_time:
        limit = f"only {found.pages_read:,} pages could be read in {bounds.seconds:g} s"
    ignored = "; the dialer ignores the requested time range" if span_is_ignored else ""
    return ListingTooLong(
        found.rows,
        f"the dialer lists about {found.rows:,} schedules of the campaign on {found.pages:,} pages, but {limit}"
        f"{ignored}; cancel or delete old schedules of the campaign at the dialer",
    )
