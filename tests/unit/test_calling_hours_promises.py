"""What holds for every plan with calling hours, whatever the hours are."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from builders import hours, plan_inputs
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from campaign_operator.api.vocabulary import Adjustment, StartMode, Weekday
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan, plan_hash, plan_run
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

DAY = timedelta(days=1)
ZONES = st.sampled_from(sorted(ZONE_NAMES))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given UTC


@st.composite
def any_hours(draw: st.DrawFn) -> CallingHours:
    start, end = sorted(draw(st.lists(st.integers(0, 24 * 12), min_size=2, max_size=2, unique=True)))
    text = [f"{number * 5 // 60:02}:{number * 5 % 60:02}" for number in (start, end)]
    excluded = draw(st.lists(st.dates(date(2025, 1, 1), date(2031, 1, 31)), max_size=40))
    return hours(
        *text,
        days=draw(st.lists(st.sampled_from(Weekday), min_size=1, max_size=7)),
        excludeDates=[str(day) for day in excluded],
        outside=draw(st.sampled_from(["Defer", "Skip"])),
    )


asked = st.fixed_dictionaries(
    {
        "cron": st.sampled_from(["* * * * *", "*/7 * * * *", "0 9 * * *", "30 2 * * *", "15 0 * * 0", "59 23 * * 1-5"]),
        "start_mode": st.sampled_from(StartMode),
        "time_zone": ZONES,
        "window_seconds": st.integers(60, 604_800),
        "calling_hours": any_hours(),
        "now": MOMENTS,
        "lead_seconds": st.integers(0, 3600),
    }
)
counts = st.dictionaries(ZONES, st.integers(1, 1_000_000), min_size=1, max_size=6)


def planned(asked: Mapping[str, Any], contacts_by_zone: Mapping[str, int]) -> RunPlan:
    parts = {**asked, "contacts_by_zone": contacts_by_zone}
    try:
        moment = {name: parts.pop(name) for name in ("now", "lead_seconds", "taken") if name in parts}
        return plan_run(plan_inputs(schedule=parse_cron(parts.pop("cron")), **parts), **moment)
    except SpecError:  # hours that never hold a match are refused
        reject()


@given(asked=asked, counts=counts)
@settings(max_examples=300, deadline=None)
def test_whatever_the_hours_nothing_is_called_outside_them_or_in_the_past(
    asked: dict[str, Any], counts: dict[str, int]
) -> None:
    run, seconds = planned(asked, counts), timedelta(seconds=asked["window_seconds"])
    assert {window.time_zone: window.contacts for window in run.windows} == counts
    assert any(not window.is_skipped for window in run.windows)
    for window in run.windows:
        if window.is_skipped:
            continue
        assert window.start >= asked["now"] + timedelta(seconds=asked["lead_seconds"])
        if asked["start_mode"] is StartMode.CONTACT_LOCAL:
            assert window.start.astimezone(load_zone(window.time_zone)).date() == run.nominal_time.date()
        assert timedelta() < window.end - window.start <= seconds
        assert (window.end - window.start < seconds) is (Adjustment.CLIPPED_AT_CLOSING in window.adjustments)
        assert_is_inside(window, asked["calling_hours"], load_zone(window.time_zone))


@given(asked=asked, counts=counts)
@settings(max_examples=100, deadline=None)
def test_the_same_question_gets_the_same_plan(asked: dict[str, Any], counts: dict[str, int]) -> None:
    run, again = planned(asked, counts), planned(asked, dict(reversed(counts.items())))
    assert again == run
    assert plan_hash(again.windows) == plan_hash(run.windows)


@given(asked=asked, counts=counts, more=ZONES)
@settings(max_examples=200, deadline=None)
def test_a_contact_of_another_zone_moves_no_other_window_unless_the_nominal_time_moves(
    asked: dict[str, Any], counts: dict[str, int], more: str
) -> None:
    assume(more not in counts)
    run, larger = planned(asked, counts), planned(asked, {**counts, more: 1})
    if larger.nominal_time == run.nominal_time:
        assert {w for w in larger.windows if w.time_zone != more} == set(run.windows)


def assert_is_inside(window: PlannedWindow, of: CallingHours, zone: ZoneInfo) -> None:
    """By the clock on the wall, but for days on which it is changed: those are looked at minute by minute elsewhere."""
    step = max((window.end - window.start) / 50, timedelta(seconds=1))
    moment = window.start
    while moment < window.end:
        local = moment.astimezone(zone)
        if (moment - DAY).astimezone(zone).utcoffset() == (moment + DAY).astimezone(zone).utcoffset():
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            assert of.start <= local - midnight < of.end
            assert f"{local:%a}" in of.days
            assert local.date() not in of.exclude_dates
        moment += step
