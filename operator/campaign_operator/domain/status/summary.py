"""What a person reads of a campaign, derived from the facts: the run's state, progress, next run time and the
conditions.

Every status passes through `summarize` before it is written, so whatever was written last is consistent in itself.
Conditions follow kstatus: Ready once the spec is accepted, the run is planned, and what is due is submitted; Stalled
where a person must act; Reconciling while a transient fault is retried; the last two are absent when not true.
"""

from collections.abc import Iterator
from datetime import datetime

from campaign_operator.api import conditions
from campaign_operator.api.conditions import STALLING_CAUSES, ConditionType, Reason
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import (
    Condition,
    FinishedRun,
    OutboundCampaignStatus,
    RunStatus,
    UnknownSchedule,
    WindowStatus,
)
from campaign_operator.api.vocabulary import RESOLVE_ANNOTATION, DeletionPolicy, RunState, WebhookState, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.campaigns.changed_connection import changed_connection
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.campaigns.runs import later
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.verification import drifted
from campaign_operator.wording import counted, listed


def summarize(campaign: Campaign, status: OutboundCampaignStatus, observed: Observation) -> OutboundCampaignStatus:
    """The status with all that follows from it, for the campaign's present generation."""
    now = observed.now
    every = tuple(run if runs.is_finished(run) else _derived(campaign, run, now) for run in status.runs)
    status = status.model_copy(update={"runs": every})
    shown, ended = runs.shown_run(status), next(iter(runs.finished_runs(status)), None)
    status = status.model_copy(
        update={
            "observed_generation": campaign.generation,
            "state": _state(campaign, status, now),
            "progress": _progress(shown),
            "contacts": shown.contacts if shown is not None else None,
            "window_count": shown.window_count if shown is not None else None,
            "webhook_state": ended.webhook.state if ended is not None and ended.webhook is not None else None,
            "next_run_time": None if campaign.spec.suspend or campaign.deleting else _next_run_time(status, now),
            "last_handled_request": (
                status.last_handled_request if campaign.requested_at is None else campaign.requested_at
            ),
        }
    )
    return status.model_copy(update={"conditions": tuple(_conditions(campaign, status, observed))})


def _derived(campaign: Campaign, run: RunStatus, now: datetime) -> RunStatus:
    completion = campaign.spec.completion
    state = runs.run_state(run, completion, now)
    if state is RunState.TIMED_OUT:
        state = RunState.RUNNING  # past its deadline, and the dialer has yet to tell its calls up to then
    expected = runs.expected_calls(completion, run)
    percent = min(100, run.metrics.calls_completed * 100 // expected) if expected else 0
    return run.model_copy(
        update={
            # an end is recorded together with its webhook and never by the way
            "state": run.state if state in runs.ENDINGS else state,
            "run_policy": campaign.spec.run_policy,
            "start_time": run.first_start,
            "end_time": run.last_end,
            "metrics": run.metrics.model_copy(update={"expected_calls": expected, "percent": percent}),
        }
    )


def _state(campaign: Campaign, status: OutboundCampaignStatus, now: datetime) -> str | None:
    """What STATE shows: of a campaign that is to stop, what still stands comes first."""
    if _to_cancel(campaign, status, now):
        return CANCELLING
    shown = runs.shown_run(status)
    if campaign.spec.suspend and (shown is None or runs.is_cancelled(shown)):
        return SUSPENDED
    return shown.state.value if shown is not None else None


CANCELLING, SUSPENDED = "Cancelling", "Suspended"


def _to_cancel(
    campaign: Campaign, status: OutboundCampaignStatus, now: datetime
) -> list[tuple[RunStatus, WindowStatus]]:
    """The windows of a suspended or deleted campaign of which a schedule stands, or may stand, that has not started."""
    orphan = campaign.deleting and campaign.spec.deletion_policy is DeletionPolicy.ORPHAN
    if orphan or not (campaign.deleting or campaign.spec.suspend):
        return []
    return [
        (run, w)
        for run in status.runs
        for w in runs.in_state(run, *window_states.HOLDING_BACK)
        if w.start_time > now and w.reason != Reason.CANNOT_CANCEL
    ]


def _progress(run: RunStatus | None) -> str | None:
    if run is None:
        return None
    m = run.metrics
    return f"{m.calls_completed}/{m.expected_calls} ({m.percent}%)"


def _next_run_time(status: OutboundCampaignStatus, now: datetime) -> str | None:
    wanted = [r for r in runs.current_runs(status) if not runs.calls_nobody(r) and not runs.is_cancelled(r)]
    starts = [r.first_start for r in wanted if r.first_start > now]
    return to_rfc3339(min(starts)) if starts else None


def problem_of(campaign: Campaign, status: OutboundCampaignStatus, observed: Observation) -> Problem | None:
    """What a person must put right; the most fundamental first."""
    if observed.spec_problem is not None:
        return _known_of_lists(campaign, status, observed.spec_problem)
    if isinstance(observed.connection, Problem):
        return observed.connection
    if isinstance(observed.connection, Connection):
        moved = changed_connection(campaign, observed.connection, observed.now)
        if moved is not None:
            return moved
    unknown = [s for s in status.unknown_schedules if s.end_time > observed.now]
    if unknown:
        return Problem(Reason.UNKNOWN_SCHEDULES, _unknown(unknown))
    lost = [(run, w) for run, w in drifted(status) if w.end_time > observed.now]
    if lost:
        names = listed([f"{run.id}/{w.time_zone}" for run, w in lost])
        return Problem(Reason.SCHEDULE_DRIFTED, f"{names}: {lost[0][1].message}")
    for run in status.runs:
        refused = [w for w in run.windows if w.reason in STALLING_CAUSES and w.state in window_states.UNSETTLED]
        if refused:
            return _refusal(run, refused)
        stays = [w for w in runs.in_state(run, WindowState.SUBMITTED) if w.reason == Reason.CANNOT_CANCEL]
        if stays and (campaign.spec.suspend or campaign.deleting) and stays[-1].start_time > observed.now:
            names = listed([w.time_zone for w in stays])
            return Problem(Reason.CANNOT_CANCEL, f"run {run.id}: {names}: {stays[0].message}")
        held = runs.in_state(run, WindowState.HELD)
        if held and held[-1].end_time > observed.now:
            names = listed([w.time_zone for w in held])
            return Problem(Reason.WINDOW_HELD, f"run {run.id}: {names}: {held[0].message}")
    if runs.is_over_for_good(status) and status.runs[-1].state is RunState.FAILED:
        return Problem(Reason.RUN_FAILED, f"{runs.why_failed(status.runs[-1])}; to call, create a new resource")
    return None


def _known_of_lists(campaign: Campaign, status: OutboundCampaignStatus, problem: Problem) -> Problem:
    """While an operator that has begun reads the lists, what the last one told of them holds: nothing disproves it."""
    if problem.reason == Reason.READING_CONTACTS:
        for kind in (ConditionType.STALLED, ConditionType.RECONCILING):
            told = conditions.find(status.conditions, kind)
            if told is not None and told.reason in _OF_LISTS and told.observed_generation == campaign.generation:
                return Problem(told.reason, told.message, transient=kind is ConditionType.RECONCILING)
    return problem


_OF_LISTS = frozenset(
    {
        Reason.CONTACTS_UNAVAILABLE,
        Reason.CONTACTS_UNREADABLE,
        Reason.CONTACTS_NOT_FOUND,
        Reason.INVALID_CONTACTS,
        Reason.TOO_MANY_INVALID_CONTACTS,
    }
)


def _refusal(run: RunStatus, refused: list[WindowStatus]) -> Problem:
    """The first refusal, and the time zones that it is about where it is not about all of the run."""
    reason, message = refused[0].reason or "", refused[0].message or ""
    zones = [w.time_zone for w in refused if w.reason == reason]
    if reason in runs.SAID_TO_ALL or len(zones) == len(run.windows):
        return Problem(reason, message)
    return Problem(reason, f"run {run.id}: {listed(zones)}: {message}")


def _unknown(unknown: list[UnknownSchedule]) -> str:
    names = listed([f"{s.schedule_id} ({s.time_zone}, from {to_rfc3339(s.start_time)})" for s in unknown])
    return (
        f"the status was lost, and the dialer has schedules of this campaign that no window refers to: {names}; "
        "nothing is submitted in their time zones until they end, you cancel them at the dialer, or you set the "
        f"annotation {RESOLVE_ANNOTATION} to unknown/ZONE=Ignore"
    )


def _transient_fault(status: OutboundCampaignStatus) -> Problem | None:
    for run in status.runs:
        for w in run.windows:
            if w.reason is not None and w.state in window_states.UNSETTLED:
                return Problem(w.reason, f"run {run.id}, {w.time_zone}: {w.message}")
    return None


def _holding_up(status: OutboundCampaignStatus) -> Problem | None:
    """What keeps a window from being submitted whose time has come.

    One that is uncertain may have been submitted; it is held up where the dialer's listing cannot be read.
    """
    for run in runs.current_runs(status):
        for w in runs.in_state(run, WindowState.PLANNED, WindowState.UNCERTAIN):
            if w.reason is not None and w.reason not in _OF_ITSELF:
                return Problem(w.reason, f"run {run.id}, {w.time_zone}: {w.message}")
    return None


_OF_ITSELF = frozenset({Reason.SUBMISSION_UNCERTAIN, Reason.STATUS_LOST})
"""Reasons of a window that is about to be looked up."""


def _conditions(campaign: Campaign, status: OutboundCampaignStatus, observed: Observation) -> Iterator[Condition]:
    def condition(kind: ConditionType, truth: bool, reason: str, message: str) -> Condition:
        return conditions.make(
            status.conditions, kind, truth, reason, message, generation=campaign.generation, now=observed.now
        )

    stalled = problem_of(campaign, status, observed)
    transient = None if stalled is not None else _transient_fault(status)
    if stalled is not None and stalled.transient:
        stalled, transient = None, stalled
    to_cancel = _to_cancel(campaign, status, observed.now)
    if transient is not None and not status.runs:
        yield condition(ConditionType.READY, False, transient.reason, transient.message)
    elif stalled is not None:
        yield condition(ConditionType.READY, False, stalled.reason, stalled.message)
        yield condition(ConditionType.STALLED, True, stalled.reason, stalled.message)
    elif to_cancel:
        yield condition(ConditionType.READY, False, Reason.CANCELLING, _cancelling(campaign, to_cancel))
    elif campaign.spec.suspend:
        yield condition(ConditionType.READY, True, Reason.SUSPENDED, _suspended(status, observed.now))
    elif (holding_up := _holding_up(status)) is not None:
        yield condition(ConditionType.READY, False, holding_up.reason, holding_up.message)
    else:
        yield condition(ConditionType.READY, True, Reason.ACCEPTED, _accepted(campaign, status, observed.now))
    if transient is not None:
        yield condition(ConditionType.RECONCILING, True, transient.reason, transient.message)
    if status.runs or runs.finished_runs(status):
        completed, ended, reason, message = _end(status)
        yield condition(ConditionType.COMPLETED, completed, reason, message)
        yield condition(ConditionType.FINISHED, ended, reason, message)
    valid = _contacts_valid(observed.blueprint) if observed.lists_were_read else None
    if valid is not None:
        yield condition(ConditionType.CONTACTS_VALID, *valid)
    elif campaign.spec.contacts_from is not None:
        yield from _earlier(status, ConditionType.CONTACTS_VALID)
    yield from _earlier(status, ConditionType.ANALYTICS_AVAILABLE)
    hook = _hook_to_tell_of(status)
    if hook is not None:
        yield condition(ConditionType.WEBHOOK_DELIVERED, *_delivery(hook))


def _cancelling(campaign: Campaign, to_cancel: list[tuple[RunStatus, WindowStatus]]) -> str:
    """How many would still dial, from when, and what the dialer said when it was asked to cancel them."""
    why = "is being deleted" if campaign.deleting else "is suspended"
    first = min(w.start_time for _, w in to_cancel)
    said = next((f"; {w.message}" for _, w in to_cancel if w.message), "")
    stand = "schedule" if len(to_cancel) == 1 else "schedules"
    return (
        f"the campaign {why}, and the dialer still has {len(to_cancel)} {stand}; a schedule that is not "
        f"cancelled before its start will dial, the first at {to_rfc3339(first)}{said}"
    )


def _suspended(status: OutboundCampaignStatus, now: datetime) -> str:
    started = [run.id for run in runs.current_runs(status) if runs.has_started(run, now)]
    if started:
        return f"nothing more is submitted; windows of run {', '.join(started)} that have started continue"
    return "nothing is submitted until spec.suspend is false"


def _earlier(status: OutboundCampaignStatus, kind: ConditionType) -> Iterator[Condition]:
    found = conditions.find(status.conditions, kind)
    if found is not None:
        yield found


def _contacts_valid(blueprint: Blueprint | Problem) -> tuple[bool, str, str] | None:
    """What the lists of contactsFrom are like, as far as they could be read."""
    if isinstance(blueprint, Problem):
        is_told = blueprint.reason in (Reason.INVALID_CONTACTS, Reason.TOO_MANY_INVALID_CONTACTS)
        return (False, blueprint.reason, blueprint.message) if is_told else None
    contacts = counted(sum(blueprint.inputs.contacts_by_zone.values()), "contact")
    if blueprint.of_several_zones:
        contacts += f" ({blueprint.of_several_zones} by defaultTimeZone, with phone numbers of several time zones)"
    if not blueprint.invalid_contacts:
        return (
            True,
            Reason.CONTACTS_READ,
            f"{contacts} in {counted(len(blueprint.inputs.contacts_by_zone), 'time zone')}",
        )
    told = "; ".join(blueprint.contact_errors)
    rows = counted(blueprint.invalid_contacts, "invalid row")
    return False, Reason.INVALID_CONTACTS_SKIPPED, f"{rows} skipped, {contacts} used{': ' + told if told else ''}"


def _accepted(campaign: Campaign, status: OutboundCampaignStatus, now: datetime) -> str:
    run = runs.shown_run(status)
    if run is None:
        return "the spec is accepted"
    more = len(runs.current_runs(status)) - 1
    return _of_run(campaign, run, now) + (f"; {counted(more, 'more run')} planned" if more > 0 else "")


def _of_run(campaign: Campaign, run: RunStatus, now: datetime) -> str:
    if runs.calls_nobody(run):
        return _nothing_to_call(run)
    what = f"run {run.id}: {runs.in_words(run)}"
    match run.state:
        case RunState.PLANNED | RunState.SUBMITTING:
            ahead = later(run.first_start, -campaign.spec.submit_ahead_seconds)
            when = (
                f", to be submitted at {to_rfc3339(ahead)}" if not runs.submission_started(run) and ahead > now else ""
            )
            return f"{what} planned, first start {to_rfc3339(run.first_start)}{when}"
        case RunState.SCHEDULED:
            return f"{what} submitted, first start {to_rfc3339(run.first_start)}"
        case RunState.RUNNING:
            return f"{what} submitted, running until {to_rfc3339(run.last_end)}"
        case _:
            return f"run {run.id} is {run.state}"


def _end(status: OutboundCampaignStatus) -> tuple[bool, bool, Reason, str]:
    """Of the run that finished last, until another does: so `kubectl wait` ends for a Recurring campaign, too."""
    ended = next(iter(runs.finished_runs(status)), None)
    if ended is None:
        return False, False, Reason.RUN_IN_PROGRESS, f"run {status.runs[0].id} has not ended"
    if isinstance(ended, RunStatus) and runs.calls_nobody(ended):
        return True, True, Reason.NOTHING_TO_CALL, _nothing_to_call(ended)
    m = ended.metrics
    calls = f"run {ended.id}: {m.calls_completed} of {m.expected_calls} expected calls completed"
    if ended.state is RunState.FAILED:
        calls = runs.why_failed(ended)
    return ended.state is RunState.COMPLETED, True, _REASON_OF_END.get(ended.state, Reason.FAILED), calls


_REASON_OF_END = {
    RunState.COMPLETED: Reason.COMPLETED,
    RunState.TIMED_OUT: Reason.TIMED_OUT,
    RunState.FAILED: Reason.FAILED,
    RunState.CANCELLED: Reason.CANCELLED,
}


def _nothing_to_call(run: RunStatus) -> str:
    return f"run {run.id}: nothing to call, because every window is outside the calling hours"


def _hook_to_tell_of(status: OutboundCampaignStatus) -> FinishedRun | None:
    return next((r for r in runs.finished_runs(status) if r.webhook is not None), None)


def _delivery(run: FinishedRun) -> tuple[bool, Reason, str]:
    hook = run.webhook
    assert hook is not None  # noqa: S101 - chosen for it
    answer = hook.message or "there was no answer"
    what = f"{hook.event} of run {run.id}"
    match hook.state:
        case WebhookState.DELIVERED:
            return True, Reason.WEBHOOK_DELIVERED, f"{what} was delivered at attempt {hook.attempts}"
        case WebhookState.GONE:
            return False, Reason.WEBHOOK_GONE, f"{what} was refused permanently: the receiver answered 410 Gone"
        case WebhookState.FAILED:
            return False, Reason.WEBHOOK_FAILED, f"{what} was given up after {hook.attempts} attempts; {answer}"
        case _ if hook.attempts:
            return (
                False,
                Reason.WEBHOOK_RETRYING,
                f"{what} failed {counted(hook.attempts, 'time')}; {answer}; the operator tries again",
            )
        case _:
            return False, Reason.WEBHOOK_PENDING, f"{what} is about to be delivered"
