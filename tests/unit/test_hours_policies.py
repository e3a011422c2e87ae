"""Policies: whatever a campaign says, what is open is what the campaign and every policy open, and nothing more."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from builders import NOW, SETTINGS, blueprint, campaign, hours, spec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lone_campaign import NoCalls
from rules_of_zones import WrittenRules, any_policy, any_rules

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.vocabulary import Adjustment
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import CallingHours, HoursPolicy, openings_from
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.memory import Memory

TIMES = [f"{number // 60:02}:{number % 60:02}" for number in range(0, 24 * 60, 15)]
LOOKED_AT = timedelta(days=10)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given UTC

Times = list[tuple[datetime, datetime]]


def policy(**rules: Any) -> HoursPolicy:
    return parse_policy(HoursSpec.model_validate(rules), "a policy")


def opened(hours: CallingHours, zone: str, since: datetime) -> Times:
    """From when to when the zone is open, for ten days; openings that touch are one."""
    joined: Times = []
    within = takewhile(lambda opening: opening.start < since + LOOKED_AT, openings_from(hours, load_zone(zone), since))
    for opening in within:
        if joined and joined[-1][1] == opening.start:
            joined[-1] = (joined[-1][0], opening.end)
        else:
            joined.append((opening.start, opening.end))
    return [(start, min(end, since + LOOKED_AT)) for start, end in joined]


def in_common(one: Times, other: Times) -> Times:
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((start, end) for start, end in both if start < end)


def hours_of(policy: HoursPolicy) -> CallingHours:
    """As if they were a campaign's."""
    return replace(hours(), everywhere=policy.everywhere, zones=policy.zones)


@given(zone=st.sampled_from(sorted(ZONE_NAMES)), since=MOMENTS, seed=st.integers())
@example(zone="Europe/Berlin", since=datetime(2026, 10, 23, tzinfo=UTC), seed=1)
@example(zone="America/Havana", since=datetime(2026, 10, 30, tzinfo=UTC), seed=2)
@settings(max_examples=400, deadline=None)
def test_what_is_open_is_what_the_campaign_and_the_policy_have_in_common(zone: str, since: datetime, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    campaigns = WrittenRules(any_rules(chance, zone, since.date(), TIMES)).parsed()
    policies = [policy(**any_policy(chance, zone, since.date(), TIMES)) for _ in range(2)]
    narrowed = replace(campaigns, policies=tuple(policies))
    found = opened(narrowed, zone, since)
    expected = opened(campaigns, zone, since)
    for each in policies:
        alone = opened(hours_of(each), zone, since)
        assert in_common(found, alone) == found, "nothing that the policy closes"
        expected = in_common(expected, alone)
    assert found == expected


@pytest.mark.parametrize(
    "wider",
    [
        {"start": "00:00", "end": "24:00"},
        {"weekly": [{"days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "start": "00:00", "end": "24:00"}]},
        {
            "zones": [
                {
                    "timeZones": ["America/New_York"],
                    "weekly": [{"days": ["Sun", "Mon"], "start": "00:00", "end": "24:00"}],
                }
            ]
        },
    ],
)
def test_no_form_of_hours_is_wider_than_the_policy(wider: dict[str, Any]) -> None:
    narrow = policy(start="10:00", end="11:00", days=["Mon"])
    found = hours().of("America/New_York").within(narrow.everywhere)
    drawn = blueprint(spec(callingHours=wider), ReadInputs(policies=(narrow,)))
    rules = drawn.inputs.calling_hours.of("America/New_York")
    assert rules.week == narrow.everywhere.week == found.week


def test_the_rules_of_a_zone_in_a_policy_hold_for_its_other_names_and_add_to_those_for_all_zones() -> None:
    new_york = {"timeZones": ["America/New_York"], "weekly": [{"days": ["Mon"], "start": "07:00", "end": "20:00"}]}
    found = policy(start="08:00", end="21:00", zones=[new_york])
    assert found.of("America/New_York").text == "07:00 to 20:00"
    assert found.of("US/Eastern").text == "08:00 to 20:00"
    assert found.of("US/Eastern").open_days == ("Mon",)
    assert found.of("America/Chicago").text == "08:00 to 21:00"


def test_an_entry_for_the_other_name_itself_is_taken_alone() -> None:
    zones = [
        {"timeZones": ["Europe/Berlin"], "weekly": [{"days": ["Mon"], "start": "08:00", "end": "20:00"}]},
        {"timeZones": ["Europe/Stockholm"], "weekly": [{"days": ["Sat"], "start": "10:00", "end": "22:00"}]},
    ]
    assert policy(zones=zones).of("Europe/Stockholm").text == "10:00 to 22:00"
    assert policy(zones=zones).of("Europe/Oslo").open_days == (), "both hold, and have no day in common"


def test_zones_with_the_same_rules_everywhere_share_them() -> None:
    narrow = policy(zones=[{"timeZones": ["Europe/Berlin", "Europe/Vienna"], "excludeDates": ["2026-12-24"]}])
    narrowed = replace(hours(), policies=(narrow,))
    groups = [zones for _, zones in narrowed.by_rules(["Europe/Berlin", "Europe/Paris", "Europe/Vienna"])]
    assert groups == [("Europe/Berlin", "Europe/Vienna"), ("Europe/Paris",)]


def test_the_other_names_of_a_zone_share_their_rules() -> None:
    narrow = policy(zones=[{"timeZones": ["Europe/Berlin"], "excludeDates": ["2026-12-24"]}])
    groups = [zones for _, zones in replace(hours(), policies=(narrow,)).by_rules(["Europe/Oslo", "Europe/Stockholm"])]
    assert groups == [("Europe/Oslo", "Europe/Stockholm")]


def test_a_campaign_without_a_policy_keeps_its_hash_and_another_policy_is_another_plan() -> None:
    without = blueprint().spec_hash
    narrowed = blueprint(spec(), ReadInputs(policies=(policy(end="20:00"),))).spec_hash
    assert without == "c345812d30597565"
    assert narrowed not in (without, blueprint(spec(), ReadInputs(policies=(policy(end="19:00"),))).spec_hash)
    same = parse_policy(HoursSpec.model_validate({"end": "20:00"}), "by another name")
    assert narrowed == blueprint(spec(), ReadInputs(policies=(same,))).spec_hash


def test_a_window_outside_the_policy_is_not_allowed_and_one_that_is_planned_lies_inside() -> None:
    asked, narrow = spec(callingHours={"start": "00:00", "end": "24:00"}), policy(start="10:00", end="12:00")
    drawn = blueprint(asked, ReadInputs(policies=(narrow,)))
    nine = datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert blueprint(asked).allows("Europe/London", nine, nine + timedelta(hours=1))
    assert not drawn.allows("Europe/London", nine, nine + timedelta(hours=1))
    london = next(window for window in drawn.plan(NOW, 30).windows if window.time_zone == "Europe/London")
    assert (london.start.hour, london.end.hour) == (10, 12)
    assert london.adjustments == (Adjustment.DEFERRED_TO_OPENING, Adjustment.CLIPPED_AT_CLOSING)


def test_the_version_of_the_holidays_package_counts_where_a_policy_names_holidays() -> None:
    assert blueprint(spec(), ReadInputs(policies=(policy(holidays=[{"country": "US"}]),))).holidays_version
    assert not blueprint(spec(), ReadInputs(policies=(policy(),))).holidays_version


async def test_the_operators_policy_narrows_every_campaign() -> None:
    narrow = policy(days=["Sat"])
    drawer = Blueprints(NoCalls(), NoCalls(), NoCalls(), SETTINGS, narrow)
    for asked in (spec(), spec(callingHours={"start": "00:00", "end": "24:00"})):
        drawn, _ = await drawer.of(campaign(spec=asked), Memory(), NOW)
        assert isinstance(drawn, Blueprint)
        assert [rules.open_days for rules in drawn.rules_in_use] == [("Sat",)]


@pytest.mark.parametrize(
    ("start_mode", "rules", "words"),
    [
        ("ContactLocal", {"days": ["Sat"]}, "spec.callingHours: no time of the week is open; extend the hours"),
        ("SameInstant", {"days": ["Sat"]}, "America/New_York is never open in the 366 days from 2026-11-24: no time"),
        ("ContactLocal", {"end": "08:30"}, "is outside 08:00 to 08:30"),
        ("ContactLocal", {"excludeDates": [str(NOW.date() + timedelta(days=day)) for day in range(366)]}, "is on an"),
    ],
)
def test_hours_that_a_policy_never_opens_are_told_with_its_name(
    start_mode: str, rules: dict[str, Any], words: str
) -> None:
    asked = spec(callingHours={"days": ["Mon", "Tue"]}, startMode=start_mode)
    with pytest.raises(SpecError) as error:
        blueprint(asked, ReadInputs(policies=(policy(**rules),))).plan(NOW, 30)
    assert words in str(error.value)
    assert str(error.value).startswith("spec.callingHours: ")
    assert str(error.value).endswith("; these are the hours of the campaign, narrowed by a policy")
