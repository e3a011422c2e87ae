"""What is told, and done all the same, of a campaign that cannot be looked after: its spec or status cannot be read, or
the API server refuses what the operator asks.

Owns that such a campaign says so, by its conditions alone, and that its deletion ends. Knows nothing of runs.
"""

from datetime import timedelta

import structlog

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.status import Condition
from campaign_operator.domain.campaigns.campaign import CampaignRef, Resource, Settings
from campaign_operator.domain.campaigns.label_selector import LabelSelector
from campaign_operator.domain.decisions.unusable import UnusableCampaign, conditions_alone
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.campaign_events import CampaignEvent, event_of_orphaned_schedules
from campaign_operator.domain.status.figures import CampaignFigures, figures_of, unready
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import give_up_at
from campaign_operator.engine.ports import (
    Alarms,
    CampaignStore,
    Clock,
    ConflictError,
    StoreRefusedError,
    StoreUnavailableError,
    UnusableError,
)
from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CampaignMetrics

AGAIN_SECONDS = 60.0
"""How often it is looked whether a CustomResourceDefinition was replaced, of which no event tells."""

UNKNOWN_SCHEDULES = (
    "the campaign was deleted, and its schedules cannot be read; schedules that were not cancelled can still "
    "dial; check the dialer"
)

_log = structlog.get_logger()


class Impediments:
    """Tells of one campaign at a time."""

    def __init__(
        self,
        store: CampaignStore,
        alarms: Alarms,
        clock: Clock,
        settings: Settings,
        selector: LabelSelector,
        campaign_metrics: CampaignMetrics,
    ) -> None:
        self._campaign_metrics = campaign_metrics
        self._store = store
        self._alarms = alarms
        self._clock = clock
        self._settings = settings
        self._selector = selector

    async def look_after(self, campaign: UnusableCampaign, memory: Memory) -> None:
        """Say what is wrong with it, and let it go when the deadline of its deletion has passed. Raises
        StoreUnavailableError.
        """
        if memory.uid != campaign.uid:
            memory.begin_anew(campaign.uid)
        memory.own_versions.append(campaign.resource_version)
        self._campaign_metrics.note(campaign.ref, unready(CampaignFigures(), campaign.problem))
        metrics.unusable_campaigns.labels(campaign.problem.reason).inc()
        _log.error("the campaign cannot be processed", reason=campaign.problem.reason, error=campaign.problem.message)
        again = self._clock.now() + timedelta(seconds=AGAIN_SECONDS)
        try:
            deadline = give_up_at(campaign, memory, self._clock, self._settings) if campaign.has_finalizer else None
            if deadline is not None and deadline <= self._clock.now():
                return await self._let_go(campaign)
            self._alarms.set(campaign.ref, again if deadline is None else min(again, deadline))
            await self._write(campaign, campaign.conditions, campaign.problem, memory)
        except ConflictError:
            self._alarms.set_in(campaign.ref, 1.0)

    async def tell(self, ref: CampaignRef, error: StoreRefusedError, memory: Memory) -> None:
        """Say that the API server refuses something, as far as it lets us. Raises nothing."""
        problem = Problem(Reason.API_SERVER_REFUSES, f"the API server refuses a request of the operator: {error}", True)
        try:
            campaign = await self._store.read(ref)
            if campaign is not None and self._selector.matches(campaign.labels):
                figures = unready(figures_of(campaign, self._clock.now()), problem)
                self._campaign_metrics.note(ref, figures)
                await self._write(campaign, campaign.status.conditions, problem, memory)
        except (ConflictError, StoreUnavailableError, UnusableError) as refused:
            _log.debug("the conditions could not be written", error=str(refused))

    async def _write(
        self, resource: Resource, earlier: tuple[Condition, ...], problem: Problem, memory: Memory
    ) -> None:
        told = conditions_alone(earlier, problem, resource.generation, self._clock.now())
        ready = conditions.find(earlier, ConditionType.READY)
        if {c.type: c for c in told} == {c.type: c for c in earlier}:
            return
        # kstatus takes a generation that was not observed for one that is being worked on, for as long as that lasts
        observed = None if problem.transient else resource.generation
        written = await self._store.write_conditions(resource, told, observed_generation=observed)
        memory.wrote(resource.resource_version, written)
        if ready is None or (ready.reason, ready.message) != (told[0].reason, told[0].message):
            self._store.record_event(resource, CampaignEvent("Warning", problem.reason, problem.message))

    async def _let_go(self, campaign: UnusableCampaign) -> None:
        metrics.orphaned.inc()  # how many is not known, and whoever is alarmed by one shall be
        _log.error("the campaign is released, and its schedules at the dialer are not known")
        self._store.record_event(campaign, event_of_orphaned_schedules(UNKNOWN_SCHEDULES))
        await self._store.release(campaign)
        self._alarms.clear(campaign.ref)
