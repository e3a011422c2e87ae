"""Schedules that were submitted, and what two listings make of them; schedules that no window holds."""

import pytest
from builders import CONNECTION, NOW, at, campaign, observed, run, status, window

from campaign_operator.api.conditions import ConditionType, Reason, find
from campaign_operator.api.status import OutboundCampaignStatus, WindowStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.dialing.outcomes import Listing, Schedule, ScheduleState
from campaign_operator.domain.status import adoption, resolution, unknown_schedules, verification
from campaign_operator.domain.status.summary import summarize

NY, LONDON = "America/New_York", "Europe/London"
SETTLE = 60.0


def schedule(id_: str = "s-1", **changes: object) -> Schedule:
    fields: dict[str, object] = {
        "id": id_,
        "time_zone": NY,
        "start": at(900),
        "end": at(18000),
        "state": ScheduleState.SCHEDULED,
    }
    return Schedule(**{**fields, **changes})  # type: ignore[arg-type]


def submitted() -> OutboundCampaignStatus:
    return status(run(window(WindowState.SUBMITTED, start=900)))


def only_window(of: OutboundCampaignStatus) -> WindowStatus:
    (w,) = of.runs[0].windows
    return w


def look(at_: OutboundCampaignStatus, seconds: float, *schedules: Schedule) -> OutboundCampaignStatus:
    return verification.verified(at_, Listing(schedules), at(seconds), SETTLE)


GONE = {
    "missing": (),
    "cancelled": (schedule(state=ScheduleState.CANCELLED),),
    "moved to another start": (schedule(start=at(1800)),),
    "moved to another end": (schedule(end=at(18060)),),
    "another one in its place": (schedule("s-2"),),
}


@pytest.mark.parametrize("listed", GONE.values(), ids=GONE.keys())
def test_a_schedule_that_two_listings_do_not_show_as_it_was_has_drifted(listed: tuple[Schedule, ...]) -> None:
    once = look(submitted(), 0, *listed)
    assert (only_window(once).state, only_window(once).reason) == (WindowState.SUBMITTED, Reason.SCHEDULE_NOT_LISTED)
    assert only_window(once).next_attempt_time == at(SETTLE)
    assert only_window(look(once, SETTLE - 1, *listed)).reason == Reason.SCHEDULE_NOT_LISTED, "one listing is not two"
    twice = look(once, SETTLE, *listed)
    assert (only_window(twice).state, only_window(twice).reason) == (WindowState.SUBMITTED, Reason.SCHEDULE_DRIFTED)
    assert only_window(twice).schedule_id == "s-1", "suspend and deletion still cancel it by its id"


def test_a_schedule_that_is_only_late_in_the_listing_has_not_drifted() -> None:
    once = look(submitted(), 0)
    assert only_window(look(once, SETTLE, schedule())).reason is None


def test_a_schedule_that_stands_is_looked_for_once() -> None:
    after = look(submitted(), 0, schedule(time_zone="US/Eastern"))
    assert only_window(after) == only_window(submitted()), "a zone may be spelled in another way"
    assert verification.next_look(after, NOW, SETTLE) is None


def test_a_drifted_schedule_stalls_the_campaign_and_says_what_to_do() -> None:
    drifted = look(look(submitted(), 0), SETTLE)
    after = summarize(campaign(drifted), drifted, observed(now=at(SETTLE)))
    stalled = find(after.conditions, ConditionType.STALLED)
    assert stalled is not None
    assert stalled.reason == "ScheduleDrifted"
    assert stalled.message.startswith(f"20261124T0900/{NY}: the dialer does not list its schedule as submitted")


def test_a_dialer_without_a_listing_is_never_asked() -> None:
    assert verification.next_look(verification.never(submitted()), NOW, SETTLE) is None


DRIFTED = look(look(submitted(), 0), SETTLE)


def resolved(verdict: str, *schedules: Schedule) -> resolution.Resolved:
    waiting = resolution.resolved(f"20261124T0900/{NY}={verdict}", DRIFTED).status
    assert only_window(waiting) == only_window(DRIFTED), "it waits for the listing"
    return resolution.checked(waiting, Listing(schedules))


def test_a_person_has_a_drifted_window_submitted_again() -> None:
    after = resolved("Resubmit")
    assert (only_window(after.status).state, only_window(after.status).schedule_id) == (WindowState.PLANNED, None)


@pytest.mark.parametrize("verdict", ["Resubmit", "Abandon"])
def test_a_drifted_window_is_not_given_up_while_its_schedule_is_listed(verdict: str) -> None:
    after = resolved(verdict, schedule(start=at(1800)))
    assert only_window(after.status) == only_window(DRIFTED)
    assert after.refused == (
        f'"20261124T0900/{NY}={verdict}": the dialer still has its schedule; cancel it there first',
    )


def lost() -> OutboundCampaignStatus:
    return status(run(window(WindowState.UNCERTAIN, reason=Reason.STATUS_LOST)))


def test_what_no_window_holds_after_a_lost_status_is_noted_by_name() -> None:
    listing = Listing((schedule(start=at(3600)), schedule("s-8", time_zone=LONDON), schedule("s-9", end=at(-1))))
    after = adoption.looked_up(lost(), lost().runs[0].key, [NY], listing, CONNECTION)
    after = unknown_schedules.noted(after, listing, NOW)
    assert only_window(after).adopted
    assert [s.schedule_id for s in after.unknown_schedules] == ["s-8"]
    assert unknown_schedules.blocked_zones(after, NOW) == {LONDON}
    stalled = find(summarize(campaign(after), after, observed()).conditions, ConditionType.STALLED)
    assert stalled is not None
    assert stalled.reason == "UnknownSchedules"
    assert "s-8 (Europe/London, from 2026-11-23T12:15:00Z)" in stalled.message


def test_the_schedule_of_a_window_that_is_not_settled_yet_is_not_unknown() -> None:
    listing = Listing((schedule(start=at(3600)), schedule("s-8", time_zone=LONDON)))
    assert [s.id for s in adoption.unclaimed(lost(), listing, NOW)] == ["s-8"]


def test_what_begins_after_the_newest_run_may_belong_to_one_that_is_planned_later() -> None:
    found = (schedule("s-8", start=at(3600)), schedule("s-9", start=at(18000), end=at(20000)))
    assert [s.id for s in adoption.strange(lost(), found)] == ["s-8"]


def test_what_was_cancelled_at_the_dialer_blocks_nothing_any_more() -> None:
    noted = unknown_schedules.noted(status(run()), Listing((schedule("s-8"),)), NOW)
    assert unknown_schedules.still_there(noted, Listing(()), NOW).unknown_schedules == ()


def test_a_person_says_that_they_are_not_ours() -> None:
    noted = unknown_schedules.noted(status(run()), Listing((schedule("s-8"),)), NOW)
    after = resolution.resolved(f"unknown/{NY}=Ignore, unknown/{LONDON}=Ignore", noted)
    assert after.status.unknown_schedules == ()
    assert after.done == (f"unknown/{NY}=Ignore",)
    assert after.refused == (f'"unknown/{LONDON}=Ignore": write unknown/ZONE=Ignore for a zone of unknownSchedules',)
