"""A search for a match that takes long is made once, and not by the event loop, which belongs to everybody."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import process_time, thread_time
from typing import Any

import pytest
from builders import NOW, observed, spec
from decide.case import Case
from lone_campaign import Life, LoneStore, WillingDialer, wire
from test_decide import CASES, assert_is, the_campaign

from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.decisions.situation import FoundPlans, Situation, plans_asked_for
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint, draw_blueprint
from campaign_operator.domain.planning.plan import NOTHING_TAKEN
from campaign_operator.domain.planning.zones import ZONE_NAMES
from manual_clock import ManualClock

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SHORT_SPANS = [{"days": DAYS, "start": f"{hour:02}:00", "end": f"{hour:02}:01"} for hour in (9, 13, 17)]
EVERY_ZONE = [{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(sorted(ZONE_NAMES))]
HOPELESS: dict[str, dict[str, Any]] = {
    "at one instant": {"cron": "7 * * * *", "startMode": "SameInstant", "contacts": EVERY_ZONE},
    "on each clock": {"cron": "7 * * * *", "contacts": EVERY_ZONE},
    "in one zone": {"cron": "7 * * * *"},
}


def hopeless(name: str) -> dict[str, Any]:
    return {**HOPELESS[name], "callingHours": {"weekly": SHORT_SPANS, "outside": "Skip"}}


@pytest.mark.parametrize("name", HOPELESS)
async def test_a_long_search_is_made_beside_the_event_loop(name: str) -> None:
    life = Life(LoneStore(wire(spec(**hopeless(name)), {}, finalizer=False)), WillingDialer(), ManualClock(NOW))
    of_all, of_the_loop = process_time(), thread_time()
    await life.look()
    of_all, of_the_loop = process_time() - of_all, thread_time() - of_the_loop
    assert life.store.wire is not None
    (stalled,) = [each for each in life.store.wire["status"]["conditions"] if each["type"] == "Stalled"]
    assert stalled["reason"] == "InvalidSpec"
    assert of_the_loop < of_all / 2


@pytest.mark.parametrize("name", HOPELESS)
def test_a_search_gives_control_back_before_it_takes_long(name: str) -> None:
    search = draw_blueprint(spec(**hopeless(name))).search(NOW, 60, NOTHING_TAKEN)
    begun = thread_time()
    next(search)
    first = thread_time() - begun
    with suppress(InvalidSpecError):
        for _ in search:
            pass
    assert first < (thread_time() - begun) / 2


def test_a_search_of_every_day_is_made_at_once() -> None:
    search = draw_blueprint(spec(callingHours={"days": ["Mon"], "excludeDates": ["2026-11-30"]})).search(
        NOW + timedelta(days=1), 60, NOTHING_TAKEN
    )
    with pytest.raises(StopIteration):
        next(search)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_no_rule_plans_what_was_planned_before_the_decision(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, campaign = observed(case.spec, **case.seen), the_campaign(case)
    seen = replace(seen, plans=whole(Situation(campaign, seen, case.settings)))

    def plan(*_: object) -> None:
        raise AssertionError("it is planned again")

    monkeypatch.setattr(Blueprint, "plan", plan)
    assert_is(decide(campaign, seen, case.settings), case)


def whole(situation: Situation) -> FoundPlans:
    search = plans_asked_for(situation)
    while True:
        try:
            next(search)
        except StopIteration as end:
            plans: FoundPlans = end.value
            return plans
