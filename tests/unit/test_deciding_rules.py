"""The rule that moves, shortens or skips a window is named with its source: the campaign's hours, or a policy."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from builders import blueprint, spec
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from rules_of_zones import any_policy, any_rules

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.vocabulary import Adjustment, StartMode
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.windows import is_steady
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BERLIN = [{"id": "c1", "timeZone": "Europe/Berlin"}]
TWO_ZONES = [*BERLIN, {"id": "c2", "timeZone": "Asia/Tokyo"}]
OPEN_ALWAYS = {"start": "00:00", "end": "24:00"}
TIMES = [f"{number // 60:02}:{number % 60:02}" for number in range(0, 24 * 60, 15)]
BY_HOURS = {
    Adjustment.CLOSED_DATE,
    Adjustment.OUTSIDE_CALLING_HOURS,
    Adjustment.DEFERRED_TO_OPENING,
    Adjustment.CLIPPED_AT_CLOSING,
}
SATURDAY = {"weekly": [{"days": ["Sat"], "start": "10:00", "end": "13:00"}]}
ALL = "the operator's policy"
TEAM = "policy calling-policy/policy.yaml"


def drawn(policies: dict[str, dict[str, Any]], **asked: Any) -> Blueprint:
    found = tuple(parse_policy(HoursSpec.model_validate(rules), name) for name, rules in policies.items())
    return blueprint(spec(**{"contacts": BERLIN, **asked}), ReadInputs(policies=found))


def told(policies: dict[str, dict[str, Any]], **asked: Any) -> list[str]:
    """The rules for Berlin in the next run."""
    plans = drawn(policies, **asked)
    plan = plans.plan(NOW, 30)
    window = next(each for each in plan.windows if each.time_zone == "Europe/Berlin")
    rules = plans.deciding_rules(window, plan.nominal_time)
    return [f"{each.adjustment} {each.source}: {each.rule}" for each in rules]


@pytest.mark.parametrize(
    ("policies", "asked", "rules"),
    [
        pytest.param({}, {"cron": "0 9 26 11 *"}, [], id="a window that is the plain one has none"),
        pytest.param(
            {},
            {"cron": "0 7 26 11 *", "callingHours": {"start": "09:00"}},
            ["DeferredToOpening spec.callingHours: opens at 09:00 on Thu"],
            id="a start before the opening",
        ),
        pytest.param(
            {ALL: {"start": "10:00"}},
            {"cron": "0 7 26 11 *", "callingHours": {"start": "09:00"}},
            ["DeferredToOpening the operator's policy: opens at 10:00 on Thu"],
            id="the later of two openings",
        ),
        pytest.param(
            {TEAM: {"start": "10:00"}, ALL: {"start": "10:00"}},
            {"cron": "0 7 26 11 *"},
            [f"DeferredToOpening {TEAM}: opens at 10:00 on Thu", f"DeferredToOpening {ALL}: opens at 10:00 on Thu"],
            id="two that open at the same time",
        ),
        pytest.param(
            {ALL: {"zones": [{"timeZones": ["Europe/Berlin"], **SATURDAY}]}},
            {"cron": "0 11 28 11 *", "callingHours": OPEN_ALWAYS},
            ["ClippedAtClosing the operator's policy: closes at 13:00 on Sat"],
            id="the earlier of two closings",
        ),
        pytest.param(
            {},
            {"cron": "0 11 28 11 *", "callingHours": {"zones": [{"timeZones": ["Europe/Berlin"], **SATURDAY}]}},
            ["ClippedAtClosing spec.callingHours.zones: closes at 13:00 on Sat"],
            id="a closing of a zone's own rules",
        ),
        pytest.param(
            {ALL: {"days": ["Sat"], **OPEN_ALWAYS}},
            {"cron": "0 22 28 11 *", "callingHours": OPEN_ALWAYS},
            ["ClippedAtClosing the operator's policy: closed on Sun"],
            id="midnight before a closed day, at which the campaign does not close",
        ),
        pytest.param(
            {TEAM: {"days": ["Sat"], **OPEN_ALWAYS}, ALL: OPEN_ALWAYS},
            {"cron": "0 22 28 11 *", "callingHours": {**OPEN_ALWAYS, "excludeDates": ["2026-11-29"]}},
            [
                "ClippedAtClosing spec.callingHours: 2026-11-29 is an excluded date",
                f"ClippedAtClosing {TEAM}: closed on Sun",
            ],
            id="an excluded date and a weekday",
        ),
        pytest.param(
            {ALL: {"holidays": [{"country": "DE"}]}},
            {"cron": "0 9 25 12 *", "startMode": "SameInstant", "contacts": BERLIN},
            ["DeferredToOpening the operator's policy: 2026-12-25 is Christmas Day in DE"],
            id="a holiday of a policy",
        ),
        pytest.param(
            {ALL: {"holidays": [{"country": "DE"}]}},
            {"cron": "0 3 25 12 *", "startMode": "SameInstant", "contacts": BERLIN},
            ["DeferredToOpening the operator's policy: 2026-12-25 is Christmas Day in DE"],
            id="a holiday, and not the hours that it would have had",
        ),
        pytest.param(
            {},
            {
                "cron": "0 9 25 12 *",
                "contacts": TWO_ZONES,
                "callingHours": {"zones": [{"timeZones": ["Europe/Berlin"], "holidays": [{"country": "DE"}]}]},
            },
            ["ClosedDate spec.callingHours.zones: 2026-12-25 is Christmas Day in DE"],
            id="a holiday of a zone's own rules",
        ),
        pytest.param(
            {},
            {
                "cron": "0 9 25 12 *",
                "startMode": "SameInstant",
                "callingHours": {"holidays": [{"country": "DE"}]},
            },
            ["DeferredToOpening spec.callingHours.holidays: 2026-12-25 is Christmas Day in DE"],
            id="a holiday of the campaign",
        ),
        pytest.param(
            {ALL: {"zones": [{"timeZones": ["Europe/Berlin"], **SATURDAY}]}},
            {
                "cron": "0 14 28 11 *",
                "contacts": TWO_ZONES,
                "callingHours": {"start": "13:00", "end": "20:00"},
            },
            [
                "ClosedDate spec.callingHours: no hours in common with the others on Sat",
                "ClosedDate the operator's policy: no hours in common with the others on Sat",
            ],
            id="hours without a time in common",
        ),
        pytest.param(
            {ALL: {"zones": [{"timeZones": ["Europe/Berlin"], **SATURDAY}]}},
            {"cron": "0 14 28 11 *", "contacts": TWO_ZONES},
            ["OutsideCallingHours the operator's policy: closes at 13:00 on Sat"],
            id="a match after the closing",
        ),
        pytest.param(
            {ALL: {"start": "10:00", "zones": [{"timeZones": ["Asia/Tokyo"]}]}},
            {
                "cron": "0 9 28 11 *",
                "startMode": "SameInstant",
                "timeZone": "Europe/Berlin",
                "contacts": TWO_ZONES,
                "callingHours": {"outside": "Skip"},
            },
            ["OutsideCallingHours the operator's policy: opens at 10:00 on Sat"],
            id="skipped before the opening",
        ),
    ],
)
def test_the_rule_and_its_source_are_named(
    policies: dict[str, dict[str, Any]], asked: dict[str, Any], rules: list[str]
) -> None:
    assert told(policies, **asked) == rules


def test_the_policies_that_decide_are_told_of_a_plan() -> None:
    both = {TEAM: {"end": "11:00"}, ALL: {"start": "08:30", "end": "21:00"}}
    plans = drawn(both, cron="0 9 26 11 *")
    assert plans.narrowing(plans.plan(NOW, 30)) == (TEAM,)
    assert plans.narrowing(drawn({}, cron="0 9 26 11 *").plan(NOW, 30)) == ()
    plans = drawn(both, cron="0 8 26 11 *")
    assert plans.narrowing(plans.plan(NOW, 30)) == (TEAM, ALL)
    without = drawn({}, cron="0 8 26 11 *", callingHours={"start": "09:00"})
    assert without.narrowing(without.plan(NOW, 30)) == ()


@pytest.mark.parametrize("start_mode", ["ContactLocal", "SameInstant"])
def test_the_holidays_on_which_no_zone_is_open_are_named(start_mode: str) -> None:
    hours = {"holidays": [{"country": "DE"}], "outside": "Skip", **OPEN_ALWAYS}
    plans = drawn({}, cron="0 9 25-27 12 *", startMode=start_mode, callingHours=hours)
    plan = plans.plan(datetime(2026, 12, 23, 12, tzinfo=UTC), 30)
    assert skipped_matches_message(plan.skipped_matches) == (
        "skips 2 matches of cron, 2026-12-25T09:00 to 2026-12-26T09:00: no time zone is open (Christmas Day in DE, "
        "Second Day of Christmas in DE)"
    )


def test_the_order_of_the_contacts_does_not_change_the_holidays_that_are_named() -> None:
    """One zone stands for all that have the same rules, and the date of a match is not the same in each."""
    hours = {"holidays": [{"country": "IS"}], "excludeDates": ["2026-12-31"], "outside": "Skip", **OPEN_ALWAYS}
    contacts = [{"id": "c1", "timeZone": "Pacific/Auckland"}, {"id": "c2", "timeZone": "Africa/Abidjan"}]
    told = [
        drawn({}, cron="0 23 31 12 *", startMode="SameInstant", callingHours=hours, contacts=order)
        .plan(datetime(2026, 12, 30, tzinfo=UTC), 30)
        .skipped_matches
        for order in (contacts, contacts[::-1])
    ]
    assert told[0] == told[1] != ()


def test_where_no_holiday_closes_the_zones_none_is_named() -> None:
    plans = drawn({ALL: {"days": ["Sun"]}}, cron="0 9 25-27 12 *")
    plan = plans.plan(datetime(2026, 12, 23, 12, tzinfo=UTC), 30)
    assert skipped_matches_message(plan.skipped_matches).endswith("no time zone is open")


@given(seed=st.integers(), zone=st.sampled_from(sorted(ZONE_NAMES)))
@settings(max_examples=300, deadline=None)
def test_every_window_that_hours_change_has_a_rule_and_no_other_has_one(seed: int, zone: str) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    day = NOW.date() + timedelta(days=chance.randint(0, 300))
    asked = any_rules(chance, zone, day, TIMES)
    policies = [any_policy(chance, zone, day, TIMES) for _ in range(2)]
    start_mode, hour = chance.choice(list(StartMode)).value, chance.randint(0, 23)
    plans = drawn(
        {f"policy {number}": rules for number, rules in enumerate(policies)},
        cron=f"0 {hour} {day.day} {day.month} *",
        contacts=[{"id": "c1", "timeZone": zone}, {"id": "c2", "timeZone": "Etc/UTC"}],
        startMode=start_mode,
        callingHours=asked,
        windowSeconds=chance.choice([3600, 86_400]),
    )
    nominal = datetime.combine(day, time(hour))
    try:
        windows = plans.windows_of(nominal, {zone: 1, "Etc/UTC": 1})
    except InvalidSpecError:
        reject()
    for window in windows:
        told = [each.adjustment for each in plans.deciding_rules(window, nominal)]
        assert [each for each in window.adjustments if each in BY_HOURS and each not in told] == [] or not (
            is_steady(load_zone(window.time_zone), window.start.date())
        )
        assert set(told) <= BY_HOURS.intersection(window.adjustments)
