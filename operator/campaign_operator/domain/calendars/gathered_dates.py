"""What is gathered from a calendar: its dates, and what is wrong in it, line by line.

Owns the bounds of a calendar and the form of its errors. Knows no format.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.planning.date_set import DateSet

MAX_CALENDAR_BYTES = 1024 * 1024
"""As much as a ConfigMap holds."""

MAX_DATES = 10_000
"""Dates in one calendar: 27 years of every day."""

STEP = 1000
"""Lines or days, which take about a millisecond, after which a reading gives control back."""


@dataclass(frozen=True, slots=True)
class CalendarDates:
    """What a calendar says. `timed_events`: those with a time of day, which close no date."""

    dates: DateSet
    timed_events: int = 0


class GatheredDates:
    """The dates of one calendar as they are found; `name` is what messages call it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._findings = Findings()
        self._dates: set[date] = set()
        self.is_empty = True
        """Whether there is neither a date nor an error yet."""

        self.timed_events = 0

    def add(self, day: date) -> None:
        """One more date, or the same again."""
        self._dates.add(day)
        self.is_empty = False

    def reject(self, line: int, explain: Callable[[], str]) -> None:
        """Something is wrong in this line; see `Findings.add`."""
        self._findings.add(f"{self._name}, line {line}", explain)
        self.is_empty = False

    def calendar(self) -> CalendarDates:
        """All of it. Raises InvalidSpecError with every error at once."""
        self._findings.raise_if_any()
        if len(self._dates) > MAX_DATES:
            raise SpecError(self._name, f"Too many: {len(self._dates)}: must have at most {MAX_DATES} dates")
        return CalendarDates(DateSet(self._dates), self.timed_events)
