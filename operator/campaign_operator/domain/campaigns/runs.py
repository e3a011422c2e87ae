"""What can be said of a run from its windows, its metrics and the time: the words in which decisions are made."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campaign_operator.api.conditions import STALLING_CAUSES, Reason
from campaign_operator.api.status import FinishedRun, OutboundCampaignStatus, RunKey, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import RunPolicy, RunState, WindowState
from campaign_operator.domain.campaigns.window_states import (
    HOLDING_BACK,
    OUTSTANDING,
    POSSIBLY_SENT,
    UNSETTLED,
    WITHOUT_SCHEDULE,
)
from campaign_operator.wording import counted

if TYPE_CHECKING:
    # the models of the spec take a twentieth of a second to build, which `kubectl campaign list` does without
    from campaign_operator.api.v1alpha1 import Completion

SAID_TO_ALL = STALLING_CAUSES - {Reason.DIALER_FORBIDDEN} | {Reason.DIALER_THROTTLED}
"""Causes for which one window waits that are about the campaign or its connection, and not about the window. A 403 may
be about its time zone alone; one about the whole campaign is the answer to its listing, too.
"""

ENDINGS = frozenset({RunState.COMPLETED, RunState.TIMED_OUT, RunState.FAILED})

UNDER_WAY = frozenset({RunState.RUNNING, RunState.HELD})

Attempt = tuple[str, str, str, int]
"""Run id, resourceVersion it was planned from, time zone, number of the attempt: names one request for one schedule."""


def attempt_of(run: RunStatus, window: WindowStatus) -> Attempt:
    """Which request the window stands for."""
    return (run.id, run.planned_from, window.time_zone, window.attempt)


def later(moment: datetime, seconds: float) -> datetime:
    """So many seconds later; the end of the calendar where a status that was altered by hand leads beyond it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def in_state(run: RunStatus, *states: WindowState) -> tuple[WindowStatus, ...]:
    """The windows in any of these states, in order."""
    return tuple(w for w in run.windows if w.state in states)


def submission_started(run: RunStatus) -> bool:
    """Whether anything of the run may have reached the dialer; until then it is planned anew at will."""
    if not run.windows:
        return True
    return any(w.attempt > 0 or w.state not in (WindowState.PLANNED, WindowState.SKIPPED) for w in run.windows)


def frozen_contacts(run: RunStatus) -> dict[str, int]:
    """The contacts by zone that a run was submitted with: from then on its own windows are its list."""
    return {w.time_zone: w.contacts for w in run.windows}


def is_decided(run: RunStatus) -> bool:
    """Whether every window is known to have a schedule or to get none."""
    return not in_state(run, *UNSETTLED)


def calls_nobody(run: RunStatus) -> bool:
    """Whether every window is skipped, so that there is nothing to call and nothing to wait for."""
    return bool(run.windows) and len(in_state(run, WindowState.SKIPPED)) == len(run.windows)


def why_failed(run: FinishedRun) -> str:
    """That nothing was submitted, and what stands in the first window that says why, while the run has its windows."""
    windows = run.windows if isinstance(run, RunStatus) else ()
    why = next((f": {w.message}" for w in windows if w.message), "")
    return f"run {run.id}: no window was submitted{why}"


def in_words(run: RunStatus) -> str:
    """How large the run is: 3 windows (1 skipped) for 50 contacts."""
    skipped = len(in_state(run, WindowState.SKIPPED))
    windows = counted(run.window_count, "window") + (f" ({skipped} skipped)" if skipped else "")
    return f"{windows} for {counted(run.contacts, 'contact')}"


def is_finished(run: FinishedRun) -> bool:
    """Whether the run's end is on record; from then on nothing of it changes but its webhook, and what is cancelled."""
    return run.finish_time is not None


def is_over(run: RunStatus, now: datetime) -> bool:
    """Whether the run is finished and its last window has ended, so that nothing of it can call any more."""
    return is_finished(run) and run.last_end <= now


def is_cancelled(run: RunStatus) -> bool:
    """Whether all of it that was to call is cancelled, and nothing of it is or may be at the dialer."""
    return bool(in_state(run, WindowState.CANCELLED)) and all(
        w.state is WindowState.CANCELLED or w.state in WITHOUT_SCHEDULE for w in run.windows
    )


def has_started(run: RunStatus, now: datetime) -> bool:
    """Whether any window that has, or may have, a schedule has reached its start."""
    return not run.windows or any(w.start_time <= now for w in in_state(run, *OUTSTANDING))


def holds_back(run: RunStatus, now: datetime) -> bool:
    """Whether something of the run must be settled or cancelled before the resource may go."""
    return any(w.start_time > now or w.state is not WindowState.SUBMITTED for w in in_state(run, *HOLDING_BACK))


def is_under_way(status: OutboundCampaignStatus) -> bool:
    """Whether any run has started and has not ended, so that its calls are counted."""
    return any(run.state in UNDER_WAY and run.finish_time is None for run in status.runs)


def starts_by(status: OutboundCampaignStatus, moment: datetime) -> bool:
    """Whether a run that waits for nothing but its start begins by then."""
    return any(run.state is RunState.SCHEDULED and run.first_start <= moment for run in status.runs)


def is_over_for_good(status: OutboundCampaignStatus) -> bool:
    """Whether a Once campaign has had its run: nothing is ever planned again, whatever is edited."""
    return bool(status.runs) and not current_runs(status) and status.runs[-1].run_policy is RunPolicy.ONCE


def is_outstanding(run: RunStatus, now: datetime) -> bool:
    """Whether the dialer holds, or may hold, a schedule of the run that has not ended."""
    return any(w.state in POSSIBLY_SENT or w.end_time > now for w in in_state(run, *OUTSTANDING))


def current_runs(status: OutboundCampaignStatus) -> tuple[RunStatus, ...]:
    """The runs that are not finished, oldest first."""
    return tuple(r for r in status.runs if not is_finished(r))


def shown_run(status: OutboundCampaignStatus) -> RunStatus | None:
    """The run that a person is told of first: the oldest that is not finished, else the last."""
    return next(iter(current_runs(status)), status.runs[-1] if status.runs else None)


def finished_runs(status: OutboundCampaignStatus) -> tuple[FinishedRun, ...]:
    """The runs whose end is on record, the one that finished last first."""
    ended = [r for r in (*status.runs, *status.history) if r.finish_time is not None]
    return tuple(sorted(ended, key=lambda r: (r.finish_time, r.id), reverse=True))


def find_run(status: OutboundCampaignStatus, key: RunKey) -> RunStatus | None:
    """The run of that key, if it is there."""
    return next((r for r in status.runs if r.key == key), None)


def has_outstanding(status: OutboundCampaignStatus, now: datetime) -> bool:
    """Whether any run of the campaign is outstanding at the dialer, finished or not."""
    return any(is_outstanding(run, now) for run in status.runs)


def windows_ahead(status: OutboundCampaignStatus, now: datetime) -> int:
    """The windows, over all runs, whose end is ahead."""
    return sum(w.end_time > now for run in status.runs for w in run.windows)


def first_submitted_start(run: RunStatus) -> datetime | None:
    """The first start at which calls may begin."""
    if not run.windows:
        return run.start_time
    return min((w.start_time for w in in_state(run, WindowState.SUBMITTED)), default=None)


def expected_calls(completion: "Completion", run: RunStatus) -> int:
    """The calls to reach: as the spec says, else one for each contact whose window is submitted or still may be."""
    if completion.expected_calls is not None:
        return completion.expected_calls
    if not run.windows:
        return run.metrics.expected_calls
    return sum(w.contacts for w in in_state(run, WindowState.SUBMITTED, *UNSETTLED))


def deadline(run: RunStatus, completion: "Completion") -> datetime:
    """The instant from which the run is TimedOut: its last end and its grace have passed."""
    return later(run.last_end, completion.grace_seconds)


def waits_for_calls(run: RunStatus, now: datetime) -> bool:
    """Whether all of the run's windows are past and decided, and it is not finished: only its calls are missing."""
    return not is_finished(run) and run.last_end <= now and is_decided(run) and not is_cancelled(run)


def run_state(run: RunStatus, completion: "Completion", now: datetime) -> RunState:
    """Where the run stands; the first rule that applies."""
    if is_cancelled(run):
        return RunState.CANCELLED
    if calls_nobody(run):
        return RunState.COMPLETED
    if _has_its_calls(run, completion, now):
        return RunState.COMPLETED
    if run.windows and all(w.state in WITHOUT_SCHEDULE for w in run.windows):
        return RunState.FAILED
    if now >= deadline(run, completion):
        return RunState.TIMED_OUT
    if any(w.end_time > now for w in in_state(run, WindowState.HELD)):
        return RunState.HELD
    if not run.windows or any(w.start_time <= now for w in in_state(run, WindowState.SUBMITTED)):
        return RunState.RUNNING
    if is_decided(run):
        return RunState.SCHEDULED
    return RunState.SUBMITTING if submission_started(run) else RunState.PLANNED


def _has_its_calls(run: RunStatus, completion: "Completion", now: datetime) -> bool:
    """Calls of runs that overlap cannot be told apart, so such a run is not Completed before its own last end."""
    if run.metrics.calls_completed < expected_calls(completion, run):
        return False
    if run.metrics.shared and run.last_end > now:
        return False
    if not run.windows:
        return True
    submitted = in_state(run, WindowState.SUBMITTED)
    to_come_back = any(w.end_time > now for w in in_state(run, WindowState.CANCELLED))
    all_started = all(w.start_time <= now for w in submitted)
    return bool(submitted) and is_decided(run) and all_started and not to_come_back
