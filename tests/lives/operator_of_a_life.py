"""The operator of a life: its own core and adapters, which can die in the middle of what they do.

A death is an exception that nothing in the operator handles. What it had begun to send goes its way, as it would from a
machine; what it knew is lost with it.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from campaign_operator.adapters.analytics import SharedAnalytics
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.events import EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.adapters.kubernetes.policies import Policies
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress
from campaign_operator.adapters.outbound.exchange import HTTPExchange
from campaign_operator.adapters.outbound.webhook import WebhookNotifier
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import CancelOutcome, ScheduleRequest, SendPermission, SubmitOutcome
from campaign_operator.engine.ports import Clock
from campaign_operator.engine.reconcile import Reconciler
from lives.life import Death
from stage import StageAlarms, StageClock

_Outcome = TypeVar("_Outcome")


class _Closable(Protocol):
    async def aclose(self) -> None:
        """Let go of what it holds."""


_ClosableT = TypeVar("_ClosableT", bound=_Closable)


class DiedError(BaseException):
    """The operator is no more; not an Exception, since those are handled."""


@dataclass
class Fate:
    """The deaths that await operators, one after another, and what is under way when one comes."""

    deaths: list[Death] = field(default_factory=list)
    under_way: set[asyncio.Future[Any]] = field(default_factory=set)

    async def meet(self, doing: str, deed: Coroutine[Any, Any, _Outcome]) -> _Outcome:
        """Do it, unless a death comes before; and die if it comes after. Raises DiedError."""
        death = self._death_at(doing)
        if death is not None and not death.carried_out:
            deed.close()
            raise DiedError
        task = asyncio.ensure_future(deed)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        outcome = await asyncio.shield(task)
        if death is not None:
            raise DiedError
        return outcome

    def _death_at(self, doing: str) -> Death | None:
        for number, death in enumerate(self.deaths):
            if death.doing != doing:
                continue
            if death.after == 0:
                return self.deaths.pop(number)
            self.deaths[number] = Death(at=death.at, doing=doing, after=death.after - 1, carried_out=death.carried_out)
            return None
        return None


class MortalStore(KubeStore):
    """The store; its operator may die at a write."""

    def __init__(self, fate: Fate, *given: Any) -> None:
        super().__init__(*given)
        self._fate = fate

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        """See ports.CampaignStore."""
        return await self._fate.meet("write", super().write_status(campaign, status))


class MortalDialer(CXoneDialer):
    """The dialer; its operator may die at a POST or DELETE."""

    def __init__(self, fate: Fate, *given: Any, request_timeout_seconds: float) -> None:
        super().__init__(*given, request_timeout_seconds=request_timeout_seconds)
        self._fate = fate

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        """See ports.Dialer."""
        return await self._fate.meet("submit", super().submit(connection, request, permission))

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> CancelOutcome:
        """See ports.Dialer."""
        return await self._fate.meet("cancel", super().cancel(connection, campaign_id, schedule_id, permission))


@dataclass(frozen=True)
class Surroundings:
    """What operators are started in."""

    namespace: str
    api: APIServer
    egress: Egress
    clock: Clock
    settings: Settings
    fate: Fate


class MortalOperator:
    """One life of an operator, which looks after one campaign when it is told to."""

    def __init__(self, around: Surroundings, clock: StageClock) -> None:
        """Begin, and remember nothing."""
        self._fate = around.fate
        self._stack = AsyncExitStack()
        self._alarms = StageAlarms(clock)
        self._reconciler = self._made(around)
        self._clock = clock
        self._polled_at = clock.now()

    def _made(self, around: Surroundings) -> Reconciler:
        api, token, hook = (self._exchange(around.egress) for _ in range(3))
        patience = around.settings.request_timeout_seconds
        tokens = self._closed_at_the_end(TokenProvider(token, around.clock))
        dialer = MortalDialer(around.fate, api, tokens, around.clock, request_timeout_seconds=patience)
        objects = KeyedObjects(around.api, around.clock)
        # nobody reads the Events, so none is posted
        recorder = EventRecorder(around.api, around.clock)
        store = MortalStore(
            around.fate, around.api, [around.namespace], objects, recorder, parse_connection, around.clock
        )
        downloads = self._closed_at_the_end(Downloads(around.egress, timeout_seconds=patience))
        reader = ListReader(objects, downloads, around.clock, ListLimits(), ShortSteps())
        lists = ContactLists(reader, around.clock, lambda _: None)
        return Reconciler(
            store,
            self._closed_at_the_end(lists),
            Calendars(objects, around.clock, ShortSteps()),
            Policies(objects, around.clock),
            dialer,
            SharedAnalytics(dialer, around.clock, around.settings.poll_seconds),
            WebhookNotifier(hook, around.clock, timeout_seconds=patience),
            self._alarms,
            around.clock,
            FairPlaces(share=1),
            around.settings,
        )

    def _exchange(self, egress: Egress) -> HTTPExchange:
        return self._closed_at_the_end(HTTPExchange(egress))

    def _closed_at_the_end(self, one: _ClosableT) -> _ClosableT:
        self._stack.push_async_callback(one.aclose)
        return one

    async def look(self, ref: CampaignRef, poll_seconds: float) -> bool:
        """Look at the campaign, as an event or an alarm makes it, and poll if it is time to; whether it lives on."""
        poll = self._clock.now() - self._polled_at >= timedelta(seconds=poll_seconds)
        if poll:
            self._polled_at = self._clock.now()
        try:
            await self._reconciler.reconcile(ref, poll=poll)
        except DiedError:
            return False
        return True

    def next_look(self, ref: CampaignRef) -> datetime | None:
        """When it wants to look again; None if it has no reason to."""
        return self._alarms.moments.get(ref)

    async def end(self) -> None:
        """Let what it had begun to send go its way, and keep nothing of it."""
        await asyncio.gather(*self._fate.under_way, return_exceptions=True)
        await self._stack.aclose()
