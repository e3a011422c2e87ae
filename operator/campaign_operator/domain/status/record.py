"""What an action and its outcome make of the status. Every function is pure: status in, status out.

Only the facts are written here; what follows from them (the run's state, progress, conditions) is derived by `summary`
before each write, so that no two places can disagree.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from campaign_operator.api.conditions import STALLING_CAUSES, Reason
from campaign_operator.api.status import (
    FinishedRun,
    OutboundCampaignStatus,
    RunKey,
    RunStatus,
    WindowStatus,
)
from campaign_operator.api.vocabulary import (
    MAX_HISTORY,
    MAX_MESSAGE,
    MAX_NARROWED_BY,
    MAX_PENDING,
    REQUESTED_AT_ANNOTATION,
    Adjustment,
    RunState,
    WebhookState,
    WindowState,
)
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.campaigns.late import Late, Missed
from campaign_operator.domain.campaigns.runs import later
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessRefused,
    CancelOutcome,
    DestinationRefused,
    ListingTooLong,
    NotSent,
    Rejected,
    SubmitOutcome,
    Throttled,
    Unavailable,
    Unclear,
)
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan, plan_hash
from campaign_operator.domain.planning.windows import next_whole_second
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from campaign_operator.domain.problem import Problem
from campaign_operator.wording import cut

REFUSED_RETRY_SECONDS = 600
"""How long a refusal for want of rights is let rest, where nobody says that something changed."""

IN_USE_RETRY_SECONDS = 60
"""How often a campaign looks whether the owner of its campaignID is done."""

LEAST_RETRY_SECONDS = 5.0
"""No answer of a dialer brings us back sooner: one that says `Retry-After: 0` again and again would keep us busy for
ever.
"""

MAX_RETRY_SECONDS = 300
"""The longest wait between attempts that is of our own choosing."""

STATUS_LOST = (
    "the campaign submitted schedules before, and its status is gone; the operator checks the dialer before it "
    "submits anything"
)

Status = OutboundCampaignStatus
AnyRun = TypeVar("AnyRun", bound=FinishedRun)
Change = Callable[[WindowStatus], WindowStatus]


def retry_seconds(attempt: int) -> float:
    """The wait before another attempt where the dialer asked for none: 5 s, doubled each time, at most 5 min."""
    return min(LEAST_RETRY_SECONDS * float(2 ** min(max(attempt, 1) - 1, 10)), float(MAX_RETRY_SECONDS))


def run_at(status: Status, key: RunKey) -> RunStatus:
    """The run of that key. Raises LookupError where there is none."""
    run = runs.find_run(status, key)
    if run is None:
        raise LookupError(f"status has no run {key.id} planned from {key.planned_from}")
    return run


def with_run(status: Status, run: RunStatus) -> Status:
    """The status with this run in the place of the one of its key."""
    return status.model_copy(update={"runs": tuple(run if each.key == run.key else each for each in status.runs)})


def without_runs(status: Status, keys: Collection[RunKey]) -> Status:
    """The status without these runs."""
    return status.model_copy(update={"runs": tuple(each for each in status.runs if each.key not in keys)})


def changed(status: Status, key: RunKey, time_zones: Iterable[str], change: Change) -> Status:
    """The status with these windows of that run changed."""
    run, chosen = run_at(status, key), frozenset(time_zones)
    windows = tuple(change(w) if w.time_zone in chosen else w for w in run.windows)
    return with_run(status, run.model_copy(update={"windows": windows}))


def distrusted(status: Status, moment: datetime, settle_seconds: float) -> Status:
    """The status after a request that may take effect until so long after `moment`: no listing is trusted earlier."""
    trusted_from = later(moment, settle_seconds)
    if status.listing_trusted_from is not None:
        trusted_from = max(trusted_from, status.listing_trusted_from)
    return status.model_copy(update={"listing_trusted_from": next_whole_second(trusted_from)})


def window_in(w: WindowStatus, state: WindowState, **update: object) -> WindowStatus:
    """The window in another state, with nothing left of what it waited for before."""
    cleared: dict[str, object] = {"state": state, "next_attempt_time": None, "reason": None, "message": None}
    return w.model_copy(update={**cleared, **update})


def waiting(w: WindowStatus, state: WindowState, reason: str, message: str, until: datetime | None) -> WindowStatus:
    """The window in that state, why it waits, and until when; None where no time can be told."""
    return window_in(w, state, reason=reason, message=cut(message, MAX_MESSAGE), next_attempt_time=until)


# Planning


def planned(
    status: Status,
    plan: RunPlan,
    blueprint: Blueprint,
    campaign: Campaign,
    now: datetime,
    *,
    replaces: Collection[RunKey] = (),
    status_lost: bool = False,
) -> Status:
    """A new run of which nothing is submitted; uncertain where the status was lost, since something may be."""
    windows = tuple(_planned(w, status_lost=status_lost) for w in plan.windows)
    run = RunStatus(
        id=plan.run_id,
        state=RunState.PLANNED,
        plan_hash=plan_hash(plan.windows),
        spec_hash=blueprint.spec_hash,
        list_hash=blueprint.list_hash,
        tzdata_version=TZDATA_VERSION,
        holidays_version=blueprint.holidays_version,
        planned_from=campaign.resource_version,
        planned_time=now,
        match_time=plan.match_time,
        run_policy=campaign.spec.run_policy,
        contacts=plan.contacts,
        invalid_contacts=blueprint.invalid_contacts,
        window_count=len(windows),
        narrowed_by=cut(", ".join(blueprint.narrowing(plan)), MAX_NARROWED_BY) or None,
        windows=windows,
    )
    kept = without_runs(status, replaces)
    return kept.model_copy(update={"runs": (*kept.runs, run)})


def _planned(w: PlannedWindow, *, status_lost: bool) -> WindowStatus:
    state = WindowState.SKIPPED if w.is_skipped else WindowState.PLANNED
    window = WindowStatus(
        time_zone=w.time_zone,
        contacts=w.contacts,
        start_time=w.start,
        end_time=w.end,
        adjustments=w.adjustments,
        state=state,
    )
    if status_lost and not w.is_skipped:
        return waiting(window, WindowState.UNCERTAIN, Reason.STATUS_LOST, STATUS_LOST, None)
    return window


def with_rules(status: Status, key: RunKey, tzdata_version: str, holidays_version: str) -> Status:
    """The run as it is, noted to have been seen under these versions of the rules of zones and of the holidays."""
    versions = {"tzdata_version": tzdata_version, "holidays_version": holidays_version}
    return with_run(status, run_at(status, key).model_copy(update=versions))


def moved_to_history(status: Status, keys: Collection[RunKey]) -> Status:
    """These runs, without their windows, at the head of history."""
    moved = [FinishedRun.model_validate(r.model_dump(include=_OF_HISTORY)) for r in status.runs if r.key in keys]
    every = (*reversed(moved), *status.history)
    # an hourly campaign has more than five ends to tell while a receiver is down for three days
    history = tuple(r for i, r in enumerate(every) if i < MAX_HISTORY or _awaits_delivery(r))[:MAX_PENDING]
    return without_runs(status, keys).model_copy(update={"history": history})


_OF_HISTORY = set(FinishedRun.model_fields)


def _awaits_delivery(run: FinishedRun) -> bool:
    return run.webhook is not None and run.webhook.state is WebhookState.PENDING


def rescheduled(status: Status, key: RunKey, fates: Iterable[tuple[str, Late | Missed]]) -> Status:
    """Late windows with their new start, missed ones as missed."""
    fate_of = dict(fates)

    def change(w: WindowStatus) -> WindowStatus:
        fate = fate_of[w.time_zone]
        if isinstance(fate, Late):
            adjustments = tuple(dict.fromkeys((*w.adjustments, Adjustment.STARTED_LATE)))
            return w.model_copy(update={"start_time": fate.start, "adjustments": adjustments})
        return window_in(w, WindowState.MISSED, message=_why_missed(w), reason=w.reason)

    return changed(status, key, fate_of, change)


def _why_missed(w: WindowStatus) -> str:
    """What it waited for to the end says more than that it is late."""
    waited = f"; it waited: {w.message}" if w.message else ""
    return cut(f"its start passed before it could be submitted{waited}", MAX_MESSAGE)


# Submission


def intended(status: Status, key: RunKey, time_zones: Iterable[str], connection: Connection) -> Status:
    """The intent to send the next attempt of these windows; written before anything is sent."""
    status = changed(status, key, time_zones, lambda w: window_in(w, WindowState.INTENT, attempt=w.attempt + 1))
    return with_run(status, at_place(run_at(status, key), connection))


def at_place(run: RunStatus, connection: Connection) -> RunStatus:
    """The run with the place where its schedules are, or will be."""
    return run.model_copy(update={"connection_hash": connection.hash, "dialer_hash": connection.dialer_hash})


def submissions_answered(
    status: Status, key: RunKey, outcomes: Mapping[runs.Attempt, SubmitOutcome], now: datetime
) -> Status:
    """The answers, each recorded only where status still holds that very attempt."""
    run = run_at(status, key)
    mine = {
        w.time_zone: outcomes[runs.attempt_of(run, w)]
        for w in runs.in_state(run, *window_states.POSSIBLY_SENT)
        if runs.attempt_of(run, w) in outcomes
    }
    return changed(status, key, mine, lambda w: _answered(w, mine[w.time_zone], now))


def _answered(w: WindowStatus, outcome: SubmitOutcome, now: datetime) -> WindowStatus:
    match outcome:
        case Accepted(schedule_id):
            return window_in(w, WindowState.SUBMITTED, schedule_id=schedule_id)
        case Rejected(code, message):
            return window_in(
                w, WindowState.REJECTED, message=cut(f"the dialer answered {code}: {message}", MAX_MESSAGE)
            )
        case Unclear(message):
            return waiting(w, WindowState.UNCERTAIN, Reason.SUBMISSION_UNCERTAIN, message, None)
        case _:
            problem, seconds = blocking_problem(outcome)
            wait = retry_seconds(w.attempt) if seconds is None else seconds
            return waiting(w, WindowState.PLANNED, problem.reason, problem.message, now + timedelta(seconds=wait))


def blocking_problem(
    outcome: NotSent | Throttled | AccessRefused | DestinationRefused | ListingTooLong | Unavailable,
) -> tuple[Problem, float | None]:
    """Why nothing was carried out, and the seconds to wait where they are not for us to choose."""
    match outcome:
        case Throttled(asked, message):
            wait = None if asked is None else max(asked, LEAST_RETRY_SECONDS)
            return Problem(Reason.DIALER_THROTTLED, message), wait
        case AccessRefused(code, by, message):
            return _with_remedy(_refusal(code, by), message), REFUSED_RETRY_SECONDS
        case DestinationRefused(message):
            return _with_remedy(Reason.DESTINATION_REFUSED, message), REFUSED_RETRY_SECONDS
        case ListingTooLong(_, message):
            return Problem(Reason.LISTING_TOO_LONG, message), REFUSED_RETRY_SECONDS
        case NotSent(message) | Unavailable(message):
            return Problem(Reason.DIALER_UNAVAILABLE, message), None


_REMEDIES = {
    Reason.CREDENTIALS_REFUSED: "check client-id, client-secret and scope in the connection Secret",
    Reason.DIALER_UNAUTHORIZED: "it refuses a new token, too; check that token-url and api-base-url belong together",
    Reason.DIALER_FORBIDDEN: "grant the client the requested scopes and access to this campaign",
    Reason.CAMPAIGN_NOT_FOUND: "check campaignID, and that the connection Secret refers to the right dialer",
    Reason.DESTINATION_REFUSED: "use a public address, or have the operator started with --allow-cidr for its network",
}


def _with_remedy(reason: Reason, message: str) -> Problem:
    again = (
        f"the operator tries again when the spec, the Secret or the annotation {REQUESTED_AT_ANNOTATION} changes, "
        "and every 10 minutes"
    )
    return Problem(reason, f"{message}; {_REMEDIES[reason]}; {again}")


def is_refusal(outcome: SubmitOutcome | CancelOutcome) -> bool:
    """Whether only a person can remove what stands in the way."""
    return isinstance(outcome, AccessRefused | DestinationRefused)


def _refusal(code: int, by: str) -> Reason:
    if by == "token endpoint":
        return Reason.CREDENTIALS_REFUSED
    known = {401: Reason.DIALER_UNAUTHORIZED, 404: Reason.CAMPAIGN_NOT_FOUND}
    return known.get(code, Reason.DIALER_FORBIDDEN)


def parked(status: Status, key: RunKey, time_zones: Iterable[str], problem: Problem, until: datetime) -> Status:
    """Windows that wait as they are, Planned or Uncertain, and why."""
    return changed(status, key, time_zones, lambda w: waiting(w, w.state, problem.reason, problem.message, until))


def put_back(
    status: Status, key: RunKey, time_zones: Iterable[str], problem: Problem | None, until: datetime
) -> Status:
    """Intents of this process that it certainly did not send: Planned again, and due at once if there is no problem."""

    def change(w: WindowStatus) -> WindowStatus:
        if problem is None:
            return window_in(w, WindowState.PLANNED)
        return waiting(w, WindowState.PLANNED, problem.reason, problem.message, until)

    return changed(status, key, time_zones, change)


def uncertain(status: Status, key: RunKey, time_zones: Iterable[str], message: str) -> Status:
    """Windows of which nobody here knows whether the dialer has a schedule.

    What was no intent gets a new attempt number: an answer to the old one, still in somebody's memory, tells nothing of
    what came after it.
    """

    def change(w: WindowStatus) -> WindowStatus:
        attempt = w.attempt if w.state is WindowState.INTENT else w.attempt + 1
        w = waiting(w, WindowState.UNCERTAIN, Reason.SUBMISSION_UNCERTAIN, message, None)
        return w.model_copy(update={"attempt": attempt})

    return changed(status, key, time_zones, change)


def tried_again(status: Status) -> Status:
    """Without the waits of windows that were refused for want of rights."""
    for run in status.runs:
        refused = [w.time_zone for w in run.windows if w.reason in _REFUSALS and w.state in _TRIED_AGAIN]
        status = changed(status, run.key, refused, lambda w: window_in(w, w.state)) if refused else status
    return status


_REFUSALS = STALLING_CAUSES - {Reason.CAMPAIGN_ID_IN_USE} | {Reason.CANNOT_CANCEL}
_TRIED_AGAIN = window_states.UNSETTLED | {WindowState.SUBMITTED}
