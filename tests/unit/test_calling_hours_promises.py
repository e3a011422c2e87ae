"""What holds for every plan with calling hours, whatever the hours are."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from builders import plan_inputs
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from rules_of_zones import WrittenRules, any_rules

from campaign_operator.api.vocabulary import Adjustment, StartMode
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.calling_hours import openings_from
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan, plan_hash, plan_run
from campaign_operator.domain.planning.windows import is_steady
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

DAY = timedelta(days=1)
ZONES = st.sampled_from(sorted(ZONE_NAMES))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given UTC


asked = st.fixed_dictionaries(
    {
        "cron": st.sampled_from(["* * * * *", "*/7 * * * *", "0 9 * * *", "30 2 * * *", "15 0 * * 0", "59 23 * * 1-5"]),
        "start_mode": st.sampled_from(StartMode),
        "time_zone": ZONES,
        "window_seconds": st.integers(60, 604_800),
        "chance": st.integers(),
        "now": MOMENTS,
        "lead_seconds": st.integers(0, 3600),
    }
)
counts = st.dictionaries(ZONES, st.integers(1, 1_000_000), min_size=1, max_size=6)
"""Zones, most of which have the rules of the campaign."""


def rules_of(asked: Mapping[str, Any]) -> WrittenRules:
    """Rules of each weekday, for holidays, and for some zones: those of the name `time_zone` and twenty others."""
    chance = random.Random(asked["chance"])  # noqa: S311 - a sample, no secret
    times = [f"{number // 60:02}:{number % 60:02}" for number in range(0, 24 * 60, 5)]
    return WrittenRules(any_rules(chance, asked["time_zone"], asked["now"].date(), times))


def planned(asked: Mapping[str, Any], contacts_by_zone: Mapping[str, int]) -> RunPlan:
    parts = {**asked, "contacts_by_zone": contacts_by_zone, "calling_hours": rules_of(asked).parsed()}
    del parts["chance"]
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
    counts = {asked["time_zone"]: 1, **counts}
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
        assert_is_inside(window, rules_of(asked))


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


def assert_is_inside(window: PlannedWindow, rules: WrittenRules) -> None:
    """By the clock on the wall, but for days on which it is changed: those are looked at minute by minute elsewhere."""
    zone = load_zone(window.time_zone)
    step = max((window.end - window.start) / 50, timedelta(seconds=1))
    moment = window.start
    while moment < window.end:
        if (moment - DAY).astimezone(zone).utcoffset() == (moment + DAY).astimezone(zone).utcoffset():
            assert rules.is_open(window.time_zone, moment.astimezone(zone))
        moment += step


@given(asked=asked, zone=ZONES)
@settings(max_examples=200, deadline=None)
def test_no_opening_is_longer_than_what_the_rules_say(asked: dict[str, Any], zone: str) -> None:
    rules = rules_of(asked)
    for opening in islice(openings_from(rules.parsed(), load_zone(zone), asked["now"]), 40):
        if is_steady(load_zone(zone), opening.day):
            spans = [*rules.spans(zone, opening.day)]
            local = [f"{moment.astimezone(load_zone(zone)):%H:%M}" for moment in (opening.start, opening.end)]
            assert (local[0], "24:00" if local[1] == "00:00" else local[1]) in spans
