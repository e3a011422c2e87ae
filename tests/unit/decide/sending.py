"""Rows of the table beside `decide.py`: what is submitted, what may have been sent, and what is late."""

from builders import (
    NOW,
    at,
    finished,
    recurring,
    run,
    spec,
    status,
    window,
)
from decide.case import (
    ATTEMPT,
    FIRST,
    HELD,
    INTENT,
    LONDON,
    MARK,
    NY,
    OPEN,
    SKIPPED,
    SUBMITTED,
    SUSPENDED,
    UNCERTAIN,
    Case,
    handled,
    trusted,
    waiting,
)

from campaign_operator.domain.campaigns.late import Late, Missed
from campaign_operator.domain.decisions.actions import (
    AddFinalizer,
    BeginCancellation,
    Hold,
    LookUp,
    MarkUncertain,
    PlanRun,
    RecordOutcomes,
    RemoveFinalizer,
    Reschedule,
    Resolve,
    ResolveWaiting,
    Submit,
    TryAgain,
    Wait,
    WriteMark,
)
from campaign_operator.domain.dialing.outcomes import Accepted

SENDING = [
    # submitting
    Case("a planned run is submitted", status(run()), Submit(FIRST, (NY,))),
    Case(
        "a skipped window is not submitted",
        status(run(window(), window(SKIPPED, time_zone=LONDON))),
        Submit(FIRST, (NY,)),
    ),
    Case(
        "our finalizer and the mark come before the first intent",
        status(run()),
        AddFinalizer(MARK, FIRST, (NY,)),
        finalizer=False,
    ),
    Case(
        "the mark comes before the first intent, also where our finalizer is there",
        status(run()),
        AddFinalizer(MARK, FIRST, (NY,)),
        unmarked=True,
    ),
    Case(
        "a recurring campaign has no mark",
        status(run()),
        AddFinalizer(None, FIRST, (NY,)),
        spec=recurring(),
        finalizer=False,
    ),
    Case(
        "the mark is put back where somebody took it away",
        status(run(window(SUBMITTED))),
        WriteMark(MARK),
        unmarked=True,
    ),
    Case("also after the end", status(finished()), WriteMark(MARK), finalizer=False, unmarked=True),
    Case(
        "our finalizer is put back where something is to be submitted",
        status(run(window(SUBMITTED), window(time_zone=LONDON))),
        AddFinalizer(MARK, FIRST, (LONDON,)),
        finalizer=False,
    ),
    Case(
        "our finalizer is put back where something can be cancelled",
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
        "not with the start itself, when a thousand campaigns may have to be told of",
        status(run(window(SUBMITTED, **OPEN), window(SUBMITTED, start=-10, time_zone=LONDON))),
        Wait,
        finalizer=True,
        check=20,
    ),
    Case(
        "a finished run keeps our finalizer for no time",
        status(finished().model_copy(update={"windows": (window(SUBMITTED, start=-10),)})),
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
        "an annotation that was handled and taken away is forgotten, so that it can be said again",
        handled(status(run(window(HELD))), "20261124T0900/America/New_York=Resubmit"),
        Resolve(),
    ),
    Case(
        "onUncertain Hold: a settled window is held",
        status(run(window(UNCERTAIN))),
        Hold(FIRST, (NY,)),
        spec=spec(onUncertain="Hold"),
        seen={"settled_at": {ATTEMPT: NOW}},
    ),
    # what may have been sent
    Case(
        "an answer is put on record before anything else",
        status(run(window(INTENT), window(time_zone=LONDON))),
        RecordOutcomes(FIRST),
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
        LookUp(FIRST, (NY,)),
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
        Submit(FIRST, (LONDON,)),
    ),
    # lateness
    Case(
        "a window whose start passed is sent for what is left",
        status(run(window(**OPEN))),
        Reschedule(FIRST, ((NY, Late(at(30))),)),
    ),
    Case(
        "a start too near to arrive in time is put off",
        status(run(window(start=9, end=7200))),
        Reschedule(FIRST, ((NY, Late(at(30))),)),
    ),
    Case("a start that can still be met is met", status(run(window(start=11, end=7200))), Submit),
    Case("a short window is sent while its start is ahead", status(run(window(start=5, end=600))), Submit),
    Case(
        "a window with less than 15 minutes left is missed",
        status(run(window(start=-60, end=920))),
        Reschedule(FIRST, ((NY, Missed()),)),
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
        BeginCancellation(FIRST, (NY,)),
        spec=SUSPENDED,
    ),
    Case("an uncertain window is not moved when it is late", status(run(window(UNCERTAIN, **OPEN))), Wait, check=60),
    # the listing lags
    Case(
        "a run waits until the listing can be trusted, where others may have written the status",
        trusted(status(run()), at(40)),
        Wait,
        seen={"listed": False},
        check=40,
    ),
    Case(
        "a run waits for nothing while every write since the last listing was our own",
        trusted(status(run()), at(40)),
        Submit(FIRST, (NY,)),
        seen={"listed": True},
    ),
    Case(
        "what a person said of a schedule waits for the listing",
        waiting(status(run(window(HELD))), next_attempt_time=at(20)),
        Wait,
        check=20,
    ),
    Case(
        "and is checked when its time has come",
        waiting(status(run(window(HELD)))),
        ResolveWaiting(),
    ),
    Case(
        "and holds back nothing else",
        waiting(status(run(window(HELD), window(SUBMITTED, time_zone=LONDON))), next_attempt_time=at(20)),
        BeginCancellation(FIRST, (LONDON,)),
        spec=SUSPENDED,
    ),
    # trying again
    Case(
        "what was refused is tried again when asked",
        status(run(window(attempt=1, reason="DialerForbidden", next_attempt_time=at(600)))),
        TryAgain(),
        seen={"retry_now": True},
    ),
]
