"""What is measured of a campaign: the few figures of its status that people draw, add up and set alarms for.

Owns what each figure is made from. Knows nothing of how figures are named, kept or served. A campaign that is idle
keeps them for as long as it exists, so they hold numbers and words of the vocabulary, and nothing of its windows.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from sys import intern

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.vocabulary import RunState, WebhookState, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.summary import CANCELLING, SUSPENDED

CAMPAIGN_STATES = (*(state.value for state in RunState), CANCELLING, SUSPENDED)
"""What STATE can show, but for what a newer operator has written."""


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Those of the run that STATE speaks of. Times are in seconds since 1970."""

    expected_calls: int
    completed_calls: int
    attempted_calls: int
    first_start: float
    last_end: float


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """Those of one campaign; of one that cannot be read, that it is not ready."""

    campaign_id: str = ""
    run_policy: str = ""
    state: str | None = None
    is_ready: bool = False
    is_stalled: bool = False
    unready_reason: str | None = None
    """None also before the operator has first written the condition."""

    run: RunFigures | None = None
    windows: tuple[int, ...] = ()
    """How many are in each state, in the order of WindowState, of the runs that are not over; empty if not known."""

    next_run: float | None = None
    last_run_end: float | None = None
    webhook_is_pending: bool = False


def figures_of(campaign: Campaign, now: datetime) -> CampaignFigures:
    """The figures of a campaign that can be read."""
    status = campaign.status
    ready, ended = conditions.find(status.conditions, ConditionType.READY), runs.finished_runs(status)
    stalled = conditions.find(status.conditions, ConditionType.STALLED)
    is_ready = ready is not None and ready.status == "True"
    return CampaignFigures(
        campaign_id=campaign.spec.campaign_id,
        run_policy=campaign.spec.run_policy.value,
        state=_word(status.state),
        is_ready=is_ready,
        is_stalled=stalled is not None and stalled.status == "True",
        unready_reason=_word(ready.reason) if ready is not None and not is_ready else None,
        run=_of_run(runs.shown_run(status)),
        windows=_windows(status, now),
        next_run=_instant(status.next_run_time),
        last_run_end=next((run.finish_time.timestamp() for run in ended if run.finish_time is not None), None),
        webhook_is_pending=any(r.webhook is not None and r.webhook.state is WebhookState.PENDING for r in ended),
    )


def unready(figures: CampaignFigures, problem: Problem) -> CampaignFigures:
    """The figures where a problem keeps the operator from working on the campaign."""
    return replace(figures, is_ready=False, is_stalled=not problem.transient, unready_reason=problem.reason)


def _of_run(run: RunStatus | None) -> RunFigures | None:
    if run is None:
        return None
    return RunFigures(
        expected_calls=run.metrics.expected_calls,
        completed_calls=run.metrics.calls_completed,
        attempted_calls=run.metrics.calls_attempted,
        first_start=run.first_start.timestamp(),
        last_end=run.last_end.timestamp(),
    )


def _windows(status: OutboundCampaignStatus, now: datetime) -> tuple[int, ...]:
    counts = Counter(w.state for run in status.runs if not runs.is_over(run, now) for w in run.windows)
    return tuple(counts[state] for state in WindowState)


def _word(word: str | None) -> str | None:
    """One object for all campaigns."""
    return None if word is None else intern(word)


def _instant(time: str | None) -> float | None:
    """The status has it as text, which somebody may have altered by hand."""
    try:
        moment = datetime.fromisoformat(time or "")
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None
