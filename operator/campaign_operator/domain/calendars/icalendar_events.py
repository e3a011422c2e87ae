"""A calendar as an iCalendar file (RFC 5545): the dates of its events that last whole days.

Owns which events close a date. One with a time of day closes none and is counted; one that is cancelled is none; the
first date of an event is closed even if its own rule does not have it. Everything else in the file is skipped.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from campaign_operator.domain.calendars.gathered_dates import MAX_DATES, STEP, GatheredDates
from campaign_operator.domain.calendars.icalendar_lines import ContentLine, Property, content_lines, read_property
from campaign_operator.domain.calendars.recurrence import Recurrence, RecurrenceError, day_of, parse_recurrence
from campaign_operator.wording import counted, quoted

BEGINNING = re.compile(r"BEGIN:VCALENDAR\s*(?:\n|\Z)", re.IGNORECASE)

MAX_DAYS_LOOKED_AT = 500_000
"""Of all rules and events together: half a second. 500 events a year, until recurrence.LAST_YEAR."""

_CALENDAR, _EVENT = "VCALENDAR", "VEVENT"
_READ = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "UID"}
)
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_WHOLE_DAYS = re.compile(r"\+?P(?:([0-9]{1,6})W|([0-9]{1,6})D(?:T(?:0+[HMS])+)?)")
_DAY = timedelta(days=1)


class _WrongEventError(Exception):
    """The event cannot be understood. As text: a sentence."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class _Event:
    """The event as it stands in the file."""

    line: int
    properties: list[Property] = field(default_factory=list)

    def only(self, name: str) -> Property | None:
        """The property of that name. Raises _WrongEventError where there are several."""
        found = [each for each in self.properties if each.name == name]
        if len(found) > 1:
            raise _WrongEventError(found[1].line, f"{name} is there twice in one event")
        return found[0] if found else None

    def listed(self, name: str) -> list[date]:
        """The dates of all properties of that name. Raises _WrongEventError."""
        days: list[date] = []
        for each in self.properties:
            if each.name == name:
                values = each.value.split(",", MAX_DATES)
                if len(values) + len(days) > MAX_DATES:
                    raise _WrongEventError(each.line, f"{name} must have at most {MAX_DATES} dates")
                days += [_date(each, value.strip()) for value in values]
        return days


@dataclass(frozen=True, slots=True)
class _AllDay:
    """An event that lasts whole days. `moved_from`: the date of its series in whose place it is."""

    line: int
    uid: str
    start: date
    days: int
    rule: Recurrence | None
    more: tuple[date, ...]
    without: frozenset[date]
    moved_from: date | None
    is_cancelled: bool


def gather_events(text: str, gathered: GatheredDates) -> Generator[None, None, None]:
    """Gather the dates, in short steps."""
    events: list[_AllDay] = []
    for event in _events(text, gathered):
        if event is None:
            yield
            continue
        try:
            read = _all_day(event)
        except _WrongEventError as error:
            gathered.reject(error.line, partial(str, error))
            continue
        if read is None:
            gathered.timed_events += 1
        else:
            events.append(read)
    yield from _gather_all(events, gathered)
    if gathered.is_empty and gathered.timed_events:
        gathered.reject(1, partial(_only_timed, gathered.timed_events))


def _events(text: str, gathered: GatheredDates) -> Iterator[_Event | None]:
    """The events as they stand; None after each step."""
    within: list[str] = []
    event, is_calendar = _Event(0), False
    for line in content_lines(text):
        if line is None:
            yield None
            continue
        name = line.name
        if name in ("BEGIN", "END"):
            value = line.text.partition(":")[2].strip().upper()
            if name == "BEGIN":
                if not within and value != _CALENDAR:
                    break
                within.append(value)
                is_calendar = True
                event = _Event(line.number) if within == [_CALENDAR, _EVENT] else event
                continue
            if not within or within[-1] != value:
                gathered.reject(line.number, partial(_wrong_end, value, within[-1] if within else ""))
                return
            if within == [_CALENDAR, _EVENT]:
                yield event
            within.pop()
        elif not within:
            break
        elif within == [_CALENDAR, _EVENT] and name in _READ:
            _note(line, event, gathered)
    else:
        if within:
            gathered.reject(text.count("\n") + 1, partial(_incomplete, within[-1]))
        elif not is_calendar:
            gathered.reject(1, lambda: "is empty; a calendar begins with BEGIN:VCALENDAR")
        return
    gathered.reject(line.number, lambda: "is no part of a calendar, which begins with BEGIN:VCALENDAR")


def _note(line: ContentLine, event: _Event, gathered: GatheredDates) -> None:
    read = read_property(line)
    if read is None:
        gathered.reject(line.number, lambda: "is not a property of a calendar, such as DTSTART;VALUE=DATE:20261225")
    else:
        event.properties.append(read)


def _all_day(event: _Event) -> _AllDay | None:
    """What the event says; None if it has a time of day. Raises _WrongEventError."""
    start = event.only("DTSTART")
    if start is None:
        raise _WrongEventError(event.line, "this event has no DTSTART")
    if _is_timed(start):
        return None
    first = _date(start, start.value)
    replaces, status, uid = event.only("RECURRENCE-ID"), event.only("STATUS"), event.only("UID")
    if replaces is not None and "RANGE" in replaces.parameters:
        raise _WrongEventError(replaces.line, "RANGE is not supported; export the calendar with one event per date")
    excluded_rule = event.only("EXRULE")
    if excluded_rule is not None:
        raise _WrongEventError(excluded_rule.line, "EXRULE is not supported; list the dates in EXDATE")
    return _AllDay(
        line=event.line,
        uid=uid.value if uid is not None else "",
        start=first,
        days=_length(event, first),
        rule=_rule(event),
        more=tuple(event.listed("RDATE")),
        without=frozenset(event.listed("EXDATE")),
        moved_from=_date(replaces, replaces.value) if replaces is not None else None,
        is_cancelled=status is not None and status.value.upper() == "CANCELLED",
    )


def _is_timed(read: Property) -> bool:
    return bool(_TIME.fullmatch(read.value)) and read.parameters.get("VALUE") != "DATE"


def _date(read: Property, value: str) -> date:
    found = day_of(value)
    if found is None:
        raise _WrongEventError(read.line, f"{read.name}: {quoted(value)} is not a valid date; write YYYYMMDD")
    return found


def _rule(event: _Event) -> Recurrence | None:
    read = event.only("RRULE")
    try:
        return parse_recurrence(read.value) if read is not None else None
    except RecurrenceError as error:
        raise _WrongEventError(read.line if read is not None else event.line, str(error)) from None


def _length(event: _Event, first: date) -> int:
    """In days; an end at the start is one day, as programs write it that know no other end."""
    end, duration = event.only("DTEND"), event.only("DURATION")
    if end is not None:
        days = (_date(end, end.value) - first).days
    elif duration is not None:
        found = _WHOLE_DAYS.fullmatch(duration.value.upper())
        if found is None:
            raise _WrongEventError(duration.line, f"DURATION: {quoted(duration.value)} is not a number of whole days")
        days = int(found[2] or 0) + 7 * int(found[1] or 0)
    else:
        days = 1
    if days < 0:
        raise _WrongEventError(event.line, "this event ends before it starts")
    if days > MAX_DATES:
        raise _WrongEventError(event.line, f"this event lasts {days} days; must last at most {MAX_DATES}")
    return max(days, 1)


def _gather_all(events: list[_AllDay], gathered: GatheredDates) -> Generator[None, None, None]:
    """The dates of all of them, until too much was looked at."""
    moved: dict[str, set[date]] = {}
    for event in events:
        if event.moved_from is not None:
            moved.setdefault(event.uid, set()).add(event.moved_from)
    looked_at = since_step = 0
    for event in events:
        without = event.without
        if event.uid and event.moved_from is None:
            without = without.union(moved.get(event.uid, ()))
        for days, begins in _begins(event):
            for begin in begins:
                if begin not in without:
                    _gather_days(begin, event.days, gathered)
            work = days + len(begins) * event.days
            looked_at += work
            since_step += work
            if looked_at > MAX_DAYS_LOOKED_AT:
                gathered.reject(event.line, _too_much)
                return
            if since_step >= STEP:
                since_step = 0
                yield


def _begins(event: _AllDay) -> Iterator[tuple[int, list[date]]]:
    """The dates on which it begins, and how many were looked at."""
    if event.is_cancelled:
        return
    yield 1, [event.start]
    for day in event.more:
        yield 1, [day]
    if event.rule is not None:
        yield from event.rule.periods(event.start)


def _gather_days(begin: date, days: int, gathered: GatheredDates) -> None:
    for offset in range(min(days, (date.max - begin).days + 1)):
        gathered.add(begin + offset * _DAY)


def _wrong_end(value: str, within: str) -> str:
    expected = quoted(f"END:{within}") if within else "BEGIN:VCALENDAR"
    return f"{quoted(f'END:{value}')} is here where {expected} must be"


def _incomplete(within: str) -> str:
    return f"the calendar is incomplete: {quoted(f'END:{within}')} is missing"


def _too_much() -> str:
    return (
        "the events up to this one repeat too often: more than "
        f"{MAX_DAYS_LOOKED_AT} days would have to be looked at; list the dates one by one"
    )


def _only_timed(count: int) -> str:
    return (
        f"the calendar has no event that lasts whole days, and {counted(count, 'event')} with a time of day, which "
        "close no date; make them all-day events"
    )
