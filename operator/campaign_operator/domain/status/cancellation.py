"""What cancelling schedules makes of the status. Pure, like `record`: status in, status out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, WindowStatus
from campaign_operator.api.vocabulary import MAX_MESSAGE, Adjustment, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.dialing.outcomes import Cancelled, CancelNotOffered, CancelOutcome, CancelRefused
from campaign_operator.domain.status import record
from campaign_operator.domain.status.record import blocking_problem, changed, waiting, window_in
from campaign_operator.wording import cut

RETRY_SECONDS = 20.0
"""The wait before a DELETE is repeated, where the dialer asked for none."""


def started(status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Submitted windows as Cancelling, written before anything is deleted; planned ones as Cancelled."""

    def change(w: WindowStatus) -> WindowStatus:
        return window_in(w, WindowState.CANCELLED if w.state is WindowState.PLANNED else WindowState.CANCELLING)

    return changed(status, key, time_zones, change)


def cancellations_answered(
    status: OutboundCampaignStatus, key: RunKey, outcomes: Mapping[str, CancelOutcome], now: datetime
) -> OutboundCampaignStatus:
    """The answers to DELETEs, by schedule id: recorded where that very schedule is still being cancelled."""
    run = record.run_at(status, key)
    mine = {
        w.time_zone: outcomes[w.schedule_id]
        for w in runs.in_state(run, WindowState.CANCELLING)
        if w.schedule_id is not None and w.schedule_id in outcomes
    }
    return changed(status, key, mine, lambda w: _answered(w, mine[w.time_zone], now))


def _answered(w: WindowStatus, outcome: CancelOutcome, now: datetime) -> WindowStatus:
    match outcome:
        case Cancelled():
            return window_in(w, WindowState.CANCELLED)
        case CancelNotOffered(code):
            message = f"it will dial: the dialer does not support cancelling schedules (it answered {code})"
        case CancelRefused(code, said):
            message = f"it will dial: the dialer refused to cancel it, {code}: {said}"
        case _:
            problem, seconds = blocking_problem(outcome)
            until = now + timedelta(seconds=RETRY_SECONDS if seconds is None else seconds)
            return waiting(w, WindowState.CANCELLING, problem.reason, problem.message, until)
    return window_in(w, WindowState.SUBMITTED, reason=Reason.CANNOT_CANCEL, message=cut(message, MAX_MESSAGE))


def restored(status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Cancelled windows, planned again; their next attempt has a number of its own."""
    status = changed(status, key, time_zones, lambda w: window_in(w, WindowState.PLANNED, schedule_id=None))
    return record.with_run(status, record.run_at(status, key).model_copy(update={"verified_until": None}))


def left_out(status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Cancelled windows that the calling hours forbid by now: left out of a run that has started."""

    def change(w: WindowStatus) -> WindowStatus:
        adjustments = tuple(dict.fromkeys((*w.adjustments, Adjustment.OUTSIDE_CALLING_HOURS)))
        return window_in(w, WindowState.SKIPPED, schedule_id=None, adjustments=adjustments)

    return changed(status, key, time_zones, change)


def kept(status: OutboundCampaignStatus, key: RunKey, spec_hash: str) -> OutboundCampaignStatus:
    """The same plan, made from another spec."""
    run = record.run_at(status, key).model_copy(update={"spec_hash": spec_hash})
    return record.with_run(status, run)
