"""What a calendar may be written as, and which dates it closes."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from time import thread_time

import pytest

from campaign_operator.domain.calendars.calendar_reading import calendar_steps, read_calendar
from campaign_operator.domain.calendars.gathered_dates import MAX_CALENDAR_BYTES, CalendarDates
from campaign_operator.domain.calendars.recurrence import LAST_YEAR
from campaign_operator.domain.errors import InvalidSpecError

XMAS, BOXING_DAY, NEW_YEAR = date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)


def read(text: str | bytes, name: str = "holidays", date_column: str = "date") -> CalendarDates:
    return read_calendar(text if isinstance(text, bytes) else text.encode(), name, date_column)


def dates(text: str | bytes, name: str = "holidays", date_column: str = "date") -> list[date]:
    return sorted(read(text, name, date_column).dates)


def icalendar(*events: str) -> str:
    """A file with these events, whose lines are divided by blanks."""
    parts = ["BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n".format(event.replace(" ", "\r\n")) for event in events]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(parts)}END:VCALENDAR\r\n"


def said(text: str | bytes, name: str = "holidays") -> str:
    with pytest.raises(InvalidSpecError) as raised:
        read(text, name)
    return str(raised.value)


IN_ANY_FORMAT = {
    "lines": ("2026-12-25 # Christmas\n\n2026-12-26\n", "holidays"),
    "lines in a file for CSV": ("2026-12-25\n2026-12-26\n", "holidays.csv"),
    "lines that end in CR": ("2026-12-25\r2026-12-26\r", "holidays"),
    "CSV": ("date,name\n2026-12-25,Christmas\n2026-12-26,Boxing Day\n", "holidays.csv"),
    "CSV by its header row": ("name;date\nChristmas;2026-12-25\nBoxing Day;2026-12-26\n", "holidays.txt"),
    "one column": ("Date\n2026-12-25\n2026-12-26\n", "holidays"),
    "CSV from Excel": ("sep=;\n Da_te ;name\n2026-12-25;x\n\n;\n2026-12-26\n", "holidays"),
    "quotes": ('"name","date"\n"A\nB","2026-12-25"\n"C","2026-12-26"\n', "holidays"),
    "UTF-16": ("name\tdate\nChristmas\t2026-12-25\nx\t2026-12-26\n".encode("utf-16"), "holidays"),
    "a mark": (b"\xef\xbb\xbf2026-12-25\r\n2026-12-26", "holidays"),
    "events": (icalendar("DTSTART;VALUE=DATE:20261225", "DTSTART:20261226"), "holidays"),
    "several days": (icalendar("DTSTART;VALUE=DATE:20261225 DTEND;VALUE=DATE:20261227"), "holidays"),
    "a duration": (icalendar("DTSTART;VALUE=DATE:20261225 DURATION:P2D"), "holidays.ics"),
    "folded": (icalendar("DTSTART;VALUE=DATE:20261225 DTEND;VALUE=DATE:20261227").replace("VALUE=", "VALUE=\r\n "), ""),
    "a rule": (icalendar("DTSTART;VALUE=DATE:20261225 RRULE:FREQ=DAILY;COUNT=2"), "holidays"),
    "RDATE and EXDATE": (
        icalendar("DTSTART:20261225 RRULE:FREQ=DAILY;COUNT=4 EXDATE:20261226,20261227 EXDATE:20261228 RDATE:20261226"),
        "without the date that is in both",
    ),
    "one of a series is moved": (
        icalendar("UID:a DTSTART:20251226 RRULE:FREQ=YEARLY;COUNT=2", "UID:a DTSTART:20261225 RECURRENCE-ID:20251226"),
        "holidays",
    ),
    "one of a series is cancelled": (
        icalendar(
            "UID:a DTSTART:20261224 RRULE:FREQ=DAILY;COUNT=3",
            "UID:a DTSTART:20261224 RECURRENCE-ID:20261224 STATUS:CANCELLED",
        ),
        "holidays",
    ),
    "a cancelled event": (icalendar("DTSTART:20261225 DTEND:20261227", "DTSTART:20270101 STATUS:CANCELLED"), ""),
    "an alarm of an event": (
        icalendar("DTSTART:20261225 BEGIN:VALARM DTSTART:20270101 END:VALARM DURATION:P2D"),
        "holidays",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name"), IN_ANY_FORMAT.values(), ids=IN_ANY_FORMAT)
def test_the_dates_of_a_calendar_are_read_in_any_format(text: str | bytes, name: str) -> None:
    expected = [XMAS] if name.startswith("without") else [XMAS, BOXING_DAY]
    assert dates(text, name) == expected


def test_the_column_of_dates_has_any_name() -> None:
    text = "date,Closed On\n2026-01-01,2026-12-25\n"
    assert dates(text, date_column="closed_on") == [XMAS]
    assert dates(text) == [date(2026, 1, 1)]


def test_a_first_column_without_a_name_is_a_column() -> None:
    assert dates("\n \n\tmade on\tdate\n0\t2026-01-01\t2026-12-25\n") == [XMAS]


def test_a_comment_is_no_header_row() -> None:
    assert dates("# ours, date\n2026-12-25\n") == [XMAS]
    assert dates("2026-12-25 # x, date\n2026-12-26 # y\n") == [XMAS, BOXING_DAY]


def test_events_with_a_time_of_day_close_no_date_and_are_counted() -> None:
    timed = ("DTSTART:20261226T090000Z", "DTSTART;TZID=Europe/London:20261227T090000 RRULE:FREQ=DAILY")
    calendar = read(icalendar("DTSTART:20261225", *timed))
    assert (list(calendar.dates), calendar.timed_events) == ([XMAS], 2)
    assert "no event that lasts whole days, and 2 events with a time of day" in said(icalendar(*timed))


def test_a_yearly_event_is_closed_in_every_year() -> None:
    found = dates(icalendar("DTSTART;VALUE=DATE:19701126 RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"))
    assert date(2026, 11, 26) in found
    assert date(2027, 11, 25) in found
    assert found[-1].year == LAST_YEAR


def test_the_first_date_of_an_event_is_closed_though_its_rule_does_not_have_it() -> None:
    assert dates(icalendar("DTSTART:20261225 RRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;COUNT=1")) == [XMAS, NEW_YEAR]


WRONG = {
    "a date of another country": ("date,name\n2026-12-25,x\n25.12.2026,x\n", 'line 3: column date: "25.12.2026" is'),
    "a row without a date": ("name,date\nChristmas,\n", 'line 2: column date: "" is not a valid date; write YYYY'),
    "two columns that fit": ("Date,DATE\n2026-12-25,x\n", 'line 1: has 2 columns that fit "date"; keep one of them'),
    "a quote": ('date,name\n"2026-12-25,x\n', "line 2: has a quote in this row that is never closed"),
    "no VCALENDAR": ("DTSTART:20261225\n", "line 1: is no part of a calendar, which begins with BEGIN:VCALENDAR"),
    "cut off": ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n", 'line 4: the calendar is incomplete: "END'),
    "a wrong end": ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", '"END:VCALENDAR" is here where "END:VEVENT"'),
    "something after it": (icalendar("DTSTART:20261225") + "x\n", "line 7: is no part of a calendar"),
    "no start": (icalendar("SUMMARY:x"), "line 3: this event has no DTSTART"),
    "two starts": (icalendar("DTSTART:20261225 DTSTART:20261226"), "line 5: DTSTART is there twice in one event"),
    "31 February": (icalendar("DTSTART:20260231"), 'line 4: DTSTART: "20260231" is not a valid date; write'),
    "an end with a time": (icalendar("DTSTART:20261225 DTEND:20261226T000000"), 'line 5: DTEND: "20261226T000000"'),
    "an end before the start": (icalendar("DTSTART:20261225 DTEND:20261224"), "line 3: this event ends before"),
    "a duration of hours": (icalendar("DTSTART:20261225 DURATION:PT24H"), "line 5: DURATION: "),
    "thirty years": (icalendar("DTSTART:20000101 DTEND:20300101"), "line 3: this event lasts 10958 days; must last at"),
    "hourly": (icalendar("DTSTART:20261225 RRULE:FREQ=HOURLY"), "line 5: RRULE must have FREQ=YEARLY, MONTHLY"),
    "a week of the year": (icalendar("DTSTART:20261225 RRULE:FREQ=YEARLY;BYWEEKNO=1"), '"BYWEEKNO" in RRULE is not'),
    "a number twice": (icalendar("DTSTART:20261225 RRULE:FREQ=YEARLY;COUNT=1;COUNT=2"), '"COUNT" is there twice'),
    "an end twice": (icalendar("DTSTART:20261225 RRULE:FREQ=DAILY;COUNT=1;UNTIL=20270101"), "both COUNT and UNTIL"),
    "month 13": (icalendar("DTSTART:20261225 RRULE:FREQ=YEARLY;BYMONTH=13"), 'BYMONTH="13" in RRULE must be a number'),
    "no day": (icalendar("DTSTART:20261225 RRULE:FREQ=YEARLY;BYDAY=0MO"), 'BYDAY="0MO" in RRULE is no day'),
    "a number of a day of a week": (icalendar("DTSTART:20261225 RRULE:FREQ=WEEKLY;BYDAY=1MO"), "must not have numbers"),
    "a rule of exceptions": (icalendar("DTSTART:20261225 EXRULE:FREQ=DAILY"), "line 5: EXRULE is not supported"),
    "this and all after it": (
        icalendar("DTSTART:20261225 RECURRENCE-ID;RANGE=THISANDFUTURE:20261225"), "line 5: RANGE is not supported",
    ),
    "too many dates": (icalendar("DTSTART:20200101 RRULE:FREQ=DAILY"), "Too many: 10958: must have at most 10000"),
    "too many repetitions": (icalendar(*["DTSTART:00010101 RRULE:FREQ=DAILY;COUNT=9999999"]), "repeat too often"),
    "too large": ("#" * (MAX_CALENDAR_BYTES + 1), "is larger than 1 MiB"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_what_is_not_understood_is_told_with_its_line(text: str, words: str) -> None:
    assert words in said(text, "x.ics" if text.startswith("DTSTART") else "holidays")


def test_an_empty_file_is_no_icalendar_file() -> None:
    assert said("\n", "x.ics") == "x.ics, line 1: is empty; a calendar begins with BEGIN:VCALENDAR"
    assert dates("BEGIN:VCALENDAR\nEND:VCALENDAR\n") == []


def test_a_file_for_csv_without_a_header_row_says_so() -> None:
    assert said("2026-12-25,Christmas\n", "x.csv") == (
        'x.csv, line 1: is no header row; the first row must name the columns, including "date"'
    )
    assert 'has no column "date"; the columns are "day", "name"; set dateColumn' in said("day,name\n", "x.csv")


def _event(*lines: str) -> str:
    return "BEGIN:VEVENT\n{}\nEND:VEVENT\n".format("\n".join(lines))


LONG = {
    "lines": "2026-12-25\n" * 90_000,
    "blank lines": "\n" * 1_000_000,
    "CSV": "date,x\n" + "2026-12-25,x\n" * 80_000,
    "a row of a million cells": "date\n" + "," * 1_000_000,
    "events": "BEGIN:VCALENDAR\n" + _event("DTSTART;VALUE=DATE:20261225") * 17_000 + "END:VCALENDAR",
    "a line in half a million parts": "BEGIN:VCALENDAR\nX:\n" + " \n" * 500_000,
    "many dates": "BEGIN:VCALENDAR\n" + _event("DTSTART:20261225", "EXDATE:" + ",".join(["20260102"] * 9000)) * 12,
    "deep": "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 70_000,
    "hopeless": "BEGIN:VCALENDAR\n" + _event("DTSTART:20260101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30") * 12_000,
    "counted": "BEGIN:VCALENDAR\n" + _event("DTSTART:00010101", "RRULE:FREQ=DAILY;COUNT=999999999") * 12_000,
    "long": "BEGIN:VCALENDAR\n" + _event("DTSTART:20260101", "DURATION:P9999D", "RRULE:FREQ=WEEKLY") * 12_000,
}


def _turns(data: bytes) -> Iterator[float]:
    """The CPU time at the beginning, after each step, and at the end."""
    yield thread_time()
    with suppress(InvalidSpecError):
        yield from (thread_time() for _ in calendar_steps(data, "holidays", "date"))
    yield thread_time()


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_megabyte_of_calendar_is_read_in_short_steps(text: str) -> None:
    data = text.encode()[:MAX_CALENDAR_BYTES]
    gc.collect()
    gc.disable()  # what all tests together have in memory is no part of the time
    try:
        turns = list(_turns(data))
    finally:
        gc.enable()
    assert max(then - now for now, then in pairwise(turns)) < 0.05
    assert turns[-1] - turns[0] < 5


def test_the_largest_calendar_has_27_years_of_days() -> None:
    start = date(2026, 1, 1)
    text = "\n".join((start + timedelta(days=number)).isoformat() for number in range(10_000))
    assert len(dates(text)) == 10_000
