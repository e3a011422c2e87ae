"""The composition root: from options to adapters to watches, and a clean way out.

Everything is made here once and handed down; nothing reaches for a global.
"""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from uuid import uuid4

import structlog
from kubernetes.aio.client import ApiClient

from campaign_operator.adapters.analytics import SharedAnalytics
from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.api_server import REQUEST_SECONDS, APIServer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.cluster import load_configuration, renew_credentials
from campaign_operator.adapters.kubernetes.events import EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.adapters.kubernetes.leader_election import Leadership, LeaseLock
from campaign_operator.adapters.kubernetes.left_out import LeftOut
from campaign_operator.adapters.kubernetes.policies import Policies
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange, OverInTime
from campaign_operator.adapters.outbound.watchdog import SetTimer, Watchdog, set_timer_of_this_machine
from campaign_operator.adapters.outbound.webhook import WebhookNotifier, webhook_exchange
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.campaigns.label_selector import EVERY_CAMPAIGN
from campaign_operator.engine.alarms import LoopAlarms
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.outside import (
    OutsideAnalytics,
    OutsideCalendars,
    OutsideContacts,
    OutsideDialer,
    OutsideNotifier,
    OutsidePolicies,
)
from campaign_operator.engine.ports import Clock, Dialer
from campaign_operator.engine.reconcile import Reconciler
from campaign_operator.engine.sightings import Sightings
from campaign_operator.handlers import note_all_listed, note_listed, register
from campaign_operator.observability import logging, metrics
from campaign_operator.observability.campaign_metrics import CampaignMetrics
from campaign_operator.observability.endpoints import Check, serving_health, serving_metrics
from campaign_operator.preflight import CannotStartError, check_before_start
from campaign_operator.settings import RunOptions
from campaign_operator.watches import Watches

FORGET_OBJECTS_SECONDS = 600.0

YOUNG_OBJECTS = 10_000
"""How many more objects there must be before Python looks for garbage among them, instead of its 700.

Every hundredth time it looks through all, which took 0.12 s beside 5,000 campaigns, twice in a burst of 200.
"""

_log = structlog.get_logger()


async def run_operator(options: RunOptions, clock: Clock | None = None, set_timer: SetTimer | None = None) -> None:
    """Run until SIGINT or SIGTERM, by the machine's clocks and timer unless others are given.

    Raises preflight.CannotStartError or cluster.NoClusterError.
    """
    logging.configure(options.log_format, options.log_level)
    gc.freeze()  # modules stay for as long as the process: a collection need not look through them again
    gc.set_threshold(YOUNG_OBJECTS)
    configuration = await load_configuration()
    async with ApiClient(configuration) as client:
        api = APIServer(client, renew_credentials)
        await check_before_start(api, options.namespaces)
        clock = clock or SystemClock()
        watchdog = Watchdog(clock, set_timer or set_timer_of_this_machine())
        async with _core(api, options, clock, watchdog) as core:
            await _run(core, api, options, clock)


@dataclass(frozen=True, slots=True)
class _Core:
    """What looks after campaigns, and what wakes it."""

    reconciler: Reconciler
    left_out: LeftOut
    looks: Looks
    alarms: LoopAlarms
    sightings: Sightings | None
    campaign_metrics: CampaignMetrics

    async def end(self, patience_seconds: float) -> None:
        """Begin nothing new. What is under way may be a phone call, and has its time until the answer is on record."""
        self.alarms.close()
        self.reconciler.end()
        await self.looks.close(patience_seconds)


async def _run(core: _Core, api: APIServer, options: RunOptions, clock: Clock) -> None:
    ended = asyncio.Event()
    end_on_signals = partial(_on_signals, ended.set)
    watches = Watches(
        api,
        options.namespaces,
        options.selector.expression,
        partial(register, reconciler=core.reconciler, looks=core.looks),
        core.left_out,
        on_listed=partial(note_listed, reconciler=core.reconciler, looks=core.looks),
        on_all_listed=partial(note_all_listed, reconciler=core.reconciler),
        on_left_out=core.reconciler.leave_out,
        on_spawned=end_on_signals,
        sightings=core.sightings,
    )
    end_on_signals()
    async with AsyncExitStack() as stack:
        leads = asyncio.Event()
        await _serve(stack, options, watches, core.campaign_metrics, leads)
        _log.info(
            "starting",
            namespaces=list(options.namespaces) or "all",
            campaigns=options.selector.expression or "all",
            settings=str(options.settings),
            calling_hours_policy=options.policy.digest if options.policy is not None else "none",
        )
        told = asyncio.create_task(ended.wait(), name="end")
        stack.push_async_callback(_cancelled, told)
        ends: set[asyncio.Task[Any]] = {told}
        lost: asyncio.Task[str] | None = None
        metrics.leader_election.set(options.lease is not None)
        if options.lease is not None:
            lost = await _elected(stack, Leadership(LeaseLock(api, clock, options.lease, _identity())), told)
            if lost is None:
                return
            ends.add(lost)
        leads.set()
        watching = asyncio.create_task(watches.run(), name="watches")
        stack.push_async_callback(_cancelled, watching)
        # a request of the last moment, and the record of its answer
        patience = options.settings.request_timeout_seconds + REQUEST_SECONDS
        stack.push_async_callback(core.end, patience)
        await asyncio.wait({watching, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        if lost is not None and lost.done():
            metrics.leader.set(0)
            core.campaign_metrics.end()
        if lost is not None and not told.done():
            raise CannotStartError(lost.result())
        _log.info("ending; what is under way is waited for", patience_seconds=patience)


async def _elected(
    stack: AsyncExitStack, leadership: Leadership, told: asyncio.Task[Literal[True]]
) -> asyncio.Task[str] | None:
    """Wait for the Lease; a task that ends when it is lost, with the reason.

    None where this replica is to end before it has led.
    """
    _log.info("waiting for the Lease")
    acquiring = asyncio.create_task(leadership.acquire(), name="acquire the Lease")
    stack.push_async_callback(_cancelled, acquiring)
    await asyncio.wait({acquiring, told}, return_when=asyncio.FIRST_COMPLETED)
    if not acquiring.done():
        return None
    acquiring.result()
    _log.info("leading")
    metrics.leader.set(1)
    # once nothing is under way any more
    stack.push_async_callback(leadership.release)
    lost = asyncio.create_task(leadership.until_lost(), name="renew the Lease")
    stack.push_async_callback(_cancelled, lost)
    return lost


def _identity() -> str:
    """Unique for this process: a container that is started again is another replica."""
    return f"{socket.gethostname()}_{uuid4()}"


async def _serve(
    stack: AsyncExitStack,
    options: RunOptions,
    watches: Watches,
    campaign_metrics: CampaignMetrics,
    leads: asyncio.Event,
) -> None:
    def of_a_leader(check: Check) -> Check:
        """A standby watches nothing, and is well."""
        return lambda: check() if leads.is_set() else []

    async def begin(serving: Callable[[int], AbstractAsyncContextManager[None]], port: int | None) -> None:
        if port is None:
            return
        try:
            await stack.enter_async_context(serving(port))
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno is not None else str(error)
            raise CannotStartError(f"cannot listen on port {port}: {reason}") from None

    await begin(partial(serving_metrics, by_campaign=campaign_metrics), options.metrics_port)
    health = partial(serving_health, alive=of_a_leader(watches.why_not_alive), ready=of_a_leader(watches.why_not_ready))
    await begin(health, options.health_port)


async def _cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _on_signals(act: Callable[[], None]) -> None:
    """kopf sets handlers of its own each time it begins, and would end at once, in the middle of a request."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, act)


@asynccontextmanager
async def _core(api: APIServer, options: RunOptions, clock: Clock, watchdog: Watchdog) -> AsyncIterator[_Core]:
    policy = EgressPolicy(ca_file=options.ca_file, allow_cidrs=options.allow_cidrs, proxy=options.proxy)
    async with AsyncExitStack() as stack:
        # one for each purpose, so that a receiver's dead name server holds up no dialer's name
        to_dialers = Egress(policy, unacknowledged_seconds=options.settings.request_timeout_seconds)
        to_webhooks, to_lists = Egress(policy), Egress(policy)
        for egress in (to_dialers, to_webhooks, to_lists):
            stack.callback(egress.close)
        dialer = _dialer(to_dialers, clock, watchdog, options.settings, stack)
        webhooks = webhook_exchange(to_webhooks)
        stack.push_async_callback(webhooks.aclose)
        notifier = WebhookNotifier(webhooks, clock)
        looks, sightings = Looks(), Sightings() if sees_all(options) else None
        events = EventRecorder(api, clock, looks.calm)
        events.start()
        stack.push_async_callback(events.close, 5.0)
        objects = KeyedObjects(api, clock)
        left_out = LeftOut()
        store = KubeStore(api, options.namespaces, objects, events, parse_connection, clock, left_out)
        analytics = SharedAnalytics(dialer, clock, options.settings.poll_seconds)
        stack.push_async_callback(analytics.aclose)
        campaign_metrics = CampaignMetrics(per_campaign=options.metrics_per_campaign)
        metrics.looks_under_way.set_function(looks.under_way)
        metrics.looks_waiting.set_function(looks.waiting)
        alarms = LoopAlarms(clock, looks.ask, options.settings.poll_seconds)
        limits = options.list_limits
        downloads = Downloads(to_lists, max_bytes=limits.max_bytes, timeout_seconds=options.list_timeout_seconds)
        stack.push_async_callback(downloads.aclose)
        steps = ShortSteps()
        reader = ListReader(objects, downloads, clock, limits, steps)
        contacts = ContactLists(reader, clock, partial(looks.ask, asked=Asked(check=True)))
        stack.push_async_callback(contacts.aclose)
        calendars = Calendars(objects, clock, steps)
        stack.push_async_callback(calendars.aclose)
        policies = Policies(objects, clock)
        stack.push_async_callback(policies.aclose)
        reconciler = Reconciler(
            store,
            OutsideContacts(contacts),
            OutsideCalendars(calendars),
            OutsidePolicies(policies),
            OutsideDialer(dialer),
            OutsideAnalytics(analytics),
            OutsideNotifier(notifier),
            alarms,
            clock,
            FairPlaces(share=1, total=2),
            options.settings,
            options.selector,
            options.policy,
            sightings,
            campaign_metrics,
        )
        looks.on_look(reconciler.look)
        sweeper = asyncio.create_task(_forget_objects(store, objects, calendars, policies), name="forget-objects")
        stack.callback(sweeper.cancel)
        yield _Core(reconciler, left_out, looks, alarms, sightings, campaign_metrics)


def sees_all(options: RunOptions) -> bool:
    """Whether the watch tells of every campaign that may have the campaignID of another."""
    return not options.namespaces and options.selector == EVERY_CAMPAIGN


def _dialer(egress: Egress, clock: Clock, watchdog: Watchdog, settings: Settings, stack: AsyncExitStack) -> Dialer:
    exchange = HTTPExchange(egress, over_in_time=OverInTime(watchdog, settings.over_within_seconds))
    token_exchange = HTTPExchange(egress)
    tokens = TokenProvider(token_exchange, clock)
    for closing in (exchange, token_exchange, tokens):
        stack.push_async_callback(closing.aclose)
    return CXoneDialer(exchange, tokens, clock, request_timeout_seconds=settings.request_timeout_seconds)


async def _forget_objects(store: KubeStore, objects: KeyedObjects, calendars: Calendars, policies: Policies) -> None:
    while True:
        await asyncio.sleep(FORGET_OBJECTS_SECONDS)
        store.forget_connections_older_than(FORGET_OBJECTS_SECONDS)
        objects.forget_older_than(FORGET_OBJECTS_SECONDS)
        calendars.forget_older_than(FORGET_OBJECTS_SECONDS)
        policies.forget_older_than(FORGET_OBJECTS_SECONDS)
