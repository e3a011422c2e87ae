"""The dates on which clocks may be changed are just those that are not steady, for every zone that there is."""

from datetime import date, timedelta

import pytest

from campaign_operator.domain.planning.clock_changes import ClockChanges
from campaign_operator.domain.planning.windows import is_steady
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone


@pytest.mark.parametrize(
    ("zones", "year"),
    [
        pytest.param(sorted(ZONE_NAMES), 2026, id="every zone"),
        pytest.param(["Africa/Casablanca", "Europe/Berlin", "America/Asuncion"], 2025, id="Morocco in Ramadan"),
        pytest.param(["Pacific/Apia", "Europe/London"], 2011, id="a date that was skipped"),
        pytest.param(["Europe/London", "Etc/UTC"], 1, id="the first year"),
        pytest.param(["Europe/London", "Etc/UTC"], 9999, id="the last year"),
    ],
)
def test_the_dates_on_which_clocks_may_be_changed_are_those_that_are_not_steady(zones: list[str], year: int) -> None:
    changes = ClockChanges(zones)
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    found = {day: set(changes.on(day)) for day in days}
    assert found == {day: {zone for zone in zones if not is_steady(load_zone(zone), day)} for day in days}
    assert any(found.values())
