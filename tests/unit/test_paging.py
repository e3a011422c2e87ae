"""Half a million rows: how many requests they cost, how many are under way, and what is held of them."""

import asyncio
import tracemalloc
import weakref
from datetime import UTC, datetime, timedelta

import pytest

from campaign_operator.adapters.cxone.listing import ListedSchedules, bounds_of_listing
from campaign_operator.adapters.cxone.paging import Pages, TooManyRowsError, read_all
from campaign_operator.adapters.cxone.wire import PAGE_SIZE, Page, Row
from campaign_operator.domain.dialing.outcomes import Span, Unavailable
from manual_clock import NOON, ManualClock

SPAN = Span(NOON, NOON + timedelta(hours=6))
PAGES = 5000
SECONDS_A_PAGE = 0.3


class CountedRow(dict[str, object]):
    """A row of which can be told whether it is still held."""

    __hash__ = object.__hash__  # type: ignore[assignment] # by identity, as a weak set needs it


class LongListing:
    """Half a million rows, a page of which takes 0.3 s, eight at a time."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.requests = 0
        self.under_way = self.most_under_way = 0
        self.most_held = 0
        self._held: weakref.WeakSet[CountedRow] = weakref.WeakSet()

    async def fetch(self, number: int) -> Page | Unavailable:
        self.requests += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self._clock.advance(SECONDS_A_PAGE / 8)
        self.under_way -= 1
        first = CountedRow(id=f"{number}-0")
        self._held.add(first)
        self.most_held = max(self.most_held, len(self._held))
        return Page((first, *({"id": f"{number}-{row}"} for row in range(1, PAGE_SIZE))), PAGES)


class Counting:
    """Keeps nothing but how many there were."""

    def __init__(self) -> None:
        self.rows = 0

    def begin(self) -> None:
        self.rows = 0

    def take(self, row: Row) -> str:
        self.rows += 1
        return str(row["id"])


async def test_half_a_million_rows_are_read_in_time_twice_and_let_go_page_by_page() -> None:
    clock, counting = ManualClock(), Counting()
    listing = LongListing(clock)
    ended = await read_all(Pages("listing", listing.fetch, bounds_of_listing(SPAN)), counting, clock)
    assert ended is None
    assert counting.rows == PAGES * PAGE_SIZE
    assert listing.requests == 2 * PAGES
    assert listing.most_under_way == 8
    assert listing.most_held <= 9


def row(number: int, day: datetime) -> dict[str, object]:
    times = {"startTime": day.isoformat(), "endTime": (day + timedelta(hours=1)).isoformat()}
    return {"id": f"s-{number}", "timezone": "Europe/London", "state": "FINISHED", **times}


def test_what_lies_outside_the_span_takes_a_few_bytes() -> None:
    listed = ListedSchedules("8f14e45f", SPAN)
    year_ago = datetime(2025, 11, 25, 9, 0, tzinfo=UTC)
    tracemalloc.start()
    try:
        for number in range(5000):
            listed.take(row(number, year_ago))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    listed.take(row(5000, NOON))
    assert [schedule.id for schedule in listed.schedules()] == ["s-5000"]
    assert held < 5000 * 16


def test_more_than_can_be_kept_is_not_kept() -> None:
    listed = ListedSchedules("8f14e45f", SPAN, most_kept=3)
    for number in (0, 1, 2, 0):
        listed.take(row(number, NOON))
    listed.take(row(4, NOON) | {"state": "CANCELLED", "startTime": "whenever"})
    with pytest.raises(TooManyRowsError):
        listed.take(row(3, NOON))
