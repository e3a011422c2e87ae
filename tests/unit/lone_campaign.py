"""One campaign in memory, and a dialer that carries out what it is asked: all that the operator's core needs to live.

Fakes of the ports. The campaign is kept as it stands on the wire and read as the real store reads it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builders import CONNECTION, SETTINGS, at

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import Condition, OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, HAS_RUN_ANNOTATION
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Resource
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.delivery import Delivered, WebhookMessage
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessGranted,
    AnalyticsOutcome,
    AnalyticsQuery,
    Authenticated,
    CallCounts,
    Cancelled,
    Listing,
    Schedule,
    ScheduleRequest,
    ScheduleState,
    SendPermission,
    Span,
)
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.campaign_events import CampaignEvent
from campaign_operator.engine.ports import ListReading
from campaign_operator.engine.reconcile import Reconciler
from campaign_operator.observability.campaign_metrics import CampaignMetrics
from manual_clock import ManualClock

REF = CampaignRef("sales", "spring-renewals")


def wire(
    of: OutboundCampaignSpec,
    status: dict[str, Any],
    mark: str | None = None,
    *,
    deleting: bool = False,
    finalizer: bool = True,
) -> dict[str, Any]:
    """The campaign as the API server has it."""
    metadata: dict[str, Any] = {
        "namespace": REF.namespace,
        "name": REF.name,
        "uid": "uid-1",
        "generation": 1,
        "resourceVersion": "100",
        "creationTimestamp": to_rfc3339(at(-86_400)),
        "finalizers": [CANCEL_FINALIZER] if finalizer else [],
        "annotations": {HAS_RUN_ANNOTATION: mark} if mark else {},
    }
    if deleting:
        metadata["deletionTimestamp"] = to_rfc3339(at(-60))
    return {"metadata": metadata, "spec": of.to_wire(), "status": status}


@dataclass
class LoneStore:
    """ports.CampaignStore, for one campaign; None once it is gone."""

    wire: dict[str, Any] | None
    told: list[str] = field(default_factory=list)

    async def read(self, ref: CampaignRef) -> Campaign | None:
        return None if self.wire is None else campaign_of(self.wire)

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        return campaign_of(self._written({"status": status.to_wire()}, {}))

    async def write_conditions(
        self, resource: Resource, conditions: tuple[Condition, ...], *, observed_generation: int | None = None
    ) -> str:
        assert self.wire is not None
        status = {**self.wire["status"], "conditions": [condition.to_wire() for condition in conditions]}
        if observed_generation is not None:
            status["observedGeneration"] = observed_generation
        return str(self._written({"status": status}, {})["metadata"]["resourceVersion"])

    async def write_finalizer(
        self, campaign: Campaign, present: bool, *, has_run: str | None = None
    ) -> Campaign | None:
        finalizers = [CANCEL_FINALIZER] if present and not campaign.deleting else []
        mark = campaign.has_run if has_run is None else has_run
        written = self._written(
            {}, {"finalizers": finalizers, "annotations": {HAS_RUN_ANNOTATION: mark} if mark else {}}
        )
        if campaign.deleting and not finalizers:
            self.wire = None
            return None
        return campaign_of(written)

    async def release(self, resource: Resource) -> None:
        self.wire = None

    async def namespace_is_terminating(self, namespace: str) -> bool:
        return False

    async def list_with_campaign_id(self, campaign_id: str) -> tuple[Campaign, ...]:
        return ()

    async def read_connection(
        self, namespace: str, secret_name: str, max_age_seconds: float
    ) -> tuple[Connection | Problem, str]:
        return CONNECTION, "1"

    async def read_signing_key(self, namespace: str, secret_name: str, key: str) -> bytes | Problem:
        return b"a key of 24 bytes or more"

    def record_event(self, campaign: Resource, note: CampaignEvent) -> None:
        self.told.append(note.reason)

    def _written(self, parts: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        assert self.wire is not None
        changed = {**self.wire, **parts, "metadata": {**self.wire["metadata"], **metadata}}
        if changed != self.wire:
            changed["metadata"]["resourceVersion"] = str(int(changed["metadata"]["resourceVersion"]) + 1)
            self.wire = changed
        return self.wire


@dataclass
class WillingDialer:
    """ports.Dialer, which says yes and keeps a ledger. Two schedules of one window are called `doubles`."""

    schedules: list[Schedule] = field(default_factory=list)
    doubles: list[ScheduleRequest] = field(default_factory=list)

    async def authenticate(self, connection: Connection) -> Authenticated:
        return Authenticated()

    async def check_access(self, connection: Connection, campaign_id: str) -> AccessGranted:
        return AccessGranted()

    async def submit(self, connection: Connection, request: ScheduleRequest, permission: SendPermission) -> Accepted:
        window = (request.time_zone, request.start, request.end)
        if any((s.time_zone, s.start, s.end) == window and _stands(s) for s in self.schedules):
            self.doubles.append(request)
        made = Schedule(f"new-{len(self.schedules)}", *window, ScheduleState.SCHEDULED)
        self.schedules.append(made)
        return Accepted(made.id)

    async def list_schedules(self, connection: Connection, campaign_id: str, span: Span | None = None) -> Listing:
        return Listing(tuple(self.schedules))

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> Cancelled:
        self.schedules = [s for s in self.schedules if s.id != schedule_id]
        return Cancelled()

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        raise NotImplementedError("the counts come from elsewhere")


def _stands(schedule: Schedule) -> bool:
    return schedule.state is not ScheduleState.CANCELLED


class NoCalls:
    """ports.AnalyticsSource, ports.Notifier, ports.ContactSource and ports.CalendarSource of a campaign that nobody
    answers.
    """

    async def counts(self, *_: object, **__: object) -> CallCounts:
        return CallCounts(0, 0, 0)

    async def deliver(self, url: str, message: WebhookMessage, signing_key: bytes | None, *, owner: str) -> Delivered:
        return Delivered(200)

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        return ListReading(None)

    async def excluded_dates(self, *_: object, **__: object) -> Problem:
        return Problem("CalendarNotFound", "none")

    async def policy(self, *_: object, **__: object) -> Problem:
        return Problem("PolicyNotFound", "none")

    def ask_again(self, campaign: Campaign) -> None:
        """There is nothing to ask for."""

    def forget(self, ref: CampaignRef) -> None:
        """There is nothing to forget."""


class LoneAlarm:
    """ports.Alarms, of one campaign."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.seconds: float | None = None

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        self.seconds = max(0.0, (moment - self._clock.now()).total_seconds())

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        self.seconds = seconds

    def clear(self, ref: CampaignRef) -> None:
        self.seconds = None

    def poll(self, ref: CampaignRef) -> None:
        """Each look polls."""

    def poll_no_more(self, ref: CampaignRef) -> None:
        """As above."""


@dataclass
class Life:
    """An operator's core that looks after the one campaign, and a clock that is moved from alarm to alarm."""

    store: LoneStore
    dialer: WillingDialer
    clock: ManualClock

    def __post_init__(self) -> None:
        self.alarm = LoneAlarm(self.clock)
        around = NoCalls()
        self.campaign_metrics = CampaignMetrics()
        self.operator = Reconciler(
            self.store,
            around,
            around,
            around,
            self.dialer,
            around,
            around,
            self.alarm,
            self.clock,
            FairPlaces(share=1),
            SETTINGS,
            campaign_metrics=self.campaign_metrics,
        )

    async def look(self, *, poll: bool = False) -> None:
        await self.operator.reconcile(REF, poll=poll)

    async def play(self, seconds: float, looks: int) -> None:
        """Look, and look again at each alarm, so many times at most; once more when so many seconds have passed.

        Each look polls.
        """
        end = self.clock.monotonic() + seconds
        for _ in range(looks):
            await self.look(poll=True)
            left = end - self.clock.monotonic()
            self.clock.advance(min(left, max(1.0, left if self.alarm.seconds is None else self.alarm.seconds)))
        self.clock.advance(end - self.clock.monotonic())
        await self.look(poll=True)
