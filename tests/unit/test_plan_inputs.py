"""By which hash an edit is told from a touch: one field left out of it, and a run goes on by a plan nobody wants."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pytest
from builders import blueprint, excluding, spec

from campaign_operator.api.vocabulary import ConcurrencyPolicy, PastZones, StartMode
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.planning.plan_inputs import PlanInputs, inputs_hash
from campaign_operator.domain.planning.read_inputs import ReadInputs

INPUTS = blueprint().inputs

OTHERS: dict[str, Any] = {
    "schedule": parse_cron("0 10 * * *"),
    "start_mode": StartMode.SAME_INSTANT,
    "time_zone": "Asia/Tokyo",
    "window_seconds": INPUTS.window_seconds + 60,
    "calling_hours": excluding(frozenset({date(2026, 12, 25)})),
    "past_zones": PastZones.SKIP,
    "concurrency_policy": ConcurrencyPolicy.FORBID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOneMore(PlanInputs):
    quiet_seconds: int = 0


def hash_of(inputs: PlanInputs) -> str:
    return inputs_hash(inputs, inputs.contacts_by_zone)


@pytest.mark.parametrize("name", [each.name for each in fields(PlanInputs) if each.name != "contacts_by_zone"])
def test_another_value_of_any_field_is_an_edit(name: str) -> None:
    assert hash_of(replace(INPUTS, **{name: OTHERS[name]})) != hash_of(INPUTS)


def test_a_new_field_is_part_of_the_hash_without_a_line_of_code() -> None:
    same = {each.name: getattr(INPUTS, each.name) for each in fields(PlanInputs)}
    assert hash_of(WithOneMore(**same)) != hash_of(INPUTS)
    assert hash_of(WithOneMore(**same, quiet_seconds=1)) != hash_of(WithOneMore(**same))


def test_a_field_of_a_kind_that_has_no_canonical_form_is_an_error_and_not_left_out() -> None:
    with pytest.raises(TypeError, match="no canonical form of object"):
        inputs_hash(INPUTS, object())


@pytest.mark.parametrize(
    "touch",
    [
        {"cron": "0  9 * * *"},
        {"cron": "00 09 * * *"},
        {"callingHours": {"days": ["Sun", "Sat", "Fri", "Thu", "Wed", "Tue", "Mon"]}},
        {"timeZone": "Etc/UTC"},
        {"campaignID": "another"},
        {"suspend": True},
    ],
    ids=str,
)
def test_what_makes_the_same_plan_is_no_edit(touch: dict[str, Any]) -> None:
    assert blueprint(spec(**touch)).spec_hash == blueprint(spec(cron="0 9 * * *")).spec_hash


def test_the_contacts_of_a_list_count_only_as_far_as_they_are_named() -> None:
    more = replace(INPUTS, contacts_by_zone={"Asia/Tokyo": 7})
    assert inputs_hash(INPUTS, "the list") == inputs_hash(more, "the list")
    assert hash_of(INPUTS) != hash_of(more)


WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
OFFICE: dict[str, Any] = {"start": "09:00", "end": "18:00", "days": WORKDAYS}


@pytest.mark.parametrize(
    ("hours", "found", "with_a_calendar"),
    [
        ({}, "c345812d30597565", "9ddfd3f4e252ec54"),
        ({**OFFICE, "excludeDates": ["2026-12-25"], "outside": "Skip"}, "82427c805701fd46", "79bb380c69c1e927"),
        ({"end": "24:00"}, "de04672581688cef", "0fce86cd23abd36e"),
    ],
    ids=str,
)
def test_hours_of_one_span_hash_as_they_did_before_there_were_others(
    hours: dict[str, Any], found: str, with_a_calendar: str
) -> None:
    calendar = ReadInputs(exclude_dates=DateSet([date(2027, 1, 1)]))
    drawn = [blueprint(spec(callingHours=hours), inputs).spec_hash for inputs in (None, calendar)]
    assert drawn == [found, with_a_calendar]


def test_the_same_hours_by_weekday_are_no_edit() -> None:
    weekly = [{"days": ["Fri"], "start": "09:00", "end": "18:00"}]
    weekly += [{"days": WORKDAYS[:4], "start": a, "end": b} for a, b in (("12:00", "18:00"), ("09:00", "12:00"))]
    simple = blueprint(spec(callingHours=OFFICE))
    assert blueprint(spec(callingHours={"weekly": weekly})).spec_hash == simple.spec_hash


BERLIN: dict[str, Any] = {"timeZones": ["Europe/Berlin"]}


MONDAY: dict[str, Any] = {"days": ["Mon"], "start": "09:00", "end": "12:00"}
OTHER_HOURS: tuple[dict[str, Any], ...] = (
    {"weekly": [MONDAY, {**MONDAY, "days": ["Tue"], "end": "13:00"}]},
    {"holidays": [{"country": "US"}]},
    {"holidays": [{"country": "US", "subdivision": "TX"}]},
    {"zones": [BERLIN]},
    {"zones": [{"timeZones": ["Europe/Vienna"]}]},
    {"zones": [{**BERLIN, "excludeDates": ["2026-12-25"]}]},
    {"zones": [{**BERLIN, "holidays": [{"country": "DE"}]}]},
    {"zones": [{**BERLIN, "weekly": [MONDAY]}]},
    {"zones": [BERLIN], "excludeDates": ["2026-12-25"]},
    {"zones": [BERLIN], "outside": "Skip"},
    {},
)


def test_other_hours_are_an_edit() -> None:
    hashes = {blueprint(spec(callingHours=hours)).spec_hash for hours in OTHER_HOURS}
    assert len(hashes) == len(OTHER_HOURS)


def test_zones_that_share_an_entry_hash_as_if_each_had_its_own() -> None:
    weekly, zones = [{"days": ["Mon"], "start": "10:00", "end": "12:00"}], ["Europe/Berlin", "Europe/Vienna"]
    shared = {"zones": [{"timeZones": zones, "weekly": weekly, "holidays": [{"country": "DE"}]}]}
    apart = {"zones": [{**shared["zones"][0], "timeZones": [zone]} for zone in zones]}
    one, other = (blueprint(spec(callingHours=hours)).spec_hash for hours in (shared, apart))
    assert one == other == "c2ff882531a665a7"
