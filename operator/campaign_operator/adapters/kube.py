"""Campaigns and Secrets at the API server, by the Kubernetes project's own asyncio client.

Owns the translation between the wire and our models, and between the client's exceptions and the two that the
reconciler knows. Reads are never served from a cache, since what follows a read may be a phone call; only a connection
Secret may be, where the caller says how old it may be.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import aiohttp
from kubernetes.aio.client import ApiClient, CoreV1Api, CustomObjectsApi
from kubernetes.aio.client.exceptions import ApiException
from pydantic import ValidationError

from campaign_operator.adapters.events import EventRecorder
from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, parse_status
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    GROUP,
    PLURAL,
    REQUESTED_AT_ANNOTATION,
    VERSION,
)
from campaign_operator.domain.campaign import Campaign, CampaignRef
from campaign_operator.domain.connection import Connection
from campaign_operator.domain.connection_secret import parse_connection, text_of
from campaign_operator.domain.notes import Note
from campaign_operator.domain.observation import Problem
from campaign_operator.observability import metrics
from campaign_operator.ports import Clock, ConflictError, StoreUnavailableError

REQUEST_SECONDS = 15.0
_RESOURCE: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL}
_REQUESTED_AT_LENGTH = 256

Wire = dict[str, Any]


class KubeStore:
    """ports.CampaignStore. `namespaces` are those this operator watches; none means all of them."""

    def __init__(self, client: ApiClient, namespaces: Iterable[str], events: EventRecorder, clock: Clock) -> None:
        self._objects = CustomObjectsApi(client)
        self._core = CoreV1Api(client)
        self._namespaces = tuple(namespaces)
        self._events = events
        self._clock = clock
        self._connections: dict[tuple[str, str], tuple[float, Connection | Problem, str]] = {}

    async def read(self, ref: CampaignRef) -> Campaign | None:
        """See ports.CampaignStore."""
        try:
            wire = await self._objects.get_namespaced_custom_object(
                **_RESOURCE, namespace=ref.namespace, name=ref.name, _request_timeout=REQUEST_SECONDS
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise _unavailable("reading the campaign", error) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unavailable("reading the campaign", error) from None
        return _campaign(cast("Wire", wire))

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        """See ports.CampaignStore."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "OutboundCampaign",
            "metadata": {
                "namespace": campaign.ref.namespace,
                "name": campaign.ref.name,
                "uid": campaign.uid,
                "resourceVersion": campaign.resource_version,
            },
            "spec": campaign.spec.to_wire(),
            "status": status.to_wire(),
        }
        try:
            wire = await self._objects.replace_namespaced_custom_object_status(
                **_RESOURCE,
                namespace=campaign.ref.namespace,
                name=campaign.ref.name,
                body=body,
                field_manager="campaign-operator",
                _request_timeout=REQUEST_SECONDS,
            )
        except ApiException as error:
            if error.status in (404, 409):
                metrics.status_writes.labels("conflict").inc()
                raise ConflictError from None
            metrics.status_writes.labels("failed").inc()
            raise _unavailable("writing the status", error) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            metrics.status_writes.labels("failed").inc()
            raise _unavailable("writing the status", error) from None
        metrics.status_writes.labels("written").inc()
        return _campaign(cast("Wire", wire))

    async def list_with_campaign_id(self, campaign_id: str) -> tuple[Campaign, ...]:
        """See ports.CampaignStore."""
        selector: dict[str, Any] = {
            "field_selector": f"spec.campaignID={campaign_id}",
            "_request_timeout": REQUEST_SECONDS,
        }
        try:
            if self._namespaces:
                lists = [
                    await self._objects.list_namespaced_custom_object(**_RESOURCE, namespace=namespace, **selector)
                    for namespace in self._namespaces
                ]
            else:
                lists = [
                    await self._objects.list_custom_object_for_all_namespaces(
                        group=GROUP, version=VERSION, resource_plural=PLURAL, **selector
                    )
                ]
        except (ApiException, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unavailable("listing the campaigns of one campaignID", error) from None
        return tuple(_campaign(wire) for found in lists for wire in cast("Wire", found)["items"])

    async def read_connection(
        self, namespace: str, secret_name: str, max_age_seconds: float
    ) -> tuple[Connection | Problem, str]:
        """See ports.CampaignStore."""
        key, now = (namespace, secret_name), self._clock.monotonic()
        known = self._connections.get(key)
        if known is not None and now - known[0] < max_age_seconds:
            return known[1], known[2]
        data, version = await self._read_secret(namespace, secret_name)
        connection = _missing(secret_name) if data is None else parse_connection(secret_name, data)
        self._connections[key] = now, connection, version
        return connection, version

    async def read_signing_secret(self, namespace: str, secret_name: str, key: str) -> str | Problem:
        """See ports.CampaignStore."""
        data, _ = await self._read_secret(namespace, secret_name)
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

    async def _read_secret(self, namespace: str, name: str) -> tuple[dict[str, bytes] | None, str]:
        try:
            answer = await self._core.read_namespaced_secret_without_preload_content(
                name, namespace, _request_timeout=REQUEST_SECONDS
            )
            body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unavailable(f'reading Secret "{name}"', error) from None
        if answer.status == 404:
            return None, "absent"
        if answer.status != 200:
            raise _unavailable(f'reading Secret "{name}"', ApiException(status=answer.status, reason=answer.reason))
        wire = json.loads(body)
        meta = wire["metadata"]
        data = {key: _decoded(value) for key, value in (wire.get("data") or {}).items()}
        return data, f"{meta['uid']}/{meta['resourceVersion']}"


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except binascii.Error:
        return b""


def _missing(secret_name: str) -> Problem:
    return Problem(
        Reason.SECRET_NOT_FOUND, f'Secret "{secret_name}" does not exist in the namespace of the campaign; create it'
    )


def _unavailable(doing: str, error: BaseException) -> StoreUnavailableError:
    """What went wrong, without the body of the answer, which may hold what was sent."""
    if isinstance(error, ApiException):
        return StoreUnavailableError(f"{doing}: {error.status} {error.reason}{_cause(error)}")
    return StoreUnavailableError(f"{doing}: {type(error).__name__}")


def _cause(error: ApiException) -> str:
    """The API server names the fields it refuses; that is worth a line in the log, and holds no Secret."""
    if error.status != 422 or not isinstance(error.body, str):
        return ""
    try:
        causes = json.loads(error.body)["details"]["causes"]
        return " in " + ", ".join(f"{c['field']} ({c['reason']})" for c in causes[:5])
    except (ValueError, KeyError, TypeError):
        return ""


def _campaign(wire: Wire) -> Campaign:
    meta = wire["metadata"]
    ref = CampaignRef(meta["namespace"], meta["name"])
    requested_at = (meta.get("annotations") or {}).get(REQUESTED_AT_ANNOTATION)
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
        deleting=meta.get("deletionTimestamp") is not None,
        requested_at=requested_at[:_REQUESTED_AT_LENGTH] if requested_at is not None else None,
        spec=spec,
        status=status,
    )
