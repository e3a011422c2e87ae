"""What the dialer's analytics make of the status: progress that never goes back and never lies."""

from datetime import datetime
from enum import StrEnum

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType, Reason, find
from campaign_operator.api.status import CreditedCalls, OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import Completion
from campaign_operator.domain.dialing.outcomes import (
    AccessRefused,
    CallCounts,
    DestinationRefused,
    Throttled,
    Unavailable,
)
from campaign_operator.domain.status.counting import calls_lacking, counted_runs, counted_since, credited

NOT_YET = CallCounts(completed=0, attempted=0, connected=0)
"""A campaign without a row: no call so far."""

AnalyticsFault = Throttled | AccessRefused | DestinationRefused | Unavailable


class News(StrEnum):
    """What an answer of the analytics tells that the status does not have."""

    NONE = "nothing"
    PROGRESS = "more calls, of runs that lack more than these"
    MORE = "anything else: the first calls, the last ones, or that something is wrong"


def news_of(
    status: OutboundCampaignStatus, answer: CallCounts | AnalyticsFault, completion: Completion, *, until: datetime
) -> News:
    """What is new in the calls up to `until`; MORE wherever that takes more than to compare numbers."""
    before, available = status.credited, find(status.conditions, ConditionType.ANALYTICS_AVAILABLE)
    is_told = available is not None and available.reason == Reason.ANALYTICS_READ
    if not isinstance(answer, CallCounts) or before is None or not is_told:
        return News.MORE
    more = {name: now - then for name, then, now in _pairs(before, answer)}
    if before.since != counted_since(status, until) or min(more.values()) < 0:
        return News.MORE
    if not any(more.values()):
        return News.NONE
    lacking = [calls_lacking(run, completion) for run in counted_runs(status, until)]
    is_last = any(0 < each <= more["callsCompleted"] for each in lacking)
    return News.MORE if is_last else News.PROGRESS


def polled(
    status: OutboundCampaignStatus,
    answer: CallCounts | AnalyticsFault,
    completion: Completion,
    *,
    until: datetime,
    generation: int,
    now: datetime,
) -> OutboundCampaignStatus:
    """The status after one poll of the calls up to `until`; the same object where nothing that a person sees has
    changed.
    """
    if not isinstance(answer, CallCounts):
        return _told(status, False, Reason.ANALYTICS_UNREADABLE, answer.message, generation, now)
    fewer = _regressed(status, answer, until)
    after = credited(status, answer, completion, until=until, now=now)
    if fewer is not None:
        return _told(after, False, Reason.ANALYTICS_REGRESSED, fewer, generation, now)
    return _told(after, True, Reason.ANALYTICS_READ, "the dialer answers with analytics", generation, now)


def _regressed(status: OutboundCampaignStatus, answer: CallCounts, until: datetime) -> str | None:
    """Calls that were made are not unmade, so fewer than before is a fault of the analytics, not progress."""
    before = status.credited
    if before is None or before.since != counted_since(status, until):
        return None
    worse = [f"{name} {now} after {then}" for name, then, now in _pairs(before, answer) if now < then]
    return (
        f"the dialer's analytics decreased: {', '.join(worse)}; the status keeps the higher numbers" if worse else None
    )


def _pairs(before: CreditedCalls, answer: CallCounts) -> tuple[tuple[str, int, int], ...]:
    return (
        ("callsCompleted", before.calls_completed, answer.completed),
        ("callsAttempted", before.calls_attempted, answer.attempted),
        ("connected", before.connected, answer.connected),
    )


def _told(
    status: OutboundCampaignStatus, available: bool, reason: Reason, message: str, generation: int, now: datetime
) -> OutboundCampaignStatus:
    kind = ConditionType.ANALYTICS_AVAILABLE
    condition = conditions.make(status.conditions, kind, available, reason, message, generation=generation, now=now)
    return status.model_copy(update={"conditions": conditions.replaced(status.conditions, condition)})
