"""A clock for tests that stands still until it is moved (ports.Clock)."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class ManualClock:
    """Both clocks; either can be moved without the other, as a suspended or corrected machine does."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self.advance_wall(seconds)
        self.advance_monotonic(seconds)

    def advance_wall(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def advance_monotonic(self, seconds: float) -> None:
        self._monotonic += seconds
