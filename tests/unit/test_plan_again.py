"""Which match a run that was only planned is planned anew with, when spec, list or calendar change."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from builders import SETTINGS, blueprint, campaign, listed, make_planned, observed, status

from campaign_operator.domain.decisions.situation import Situation, plan_again, run_to_plan
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs

LONDON, NEW_YORK, TOKYO = "Europe/London", "America/New_York", "Asia/Tokyo"
DEFERRED = listed(cron="0 6 * * *")
"""06:00 is before the calling hours, so it is deferred to 08:00."""


@dataclass(frozen=True)
class Again:
    """A run of London is planned at midnight; at `now` the lists hold these zones."""

    name: str
    now: str
    zones: dict[str, int]
    then: str


AGAIN = [
    Again("before its match it keeps it", "05:00", {LONDON: 2}, "20261124T0600"),
    Again("after its match it keeps it while all of it can be sent in time", "07:00", {LONDON: 2}, "20261124T0600"),
    Again("as late as the lead time", "07:59:30", {LONDON: 2}, "20261124T0600"),
    Again("later it takes the next match", "07:59:31", {LONDON: 2}, "20261125T0600"),
    Again("a zone to the west is taken in", "07:00", {LONDON: 1, NEW_YORK: 1}, "20261124T0600"),
    Again(
        "a zone whose hour is past takes all to the next match",
        "07:00",
        {LONDON: 1, TOKYO: 1},
        "20261125T0600",
    ),
]


@pytest.mark.parametrize("case", AGAIN, ids=lambda case: case.name)
def test_planning_anew(case: Again) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    first = blueprint(DEFERRED, ReadInputs(ListedContacts({LONDON: 1})))
    has = status(make_planned(first, midnight))
    now = datetime.fromisoformat(f"2026-11-24T{case.now}+00:00")
    changed = blueprint(DEFERRED, ReadInputs(ListedContacts(case.zones)))
    situation = Situation(campaign(has, spec=DEFERRED), observed(DEFERRED, now=now, blueprint=changed), SETTINGS)
    to_plan = run_to_plan(situation, changed)
    assert to_plan is not None
    plan = plan_again(situation, changed, to_plan)
    assert plan is not None
    assert plan.run_id == case.then
    assert all(window.start >= now for window in plan.windows)
