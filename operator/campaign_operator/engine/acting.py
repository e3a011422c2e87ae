"""Carrying out what was decided: one action of one campaign.

Owns what an action needs from outside, and that what it found is written. What becomes of the status is decided by
`domain.decisions.applying` and `domain.status`; how a schedule is sent and cancelled, by `submission`.
"""

from dataclasses import replace
from datetime import timedelta

import structlog

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.actions import (
    Action,
    AddFinalizer,
    CancelSchedules,
    Deliver,
    LookForUnknown,
    LookUp,
    PlanRun,
    Poll,
    ReadLists,
    RecordOutcomes,
    RemoveFinalizer,
    Resolve,
    ResolveWaiting,
    Submit,
    TakeUpConnection,
    TryAgain,
    Verify,
    Wait,
    WriteMark,
)
from campaign_operator.domain.decisions.applying import StatusAction, apply, events_of, needs_a_new_look
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.delivery import DeliveryFailed, DeliveryOutcome, WebhookMessage
from campaign_operator.domain.dialing.outcomes import CallCounts, Listing, ListingNotOffered
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import outbox, record, resolution, unknown_schedules, verification
from campaign_operator.domain.status.announcement import announcement
from campaign_operator.domain.status.campaign_events import CampaignEvent, event_of_orphaned_schedules
from campaign_operator.domain.status.polling import polled
from campaign_operator.domain.status.unknown_schedules import LOOK_AGAIN_SECONDS
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.ports import (
    AnalyticsSource,
    CampaignStore,
    Clock,
    ContactSource,
    Notifier,
    StoreRefusedError,
)
from campaign_operator.engine.submission import LOOK_UP_RETRY_SECONDS, Submission
from campaign_operator.engine.writing import StatusWriter
from campaign_operator.observability import metrics
from campaign_operator.wording import counted, listed

FINALIZER_RETRY_SECONDS = 60.0
"""How often a finalizer is tried again that was refused; nothing tells of a policy or a right that was changed."""

SHOWN_ORPHANED = 10

_log = structlog.get_logger()


class Actor:
    """Carries out actions, of one campaign at a time. Every method raises ConflictError and StoreUnavailableError."""

    def __init__(
        self,
        store: CampaignStore,
        contacts: ContactSource,
        analytics: AnalyticsSource,
        notifier: Notifier,
        submission: Submission,
        observer: Observer,
        writer: StatusWriter,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._contacts = contacts
        self._analytics = analytics
        self._notifier = notifier
        self._submission = submission
        self._observer = observer
        self._writer = writer
        self._clock = clock
        self._settings = settings

    async def act(self, campaign: Campaign, action: Action, observed: Observation, memory: Memory) -> Campaign | None:
        """The campaign after the action; None where the resource is gone."""
        if isinstance(action, StatusAction):
            return await self._apply(campaign, action, observed, memory)
        match action:
            case ReadLists():
                self._contacts.ask_again(campaign)
                return campaign
            case CancelSchedules():
                return await self._submission.delete(campaign, action, memory)
            case Resolve():
                return await self._resolve(campaign, memory)
            case ResolveWaiting():
                return await self._resolve_waiting(campaign, memory)
            case AddFinalizer():
                return await self._add_finalizer(campaign, action, memory)
            case WriteMark(mark):
                present = campaign.has_finalizer
                return await self._writer.write_finalizer(campaign, memory, present=present, has_run=mark)
            case RemoveFinalizer(orphaned, dialing, unmark):
                self._tell_of_orphaned(campaign, orphaned, dialing)
                has_run = "" if unmark else None
                released = await self._writer.write_finalizer(campaign, memory, present=False, has_run=has_run)
                metrics.orphaned.inc(len(orphaned))  # once: a release that meets a conflict is told of again
                metrics.schedules_left_dialing.inc(dialing)
                return released
            case TakeUpConnection():
                return await self._submission.take_up(campaign, memory)
            case Verify() | LookForUnknown():
                return await self._look_to_make_sure(campaign, action, memory)
            case LookUp():
                return await self._submission.look_up(campaign, action, memory)
            case Submit():
                return await self._submission.submit(campaign, action, memory)
            case Poll():
                return await self._poll(campaign, action, memory)
            case Deliver(run):
                return await self._deliver(campaign, run, memory)
            case Wait():
                return campaign

    async def _apply(self, campaign: Campaign, action: StatusAction, observed: Observation, memory: Memory) -> Campaign:
        if needs_a_new_look(action) or (isinstance(action, PlanRun) and memory.has_unclaimed):
            memory.listed_version = None
        if isinstance(action, TryAgain):
            memory.refused_version = None
            self._contacts.ask_again(campaign)
        status = apply(action, campaign, replace(observed, now=self._clock.now()), self._settings)
        written = await self._writer.write(campaign, status, memory)
        if isinstance(action, RecordOutcomes):
            memory.outcomes.clear()
        for event in events_of(action, campaign):
            self._store.record_event(written, event)
        return written

    async def _add_finalizer(self, campaign: Campaign, action: AddFinalizer, memory: Memory) -> Campaign | None:
        """Where it is refused, by a policy or for want of a right, what waits for it says so, and the rest goes on."""
        try:
            return await self._writer.write_finalizer(campaign, memory, present=True, has_run=action.mark)
        except StoreRefusedError as error:
            if action.run is None:
                raise
            _log.warning("the API server refuses the finalizer", error=str(error))
            problem = Problem(Reason.FINALIZER_REFUSED, f"{error}; nothing is submitted without it")
            until = self._clock.now() + timedelta(seconds=FINALIZER_RETRY_SECONDS)
            status = record.parked(campaign.status, action.run, action.time_zones, problem, until)
            return await self._writer.write(campaign, status, memory)

    def _tell_of_orphaned(self, campaign: Campaign, orphaned: tuple[str, ...], dialing: int) -> None:
        """Before the release, since nobody would tell of them after a crash. In a namespace that is being deleted no
        Event can be written, so the log says it, too.
        """
        if not orphaned:
            return
        _log.error("the campaign is released with orphaned schedules", windows=list(orphaned), dialing=dialing)
        shown = listed(orphaned, SHOWN_ORPHANED)
        message = f"{counted(len(orphaned), 'schedule')} could not be cancelled and can still dial: {shown}"
        if dialing:
            message += f"; {counted(dialing, 'more schedule')} had started"
        self._store.record_event(campaign, event_of_orphaned_schedules(message))

    async def _resolve(self, campaign: Campaign, memory: Memory) -> Campaign:
        return await self._resolved(campaign, resolution.resolved(campaign.resolve or "", campaign.status), memory)

    async def _resolve_waiting(self, campaign: Campaign, memory: Memory) -> Campaign:
        """By the dialer's listing; while that cannot be read, the entries wait and hold back nothing else."""
        answer = await self._submission.listing_for(campaign, memory)
        if isinstance(answer, Listing | ListingNotOffered):
            listing = answer if isinstance(answer, Listing) else None
            return await self._resolved(campaign, resolution.checked(campaign.status, listing), memory)
        until = self._clock.now() + timedelta(seconds=LOOK_UP_RETRY_SECONDS)
        return await self._writer.write(campaign, resolution.postponed(campaign.status, answer.message, until), memory)

    async def _look_to_make_sure(self, campaign: Campaign, action: Verify | LookForUnknown, memory: Memory) -> Campaign:
        """A listing that nothing waits for: where it cannot be read now, it is asked for again a little later."""
        answer = await self._submission.listing_for(campaign, memory)
        now, status = self._clock.now(), campaign.status
        memory.look_again_at = now + timedelta(seconds=LOOK_UP_RETRY_SECONDS)
        match action, answer:
            case Verify(), Listing():
                memory.look_again_at = None
                status = verification.verified(status, answer, now, self._settings.settle_seconds)
                metrics.schedules_drifted.inc(_count(status) - _count(campaign.status))
            case Verify(), ListingNotOffered():
                status = verification.never(status)
            case LookForUnknown(), Listing():
                memory.look_again_at = now + timedelta(seconds=LOOK_AGAIN_SECONDS)
                status = unknown_schedules.still_there(status, answer, now)
            case LookForUnknown(), _:
                memory.look_again_at = now + timedelta(seconds=LOOK_AGAIN_SECONDS)
        return await self._writer.write(campaign, status, memory)

    async def _resolved(self, campaign: Campaign, result: resolution.Resolved, memory: Memory) -> Campaign:
        campaign = await self._writer.write(campaign, result.status, memory)
        for what in result.done:
            self._store.record_event(
                campaign, CampaignEvent("Normal", Reason.RESOLVED, f"resolved by a person: {what}")
            )
        for what in result.refused:
            self._store.record_event(campaign, CampaignEvent("Warning", Reason.RESOLUTION_REJECTED, what))
        return campaign

    async def _poll(self, campaign: Campaign, action: Poll, memory: Memory) -> Campaign:
        connection, _ = await self._observer.connection_in_use(campaign, memory)
        if not isinstance(connection, Connection):
            return campaign
        until = action.until or self._clock.now()
        spec = campaign.spec
        answer = await self._analytics.counts(
            connection, spec.campaign_id, action.since, action.until, as_of=action.until
        )
        now, generation = self._clock.now(), campaign.generation
        status = polled(campaign.status, answer, spec.completion, until=until, generation=generation, now=now)
        campaign = await self._writer.write(campaign, status, memory)
        # only now: counts that were refused by the API server would not be asked for again before the run times out
        memory.asked_until = until
        if isinstance(answer, CallCounts):
            memory.polled_until = until
        return campaign

    async def _deliver(self, campaign: Campaign, key: RunKey, memory: Memory) -> Campaign:
        webhook = campaign.spec.webhook
        if webhook is None:
            return await self._writer.write(campaign, outbox.undeliverable(campaign.status, key), memory)
        outcome = await self._attempt_delivery(campaign, key)
        metrics.deliveries.labels(type(outcome).__name__).inc()
        _log.info("webhook attempted", outcome=str(outcome), run=key.id)
        now = self._clock.now()
        return await self._writer.write_what_happened(
            campaign, lambda s: outbox.delivered(s, key, outcome, now), memory
        )

    async def _attempt_delivery(self, campaign: Campaign, key: RunKey) -> DeliveryOutcome:
        webhook = campaign.spec.webhook
        told = (r for r in runs.finished_runs(campaign.status) if r.webhook is not None)
        run = next(r for r in told if (r.id, r.planned_from) == key)
        if webhook is None or run.webhook is None:
            raise LookupError(f"run {key.id} has no webhook to deliver")
        signing_key: bytes | Problem | None = None
        if webhook.secret_ref is not None:
            signing_key = await self._store.read_signing_key(
                campaign.ref.namespace, webhook.secret_ref.name, webhook.secret_ref.key
            )
        if isinstance(signing_key, Problem):
            return DeliveryFailed(code=None, message=f"{signing_key.reason}: {signing_key.message}")
        message = WebhookMessage(run.webhook.id, announcement(campaign, run, run.webhook), self._clock.now())
        return await self._notifier.deliver(webhook.url, message, signing_key, owner=campaign.ref.namespace)


def _count(status: OutboundCampaignStatus) -> int:
    return sum(1 for _ in verification.drifted(status))
