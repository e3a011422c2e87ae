"""The dates of a calendar that several campaigns share, from its bytes, in the formats that people have.

Owns by what a format is recognized: `.ics` and `BEGIN:VCALENDAR` are an iCalendar file; `.csv` and a header row that
names the column of dates are CSV, unless the first line is a date; all else is one date a line. Encodings are those of
contact lists.
"""

from collections.abc import Generator

from campaign_operator.domain.calendars.date_column import below_blank_lines, gather_column, names_the_column
from campaign_operator.domain.calendars.date_lines import gather_lines, said_in
from campaign_operator.domain.calendars.gathered_dates import MAX_CALENDAR_BYTES, CalendarDates, GatheredDates
from campaign_operator.domain.calendars.icalendar_events import BEGINNING, gather_events
from campaign_operator.domain.contacts.contact_list import UnreadableBytesError
from campaign_operator.domain.contacts.decoding import Decoding
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.written_hours import iso_date
from campaign_operator.domain.steps import take_all

Steps = Generator[None, None, CalendarDates]


def read_calendar(data: bytes, name: str, date_column: str) -> CalendarDates:
    """What a calendar says; `name` is what messages call it, and its end may tell the format. Raises InvalidSpecError
    with every error at once.
    """
    return take_all(calendar_steps(data, name, date_column))


def calendar_steps(data: bytes, name: str, date_column: str) -> Steps:
    """The same, giving control back after a millisecond or a few."""
    text = _text(data, name)
    yield
    gathered = GatheredDates(name)
    if name.lower().endswith(".ics") or BEGINNING.match(text.lstrip()):
        yield from gather_events(text, gathered)
    elif _is_csv(below_blank_lines(text), name, date_column):
        yield from gather_column(text, date_column, gathered)
    else:
        yield from gather_lines(text, gathered)
    return gathered.calendar()


def _is_csv(text: str, name: str, date_column: str) -> bool:
    said = said_in(text.partition("\n")[0])
    if not said or iso_date(said) is not None:
        return False
    return name.lower().endswith(".csv") or names_the_column(text, date_column)


def _text(data: bytes, name: str) -> str:
    """Every line ends in LF. Raises SpecError."""
    if len(data) > MAX_CALENDAR_BYTES:
        raise SpecError(name, f"is larger than {MAX_CALENDAR_BYTES // 1024 // 1024} MiB")
    try:
        text = Decoding().feed(data, final=True)
    except UnreadableBytesError as error:
        line = 1 + error.text_before.count("\n")
        raise SpecError(f"{name}, line {line}", error.message) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
