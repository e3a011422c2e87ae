"""The dates of a calendar that several campaigns share: one ISO date a line, what follows a `#` is a comment."""

from collections.abc import Iterable
from datetime import date
from functools import partial

from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.planning.calling_hours import iso_date
from campaign_operator.wording import quoted

MAX_DATES = 10_000
"""Dates in one calendar: 27 years of every day."""


def parse_excluded_dates(text: str, name: str) -> frozenset[date]:
    """The dates in a calendar's text; `name` is what messages call it. Raises InvalidSpecError with every error at
    once. Blank lines, a byte order mark and CRLF are as good as not there.
    """
    findings, dates = Findings(), set[date]()
    for number, said in _lines(text):
        found = iso_date(said)
        if found is None:
            findings.add(f"{name}, line {number}", partial(_not_a_date, said))
        else:
            dates.add(found)
    findings.raise_if_any()
    if len(dates) > MAX_DATES:
        raise SpecError(name, f"Too many: {len(dates)}: must have at most {MAX_DATES} dates")
    return frozenset(dates)


def _lines(text: str) -> Iterable[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        said = line.partition("#")[0].strip()
        if said:
            yield number, said


def _not_a_date(said: str) -> str:
    return f"{quoted(said)} is not a valid date; write one date per line as YYYY-MM-DD, and comments after a #"
