"""Schedules of our campaignID at the dialer that no window holds: what a lost status may have left there.

After a status was lost nobody can say whether they are ours, so nothing is submitted in their zones until they are
over, cancelled, or a person says so. Pure, like `record`.
"""

from collections.abc import Collection
from datetime import datetime

from campaign_operator.api.status import OutboundCampaignStatus, UnknownSchedule
from campaign_operator.api.vocabulary import MAX_UNKNOWN_SCHEDULES
from campaign_operator.domain.dialing.outcomes import Listing, Schedule
from campaign_operator.domain.planning.zones import canonical_name
from campaign_operator.domain.status.adoption import unclaimed

LOOK_AGAIN_SECONDS = 300
"""How often it is looked whether they are still there."""


def noted(status: OutboundCampaignStatus, listing: Listing, now: datetime) -> OutboundCampaignStatus:
    """The status that tells of every schedule which no window holds."""
    return _with(status, [_unknown(s) for s in unclaimed(status, listing, now)])


def still_there(status: OutboundCampaignStatus, listing: Listing, now: datetime) -> OutboundCampaignStatus:
    """The status without those that are over, cancelled or held by a window by now."""
    there = {s.id for s in unclaimed(status, listing, now)}
    return _with(status, [s for s in status.unknown_schedules if s.schedule_id in there])


def ignored(status: OutboundCampaignStatus, time_zone: str) -> OutboundCampaignStatus:
    """The status after a person has said that those of a zone, by whatever name, are not ours."""
    zone = canonical_name(time_zone)
    return _with(status, [s for s in status.unknown_schedules if canonical_name(s.time_zone) != zone])


def blocked_zones(status: OutboundCampaignStatus, now: datetime) -> frozenset[str]:
    """The zones in which nothing is submitted, by their canonical names: the dialer may have another for ours."""
    return frozenset(canonical_name(s.time_zone) for s in status.unknown_schedules if s.end_time > now)


def _unknown(schedule: Schedule) -> UnknownSchedule:
    return UnknownSchedule(
        schedule_id=schedule.id, time_zone=schedule.time_zone, start_time=schedule.start, end_time=schedule.end
    )


def _with(status: OutboundCampaignStatus, unknown: Collection[UnknownSchedule]) -> OutboundCampaignStatus:
    first = sorted(unknown, key=lambda s: (s.start_time, s.schedule_id))[:MAX_UNKNOWN_SCHEDULES]
    return status.model_copy(update={"unknown_schedules": tuple(first)})
