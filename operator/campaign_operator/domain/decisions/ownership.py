"""Which of several campaigns with one campaignID at one dialer may submit.

Two resources for the same campaign would adopt each other's schedules, so exactly one owns it. Owning asks for
credentials that the dialer itself accepts, or anybody could block a campaign by naming its id: a token proves nothing,
since whoever asks for it names the end point that gives it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.decisions.unusable import UnusableCampaign
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import AccessGranted, AccessOutcome, ListingNotOffered
from campaign_operator.domain.problem import Problem

Rival = Campaign | UnusableCampaign


@dataclass(frozen=True, slots=True)
class Claim:
    """An unfinished campaign that the dialer has accepted. `outstanding`: it has, or may have, schedules there."""

    ref: CampaignRef
    uid: str
    created: datetime
    outstanding: bool


def claim_of(campaign: Rival, *, outstanding: bool) -> Claim:
    """The claim that this campaign has, or would have if the dialer accepted it."""
    return Claim(campaign.ref, campaign.uid, campaign.created, outstanding)


def has_schedules_at(campaign: Rival, dialer_hash: str, now: datetime) -> bool:
    """Whether its status tells that it has, or may have, schedules at that dialer.

    The operator alone writes a status, and names a dialer in it only after that dialer has answered; so nobody needs to
    be asked, and no Secret needs to be there still. One that cannot be read has them while it has our finalizer.
    """
    if isinstance(campaign, UnusableCampaign):
        return campaign.has_finalizer and dialer_hash in campaign.dialer_hashes
    return any(run.dialer_hash == dialer_hash and runs.is_outstanding(run, now) for run in campaign.status.runs)


def may_have_schedules(rival: Rival, now: datetime) -> bool:
    """Whether it may have schedules at a dialer that its status does not name: the status was lost, or cannot be read.

    Our finalizer is reason enough to think so, and anybody can set it. So this counts only with accepted credentials.
    """
    if isinstance(rival, UnusableCampaign):
        return rival.has_finalizer
    return any(run.dialer_hash is None and runs.is_outstanding(run, now) for run in rival.status.runs)


def may_claim(rival: Rival, now: datetime) -> bool:
    """Whether the rival has, or may come to have, schedules at a dialer."""
    if rival.deleting:
        return may_have_schedules(rival, now)
    return isinstance(rival, UnusableCampaign) or not runs.is_over_for_good(rival.status)


def is_accepted(outcome: AccessOutcome, theirs: Connection, ours: Connection) -> bool:
    """Whether a rival at our dialer is one that this dialer accepts, by its answer to the rival's credentials.

    A dialer without a listing cannot tell. Then a token counts that was given to our own client by our own end point.
    No answer is no claim.
    """
    if isinstance(outcome, ListingNotOffered):
        return (theirs.token_url, theirs.client_id) == (ours.token_url, ours.client_id)
    return isinstance(outcome, AccessGranted)


def owner(claims: Iterable[Claim]) -> Claim:
    """The one with schedules outstanding; else, or among several such, the oldest (creation, then UID)."""
    return min(claims, key=lambda c: (not c.outstanding, *_age(c)))


def is_older(one: Claim, others: Collection[Claim]) -> bool:
    """Whether it is older than all the others."""
    return all(_age(one) < _age(other) for other in others)


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


def _age(claim: Claim) -> tuple[datetime, str]:
    return claim.created, claim.uid
