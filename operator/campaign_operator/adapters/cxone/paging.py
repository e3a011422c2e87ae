"""Reading what comes in pages: side by side, within bounds, and so that no row is missed or seen twice.

Owns the order in which pages are read, the rule that all of them agree, and the rule by which a reading is relied upon.
Pages are cut from rows that may change while they are read: a row taken away from an earlier page moves all later ones
up, and one of them is never seen. So what has more than one page is read until two readings running come to the same
rows. Holds no row: each is handed on as it is read. Knows neither HTTP nor what the rows mean.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, Protocol, TypeVar

from campaign_operator.adapters.cxone.wire import Page, Row
from campaign_operator.adapters.outbound.answers import UnreadableAnswerError
from campaign_operator.domain.dialing.outcomes import Unavailable
from campaign_operator.engine.ports import Clock

PAGES_AT_ONCE = 8

_MOST_READINGS = 3
_DIGEST_BYTES = 16


class Gathering(Protocol):
    """What is made of the rows of one reading."""

    def begin(self) -> None:
        """Forget what was taken: a reading begins."""

    def take(self, row: Row) -> str:
        """Take one row; the name that tells it from others. Raises UnreadableAnswerError and TooManyRowsError."""


_FaultT = TypeVar("_FaultT")


@dataclass(frozen=True, slots=True)
class PagingLimits:
    """How much of one thing is read. The time is that of one reading."""

    pages: int
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pages(Generic[_FaultT]):
    """Something that comes in pages, and how a page is fetched, which may raise UnreadableAnswerError."""

    subject: str
    fetch: Callable[[int], Awaitable[Page | _FaultT]]
    bounds: PagingLimits


@dataclass(frozen=True, slots=True)
class TooLong:
    """There is more than the bounds allow: so many pages, with about so many rows. `out_of_time`: it was the time that
    did not suffice, after `pages_read`.
    """

    pages: int
    rows: int
    pages_read: int
    out_of_time: bool


class TooManyRowsError(Exception):
    """More rows are to be kept than there is room for."""


async def read_all(pages: Pages[_FaultT], gathering: Gathering, clock: Clock) -> TooLong | _FaultT | Unavailable | None:
    """Have `gathering` take all rows, in a reading that can be relied upon; or why there is none."""
    previous: bytes | None = None
    for _ in range(_MOST_READINGS):
        gathering.begin()
        reading = _Reading(pages, gathering, clock)
        ended = await reading.read()
        if ended is not None:
            return ended
        if reading.pages <= 1 or reading.digest() == previous:
            return None
        previous = reading.digest()
    return Unavailable(f"the {pages.subject} cannot be used: every attempt returned different rows")


class _Reading(Generic[_FaultT]):
    """All pages, each read once."""

    def __init__(self, source: Pages[_FaultT], gathering: Gathering, clock: Clock) -> None:
        self._source = source
        self._gathering = gathering
        self._clock = clock
        self._begun = clock.monotonic()
        self._rows = 0
        self._digests: dict[int, bytes] = {}
        self.pages = 1

    async def read(self) -> TooLong | _FaultT | Unavailable | None:
        """The first page tells how many there are; what ended the reading before it was complete, None if nothing."""
        ended = await self._read_page(1)
        if ended is not None:
            return ended
        if self.pages > self._source.bounds.pages or self._rows * self.pages > self._source.bounds.rows:
            return self._too_long()
        return await _side_by_side(range(2, self.pages + 1), self._read_page) if self.pages > 1 else None

    def digest(self) -> bytes:
        """Tells readings of the same rows, in the same order on the same pages, from all others."""
        in_order = (self._digests[number] for number in sorted(self._digests))
        return blake2b(b"".join(in_order), digest_size=_DIGEST_BYTES).digest()

    async def _read_page(self, number: int) -> TooLong | _FaultT | Unavailable | None:
        if self._clock.monotonic() - self._begun > self._source.bounds.seconds:
            return self._too_long(out_of_time=True)
        try:
            page = await self._source.fetch(number)
            if not isinstance(page, Page):
                return page
            self._take(page, number)
        except UnreadableAnswerError as error:
            return Unavailable(f"the {self._source.subject} cannot be used: page {number}: {error}")
        except TooManyRowsError:
            return self._too_long()
        return self._too_long() if self._rows > self._source.bounds.rows else None

    def _take(self, page: Page, number: int) -> None:
        if number == 1:
            self.pages = page.total_pages
        elif page.total_pages != self.pages:
            raise UnreadableAnswerError("its number of pages differs from that of the first page")
        self._rows += len(page.rows)
        names = blake2b(digest_size=_DIGEST_BYTES)
        for position, row in enumerate(page.rows, start=1):
            try:
                name = self._gathering.take(row).encode()
            except UnreadableAnswerError as error:
                raise UnreadableAnswerError(f"row {position}: {error}") from error
            names.update(b"%d:%b" % (len(name), name))
        self._digests[number] = names.digest()

    def _too_long(self, *, out_of_time: bool = False) -> TooLong:
        read = max(len(self._digests), 1)
        return TooLong(self.pages, self._rows * max(self.pages, read) // read, len(self._digests), out_of_time)


async def _side_by_side(
    numbers: Iterable[int], read_page: Callable[[int], Awaitable[_FaultT | None]]
) -> _FaultT | None:
    """Read these pages, some at a time. The first that ends the reading ends it for all."""
    rest = iter(numbers)

    async def read_on() -> _FaultT | None:
        for number in rest:
            ended = await read_page(number)
            if ended is not None:
                return ended
        return None

    readers = {asyncio.create_task(read_on()) for _ in range(PAGES_AT_ONCE)}
    reading = readers
    try:
        while reading:
            done, reading = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
            for reader in done:
                if (ended := reader.result()) is not None:
                    return ended
        return None
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
