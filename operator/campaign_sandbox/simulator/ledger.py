"""The simulated dialer's ledger: what came in and what was created, for people and for tests to judge by.

Owns the record of requests and the JSON of `GET /_ledger`. It holds no secret and no token: of a request it
keeps the method, the path, the Idempotency-Key and the outcome.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaign_sandbox.simulator.schedules import Schedule
from campaign_sandbox.simulator.simulated_dialer import SimulatedDialer

_REQUESTS_KEPT = 100_000


@dataclass
class RequestRecord:
    """One request. `status` stays None while, or if, it is not answered whole."""

    at: datetime
    method: str
    path: str
    call: str | None = None
    campaign_ids: tuple[str, ...] = ()
    idempotency_key: str | None = None
    fault: str | None = None
    status: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "call": self.call,
            "campaignId": self.campaign_ids[0] if len(self.campaign_ids) == 1 else None,
            "campaignIds": list(self.campaign_ids),
            "idempotencyKey": self.idempotency_key,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """The requests, oldest first; the oldest are dropped once there are more than a hundred thousand."""

    def __init__(self) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=_REQUESTS_KEPT)

    def open(self, at: datetime, method: str, path: str) -> RequestRecord:
        record = RequestRecord(at, method, path)
        self._records.append(record)
        return record

    def of_campaign(self, campaign_id: str | None) -> list[RequestRecord]:
        """Every request, or those that name the campaign."""
        return [record for record in self._records if campaign_id is None or campaign_id in record.campaign_ids]


def ledger(dialer: SimulatedDialer, requests: RequestLog, campaign_id: str | None, now: datetime) -> dict[str, Any]:
    """The whole ledger, or what concerns one campaign."""
    schedules = dialer.schedules.all() if campaign_id is None else dialer.schedules.of_campaign(campaign_id)
    return {
        "now": now.isoformat(),
        "schedules": [_schedule(schedule, now) for schedule in schedules],
        "requests": [record.as_json() for record in requests.of_campaign(campaign_id)],
        "tokensIssued": dialer.tokens.issued,
    }


def _schedule(schedule: Schedule, now: datetime) -> dict[str, Any]:
    return schedule.listed(now) | {
        "campaignId": schedule.campaign_id,
        "clientId": schedule.client_id,
        "idempotencyKey": schedule.idempotency_key,
        "createdAt": schedule.created_at.isoformat(),
        "cancelledAt": schedule.cancelled_at.isoformat() if schedule.cancelled_at else None,
    }
