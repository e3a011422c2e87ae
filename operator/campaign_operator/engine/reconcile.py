"""Observe, decide, act, record: the loop that brings one campaign from where it is to where it should be.

Owns the order of these steps and what is remembered between them. What to do is decided by `domain.decisions`, and done
by `acting`. Level-triggered: it may be called at any time, any number of times, for any reason, and does nothing when
there is nothing to do.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog

from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.campaigns.label_selector import EVERY_CAMPAIGN, LabelSelector
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.actions import (
    Decision,
    LookForUnknown,
    Poll,
    ReadLists,
    TakeUpConnection,
    TryAgain,
    Verify,
    Wait,
)
from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.status.figures import figures_of
from campaign_operator.engine.acting import Actor
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.impediments import Impediments
from campaign_operator.engine.looks import Asked, Listed
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.polls import Polls
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
    PolicySource,
    SearchPlaces,
    StoreRefusedError,
    StoreUnavailableError,
    UnusableError,
)
from campaign_operator.engine.sightings import Sightings
from campaign_operator.engine.submission import Submission
from campaign_operator.engine.writing import MAX_CONFLICTS, StatusWriter
from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CampaignMetrics

MAX_STEPS = 200
"""Actions in one pass; a run of 600 windows takes 76. More would be a rule that never has enough."""

AT_HAND_SECONDS = 900.0
"""How long before its start a campaign is kept as the last look left it: that is the one for its schedules, 12 minutes
before. It takes no more memory than when it runs.
"""

FAULT_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits after passes that failed in a row, for want of the API server or by an unexpected error."""

_log = structlog.get_logger()


class Reconciler:
    """Looks after every campaign of this process, each under its own lock."""

    def __init__(
        self,
        store: CampaignStore,
        contacts: ContactSource,
        calendars: CalendarSource,
        policies: PolicySource,
        dialer: Dialer,
        analytics: AnalyticsSource,
        notifier: Notifier,
        alarms: Alarms,
        clock: Clock,
        searches: SearchPlaces,
        settings: Settings,
        selector: LabelSelector = EVERY_CAMPAIGN,
        operators_policy: HoursPolicy | None = None,
        sightings: Sightings | None = None,
        campaign_metrics: CampaignMetrics | None = None,
    ) -> None:
        self._store = store
        self._campaign_metrics = campaign_metrics or CampaignMetrics()
        self._sightings = sightings
        self._selector = selector
        self._contacts = contacts
        self._alarms = alarms
        self._clock = clock
        self._settings = settings
        blueprints = Blueprints(contacts, calendars, policies, settings, operators_policy)
        self._observer = Observer(store, blueprints, searches, clock, settings)
        self._writer = StatusWriter(store, self._observer, clock)
        self._submission = Submission(store, dialer, self._writer, clock, settings, sightings)
        self._actor = Actor(
            store, contacts, analytics, notifier, self._submission, self._observer, self._writer, clock, settings
        )
        self._polls = Polls(analytics, self._observer, clock, settings)
        self._impediments = Impediments(store, alarms, clock, settings, selector, self._campaign_metrics)
        self._memories: dict[CampaignRef, Memory] = {}
        self._ends = False

    def is_own_write(self, ref: CampaignRef, resource_version: str) -> bool:
        """Whether this resourceVersion was made by our own write, so that its event tells nothing new."""
        memory = self._memories.get(ref)
        return memory is not None and resource_version in memory.own_versions

    def forget(self, ref: CampaignRef) -> None:
        """The campaign is gone, or it is selected no longer."""
        self._alarms.clear(ref)
        self._poll_no_more(ref)
        self._contacts.forget(ref)
        self._campaign_metrics.forget(ref)
        self._memories.pop(ref, None)

    def forget_unlisted(self, namespace: str | None, listed: Collection[CampaignRef]) -> None:
        """Those are all campaigns of the namespace, or of all: the others have gone while nothing was watched."""
        for ref in [ref for ref in self._memories if namespace in (None, ref.namespace) and ref not in listed]:
            self.forget(ref)

    def leave_out(self, namespace: str) -> None:
        """The campaigns of that namespace can be read no more; if they are there again, they are begun anew."""
        for ref in [ref for ref in self._memories if ref.namespace == namespace]:
            self.forget(ref)

    def end(self) -> None:
        """Begin no more actions; those under way go on, and what came of them is recorded."""
        self._ends = True
        self._submission.end()

    async def look(self, ref: CampaignRef, asked: Asked) -> None:
        """`reconcile`, unless it was asked for by the event of a write of our own alone."""
        is_told = asked.version is not None and not self.is_own_write(ref, asked.version)
        if asked.poll or asked.check or is_told:
            # a look before this one may have written what a list has not
            listed = asked.listed if ref not in self._memories else None
            await self.reconcile(ref, poll=asked.poll, check=asked.check, nothing_new=not is_told, listed=listed)

    async def reconcile(
        self,
        ref: CampaignRef,
        *,
        poll: bool = False,
        check: bool = False,
        nothing_new: bool = False,
        listed: Listed | None = None,
    ) -> None:
        """Do what is to be done for one campaign now, and set the alarm for the next check. Raises nothing.

        `nothing_new`: no watch has told of a change. It spares a poll, and a check by which the clock alone changes
        what a person reads, the reading, which is a fifth of the CPU time. A write that follows fails where that is
        wrong; anything but polling begins with a reading, and so does a `check` that writes nothing. `listed` spares a
        first look the reading in the same way; what has changed since, the watch tells afterwards.
        """
        memory = self._memories.setdefault(ref, Memory())
        async with memory.lock:
            with structlog.contextvars.bound_contextvars(namespace=ref.namespace, name=ref.name):
                try:
                    # a poll that is lost to a fault is owed, or the calls of a whole interval would be told late
                    memory.poll_owed = poll or memory.poll_owed
                    # what is to become of an answer that is not on record is decided by what is read
                    seen = memory.at_hand if nothing_new and not memory.outcomes else None
                    if check or seen is None or self._ends or not await self._polls.comes_to_nothing(seen, memory):
                        seen = listed.take() if listed is not None else seen
                        await self._passes(ref, memory, memory.poll_owed, seen, check)
                    memory.poll_owed = False
                    memory.faults_in_a_row = 0
                except StoreUnavailableError as error:
                    _log.warning("the API server did not answer as expected", error=str(error))
                    if isinstance(error, StoreRefusedError) and memory.faults_in_a_row:
                        await self._impediments.tell(ref, error, memory)
                    self._try_later(ref, memory)
                except Exception as error:
                    # no traceback values: a frame may hold a secret, so only the places are told
                    _log.error("unexpected error", error=type(error).__name__, places=places(error))
                    metrics.unexpected_errors.inc()
                    self._try_later(ref, memory)

    def _try_later(self, ref: CampaignRef, memory: Memory) -> None:
        metrics.failed_passes.inc()
        self._alarms.set_in(ref, FAULT_SECONDS[min(memory.faults_in_a_row, len(FAULT_SECONDS) - 1)])
        memory.faults_in_a_row += 1

    async def _passes(self, ref: CampaignRef, memory: Memory, poll: bool, seen: Campaign | None, check: bool) -> None:
        for _ in range(MAX_CONFLICTS):
            try:
                return await self._pass(ref, memory, poll, seen, check)
            except UnusableError as error:
                if not self._selector.matches(error.campaign.labels):
                    return self.forget(ref)
                return await self._impediments.look_after(error.campaign, memory)
            except _ToBeReadError as error:
                seen, poll = None, error.poll
            except ConflictError:
                seen = None
                _log.debug("the resource changed in the meantime; looking again")
        self._alarms.set_in(ref, FAULT_SECONDS[0])
        return None

    async def _pass(self, ref: CampaignRef, memory: Memory, poll: bool, seen: Campaign | None, check: bool) -> None:
        memory.at_hand = None
        campaign = await self._store.read(ref) if seen is None else seen
        if campaign is None:
            return self.forget(ref)
        if self._sightings is not None:
            self._sightings.read(campaign)
        if memory.uid != campaign.uid:
            memory.begin_anew(campaign.uid)
        idle: set[str] = set()
        has_idled = False
        for _ in range(MAX_STEPS):
            leaving = self._ends or not self._selector.matches(campaign.labels)
            if leaving and not memory.outcomes:
                return self._leave(campaign)
            self._note_figures(campaign, memory)
            begun = self._clock.monotonic()
            observed = await self._observer.observe(campaign, memory, poll)
            poll = observed.poll_due
            decision = decide(campaign, observed, self._settings, idle, leaving=leaving)
            if leaving and isinstance(decision.action, Wait):
                return self._leave(campaign)
            if isinstance(decision.action, Wait):
                waiting = await self._wait(campaign, observed, memory, decision, has_idled=has_idled)
                if waiting is not campaign:
                    self._note_figures(waiting, memory)
                self._measure(decision, begun)
                if check and waiting is seen:  # no write has made sure that it is still as it was seen
                    raise _ToBeReadError(poll)
                return None
            if seen is not None and not isinstance(decision.action, Poll):
                raise _ToBeReadError(poll)
            if isinstance(decision.action, Poll):
                poll = False
            with structlog.contextvars.bound_contextvars(**_named(decision)):
                after = await self._act(campaign, decision, observed, memory)
            self._measure(decision, begun)
            if after is None:
                return self.forget(ref)
            if after.resource_version == campaign.resource_version and not self._ends:
                idle.add(decision.rule)
                has_idled = self._has_idled(decision) or has_idled
            campaign = after
        _log.error("too many actions in one pass; waiting", steps=MAX_STEPS)
        self._alarms.set_in(ref, FAULT_SECONDS[-1])
        return None

    async def _act(
        self, campaign: Campaign, decision: Decision, observed: Observation, memory: Memory
    ) -> Campaign | None:
        """One line in the log for each action, and none for a poll that brings no news."""
        is_poll = isinstance(decision.action, Poll)
        if not is_poll:
            _log.info("acting", reason=decision.reason)
        after = await self._actor.act(campaign, decision.action, observed, memory)
        if is_poll and after is not campaign:
            _log.info("acting", reason=decision.reason)
        return after

    def _note_figures(self, campaign: Campaign, memory: Memory) -> None:
        """Unless it was forgotten meanwhile: nobody would forget it again."""
        if self._memories.get(campaign.ref) is memory:
            self._campaign_metrics.note(campaign.ref, figures_of(campaign, self._clock.now()))

    def _measure(self, decision: Decision, begun: float) -> None:
        action = type(decision.action).__name__
        metrics.pass_duration.labels(action).observe(self._clock.monotonic() - begun)

    def _leave(self, campaign: Campaign) -> None:
        """Nothing is begun for it any more: the operator ends, or the labels of the campaign no longer match."""
        if self._ends:
            _log.info("the operator ends; the next one goes on")
        else:
            self.forget(campaign.ref)

    def _has_idled(self, decision: Decision) -> bool:
        """Whether an action that changed nothing should have changed something; told, since a rule never has enough."""
        if isinstance(decision.action, Poll | ReadLists | TryAgain | TakeUpConnection | Verify | LookForUnknown):
            return False  # nothing new was counted, the lists are on their way, or what was refused is in memory
        metrics.idle_actions.labels(type(decision.action).__name__).inc()
        _log.warning("the action changed nothing; continuing with the others", **_named(decision))
        return True

    def _poll_no_more(self, ref: CampaignRef) -> None:
        self._polls.end(ref)
        self._alarms.poll_no_more(ref)

    async def _wait(
        self, campaign: Campaign, observed: Observation, memory: Memory, decision: Decision, *, has_idled: bool
    ) -> Campaign:
        # an attempt that status no longer holds may be somebody else's when its number comes again
        memory.outcomes.clear()
        if campaign.has_finalizer or not campaign.deleting:
            campaign = await self._writer.write(campaign, campaign.status, memory, observed)
        again = self._clock.now() + timedelta(seconds=FAULT_SECONDS[-1]) if has_idled else None
        is_under_way = runs.is_under_way(campaign.status)
        if is_under_way or runs.starts_by(campaign.status, self._clock.now() + timedelta(seconds=AT_HAND_SECONDS)):
            memory.at_hand = campaign
        else:
            memory.blueprint = None  # the next look is far off, and it may be of thousands of contacts
        if is_under_way:
            self._polls.begin(campaign.ref)
            self._alarms.poll(campaign.ref)
        else:
            self._poll_no_more(campaign.ref)
        moment = min(filter(None, (decision.next_check, again)), default=None)
        if moment is None:
            self._alarms.clear(campaign.ref)
        else:
            self._alarms.set(campaign.ref, moment)
        return campaign


class _ToBeReadError(Exception):
    """There is something to do, by a campaign that was seen earlier. `poll`: whether its calls are still to be counted.

    Not a call within the pass, which would hold what was seen for as long as the work takes.
    """

    def __init__(self, poll: bool) -> None:
        super().__init__()
        self.poll = poll


def _named(decision: Decision) -> dict[str, str]:
    """The fields of every line that an action logs."""
    named = {"action": type(decision.action).__name__, "rule": decision.rule}
    return named if decision.run_id is None else named | {"run": decision.run_id}


def places(error: BaseException) -> list[str]:
    """File and line of each frame, without the values in them."""
    found, frame = [], error.__traceback__
    while frame is not None:
        found.append(f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}")
        frame = frame.tb_next
    return found
