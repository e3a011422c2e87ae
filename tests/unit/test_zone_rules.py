"""Which windows a new version of the rules of time zones, or of the holidays, would move."""

from datetime import timedelta

import pytest
from builders import NOW, blueprint, make_planned, spec

from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.decisions.zone_rules import moved_zones
from campaign_operator.domain.planning.public_holidays import holidays_version
from campaign_operator.domain.status.campaign_events import event_of_changed_data

NEW_YORK, LONDON = "America/New_York", "Europe/London"
AMERICAN = {"timeZones": [NEW_YORK], "holidays": [{"country": "US"}]}
HOUR = timedelta(hours=1)
SKIPPING = spec(startMode="SameInstant", callingHours={"outside": "Skip"})
"""Nine o'clock UTC: London is called, and New York is not."""


def planned() -> RunStatus:
    """London and New York, planned by the rules in use."""
    return make_planned(blueprint(), NOW)


def shifted(run: RunStatus, *zones: str, **update: object) -> RunStatus:
    """As if the rules had had these zones' clocks an hour later."""

    def moved(w: WindowStatus) -> WindowStatus:
        times = {"start_time": w.start_time + HOUR, "end_time": w.end_time + HOUR}
        return w.model_copy(update={**times, **update}) if w.time_zone in zones else w

    return run.model_copy(update={"windows": tuple(moved(w) for w in run.windows)})


@pytest.mark.parametrize(
    ("name", "run", "then"),
    [
        ("the rules are the same", planned(), ()),
        ("a zone's rules moved", shifted(planned(), LONDON), (LONDON,)),
        ("of two zones", shifted(planned(), LONDON, NEW_YORK), (LONDON, NEW_YORK)),
        ("a submitted window is told of, too", shifted(planned(), LONDON, state=WindowState.SUBMITTED), (LONDON,)),
        ("a window that starts late was moved by us", shifted(planned(), LONDON, adjustments=["StartedLate"]), ()),
        ("a window without a schedule is nobody's business", shifted(planned(), LONDON, state=WindowState.MISSED), ()),
        (
            "of a run by another spec nothing can be told",
            shifted(planned(), LONDON).model_copy(update={"spec_hash": "other"}),
            (),
        ),
        ("nor of one whose id was altered by hand", shifted(planned(), LONDON).model_copy(update={"id": "x" * 13}), ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_moved_zones(name: str, run: RunStatus, then: tuple[str, ...]) -> None:
    assert moved_zones(run, blueprint()) == then, name


def test_a_zone_that_is_skipped_by_the_rules_in_use_has_moved() -> None:
    run = make_planned(blueprint(SKIPPING), NOW)
    calling = run.model_copy(
        update={"windows": tuple(w.model_copy(update={"state": WindowState.PLANNED}) for w in run.windows)}
    )
    assert set(moved_zones(calling, blueprint(SKIPPING))) == {NEW_YORK}


def test_the_event_names_the_zones_and_what_can_be_done() -> None:
    run = planned().model_copy(update={"tzdata_version": "2020a"})
    note = event_of_changed_data(run, (LONDON,), "2026f", "")
    assert note is not None
    assert (note.type, note.reason) == ("Warning", "TimeZoneDataChanged")
    assert "Europe/London: the time zone rules changed between tzdata 2020a and 2026f" in note.message
    assert "spec.suspend" in note.message
    assert event_of_changed_data(run, (), "2026f", "") is None


def test_a_window_on_a_date_that_became_a_holiday_has_moved() -> None:
    """As planned by a package that did not know of Thanksgiving."""
    drawn = blueprint(spec(cron="0 9 26 11 *", callingHours={"zones": [AMERICAN]}))
    run = make_planned(drawn, NOW)
    assert [w.state for w in run.windows if w.time_zone == NEW_YORK] == [WindowState.SKIPPED]
    assert run.holidays_version == holidays_version()
    calling = run.model_copy(
        update={"windows": tuple(w.model_copy(update={"state": WindowState.PLANNED}) for w in run.windows)}
    )
    assert moved_zones(calling, drawn) == (NEW_YORK,)


def test_the_event_names_the_holidays_where_they_alone_changed() -> None:
    run = planned().model_copy(update={"tzdata_version": "2026f", "holidays_version": "0.108"})
    event = event_of_changed_data(run, (NEW_YORK,), "2026f", "0.109")
    assert event is not None
    assert event.reason == "HolidayDataChanged"
    assert (
        "America/New_York: the public holidays changed between holidays 0.108 and 0.109; the windows" in event.message
    )
    both = event_of_changed_data(run, (NEW_YORK,), "2026g", "0.109")
    assert both is not None
    assert both.reason == "TimeZoneDataChanged"
    assert "between tzdata 2026f and 2026g, or the public holidays changed between holidays 0.108" in both.message


def test_a_run_that_no_holiday_can_close_has_no_version_of_them() -> None:
    assert planned().holidays_version == ""
