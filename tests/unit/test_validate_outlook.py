"""What `validate` says of the runs to come, on whatever day it is asked."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import blueprint, spec

from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.validation.findings import FieldError, Severity, field_text
from campaign_operator.validation.outlook import look_ahead
from campaign_operator.validation.spec_warnings import warnings_of_spec

NEW_YORK = "America/New_York"
WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
LEAD_SECONDS = 30


def found(now: str, *zones: str, dates: tuple[str, ...] = (), **changes: Any) -> list[FieldError]:
    contacts = [{"id": str(number), "timeZone": zone} for number, zone in enumerate(zones)]
    asked = spec(**{"contacts": contacts, "runPolicy": "Recurring", **changes})
    drawn = blueprint(asked, ReadInputs(exclude_dates=DateSet(map(date.fromisoformat, dates))))
    return list(warnings_of_spec(asked, drawn, zones, datetime.fromisoformat(now).replace(tzinfo=UTC), LEAD_SECONDS))


def said(problems: list[FieldError]) -> dict[str, str]:
    return {field_text(problem.path): problem.message for problem in problems}


def test_a_zone_that_is_past_the_only_match_of_the_year_is_named() -> None:
    asked: dict[str, Any] = {"cron": "0 9 1 12 *", "runPolicy": "Once"}
    assert said(found("2026-12-01T00:01", "Asia/Tokyo", NEW_YORK, **asked)) == {
        "spec.cron": "the match 2026-12-01T09:00 is already past in Asia/Tokyo, so the first run is that of "
        "2027-12-01T09:00; move these contacts to a campaign of their own"
    }
    assert found("2026-11-30T23:58", "Asia/Tokyo", NEW_YORK, **asked) == []


def test_a_month_that_is_lost_is_named_with_what_helps_and_a_day_is_not() -> None:
    zones = (NEW_YORK, "Pacific/Auckland")
    (message,) = said(found("2026-12-01T12:00", *zones, cron="0 9 1 * *")).values()
    assert "already past in Pacific/Auckland" in message
    assert "pastZones: Skip" in message
    assert found("2026-12-01T12:00", *zones, cron="0 9 1 * *", pastZones="Skip") == []
    assert found("2026-12-01T12:00", *zones, cron="0 9 * * *") == []


@pytest.mark.parametrize("now", ["2026-11-25T15:00", "2026-11-27T15:00", "2026-11-28T15:00", "2026-11-29T15:00"])
def test_days_that_are_closed_are_warned_of_whatever_day_it_is(now: str) -> None:
    problems = said(found(now, NEW_YORK, cron="0 9 * * *", callingHours={"days": WORKDAYS}))
    assert list(problems) == ["spec.callingHours.days"]
    assert "matches of cron until 2027-1" in problems["spec.callingHours.days"]
    assert found(now, NEW_YORK, cron="0 9 * * 1-5", callingHours={"days": WORKDAYS}) == []


def test_an_excluded_date_is_no_cause_for_a_warning() -> None:
    hours = {"excludeDates": ["2026-12-25"]}
    assert found("2026-12-20T00:00", NEW_YORK, cron="0 9 * * 1-5", callingHours=hours) == []


def test_matches_for_which_an_earlier_window_is_not_over_are_counted() -> None:
    (message,) = said(found("2026-11-25T00:00", NEW_YORK, cron="0 9,11,13 * * *")).values()
    assert message.startswith("366 of the 1099 matches of cron until 2027-11-26 are skipped")
    assert "an earlier window is still open in America/New_York" in message


def test_a_start_after_the_close_calls_nobody() -> None:
    (message,) = said(found("2026-11-25T00:00", NEW_YORK, cron="0 9,21 * * *")).values()
    assert "call nobody" in message
    assert "08:00 to 21:00" in message


def test_windows_of_two_minutes_are_warned_of() -> None:
    (message,) = said(found("2026-11-25T00:00", NEW_YORK, cron="58 20 * * 1-5")).values()
    assert "shorter than 15 minutes (the shortest: 2), because the calling hours end;" in message
    assert found("2026-11-25T00:00", NEW_YORK, windowSeconds=120) == [], "who writes it means it"


@pytest.mark.parametrize(
    ("last", "when"),
    [("2026-01-01", "is past"), ("2026-12-24", "is within 30 days"), ("2026-12-25", "")],
)
def test_a_calendar_that_ends_is_warned_of(last: str, when: str) -> None:
    source = {"configMapKeyRef": {"name": "holidays", "key": "all"}}
    problems = said(
        found(
            "2026-11-25T00:00",
            NEW_YORK,
            dates=("2025-12-25", last),
            callingHours={"excludeDatesFrom": source},
        )
    )
    assert list(problems) == (["spec.callingHours.excludeDatesFrom"] if when else [])
    assert all(when in message for message in problems.values())


def test_what_cannot_fit_at_once_is_an_error() -> None:
    always = {"start": "00:00", "end": "24:00"}
    zones = sorted(ZONE_NAMES)[:500]
    asked: dict[str, Any] = {"cron": "0 */2 1 1 *", "windowSeconds": 7200, "callingHours": always}
    errors = [one for one in found("2026-11-25T00:00", *zones, **asked) if one.severity is Severity.ERROR]
    assert ["at most 1800 are allowed" in one.message for one in errors] == [True]
    assert not [one for one in found("2026-11-25T00:00", *zones) if one.severity is Severity.ERROR]


def test_more_runs_at_once_than_a_status_takes_are_an_error() -> None:
    """Every minute in two zones a day apart: each run waits 25 hours for its second window, and 500 are looked at."""
    always = {"start": "00:00", "end": "24:00"}
    zones = ("Pacific/Kiritimati", "Pacific/Midway")
    asked: dict[str, Any] = {"windowSeconds": 60, "callingHours": always}
    for cron, told in (("* * * * *", ["500 runs would not have ended"]), ("*/5 * * * *", [])):
        errors = [
            one for one in found("2026-11-25T00:00", *zones, cron=cron, **asked) if one.severity is Severity.ERROR
        ]
        assert [one.message.split(" at the start")[0] for one in errors] == told


def test_zones_on_the_same_clock_are_planned_as_one() -> None:
    contacts = [{"id": zone, "timeZone": zone} for zone in ("Europe/Berlin", "Europe/Paris", "Asia/Tokyo")]
    outlook = look_ahead(
        blueprint(spec(contacts=contacts)), datetime(2026, 11, 25, tzinfo=UTC), LEAD_SECONDS, recurring=True
    )
    assert dict(outlook.zones_by_clock) == {
        "Europe/Berlin": ("Europe/Berlin", "Europe/Paris"),
        "Asia/Tokyo": ("Asia/Tokyo",),
    }
    assert len(outlook.plans) == 367


def test_zones_on_the_same_clock_that_have_different_hours_are_not() -> None:
    zones = ("Europe/Berlin", "Europe/Paris", "Europe/Vienna")
    contacts = [{"id": zone, "timeZone": zone} for zone in zones]
    rules = {"timeZones": ["Europe/Paris"], "holidays": [{"country": "FR"}]}
    asked = blueprint(spec(contacts=contacts, callingHours={"zones": [rules]}))
    outlook = look_ahead(asked, datetime(2026, 11, 25, tzinfo=UTC), LEAD_SECONDS, recurring=True)
    assert dict(outlook.zones_by_clock) == {
        "Europe/Berlin": ("Europe/Berlin", "Europe/Vienna"),
        "Europe/Paris": ("Europe/Paris",),
    }
