"""Rows of the table beside `decide.py`: schedules that are looked for before they start, and unknown ones."""

from builders import at, run, spec, status, window
from decide.case import FIRST, LONDON, NO_SECRET, NY, SUBMITTED, Case, trusted, unknown

from campaign_operator.domain.decisions.actions import LookForUnknown, NoteNotVerified, Submit, Verify, Wait

LATER = spec(submitAheadSeconds=0)

VERIFYING = [
    Case(
        "a schedule is looked for so early that a person can act",
        status(run(window(SUBMITTED, start=720))),
        Verify(),
        finalizer=True,
    ),
    Case("and no earlier", status(run(window(SUBMITTED, start=721))), Wait, check=1),
    Case(
        "not before the listing can be trusted",
        trusted(status(run(window(SUBMITTED, start=720))), at(30)),
        Wait,
        check=30,
    ),
    Case(
        "not again where the dialer did not answer just now",
        status(run(window(SUBMITTED, start=720))),
        Wait,
        seen={"look_again_at": at(20)},
        check=20,
    ),
    Case(
        "a schedule that was not listed is looked for once more after the settling time",
        status(run(window(SUBMITTED, reason="ScheduleNotListed", next_attempt_time=at(60)))),
        Wait,
        check=60,
    ),
    Case(
        "and then it is",
        status(run(window(SUBMITTED, reason="ScheduleNotListed", next_attempt_time=at(0)))),
        Verify(),
    ),
    Case(
        "what starts too soon says that it was not looked for",
        status(run(window(SUBMITTED, start=600), window(SUBMITTED, start=601, time_zone=LONDON))),
        NoteNotVerified(FIRST, (NY,)),
    ),
    Case(
        "what was looked for is not looked for again",
        status(run(window(SUBMITTED, start=720), verified_until=at(721))),
        Wait,
        check=720,
    ),
    Case(
        "nothing is submitted in the zone of a schedule that no window holds",
        unknown(status(run(window(), window(time_zone=LONDON))), NY),
        Submit(FIRST, (LONDON,)),
    ),
    Case(
        "what blocks a zone is looked for again",
        unknown(status(run(window())), NY),
        LookForUnknown(),
        seen={"look_again_at": at(0)},
    ),
    Case(
        "but not all the time",
        unknown(status(run(window())), NY),
        Wait,
        seen={"look_again_at": at(300)},
        check=300,
    ),
    Case(
        "a schedule that is over blocks nothing",
        unknown(status(run(window())), NY, end=-1),
        Submit(FIRST, (NY,)),
    ),
    Case(
        "nothing is looked for without the Secret",
        status(run(window(SUBMITTED, start=720))),
        Wait,
        seen={"connection": NO_SECRET},
    ),
]
