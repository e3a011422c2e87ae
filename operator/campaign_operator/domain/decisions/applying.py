"""What an action that asks nobody outside makes of the status, and what is told of it. Pure."""

from collections.abc import Iterator

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.actions import (
    BeginCancellation,
    DropRun,
    FinishRun,
    Hold,
    KeepPlan,
    MarkUncertain,
    MoveToHistory,
    NoteNotVerified,
    NoteRules,
    PlanRun,
    RecordOutcomes,
    Reschedule,
    Restore,
    SkipWindows,
    TryAgain,
)
from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from campaign_operator.domain.status import adoption, cancellation, outbox, record, verification
from campaign_operator.domain.status.campaign_events import CampaignEvent, event_of_changed_data

StatusAction = (
    PlanRun
    | NoteRules
    | DropRun
    | MoveToHistory
    | FinishRun
    | RecordOutcomes
    | MarkUncertain
    | Hold
    | KeepPlan
    | BeginCancellation
    | Restore
    | SkipWindows
    | NoteNotVerified
    | Reschedule
    | TryAgain
)
"""The actions that are a change of the status and nothing else."""


def apply(
    action: StatusAction, campaign: Campaign, observed: Observation, settings: Settings
) -> OutboundCampaignStatus:
    """The status after the action; the facts alone, see `record`."""
    status, now = campaign.status, observed.now
    match action:
        case PlanRun(plan, blueprint, replaces, status_lost):
            planned = record.planned(status, plan, blueprint, campaign, now, replaces=replaces, status_lost=status_lost)
            # what was requested before it was lost is not known, and may not show in the listing yet
            return record.distrusted(planned, now, settings.settle_seconds) if status_lost else planned
        case NoteRules(run, _, holidays_version):
            return record.with_rules(status, run, TZDATA_VERSION, holidays_version)
        case DropRun(run):
            return record.without_runs(status, [run])
        case MoveToHistory(over):
            return record.moved_to_history(status, over)
        case FinishRun(run, state):
            return outbox.finished(status, run, state, campaign.uid, campaign.spec.webhook is not None, now)
        case RecordOutcomes(run):
            answered = record.submissions_answered(status, run, observed.outcomes, now)
            soon = verification.soon(record.run_at(answered, run), now, settings.settle_seconds)
            return verification.not_verified(answered, run, soon)
        case MarkUncertain(run, time_zones, message):
            return record.uncertain(status, run, time_zones, message)
        case Hold(run, time_zones):
            return adoption.held(status, run, time_zones, "onUncertain is Hold")
        case KeepPlan(run, spec_hash):
            return cancellation.kept(status, run, spec_hash)
        case BeginCancellation(run, time_zones):
            return cancellation.started(status, run, time_zones)
        case Restore(run, time_zones):
            return cancellation.restored(status, run, time_zones)
        case SkipWindows(run, time_zones):
            return cancellation.left_out(status, run, time_zones)
        case NoteNotVerified(run, time_zones):
            return verification.not_verified(status, run, time_zones)
        case Reschedule(run, fates):
            return record.rescheduled(status, run, fates)
        case TryAgain():
            return record.tried_again(status)


def needs_a_new_look(action: StatusAction) -> bool:
    """Whether the dialer's listing is to be looked at again before the next submission: what was cancelled, replaced or
    lost may still show in it.
    """
    match action:
        case DropRun() | Restore():
            return True
        case PlanRun(replaces=replaces, status_lost=status_lost):
            return bool(replaces) or status_lost
        case _:
            return False


def events_of(action: StatusAction, campaign: Campaign) -> Iterator[CampaignEvent]:
    """What is told of the action beside what the change of the status says by itself; `campaign` is as before it."""
    match action:
        case PlanRun(plan) if plan.skipped_matches:
            message = f"run {plan.run_id}: {skipped_matches_message(plan.skipped_matches)}"
            yield CampaignEvent("Warning", Reason.MATCH_SKIPPED, message)
        case NoteRules(run, moved, holidays_version):
            before = record.run_at(campaign.status, run)
            event = event_of_changed_data(before, moved, TZDATA_VERSION, holidays_version)
            if event is not None:
                yield event
