"""An edit by which no match of cron is ever inside the calling hours: nothing can be planned, and nothing may dial."""

from typing import Any

import pytest
from builders import NOW, spec
from lone_campaign import Life, LoneStore, WillingDialer, wire

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from manual_clock import ManualClock

EIGHT_HOURS = 8 * 3600
OPEN, SHUT = {"start": "09:00", "end": "22:00"}, {"start": "07:00", "end": "17:00"}


def in_the_evening(policy: str, hours: dict[str, str]) -> OutboundCampaignSpec:
    return spec(cron="0 19 * * *", windowSeconds=7200, runPolicy=policy, callingHours=hours)


def applied(of: OutboundCampaignSpec) -> Life:
    return Life(LoneStore(wire(of, {}, finalizer=False)), WillingDialer(), ManualClock(NOW))


def edit(life: Life, of: OutboundCampaignSpec) -> None:
    before = life.store.wire
    assert before is not None
    metadata = before["metadata"]
    version = {"generation": metadata["generation"] + 1, "resourceVersion": str(int(metadata["resourceVersion"]) + 1)}
    life.store.wire = {**before, "spec": of.to_wire(), "metadata": {**metadata, **version}}


def zones(life: Life) -> set[str]:
    return {each.time_zone for each in life.dialer.schedules}


def why_stalled(life: Life) -> list[str]:
    assert life.store.wire is not None
    conditions: list[dict[str, Any]] = life.store.wire["status"]["conditions"]
    return [each["reason"] for each in conditions if each["type"] == "Stalled"]


@pytest.mark.parametrize("policy", ["Once", "Recurring"])
async def test_what_is_submitted_and_has_not_started_is_cancelled_and_comes_back_with_the_hours(policy: str) -> None:
    life = applied(in_the_evening(policy, OPEN))
    await life.look()
    submitted = zones(life)
    assert submitted

    edit(life, in_the_evening(policy, SHUT))
    await life.look()
    assert zones(life) == set()
    assert why_stalled(life) == ["InvalidSpec"]

    edit(life, in_the_evening(policy, OPEN))
    await life.play(300, looks=20)
    assert zones(life) == submitted
    assert why_stalled(life) == []


@pytest.mark.parametrize("policy", ["Once", "Recurring"])
async def test_what_is_left_of_a_run_that_has_started_is_cancelled(policy: str) -> None:
    life = applied(in_the_evening(policy, OPEN))
    await life.play(EIGHT_HOURS, looks=20)
    started = {each.time_zone for each in life.dialer.schedules if each.start <= life.clock.now()}
    assert set() < started < zones(life)

    edit(life, in_the_evening(policy, SHUT))
    await life.look()
    assert {each.time_zone for each in life.dialer.schedules if each.start > life.clock.now()} == set()
    assert started <= zones(life)
