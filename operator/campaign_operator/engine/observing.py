"""What is seen of the world before each decision: the Secret, the answers in memory, the waits.

Owns what an `Observation` is made of. Reads the API server, decides nothing, writes nothing.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign, Resource, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.situation import (
    FoundPlans,
    PlanSearch,
    Situation,
    has_too_many_windows,
    plans_asked_for,
    unplannable,
)
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.steps import take_all
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.places import waiting_outside
from campaign_operator.engine.ports import CampaignStore, Clock, SearchPlaces


async def read_connection(
    store: CampaignStore, campaign: Campaign, memory: Memory, *, max_age_seconds: float = 0
) -> tuple[Connection | Problem, str]:
    """See CampaignStore.read_connection; for a campaign that is being deleted, where its Secret has gone before it,
    the connection last read.
    """
    found, version = await store.read_connection(
        campaign.ref.namespace, campaign.spec.connection.secret_ref.name, max_age_seconds=max_age_seconds
    )
    if isinstance(found, Connection):
        memory.connection = found
    elif campaign.deleting and found.reason is Reason.SECRET_NOT_FOUND and memory.connection is not None:
        return memory.connection, version
    return found, version


def give_up_at(resource: Resource, memory: Memory, clock: Clock, settings: Settings) -> datetime | None:
    """The deadline of a deletion, by this process's own clock from when it first saw it: one that was away meanwhile
    has its time, too.
    """
    if not resource.deleting:
        return None
    wall, monotonic = clock.now(), clock.monotonic()
    memory.deleting_since = monotonic if memory.deleting_since is None else memory.deleting_since
    return wall + timedelta(seconds=memory.deleting_since + settings.deletion_deadline_seconds - monotonic)


_NEVER_SEEN = -1


def _short(search: PlanSearch) -> FoundPlans | None:
    """What is found at once; None if the search turns out to be long."""
    try:
        next(search)
    except StopIteration as end:
        plans: FoundPlans = end.value
        return plans
    return None


class Observer:
    """Looks at the world on behalf of one campaign at a time."""

    def __init__(
        self, store: CampaignStore, blueprints: Blueprints, searches: SearchPlaces, clock: Clock, settings: Settings
    ) -> None:
        self._store = store
        self._blueprints = blueprints
        self._searches = searches
        self._clock = clock
        self._settings = settings

    async def observe(self, campaign: Campaign, memory: Memory, poll: bool) -> Observation:
        """All that a decision about the campaign looks at; `poll`: the poll timer has fired.

        What is to be planned is planned here, since a search for a match may take a second: a long one is made beside
        the loop. It begins when it has a place, by what is seen then.
        """
        observed = await self._seen(campaign, memory, poll)
        search = self._search(campaign, observed)
        plans = _short(search)
        if plans is None:
            with waiting_outside():
                async with self._searches.take(campaign.ref.namespace):
                    observed = await self._seen(campaign, memory, poll)
                    plans = await asyncio.to_thread(take_all, self._search(campaign, observed))
        observed = replace(observed, plans=plans)
        return replace(observed, plan_problem=unplannable(Situation(campaign, observed, self._settings)))

    def _search(self, campaign: Campaign, observed: Observation) -> PlanSearch:
        return plans_asked_for(Situation(campaign, observed, self._settings))

    async def _seen(self, campaign: Campaign, memory: Memory, poll: bool) -> Observation:
        """All but what is planned."""
        connection, version = await self.connection_in_use(campaign, memory)
        blueprint, reading = await self._blueprints.of(campaign, memory, self._clock.now())
        asked = campaign.requested_at is not None and campaign.requested_at != campaign.status.last_handled_request
        edited = campaign.status.observed_generation not in (_NEVER_SEEN, campaign.generation)
        repaired = memory.refused_version is not None and version != memory.refused_version
        possibly_sent = {
            runs.attempt_of(run, w)
            for run in campaign.status.runs
            for w in runs.in_state(run, *window_states.POSSIBLY_SENT)
        }
        observed = Observation(
            now=self._clock.now(),
            blueprint=blueprint,
            connection=connection,
            outcomes=dict(memory.outcomes),
            settled_at=self._settled_at(possibly_sent, memory),
            credentials_lost=await self._are_credentials_lost(campaign, connection),
            give_up_at=give_up_at(campaign, memory, self._clock, self._settings),
            namespace_ends=await self._does_namespace_end(campaign),
            asked_until=memory.asked_until,
            polled_until=memory.polled_until,
            listed=memory.listed_version == campaign.resource_version,
            look_again_at=memory.look_again_at,
            poll_due=poll or asked,
            retry_now=asked or edited or repaired,
            lists_as_of=reading.as_of if reading is not None else None,
            lists_were_read=reading is not None and reading.count is not None,
            lists_being_read=reading is not None and reading.being_read,
        )
        too_large = has_too_many_windows(Situation(campaign, observed, self._settings))
        return observed if too_large is None else replace(observed, blueprint=too_large)

    async def connection_in_use(self, campaign: Campaign, memory: Memory) -> tuple[Connection | Problem | None, str]:
        """The connection and its Secret's version; none where nothing is ever to be sent or asked again."""
        if runs.is_over_for_good(campaign.status):
            return None, ""
        max_age = self._settings.poll_seconds / 2
        return await read_connection(self._store, campaign, memory, max_age_seconds=max_age)

    async def _are_credentials_lost(self, campaign: Campaign, connection: Connection | Problem | None) -> bool:
        """Whether waiting for the Secret is in vain: nothing can be created in a namespace that is being deleted."""
        missing = isinstance(connection, Problem) and connection.reason is Reason.SECRET_NOT_FOUND
        return campaign.deleting and missing and await self._store.namespace_is_terminating(campaign.ref.namespace)

    async def _does_namespace_end(self, campaign: Campaign) -> bool:
        """Asked for only where it matters: a deleted campaign that waits until the listing can be trusted."""
        trusted_from = campaign.status.listing_trusted_from
        waits = campaign.deleting and trusted_from is not None and trusted_from > self._clock.now()
        return waits and await self._store.namespace_is_terminating(campaign.ref.namespace)

    def _settled_at(self, possibly_sent: set[runs.Attempt], memory: Memory) -> dict[runs.Attempt, datetime]:
        """By this process's own monotonic clock, from when it first saw the attempt: time stamps may be anybody's."""
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        memory.first_seen = {a: memory.first_seen.get(a, monotonic) for a in possibly_sent}
        return {
            attempt: wall + timedelta(seconds=seen + self._settings.settle_seconds - monotonic)
            for attempt, seen in memory.first_seen.items()
        }
