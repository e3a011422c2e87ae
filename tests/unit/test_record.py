"""What actions and their outcomes make of the status."""

import pytest
from builders import (
    CONNECTION,
    NOW,
    at,
    blueprint,
    finished,
    hook,
    in_history,
    run,
    spec,
    status,
    window,
)
from builders import campaign as make_campaign

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunKey, WindowStatus
from campaign_operator.api.vocabulary import Adjustment, WindowState
from campaign_operator.domain.campaigns.late import Late, Missed
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessRefused,
    DestinationRefused,
    Listing,
    NotSent,
    Rejected,
    Schedule,
    ScheduleState,
    SubmitOutcome,
    Throttled,
    Unclear,
)
from campaign_operator.domain.status import adoption, record

NY, LONDON = "America/New_York", "Europe/London"
RUN = RunKey("20261124T0900", "1")
ATTEMPT = ("20261124T0900", "1", NY, 1)


def only_window(of: object) -> WindowStatus:
    (w,) = of.runs[0].windows  # type: ignore[attr-defined]
    assert isinstance(w, WindowStatus)
    return w


def schedule(state: ScheduleState = ScheduleState.SCHEDULED, **changes: object) -> Schedule:
    fields: dict[str, object] = {"id": "s-9", "time_zone": NY, "start": at(3600), "end": at(18000), "state": state}
    return Schedule(**{**fields, **changes})  # type: ignore[arg-type]


ANSWERS: list[tuple[str, SubmitOutcome, WindowState, str | None, float | None]] = [
    ("201", Accepted("s-1"), WindowState.SUBMITTED, None, None),
    ("422", Rejected(422, "start in the past"), WindowState.REJECTED, None, None),
    ("a time-out", Unclear("time-out"), WindowState.UNCERTAIN, Reason.SUBMISSION_UNCERTAIN, None),
    ("connection refused", NotSent("refused"), WindowState.PLANNED, Reason.DIALER_UNAVAILABLE, 5),
    ("429 with 3600", Throttled(3600, "slow"), WindowState.PLANNED, Reason.DIALER_THROTTLED, 3600),
    ("429 with 0", Throttled(0, "slow"), WindowState.PLANNED, Reason.DIALER_THROTTLED, 5),
    ("429 with nothing", Throttled(None, "slow"), WindowState.PLANNED, Reason.DIALER_THROTTLED, 5),
    ("token 401", AccessRefused(401, "token endpoint", "x"), WindowState.PLANNED, Reason.CREDENTIALS_REFUSED, 600),
    ("401", AccessRefused(401, "dialer", "x"), WindowState.PLANNED, Reason.DIALER_UNAUTHORIZED, 600),
    ("403", AccessRefused(403, "dialer", "x"), WindowState.PLANNED, Reason.DIALER_FORBIDDEN, 600),
    ("404", AccessRefused(404, "dialer", "x"), WindowState.PLANNED, Reason.CAMPAIGN_NOT_FOUND, 600),
    ("egress", DestinationRefused("private"), WindowState.PLANNED, Reason.DESTINATION_REFUSED, 600),
]


@pytest.mark.parametrize(("name", "outcome", "state", "cause", "wait"), ANSWERS, ids=[a[0] for a in ANSWERS])
def test_an_answer_and_what_becomes_of_the_window(
    name: str, outcome: SubmitOutcome, state: WindowState, cause: str | None, wait: float | None
) -> None:
    after = only_window(
        record.submissions_answered(status(run(window(WindowState.INTENT))), RUN, {ATTEMPT: outcome}, NOW)
    )
    assert (after.state, after.reason) == (state, cause)
    assert after.next_attempt_time == (None if wait is None else at(wait))


@pytest.mark.parametrize("state", [s for s in WindowState if s not in (WindowState.INTENT, WindowState.UNCERTAIN)])
def test_an_answer_changes_nothing_but_the_attempt_it_answers(state: WindowState) -> None:
    before = status(run(window(state, attempt=1)))
    assert record.submissions_answered(before, RUN, {ATTEMPT: Accepted("s-1")}, NOW) == before


def test_an_answer_to_an_earlier_attempt_changes_nothing() -> None:
    before = status(run(window(WindowState.INTENT, attempt=2)))
    assert record.submissions_answered(before, RUN, {ATTEMPT: Accepted("s-1")}, NOW) == before


def test_the_waits_between_attempts_grow_and_end_growing() -> None:
    waits = [record.retry_seconds(attempt) for attempt in range(1, 12)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]
    assert record.retry_seconds(10_000) == 300


def test_an_intent_counts_the_attempt_and_forgets_what_the_window_waited_for() -> None:
    waiting = window(attempt=3, reason="DialerThrottled", message="slow", next_attempt_time=NOW)
    after = only_window(record.intended(status(run(waiting)), RUN, [NY], CONNECTION))
    assert (after.state, after.attempt) == (WindowState.INTENT, 4)
    assert (after.reason, after.message, after.next_attempt_time) == (None, None, None)


LISTINGS: list[tuple[str, Schedule, bool]] = [
    ("the same zone, start and end", schedule(), True),
    ("the same, running", schedule(ScheduleState.RUNNING), True),
    ("the same, finished", schedule(ScheduleState.FINISHED), True),
    ("cancelled", schedule(ScheduleState.CANCELLED), False),
    ("another zone", schedule(time_zone=LONDON), False),
    ("another start", schedule(start=at(3601)), False),
    ("another end", schedule(end=at(18001)), False),
]


@pytest.mark.parametrize(("name", "found", "is_ours"), LISTINGS, ids=[case[0] for case in LISTINGS])
def test_a_schedule_is_adopted_only_if_it_is_the_windows(name: str, found: Schedule, is_ours: bool) -> None:
    before = status(run(window(WindowState.UNCERTAIN)))
    after = only_window(adoption.looked_up(before, RUN, [NY], Listing((found,)), CONNECTION))
    assert (after.state, after.schedule_id) == (
        (WindowState.SUBMITTED, "s-9") if is_ours else (WindowState.PLANNED, None)
    )


def test_a_late_window_recognizes_what_was_sent_for_it_before_it_was_moved() -> None:
    late = window(start=7200, adjustments=["StartedLate"])
    assert adoption.matching([late], Listing((schedule(),)), ())[NY].id == "s-9"
    assert adoption.matching([late], Listing((schedule(start=at(7201)),)), ()) == {}
    assert adoption.matching([late], Listing((schedule(end=at(18001)),)), ()) == {}


def test_of_two_schedules_for_one_window_always_the_same_is_adopted() -> None:
    pair = (schedule(id="b"), schedule(id="a"))
    for order in (pair, pair[::-1]):
        assert adoption.matching([window()], Listing(order), ())[NY].id == "a"


CALCUTTA, KOLKATA = "Asia/Calcutta", "Asia/Kolkata"


@pytest.mark.parametrize(
    ("listed", "named", "found"),
    [
        ({"a": KOLKATA}, (), {KOLKATA: "a"}),
        ({"a": CALCUTTA}, (), {CALCUTTA: "a"}),
        ({"a": KOLKATA, "b": KOLKATA}, (), {KOLKATA: "a", CALCUTTA: "b"}),
        ({"a": KOLKATA, "b": CALCUTTA}, (), {KOLKATA: "a", CALCUTTA: "b"}),
        ({"a": KOLKATA, "b": KOLKATA}, ("a",), {KOLKATA: "b"}),
        ({"a": KOLKATA}, ("a",), {}),
        ({"a": "Asia/Colombo"}, (), {}),
    ],
)
def test_of_two_names_of_a_zone_each_window_gets_a_schedule_of_its_own(
    listed: dict[str, str], named: tuple[str, ...], found: dict[str, str]
) -> None:
    """The dialer may list both under one name; what another window names by its id is that window's."""
    windows = [window(time_zone=CALCUTTA), window(time_zone=KOLKATA)]
    listing = Listing(tuple(schedule(id=id_, time_zone=zone) for id_, zone in listed.items()))
    matched = adoption.matching(windows, listing, named)
    assert {zone: schedule.id for zone, schedule in matched.items()} == found


def test_a_late_window_keeps_its_end_and_tells_why_once() -> None:
    before = status(run(window(start=-60, adjustments=["MovedOutOfGap", "StartedLate"])))
    after = only_window(record.rescheduled(before, RUN, [(NY, Late(at(30)))]))
    assert (after.start_time, after.end_time) == (at(30), at(18000))
    assert after.adjustments == (Adjustment.MOVED_OUT_OF_GAP, Adjustment.STARTED_LATE)


def test_a_missed_window_says_so() -> None:
    after = only_window(record.rescheduled(status(run(window(start=-60))), RUN, [(NY, Missed())]))
    assert (after.state, after.message) == (WindowState.MISSED, "its start passed before it could be submitted")


def test_a_missed_window_keeps_what_it_waited_for_to_the_end() -> None:
    waited = window(start=-60, reason="CampaignIDInUse", message="another OutboundCampaign has this campaignID")
    after = only_window(record.rescheduled(status(run(waited)), RUN, [(NY, Missed())]))
    assert (after.state, after.reason) == (WindowState.MISSED, "CampaignIDInUse")
    assert after.message == (
        "its start passed before it could be submitted; it waited: another OutboundCampaign has this campaignID"
    )


def test_trying_again_lifts_only_the_waits_that_a_person_can_remove() -> None:
    refused = window(reason="DialerForbidden", next_attempt_time=at(600), attempt=1)
    throttled = window(reason="DialerThrottled", next_attempt_time=at(600), attempt=1, time_zone=LONDON)
    after = record.tried_again(status(run(refused, throttled)))
    assert [w.next_attempt_time for w in after.runs[0].windows] == [None, at(600)]


def test_history_keeps_the_last_five_runs_without_windows() -> None:
    history = tuple(in_history(finished(id=f"2026111{day}T0900")) for day in (5, 4, 3, 2, 1))
    after = record.moved_to_history(status(finished(), run(), history), [RUN])
    assert [r.id for r in after.history] == ["20261124T0900", *(r.id for r in history[:4])]
    assert "windows" not in after.history[0].to_wire()
    assert [r.planned_from for r in after.runs] == ["2"]


def test_a_plan_is_written_as_it_was_made() -> None:
    plan = blueprint().plan(NOW, 30)
    after = record.planned(status(), plan, blueprint(), make_campaign(), NOW).runs[0]
    assert (after.id, after.contacts, after.window_count) == ("20261124T0900", 2, 2)
    assert [w.time_zone for w in after.windows] == [LONDON, NY]
    assert all(w.state is WindowState.PLANNED and w.attempt == 0 for w in after.windows)


def test_a_zone_outside_the_calling_hours_is_planned_as_skipped_with_its_reason() -> None:
    skipping = blueprint(spec(startMode="SameInstant", callingHours={"outside": "Skip"}))
    for status_lost in (False, True):
        after = record.planned(
            status(), skipping.plan(NOW, 30), blueprint(), make_campaign(), NOW, status_lost=status_lost
        ).runs[0]
        (of_new_york,) = (w for w in after.windows if w.time_zone == NY)
        assert of_new_york.state is WindowState.SKIPPED
        assert (of_new_york.adjustments, of_new_york.reason) == ((Adjustment.OUTSIDE_CALLING_HOURS,), None)


def test_after_a_lost_status_what_would_be_called_is_uncertain() -> None:
    after = record.planned(
        status(), blueprint().plan(NOW, 30), blueprint(), make_campaign(), NOW, status_lost=True
    ).runs[0]
    assert {(w.state, w.reason) for w in after.windows} == {(WindowState.UNCERTAIN, Reason.STATUS_LOST)}


def test_a_connection_in_a_log_line_gives_nothing_away() -> None:
    assert "very-secret" not in repr(CONNECTION)


def test_a_window_whose_cancellation_is_unknown_gets_a_new_attempt_number() -> None:
    """The answer to its submission may still be in memory, and tells nothing of what the DELETE has done."""
    before = status(run(window(WindowState.CANCELLING, attempt=1)))
    after = only_window(record.uncertain(before, RUN, [NY], "words"))
    assert (after.state, after.attempt, after.schedule_id) == (WindowState.UNCERTAIN, 2, "s-1")


def test_an_intent_that_is_uncertain_keeps_its_attempt_number() -> None:
    before = status(run(window(WindowState.INTENT)))
    assert only_window(record.uncertain(before, RUN, [NY], "words")).attempt == 1


def test_a_pending_webhook_is_not_cut_off_history() -> None:
    """Hourly runs and a receiver that is down for three days."""
    pending = [in_history(finished(hook=hook(), id=f"2026112{day}T0900")) for day in range(1, 9)]
    before = status(finished(), run(id="20261125T0900"), history=tuple(pending))
    after = record.moved_to_history(before, [RUN])
    assert [r.id for r in after.history][1:] == [r.id for r in pending]
