"""Campaigns and Secrets at the API server.

Owns which request is made for what, and the translation between the API server's answers and the exceptions that the
reconciler knows. Reads are never served from a cache, since what follows a read may be a phone call; only a
connection Secret may be, where the caller says how old it may be.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.campaign_paths import CAMPAIGN, CAMPAIGN_STATUS, lists_of
from campaign_operator.adapters.kubernetes.campaign_wire import (
    Wire,
    campaign_of,
    rival_of,
    store_error,
    unusable_campaign,
)
from campaign_operator.adapters.kubernetes.events import EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import NOT_FOUND, KeyedObjects
from campaign_operator.adapters.kubernetes.left_out import LeftOut
from campaign_operator.adapters.kubernetes.permissions import ALL_NAMESPACES
from campaign_operator.api.conditions import Reason
from campaign_operator.api.definition import lost_fields, outdated
from campaign_operator.api.references import ObjectKind
from campaign_operator.api.status import Condition, OutboundCampaignStatus
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, GROUP, HAS_RUN_ANNOTATION, KIND, VERSION
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Resource
from campaign_operator.domain.decisions.unusable import UnusableCampaign
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.signing_secret import signing_key
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status.campaign_events import CampaignEvent
from campaign_operator.engine.ports import Clock, ConflictError, StoreUnavailableError, UnusableError
from campaign_operator.observability import metrics

_NAMESPACE = "/api/v1/namespaces/{namespace}"
_AS_US = {"fieldManager": "campaign-operator"}
_LISTING_RIVALS = "listing the campaigns of one campaignID"

REFUSED_SECONDS = 600.0
"""An account that may not list the campaigns of all namespaces is not asked to for so long."""

ParseConnection = Callable[[str, Mapping[str, bytes]], Connection | Problem]
"""(name of the Secret, its data) -> the connection; which keys there are is the dialer's matter."""


class KubeStore:
    """ports.CampaignStore. `namespaces` are those this operator watches, but for `left_out`; none means all of them."""

    def __init__(
        self,
        api: APIServer,
        namespaces: Iterable[str],
        objects: KeyedObjects,
        events: EventRecorder,
        parse_connection: ParseConnection,
        clock: Clock,
        left_out: LeftOut | None = None,
    ) -> None:
        self._api = api
        self._namespaces = tuple(namespaces)
        self._left_out = left_out or LeftOut()
        self._objects = objects
        self._events = events
        self._parse_connection = parse_connection
        self._clock = clock
        self._connections: dict[tuple[str, str], tuple[float, Connection | Problem, str]] = {}
        self._list_everywhere_from = clock.monotonic()

    async def read(self, ref: CampaignRef) -> Campaign | None:
        """See ports.CampaignStore."""
        answer = await self._ask(
            "reading the campaign", "GET", CAMPAIGN, {"namespace": ref.namespace, "name": ref.name}
        )
        if answer.status == 404:
            return None
        if answer.status == 403:
            self._left_out.doubt(ref.namespace if self._namespaces else ALL_NAMESPACES)
        return campaign_of(_body(answer, "reading the campaign"))

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        """See ports.CampaignStore."""
        doing, sent = "writing the status", status.to_wire()
        names = _names(campaign)
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {**names, "uid": campaign.uid, "resourceVersion": campaign.resource_version},
            "status": sent,
        }
        try:
            answer = await self._ask(doing, "PUT", CAMPAIGN_STATUS, names, _AS_US, body)
            if answer.status in (404, 409):
                metrics.status_writes.labels("conflict").inc()
                raise ConflictError
            kept = _body(answer, doing)
        except StoreUnavailableError:
            metrics.status_writes.labels("failed").inc()
            raise
        lost = lost_fields(sent, kept.get("status"))
        if lost:
            metrics.status_writes.labels("pruned").inc()
            raise UnusableError(unusable_campaign(kept, Reason.CUSTOM_RESOURCE_DEFINITION_OUTDATED, outdated(lost)))
        metrics.status_writes.labels("written").inc()
        return campaign_of(kept, campaign)

    async def write_conditions(
        self, resource: Resource, conditions: tuple[Condition, ...], *, observed_generation: int | None = None
    ) -> str:
        """See ports.CampaignStore."""
        status: Wire = {"conditions": [condition.to_wire() for condition in conditions]}
        if observed_generation is not None:
            status["observedGeneration"] = observed_generation
        written = await self._patch(resource, "writing the conditions", CAMPAIGN_STATUS, {}, {"status": status})
        return str(written["metadata"]["resourceVersion"])

    async def write_finalizer(
        self, campaign: Campaign, present: bool, *, has_run: str | None = None
    ) -> Campaign | None:
        """See ports.CampaignStore."""
        finalizers = None if present and campaign.deleting else _with_ours(campaign, present)
        metadata: Wire = {} if finalizers in (None, list(campaign.finalizers)) else {"finalizers": finalizers}
        if has_run is not None and has_run != (campaign.has_run or ""):
            metadata["annotations"] = {HAS_RUN_ANNOTATION: has_run or None}
        if not metadata:
            return campaign
        written = campaign_of(await self._patch(campaign, "writing the finalizer", CAMPAIGN, metadata), campaign)
        return None if written.deleting and not written.finalizers else written

    async def release(self, resource: Resource) -> None:
        """See ports.CampaignStore."""
        metadata = {"finalizers": _with_ours(resource, present=False)}
        await self._patch(resource, "writing the finalizer", CAMPAIGN, metadata)

    async def _patch(
        self, resource: Resource, doing: str, path: str, metadata: Wire, rest: Mapping[str, object] | None = None
    ) -> Wire:
        """A merge patch replaces whole lists. The resourceVersion makes that safe: they are as they were read."""
        at = {"uid": resource.uid, "resourceVersion": resource.resource_version}
        body = {"metadata": {**at, **metadata}, **(rest or {})}
        answer = await self._ask(doing, "PATCH", path, _names(resource), _AS_US, body)
        if answer.status in (404, 409):
            raise ConflictError
        return _body(answer, doing)

    async def namespace_is_terminating(self, namespace: str) -> bool:
        """See ports.CampaignStore."""
        doing = "reading the namespace"
        answer = await self._ask(doing, "GET", _NAMESPACE, {"namespace": namespace})
        if answer.status in (403, 404):
            return answer.status == 404
        wire = _body(answer, doing)
        phase = (wire.get("status") or {}).get("phase")
        return phase == "Terminating" or wire["metadata"].get("deletionTimestamp") is not None

    async def list_with_campaign_id(self, campaign_id: str) -> tuple[Campaign | UnusableCampaign, ...]:
        """See ports.CampaignStore."""
        query = {"fieldSelector": f"spec.campaignID={campaign_id}"}
        if not self._namespaces or self._clock.monotonic() >= self._list_everywhere_from:
            (everywhere,) = await self._list([], query)
            if everywhere.status != 403 or not self._namespaces:
                return _rivals_in(everywhere)
            self._list_everywhere_from = self._clock.monotonic() + REFUSED_SECONDS
        watched = [namespace for namespace in self._namespaces if namespace not in self._left_out]
        if not watched:
            raise StoreUnavailableError(f"{_LISTING_RIVALS}: none of the namespaces can be listed")
        return tuple(rival for answer in await self._list(watched, query) for rival in _rivals_in(answer))

    async def _list(self, namespaces: Sequence[str], query: Mapping[str, str]) -> list[APIAnswer]:
        places = lists_of(namespaces)
        # at once: this is asked once more between an intent and its request
        answers = await asyncio.gather(
            *(self._ask(_LISTING_RIVALS, "GET", path, names, query) for path, names in places)
        )
        for (_, names), answer in zip(places, answers, strict=True):
            if answer.status == 403:
                self._left_out.doubt(names.get("namespace", ALL_NAMESPACES))
        return answers

    async def read_connection(
        self, namespace: str, secret_name: str, max_age_seconds: float
    ) -> tuple[Connection | Problem, str]:
        """See ports.CampaignStore."""
        key, now = (namespace, secret_name), self._clock.monotonic()
        known = self._connections.get(key)
        if known is not None and now - known[0] < max_age_seconds:
            return known[1], known[2]
        data, version = await self._objects.data(ObjectKind.SECRET, namespace, secret_name)
        connection = _missing(secret_name) if data is None else self._parse_connection(secret_name, data)
        if isinstance(connection, Connection):
            connection = replace(connection, owner=namespace)
        self._connections[key] = now, connection, version
        return connection, version

    async def read_signing_key(self, namespace: str, secret_name: str, key: str) -> bytes | Problem:
        """See ports.CampaignStore."""
        data, _ = await self._objects.data(ObjectKind.SECRET, namespace, secret_name)
        if data is None:
            return _missing(secret_name)
        try:
            return signing_key(data, key)
        except ValueError as error:
            return Problem(Reason.SECRET_INVALID, f'Secret "{secret_name}": {error}')

    def record_event(self, campaign: Resource, event: CampaignEvent) -> None:
        """See ports.CampaignStore."""
        self._events.record(campaign, event)

    def forget_connections_older_than(self, seconds: float) -> None:
        """Drop what no campaign has asked for lately, so that deleted Secrets do not stay in memory."""
        limit = self._clock.monotonic() - seconds
        self._connections = {k: v for k, v in self._connections.items() if v[0] >= limit}

    async def _ask(
        self,
        doing: str,
        method: str,
        path: str,
        names: Mapping[str, str] | None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> APIAnswer:
        try:
            return await self._api.request(method, path, names, query, body)
        except NoAnswerError as error:
            raise StoreUnavailableError(f"{doing}: {error}") from None


def _missing(secret_name: str) -> Problem:
    return Problem(Reason.SECRET_NOT_FOUND, f'Secret "{secret_name}" {NOT_FOUND}')


def _names(resource: Resource) -> dict[str, str]:
    return {"namespace": resource.ref.namespace, "name": resource.ref.name}


def _with_ours(resource: Resource, present: bool) -> list[str]:
    if present and resource.has_finalizer:
        return list(resource.finalizers)
    others = [finalizer for finalizer in resource.finalizers if finalizer != CANCEL_FINALIZER]
    return [*others, CANCEL_FINALIZER] if present else others


def _body(answer: APIAnswer, doing: str) -> Wire:
    """The object in a good answer."""
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise store_error(answer, doing)
    return answer.body


def _rivals_in(answer: APIAnswer) -> tuple[Campaign | UnusableCampaign, ...]:
    return tuple(rival_of(wire) for wire in _body(answer, _LISTING_RIVALS)["items"])
