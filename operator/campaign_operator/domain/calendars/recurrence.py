"""Rules by which an all-day event is repeated: RRULE of RFC 5545, as far as it counts in days or more.

Owns how a rule is written and on which dates it lets an event begin. These are the dates of a period, such as a year,
that the rule does not rule out; so whatever a rule says, a look at a period is a look at its days, and takes as long.
Nothing is looked at after `LAST_YEAR`, nor, unless a rule counts its dates, before `FIRST_YEAR`. Both are fixed: if
they went with the clock, a new year would change the plan of a campaign that nobody has edited.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from campaign_operator.wording import quoted

FIRST_YEAR, LAST_YEAR = 2020, 2049

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ORDINAL_AND_DAY = re.compile(r"([+-]?[0-9]{1,2})?([A-Z]{2})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_UNTIL = re.compile(r"([0-9]{8})(?:T[0-9]{6}Z?)?")
_DAY = re.compile(r"[0-9]{8}")
_LONGEST = 1000
_DAYS_OF_A_WEEK = 7
_MONTHS_OF_A_YEAR = 12


class RecurrenceError(Exception):
    """The rule is not understood. As text: a sentence that begins with the part of the rule."""


class Frequency(StrEnum):
    """The period in which a rule looks for dates."""

    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"


class NthWeekday(NamedTuple):
    """`nth` 0: every such day of the period; below 0: from its end."""

    nth: int
    weekday: int


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule. What is empty rules nothing out; numbers below 0 count from the end."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: frozenset[int] = frozenset()
    days_of_month: frozenset[int] = frozenset()
    days_of_year: frozenset[int] = frozenset()
    weekdays: frozenset[NthWeekday] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0

    def periods(self, start: date) -> Iterator[tuple[int, list[date]]]:
        """Of each period from the event's first date on: how many days were looked at, and those that were found."""
        return self._completed(start)._looked_at(start)  # noqa: SLF001 - of another rule

    def _looked_at(self, start: date) -> Iterator[tuple[int, list[date]]]:
        left = self.count
        for period in self._periods_from(start):
            days = self._days(period)
            found = [day for day in self._at_positions(list(filter(self._has, days))) if day >= start]
            if self.until is not None:
                found = [day for day in found if day <= self.until]
            if left is not None:
                found = found[:left]
                left -= len(found)
            yield max(len(days), 1), [day for day in found if day.year <= LAST_YEAR]
            if left == 0:
                return

    def _completed(self, start: date) -> "Recurrence":
        """With what the first date says where the rule is silent."""
        if self.days_of_month or self.days_of_year or self.weekdays:
            return self
        match self.frequency:
            case Frequency.YEARLY:
                months = self.months or frozenset({start.month})
                return replace(self, months=months, days_of_month=frozenset({start.day}))
            case Frequency.MONTHLY:
                return replace(self, days_of_month=frozenset({start.day}))
            case Frequency.WEEKLY:
                return replace(self, weekdays=frozenset({NthWeekday(0, start.weekday())}))
            case Frequency.DAILY:
                return self

    def _periods_from(self, start: date) -> range:
        last = date(LAST_YEAR, 12, 31)
        first, end = self._period_of(start), self._period_of(last if self.until is None else min(last, self.until))
        if self.count is None:
            behind = self._period_of(date(FIRST_YEAR, 1, 1)) - first
            first += max(-(-behind // self.interval), 0) * self.interval
        return range(first, end + 1, self.interval)

    def _period_of(self, day: date) -> int:
        match self.frequency:
            case Frequency.YEARLY:
                return day.year
            case Frequency.MONTHLY:
                return day.year * _MONTHS_OF_A_YEAR + day.month - 1
            case Frequency.WEEKLY:
                return (day.toordinal() - 1 - self.week_start) // _DAYS_OF_A_WEEK
            case Frequency.DAILY:
                return day.toordinal()

    def _days(self, period: int) -> Sequence[date]:
        match self.frequency:
            case Frequency.YEARLY:
                months = sorted(self.months) or range(1, _MONTHS_OF_A_YEAR + 1)
                return [day for month in months for day in _days_of(period, month)]
            case Frequency.MONTHLY:
                year, month = divmod(period, _MONTHS_OF_A_YEAR)
                return [] if self.months and month + 1 not in self.months else _days_of(year, month + 1)
            case Frequency.WEEKLY:
                begin = period * _DAYS_OF_A_WEEK + 1 + self.week_start
                return list(map(date.fromordinal, range(max(begin, 1), begin + _DAYS_OF_A_WEEK)))
            case Frequency.DAILY:
                return [date.fromordinal(period)]

    def _has(self, day: date) -> bool:
        return (
            (not self.months or day.month in self.months)
            and (not self.days_of_month or _counted_in(self.days_of_month, day.day, _length_of_month(day)))
            and (not self.days_of_year or _counted_in(self.days_of_year, _day_of_year(day), _length_of_year(day)))
            and (not self.weekdays or self._has_weekday(day))
        )

    def _has_weekday(self, day: date) -> bool:
        weekday = day.weekday()
        if NthWeekday(0, weekday) in self.weekdays:
            return True
        if self.frequency is Frequency.YEARLY and not self.months:
            place, length = _day_of_year(day), _length_of_year(day)
        else:
            place, length = day.day, _length_of_month(day)
        nth, from_end = (place - 1) // _DAYS_OF_A_WEEK + 1, (length - place) // _DAYS_OF_A_WEEK + 1
        return NthWeekday(nth, weekday) in self.weekdays or NthWeekday(-from_end, weekday) in self.weekdays

    def _at_positions(self, found: list[date]) -> list[date]:
        if not self.positions:
            return found
        return [day for place, day in enumerate(found, start=1) if _counted_in(self.positions, place, len(found))]


def _counted_in(numbers: frozenset[int], place: int, length: int) -> bool:
    return place in numbers or place - length - 1 in numbers


def _days_of(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]


def _length_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _day_of_year(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _length_of_year(day: date) -> int:
    return 366 if isleap(day.year) else 365


def parse_recurrence(text: str) -> Recurrence:
    """The rule. Raises RecurrenceError."""
    if len(text) > _LONGEST:
        raise RecurrenceError(f"RRULE must have at most {_LONGEST} characters")
    parts: dict[str, str] = {}
    for part in filter(None, text.upper().strip().split(";")):
        name, _, value = part.partition("=")
        if name in parts:
            raise RecurrenceError(f"{quoted(name)} is there twice in RRULE")
        parts[name] = value
    try:
        frequency = Frequency(parts.pop("FREQ", ""))
    except ValueError:
        raise RecurrenceError(
            "RRULE must have FREQ=YEARLY, MONTHLY, WEEKLY or DAILY, since the event lasts whole days"
        ) from None
    rule = Recurrence(frequency)
    for name, value in parts.items():
        if name not in _READERS:
            raise RecurrenceError(f"{quoted(name)} in RRULE is not supported; list the dates one by one")
        rule = _READERS[name](rule, value)
    if rule.count is not None and rule.until is not None:
        raise RecurrenceError("RRULE must not have both COUNT and UNTIL")
    in_weeks = frequency in (Frequency.WEEKLY, Frequency.DAILY)
    if in_weeks and any(nth for nth, _ in rule.weekdays):
        raise RecurrenceError(f"BYDAY in RRULE must not have numbers with FREQ={frequency}")
    return rule


def _numbers(name: str, value: str, least: int, most: int, *, from_end: bool = False) -> frozenset[int]:
    numbers = set()
    for text in value.split(","):
        number = int(text) if _NUMBER.fullmatch(text) else 0
        if not (least <= number <= most or (from_end and least <= -number <= most)):
            raise RecurrenceError(f"{name}={quoted(text)} in RRULE must be a number from {least} to {most}")
        numbers.add(number)
    return frozenset(numbers)


def _number(name: str, value: str) -> int:
    (number,) = _numbers(name, value.replace(",", " "), 1, 999_999_999)
    return number


def _with_until(rule: Recurrence, value: str) -> Recurrence:
    found = _UNTIL.fullmatch(value)
    until = day_of(found[1]) if found is not None else None
    if until is None:
        raise RecurrenceError(f"UNTIL={quoted(value)} in RRULE is not a valid date")
    return replace(rule, until=until)


def _with_weekdays(rule: Recurrence, value: str) -> Recurrence:
    weekdays = set()
    for text in value.split(","):
        found = _ORDINAL_AND_DAY.fullmatch(text)
        if found is None or found[2] not in _WEEKDAYS or (found[1] is not None and int(found[1]) == 0):
            raise RecurrenceError(f"BYDAY={quoted(text)} in RRULE is no day; write MO, or 4TH for the fourth Thursday")
        weekdays.add(NthWeekday(int(found[1] or 0), _WEEKDAYS.index(found[2])))
    return replace(rule, weekdays=frozenset(weekdays))


def _with_week_start(rule: Recurrence, value: str) -> Recurrence:
    if value not in _WEEKDAYS:
        raise RecurrenceError(f"WKST={quoted(value)} in RRULE is no day; write MO")
    return replace(rule, week_start=_WEEKDAYS.index(value))


_READERS: dict[str, Callable[[Recurrence, str], Recurrence]] = {
    "INTERVAL": lambda rule, value: replace(rule, interval=_number("INTERVAL", value)),
    "COUNT": lambda rule, value: replace(rule, count=_number("COUNT", value)),
    "UNTIL": _with_until,
    "BYMONTH": lambda rule, value: replace(rule, months=_numbers("BYMONTH", value, 1, 12)),
    "BYMONTHDAY": lambda rule, value: replace(rule, days_of_month=_numbers("BYMONTHDAY", value, 1, 31, from_end=True)),
    "BYYEARDAY": lambda rule, value: replace(rule, days_of_year=_numbers("BYYEARDAY", value, 1, 366, from_end=True)),
    "BYDAY": _with_weekdays,
    "BYSETPOS": lambda rule, value: replace(rule, positions=_numbers("BYSETPOS", value, 1, 366, from_end=True)),
    "WKST": _with_week_start,
}


def day_of(text: str) -> date | None:
    """The date that a calendar writes as YYYYMMDD, or None where there is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
