"""A calendar as CSV, with its dates in one column.

The header row is found as that of a contact list: the separator is the one with which the row has the column, whose
name is matched exactly, or else by what looks alike, if only one column fits.
"""

import csv
import re
from collections.abc import Generator, Iterable
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from campaign_operator.domain.calendars.gathered_dates import STEP, GatheredDates
from campaign_operator.domain.contacts.blanks import trimmed
from campaign_operator.domain.contacts.contact_list import LONGEST_RECORD
from campaign_operator.domain.contacts.csv_header import (
    SEPARATOR_LINE,
    SEPARATORS,
    malformed_message,
    places_that_fit,
)
from campaign_operator.domain.planning.written_hours import iso_date
from campaign_operator.wording import listed, quoted

if TYPE_CHECKING:
    from _csv import Reader

_COLUMNS_SHOWN = 20
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*+\n)++")


class _Table(NamedTuple):
    """The rows below the header row, and where the dates are in them."""

    rows: "Reader"
    place: int


class _NoHeaderError(Exception):
    """The first row does not name the column. As text: the end of a sentence that begins with the row's place."""


class _AmbiguousHeaderError(_NoHeaderError):
    """It names the column more than once."""


def below_blank_lines(text: str) -> str:
    """The text from the first line on that has something in it. Its blanks stay: it may begin with an empty cell."""
    return _BLANK_LINES.sub("", text, count=1)


def names_the_column(text: str, column: str) -> bool:
    """Whether it begins with the header row of such a calendar, or with a line that names the separator."""
    try:
        return SEPARATOR_LINE.match(text) is not None or bool(_table(text, column, SEPARATORS))
    except _AmbiguousHeaderError:
        return True
    except _NoHeaderError:
        return False


def gather_column(text: str, column: str, gathered: GatheredDates) -> Generator[None, None, None]:
    """Gather the dates below the header row, in short steps."""
    table = below_blank_lines(text)
    line = 1 + text.count("\n", 0, len(text) - len(table))
    named = SEPARATOR_LINE.match(table)
    if named is not None:
        line += 1
        table = table[named.end() :]
    try:
        rows, place = _table(table, column, [named[1]] if named is not None else SEPARATORS)
    except _NoHeaderError as error:
        gathered.reject(line, partial(str, error))
        return
    above = line
    line = above + rows.line_num
    try:
        for number, row in enumerate(rows, start=1):
            _gather(row, line, place, column, gathered)
            line = above + rows.line_num
            if number % STEP == 0:
                yield
    except csv.Error as error:
        gathered.reject(line, partial(malformed_message, str(error)))


def _gather(row: list[str], line: int, place: int, column: str, gathered: GatheredDates) -> None:
    said = trimmed(row[place]) if place < len(row) else ""
    found = iso_date(said)
    if found is not None:
        gathered.add(found)
    elif said or trimmed("".join(row)):
        gathered.reject(line, partial(_not_a_date, column, said))


def _table(text: str, column: str, separators: Iterable[str]) -> _Table:
    """What the header row says. Raises _NoHeaderError."""
    if len(text.partition("\n")[0]) > LONGEST_RECORD:
        raise _NoHeaderError(f"is a header row of more than {LONGEST_RECORD} characters, which is the limit")
    widest: list[str] = []
    for separator in separators:
        rows = csv.reader(StringIO(text, newline="\n"), delimiter=separator, strict=True)
        try:
            names = list(map(trimmed, next(rows, [])))
        except csv.Error as error:
            raise _NoHeaderError(malformed_message(str(error))) from None
        places = places_that_fit(column, names)
        if len(places) > 1:
            raise _AmbiguousHeaderError(f"has {len(places)} columns that fit {quoted(column)}; keep one of them")
        if places:
            return _Table(rows, places[0])
        widest = max(widest, names, key=len)
    if any(iso_date(name) is not None for name in widest):
        raise _NoHeaderError(f"is no header row; the first row must name the columns, including {quoted(column)}")
    shown = listed(list(map(quoted, widest)), _COLUMNS_SHOWN)
    raise _NoHeaderError(
        f"has no column {quoted(column)}; the columns are {shown}; set dateColumn to the name in your calendar"
    )


def _not_a_date(column: str, said: str) -> str:
    return f"column {column}: {quoted(said)} is not a valid date; write YYYY-MM-DD"
