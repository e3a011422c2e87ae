"""Windows fitted into the calling hours of their zone, and what is refused as calling hours.

In the table a match is a local time, and what becomes of it is told in local time, too, with the offset of the moment.
"""

import itertools
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from builders import hours

from campaign_operator.api.crd import structural_schema
from campaign_operator.domain.errors import InvalidSpecError, SpecError
from campaign_operator.domain.planning.calling_hours import fitted
from campaign_operator.domain.planning.windows import Window, place, window_from
from campaign_operator.domain.planning.zones import load_zone

NEW_YORK, LONDON, CAIRO, APIA = "America/New_York", "Europe/London", "Africa/Cairo", "Pacific/Apia"
ALL_DAY: dict[str, Any] = {"start": "00:00", "end": "24:00"}
WORKDAYS: dict[str, Any] = {"days": ["Mon", "Tue", "Wed", "Thu", "Fri"]}
SKIP: dict[str, Any] = {"outside": "Skip"}


@dataclass(frozen=True)
class Case:
    """A match of four hours in a zone; `then` is start, end and adjustments."""

    zone: str
    match: str
    then: tuple[str, str, str]
    hours: dict[str, Any] = field(default_factory=dict)


CASES = {
    # inside
    "a window inside the hours stays as it is": Case(
        LONDON, "2026-11-25T09:00", ("2026-11-25T09:00+00:00", "2026-11-25T13:00+00:00", "")
    ),
    "a start at the very opening is inside": Case(
        LONDON, "2026-11-25T08:00", ("2026-11-25T08:00+00:00", "2026-11-25T12:00+00:00", "")
    ),
    "an end at the very close is inside": Case(
        LONDON, "2026-11-25T17:00", ("2026-11-25T17:00+00:00", "2026-11-25T21:00+00:00", "")
    ),
    # clipped
    "a window that would go on after the close ends with it": Case(
        LONDON, "2026-11-25T17:01", ("2026-11-25T17:01+00:00", "2026-11-25T21:00+00:00", "ClippedAtClosing")
    ),
    "in the last minute a window of one minute is left": Case(
        LONDON, "2026-11-25T20:59", ("2026-11-25T20:59+00:00", "2026-11-25T21:00+00:00", "ClippedAtClosing")
    ),
    # deferred
    "before the opening: to the opening of that day": Case(
        LONDON, "2026-11-25T05:00", ("2026-11-25T08:00+00:00", "2026-11-25T12:00+00:00", "DeferredToOpening")
    ),
    "a start at the very close is outside: to the next morning": Case(
        LONDON, "2026-11-25T21:00", ("2026-11-26T08:00+00:00", "2026-11-26T12:00+00:00", "DeferredToOpening")
    ),
    "Friday night on workdays: to Monday": Case(
        LONDON, "2026-11-27T22:00", ("2026-11-30T08:00+00:00", "2026-11-30T12:00+00:00", "DeferredToOpening"), WORKDAYS
    ),
    "on a Saturday in the middle of the day on workdays: to Monday": Case(
        LONDON, "2026-11-28T12:00", ("2026-11-30T08:00+00:00", "2026-11-30T12:00+00:00", "DeferredToOpening"), WORKDAYS
    ),
    "on an excluded date: to the first date that is not excluded": Case(
        LONDON,
        "2026-12-25T09:00",
        ("2026-12-27T08:00+00:00", "2026-12-27T12:00+00:00", "DeferredToOpening"),
        {"excludeDates": ["2026-12-25", "2026-12-26"]},
    ),
    "on the eve of an excluded date, after the close": Case(
        LONDON,
        "2026-12-24T21:30",
        ("2026-12-28T08:00+00:00", "2026-12-28T12:00+00:00", "DeferredToOpening"),
        {"excludeDates": ["2026-12-25"], **WORKDAYS},
    ),
    "deferred to hours shorter than the window: both are told": Case(
        LONDON,
        "2026-11-25T05:00",
        ("2026-11-25T08:00+00:00", "2026-11-25T10:00+00:00", "DeferredToOpening,ClippedAtClosing"),
        {"end": "10:00"},
    ),
    "an opening 366 days ahead is found": Case(
        LONDON,
        "2027-01-01T09:00",
        ("2028-01-02T08:00+00:00", "2028-01-02T12:00+00:00", "DeferredToOpening"),
        {"excludeDates": [str(datetime(2027, 1, 1).date() + timedelta(days=n)) for n in range(366)]},  # noqa: DTZ001
    ),
    # skipped: the minute of the match, and never open
    "outside with Skip: skipped": Case(
        LONDON, "2026-11-25T21:00", ("2026-11-25T21:00+00:00", "2026-11-25T21:01+00:00", "OutsideCallingHours"), SKIP
    ),
    "inside with Skip: stays": Case(
        LONDON, "2026-11-25T20:00", ("2026-11-25T20:00+00:00", "2026-11-25T21:00+00:00", "ClippedAtClosing"), SKIP
    ),
    "moved out of a gap, and still outside with Skip: both are told": Case(
        NEW_YORK,
        "2026-03-08T02:30",
        ("2026-03-08T03:00-04:00", "2026-03-08T03:01-04:00", "MovedOutOfGap,OutsideCallingHours"),
        SKIP,
    ),
    # midnight
    "24:00 is the midnight at the end of the day": Case(
        LONDON,
        "2026-11-25T22:00",
        ("2026-11-25T22:00+00:00", "2026-11-26T00:00+00:00", "ClippedAtClosing"),
        {"end": "24:00"},
    ),
    "24:00 that the clocks skip is the first instant after the gap": Case(
        CAIRO,
        "2026-04-23T22:00",
        ("2026-04-23T22:00+02:00", "2026-04-24T01:00+03:00", "ClippedAtClosing"),
        {"end": "24:00"},
    ),
    "openings that touch at midnight are one": Case(
        LONDON, "2026-11-25T22:00", ("2026-11-25T22:00+00:00", "2026-11-26T02:00+00:00", ""), ALL_DAY
    ),
    "openings that touch at a midnight that the clocks skip are one": Case(
        CAIRO, "2026-04-23T22:00", ("2026-04-23T22:00+02:00", "2026-04-24T03:00+03:00", ""), ALL_DAY
    ),
    "openings that touch only because the clocks skip what is between them are one": Case(
        CAIRO,
        "2026-04-23T22:00",
        ("2026-04-23T22:00+02:00", "2026-04-24T03:00+03:00", ""),
        {"start": "00:30", "end": "24:00"},
    ),
    "an excluded date parts openings that would touch": Case(
        LONDON,
        "2026-12-24T22:00",
        ("2026-12-24T22:00+00:00", "2026-12-25T00:00+00:00", "ClippedAtClosing"),
        {"excludeDates": ["2026-12-25"], **ALL_DAY},
    ),
    "a weekend parts openings that would touch": Case(
        LONDON,
        "2026-11-28T00:00",
        ("2026-11-30T00:00+00:00", "2026-11-30T04:00+00:00", "DeferredToOpening"),
        {**WORKDAYS, **ALL_DAY},
    ),
    # the clocks change
    "an opening that the clocks skip is the first instant after the gap": Case(
        NEW_YORK,
        "2026-03-08T01:00",
        ("2026-03-08T03:00-04:00", "2026-03-08T04:00-04:00", "DeferredToOpening,ClippedAtClosing"),
        {"start": "02:30", "end": "04:00"},
    ),
    "hours that the clocks skip as a whole are no opening": Case(
        NEW_YORK,
        "2026-03-08T01:00",
        ("2026-03-09T02:00-04:00", "2026-03-09T03:00-04:00", "DeferredToOpening,ClippedAtClosing"),
        {"start": "02:00", "end": "03:00"},
    ),
    "a match moved out of a gap and then to the opening: both are told": Case(
        NEW_YORK,
        "2026-03-08T02:30",
        ("2026-03-08T08:00-04:00", "2026-03-08T12:00-04:00", "MovedOutOfGap,DeferredToOpening"),
    ),
    "an opening that the clocks show twice begins with the first and is interrupted until the second": Case(
        NEW_YORK,
        "2026-11-01T00:30",
        ("2026-11-01T01:30-04:00", "2026-11-01T01:00-05:00", "DeferredToOpening,ClippedAtClosing"),
        {"start": "01:30"},
    ),
    "a match at the second showing of the hours is that of the first": Case(
        NEW_YORK,
        "2026-11-01T01:40",
        ("2026-11-01T01:40-04:00", "2026-11-01T01:00-05:00", "FirstOfTwo,ClippedAtClosing"),
        {"start": "01:30", "end": "05:00"},
    ),
    "after the hour that comes twice the hours go on": Case(
        NEW_YORK,
        "2026-11-01T02:00",
        ("2026-11-01T02:00-05:00", "2026-11-01T05:00-05:00", "ClippedAtClosing"),
        {"start": "01:30", "end": "05:00"},
    ),
    "a close that the clocks show twice is the first of the two": Case(
        NEW_YORK,
        "2026-11-01T00:30",
        ("2026-11-01T00:30-04:00", "2026-11-01T01:30-04:00", "ClippedAtClosing"),
        {"start": "00:00", "end": "01:30"},
    ),
    "the first of two, with the hour that comes twice inside the hours": Case(
        NEW_YORK,
        "2026-11-01T01:30",
        ("2026-11-01T01:30-04:00", "2026-11-01T02:00-05:00", "FirstOfTwo,ClippedAtClosing"),
        {"start": "00:00", "end": "02:00"},
    ),
    "Lord Howe Island skips half an hour": Case(
        "Australia/Lord_Howe",
        "2026-10-04T01:00",
        ("2026-10-04T02:30+11:00", "2026-10-04T06:30+11:00", "DeferredToOpening"),
        {"start": "02:15"},
    ),
    "Lord Howe Island shows half an hour twice": Case(
        "Australia/Lord_Howe",
        "2026-04-05T01:00",
        ("2026-04-05T01:45+11:00", "2026-04-05T01:30+10:30", "DeferredToOpening,ClippedAtClosing"),
        {"start": "01:45"},
    ),
    "the Chatham Islands skip an hour at a quarter to": Case(
        "Pacific/Chatham",
        "2026-09-27T02:00",
        ("2026-09-27T03:45+13:45", "2026-09-27T07:45+13:45", "DeferredToOpening"),
        {"start": "03:00"},
    ),
    "Morocco goes back an hour in the night before Ramadan": Case(
        "Africa/Casablanca",
        "2026-02-14T22:00",
        ("2026-02-15T08:00+00:00", "2026-02-15T12:00+00:00", "DeferredToOpening"),
    ),
    "Morocco goes forward again in the night after Ramadan": Case(
        "Africa/Casablanca",
        "2026-03-21T22:00",
        ("2026-03-22T08:00+01:00", "2026-03-22T12:00+01:00", "DeferredToOpening"),
    ),
    "Troll skips two hours": Case(
        "Antarctica/Troll",
        "2026-03-29T00:30",
        ("2026-03-29T03:00+02:00", "2026-03-29T07:00+02:00", "DeferredToOpening"),
        {"start": "02:00"},
    ),
    "Troll shows two hours twice": Case(
        "Antarctica/Troll",
        "2026-10-25T00:30",
        ("2026-10-25T01:30+02:00", "2026-10-25T01:00+00:00", "DeferredToOpening,ClippedAtClosing"),
        {"start": "01:30"},
    ),
    "Samoa had no 30 December 2011: from the night of the 29th to the morning of the 31st": Case(
        APIA, "2011-12-29T22:00", ("2011-12-31T08:00+14:00", "2011-12-31T12:00+14:00", "DeferredToOpening")
    ),
    "a match on the date that Samoa did not have": Case(
        APIA,
        "2011-12-30T09:00",
        ("2011-12-31T08:00+14:00", "2011-12-31T12:00+14:00", "MovedOutOfGap,DeferredToOpening"),
    ),
    "Samoa had no Friday that week": Case(
        APIA,
        "2011-12-29T09:00",
        ("2012-01-06T08:00+14:00", "2012-01-06T12:00+14:00", "DeferredToOpening"),
        {"days": ["Fri"]},
    ),
    "the openings on both sides of the date that Samoa did not have touch": Case(
        APIA, "2011-12-29T22:00", ("2011-12-29T22:00-10:00", "2011-12-31T02:00+14:00", ""), ALL_DAY
    ),
}


def fit(case: Case) -> Window:
    zone = load_zone(case.zone)
    window = window_from(place(datetime.fromisoformat(case.match), zone), window_seconds=4 * 3600)
    return fitted(window, hours(**case.hours), zone)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_window_is_fitted_into_the_hours_of_its_zone(case: Case) -> None:
    window, zone = fit(case), load_zone(case.zone)
    shown = [moment.astimezone(zone).isoformat(timespec="minutes") for moment in (window.start, window.end)]
    assert (*shown, ",".join(window.adjustments)) == case.then
    assert window.is_skipped is ("OutsideCallingHours" in case.then[2])


def test_seconds_of_an_opening_are_its_own() -> None:
    """A zone with seconds in its offset, as many had before 1972, opens at eight on its own clocks."""
    window = fit(Case("Africa/Monrovia", "1971-06-01T05:00", ("", "", "")))
    assert window.start.astimezone(load_zone("Africa/Monrovia")).isoformat() == "1971-06-01T08:00:00-00:44:30"


SUNDAYS = [str(datetime(2026, 11, 29).date() + timedelta(weeks=n)) for n in range(53)]  # noqa: DTZ001 - dates
ALL_EXCLUDED = (
    "Europe/London is never open in the 366 days from 2026-11-25: every Sun is an excluded date; remove a date, "
    "or add days"
)
LAST_ONE_SKIPPED = (
    "America/New_York is never open in the 366 days from 2026-11-29: on 2027-03-14, which is not an excluded date, "
    "the clocks skip the hours from start to end; remove a date, add days, or extend the hours"
)
NEVER_OPEN = {
    "every day that is named is excluded for more than a year": (
        Case(LONDON, "2026-11-25T09:00", ("", "", ""), {"days": ["Sun"], "excludeDates": SUNDAYS}),
        "spec.callingHours.excludeDates",
        ALL_EXCLUDED,
    ),
    "the clocks skip the hours on the only day that is left": (
        Case(
            NEW_YORK,
            "2026-11-29T09:00",
            ("", "", ""),
            {
                "start": "02:00",
                "end": "03:00",
                "days": ["Sun"],
                "excludeDates": [day for day in SUNDAYS if day != "2027-03-14"],
            },
        ),
        "spec.callingHours",
        LAST_ONE_SKIPPED,
    ),
}


@pytest.mark.parametrize(("case", "field", "message"), NEVER_OPEN.values(), ids=NEVER_OPEN.keys())
def test_a_zone_that_does_not_open_within_366_days_is_an_error_that_names_zone_and_rule(
    case: Case, field: str, message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        fit(case)
    assert (caught.value.field, caught.value.message) == (field, message)


SATURDAY = {"days": ["Sat"], "start": "10:00", "end": "13:00"}
REFUSED = {
    "a start that is no time": ({"start": "8:00"}, ["start"]),
    "a start at 24:00": ({"start": "24:00"}, ["start"]),
    "an end that is no time": ({"end": "21:60"}, ["end"]),
    "an end after midnight": ({"end": "25:00"}, ["end"]),
    "a line feed after the time": ({"end": "9:00\n"}, ["end"]),
    "digits of another script": ({"start": "\u0660\u0668:\u0660\u0660"}, ["start"]),
    "start and end the same": ({"start": "09:00", "end": "09:00"}, ["start"]),
    "hours that go past midnight": ({"start": "22:00", "end": "06:00"}, ["start"]),
    "an end at 00:00": ({"end": "00:00"}, ["start"]),
    "31 February": ({"excludeDates": ["2026-02-28", "2026-02-31"]}, ["excludeDates[1]"]),
    "29 February of a year that is no leap year": ({"excludeDates": ["2026-02-29"]}, ["excludeDates[0]"]),
    "a date in another form": ({"excludeDates": ["20261225", "25.12.2026"]}, ["excludeDates[0]", "excludeDates[1]"]),
    "a date by its week": ({"excludeDates": ["2026-W52-5"]}, ["excludeDates[0]"]),
    "weekly beside start": ({"weekly": [SATURDAY]}, ["weekly"]),
    "a span that is none": (
        {"start": None, "end": None, "weekly": [{**SATURDAY, "end": "10:00"}]},
        ["weekly[0].start"],
    ),
    "spans that overlap": (
        {"start": None, "end": None, "weekly": [SATURDAY, {"days": ["Sat", "Sun"], "start": "12:59", "end": "24:00"}]},
        ["weekly[1]"],
    ),
    "the same span twice": ({"start": None, "end": None, "weekly": [SATURDAY, SATURDAY]}, ["weekly[1]"]),
    "a zone that is none": ({"zones": [{"timeZones": ["Europe/Berlin", "Bern"]}]}, ["zones[0].timeZones[1]"]),
    "a zone twice": (
        {"zones": [{"timeZones": ["Europe/Berlin"]}, {"timeZones": ["Europe/Vienna", "Europe/Berlin"]}]},
        ["zones[1].timeZones[1]"],
    ),
    "a zone twice in one entry": ({"zones": [{"timeZones": ["Europe/Berlin"] * 2}]}, ["zones[0].timeZones[1]"]),
    "a country that is none": ({"holidays": [{"country": "DE"}, {"country": "UK"}]}, ["holidays[1].country"]),
    "a subdivision that is none": (
        {"zones": [{"timeZones": ["Europe/Berlin"], "holidays": [{"country": "DE", "subdivision": "Bayern"}]}]},
        ["zones[0].holidays[0].subdivision"],
    ),
    "what is wrong in the rules of a zone": (
        {"zones": [{"timeZones": ["Europe/Berlin"], "weekly": [{**SATURDAY, "start": "9"}], "excludeDates": ["x"]}]},
        ["zones[0].weekly[0].start", "zones[0].excludeDates[0]"],
    ),
    "all at once": ({"start": "8", "end": "9", "excludeDates": ["x"]}, ["start", "end", "excludeDates[0]"]),
}


@pytest.mark.parametrize(("given", "fields"), REFUSED.values(), ids=REFUSED.keys())
def test_calling_hours_are_refused_for(given: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        hours(**given)
    assert [error.field for error in caught.value.errors] == [f"spec.callingHours.{name}" for name in fields]


def rule_of(*path: str) -> re.Pattern[str]:
    """The regular expression of a field's only CEL rule; RE2, which the API server has, reads these the same."""
    schema: Any = structural_schema()["properties"]["spec"]["properties"]["callingHours"]["properties"]
    for name in path:
        schema = schema[name]
    (validation,) = schema["x-kubernetes-validations"]
    return re.compile(validation["rule"].removeprefix("self.matches('").removesuffix("')"))


def test_the_schema_takes_the_dates_of_the_calendar_and_no_others() -> None:
    rule = rule_of("excludeDates", "items")
    for year in (1000, 1900, 2000, 2025, 2026, 2027, 2028, 2096, 2100, 2400, 9999):
        for month, day in itertools.product(range(14), range(33)):
            text = f"{year}-{month:02}-{day:02}"
            assert bool(rule.search(text)) is is_a_date(text), text
    assert not any(rule.search(text) for text in ("2026-1-01", "20260101", " 2026-01-01", "2026-01-01T00:00:00Z"))


def is_a_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_the_schema_takes_the_times_that_the_operator_takes() -> None:
    start, end = rule_of("start"), rule_of("end")
    for number in range(26 * 60):
        text = f"{number // 60:02}:{number % 60:02}"
        assert bool(start.search(text)) is (number < 24 * 60), text
        assert bool(end.search(text)) is (number <= 24 * 60), text
