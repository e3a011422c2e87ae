"""The table of a preview, as a person reads it."""

import re
from dataclasses import replace
from typing import Any

import pytest
from builders import blueprint, spec
from forecasts import NOW, everything, window

from campaign_operator.api.vocabulary import Adjustment
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.preview.comparison import compare
from campaign_operator.preview.forecast import Forecast, forecast
from campaign_operator.preview.preview_wire import preview_json
from campaign_operator.preview.table import changes_table, forecast_table

TABLE = """\
sales/spring, seen at 2026-11-25 12:00:00 UTC

run 20261126T1500: 40 contacts in 4 zones, plan 0123456789abcdef
ZONE                 CONTACTS  LOCAL TIME              UTC
Asia/Tokyo                 10  Skipped
    OutsideCallingHours: outside the calling hours; skipped in this run
Asia/Kolkata               10  Thu 26 Nov 20:30-21:00  Thu 15:00-15:30
    ClippedAtClosing: shortened to end with the calling hours
Europe/London              10  Thu 26 Nov 15:00-19:00  Thu 15:00-19:00
America/Los_Angeles        10  Thu 26 Nov 08:00-12:00  Thu 16:00-20:00
    DeferredToOpening: outside the calling hours; deferred until they start
first call from   Thu 26 Nov 15:00 UTC, Thu 20:30 in Asia/Kolkata
last call before  Thu 26 Nov 20:00 UTC, Thu 12:00 in America/Los_Angeles
total             30 contacts called in 3 zones; 1 zone skipped
"""


def of(cron: str, zones: list[str], count: int = 1, **fields: object) -> Forecast:
    contacts = [{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(zones)]
    asked = blueprint(spec(cron=cron, contacts=contacts, **fields))
    return forecast(CampaignRef("sales", "spring"), asked, NOW, 30, count)


def test_the_whole_table() -> None:
    assert forecast_table(everything()) == TABLE


def test_an_end_on_another_day_says_so() -> None:
    all_day = {"start": "00:00", "end": "24:00"}
    assert "Wed 25 Nov 22:00-02:00 +1d" in forecast_table(of("0 22 * * *", ["Etc/UTC"], callingHours=all_day))


def test_every_zone_of_the_world_fits_into_80_columns() -> None:
    table = forecast_table(of("0 20 * * *", sorted(ZONE_NAMES)), width=80)
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "ComodRivadavia" in table


def test_without_a_terminal_no_name_is_shortened() -> None:
    zone = "America/Argentina/ComodRivadavia"
    assert zone in forecast_table(of("0 20 * * *", [zone]))


def test_the_year_is_told_where_it_is_not_that_of_now() -> None:
    table = forecast_table(of("0 9 1 1 *", ["Etc/UTC"]))
    assert "Fri 01 Jan 2027 09:00-13:00" in table
    assert "first call from   Fri 01 Jan 2027 09:00 UTC, Fri 09:00 in Etc/UTC" in table
    assert "2026" not in forecast_table(of("0 13 * * *", ["Etc/UTC"])).split("run ", 1)[1].split("plan", 1)[1]


def test_what_is_passed_over_stands_before_the_run() -> None:
    table = forecast_table(of("0 9 * * *", ["America/New_York", "Pacific/Auckland"]))
    assert (
        "skips 1 match of cron, 2026-11-25T09:00: already past in Pacific/Auckland (1 contact)\nrun 20261126T0900"
    ) in table


def test_colours_are_only_there_when_asked_for() -> None:
    assert "\x1b[" not in forecast_table(everything())
    assert "\x1b[33m    DeferredToOpening" in forecast_table(everything(), colours=True)


def test_each_run_has_a_table_of_its_own() -> None:
    assert forecast_table(of("0 9 * * *", ["Etc/UTC"], count=3)).count("run 202611") == 3


def test_what_an_edit_changes_is_told_run_by_run() -> None:
    old = of("0 9 * * *", ["Europe/London", "America/New_York"])
    new = of("30 8 * * *", ["Europe/London", "Asia/Tokyo"])
    assert (
        changes_table(compare(old, new), NOW)
        == """
changes of run 1: 20261126T0900 becomes 20261126T0830, 1 added, 1 dropped, 1 moved
  Added    Asia/Tokyo        Thu 26 Nov 08:30-12:30, 1 contact
  Moved    Europe/London     Thu 26 Nov 09:00-13:00 -> Thu 26 Nov 08:30-12:30, 30 min earlier
  Dropped  America/New_York  Thu 26 Nov 09:00-13:00, 1 contact
"""
    )


def test_an_edit_without_effect_is_told_so() -> None:
    old = of("0 9 * * *", ["Etc/UTC"])
    assert changes_table(compare(old, old), NOW) == "The edit does not change any window.\n"


@pytest.mark.parametrize("adjustment", sorted(set(Adjustment) - {Adjustment.STARTED_LATE}))
def test_every_adjustment_that_a_plan_can_have_is_explained(adjustment: Adjustment) -> None:
    forecast_of_all = everything()
    run = replace(forecast_of_all.runs[0], windows=(window("Asia/Tokyo", None, 0, adjustment),))
    table = forecast_table(replace(forecast_of_all, runs=(run,)))
    assert re.search(rf"^    {adjustment}: \w.+", table, re.MULTILINE)


def test_matches_that_are_passed_over_stand_above_the_run() -> None:
    lines = forecast_table(of("0 9 * * *", ["Asia/Tokyo", "America/New_York"])).splitlines()
    title = next(number for number, line in enumerate(lines) if line.startswith("run 20261126T0900"))
    assert lines[title - 1] == "skips 1 match of cron, 2026-11-25T09:00: already past in Asia/Tokyo (1 contact)"


@pytest.mark.parametrize(
    ("spec_of", "line"),
    [
        ({}, "ClosedDate: the date is closed; skipped in this run"),
        (
            {"startMode": "SameInstant"},
            "DeferredToOpening: outside the calling hours; deferred until they start",
        ),
    ],
    ids=str,
)
def test_the_holiday_that_closes_a_zone_is_named(spec_of: dict[str, Any], line: str) -> None:
    zone = {"timeZones": ["America/Chicago"], "holidays": [{"country": "US"}]}
    found = of("0 15 26 11 *", ["Europe/London", "America/Chicago"], callingHours={"zones": [zone]}, **spec_of)
    assert f"    {line}\n        spec.callingHours.zones: 2026-11-26 is Thanksgiving Day in US\n" in forecast_table(
        found
    )
    assert forecast_table(found).count("Thanksgiving") == 1
    assert '"holiday": "Thanksgiving Day"' in preview_json(found)
