"""The mark of a Once campaign whose run was begun: an annotation, which outlives a status that is lost.

A backup restored without its status, or a resource that was replaced, would else call everybody again. The mark counts
where namespace, name and campaignID are those of the resource that it was written for: a copy of a manifest runs. What
it forbids is another run than the one it names. Pure.
"""

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import HAS_RUN_ANNOTATION, RunPolicy
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.planning.plan import RunPlan
from campaign_operator.domain.problem import Problem


def mark_of(campaign: Campaign, run_id: str) -> str | None:
    """The annotation by which the campaign says that this run was begun; None where it may run again anyway."""
    if campaign.spec.run_policy is not RunPolicy.ONCE:
        return None
    return f"{run_id} {campaign.ref} {campaign.spec.campaign_id}"


def due_mark(campaign: Campaign, status: OutboundCampaignStatus) -> str | None:
    """The mark that the status asks for, where the campaign does not have it yet; None where nothing is to be written.

    A run that was cancelled as a whole has called nobody.
    """
    newest = status.runs[-1] if status.runs else None
    if newest is None or not runs.submission_started(newest) or runs.is_cancelled(newest):
        return None
    mark = mark_of(campaign, newest.id)
    return mark if mark != campaign.has_run else None


def has_run_already(campaign: Campaign, plan: RunPlan) -> Problem | None:
    """Why a campaign without any run makes no plan: by its mark another run than this one was begun."""
    run_id, _, _ = (campaign.has_run or "").partition(" ")
    if campaign.status.runs or not run_id or campaign.has_run != mark_of(campaign, run_id) or plan.run_id == run_id:
        return None
    who = f"{campaign.ref.name} -n {campaign.ref.namespace}"
    return Problem(
        Reason.ALREADY_RUN,
        (
            f"run {run_id}, the only run of runPolicy Once, was submitted before, and its status is gone; to call "
            f"everybody again, remove the annotation: kubectl annotate outboundcampaign {who} {HAS_RUN_ANNOTATION}-"
        ),
    )
