"""The dates of a calendar that several campaigns share: one ISO date a line, what follows a `#` is a comment."""

from collections.abc import Generator
from datetime import date
from functools import partial
from io import StringIO

from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.planning.written_hours import iso_date
from campaign_operator.wording import quoted

MAX_DATES = 10_000
"""Dates in one calendar: 27 years of every day."""

STEP_LINES = 1000


def parse_excluded_dates(text: str, name: str) -> DateSet:
    """The dates in a calendar's text; `name` is what messages call it. Raises InvalidSpecError with every error at
    once. Blank lines, a byte order mark and CRLF are as good as not there.
    """
    steps = excluded_dates_steps(text, name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            dates: DateSet = end.value
            return dates


def excluded_dates_steps(text: str, name: str) -> Generator[None, None, DateSet]:
    """The same, giving control back after STEP_LINES each: a ConfigMap has room for half a million lines."""
    findings, dates = Findings(), set[date]()
    for number, line in enumerate(StringIO(text.removeprefix("\ufeff"), newline="\n"), start=1):
        said = line.partition("#")[0].strip()
        if said:
            found = iso_date(said)
            if found is None:
                findings.add(f"{name}, line {number}", partial(_not_a_date, said))
            else:
                dates.add(found)
        if number % STEP_LINES == 0:
            yield
    findings.raise_if_any()
    if len(dates) > MAX_DATES:
        raise SpecError(name, f"Too many: {len(dates)}: must have at most {MAX_DATES} dates")
    return DateSet(dates)


def _not_a_date(said: str) -> str:
    return f"{quoted(said)} is not a valid date; write one date per line as YYYY-MM-DD, and comments after a #"
