"""The Events of a campaign, derived from what a status write changed: what a person wants to know, never one per poll.

Kubernetes Events are best effort: one is lost if the process dies between the write and the Event, and nothing depends
on it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from campaign_operator.api.conditions import ConditionType, Reason, find, split_remedy
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import FinishedRun, OutboundCampaignStatus, RunKey, RunStatus
from campaign_operator.api.vocabulary import Adjustment, RunPolicy, RunState, WebhookState, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.dialing.outcomes import Schedule
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.problem import Problem
from campaign_operator.wording import counted, cut_to_bytes, listed

MAX_NOTE_BYTES = 1024
"""The API server refuses an Event with more."""


@dataclass(frozen=True, slots=True)
class CampaignEvent:
    """One Event: `reason` is of the runbook, `message` is for people."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    fact: str = ""
    """Of what no write of the status records, and the next operator would tell again: what it is about. Of one reason,
    the same fact is told once of a campaign.
    """

    @property
    def note(self) -> str:
        """The message with what to do, cut before that to what the API server takes."""
        said, remedy = split_remedy(self.reason, self.message)
        return cut_to_bytes(said, MAX_NOTE_BYTES - len(remedy.encode())) + remedy


def events_between(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> Iterator[CampaignEvent]:
    """What changed between two statuses that a person wants to know."""
    yield from _lists(before, after)
    earlier = {r.key: r for r in before.runs}
    for run in after.runs:
        if earlier.get(run.key) is not run:
            yield from _run(earlier.get(run.key), run)
    yield from _cancellation(before, after)
    yield from _stall(before, after)
    yield from _deliveries(before, after)


def event_of_edit(campaign: Campaign, blueprint: Blueprint | Problem, now: datetime) -> CampaignEvent | None:
    """What becomes of an edit that came after the first start; None where it simply applies."""
    status = campaign.status
    if campaign.generation == status.observed_generation or isinstance(blueprint, Problem) or not status.runs:
        return None
    newest, once = status.runs[-1], campaign.spec.run_policy is RunPolicy.ONCE
    if runs.is_over_for_good(status) and (newest.spec_hash != blueprint.spec_hash or not once):
        message = f"run {newest.id}, the only run of runPolicy Once, has ended; to call again, create a new resource"
        return CampaignEvent("Warning", Reason.EDIT_IGNORED, message)
    started = [r for r in runs.current_runs(status) if runs.has_started(r, now) and r.spec_hash != blueprint.spec_hash]
    if started and once:
        message = f"run {started[-1].id} has started and does not change; with runPolicy Once there is no later run"
        return CampaignEvent("Warning", Reason.EDIT_IGNORED, message)
    if started:
        message = f"run {started[-1].id} has started and does not change; the edit applies to the next run"
        return CampaignEvent("Normal", Reason.EDIT_APPLIES_TO_NEXT_RUN, message)
    return None


def event_of_unknown_schedules(strangers: Sequence[Schedule]) -> CampaignEvent:
    """That somebody else made schedules of this campaign at the dialer, for times at which our own runs call."""
    names = listed([f"{s.id} ({s.time_zone}, from {to_rfc3339(s.start)})" for s in strangers])
    count = counted(len(strangers), "schedule")
    return CampaignEvent(
        "Warning",
        Reason.UNKNOWN_SCHEDULES,
        f"the dialer has {count} of this campaign that no window refers to: {names}; "
        "cancel at the dialer what must not dial",
        fact=" ".join(sorted(schedule.id for schedule in strangers)),
    )


def event_of_orphaned_schedules(message: str) -> CampaignEvent:
    """That a campaign is released whose schedules can still dial: told before it, since nothing can be told after."""
    return CampaignEvent("Warning", Reason.SCHEDULES_ORPHANED, message, fact="released")


def event_of_changed_data(
    run: RunStatus, moved: tuple[str, ...], tzdata_version: str, holidays_version: str
) -> CampaignEvent | None:
    """That windows would lie elsewhere by the new rules of their zones or the new holidays; None where none would."""
    if not moved:
        return None
    reason, causes = Reason.HOLIDAY_DATA_CHANGED, []
    if run.tzdata_version != tzdata_version:
        reason = Reason.TIME_ZONE_DATA_CHANGED
        causes.append(f"the time zone rules changed between tzdata {run.tzdata_version} and {tzdata_version}")
    if run.holidays_version != holidays_version:
        causes.append(f"the public holidays changed between holidays {run.holidays_version} and {holidays_version}")
    message = (
        f"run {run.id}: {listed(moved)}: {', or '.join(causes)}; the windows keep their times in UTC; to replan them, "
        "set spec.suspend to true and then to false"
    )
    return CampaignEvent("Warning", reason, message)


def _stall(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> Iterator[CampaignEvent]:
    stalled = find(after.conditions, ConditionType.STALLED)
    earlier = find(before.conditions, ConditionType.STALLED)
    if stalled is not None and (
        earlier is None or (earlier.reason, earlier.message) != (stalled.reason, stalled.message)
    ):
        yield CampaignEvent("Warning", stalled.reason, stalled.message)


def _cancellation(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> Iterator[CampaignEvent]:
    """That a suspended or deleted campaign will dial all the same, told when the dialer first answers so."""
    ready, earlier = find(after.conditions, ConditionType.READY), find(before.conditions, ConditionType.READY)
    refused = [w for run in after.runs for w in runs.in_state(run, WindowState.CANCELLING) if w.message is not None]
    was_told = any(w.message is not None for run in before.runs for w in runs.in_state(run, WindowState.CANCELLING))
    if ready is not None and ready.reason == Reason.CANCELLING and refused and not was_told and earlier is not None:
        yield CampaignEvent("Warning", Reason.CANCELLING, ready.message)


def _lists(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> Iterator[CampaignEvent]:
    """Lists that cannot be read for now, and rows that were left out: told when it begins, or other rows are."""
    told = (
        (ConditionType.RECONCILING, Reason.CONTACTS_UNAVAILABLE),
        (ConditionType.CONTACTS_VALID, Reason.INVALID_CONTACTS_SKIPPED),
    )
    for kind, reason in told:
        now, earlier = find(after.conditions, kind), find(before.conditions, kind)
        was_told = now is not None and earlier is not None and earlier.message == now.message
        if now is not None and now.reason == reason and not was_told:
            yield CampaignEvent("Warning", reason, now.message)


_PROGRESS = {
    RunState.SCHEDULED: ("Normal", Reason.SUBMITTED),
    RunState.RUNNING: ("Normal", Reason.STARTED),
    RunState.COMPLETED: ("Normal", Reason.COMPLETED),
    RunState.TIMED_OUT: ("Warning", Reason.TIMED_OUT),
    RunState.FAILED: ("Warning", Reason.FAILED),
    RunState.CANCELLED: ("Normal", Reason.CANCELLED),
}


def _run(before: RunStatus | None, run: RunStatus) -> Iterator[CampaignEvent]:
    if before is None or before.plan_hash != run.plan_hash:
        yield CampaignEvent("Normal", Reason.PLANNED, _plan_message(run))
    was = before.state if before is not None else RunState.PLANNED
    # a run whose first window opens while the last is being submitted was submitted all the same
    if run.state is RunState.RUNNING and was in (RunState.PLANNED, RunState.SUBMITTING):
        yield CampaignEvent("Normal", Reason.SUBMITTED, _message(run, RunState.SCHEDULED))
    if run.state is not was and run.state in _PROGRESS:
        kind, reason = _PROGRESS[run.state] if not runs.calls_nobody(run) else ("Normal", Reason.NOTHING_TO_CALL)
        yield CampaignEvent("Normal" if kind == "Normal" else "Warning", reason, _message(run, run.state))
    yield from _windows(before, run)


def _plan_message(run: RunStatus) -> str:
    """What is planned, and which zones the calling hours have moved or left out."""
    said = [f"run {run.id}: {runs.in_words(run)}"]
    if not runs.calls_nobody(run):
        said[0] += f", from {to_rfc3339(run.first_start)} to {to_rfc3339(run.last_end)}"
    deferred = [w.time_zone for w in run.windows if Adjustment.DEFERRED_TO_OPENING in w.adjustments]
    if deferred:
        said.append(f"deferred to the calling hours: {listed(deferred)}")
    if run.narrowed_by is not None:
        said.append(f"narrowed by {run.narrowed_by}")
    skipped = runs.in_state(run, WindowState.SKIPPED)
    if skipped:
        said.append(f"skipped, outside the calling hours: {listed([w.time_zone for w in skipped])}")
    return "; ".join(said)


def _message(run: RunStatus, state: RunState) -> str:
    m = run.metrics
    match state:
        case RunState.SCHEDULED:
            count = len(runs.in_state(run, WindowState.SUBMITTED))
            start = to_rfc3339(run.first_start)
            return f"run {run.id}: {count} of {counted(run.window_count, 'window')} submitted, first start {start}"
        case RunState.RUNNING:
            return f"run {run.id}: the first window has opened, {counted(m.expected_calls, 'call')} expected"
        case RunState.CANCELLED:
            return f"run {run.id}: every window was cancelled before it started"
        case RunState.COMPLETED if runs.calls_nobody(run):
            return f"run {run.id}: nothing to call, because every window is outside the calling hours"
        case RunState.FAILED:
            return runs.why_failed(run)
        case _:
            return f"run {run.id}: {m.calls_completed} of {m.expected_calls} expected calls completed"


def _windows(before: RunStatus | None, run: RunStatus) -> Iterator[CampaignEvent]:
    earlier = {w.time_zone: w for w in before.windows} if before is not None else {}
    told: tuple[tuple[WindowState, Reason], ...] = (
        (WindowState.REJECTED, Reason.WINDOW_REJECTED),
        (WindowState.MISSED, Reason.WINDOW_MISSED),
    )
    cancelled = runs.in_state(run, WindowState.CANCELLED)
    were_cancelling = before is not None and runs.in_state(before, WindowState.CANCELLING)
    # told once, when the last batch is done; of a run that is cancelled as a whole Cancelled tells
    done = were_cancelling and not runs.in_state(run, WindowState.CANCELLING) and not runs.is_cancelled(run)
    if cancelled and done:
        names = listed([w.time_zone for w in cancelled])
        yield CampaignEvent("Normal", Reason.SCHEDULES_CANCELLED, f"run {run.id}: {names}: cancelled at the dialer")
    stays = [
        w
        for w in runs.in_state(run, WindowState.SUBMITTED)
        if w.reason == Reason.CANNOT_CANCEL and (was := earlier.get(w.time_zone)) is not None and was.reason != w.reason
    ]
    if stays:
        names = listed([w.time_zone for w in stays])
        yield CampaignEvent("Warning", Reason.CANNOT_CANCEL, f"run {run.id}: {names}: {stays[0].message}")
    for state, reason in told:
        new = [
            w for w in runs.in_state(run, state) if (was := earlier.get(w.time_zone)) is None or was.state is not state
        ]
        if new:
            yield CampaignEvent(
                "Warning", reason, f"run {run.id}: {listed([w.time_zone for w in new])}: {new[0].message}"
            )
    adopted = [
        w
        for w in runs.in_state(run, WindowState.SUBMITTED)
        if w.adopted and (was := earlier.get(w.time_zone)) is not None and not was.adopted
    ]
    if adopted:
        names = listed([w.time_zone for w in adopted])
        yield CampaignEvent(
            "Normal", Reason.SCHEDULE_ADOPTED, f"run {run.id}: {names}: the dialer already had the schedule"
        )
    late = [
        w
        for w in run.windows
        if (was := earlier.get(w.time_zone)) is not None
        and was.start_time != w.start_time
        and before is not None
        and before.plan_hash == run.plan_hash
    ]
    if late:
        names = listed([w.time_zone for w in late])
        yield CampaignEvent(
            "Warning", Reason.WINDOW_STARTED_LATE, f"run {run.id}: {names}: starts late and keeps its end"
        )


def _deliveries(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> Iterator[CampaignEvent]:
    def hooks(status: OutboundCampaignStatus) -> dict[RunKey, FinishedRun]:
        every = runs.finished_runs(status)
        return {RunKey(r.id, r.planned_from): r for r in every if r.webhook is not None}

    earlier, now = hooks(before), hooks(after)
    for key, run in earlier.items():
        if key not in now and run.webhook is not None and run.webhook.state is WebhookState.PENDING:
            what = f"{run.webhook.event} of run {key.id}"
            yield CampaignEvent(
                "Warning", Reason.WEBHOOK_FAILED, f"{what} was given up: too many later webhooks are waiting"
            )
    for key, run in now.items():
        hook, was = run.webhook, earlier.get(key)
        if hook is None or (was is not None and was.webhook is not None and was.webhook.state is hook.state):
            continue
        what = f"{hook.event} of run {key.id}"
        match hook.state:
            case WebhookState.DELIVERED:
                yield CampaignEvent("Normal", Reason.WEBHOOK_DELIVERED, f"{what} was delivered")
            case WebhookState.GONE:
                yield CampaignEvent("Warning", Reason.WEBHOOK_GONE, f"{what}: the receiver answered 410 Gone")
            case WebhookState.FAILED:
                yield CampaignEvent(
                    "Warning", Reason.WEBHOOK_FAILED, f"{what} was given up after {hook.attempts} attempts"
                )
            case _:
                continue
