"""The schedules the simulated dialer holds.

Owns every schedule ever created, in order; nothing is forgotten, since tests judge by it. There is no
idempotency: the same schedule asked for twice is there twice. It does not know who may ask, nor HTTP.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from campaign_sandbox.simulator.calls import CallingSpan
from campaign_sandbox.simulator.simulator_zones import zone


class ScheduleState(StrEnum):
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Former:
    """The times that a schedule had until it was moved."""

    start: datetime
    end: datetime
    until: datetime


@dataclass(frozen=True)
class Schedule:
    """One schedule: the campaign may call in `time_zone` in [start, end). One made by hand has no client."""

    id: str
    campaign_id: str
    client_id: str | None
    time_zone: str
    start: datetime
    end: datetime
    idempotency_key: str | None
    created_at: datetime
    cancelled_at: datetime | None = None
    former: tuple[Former, ...] = ()

    def state(self, now: datetime) -> ScheduleState:
        if self.cancelled_at is not None:
            return ScheduleState.CANCELLED
        if now < self.start:
            return ScheduleState.SCHEDULED
        return ScheduleState.RUNNING if now < self.end else ScheduleState.FINISHED

    @property
    def openings(self) -> tuple[CallingSpan, ...]:
        """When it lets its campaign call: a cancelled one, from the cancellation on, not at all."""
        last = Former(self.start, self.end, until=self.cancelled_at or self.end)
        found: list[CallingSpan] = []
        since = self.created_at
        for one in (*self.former, last):
            found.append(CallingSpan(max(one.start, since) if found else one.start, min(one.end, one.until)))
            since = one.until
        return tuple(found)

    def as_of(self, moment: datetime) -> "Schedule | None":
        """The schedule as it was at that moment; None: there was none."""
        if self.created_at > moment:
            return None
        cancelled_at = self.cancelled_at if self.cancelled_at is not None and self.cancelled_at <= moment else None
        times = next((one for one in self.former if one.until > moment), self)
        return replace(self, start=times.start, end=times.end, cancelled_at=cancelled_at)

    def listed(self, now: datetime, time_zone: str | None = None) -> dict[str, Any]:
        """The row of the dialer's listing, by another name of its time zone if one is given."""
        return {
            "id": self.id,
            "startTime": self.start.astimezone(zone(self.time_zone)).isoformat(),
            "endTime": self.end.astimezone(zone(self.time_zone)).isoformat(),
            "timezone": time_zone or self.time_zone,
            "state": self.state(now),
        }


class ScheduleBook:
    """All schedules of all campaigns, in the order in which they were created."""

    def __init__(self) -> None:
        self._by_campaign: dict[str, dict[str, Schedule]] = {}

    def add(
        self,
        *,
        campaign_id: str,
        client_id: str | None,
        time_zone: str,
        start: datetime,
        end: datetime,
        idempotency_key: str | None,
        now: datetime,
    ) -> Schedule:
        schedule = Schedule(
            id=str(uuid.uuid4()),
            campaign_id=campaign_id,
            client_id=client_id,
            time_zone=time_zone,
            start=start,
            end=end,
            idempotency_key=idempotency_key,
            created_at=now,
        )
        self._by_campaign.setdefault(campaign_id, {})[schedule.id] = schedule
        return schedule

    def of_campaign(self, campaign_id: str) -> list[Schedule]:
        return list(self._by_campaign.get(campaign_id, {}).values())

    def find(self, campaign_id: str, schedule_id: str) -> Schedule | None:
        return self._by_campaign.get(campaign_id, {}).get(schedule_id)

    def find_anywhere(self, schedule_id: str) -> Schedule | None:
        """The schedule of that id, of whatever campaign."""
        return next((book[schedule_id] for book in self._by_campaign.values() if schedule_id in book), None)

    def cancel(self, schedule: Schedule, now: datetime) -> None:
        self._replace(replace(schedule, cancelled_at=now))

    def move(self, schedule: Schedule, start: datetime, end: datetime, now: datetime) -> None:
        former = Former(schedule.start, schedule.end, until=now)
        self._replace(replace(schedule, start=start, end=end, former=(*schedule.former, former)))

    def all(self) -> Iterable[Schedule]:
        everything = [schedule for book in self._by_campaign.values() for schedule in book.values()]
        return sorted(everything, key=lambda schedule: schedule.created_at)

    def _replace(self, schedule: Schedule) -> None:
        self._by_campaign[schedule.campaign_id][schedule.id] = schedule
