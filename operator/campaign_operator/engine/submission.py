"""Sending: intent before request, one permit and one permission for each, and looking up what nobody knows.

Owns the order of the steps in which a window becomes a schedule. That order is the promise of the project: the intent
is acknowledged by the API server before the request leaves; only this process, and only within a few seconds, may then
send, each window once; whatever is not a clear answer is settled by the dialer's listing and never by trying again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from campaign_operator.api.conditions import STALLING_CAUSES, Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.changed_connection import changed_connection
from campaign_operator.domain.decisions.actions import CancelSchedules, LookUp, Submit
from campaign_operator.domain.decisions.ownership import has_schedules_at
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    Authenticated,
    Listing,
    ListingNotOffered,
    ListOutcome,
    NotSent,
    Schedule,
    ScheduleRequest,
    SendPermission,
    Unclear,
)
from campaign_operator.domain.dialing.permission import IntentPermission
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import adoption, cancellation, record, unknown_schedules
from campaign_operator.domain.status.campaign_events import event_of_unknown_schedules
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import read_connection
from campaign_operator.engine.places import waiting_outside
from campaign_operator.engine.ports import CampaignStore, Clock, Dialer
from campaign_operator.engine.rivals import ASK_SECONDS, Rivals
from campaign_operator.engine.sightings import Sightings
from campaign_operator.engine.writing import StatusWriter
from campaign_operator.observability import metrics

CONNECTION_SECONDS = 2.0
"""How old what was read of a Secret may be when something is sent: an observation comes before each batch."""

PERMITS_PER_CONNECTION = 16
LOOK_UP_RETRY_SECONDS = 20.0


class Permits:
    """How many requests may be under way at one dialer connection; taken for a whole batch at once, first come first
    served.

    A campaign that took the few that happened to be free wrote its intent and its answers again for each of them:
    among 200 campaigns of 10 windows each cost 68 ms of CPU instead of 35.
    """

    def __init__(self, total: int = PERMITS_PER_CONNECTION) -> None:
        self._total = total
        self._free = asyncio.Semaphore(total)
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def take(self, wanted: int) -> AsyncIterator[int]:
        """As many permits as are wanted, or all there are."""
        count, taken = min(wanted, self._total), 0
        try:
            # one at a time, so that two never wait for each other's permits
            with waiting_outside():
                async with self._turn:
                    while taken < count:
                        await self._free.acquire()
                        taken += 1
            yield count
        finally:
            for _ in range(taken):
                self._free.release()


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """A permission that moreover lapses at the window's start: nothing is submitted or deleted whose start is past."""

    permission: SendPermission
    start: datetime
    clock: Clock

    def in_force(self) -> bool:
        """See SendPermission."""
        return self.permission.in_force() and self.clock.now() < self.start


class Submission:
    """Carries out `Submit` and `LookUp`."""

    def __init__(
        self,
        store: CampaignStore,
        dialer: Dialer,
        writer: StatusWriter,
        clock: Clock,
        settings: Settings,
        sightings: Sightings | None,
    ) -> None:
        self._store = store
        self._dialer = dialer
        self._writer = writer
        self._clock = clock
        self._settings = settings
        self._rivals = Rivals(
            store, dialer, clock, sightings, secret_age_seconds=settings.poll_seconds, ask_seconds=ASK_SECONDS
        )
        self._ends = False
        # A connection is forgotten with its last request.
        self._permits: WeakValueDictionary[str, Permits] = WeakValueDictionary()

    def end(self) -> None:
        """Send nothing more; requests under way go on.

        Whoever waits for permits has begun nothing yet. Among 200 campaigns most do, for longer than a process has to
        end, and some would be cut in the middle of a request.
        """
        self._ends = True

    async def submit(self, campaign: Campaign, action: Submit, memory: Memory) -> Campaign:
        """One batch: look at the dialer before an intent on a status that others may have written, write the intent,
        send, and leave the answers in memory.
        """
        connection, version = await read_connection(self._store, campaign, memory, max_age_seconds=CONNECTION_SECONDS)
        if isinstance(connection, Problem) or changed_connection(campaign, connection, self._clock.now()):
            return campaign  # the next look at the campaign finds the same and says so
        if any(w.reason == Reason.CAMPAIGN_ID_IN_USE for w in record.run_at(campaign.status, action.run).windows):
            memory.looks_for_rivals = True
        problem, until = await self._blocking_problem(campaign, connection, memory)
        listed = (memory.listed_version, memory.listed_by)
        if problem is None and listed != (campaign.resource_version, connection.hash):
            listing = await self._list(connection, campaign)
            if isinstance(listing, Listing | ListingNotOffered):
                status = campaign.status
                if isinstance(listing, Listing):
                    status = _as_listed(status, listing, connection)
                adopts = status is not campaign.status
                if (adopts or isinstance(listing, ListingNotOffered)) and not memory.looks_for_rivals:
                    # what is adopted may be another's, and where nothing is listed, an intent proves no acceptance
                    memory.looks_for_rivals = True
                    return await self.submit(campaign, action, memory)
                if adopts:
                    campaign = await self._writer.write(campaign, status, memory)
                # only now: where the API server refused the adoption the status is as it was, and what was found would
                # be sent again
                memory.listed_version, memory.listed_by = campaign.resource_version, connection.hash
                self._note_unclaimed(campaign, listing, memory)
                if adopts:
                    return campaign
            else:
                problem, seconds = record.blocking_problem(listing)
                until = self._in(LOOK_UP_RETRY_SECONDS if seconds is None else seconds)
        if problem is not None:
            if problem.reason in STALLING_CAUSES:
                memory.refused_version = version
            return await self._writer.write(
                campaign, record.parked(campaign.status, action.run, action.time_zones, problem, until), memory
            )
        permits = self._permits.setdefault(connection.hash, Permits())
        async with permits.take(len(action.time_zones)) as count:
            if self._ends:
                return campaign
            batch = action.time_zones[:count]
            return await self._send(campaign, action.run, batch, connection, version, memory)

    def _note_unclaimed(self, campaign: Campaign, listing: Listing | ListingNotOffered, memory: Memory) -> None:
        """What no window holds: a run that is planned later may find it to be its own; else somebody else made it,
        which is told once.
        """
        found: tuple[Schedule, ...] = ()
        if isinstance(listing, Listing):
            found = adoption.unclaimed(campaign.status, listing, self._clock.now())
        memory.has_unclaimed = bool(found)
        strangers = adoption.strange(campaign.status, found)
        if any(schedule.id not in memory.told_strangers for schedule in strangers):
            self._store.record_event(campaign, event_of_unknown_schedules(strangers))
        memory.told_strangers = frozenset(schedule.id for schedule in strangers)

    async def _send(
        self,
        campaign: Campaign,
        key: RunKey,
        batch: tuple[str, ...],
        connection: Connection,
        version: str,
        memory: Memory,
    ) -> Campaign:
        # whoever has schedules there until after the last request of this batch is seen by all, and sees none begin
        sending_over = self._in(self._settings.settle_seconds)
        owns = has_schedules_at(campaign, connection.dialer_hash, sending_over)
        permission = IntentPermission.begin(self._clock, self._settings.send_within_seconds)
        intended = record.intended(campaign.status, key, batch, connection)
        campaign = await self._writer.write(
            campaign, record.distrusted(intended, permission.begun_wall, self._settings.settle_seconds), memory
        )
        run = record.run_at(campaign.status, key)
        # an older CustomResourceDefinition takes fields away without a word, so what was written is looked at
        windows = [w for w in runs.in_state(run, WindowState.INTENT) if w.time_zone in frozenset(batch)]
        seen = self._clock.monotonic()
        for window in windows:
            memory.first_seen[runs.attempt_of(run, window)] = seen
            memory.outcomes[runs.attempt_of(run, window)] = NotSent("it was not sent")
        if not owns:
            found = await self._rivals.after_intent(campaign, connection, looked_before=memory.looks_for_rivals)
            if found is not None:
                memory.looks_for_rivals = True
                return await self._writer.write(
                    campaign, record.put_back(campaign.status, key, batch, found.problem, found.until), memory
                )
        await asyncio.gather(*(self._send_one(campaign, run, w, connection, permission, memory) for w in windows))
        if any(record.is_refusal(outcome) for outcome in memory.outcomes.values()):
            memory.refused_version = version
        return campaign

    async def _send_one(
        self,
        campaign: Campaign,
        run: RunStatus,
        window: WindowStatus,
        connection: Connection,
        permission: SendPermission,
        memory: Memory,
    ) -> None:
        """Send one window; whatever interrupts this, what is in memory of it is true."""
        request = ScheduleRequest(
            campaign_id=campaign.spec.campaign_id,
            time_zone=window.time_zone,
            start=window.start_time,
            end=window.end_time,
            idempotency_key=f"{campaign.uid}/{run.id}/{run.planned_from}/{window.time_zone}/{window.attempt}",
        )
        attempt = runs.attempt_of(run, window)
        memory.outcomes[attempt] = Unclear("sending it was interrupted")
        before_start = BeforeStart(permission, window.start_time, self._clock)
        try:
            memory.outcomes[attempt] = await self._dialer.submit(connection, request, before_start)
        except Exception as error:  # whatever broke, the request may have left, and the others' answers count
            memory.outcomes[attempt] = Unclear(f"an unexpected {type(error).__name__} while sending")
        if isinstance(memory.outcomes[attempt], Accepted):
            self._rivals.was_accepted(connection, campaign.spec.campaign_id)
        metrics.submissions.labels(type(memory.outcomes[attempt]).__name__).inc()

    async def look_up(self, campaign: Campaign, action: LookUp, memory: Memory) -> Campaign:
        """Settle uncertain windows by a listing that was asked for after status was read again."""
        attempts = _uncertain_attempts(campaign, action)
        fresh = await self._store.read(campaign.ref)
        if fresh is None or fresh.uid != campaign.uid or _uncertain_attempts(fresh, action) != attempts:
            return fresh if fresh is not None and fresh.uid == campaign.uid else campaign
        connection, version = await read_connection(self._store, fresh, memory)
        if isinstance(connection, Problem) or changed_connection(fresh, connection, self._clock.now()):
            return fresh
        listing = await self._list(connection, fresh)
        status, zones = fresh.status, action.time_zones
        match listing:
            case Listing():
                after = adoption.looked_up(status, action.run, zones, listing, connection)
                if any(w.reason == Reason.STATUS_LOST for w in record.run_at(status, action.run).windows):
                    after = unknown_schedules.noted(after, listing, self._clock.now())
                return await self._writer.write(fresh, after, memory)
            case ListingNotOffered(code):
                return await self._writer.write(
                    fresh,
                    adoption.held(status, action.run, zones, f"the dialer has no listing (it answered {code})"),
                    memory,
                )
            case _:
                problem, seconds = record.blocking_problem(listing)
                if problem.reason in STALLING_CAUSES:
                    memory.refused_version = version
                until = self._in(LOOK_UP_RETRY_SECONDS if seconds is None else seconds)
                return await self._writer.write(fresh, record.parked(status, action.run, zones, problem, until), memory)

    async def delete(self, campaign: Campaign, action: CancelSchedules, memory: Memory) -> Campaign:
        """One batch of DELETEs and the record of their answers; `Cancelling` was written before.

        A process that was stopped meanwhile must not delete what has started, so each DELETE needs a permission, too.
        """
        connection, version = await read_connection(self._store, campaign, memory)
        if isinstance(connection, Problem) or changed_connection(campaign, connection, self._clock.now()):
            return campaign
        run = record.run_at(campaign.status, action.run)
        cancelling = {w.schedule_id: w for w in run.windows if w.time_zone in frozenset(action.time_zones)}
        permits = self._permits.setdefault(connection.hash, Permits())
        async with permits.take(len(cancelling)) as count:
            if self._ends:
                return campaign
            permission = IntentPermission.begin(self._clock, self._settings.send_within_seconds)
            batch = {id_: w for id_, w in [*cancelling.items()][:count] if id_ is not None}
            answers = await asyncio.gather(
                *(
                    self._dialer.cancel(
                        connection, campaign.spec.campaign_id, id_, BeforeStart(permission, w.start_time, self._clock)
                    )
                    for id_, w in batch.items()
                )
            )
        for answer in answers:
            metrics.cancellations.labels(type(answer).__name__).inc()
        if any(record.is_refusal(answer) for answer in answers):
            memory.refused_version = version
        outcomes = dict(zip(batch, answers, strict=True))
        now = self._clock.now()
        memory.listed_version = None
        status = cancellation.cancellations_answered(campaign.status, action.run, outcomes, now)
        return await self._writer.write(campaign, record.distrusted(status, now, self._settings.settle_seconds), memory)

    async def take_up(self, campaign: Campaign, memory: Memory) -> Campaign:
        """Go on with another client, where the dialer lists by it what stands."""
        connection, _ = await read_connection(self._store, campaign, memory)
        memory.look_again_at = self._in(LOOK_UP_RETRY_SECONDS)
        if isinstance(connection, Problem):
            return campaign
        listing = await self._list(connection, campaign)
        if not isinstance(listing, Listing):
            return campaign
        return await self._writer.write(
            campaign, adoption.taken_up(campaign.status, listing, connection, self._clock.now()), memory
        )

    async def listing_for(self, campaign: Campaign, memory: Memory) -> ListOutcome | Problem:
        """The dialer's listing of the campaign, or why there is none."""
        connection, _ = await read_connection(self._store, campaign, memory)
        if isinstance(connection, Problem):
            return connection
        return await self._list(connection, campaign)

    async def _list(self, connection: Connection, campaign: Campaign) -> ListOutcome:
        span = adoption.span_to_ask_for(campaign.status, self._clock.now())
        outcome = await self._dialer.list_schedules(connection, campaign.spec.campaign_id, span)
        if isinstance(outcome, Listing):
            self._rivals.was_accepted(connection, campaign.spec.campaign_id)
        return outcome

    async def _blocking_problem(
        self, campaign: Campaign, connection: Connection, memory: Memory
    ) -> tuple[Problem | None, datetime]:
        """Whether these credentials are accepted and the campaign is ours to submit to; else why not, and until when
        to wait.
        """
        outcome = await self._dialer.authenticate(connection)
        if not isinstance(outcome, Authenticated):
            problem, seconds = record.blocking_problem(outcome)
            return problem, self._in(LOOK_UP_RETRY_SECONDS if seconds is None else seconds)
        now = self._clock.now()
        found = None
        if memory.looks_for_rivals and not has_schedules_at(campaign, connection.dialer_hash, now):
            found = await self._rivals.before_intent(campaign, connection)
        return (None, now) if found is None else (found.problem, found.until)

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)


def _as_listed(status: OutboundCampaignStatus, listing: Listing, connection: Connection) -> OutboundCampaignStatus:
    """The status with the planned windows that are at the dialer already; the same object where none is.

    Of every run that is planned by now: the look counts for all of them, and one that it left out would be sent twice.
    """
    for run in runs.current_runs(status):
        found = adoption.matching(runs.in_state(run, WindowState.PLANNED), listing, adoption.named_in(status))
        status = adoption.adopted(status, run.key, found, connection) if found else status
    return status


def _uncertain_attempts(campaign: Campaign, action: LookUp) -> frozenset[runs.Attempt]:
    run = runs.find_run(campaign.status, action.run)
    if run is None:
        return frozenset()
    return frozenset(
        runs.attempt_of(run, w) for w in runs.in_state(run, WindowState.UNCERTAIN) if w.time_zone in action.time_zones
    )
