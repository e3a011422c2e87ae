"""What the dialer's analytics make of the status: progress that never goes back and never lies."""

from datetime import datetime

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.status import Metrics, OutboundCampaignStatus
from campaign_operator.domain.dialing import (
    AccessRefused,
    CallCounts,
    DestinationRefused,
    Throttled,
    Unavailable,
)

NOT_YET = CallCounts(completed=0, attempted=0, connected=0)
"""A campaign without a row: no call so far."""

AnalyticsFault = Throttled | AccessRefused | DestinationRefused | Unavailable


def polled(
    status: OutboundCampaignStatus, answer: CallCounts | AnalyticsFault, *, generation: int, now: datetime
) -> OutboundCampaignStatus:
    """The status after one poll; the same object where nothing that a person sees has changed."""
    if not isinstance(answer, CallCounts):
        return _told(status, False, Reason.ANALYTICS_UNREADABLE, answer.message, generation, now)
    if status.run is None:
        return status
    before = status.run.metrics
    fewer = _went_back(before, answer)
    if fewer is not None:
        return _told(status, False, Reason.ANALYTICS_REGRESSED, fewer, generation, now)
    after = before.model_copy(
        update={
            "calls_completed": answer.completed,
            "calls_attempted": answer.attempted,
            "connected": answer.connected,
        }
    )
    if after != before:
        run = status.run.model_copy(update={"metrics": after.model_copy(update={"as_of": now})})
        status = status.model_copy(update={"run": run})
    return _told(status, True, Reason.ANALYTICS_READ, "the dialer's analytics answer", generation, now)


def _went_back(before: Metrics, answer: CallCounts) -> str | None:
    """Calls that were made are not unmade, so fewer than before is a fault of the analytics, not progress."""
    pairs = (
        ("callsCompleted", before.calls_completed, answer.completed),
        ("callsAttempted", before.calls_attempted, answer.attempted),
        ("connected", before.connected, answer.connected),
    )
    worse = [f"{name} {now} after {then}" for name, then, now in pairs if now < then]
    return f"the dialer's analytics went back: {', '.join(worse)}; the higher numbers are kept" if worse else None


def _told(
    status: OutboundCampaignStatus, available: bool, reason: Reason, message: str, generation: int, now: datetime
) -> OutboundCampaignStatus:
    kind = ConditionType.ANALYTICS_AVAILABLE
    condition = conditions.make(status.conditions, kind, available, reason, message, generation=generation, now=now)
    return status.model_copy(update={"conditions": conditions.replaced(status.conditions, condition)})
