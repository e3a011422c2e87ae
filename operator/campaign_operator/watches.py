"""What is watched, by kopf: each namespace, or all of them, by an operator of kopf's own, so that one that cannot be
watched ends no other.

Owns when a watch begins and ends, what is known of its health, and which namespaces are left out for now. What is seen
goes to `handlers`.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import aiohttp
import kopf
import structlog
from kubernetes.aio.client import Configuration

from campaign_operator.adapters.kubernetes.api_server import REQUEST_SECONDS, APIServer
from campaign_operator.adapters.kubernetes.cluster import load_configuration
from campaign_operator.adapters.kubernetes.events import COMPONENT
from campaign_operator.adapters.kubernetes.left_out import LeftOut
from campaign_operator.adapters.kubernetes.permissions import ALL_NAMESPACES
from campaign_operator.api.vocabulary import PLURAL
from campaign_operator.campaign_answers import POLLING_FINALIZER, CampaignsAnswer, OnListed, OverheardEvents
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.sightings import Sightings
from campaign_operator.observability import metrics
from campaign_operator.preflight import CannotStartError, Obstacle, obstacle_to_watching

LIST_SECONDS = 60.0
"""For one page of the listing; all other requests of kopf have REQUEST_SECONDS."""

CAMPAIGNS_PER_PAGE = 50

RENEWED_SECONDS = 240
"""The API server ends each watch after this time and kopf begins it anew, so a watch that lives is heard of."""

SILENT_SECONDS = 420.0
"""A watch that has neither succeeded nor failed in anything for so long is dead: more than it takes to be renewed, to
be found inactive by kopf, and to be listed anew.
"""

FIRST_HEARD_SECONDS = 60.0
"""The same for a watch that has not been heard of since it began."""

BEGUN_AGAIN_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits before a watch that has ended, or could not begin, is tried again."""

_WHOLE = "application/json"
_METADATA = _WHOLE + ";as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
_OF_LIST, _OF_WATCH = _METADATA.format("List"), _METADATA.format("")

Register = Callable[[kopf.OperatorRegistry], None]
"""Adds the handlers that are told of what is seen."""

OnAllListed = Callable[[str, Collection[CampaignRef]], None]
"""Is told, with the namespace of a watch, of all campaigns that exist when it begins."""


_log = structlog.get_logger()


class Watch:
    """The watch of one namespace, or of all of them, and how it fares."""

    def __init__(
        self,
        api: APIServer,
        namespace: str,
        selector: str,
        register: Register,
        on_listed: OnListed,
        left_out: LeftOut,
        on_spawned: Callable[[], None],
        sightings: Sightings | None,
        on_all_listed: OnAllListed,
    ) -> None:
        self.namespace = namespace
        self._sightings = sightings
        self._selector = selector
        self._left_out = left_out
        self._on_listed = on_listed
        self._on_all_listed = on_all_listed
        self._listed: set[CampaignRef] | None = None
        """While they are listed: the campaigns so far."""

        self.obstacle: Obstacle | None = None
        self.is_watched = False
        self.has_watched = False
        self._api = api
        self._register = register
        self._on_spawned = on_spawned
        self._problem: str | None = "it has not begun"
        self._heard_at = 0.0
        self._has_been_heard = False
        metrics.namespace_watched.labels(namespace).set_function(lambda: float(self.is_watched))

    @property
    def problem(self) -> str | None:
        """Why campaigns are not watched at this moment, in words; None where they are."""
        what = self.obstacle.reason if self.obstacle is not None else self._problem
        return None if what is None else f"{_where(self.namespace)}: {what}"

    @property
    def is_dead(self) -> bool:
        """Whether nothing has been heard of it for too long, not even a failure."""
        return self.obstacle is None and self._seconds_to_its_death() <= 0

    async def run(self) -> str:
        """Watch, until that is possible no longer; why that is."""
        registry = kopf.OperatorRegistry()
        self._register(registry)
        sessions = _Sessions(self._noted)
        kopf.on.login(registry=registry)(sessions.login)
        self._begins()
        named = self.namespace != ALL_NAMESPACES
        tasks = await kopf.spawn_tasks(
            registry=registry,
            settings=_kopf_settings(),
            standalone=True,
            clusterwide=not named,
            namespaces=(self.namespace,) if named else (),
            # by default kopf asks for the name of its user, and the user of a container has none
            identity=COMPONENT,  # type: ignore[arg-type] # kopf's own name for str is private
        )
        self._on_spawned()
        tasks = [*tasks, asyncio.create_task(self._until_it_may_no_more(), name="doubts")]
        try:
            return await self._until_it_ends(tasks)
        finally:
            self.is_watched = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await sessions.close()

    async def _until_it_ends(self, tasks: Collection[asyncio.Task[Any]]) -> str:
        while not self.is_dead:
            ended, _ = await asyncio.wait(
                tasks, timeout=self._seconds_to_its_death(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                error = task.exception()
                return f"{type(error).__name__}: {error}" if error is not None else f"{task.get_name()} has ended"
        return "nothing has been heard of it"

    async def _until_it_may_no_more(self) -> str:
        """Until a doubt proves true: a watch that is open already is not ended for want of a right."""
        while True:
            await self._left_out.doubted(self.namespace)
            obstacle = await obstacle_to_watching(self._api, self.namespace)
            if obstacle is not None and obstacle.refused:
                return obstacle.reason

    def _begins(self) -> None:
        self.obstacle, self._problem = None, "it has not been listed"
        self.has_watched = self._has_been_heard = False
        self._heard_at = asyncio.get_running_loop().time()
        # only now: a standby has no watch
        metrics.watch_age.labels(self.namespace).set_function(partial(self._age, asyncio.get_running_loop()))

    def _age(self, loop: asyncio.AbstractEventLoop) -> float:
        """By the loop that it began in: whoever reads the metrics may run in none."""
        return loop.time() - self._heard_at

    def _seconds_to_its_death(self) -> float:
        limit = SILENT_SECONDS if self._has_been_heard else FIRST_HEARD_SECONDS
        return self._heard_at + limit - asyncio.get_running_loop().time()

    async def _noted(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """A request of kopf's, which knows no selector. It is told the metadata of a campaign alone: the rest may be a
        megabyte.
        """
        if request.method != "GET" or not request.url.path.endswith(f"/{PLURAL}"):
            async with asyncio.timeout(REQUEST_SECONDS):
                return await send(request)
        is_watch = "watch" in request.url.query
        request.headers["Accept"] = _OF_WATCH if is_watch else _WHOLE
        if not is_watch and "continue" not in request.url.query:
            self._listed = set()
            if self._sightings is not None:
                self._sightings.begin_anew()
        if self._selector:
            request.url = request.url.update_query(labelSelector=self._selector)
        try:
            response = await send(request)
            if not is_watch and isinstance(response, CampaignsAnswer) and not await response.has_read_page():
                request.headers["Accept"] = _OF_LIST
                response = await send(request)
        except (aiohttp.ClientError, OSError) as error:
            self._heard(type(error).__name__)
            raise
        if response.status != 200:
            self._heard(f"{response.status} {response.reason}")
            return response
        if is_watch:
            self._heard(None)
            if self._listed is not None:
                self._on_all_listed(self.namespace, self._listed)
                self._listed = None
            if self._sightings is not None:
                response.content = OverheardEvents(response.content, self._sightings)  # type: ignore[assignment] # stands in
                self._sightings.complete()
            return response
        self._heard("it is being listed")
        if isinstance(response, CampaignsAnswer):
            response.on_listed, response.sightings = self._page_listed, self._sightings
        return response

    async def _page_listed(self, page: Collection[Mapping[str, Any]], *, are_whole: bool) -> None:
        if self._listed is not None:
            names = (each["metadata"] for each in page)
            self._listed.update(CampaignRef(str(its["namespace"]), str(its["name"])) for its in names)
        await self._on_listed(page, are_whole=are_whole)

    def _heard(self, problem: str | None) -> None:
        self._heard_at, self._has_been_heard = asyncio.get_running_loop().time(), True
        self._problem, self.is_watched = problem, problem is None
        self.has_watched = self.has_watched or self.is_watched


class Watches:
    """All that this operator watches: the campaigns in `namespaces`, or everywhere, that match `selector`.

    `on_listed` is told of each campaign that exists when a watch begins, `on_all_listed` of them all, and `register` of
    what happens afterwards.
    `on_left_out` is told of a namespace that is left out until it can be watched; `on_spawned` is called when kopf has
    begun anew. `sightings`, where there are any, are for a single watch of all campaigns.
    """

    def __init__(
        self,
        api: APIServer,
        namespaces: Sequence[str],
        selector: str,
        register: Register,
        left_out: LeftOut,
        *,
        on_listed: OnListed,
        on_all_listed: OnAllListed,
        on_left_out: Callable[[str], None],
        on_spawned: Callable[[], None],
        sightings: Sightings | None = None,
    ) -> None:
        self._api = api
        self._left_out = left_out
        self._on_left_out = on_left_out
        every = namespaces or (ALL_NAMESPACES,)
        self._watches = [
            Watch(api, each, selector, register, on_listed, left_out, on_spawned, sightings, on_all_listed)
            for each in every
        ]

    async def run(self) -> None:
        """Watch for ever. Raises CannotStartError where the API server refuses all of it."""
        keepers = [asyncio.create_task(self._keep(each), name=f"watch of {each.namespace}") for each in self._watches]
        try:
            ended, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED)
            for keeper in ended:
                keeper.result()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    def why_not_ready(self) -> list[str]:
        """What is wrong where nothing is watched at all; a namespace that is left out alone is no reason."""
        problems = [each.problem for each in self._watches]
        return [problem for problem in problems if problem is not None] if all(problems) else []

    def why_not_alive(self) -> list[str]:
        """The watches that a restart might help."""
        return [f"{_where(each.namespace)}: nothing is heard of it" for each in self._watches if each.is_dead]

    async def _keep(self, watch: Watch) -> None:
        attempt = 0
        while True:
            obstacle = await obstacle_to_watching(self._api, watch.namespace)
            if obstacle is None:
                self._left_out.discard(watch.namespace)
                ended = await watch.run()
                attempt = 0 if watch.has_watched else attempt
                _log.warning("the watch has ended and is begun anew", where=_where(watch.namespace), error=ended)
            else:
                self._note(watch, obstacle)
            await asyncio.sleep(BEGUN_AGAIN_SECONDS[min(attempt, len(BEGUN_AGAIN_SECONDS) - 1)])
            attempt += 1

    def _note(self, watch: Watch, obstacle: Obstacle) -> None:
        if watch.obstacle != obstacle:
            _log.warning("not watched for now", where=_where(watch.namespace), error=obstacle.reason)
        watch.obstacle = obstacle
        if all(_is_refused(each) for each in self._watches):
            raise CannotStartError(obstacle.reason)
        if obstacle.refused:
            self._left_out.add(watch.namespace)
            self._on_left_out(watch.namespace)


class _Sessions:
    """kopf's sessions, one after another: a new one for new credentials."""

    def __init__(self, noted: aiohttp.ClientMiddlewareType) -> None:
        self._noted = noted
        self._known: kopf.ConnectionInfo | None = None
        self._session: aiohttp.ClientSession | None = None

    async def login(self, **_: Any) -> kopf.AiohttpSession | None:
        """The credentials as they are now. None where kopf has had them already and they were refused."""
        info = await _connection_info(await load_configuration())
        if info == self._known:
            return None
        await self.close()
        self._known = info
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
            headers=info.as_http_headers(),
            proxy=info.proxy_url,
            response_class=CampaignsAnswer,
            middlewares=(self._noted,),
        )
        return kopf.AiohttpSession(server=info.server, aiohttp_session=self._session)

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


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
    """No handler of ours asks what changed, yet kopf copies each object deeply to find out."""

    def build(self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None) -> kopf.BodyEssence:
        """Nothing that could differ."""
        return kopf.BodyEssence({})


def _kopf_settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    # Events are ours: kopf's would tell of its handlers, not of campaigns
    settings.posting.enabled = False
    # no rights on namespaces and CRDs are needed; a watch whose CRD goes away ends, and is begun anew
    settings.scanning.disabled = True
    settings.networking.request_timeout = LIST_SECONDS
    # by default it goes on for a minute, and meanwhile nobody looks at what is in the way
    settings.networking.error_backoffs = (1, 1, 2, 3)
    settings.watching.chunk_size = CAMPAIGNS_PER_PAGE
    settings.watching.connect_timeout = REQUEST_SECONDS
    settings.watching.server_timeout = RENEWED_SECONDS
    # a worker for each object keeps its last event for so long
    settings.queueing.idle_timeout = 1.0
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.finalizer = POLLING_FINALIZER
    # it would kill this process ten minutes after one of several watches has ended
    settings.process.ultimate_exiting_timeout = None
    return settings


def _is_refused(watch: Watch) -> bool:
    return watch.obstacle is not None and watch.obstacle.refused


def _where(namespace: str) -> str:
    return f"namespace {namespace}" if namespace != ALL_NAMESPACES else "all namespaces"
