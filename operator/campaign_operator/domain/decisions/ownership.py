"""Which of several campaigns with one campaignID at one dialer may submit.

Two resources for the same campaign would adopt each other's schedules, so exactly one owns it. Owning asks for
credentials that the dialer accepts, or anybody could block a campaign by naming its id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.decisions.unusable import UnusableCampaign
from campaign_operator.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class Claim:
    """An unfinished campaign whose credentials the dialer accepted. `outstanding`: it has, or may have, schedules
    there.
    """

    ref: CampaignRef
    uid: str
    created: datetime
    outstanding: bool


def may_have_schedules(rival: Campaign | UnusableCampaign, now: datetime) -> bool:
    """Whether it has, or may have, schedules at the dialer. One that cannot be read may, while it has our finalizer."""
    return rival.has_finalizer if isinstance(rival, UnusableCampaign) else runs.has_outstanding(rival.status, now)


def may_claim(rival: Campaign | UnusableCampaign, now: datetime) -> bool:
    """Whether the rival has, or may come to have, schedules at the dialer."""
    if rival.deleting:
        return may_have_schedules(rival, now)
    return isinstance(rival, UnusableCampaign) or not runs.is_over_for_good(rival.status)


def owner(claims: Iterable[Claim]) -> Claim:
    """The one with schedules outstanding; else, or among several such, the oldest (creation, then UID)."""
    return min(claims, key=lambda c: (not c.outstanding, c.created, c.uid))


def in_use(mine: Claim, others: Iterable[Claim]) -> Problem | None:
    """What stands in the way of `mine`; the owner is named only to those in its own namespace."""
    first = owner((mine, *others))
    if first == mine:
        return None
    who = f'"{first.ref.name}"' if first.ref.namespace == mine.ref.namespace else "in another namespace"
    return Problem(
        Reason.CAMPAIGN_ID_IN_USE,
        (
            f"another OutboundCampaign, {who}, uses this campaignID at the same dialer; this one waits until that "
            "one has ended"
        ),
    )
