"""ConfigMaps and Secrets as plain keys with bytes, and a version by which a change is noticed without reading them.

Objects hold up to a megabyte, and campaigns wait for days: what is asked again and again is the metadata alone.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, NoAnswerError
from campaign_operator.api.references import ObjectKind
from campaign_operator.engine.ports import Clock, StoreUnavailableError

ABSENT = "absent"
"""The version of an object that does not exist, or that we have no right to read."""

_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""

NOT_FOUND = "does not exist in the namespace of the campaign, or the operator may not read it"
"""What is said of an object whose version is ABSENT."""

_PATHS = {
    ObjectKind.CONFIG_MAP: "/api/v1/namespaces/{namespace}/configmaps/{name}",
    ObjectKind.SECRET: "/api/v1/namespaces/{namespace}/secrets/{name}",
}


class Requests(Protocol):
    """Whoever asks the API server: the operator's account, or a person's."""

    async def request(
        self,
        method: str,
        path: str,
        names: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        accept: str = "application/json",
    ) -> APIAnswer:
        """One request. Raises NoAnswerError."""


class KeyedObjects:
    """Reads objects of any namespace. Every method raises StoreUnavailableError where the API server does not answer as
    it should.
    """

    def __init__(self, api: Requests, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._versions: dict[tuple[ObjectKind, str, str], tuple[float, str]] = {}

    async def version(self, kind: ObjectKind, namespace: str, name: str, *, max_age_seconds: float) -> str:
        """Changes whenever the object does; ABSENT where it cannot be read. As it was at most so long ago."""
        now = self._clock.monotonic()
        known = self._versions.get((kind, namespace, name))
        if known is not None and now - known[0] < max_age_seconds:
            return known[1]
        answer = await self._get(kind, namespace, name, _METADATA)
        return self._noted(kind, namespace, name, answer, now)

    async def data(self, kind: ObjectKind, namespace: str, name: str) -> tuple[Mapping[str, bytes] | None, str]:
        """The bytes by key and the version; None where the object cannot be read."""
        now = self._clock.monotonic()
        answer = await self._get(kind, namespace, name, "application/json")
        version = self._noted(kind, namespace, name, answer, now)
        try:
            return (None if version == ABSENT else _bytes_by_key(kind, answer.body)), version
        except _NotSuchAnObjectError:
            raise StoreUnavailableError(_unusable(kind, name)) from None

    def forget_older_than(self, seconds: float) -> None:
        """Drop the versions that nobody has asked for lately."""
        limit = self._clock.monotonic() - seconds
        self._versions = {key: known for key, known in self._versions.items() if known[0] >= limit}

    def _noted(self, kind: ObjectKind, namespace: str, name: str, answer: APIAnswer, now: float) -> str:
        match answer:
            case APIAnswer(status=403 | 404):
                version = ABSENT
            case APIAnswer(body={"metadata": {"uid": str(uid), "resourceVersion": str(resource_version)}}):
                version = f"{uid}/{resource_version}"
            case _:
                raise StoreUnavailableError(_unusable(kind, name))
        self._versions[kind, namespace, name] = now, version
        return version

    async def _get(self, kind: ObjectKind, namespace: str, name: str, accept: str) -> APIAnswer:
        doing = f"reading {kind} {name}"
        try:
            answer = await self._api.request("GET", _PATHS[kind], {"namespace": namespace, "name": name}, accept=accept)
        except NoAnswerError as error:
            raise StoreUnavailableError(f"{doing}: {error}") from None
        if answer.status not in (200, 403, 404) or (answer.status == 200 and not isinstance(answer.body, dict)):
            raise StoreUnavailableError(f"{doing}: {answer.status} {answer.reason}")
        return answer


class _NotSuchAnObjectError(Exception):
    """What the API server sends is no ConfigMap and no Secret."""


def _bytes_by_key(kind: ObjectKind, body: Mapping[str, Any]) -> dict[str, bytes]:
    data = _texts(body.get("data"))
    if kind is ObjectKind.SECRET:
        return {key: _decoded(value) for key, value in data.items()}
    binary = {key: _decoded(value) for key, value in _texts(body.get("binaryData")).items()}
    return {**{key: value.encode() for key, value in data.items()}, **binary}


def _texts(found: object) -> Mapping[str, str]:
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
        raise _NotSuchAnObjectError
    return found


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except ValueError:  # not base64, or not even ASCII
        return b""


def _unusable(kind: ObjectKind, name: str) -> str:
    return f"reading {kind} {name}: the answer is not a {kind}"
