"""Rows of the table beside `decide.py`: how a run ends, is polled and is told of."""

from builders import (
    at,
    calls,
    finished,
    hook,
    in_history,
    recurring,
    run,
    spec,
    status,
    window,
)
from decide.case import (
    FIRST,
    LONDON,
    MISSED,
    NEXT,
    NO_SECRET,
    OPEN,
    OVER,
    REJECTED,
    SKIPPED,
    SUBMITTED,
    UNCERTAIN,
    Case,
)

from campaign_operator.api.status import OutboundCampaignStatus, RunKey
from campaign_operator.api.vocabulary import RunPolicy, RunState, WebhookState
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.decisions.actions import Deliver, FinishRun, MoveToHistory, PlanRun, Poll, Submit, Wait

ENDING = [
    # the end of a run
    Case(
        "all calls made: the run is Completed",
        status(run(window(SUBMITTED, **OPEN), metrics=calls(1))),
        FinishRun(FIRST, RunState.COMPLETED),
    ),
    Case(
        "all calls made, but a window has not started",
        status(run(window(SUBMITTED, **OPEN), window(SUBMITTED, time_zone=LONDON), metrics=calls(2))),
        Wait,
        check=3600 - 720,
    ),
    Case(
        "all calls made, but a window is uncertain",
        status(run(window(SUBMITTED, **OPEN), window(UNCERTAIN, time_zone=LONDON), metrics=calls(9))),
        Wait,
        check=60,
    ),
    Case(
        "expectedCalls of the spec counts",
        status(run(window(SUBMITTED, **OPEN), metrics=calls(1))),
        Wait,
        spec=spec(completion={"expectedCalls": 2}),
        check=7200,
    ),
    Case("every window rejected: Failed", status(run(window(REJECTED))), FinishRun(FIRST, RunState.FAILED)),
    Case(
        "every window rejected or missed: Failed",
        status(run(window(REJECTED), window(MISSED, time_zone=LONDON))),
        FinishRun(FIRST, RunState.FAILED),
    ),
    Case(
        "every window skipped: nothing to call, Completed",
        status(run(window(SKIPPED))),
        FinishRun(FIRST, RunState.COMPLETED),
    ),
    Case(
        "every window skipped: Completed, whatever calls were expected",
        status(run(window(SKIPPED), window(SKIPPED, time_zone=LONDON))),
        FinishRun(FIRST, RunState.COMPLETED),
        spec=spec(completion={"expectedCalls": 2}),
    ),
    Case(
        "every window rejected or skipped: Failed",
        status(run(window(REJECTED), window(SKIPPED, time_zone=LONDON))),
        FinishRun(FIRST, RunState.FAILED),
    ),
    Case(
        "every window missed or skipped: Failed",
        status(run(window(MISSED), window(SKIPPED, time_zone=LONDON))),
        FinishRun(FIRST, RunState.FAILED),
    ),
    Case(
        "a skipped window is waited for by nobody: all calls of the others made",
        status(run(window(SUBMITTED, **OPEN), window(SKIPPED, time_zone=LONDON, contacts=5), metrics=calls(1))),
        FinishRun(FIRST, RunState.COMPLETED),
    ),
    Case(
        "a skipped window holds no run up: the last end is that of the others",
        status(run(window(SUBMITTED, **OVER), window(SKIPPED, time_zone=LONDON, end=90000))),
        FinishRun(FIRST, RunState.TIMED_OUT),
        seen={"polled_until": at(-1)},
    ),
    Case(
        "Recurring: a run of which all is skipped is finished once the next is planned",
        status(run(window(SKIPPED)), NEXT),
        FinishRun(FIRST, RunState.COMPLETED),
        spec=recurring(),
        seen={"connection": NO_SECRET},
    ),
    Case(
        "one window rejected: the others go on",
        status(run(window(REJECTED), window(time_zone=LONDON))),
        Submit(FIRST, (LONDON,)),
    ),
    Case(
        "grace over: asked once more",
        status(run(window(SUBMITTED, **OVER))),
        Poll(at(-10000), at(-400)),
    ),
    Case(
        "grace over and asked: TimedOut",
        status(run(window(SUBMITTED, **OVER))),
        FinishRun(FIRST, RunState.TIMED_OUT),
        seen={"polled_until": at(-1)},
    ),
    Case(
        "grace over and asked without an answer: it waits for the next poll",
        status(run(window(SUBMITTED, **OVER))),
        Wait,
        seen={"asked_until": at(-1), "polled_until": at(-401)},
    ),
    Case(
        "grace over, no answer, and the poll timer fires: asked again",
        status(run(window(SUBMITTED, **OVER))),
        Poll(at(-10000), at(-400)),
        seen={"asked_until": at(-1), "poll_due": True},
    ),
    Case(
        "no answer for an hour: TimedOut all the same",
        status(run(window(SUBMITTED, start=-10000, end=-7200))),
        FinishRun(FIRST, RunState.TIMED_OUT),
        seen={"asked_until": at(-1), "poll_due": True},
    ),
    Case(
        "the operator was away for days: asked once all the same",
        status(run(window(SUBMITTED, start=-400_000, end=-300_000))),
        Poll,
    ),
    Case(
        "no answer for almost an hour: it still waits",
        status(run(window(SUBMITTED, start=-10000, end=-7199))),
        Wait,
        check=1,
        seen={"asked_until": at(-1)},
    ),
    Case(
        "no answer for the time of three long polls: TimedOut all the same",
        status(run(window(SUBMITTED, start=-100000, end=-3600 - 3 * 3000))),
        FinishRun(FIRST, RunState.TIMED_OUT),
        seen={"asked_until": at(-1)},
        settings=Settings(poll_seconds=3000),
    ),
    Case(
        "no answer for less than three long polls: it still waits",
        status(run(window(SUBMITTED, start=-100000, end=-3601 - 3 * 3000 + 2))),
        Wait,
        check=1,
        seen={"asked_until": at(-1)},
        settings=Settings(poll_seconds=3000),
    ),
    Case(
        "an answer from before the deadline is not the last word",
        status(run(window(SUBMITTED, **OVER))),
        Poll,
        seen={"polled_until": at(-401)},
    ),
    Case(
        "grace over without the Secret: TimedOut all the same",
        status(run(window(SUBMITTED, **OVER))),
        FinishRun(FIRST, RunState.TIMED_OUT),
        seen={"connection": NO_SECRET},
    ),
    Case("within the grace it goes on", status(run(window(SUBMITTED, start=-10000, end=-3599))), Wait, check=1),
    Case(
        "Recurring: the next run's start ends nothing",
        status(run(window(SUBMITTED, **OPEN)), run(window(SUBMITTED, start=-1), id="20261125T0900")),
        PlanRun,
        spec=recurring(),
    ),
    Case(
        "Recurring: runs that overlap are counted together, from the first start of the earliest",
        status(run(window(SUBMITTED, **OPEN)), run(window(SUBMITTED, start=-1), id="20261125T0900")),
        Poll(at(-60)),
        spec=recurring(suspend=True),
        seen={"poll_due": True},
    ),
    Case(
        "runs that overlap: one of them has its calls, and its last window is still open",
        status(
            run(window(SUBMITTED, **OPEN), metrics=calls(1).model_copy(update={"shared": True})),
        ),
        Wait,
        check=7200,
    ),
    Case(
        "runs that overlap: one of them has its calls, and its last window is over",
        status(run(window(SUBMITTED, **OVER), metrics=calls(1).model_copy(update={"shared": True}))),
        FinishRun(FIRST, RunState.COMPLETED),
    ),
    Case(
        "of nine runs that wait for calls the oldest times out",
        OutboundCampaignStatus(
            observed_generation=1, runs=tuple(run(window(SUBMITTED, **OVER), planned_from=str(n)) for n in range(1, 10))
        ),
        FinishRun(FIRST, RunState.TIMED_OUT),
        spec=spec(completion={"graceSeconds": 86400}),
    ),
    Case(
        "Recurring: a run that is over moves to history when the next has started",
        status(finished(run_policy=RunPolicy.RECURRING), run(window(SUBMITTED, start=-1), id="20261125T0900")),
        MoveToHistory((FIRST,)),
        spec=recurring(),
    ),
    Case(
        "Recurring: not before its start",
        status(finished(run_policy=RunPolicy.RECURRING), run(window(start=100000, end=110000), id="20261125T0900")),
        Wait,
        spec=recurring(),
        check=100000 - 86400,
    ),
    # polling
    Case(
        "a running run is polled when the timer fires",
        status(run(window(SUBMITTED, **OPEN))),
        Poll(at(-60)),
        seen={"poll_due": True},
    ),
    Case("not without the timer", status(run(window(SUBMITTED, **OPEN))), Wait, check=7200),
    Case("not before the first start", status(run(window(SUBMITTED))), Wait, seen={"poll_due": True}, check=3600 - 720),
    Case("not after the end", status(finished()), Wait, seen={"poll_due": True, "connection": None}),
    # the webhook
    Case("the webhook is delivered", status(finished(hook=hook())), Deliver(FIRST)),
    Case(
        "a delivery waits for its next attempt",
        status(finished(hook=hook(attempts=1, next_attempt_time=at(300)))),
        Wait,
        check=300,
    ),
    Case("a delivery that is done is done", status(finished(hook=hook(WebhookState.DELIVERED))), Wait),
    Case("a delivery that was given up is over", status(finished(hook=hook(WebhookState.FAILED))), Wait),
    Case(
        "a webhook is delivered from history",
        status(
            run(window(SUBMITTED, **OPEN)),
            run(window(start=100000, end=110000), id="20261125T0900"),
            history=(in_history(finished(hook=hook(), id="20261123T0900")),),
        ),
        Deliver(RunKey("20261123T0900", "1")),
        spec=recurring(),
    ),
]
