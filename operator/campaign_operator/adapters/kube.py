"""Campaigns and Secrets at the API server.

Owns the translation between the wire and our models, and between the API server's answers and the two exceptions that
the reconciler knows. Reads are never served from a cache, since what follows a read may be a phone call; only a
connection Secret may be, where the caller says how old it may be.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from campaign_operator.adapters.api_server import APIAnswer, APIServer, NoAnswerError
from campaign_operator.adapters.events import EventRecorder
from campaign_operator.adapters.objects import NOT_FOUND, KeyedObjects
from campaign_operator.api.conditions import Reason
from campaign_operator.api.references import ObjectKind
from campaign_operator.api.status import OutboundCampaignStatus, parse_status
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    CANCEL_FINALIZER,
    GROUP,
    KIND,
    MAX_RESOLVE,
    PLURAL,
    REQUESTED_AT_ANNOTATION,
    RESOLVE_ANNOTATION,
    VERSION,
)
from campaign_operator.domain.campaign import Campaign, CampaignRef
from campaign_operator.domain.connection import Connection
from campaign_operator.domain.connection_secret import parse_connection, text_of
from campaign_operator.domain.notes import Note
from campaign_operator.domain.observation import Problem
from campaign_operator.domain.size import encoded_bytes
from campaign_operator.observability import metrics
from campaign_operator.ports import Clock, ConflictError, StoreUnavailableError

_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
_CAMPAIGN = f"{_CAMPAIGNS}/{{name}}"
_STATUS = f"{_CAMPAIGN}/status"
_ALL_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
_NAMESPACE = "/api/v1/namespaces/{namespace}"
_AS_US = {"fieldManager": "campaign-operator"}
_REQUESTED_AT_LENGTH = 256

Wire = dict[str, Any]


class KubeStore:
    """ports.CampaignStore. `namespaces` are those this operator watches; none means all of them."""

    def __init__(
        self, api: APIServer, namespaces: Iterable[str], objects: KeyedObjects, events: EventRecorder, clock: Clock
    ) -> None:
        self._api = api
        self._namespaces = tuple(namespaces)
        self._objects = objects
        self._events = events
        self._clock = clock
        self._connections: dict[tuple[str, str], tuple[float, Connection | Problem, str]] = {}

    async def read(self, ref: CampaignRef) -> Campaign | None:
        """See ports.CampaignStore."""
        answer = await self._ask(
            "reading the campaign", "GET", _CAMPAIGN, {"namespace": ref.namespace, "name": ref.name}
        )
        if answer.status == 404:
            return None
        return _campaign(_body(answer, "reading the campaign"))

    def parse(self, wire: Mapping[str, Any]) -> Campaign:
        """See ports.CampaignStore."""
        return _campaign(wire)

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        """See ports.CampaignStore."""
        names = {"namespace": campaign.ref.namespace, "name": campaign.ref.name}
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {**names, "uid": campaign.uid, "resourceVersion": campaign.resource_version},
            "status": status.to_wire(),
        }
        try:
            answer = await self._ask("writing the status", "PUT", _STATUS, names, _AS_US, body)
            if answer.status in (404, 409):
                metrics.status_writes.labels("conflict").inc()
                raise ConflictError
            written = _campaign(_body(answer, "writing the status"))
        except StoreUnavailableError:
            metrics.status_writes.labels("failed").inc()
            raise
        metrics.status_writes.labels("written").inc()
        return written

    async def write_finalizer(self, campaign: Campaign, present: bool) -> Campaign | None:
        """See ports.CampaignStore."""
        if present == (CANCEL_FINALIZER in campaign.finalizers) or (present and campaign.deleting):
            return campaign
        others = [finalizer for finalizer in campaign.finalizers if finalizer != CANCEL_FINALIZER]
        names = {"namespace": campaign.ref.namespace, "name": campaign.ref.name}
        # A merge patch replaces the whole list. The resourceVersion makes that safe: it is the list that was read.
        patch = {
            "metadata": {
                "uid": campaign.uid,
                "resourceVersion": campaign.resource_version,
                "finalizers": [*others, CANCEL_FINALIZER] if present else others,
            }
        }
        doing = "writing the finalizer"
        answer = await self._ask(doing, "PATCH", _CAMPAIGN, names, _AS_US, patch)
        if answer.status in (404, 409):
            raise ConflictError
        written = _campaign(_body(answer, doing))
        return None if written.deleting and not written.finalizers else written

    async def namespace_is_terminating(self, namespace: str) -> bool:
        """See ports.CampaignStore."""
        doing = "reading the namespace"
        answer = await self._ask(doing, "GET", _NAMESPACE, {"namespace": namespace})
        if answer.status in (403, 404):
            return answer.status == 404
        wire = _body(answer, doing)
        phase = (wire.get("status") or {}).get("phase")
        return phase == "Terminating" or wire["metadata"].get("deletionTimestamp") is not None

    async def list_with_campaign_id(self, campaign_id: str) -> tuple[Campaign, ...]:
        """See ports.CampaignStore."""
        doing, query = "listing the campaigns of one campaignID", {"fieldSelector": f"spec.campaignID={campaign_id}"}
        if self._namespaces:
            answers = [await self._ask(doing, "GET", _CAMPAIGNS, {"namespace": n}, query) for n in self._namespaces]
        else:
            answers = [await self._ask(doing, "GET", _ALL_CAMPAIGNS, None, query)]
        return tuple(_campaign(wire) for answer in answers for wire in _body(answer, doing)["items"])

    async def read_connection(
        self, namespace: str, secret_name: str, max_age_seconds: float
    ) -> tuple[Connection | Problem, str]:
        """See ports.CampaignStore."""
        key, now = (namespace, secret_name), self._clock.monotonic()
        known = self._connections.get(key)
        if known is not None and now - known[0] < max_age_seconds:
            return known[1], known[2]
        data, version = await self._objects.data(ObjectKind.SECRET, namespace, secret_name)
        connection = _missing(secret_name) if data is None else parse_connection(secret_name, data)
        self._connections[key] = now, connection, version
        return connection, version

    async def read_signing_secret(self, namespace: str, secret_name: str, key: str) -> str | Problem:
        """See ports.CampaignStore."""
        data, _ = await self._objects.data(ObjectKind.SECRET, namespace, secret_name)
        if data is None:
            return _missing(secret_name)
        try:
            return text_of(data, key)
        except ValueError as error:
            return Problem(Reason.SECRET_INVALID, f'Secret "{secret_name}": {error}')

    def record_event(self, campaign: Campaign, note: Note) -> None:
        """See ports.CampaignStore."""
        self._events.record(campaign, note)

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


def _body(answer: APIAnswer, doing: str) -> Wire:
    """The object in a good answer. What is wrong with another is told without its body, which may hold what was
    sent.
    """
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise StoreUnavailableError(f"{doing}: {answer.status} {answer.reason}{_cause(answer)}")
    return answer.body


def _cause(answer: APIAnswer) -> str:
    """The API server names the fields it refuses; that is worth a line in the log, and holds no Secret."""
    if answer.status != 422:
        return ""
    try:
        causes = answer.body["details"]["causes"]
        return " in " + ", ".join(f"{c['field']} ({c['reason']})" for c in causes[:5])
    except (KeyError, TypeError):
        return ""


def _campaign(wire: Mapping[str, Any]) -> Campaign:
    meta = wire["metadata"]
    ref = CampaignRef(meta["namespace"], meta["name"])
    annotations, deleted = meta.get("annotations") or {}, meta.get("deletionTimestamp")
    try:
        spec = OutboundCampaignSpec.model_validate(wire["spec"])
        status = parse_status(wire.get("status"))
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in e["loc"]) for e in error.errors()[:5])
        raise StoreUnavailableError(
            f"the campaign does not fit its schema in {fields}; is the CustomResourceDefinition that of this operator?"
        ) from None
    return Campaign(
        ref=ref,
        uid=meta["uid"],
        generation=meta["generation"],
        resource_version=meta["resourceVersion"],
        created=datetime.fromisoformat(meta["creationTimestamp"]),
        deletion_time=datetime.fromisoformat(deleted) if deleted is not None else None,
        finalizers=tuple(meta.get("finalizers") or ()),
        requested_at=_beginning(annotations.get(REQUESTED_AT_ANNOTATION), _REQUESTED_AT_LENGTH),
        resolve=_beginning(annotations.get(RESOLVE_ANNOTATION), MAX_RESOLVE),
        spec=spec,
        status=status,
        other_bytes=encoded_bytes({name: value for name, value in wire.items() if name != "status"}),
    )


def _beginning(value: str | None, length: int) -> str | None:
    return None if value is None else value[:length]
