"""Writing a campaign's status: with all that follows from it, and its Events after it.

Owns that nothing is written in which a person would see no difference, and that what has happened outside is written
even where somebody else wrote in between.
"""

from collections.abc import Callable
from dataclasses import replace

from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.status import size
from campaign_operator.domain.status.campaign_events import event_of_edit, events_between
from campaign_operator.domain.status.summary import summarize
from campaign_operator.domain.status.window_changes import window_changes
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.ports import CampaignStore, Clock, ConflictError
from campaign_operator.observability import metrics

MAX_CONFLICTS = 5
"""Attempts in a row that may fail because somebody else wrote in between."""


class StatusWriter:
    """Writes for one campaign at a time. Every method raises ConflictError and StoreUnavailableError."""

    def __init__(self, store: CampaignStore, observer: Observer, clock: Clock) -> None:
        self._store = store
        self._observer = observer
        self._clock = clock

    async def write(
        self, campaign: Campaign, status: OutboundCampaignStatus, memory: Memory, observed: Observation | None = None
    ) -> Campaign:
        """Write the facts in `status` with what is derived from them; the same campaign where nothing changes."""
        if observed is None:
            observed = await self._observer.observe(campaign, memory, poll=False)
        status = summarize(campaign, status, replace(observed, now=self._clock.now()))
        status = size.cut_to_size(status, campaign.other_bytes, self._clock.now())
        if status == campaign.status:
            return campaign
        written = await self._store.write_status(campaign, status)
        memory.wrote(campaign.resource_version, written.resource_version)
        _count(campaign.status, written.status)
        edited = event_of_edit(campaign, observed.spec_problem or observed.blueprint, observed.now)
        for event in (*([edited] if edited is not None else []), *events_between(campaign.status, written.status)):
            self._store.record_event(campaign, event)
        return written

    async def write_what_happened(
        self, campaign: Campaign, change: Callable[[OutboundCampaignStatus], OutboundCampaignStatus], memory: Memory
    ) -> Campaign:
        """Write what has happened outside even where somebody else wrote in between; it happened all the same."""
        for _ in range(MAX_CONFLICTS - 1):
            try:
                return await self.write(campaign, change(campaign.status), memory)
            except ConflictError:
                fresh = await self._store.read(campaign.ref)
                if fresh is None or fresh.uid != campaign.uid:
                    raise
                campaign = fresh
        return await self.write(campaign, change(campaign.status), memory)

    async def write_finalizer(
        self, campaign: Campaign, memory: Memory, *, present: bool, has_run: str | None = None
    ) -> Campaign | None:
        """Put the finalizer there or take it away, and the mark with it; None where the resource is gone."""
        written = await self._store.write_finalizer(campaign, present, has_run=has_run)
        if written is not None:
            memory.wrote(campaign.resource_version, written.resource_version)
        return written


def _count(before: OutboundCampaignStatus, after: OutboundCampaignStatus) -> None:
    for was, now in window_changes(before, after):
        if now is WindowState.MISSED:
            metrics.missed_windows.inc()
        if was is WindowState.UNCERTAIN:
            metrics.uncertain_windows_resolved.labels(now).inc()
