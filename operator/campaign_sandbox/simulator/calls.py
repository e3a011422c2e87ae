"""How many calls a simulated campaign has placed: arithmetic only.

Owns the counting. Nothing runs in the background: the count at any instant follows from when the schedules
are open, the rate and the total, so it can be asked for late, twice, or about the past, and always gives
the same number.

One contact's calling is one unit: it is placed at one instant and completed then. The k-th is placed when
the campaign has been open for (k - 1) / rate seconds, so the first falls on the opening itself. Every fifth
needs a second attempt, and every third is not connected; hence connected <= completed <= attempted, for
every range of dates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

_SECOND_ATTEMPT_EVERY = 5
_NOT_CONNECTED_EVERY = 3


@dataclass(frozen=True, order=True)
class CallingSpan:
    """The time [start, end) in which one schedule lets its campaign call."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class CallTotals:
    """The dialer's three metrics."""

    completed: int
    attempted: int
    connected: int

    def part(self, number: int, of: int) -> "CallTotals":
        """One of so many parts, numbered from 0, which add up to the whole."""

        def share(whole: int) -> int:
            return (number + 1) * whole // of - number * whole // of

        return CallTotals(share(self.completed), share(self.attempted), share(self.connected))


@dataclass(frozen=True)
class CallRate:
    """How fast a campaign calls while it is open, and how many completed calls it has in it."""

    calls_per_second: Fraction
    total: int


def count_calls(openings: Iterable[CallingSpan], rate: CallRate, since: datetime, until: datetime) -> CallTotals:
    """The calls placed in [since, until). Openings that overlap do not make the campaign any faster."""
    merged = _merge(openings)
    first = _counts(_completed_before(since, merged, rate))
    last = _counts(_completed_before(max(since, until), merged, rate))
    return CallTotals(
        completed=last.completed - first.completed,
        attempted=last.attempted - first.attempted,
        connected=last.connected - first.connected,
    )


def _completed_before(moment: datetime, merged: Iterable[CallingSpan], rate: CallRate) -> int:
    open_time = sum(
        (min(opening.end, moment) - opening.start for opening in merged if opening.start < moment),
        timedelta(),
    )
    open_seconds = Fraction(open_time // timedelta(microseconds=1), 1_000_000)
    return min(rate.total, ceil(open_seconds * rate.calls_per_second))


def _counts(completed: int) -> CallTotals:
    return CallTotals(
        completed=completed,
        attempted=completed + completed // _SECOND_ATTEMPT_EVERY,
        connected=completed - completed // _NOT_CONNECTED_EVERY,
    )


def _merge(openings: Iterable[CallingSpan]) -> list[CallingSpan]:
    merged: list[CallingSpan] = []
    for opening in sorted(opening for opening in openings if opening.start < opening.end):
        if merged and opening.start <= merged[-1].end:
            merged[-1] = CallingSpan(merged[-1].start, max(merged[-1].end, opening.end))
        else:
            merged.append(opening)
    return merged
