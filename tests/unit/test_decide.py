"""The table of cases beside `domain/decide.py`: every rule, what wins over what, and what is left alone."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from builders import (
    CONNECTION,
    NOW,
    SETTINGS,
    at,
    blueprint,
    calls,
    campaign,
    finished,
    hook,
    in_history,
    observed,
    problem,
    recurring,
    run,
    spec,
    status,
    window,
)

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    WITHDRAW_FINALIZER,
    RunPolicy,
    RunState,
    WebhookState,
    WindowState,
)
from campaign_operator.domain import runs
from campaign_operator.domain.actions import (
    AddFinalizer,
    Decision,
    DeleteSchedules,
    Deliver,
    DropPlan,
    FinishRun,
    Hold,
    KeepPlan,
    LookUp,
    MarkUncertain,
    PlanRun,
    Poll,
    PromoteNextRun,
    RecordOutcomes,
    RemoveFinalizer,
    Reschedule,
    Resolve,
    Restore,
    Submit,
    TryAgain,
    Wait,
    WithdrawRun,
)
from campaign_operator.domain.campaign import Campaign
from campaign_operator.domain.decide import decide
from campaign_operator.domain.dialing import Accepted
from campaign_operator.domain.late import Late, Missed
from campaign_operator.domain.plan import plan_hash

NY, LONDON = "America/New_York", "Europe/London"
PLANNED, INTENT, UNCERTAIN = WindowState.PLANNED, WindowState.INTENT, WindowState.UNCERTAIN
WITHDRAWING, WITHDRAWN = WindowState.WITHDRAWING, WindowState.WITHDRAWN
SUBMITTED, HELD, REJECTED, MISSED = WindowState.SUBMITTED, WindowState.HELD, WindowState.REJECTED, WindowState.MISSED
ATTEMPT = ("20261124T0900", "1", NY, 1)
INVALID = problem(Reason.INVALID_SPEC)
NO_SECRET = problem(Reason.SECRET_NOT_FOUND)
SUSPENDED = spec(suspend=True)
OTHER_CRON = spec(cron="30 10 * * *")
OPEN: dict[str, Any] = {"start": -60, "end": 7200}
OVER: dict[str, Any] = {"start": -10000, "end": -4000}


@dataclass(frozen=True)
class Case:
    """`then` is the action, or its type where only that matters; `check` the next check in seconds from NOW."""

    name: str
    status: OutboundCampaignStatus
    then: Any
    spec: OutboundCampaignSpec = field(default_factory=spec)
    seen: dict[str, Any] = field(default_factory=dict)
    check: float | None = None
    deleting: bool = False
    finalizer: bool | None = None
    resolve: str | None = None


def run_as_planned(of: OutboundCampaignSpec) -> RunStatus:
    """The run that the spec makes at NOW, all of it submitted."""
    plan = blueprint(of).plan(NOW, SETTINGS.lead_seconds)
    windows = tuple(
        window(SUBMITTED, time_zone=w.time_zone).model_copy(update={"start_time": w.start, "end_time": w.end})
        for w in plan.windows
    )
    return run(*windows, id=plan.run_id, plan_hash=plan_hash(plan.windows), spec_hash=blueprint(of).spec_hash)


def handled(of: OutboundCampaignStatus, annotation: str) -> OutboundCampaignStatus:
    """The status after that annotation was acted upon."""
    return of.model_copy(update={"last_handled_resolve": annotation})


NEXT = run(window(start=86400, end=90000), id="20261125T0900")

CASES = [
    # planning
    Case("a new campaign is planned", status(), PlanRun, finalizer=False),
    Case("a campaign with a bad spec is not planned", status(), Wait, seen={"blueprint": INVALID}, finalizer=False),
    Case("a campaign without its Secret is planned all the same", status(), PlanRun, seen={"connection": NO_SECRET}),
    Case("a suspended campaign is not planned", status(), Wait, spec=SUSPENDED),
    Case("a campaign that is being deleted is not planned", status(), Wait, deleting=True, finalizer=False),
    Case("an edit before anything was submitted plans anew", status(run()), PlanRun, spec=OTHER_CRON),
    Case(
        "an edit after an attempt withdraws even what was only planned",
        status(run(window(attempt=1, next_attempt_time=at(60)))),
        WithdrawRun("run", (NY,)),
        spec=OTHER_CRON,
    ),
    Case(
        "an edit before the first start withdraws what is submitted",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        WithdrawRun("run", (NY, LONDON)),
        spec=OTHER_CRON,
    ),
    Case(
        "an edit after the first start leaves the run as it is",
        status(run(window(SUBMITTED, **OPEN), window(SUBMITTED, time_zone=LONDON))),
        Wait,
        spec=OTHER_CRON,
        check=3600,
    ),
    Case(
        "an edit withdraws only once what may be under way is settled",
        status(run(window(UNCERTAIN), window(SUBMITTED, time_zone=LONDON))),
        LookUp("run", (NY,)),
        spec=OTHER_CRON,
        seen={"settled_at": {ATTEMPT: NOW}},
    ),
    Case(
        "an edit that makes the same plan withdraws nothing",
        status(run_as_planned(spec())),
        KeepPlan,
        spec=spec(cron="0 9 * * 0-6"),
    ),
    Case("what is being withdrawn is deleted", status(run(window(WITHDRAWING))), DeleteSchedules("run", (NY,))),
    Case(
        "a DELETE that failed waits",
        status(run(window(WITHDRAWING, next_attempt_time=at(20)))),
        Wait,
        check=20,
    ),
    Case(
        "a window that starts while it is withdrawn is looked up, not deleted",
        status(run(window(WITHDRAWING, **OPEN))),
        MarkUncertain,
    ),
    Case("a run that was withdrawn is planned anew", status(run(window(WITHDRAWN))), PlanRun),
    Case(
        "a run is planned anew only when all of it is withdrawn",
        status(run(window(WITHDRAWN), window(WITHDRAWING, time_zone=LONDON))),
        DeleteSchedules("run", (LONDON,)),
    ),
    Case(
        "A to B and back to A: what was withdrawn beside what stands is planned again",
        status(run(window(WITHDRAWN), window(SUBMITTED, time_zone=LONDON))),
        Restore("run", (NY,)),
    ),
    Case(
        "a schedule that cannot be withdrawn is not tried again and again",
        status(run(window(SUBMITTED, cause="CannotWithdraw"))),
        Wait,
        spec=OTHER_CRON,
        check=3600,
    ),
    Case(
        "a next run whose predecessor is planned anew is withdrawn",
        status(run(window(WITHDRAWN)), run(window(SUBMITTED, start=86400, end=90000), id="20261125T0900")),
        WithdrawRun("next_run", (NY,)),
        spec=recurring(),
    ),
    Case(
        "a next run that was withdrawn is dropped",
        status(run(window(SUBMITTED, **OPEN)), run(window(WITHDRAWN, start=86400, end=90000), id="20261125T0900")),
        DropPlan("next_run"),
        spec=recurring(),
    ),
    Case(
        "Once after Recurring: a next run that was submitted is withdrawn",
        status(run(window(SUBMITTED, **OPEN)), run(window(SUBMITTED, start=86400, end=90000), id="20261125T0900")),
        WithdrawRun("next_run", (NY,)),
    ),
    Case("Once: nothing is planned after the run", status(finished()), Wait),
    Case(
        "Once: nothing is planned after the run, not even by turning it into Recurring",
        status(finished(run_policy=RunPolicy.ONCE)),
        Wait,
        spec=recurring(),
    ),
    Case(
        "Recurring: the next run is planned once this one is submitted",
        status(run(window(SUBMITTED))),
        PlanRun,
        spec=recurring(),
    ),
    Case(
        "Recurring: not while a window is still undecided",
        status(run(window(UNCERTAIN))),
        Wait,
        spec=recurring(),
        check=60,
    ),
    Case(
        "Recurring: a finished run gets a successor",
        status(finished(run_policy=RunPolicy.RECURRING)),
        PlanRun,
        spec=recurring(),
    ),
    Case(
        "Recurring: a failed run gets a successor, too",
        status(finished(RunState.FAILED, run_policy=RunPolicy.RECURRING)),
        PlanRun,
        spec=recurring(),
    ),
    Case(
        "Recurring: an edit plans the next run anew while nothing of it was submitted",
        status(run(window(SUBMITTED, **OPEN)), NEXT),
        PlanRun,
        spec=recurring(cron="0 11 * * *"),
    ),
    Case(
        "Once after Recurring: a next run that was only planned is dropped",
        status(run(window(SUBMITTED)), NEXT),
        DropPlan("next_run"),
    ),
    # suspend
    Case(
        "suspend forgets a run that was only planned",
        status(run()),
        DropPlan("run"),
        spec=SUSPENDED,
        finalizer=False,
    ),
    Case(
        "suspend lets our finalizer go first, so that the status is never taken for lost",
        status(run()),
        RemoveFinalizer(),
        spec=SUSPENDED,
        finalizer=True,
    ),
    Case(
        "suspend keeps a cancelled run as it is",
        status(run(window(WITHDRAWN))),
        Wait,
        spec=SUSPENDED,
        finalizer=False,
    ),
    Case(
        "suspend forgets a next run that was only planned",
        status(run(window(SUBMITTED)), NEXT),
        DropPlan("next_run"),
        spec=recurring(suspend=True),
    ),
    Case(
        "suspend withdraws what is submitted",
        status(run(window(SUBMITTED))),
        WithdrawRun("run", (NY,)),
        spec=SUSPENDED,
    ),
    Case(
        "suspend leaves what has started",
        status(run(window(SUBMITTED, **OPEN))),
        RemoveFinalizer(),
        spec=SUSPENDED,
        finalizer=True,
    ),
    Case(
        "suspend withdraws a run that was begun, what was only planned with it",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        WithdrawRun("run", (NY, LONDON)),
        spec=SUSPENDED,
    ),
    Case(
        "suspend goes on polling",
        status(run(window(SUBMITTED, **OPEN))),
        Poll(at(-60), None),
        spec=SUSPENDED,
        seen={"poll_due": True},
    ),
    # submitting
    Case("a planned run is submitted", status(run()), Submit("run", (NY,))),
    Case("our finalizer comes before the first intent", status(run()), AddFinalizer(), finalizer=False),
    Case(
        "our finalizer is put back where something is to be submitted",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        AddFinalizer(),
        finalizer=False,
    ),
    Case(
        "our finalizer is put back where something can be withdrawn",
        status(run(window(SUBMITTED))),
        AddFinalizer(),
        finalizer=False,
    ),
    Case("our finalizer goes with the end of the run", status(finished()), RemoveFinalizer(), finalizer=True),
    Case(
        "our finalizer goes when all has started",
        status(run(window(SUBMITTED, **OPEN))),
        RemoveFinalizer(),
        finalizer=True,
    ),
    Case(
        "a resource with our finalizer and no run has lost its status",
        status(),
        PlanRun,
    ),
    Case(
        "a planned window that names a schedule was altered by hand",
        status(run(window(schedule_id="s-1", attempt=1))),
        MarkUncertain,
    ),
    Case(
        "a held window is resolved by a person",
        status(run(window(HELD))),
        Resolve(),
        resolve="20261124T0900/America/New_York=Resubmit",
    ),
    Case(
        "an annotation that was handled is not handled again",
        handled(status(run(window(HELD))), "20261124T0900/America/New_York=Resubmit"),
        Wait,
        resolve="20261124T0900/America/New_York=Resubmit",
    ),
    Case(
        "onUncertain Hold: a settled window is held",
        status(run(window(UNCERTAIN))),
        Hold("run", (NY,)),
        spec=spec(onUncertain="Hold"),
        seen={"settled_at": {ATTEMPT: NOW}},
    ),
    # deletion
    Case(
        "deletion withdraws what has not started",
        status(run(window(SUBMITTED), window(SUBMITTED, time_zone=LONDON, **OPEN))),
        WithdrawRun("run", (NY,)),
        deleting=True,
    ),
    Case(
        "deletion deletes at the dialer",
        status(run(window(WITHDRAWING))),
        DeleteSchedules("run", (NY,)),
        deleting=True,
    ),
    Case("deletion settles an intent first", status(run(window(INTENT))), MarkUncertain, deleting=True),
    Case(
        "deletion records an answer first",
        status(run(window(INTENT))),
        RecordOutcomes("run"),
        seen={"outcomes": {ATTEMPT: Accepted("s-1")}},
        deleting=True,
    ),
    Case(
        "deletion looks an uncertain window up",
        status(run(window(UNCERTAIN))),
        LookUp("run", (NY,)),
        seen={"settled_at": {ATTEMPT: NOW}},
        deleting=True,
    ),
    Case(
        "deletion looks up what started while it was withdrawn",
        status(run(window(WITHDRAWING, **OPEN))),
        MarkUncertain,
        deleting=True,
    ),
    Case(
        "deletion tries again what was refused when asked",
        status(run(window(WITHDRAWING, cause="DialerForbidden", next_attempt_time=at(600)))),
        TryAgain(),
        seen={"retry_now": True},
        deleting=True,
    ),
    Case(
        "deletion ends when all is withdrawn",
        status(run(window(WITHDRAWN))),
        RemoveFinalizer(),
        deleting=True,
        finalizer=True,
    ),
    Case(
        "what the dialer does not take back keeps the run as it is, and what was withdrawn comes back",
        status(run(window(SUBMITTED, cause=Reason.CANNOT_WITHDRAW), window(WITHDRAWN, time_zone=LONDON))),
        Restore("run", (LONDON,)),
        spec=OTHER_CRON,
    ),
    Case(
        "deletion of a finished campaign is no work",
        status(finished()),
        RemoveFinalizer(),
        deleting=True,
        finalizer=True,
    ),
    Case("deletion of a planned campaign is no work", status(run()), RemoveFinalizer(), deleting=True, finalizer=True),
    Case(
        "deletion with Orphan leaves everything",
        status(run(window(SUBMITTED), window(HELD, time_zone=LONDON))),
        RemoveFinalizer(),
        spec=spec(deletionPolicy="Orphan"),
        deleting=True,
        finalizer=True,
    ),
    Case(
        "deletion with Orphan settles what may be on its way, or the next of that name would not find it",
        status(run(window(SUBMITTED), window(INTENT, time_zone=LONDON))),
        MarkUncertain,
        spec=spec(deletionPolicy="Orphan"),
        deleting=True,
    ),
    Case(
        "deletion does not wait for what calls beside what the dialer does not take back",
        status(run(window(SUBMITTED, **OPEN), window(SUBMITTED, time_zone=LONDON, cause="CannotWithdraw"))),
        RemoveFinalizer(("20261124T0900/Europe/London",)),
        deleting=True,
    ),
    Case("deletion looks for what a lost status told of", status(), PlanRun, deleting=True, finalizer=True),
    Case(
        "deletion with Orphan looks for nothing",
        status(),
        RemoveFinalizer(),
        spec=spec(deletionPolicy="Orphan"),
        deleting=True,
        finalizer=True,
    ),
    Case("suspend looks for what a lost status told of", status(), PlanRun, spec=SUSPENDED, finalizer=True),
    Case(
        "a next run of which nothing stands is dropped with a run that is planned anew",
        status(run(window(WITHDRAWN)), run(window(REJECTED, start=90000, end=97200), id="20261125T0900")),
        DropPlan("next_run"),
        spec=recurring(),
    ),
    Case(
        "a next run that was only planned is not submitted before a run that is planned anew",
        status(run(window(WITHDRAWN)), NEXT),
        DropPlan("next_run"),
        spec=recurring(),
    ),
    Case(
        "a next run that starts takes over from a run that was cancelled",
        status(run(window(WITHDRAWN)), run(window(SUBMITTED, **OPEN), id="20261125T0900")),
        PromoteNextRun(),
        spec=recurring(),
        finalizer=False,
    ),
    Case(
        "a held window that has not started keeps our finalizer",
        status(run(window(HELD))),
        AddFinalizer(),
        finalizer=False,
    ),
    Case(
        "deletion waits for a dialer that is down until its deadline",
        status(run(window(WITHDRAWING, next_attempt_time=at(20)))),
        Wait,
        deleting=True,
        seen={"give_up_at": at(5)},
        check=5,
    ),
    Case(
        "deletion gives up after its deadline and names what stays",
        status(run(window(WITHDRAWING, next_attempt_time=at(20)))),
        RemoveFinalizer(("20261124T0900/America/New_York",)),
        deleting=True,
        seen={"give_up_at": NOW},
        finalizer=True,
    ),
    Case(
        "deletion does not wait where the namespace goes and the Secret is gone",
        status(run(window(SUBMITTED))),
        RemoveFinalizer(("20261124T0900/America/New_York",)),
        seen={"connection": NO_SECRET, "credentials_lost": True},
        deleting=True,
        finalizer=True,
    ),
    Case(
        "deletion does not wait for a dialer that takes nothing back",
        status(run(window(SUBMITTED, cause="CannotWithdraw"))),
        RemoveFinalizer(("20261124T0900/America/New_York",)),
        deleting=True,
        finalizer=True,
    ),
    Case(
        "deletion does not wait for a person",
        status(run(window(HELD))),
        RemoveFinalizer(("20261124T0900/America/New_York",)),
        deleting=True,
        finalizer=True,
    ),
    Case(
        "windows go together",
        status(run(window(), window(time_zone=LONDON))),
        Submit("run", (NY, LONDON)),
    ),
    Case(
        "the rest of a run is not its first intent",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        Submit("run", (LONDON,)),
    ),
    Case("a window that waits is not sent", status(run(window(attempt=1, next_attempt_time=at(5)))), Wait, check=5),
    Case(
        "a window whose wait is over is sent",
        status(run(window(attempt=1, next_attempt_time=NOW))),
        Submit("run", (NY,)),
    ),
    Case(
        "what is said to one window is said to all: no right",
        status(run(window(attempt=1, cause="DialerForbidden", next_attempt_time=at(600)), window(time_zone=LONDON))),
        Wait,
        check=30,
    ),
    Case(
        "what is said to one window is said to all: too fast",
        status(run(window(attempt=1, cause="DialerThrottled", next_attempt_time=at(60)), window(time_zone=LONDON))),
        Wait,
        check=60,
    ),
    Case(
        "a window that could not be sent does not hold up the others",
        status(run(window(attempt=1, cause="DialerUnavailable", next_attempt_time=at(60)), window(time_zone=LONDON))),
        Submit("run", (LONDON,)),
    ),
    Case("nothing is sent without the Secret", status(run()), Wait, seen={"connection": NO_SECRET}, check=30),
    Case("nothing of a bad spec is sent", status(run()), Wait, seen={"blueprint": INVALID}, check=3600),
    Case(
        "a run that was begun is carried through although the spec went bad",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        Submit("run", (LONDON,)),
        seen={"blueprint": INVALID},
    ),
    Case(
        "nothing is sent to another place while schedules are outstanding",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        Wait,
        seen={"connection": replace(CONNECTION, client_id="other")},
        check=30,
    ),
    Case(
        "a rotated client-secret is the same place",
        status(run()),
        Submit,
        seen={"connection": replace(CONNECTION, client_secret="new")},
    ),
    Case(
        "the run in hand goes before the next one",
        status(run(), NEXT),
        Submit("run", (NY,)),
        spec=recurring(),
    ),
    Case(
        "the next run goes in its turn",
        status(run(window(SUBMITTED)), NEXT),
        Submit("next_run", (NY,)),
        spec=recurring(),
    ),
    # what may have been sent
    Case(
        "an answer is put on record before anything else",
        status(run(window(INTENT), window(time_zone=LONDON))),
        RecordOutcomes("run"),
        seen={"outcomes": {ATTEMPT: Accepted("s-1")}},
    ),
    Case(
        "an answer to another attempt is not recorded",
        status(run(window(INTENT, attempt=2))),
        MarkUncertain,
        seen={"outcomes": {ATTEMPT: Accepted("s-1")}},
    ),
    Case("an intent found after a restart is uncertain", status(run(window(INTENT))), MarkUncertain),
    Case(
        "an intent in the next run is uncertain, too",
        status(run(window(SUBMITTED)), run(window(INTENT))),
        MarkUncertain,
    ),
    Case("an uncertain window is not sent again", status(run(window(UNCERTAIN))), Wait, check=60),
    Case(
        "an uncertain window waits out the settling time",
        status(run(window(UNCERTAIN))),
        Wait,
        seen={"settled_at": {ATTEMPT: at(17)}},
        check=17,
    ),
    Case(
        "a settled window is looked up",
        status(run(window(UNCERTAIN))),
        LookUp("run", (NY,)),
        seen={"settled_at": {ATTEMPT: NOW}},
    ),
    Case(
        "the settling time of another attempt does not count",
        status(run(window(UNCERTAIN, attempt=2))),
        Wait,
        seen={"settled_at": {ATTEMPT: NOW}},
        check=60,
    ),
    Case(
        "a look-up that failed waits",
        status(run(window(UNCERTAIN, next_attempt_time=at(20)))),
        Wait,
        seen={"settled_at": {ATTEMPT: at(-5)}},
        check=20,
    ),
    Case("a held window waits for a person", status(run(window(HELD))), Wait, check=3600),
    Case(
        "others go on while one is uncertain",
        status(run(window(UNCERTAIN), window(time_zone=LONDON))),
        Submit("run", (LONDON,)),
    ),
    # lateness
    Case(
        "a window whose start passed is sent for what is left",
        status(run(window(**OPEN))),
        Reschedule("run", ((NY, Late(at(30))),)),
    ),
    Case(
        "a start too near to arrive in time is put off",
        status(run(window(start=9, end=7200))),
        Reschedule("run", ((NY, Late(at(30))),)),
    ),
    Case("a start that can still be met is met", status(run(window(start=11, end=7200))), Submit),
    Case("a short window is sent while its start is ahead", status(run(window(start=5, end=600))), Submit),
    Case(
        "a window with less than 15 minutes left is missed",
        status(run(window(start=-60, end=920))),
        Reschedule("run", ((NY, Missed()),)),
    ),
    Case(
        "a late window that must wait is not moved meanwhile",
        status(run(window(**OPEN, attempt=1, next_attempt_time=at(50)))),
        Wait,
        check=50,
    ),
    Case(
        "a late window of a suspended campaign is not moved",
        status(run(window(**OPEN, attempt=1))),
        WithdrawRun("run", (NY,)),
        spec=SUSPENDED,
    ),
    Case("an uncertain window is not moved when it is late", status(run(window(UNCERTAIN, **OPEN))), Wait, check=60),
    # the end of a run
    Case(
        "all calls made: the run is Completed",
        status(run(window(SUBMITTED, **OPEN), metrics=calls(1))),
        FinishRun(RunState.COMPLETED),
    ),
    Case(
        "all calls made, but a window has not started",
        status(run(window(SUBMITTED, **OPEN), window(SUBMITTED, time_zone=LONDON), metrics=calls(2))),
        Wait,
        check=3600,
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
        check=7200 + 3600,
    ),
    Case("every window rejected: Failed", status(run(window(REJECTED))), FinishRun(RunState.FAILED)),
    Case(
        "every window rejected or missed: Failed",
        status(run(window(REJECTED), window(MISSED, time_zone=LONDON))),
        FinishRun(RunState.FAILED),
    ),
    Case(
        "one window rejected: the others go on",
        status(run(window(REJECTED), window(time_zone=LONDON))),
        Submit("run", (LONDON,)),
    ),
    Case(
        "grace over: asked once more",
        status(run(window(SUBMITTED, **OVER))),
        Poll(at(-10000), None),
    ),
    Case(
        "grace over and asked: TimedOut",
        status(run(window(SUBMITTED, **OVER))),
        FinishRun(RunState.TIMED_OUT),
        seen={"polled_at": at(-1)},
    ),
    Case(
        "an answer from before the deadline is not the last word",
        status(run(window(SUBMITTED, **OVER))),
        Poll,
        seen={"polled_at": at(-401)},
    ),
    Case(
        "grace over without the Secret: TimedOut all the same",
        status(run(window(SUBMITTED, **OVER))),
        FinishRun(RunState.TIMED_OUT),
        seen={"connection": NO_SECRET},
    ),
    Case("within the grace it goes on", status(run(window(SUBMITTED, start=-10000, end=-3599))), Wait, check=1),
    Case(
        "Recurring: the next run's start times this one out",
        status(run(window(SUBMITTED, **OPEN)), run(window(SUBMITTED, start=-1), id="20261125T0900")),
        Poll(at(-60), at(-1)),
        spec=recurring(),
    ),
    Case(
        "Recurring: the next run takes over",
        status(finished(run_policy=RunPolicy.RECURRING), run(window(SUBMITTED, start=-1), id="20261125T0900")),
        PromoteNextRun(),
        spec=recurring(),
    ),
    Case(
        "Recurring: not before its start",
        status(finished(run_policy=RunPolicy.RECURRING), run(window(SUBMITTED), id="20261125T0900")),
        Wait,
        spec=recurring(),
        check=3600,
    ),
    # polling
    Case(
        "a running run is polled when the timer fires",
        status(run(window(SUBMITTED, **OPEN))),
        Poll(at(-60), None),
        seen={"poll_due": True},
    ),
    Case("not without the timer", status(run(window(SUBMITTED, **OPEN))), Wait, check=7200 + 3600),
    Case("not before the first start", status(run(window(SUBMITTED))), Wait, seen={"poll_due": True}, check=3600),
    Case("not after the end", status(finished()), Wait, seen={"poll_due": True, "connection": None}),
    # trying again
    Case(
        "what was refused is tried again when asked",
        status(run(window(attempt=1, cause="DialerForbidden", next_attempt_time=at(600)))),
        TryAgain(),
        seen={"retry_now": True},
    ),
    # the webhook
    Case("the webhook is delivered", status(finished(hook=hook())), Deliver("20261124T0900")),
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
            run(window(SUBMITTED, start=86400, end=90000), id="20261125T0900"),
            history=(in_history(finished(hook=hook(), id="20261123T0900")),),
        ),
        Deliver("20261123T0900"),
        spec=recurring(),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_decide(case: Case) -> None:
    assert_is(decide(the_campaign(case), observed(case.spec, **case.seen), SETTINGS), case)


def the_campaign(case: Case) -> Campaign:
    """The case's campaign; with our finalizer as the rules would have left it, unless it says otherwise."""
    deletion_time = at(-60) if case.deleting else None
    in_hand = list(runs.runs_in_hand(case.status))
    held_back = any(runs.in_state(r, PLANNED, HELD) or runs.holds_back(r, NOW) for r in in_hand)
    finalizers = (WITHDRAW_FINALIZER,) if (held_back if case.finalizer is None else case.finalizer) else ()
    return campaign(
        case.status, spec=case.spec, deletion_time=deletion_time, finalizers=finalizers, resolve=case.resolve
    )


def assert_is(decision: Decision, case: Case) -> None:
    if isinstance(case.then, type):
        assert isinstance(decision.action, case.then), decision
    else:
        assert decision.action == case.then
    if case.check is not None:
        assert decision.next_check is not None
        assert (decision.next_check - NOW).total_seconds() == case.check


def test_every_rule_has_a_case() -> None:
    """A rule that no case reaches could be left out and nobody would notice."""
    from campaign_operator.domain.decide import RULES, RULES_OF_DELETION
    from campaign_operator.domain.situation import Situation

    unreached = []
    for rules, deleting in ((RULES, False), (RULES_OF_DELETION, True)):
        situations = [
            Situation(the_campaign(c), observed(c.spec, **c.seen), SETTINGS) for c in CASES if c.deleting is deleting
        ]
        unreached += [rule.__name__ for rule in rules if all(rule(s) is None for s in situations)]
    assert unreached == []
