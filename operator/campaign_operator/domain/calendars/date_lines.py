"""A calendar with one ISO date a line; what follows a `#` is a comment, and blank lines are as good as not there."""

from collections.abc import Generator
from functools import partial
from io import StringIO

from campaign_operator.domain.calendars.gathered_dates import STEP, GatheredDates
from campaign_operator.domain.planning.written_hours import iso_date
from campaign_operator.wording import quoted


def said_in(line: str) -> str:
    """The line without its comment."""
    return line.partition("#")[0].strip()


def gather_lines(text: str, gathered: GatheredDates) -> Generator[None, None, None]:
    """Gather the dates, in short steps."""
    for number, line in enumerate(StringIO(text, newline="\n"), start=1):
        said = said_in(line)
        if said:
            found = iso_date(said)
            if found is None:
                gathered.reject(number, partial(_not_a_date, said))
            else:
                gathered.add(found)
        if number % STEP == 0:
            yield


def _not_a_date(said: str) -> str:
    return f"{quoted(said)} is not a valid date; write one date per line as YYYY-MM-DD, and comments after a #"
