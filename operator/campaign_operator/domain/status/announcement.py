"""The body of a webhook: what is told at the end of a run."""

from collections.abc import Mapping

from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import FinishedRun, WebhookStatus
from campaign_operator.domain.campaigns.campaign import Campaign


def announcement(campaign: Campaign, run: FinishedRun, hook: WebhookStatus) -> Mapping[str, object]:
    """The same on every attempt: it is made from what is on record of the run's end, and from nothing that moves."""
    m = run.metrics
    return {
        "event": hook.event,
        "timestamp": to_rfc3339(run.finish_time) if run.finish_time is not None else None,
        "data": {
            "campaignId": campaign.spec.campaign_id,
            "totalCompleted": m.calls_completed,
            "expected": m.expected_calls,
            "namespace": campaign.ref.namespace,
            "name": campaign.ref.name,
            "runId": run.id,
            "callsAttempted": m.calls_attempted,
            "connected": m.connected,
        },
    }
