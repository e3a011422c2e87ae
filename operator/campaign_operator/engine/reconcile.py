"""Observe, decide, act, record: the loop that brings one campaign from where it is to where it should be.

Owns the order of these steps and what is remembered between them. What to do is decided by `domain.decide`, what it
makes of the status by `domain.record`, and how a schedule is sent by `submission`. Level-triggered: it may be called
at any time, any number of times, for any reason, and does nothing when there is nothing to do.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from campaign_operator.api.conditions import Reason, counted
from campaign_operator.api.status import OutboundCampaignStatus, RunKey
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.actions import (
    Action,
    AddFinalizer,
    BeginCancellation,
    CancelSchedules,
    Decision,
    Deliver,
    DropRun,
    FinishRun,
    Hold,
    KeepPlan,
    LookForUnknown,
    LookUp,
    MarkUncertain,
    MoveToHistory,
    NoteNotVerified,
    NoteRules,
    PlanRun,
    Poll,
    ReadLists,
    RecordOutcomes,
    RemoveFinalizer,
    Reschedule,
    Resolve,
    ResolveWaiting,
    Restore,
    SkipWindows,
    Submit,
    TakeUpConnection,
    TryAgain,
    Verify,
    Wait,
    WriteMark,
)
from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.delivery import DeliveryFailed, DeliveryOutcome, WebhookMessage
from campaign_operator.domain.dialing.outcomes import Listing, ListingNotOffered
from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import (
    adoption,
    cancellation,
    record,
    resolution,
    size,
    unknown_schedules,
    verification,
)
from campaign_operator.domain.status.announcement import announcement
from campaign_operator.domain.status.campaign_events import (
    CampaignEvent,
    event_of_edit,
    event_of_time_zone_data,
    events_between,
)
from campaign_operator.domain.status.polling import polled
from campaign_operator.domain.status.summary import summarize
from campaign_operator.domain.status.unknown_schedules import LOOK_AGAIN_SECONDS
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.impediments import Impediments
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.ports import (
    Alarms,
    AnalyticsSource,
    CalendarSource,
    CampaignStore,
    Clock,
    ConflictError,
    ContactSource,
    Dialer,
    Notifier,
    StoreRefusedError,
    StoreUnavailableError,
    UnusableError,
)
from campaign_operator.engine.submission import LOOK_UP_RETRY_SECONDS, Submission
from campaign_operator.observability import metrics

MAX_STEPS = 200
"""Actions in one pass; a run of 600 windows takes 76. More would be a rule that never has enough."""

MAX_CONFLICTS = 5
"""Passes begun anew at once because somebody else wrote in between; then the campaign waits for a moment."""

FAULT_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits after passes that failed in a row, for want of the API server or by an unforeseen error."""

FINALIZER_RETRY_SECONDS = 60.0
"""How often a finalizer is tried again that was refused; nothing tells of a policy or a right that was changed."""

SHOWN_ORPHANED = 10

_log = structlog.get_logger()


class Reconciler:
    """Looks after every campaign of this process, each under its own lock."""

    def __init__(
        self,
        store: CampaignStore,
        contacts: ContactSource,
        calendars: CalendarSource,
        dialer: Dialer,
        analytics: AnalyticsSource,
        notifier: Notifier,
        alarms: Alarms,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._analytics = analytics
        self._notifier = notifier
        self._clock = clock
        self._settings = settings
        self._contacts = contacts
        self._observer = Observer(store, Blueprints(contacts, calendars, settings), clock, settings)
        self._submission = Submission(store, dialer, clock, settings)
        self._impediments = Impediments(store, alarms, clock, settings)
        self._memories: dict[CampaignRef, Memory] = {}
        self._alarms = alarms

    def is_own_write(self, ref: CampaignRef, resource_version: str) -> bool:
        """Whether this resourceVersion was made by our own write, so that its event tells nothing new."""
        memory = self._memories.get(ref)
        return memory is not None and resource_version in memory.own_versions

    def forget(self, ref: CampaignRef) -> None:
        """The campaign is gone."""
        self._alarms.clear(ref)
        self._contacts.forget(ref)
        self._memories.pop(ref, None)

    async def reconcile(self, ref: CampaignRef, *, poll: bool = False, seen: Mapping[str, Any] | None = None) -> None:
        """Do what is to be done for one campaign now, and set the alarm for the next check. Raises nothing.

        `seen` is the resource as a watch last delivered it. It spares a poll the reading, which is a fifth of its CPU
        time; a write that follows fails where it is out of date, and anything but polling begins with a reading.
        """
        memory = self._memories.setdefault(ref, Memory())
        async with memory.lock:
            with structlog.contextvars.bound_contextvars(namespace=ref.namespace, name=ref.name):
                try:
                    # a poll that is lost to a fault is owed, or the calls of a whole interval would be told late
                    memory.poll_owed = poll or memory.poll_owed
                    await self._passes(ref, memory, memory.poll_owed, seen)
                    memory.poll_owed = False
                    memory.faults_in_a_row = 0
                except StoreUnavailableError as error:
                    _log.warning("the API server did not answer as it should", error=str(error))
                    if isinstance(error, StoreRefusedError) and memory.faults_in_a_row:
                        await self._impediments.tell(ref, error, memory)
                    self._try_later(ref, memory)
                except Exception as error:
                    # no traceback values: a frame may hold a secret, so only the places are told
                    _log.error("unforeseen error", error=type(error).__name__, places=places(error))
                    metrics.unforeseen_errors.inc()
                    self._try_later(ref, memory)

    def _try_later(self, ref: CampaignRef, memory: Memory) -> None:
        self._alarms.set_in(ref, FAULT_SECONDS[min(memory.faults_in_a_row, len(FAULT_SECONDS) - 1)])
        memory.faults_in_a_row += 1

    async def _passes(self, ref: CampaignRef, memory: Memory, poll: bool, seen: Mapping[str, Any] | None) -> None:
        for _ in range(MAX_CONFLICTS):
            try:
                return await self._pass(ref, memory, poll, seen)
            except UnusableError as error:
                return await self._impediments.look_after(error.campaign, memory)
            except ConflictError:
                seen = None
                _log.debug("somebody else wrote in between; looking again")
        self._alarms.set_in(ref, FAULT_SECONDS[0])
        return None

    async def _pass(self, ref: CampaignRef, memory: Memory, poll: bool, seen: Mapping[str, Any] | None) -> None:
        campaign = await self._store.read(ref) if seen is None else self._store.parse(seen)
        if campaign is None:
            return self.forget(ref)
        if memory.uid != campaign.uid:
            memory.begin_anew(campaign.uid)
        idle: set[str] = set()
        has_idled = False
        for _ in range(MAX_STEPS):
            observed = await self._observer.observe(campaign, memory, poll)
            poll = observed.poll_due
            decision = decide(campaign, observed, self._settings, idle)
            if isinstance(decision.action, Wait):
                return await self._wait(campaign, observed, memory, decision, has_idled=has_idled)
            if seen is not None and not isinstance(decision.action, Poll):
                return await self._pass(ref, memory, poll, None)
            _log.info("acting", action=type(decision.action).__name__, rule=decision.rule, reason=decision.reason)
            if isinstance(decision.action, Poll):
                poll = False
            after = await self._act(campaign, decision.action, memory)
            if after is None:
                return self.forget(ref)
            if after.resource_version == campaign.resource_version:
                idle.add(decision.rule)
                has_idled = self._has_idled(decision) or has_idled
            campaign = after
        _log.error("the campaign never has enough; waiting", steps=MAX_STEPS)
        self._alarms.set_in(ref, FAULT_SECONDS[-1])
        return None

    def _has_idled(self, decision: Decision) -> bool:
        """Whether an action that changed nothing should have changed something; told, since a rule never has enough."""
        if isinstance(decision.action, Poll | ReadLists | TryAgain | TakeUpConnection | Verify | LookForUnknown):
            return False  # nothing new was counted, the lists are on their way, or what was refused is in memory
        metrics.idle_actions.labels(type(decision.action).__name__).inc()
        _log.warning("the action changed nothing; going on with the others", rule=decision.rule)
        return True

    async def _wait(
        self, campaign: Campaign, observed: Observation, memory: Memory, decision: Decision, *, has_idled: bool
    ) -> None:
        # an attempt that status no longer holds may be somebody else's when its number comes again
        memory.outcomes.clear()
        if campaign.has_finalizer or not campaign.deleting:
            await self._write(campaign, campaign.status, memory, observed)
        again = self._clock.now() + timedelta(seconds=FAULT_SECONDS[-1]) if has_idled else None
        moment = min(filter(None, (decision.next_check, again)), default=None)
        if moment is None:
            self._alarms.clear(campaign.ref)
        else:
            self._alarms.set(campaign.ref, moment)

    async def _act(self, campaign: Campaign, action: Action, memory: Memory) -> Campaign | None:
        status, now = campaign.status, self._clock.now()

        async def write(at: Campaign, changed: OutboundCampaignStatus) -> Campaign:
            return await self._write(at, changed, memory)

        match action:
            case PlanRun():
                return await self._plan(campaign, action, memory)
            case ReadLists():
                self._contacts.ask_again(campaign)
                return campaign
            case NoteRules():
                return await self._note_rules(campaign, action, memory)
            case DropRun(run):
                # what was cancelled may still show in the listing, so the next plan looks when that can be trusted
                memory.listed_version = None
                return await write(campaign, record.without_runs(status, [run]))
            case MoveToHistory(over):
                return await write(campaign, record.moved_to_history(status, over))
            case FinishRun(run, state):
                has_webhook = campaign.spec.webhook is not None
                return await write(campaign, record.finished(status, run, state, campaign.uid, has_webhook, now))
            case RecordOutcomes(run):
                answered = record.submissions_answered(status, run, memory.outcomes, now)
                soon = verification.soon(record.run_at(answered, run), now, self._settings.settle_seconds)
                campaign = await write(campaign, verification.not_verified(answered, run, soon))
                memory.outcomes.clear()
                return campaign
            case MarkUncertain(run, time_zones, message):
                return await write(campaign, record.uncertain(status, run, time_zones, message))
            case Hold(run, time_zones):
                return await write(campaign, adoption.held(status, run, time_zones, "onUncertain is Hold"))
            case KeepPlan(run, spec_hash):
                return await write(campaign, cancellation.kept(status, run, spec_hash))
            case BeginCancellation(run, time_zones):
                return await write(campaign, cancellation.started(status, run, time_zones))
            case Restore(run, time_zones):
                memory.listed_version = None
                return await write(campaign, cancellation.restored(status, run, time_zones))
            case SkipWindows(run, time_zones):
                return await write(campaign, cancellation.left_out(status, run, time_zones))
            case CancelSchedules():
                return await self._submission.delete(campaign, action, memory, write)
            case Resolve():
                return await self._resolve(campaign, memory)
            case ResolveWaiting():
                return await self._resolve_waiting(campaign, memory)
            case AddFinalizer():
                return await self._add_finalizer(campaign, action, memory)
            case WriteMark(mark):
                present = campaign.has_finalizer
                return await self._write_finalizer(campaign, memory, present=present, has_run=mark)
            case RemoveFinalizer(orphaned, dialing, unmark):
                self._tell_of(campaign, orphaned, dialing)
                has_run = "" if unmark else None
                return await self._write_finalizer(campaign, memory, present=False, has_run=has_run)
            case TakeUpConnection():
                return await self._submission.take_up(campaign, memory, write)
            case Verify() | LookForUnknown():
                return await self._look_to_make_sure(campaign, action, memory)
            case NoteNotVerified(run, time_zones):
                return await write(campaign, verification.not_verified(status, run, time_zones))
            case Reschedule(run, fates):
                return await write(campaign, record.rescheduled(status, run, fates))
            case TryAgain():
                memory.refused_version = None
                self._contacts.ask_again(campaign)
                return await write(campaign, record.tried_again(status))
            case LookUp():
                return await self._submission.look_up(campaign, action, memory, write)
            case Submit():
                return await self._submission.submit(campaign, action, memory, write)
            case Poll():
                return await self._poll(campaign, action, memory)
            case Deliver(run):
                return await self._deliver(campaign, run, memory)
            case Wait():
                return campaign

    async def _plan(self, campaign: Campaign, action: PlanRun, memory: Memory) -> Campaign:
        if action.replaces or action.status_lost or memory.has_unclaimed:
            memory.listed_version = None
        status = record.planned(
            campaign.status,
            action.plan,
            action.blueprint,
            campaign,
            self._clock.now(),
            replaces=action.replaces,
            status_lost=action.status_lost,
        )
        if action.status_lost:
            # what was requested before it was lost is not known, and may not show in the listing yet
            status = record.distrusted(status, self._clock.now(), self._settings.settle_seconds)
        campaign = await self._write(campaign, status, memory)
        skipped = action.plan.skipped_matches
        if skipped:
            message = f"run {action.plan.run_id}: {skipped_matches_message(skipped)}"
            self._store.record_event(campaign, CampaignEvent("Warning", Reason.MATCH_SKIPPED, message))
        return campaign

    async def _note_rules(self, campaign: Campaign, action: NoteRules, memory: Memory) -> Campaign:
        run = record.run_at(campaign.status, action.run)
        status = record.with_rules(campaign.status, action.run, TZDATA_VERSION)
        campaign = await self._write(campaign, status, memory)
        event = event_of_time_zone_data(run, action.moved, TZDATA_VERSION)
        if event is not None:
            self._store.record_event(campaign, event)
        return campaign

    async def _add_finalizer(self, campaign: Campaign, action: AddFinalizer, memory: Memory) -> Campaign | None:
        """Where it is refused, by a policy or for want of a right, what waits for it says so, and the rest goes on."""
        try:
            return await self._write_finalizer(campaign, memory, present=True, has_run=action.mark)
        except StoreRefusedError as error:
            if action.run is None:
                raise
            _log.warning("the finalizer is refused", error=str(error))
            problem = Problem(Reason.FINALIZER_REFUSED, f"{error}; nothing is submitted without it")
            until = self._clock.now() + timedelta(seconds=FINALIZER_RETRY_SECONDS)
            status = record.parked(campaign.status, action.run, action.time_zones, problem, until)
            return await self._write(campaign, status, memory)

    async def _write_finalizer(
        self, campaign: Campaign, memory: Memory, *, present: bool, has_run: str | None = None
    ) -> Campaign | None:
        written = await self._store.write_finalizer(campaign, present, has_run=has_run)
        if written is not None:
            memory.wrote(campaign.resource_version, written.resource_version)
        return written

    def _tell_of(self, campaign: Campaign, orphaned: tuple[str, ...], dialing: int) -> None:
        """In a namespace that is being deleted no Event can be written, so the log and a metric say it, too."""
        metrics.schedules_left_dialing.inc(dialing)
        if not orphaned:
            return
        metrics.orphaned.inc(len(orphaned))
        _log.error("the campaign goes and leaves schedules behind", windows=list(orphaned), dialing=dialing)
        shown = ", ".join(orphaned[:SHOWN_ORPHANED]) + (", ..." if len(orphaned) > SHOWN_ORPHANED else "")
        message = f"{counted(len(orphaned), 'schedule')} could not be cancelled and may still dial: {shown}"
        if dialing:
            message += f"; {counted(dialing, 'more schedule')} had started"
        self._store.record_event(campaign, CampaignEvent("Warning", Reason.SCHEDULES_ORPHANED, message))

    async def _resolve(self, campaign: Campaign, memory: Memory) -> Campaign:
        return await self._resolved(campaign, resolution.resolved(campaign.resolve or "", campaign.status), memory)

    async def _resolve_waiting(self, campaign: Campaign, memory: Memory) -> Campaign:
        """By the dialer's listing; while that cannot be read, the entries wait and hold back nothing else."""
        answer = await self._submission.listing_for(campaign, memory)
        if isinstance(answer, Listing | ListingNotOffered):
            listing = answer if isinstance(answer, Listing) else None
            return await self._resolved(campaign, resolution.checked(campaign.status, listing), memory)
        until = self._clock.now() + timedelta(seconds=LOOK_UP_RETRY_SECONDS)
        return await self._write(campaign, resolution.postponed(campaign.status, answer.message, until), memory)

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
        return await self._write(campaign, status, memory)

    async def _resolved(self, campaign: Campaign, result: resolution.Resolved, memory: Memory) -> Campaign:
        campaign = await self._write(campaign, result.status, memory)
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
        campaign = await self._write(campaign, status, memory)
        # only now: counts that were refused by the API server would not be asked for again before the run times out
        memory.polled_until = until
        return campaign

    async def _deliver(self, campaign: Campaign, key: RunKey, memory: Memory) -> Campaign:
        webhook = campaign.spec.webhook
        if webhook is None:
            return await self._write(campaign, record.undeliverable(campaign.status, key), memory)
        outcome = await self._attempt_delivery(campaign, key)
        metrics.deliveries.labels(type(outcome).__name__).inc()
        _log.info("webhook attempted", outcome=str(outcome), run=key.id)
        now = self._clock.now()
        return await self._write_again(campaign, lambda s: record.delivered(s, key, outcome, now), memory)

    async def _attempt_delivery(self, campaign: Campaign, key: RunKey) -> DeliveryOutcome:
        webhook = campaign.spec.webhook
        told = (r for r in runs.finished_runs(campaign.status) if r.webhook is not None)
        run = next(r for r in told if (r.id, r.planned_from) == key)
        if webhook is None or run.webhook is None:
            raise LookupError(f"run {key.id} has no webhook to deliver")
        secret: str | Problem | None = None
        if webhook.secret_ref is not None:
            secret = await self._store.read_signing_secret(
                campaign.ref.namespace, webhook.secret_ref.name, webhook.secret_ref.key
            )
        if isinstance(secret, Problem):
            return DeliveryFailed(code=None, message=secret.message)
        message = WebhookMessage(run.webhook.id, announcement(campaign, run, run.webhook), self._clock.now())
        return await self._notifier.deliver(webhook.url, message, secret)

    async def _write_again(
        self, campaign: Campaign, change: Callable[[OutboundCampaignStatus], OutboundCampaignStatus], memory: Memory
    ) -> Campaign:
        """Write what has happened outside even where somebody else wrote in between; it happened all the same."""
        for _ in range(MAX_CONFLICTS - 1):
            try:
                return await self._write(campaign, change(campaign.status), memory)
            except ConflictError:
                fresh = await self._store.read(campaign.ref)
                if fresh is None or fresh.uid != campaign.uid:
                    raise
                campaign = fresh
        return await self._write(campaign, change(campaign.status), memory)

    async def _write(
        self,
        campaign: Campaign,
        status: OutboundCampaignStatus,
        memory: Memory,
        observed: Observation | None = None,
    ) -> Campaign:
        """Write the status with all that follows from it, if a person would see a difference, and tell of it by
        Events.
        """
        if observed is None:
            observed = await self._observer.observe(campaign, memory, poll=False)
        status = summarize(campaign, status, replace(observed, now=self._clock.now()))
        status = size.cut_to_size(status, campaign.other_bytes, self._clock.now())
        if status == campaign.status:
            return campaign
        written = await self._store.write_status(campaign, status)
        memory.wrote(campaign.resource_version, written.resource_version)
        edited = event_of_edit(campaign, observed.blueprint, observed.now)
        for event in (*([edited] if edited is not None else []), *events_between(campaign.status, written.status)):
            self._store.record_event(campaign, event)
        return written


def _count(status: OutboundCampaignStatus) -> int:
    return sum(1 for _ in verification.drifted(status))


def places(error: BaseException) -> list[str]:
    """File and line of each frame, without the values in them."""
    found, frame = [], error.__traceback__
    while frame is not None:
        found.append(f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}")
        frame = frame.tb_next
    return found
