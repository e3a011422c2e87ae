"""What a campaign of the simulated dialer has left in its listing over the years: many finished schedules, held as one
thing.

Owns their times and ids, which follow from their number. They are there to be listed: they have called nobody, and no
client has made them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign_sandbox.simulator.schedules import Schedule

_LENGTH = timedelta(minutes=1)


@dataclass(frozen=True)
class PastSchedules:
    """`count` schedules of a minute each, one after another, of which the last ends at `until`."""

    campaign_id: str
    count: int
    time_zone: str
    until: datetime

    def overlapping(self, start: datetime | None, end: datetime | None) -> Sequence[int]:
        """Which of them, by number, end after `start` and start before `end`."""
        numbers = range(self.count)
        first = 0 if start is None else bisect_right(numbers, start, key=lambda number: self._start(number + 1))
        last = self.count if end is None else bisect_left(numbers, end, key=self._start)
        return numbers[first:last]

    def schedule(self, number: int) -> Schedule:
        """One of them; they are numbered from 0, the oldest."""
        start = self._start(number)
        return Schedule(
            id=f"past-{number + 1:07}",
            campaign_id=self.campaign_id,
            client_id=None,
            time_zone=self.time_zone,
            start=start,
            end=start + _LENGTH,
            idempotency_key=None,
            created_at=start,
        )

    def _start(self, number: int) -> datetime:
        return self.until - (self.count - number) * _LENGTH
