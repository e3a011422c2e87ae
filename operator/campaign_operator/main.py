"""The composition root: from options to adapters to handlers, and a clean way out.

The only module beside `handlers` that knows kopf. Everything is made here once and handed down; nothing reaches for a
global.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import kopf
import structlog
from kubernetes.aio.client import ApiClient, Configuration

from campaign_operator import handlers
from campaign_operator.adapters.analytics import SharedAnalytics
from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.kubernetes.api_server import REQUEST_SECONDS, APIServer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.cluster import load_configuration, renew_credentials
from campaign_operator.adapters.kubernetes.events import COMPONENT, EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange, OverInTime
from campaign_operator.adapters.outbound.watchdog import SetTimer, Watchdog, set_timer_of_this_machine
from campaign_operator.adapters.outbound.webhook import WebhookNotifier
from campaign_operator.api.vocabulary import GROUP
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.engine.alarms import LoopAlarms
from campaign_operator.engine.ports import Clock, Dialer
from campaign_operator.engine.reconcile import Reconciler
from campaign_operator.observability import logging, metrics
from campaign_operator.preflight import CannotStartError, check_before_start
from campaign_operator.settings import RunOptions

EXIT_SECONDS = 30.0
"""For what is under way at the end: a request and the record of its answer. The pod's grace period must be longer."""

FORGET_OBJECTS_SECONDS = 600.0

_log = structlog.get_logger()


async def run_operator(options: RunOptions, clock: Clock | None = None, set_timer: SetTimer | None = None) -> None:
    """Run until SIGINT or SIGTERM, by the machine's clocks and timer unless others are given.

    Raises preflight.CannotStartError or cluster.NoClusterError.
    """
    logging.configure(options.log_format, options.verbose)
    configuration = await load_configuration()
    async with ApiClient(configuration) as client:
        api = APIServer(client, renew_credentials)
        await check_before_start(api, options.namespaces)
        if options.metrics_port is not None:
            metrics.serve_metrics(options.metrics_port)
        clock = clock or SystemClock()
        watchdog = Watchdog(clock, set_timer or set_timer_of_this_machine())
        async with _reconciler(api, options, clock, watchdog) as reconciler:
            await _run_kopf(reconciler, options)


@asynccontextmanager
async def _reconciler(
    api: APIServer, options: RunOptions, clock: Clock, watchdog: Watchdog
) -> AsyncIterator[Reconciler]:
    policy = EgressPolicy(ca_file=options.ca_file, allow_cidrs=options.allow_cidrs, proxy=options.proxy)
    async with AsyncExitStack() as stack:
        # one for each purpose, so that a receiver's dead name server holds up no dialer's name
        to_dialers = Egress(policy, unacknowledged_seconds=options.settings.request_timeout_seconds)
        to_webhooks, to_lists = Egress(policy), Egress(policy)
        for egress in (to_dialers, to_webhooks, to_lists):
            stack.callback(egress.close)
        dialer = _dialer(to_dialers, clock, watchdog, options.settings, stack)
        webhooks = HTTPExchange(to_webhooks, keep_alive=False)
        stack.push_async_callback(webhooks.aclose)
        notifier = WebhookNotifier(webhooks, clock)
        events = EventRecorder(api, clock)
        events.start()
        stack.push_async_callback(events.close, 5.0)
        objects = KeyedObjects(api, clock)
        store = KubeStore(api, options.namespaces, objects, events, parse_connection, clock)
        analytics = SharedAnalytics(dialer, clock, options.settings.poll_seconds)
        stack.push_async_callback(analytics.aclose)
        alarms = LoopAlarms(clock)
        stack.push_async_callback(alarms.close, EXIT_SECONDS)
        limits = options.list_limits
        downloads = Downloads(to_lists, max_bytes=limits.max_bytes, timeout_seconds=options.list_timeout_seconds)
        stack.push_async_callback(downloads.aclose)
        contacts = ContactLists(objects, downloads, clock, alarms.fire_now, limits)
        stack.push_async_callback(contacts.aclose)
        reconciler = Reconciler(
            store, contacts, Calendars(objects), dialer, analytics, notifier, alarms, clock, options.settings
        )
        alarms.on_alarm(reconciler.reconcile)
        sweeper = asyncio.create_task(_forget_objects(store, objects), name="forget-objects")
        stack.callback(sweeper.cancel)
        yield reconciler


def _dialer(egress: Egress, clock: Clock, watchdog: Watchdog, settings: Settings, stack: AsyncExitStack) -> Dialer:
    exchange = HTTPExchange(egress, over_in_time=OverInTime(watchdog, settings.over_within_seconds))
    token_exchange = HTTPExchange(egress)
    tokens = TokenProvider(token_exchange, clock)
    for closing in (exchange, token_exchange, tokens):
        stack.push_async_callback(closing.aclose)
    return CXoneDialer(exchange, tokens, clock, request_timeout_seconds=settings.request_timeout_seconds)


async def _forget_objects(store: KubeStore, objects: KeyedObjects) -> None:
    while True:
        await asyncio.sleep(FORGET_OBJECTS_SECONDS)
        store.forget_connections_older_than(FORGET_OBJECTS_SECONDS)
        objects.forget_older_than(FORGET_OBJECTS_SECONDS)


async def _run_kopf(reconciler: Reconciler, options: RunOptions) -> None:
    registry = kopf.OperatorRegistry()
    handlers.register(registry, reconciler, options.settings.poll_seconds)

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        return await _connection_info(await load_configuration())

    @kopf.on.probe(id="alive", registry=registry)
    async def alive(**_: Any) -> str:
        return "yes"

    endpoint = f"http://0.0.0.0:{options.health_port}/healthz" if options.health_port is not None else None
    _log.info("starting", namespaces=list(options.namespaces) or "all", settings=str(options.settings))
    try:
        await kopf.operator(
            registry=registry,
            settings=_kopf_settings(),
            standalone=True,
            clusterwide=not options.namespaces,
            namespaces=options.namespaces,
            liveness_endpoint=endpoint,
            # by default kopf asks for the name of its user, and the user of a container has none
            identity=COMPONENT,  # type: ignore[arg-type] # kopf's own name for str is private
        )
    except kopf.LoginError:
        raise CannotStartError(
            "the API server refuses the operator's credentials: 401 Unauthorized; look for a ServiceAccount that was "
            "deleted, or a token that has expired, and start the operator again"
        ) from None


async def _connection_info(configuration: Configuration) -> kopf.ConnectionInfo:
    """The same credentials for kopf."""
    header = await configuration.get_api_key_with_prefix("BearerToken")
    scheme, _, token = (header or "").partition(" ")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        username=configuration.username or None,
        password=configuration.password or None,
        scheme=scheme or None,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        proxy_url=configuration.proxy,
    )


class _NoDiffs(kopf.AnnotationsDiffBaseStorage):
    """No handler of ours asks what changed, yet kopf copies each object deeply to find out: a tenth of the CPU time of
    polling.
    """

    def build(self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None) -> kopf.BodyEssence:
        """Nothing that could differ."""
        return kopf.BodyEssence({})


def _kopf_settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    # Events are ours: kopf's would tell of its handlers, not of campaigns
    settings.posting.enabled = False
    # no rights on namespaces and CRDs are needed, and the CRD is known to be there
    settings.scanning.disabled = True
    # by default handlers in flight are cancelled after 2 s, in the middle of a submission
    settings.queueing.exit_timeout = EXIT_SECONDS
    # no handler of ours looks at what kopf patched; waiting to see it come back delayed the first poll of a run by 5 s
    settings.persistence.consistency_timeout = 0
    # by default kopf waits five minutes for an answer that does not come, and nothing is watched meanwhile
    settings.networking.request_timeout = REQUEST_SECONDS
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.finalizer = f"{GROUP}/polling"
    return settings
