"""What taking schedules back makes of the status. Pure, like `record`: status in, status out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason, cut
from campaign_operator.api.status import OutboundCampaignStatus, WindowStatus
from campaign_operator.api.vocabulary import MAX_MESSAGE, WindowState
from campaign_operator.domain import record, runs
from campaign_operator.domain.actions import Place
from campaign_operator.domain.dialing import (
    Withdrawn,
    WithdrawNotOffered,
    WithdrawOutcome,
    WithdrawRefused,
)
from campaign_operator.domain.record import changed, standing_in_the_way, waiting, window_in

RETRY_SECONDS = 20.0
"""The wait before a DELETE is repeated, where the dialer asked for none."""


def begun(status: OutboundCampaignStatus, place: Place, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Submitted windows as Withdrawing, written before anything is deleted; planned ones as Withdrawn."""

    def change(w: WindowStatus) -> WindowStatus:
        return window_in(w, WindowState.WITHDRAWN if w.state is WindowState.PLANNED else WindowState.WITHDRAWING)

    return changed(status, place, time_zones, change)


def answered(
    status: OutboundCampaignStatus, place: Place, outcomes: Mapping[str, WithdrawOutcome], now: datetime
) -> OutboundCampaignStatus:
    """The answers to DELETEs, by schedule id: recorded where that very schedule is still being withdrawn."""
    run = record.run_at(status, place)
    mine = {
        w.time_zone: outcomes[w.schedule_id]
        for w in runs.in_state(run, WindowState.WITHDRAWING)
        if w.schedule_id is not None and w.schedule_id in outcomes
    }
    return changed(status, place, mine, lambda w: _answered(w, mine[w.time_zone], now))


def _answered(w: WindowStatus, outcome: WithdrawOutcome, now: datetime) -> WindowStatus:
    match outcome:
        case Withdrawn():
            return window_in(w, WindowState.WITHDRAWN)
        case WithdrawNotOffered(code):
            message = f"it stays as it is and will dial: the dialer takes no schedule back (it answered {code})"
        case WithdrawRefused(code, said):
            message = f"it stays as it is and will dial: the dialer refused to take it back, {code}: {said}"
        case _:
            problem, seconds = standing_in_the_way(outcome)
            until = now + timedelta(seconds=RETRY_SECONDS if seconds is None else seconds)
            return waiting(w, WindowState.WITHDRAWING, problem.reason, problem.message, until)
    return window_in(w, WindowState.SUBMITTED, cause=Reason.CANNOT_WITHDRAW, message=cut(message, MAX_MESSAGE))


def restored(status: OutboundCampaignStatus, place: Place, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Withdrawn windows, planned again; their next attempt has a number of its own."""
    return changed(status, place, time_zones, lambda w: window_in(w, WindowState.PLANNED, schedule_id=None))


def kept(status: OutboundCampaignStatus, place: Place, spec_hash: str) -> OutboundCampaignStatus:
    """The same plan, made from another spec."""
    run = record.run_at(status, place).model_copy(update={"spec_hash": spec_hash})
    return record.with_run(status, place, run)
