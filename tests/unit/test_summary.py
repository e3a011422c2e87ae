"""What a poll makes of the status, and what follows from a status: conditions, progress, the next run time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import (
    NOW,
    at,
    calls,
    finished,
    hook,
    in_history,
    observed,
    run,
    spec,
    status,
    window,
)
from builders import campaign as make_campaign

from campaign_operator.api.conditions import ConditionType, find
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import Completion
from campaign_operator.api.vocabulary import RunPolicy, RunState, WebhookState, WindowState
from campaign_operator.domain.dialing.outcomes import CallCounts, Unavailable
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.campaign_events import events_between
from campaign_operator.domain.status.polling import polled
from campaign_operator.domain.status.summary import problem_of, summarize

NY, LONDON = "America/New_York", "Europe/London"
ATTEMPT = ("20261124T0900", "1", NY, 1)


# polling


def polled_at(
    before: OutboundCampaignStatus, answer: CallCounts | Unavailable, now: datetime
) -> OutboundCampaignStatus:
    return polled(before, answer, Completion(), until=now, generation=1, now=now)


def poll(before: int, answer: CallCounts | Unavailable) -> tuple[int, str, str]:
    here = polled_at(status(run(window(WindowState.SUBMITTED, start=-60))), CallCounts(before, before, before), NOW)
    after = polled_at(here, answer, NOW)
    condition = find(after.conditions, ConditionType.ANALYTICS_AVAILABLE)
    assert condition is not None
    return after.runs[0].metrics.calls_completed, condition.status, condition.reason


def test_progress_follows_the_analytics() -> None:
    assert poll(3, CallCounts(5, 6, 4)) == (5, "True", "AnalyticsRead")


def test_progress_never_goes_back_and_says_why_it_does_not() -> None:
    assert poll(5, CallCounts(3, 6, 5)) == (5, "False", "AnalyticsRegressed")


def test_each_number_keeps_its_highest_value_by_itself() -> None:
    """One number that goes back freezes no other: a run that has its calls is not told as TimedOut."""
    here = polled_at(status(run(window(WindowState.SUBMITTED, start=-60))), CallCounts(90, 120, 50), NOW)
    m = polled_at(here, CallCounts(100, 130, 49), at(30)).runs[0].metrics
    assert (m.calls_completed, m.calls_attempted, m.connected) == (100, 130, 50)


def test_analytics_that_cannot_be_read_leave_the_numbers() -> None:
    assert poll(5, Unavailable("500")) == (5, "False", "AnalyticsUnreadable")


def test_a_poll_that_tells_nothing_new_changes_nothing_at_all() -> None:
    first = polled_at(status(run(window(WindowState.SUBMITTED, start=-60))), CallCounts(1, 1, 1), NOW)
    assert polled_at(first, CallCounts(1, 1, 1), at(30)) == first


# what follows from it


def test_a_status_that_was_summarized_is_summarized_already() -> None:
    campaign = make_campaign(status(run(window(WindowState.SUBMITTED), window(time_zone=LONDON))))
    once = summarize(campaign, campaign.status, observed())
    assert summarize(campaign, once, observed(now=NOW + timedelta(seconds=5))) == once


def test_an_end_is_never_written_by_the_way() -> None:
    """The run's end and its webhook are one write, so a summary alone must not finish a run."""
    ended = status(run(window(WindowState.SUBMITTED, start=-60), metrics=calls(1), state=RunState.RUNNING))
    after = summarize(make_campaign(ended), ended, observed())
    assert after.runs[0].state is RunState.RUNNING


def test_progress_is_for_people() -> None:
    here = status(run(window(WindowState.SUBMITTED, contacts=50, start=-60), metrics=calls(37)))
    assert summarize(make_campaign(here), here, observed()).progress == "37/50 (74%)"


def test_the_next_run_time_is_the_next_first_start_ahead() -> None:
    here = status(
        run(window(WindowState.SUBMITTED, start=-60)), run(window(start=86400, end=90000), id="20261125T0900")
    )
    assert summarize(make_campaign(here), here, observed()).next_run_time == "2026-11-24T12:00:00Z"


def test_there_is_no_next_run_time_where_the_next_run_calls_nobody() -> None:
    here = status(run(window(WindowState.SUBMITTED, start=-60)), run(window(WindowState.SKIPPED), id="20261125T0900"))
    assert summarize(make_campaign(here), here, observed()).next_run_time is None


def test_the_next_run_time_is_that_of_a_window_that_opens() -> None:
    here = status(run(window(WindowState.SKIPPED, start=60, end=120), window(time_zone=LONDON)))
    assert summarize(make_campaign(here), here, observed()).next_run_time == "2026-11-23T13:00:00Z"


def test_a_skipped_zone_is_counted_in_words_and_not_as_calls_to_expect() -> None:
    here = status(run(window(contacts=3), window(WindowState.SKIPPED, time_zone=LONDON, contacts=5)))
    after = summarize(make_campaign(here), here, observed())
    ready = find(after.conditions, ConditionType.READY)
    assert ready is not None
    assert ready.message == (
        "run 20261124T0900: 2 windows (1 skipped) for 8 contacts planned, first start 2026-11-23T13:00:00Z"
    )
    assert after.progress == "0/3 (0%)"


def test_what_the_calling_hours_make_of_a_run_is_told_by_the_event_of_its_plan() -> None:
    planned = status(
        run(
            window(adjustments=["MovedOutOfGap", "DeferredToOpening"]),
            window(adjustments=["ClippedAtClosing"], time_zone="Asia/Tokyo"),
            window(WindowState.SKIPPED, time_zone=LONDON),
        )
    )
    (note,) = events_between(status(), planned)
    assert (note.type, note.reason) == ("Normal", "Planned")
    assert note.message == (
        "run 20261124T0900: 3 windows (1 skipped) for 3 contacts, from 2026-11-23T13:00:00Z to 2026-11-23T17:00:00Z; "
        "deferred to the calling hours: America/New_York; skipped, outside the calling hours: Europe/London"
    )


def test_a_run_with_nothing_to_call_is_told_of_by_two_events() -> None:
    before = status(run(window(WindowState.SKIPPED)))
    ended = run(window(WindowState.SKIPPED), state=RunState.COMPLETED, finish_time=NOW)
    assert [note.message for note in events_between(status(), before)] == [
        "run 20261124T0900: 1 window (1 skipped) for 1 contact; skipped, outside the calling hours: America/New_York"
    ]
    after = status(ended)
    assert [(note.type, note.reason, note.message) for note in events_between(before, after)] == [
        (
            "Normal",
            "NothingToCall",
            "run 20261124T0900: nothing to call, because every window is outside the calling hours",
        )
    ]


CONDITIONS = [
    ("planned", {"run": run()}, {}, {"Ready": "Accepted"}, "True"),
    ("suspended", {}, {"spec": spec(suspend=True)}, {"Ready": "Suspended"}, "True"),
    (
        "throttled",
        {"run": run(window(attempt=1, reason="DialerThrottled", message="slow", next_attempt_time=at(60)))},
        {},
        {"Ready": "DialerThrottled", "Reconciling": "DialerThrottled"},
        "False",
    ),
    (
        "refused",
        {"run": run(window(attempt=1, reason="DialerForbidden", message="no", next_attempt_time=at(600)))},
        {},
        {"Ready": "DialerForbidden", "Stalled": "DialerForbidden"},
        "False",
    ),
    (
        "held",
        {"run": run(window(WindowState.HELD, message="look"))},
        {},
        {"Ready": "WindowHeld", "Stalled": "WindowHeld"},
        "False",
    ),
    (
        "what is due waits for the dialer",
        {
            "run": run(
                window(WindowState.SUBMITTED), window(time_zone=LONDON, reason="DialerUnavailable", message="503")
            )
        },
        {},
        {"Ready": "DialerUnavailable", "Reconciling": "DialerUnavailable"},
        "False",
    ),
    (
        "what is due waits for a reason of a newer version",
        {"run": run(window(reason="SomethingNew", message="words"))},
        {},
        {"Ready": "SomethingNew", "Reconciling": "SomethingNew"},
        "False",
    ),
    (
        "a policy refuses the finalizer",
        {"run": run(window(reason="FinalizerRefused", message="denied"))},
        {},
        {"Ready": "FinalizerRefused", "Stalled": "FinalizerRefused"},
        "False",
    ),
    (
        "nothing is due while it is suspended",
        {"run": run(window(WindowState.SUBMITTED, start=-60), window(reason="DialerUnavailable", message="503"))},
        {"spec": spec(suspend=True)},
        {"Ready": "Suspended", "Reconciling": "DialerUnavailable"},
        "True",
    ),
    (
        "uncertain, and the listing cannot be read",
        {"run": run(window(WindowState.UNCERTAIN, reason="DialerUnavailable", message="503"))},
        {},
        {"Ready": "DialerUnavailable", "Reconciling": "DialerUnavailable"},
        "False",
    ),
    (
        "uncertain",
        {"run": run(window(WindowState.UNCERTAIN, reason="SubmissionUncertain", message="x"))},
        {},
        {"Ready": "Accepted", "Reconciling": "SubmissionUncertain"},
        "True",
    ),
    (
        "a failed run of a Once campaign",
        {"run": finished(RunState.FAILED)},
        {},
        {"Ready": "RunFailed", "Stalled": "RunFailed", "Finished": "Failed", "Completed": "Failed"},
        "False",
    ),
    (
        "a failed run of a Recurring campaign",
        {"run": finished(RunState.FAILED, run_policy=RunPolicy.RECURRING)},
        {"spec": spec(runPolicy="Recurring")},
        {"Ready": "Accepted", "Finished": "Failed"},
        "True",
    ),
    (
        "nothing to call",
        {"run": run(window(WindowState.SKIPPED), state=RunState.COMPLETED, finish_time=NOW)},
        {},
        {"Ready": "Accepted", "Completed": "NothingToCall", "Finished": "NothingToCall"},
        "True",
    ),
    (
        "nothing to call, and the end not on record yet",
        {"run": run(window(WindowState.SKIPPED))},
        {},
        {"Ready": "Accepted", "Completed": "RunInProgress", "Finished": "RunInProgress"},
        "True",
    ),
    (
        "completed and told",
        {"run": finished(hook=hook(WebhookState.DELIVERED, attempts=1))},
        {},
        {
            "Ready": "Accepted",
            "Completed": "Completed",
            "Finished": "Completed",
            "WebhookDelivered": "WebhookDelivered",
        },
        "True",
    ),
    (
        "the webhook is failing",
        {"run": finished(hook=hook(attempts=2, last_status_code=500))},
        {},
        {"WebhookDelivered": "WebhookRetrying"},
        "True",
    ),
]


@pytest.mark.parametrize(("name", "has", "campaign", "reasons", "ready"), CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_conditions(name: str, has: dict, campaign: dict, reasons: dict[str, str], ready: str) -> None:  # type: ignore[type-arg]
    here = status(**has)
    after = summarize(make_campaign(here, **campaign), here, observed())
    found = {c.type: c for c in after.conditions}
    assert {kind: found[kind].reason for kind in reasons} == reasons
    assert found["Ready"].status == ready
    for absent in {"Reconciling", "Stalled"} - reasons.keys():
        assert absent not in found


def test_a_history_of_which_nothing_has_ended_says_nothing_of_an_end() -> None:
    """Only a status that was altered by hand has one."""
    here = status(history=(in_history(run()),))
    found = {c.type for c in summarize(make_campaign(here), here, observed()).conditions}
    assert found == {"Ready"}


def test_a_transition_time_moves_only_with_the_status() -> None:
    here = status(run())
    before = summarize(make_campaign(here), here, observed())
    scheduled = before.model_copy(update={"runs": (run(window(WindowState.SUBMITTED)),)})
    after = summarize(make_campaign(scheduled), scheduled, observed(now=at(60)))
    ready = find(after.conditions, ConditionType.READY)
    assert ready is not None
    assert ready.message != before.conditions[0].message
    assert ready.last_transition_time == NOW


def test_a_zone_that_is_forbidden_is_named_where_others_are_not() -> None:
    forbidden = window(attempt=1, reason="DialerForbidden", message="no", next_attempt_time=at(600))
    alone, beside = status(run(forbidden)), status(run(forbidden, window(WindowState.SUBMITTED, time_zone="Etc/UTC")))
    found = [problem_of(make_campaign(status=each), each, observed()) for each in (alone, beside)]
    assert [problem.message for problem in found if problem is not None] == [
        "no",
        "run 20261124T0900: America/New_York: no",
    ]


@pytest.mark.parametrize(
    ("condition", "problem_before", "generation", "reason"),
    [
        ("Stalled", Problem("InvalidContacts", "1 error"), 1, "InvalidContacts"),
        ("Stalled", Problem("ContactsUnreadable", "the server answered 404"), 1, "ContactsUnreadable"),
        ("Reconciling", Problem("ContactsUnavailable", "503", transient=True), 1, "ContactsUnavailable"),
        ("Reconciling", Problem("InvalidContacts", "1 error"), 2, "ReadingContacts"),
        ("Reconciling", Problem("InvalidSpec", "no"), 1, "ReadingContacts"),
    ],
    ids=["invalid", "unreadable", "unavailable", "of an earlier generation", "of something else"],
)
def test_while_an_operator_reads_the_lists_first_what_is_known_of_them_holds(
    condition: str, problem_before: Problem, generation: int, reason: str
) -> None:
    before = summarize(make_campaign(status()), status(), observed(blueprint=problem_before))
    reading = Problem("ReadingContacts", "the contact lists are being read", transient=True)
    campaign = replace(make_campaign(before), generation=generation)
    after = summarize(campaign, before, observed(blueprint=reading))
    told = find(after.conditions, ConditionType(condition))
    assert told is not None
    assert told.reason == reason
    assert list(events_between(before, after)) == []
