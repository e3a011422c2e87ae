"""Rules of repetition name the dates that python-dateutil finds, which reads the same rules by other means."""

import re
from datetime import date, datetime

from dateutil.rrule import rrulestr  # type: ignore[import-untyped] # the only use of it, and its types are a package
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign_operator.domain.calendars.recurrence import FIRST_YEAR, LAST_YEAR, parse_recurrence

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def numbers(most: int) -> st.SearchStrategy[str]:
    one = st.integers(1, most) | st.integers(-most, -1)
    return st.lists(one, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found)))


def optional(part: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | values.map(lambda value: f";{part}={value}")


WEEKDAYS = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3).map(",".join)
NTH_WEEKDAYS = st.lists(
    st.tuples(st.sampled_from([-5, -1, 1, 2, 5]), st.sampled_from(DAYS)).map(lambda each: "{}{}".format(*each)),
    min_size=1,
    max_size=3,
).map(",".join)
LATER = 7600
"""Years: a multiple of 400, after which the calendar repeats with its weekdays. dateutil looks for the dates of a
hopeless rule until the year 9999.
"""

ENDS = st.one_of(
    st.just(""),
    st.integers(1, 60).map(";COUNT={}".format),
    st.dates(date(2015, 1, 1), date(2060, 1, 1)).map(lambda day: f";UNTIL={day:%Y%m%d}"),
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    by_weekday = WEEKDAYS | NTH_WEEKDAYS if frequency in ("YEARLY", "MONTHLY") else WEEKDAYS
    parts = [
        f"FREQ={frequency}",
        draw(optional("INTERVAL", st.integers(1, 14).map(str))),
        draw(ENDS),
        draw(
            optional(
                "BYMONTH", st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda m: ",".join(map(str, m)))
            )
        ),
        draw(optional("BYMONTHDAY", numbers(31))),
        draw(optional("BYYEARDAY", numbers(366))) if frequency == "YEARLY" else "",
        draw(optional("BYDAY", by_weekday)),
        # dateutil counts the positions of a week from the first date on, and the RFC from its beginning
        draw(optional("BYSETPOS", numbers(5))) if frequency in ("YEARLY", "MONTHLY") else "",
        draw(optional("WKST", st.sampled_from(DAYS))),
    ]
    return "".join(parts)


@settings(deadline=None)
@given(rules(), st.dates(date(2012, 1, 1), date(2030, 12, 31)))
@example("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", date(2020, 11, 26))
@example("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", date(2026, 11, 29))
@example("FREQ=MONTHLY;BYMONTHDAY=31", date(2026, 1, 31))
@example("FREQ=YEARLY", date(2024, 2, 29))
def test_a_rule_has_the_dates_that_dateutil_finds(rule: str, start: date) -> None:
    ours = [day for _, days in parse_recurrence(rule).periods(start) for day in days if day.year >= FIRST_YEAR]
    assert ours == dates_of_dateutil(rule, start)


def dates_of_dateutil(rule: str, start: date) -> list[date]:
    later = re.sub("(?<=UNTIL=)[0-9]{4}", lambda year: str(int(year[0]) + LATER), rule)
    found = rrulestr(later, dtstart=midnight(start)).between(
        midnight(date(FIRST_YEAR, 1, 1)), midnight(date(LAST_YEAR, 12, 31)), inc=True
    )
    return [each.date().replace(year=each.year - LATER) for each in found]


def midnight(day: date) -> datetime:
    return datetime(day.year + LATER, day.month, day.day)  # noqa: DTZ001 - dateutil wants a floating one


def test_a_weekday_with_and_without_a_number_is_every_such_day() -> None:
    every, both = (
        parse_recurrence(f"FREQ=MONTHLY;BYDAY={days}").periods(date(2026, 1, 1)) for days in ("MO", "MO,1MO")
    )
    assert list(every) == list(both)


def test_a_rule_is_looked_at_no_longer_than_there_are_days() -> None:
    for rule in (
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=DAILY;COUNT=999999999",
    ):
        looked_at = sum(days for days, _ in parse_recurrence(rule).periods(date(FIRST_YEAR, 1, 1)))
        assert looked_at <= 366 * (LAST_YEAR - FIRST_YEAR + 1)
