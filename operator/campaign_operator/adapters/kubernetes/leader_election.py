"""Which of several replicas works: the one that holds a Lease.

Owns how a Lease is read and written, and how long it lasts. The election itself is the Kubernetes client's, after
client-go's (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection). As there, two replicas can believe to lead for a
moment, so nothing may depend on it that must not happen twice: see docs/reliability.md.

The client's own lock is not used: it lets a connection that fails end the election, waits five minutes for an answer,
and calls local time UTC.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.baselock import BaseLock

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer, NoAnswerError
from campaign_operator.engine.ports import Clock

LEASE_SECONDS = 10
"""Another replica leads so long after the last renewal that it has seen. With what follows, after at most 13 s."""

RENEW_WITHIN_SECONDS = 6
"""The leader gives up if no renewal succeeds for so long, before anybody else can lead."""

_RETRY_SECONDS = 1.5
"""Between two renewals, and between two looks of a standby."""

_REQUEST_SECONDS = 2.0
"""For one request of the election."""

_LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
_LEASE = _LEASES + "/{name}"

_Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeaseName:
    """Which Lease is meant."""

    namespace: str
    name: str


class LeaseLock(BaseLock):
    """A Lease of coordination.k8s.io/v1, as the client's election asks for it.

    A request without an answer, or refused, is the same to it: the Lease is not held, or not renewed, this time.

    `taken` is set when this replica has held the Lease and reads that another holds it.
    """

    def __init__(self, api: APIServer, clock: Clock, lease: LeaseName, identity: str) -> None:
        super().__init__(lease.name, lease.namespace, identity)
        self._api = api
        self._clock = clock
        self._read: _Wire = {}
        self._has_held = False
        self.taken = asyncio.Event()

    async def get(self, name: str, namespace: str) -> tuple[bool, LeaderElectionRecord] | tuple[bool, Exception]:
        """Who holds the Lease, or why it cannot be told."""
        answer = await self._ask("GET", _LEASE, {"namespace": namespace, "name": name})
        if answer.status != 200:
            failed = ApiException(status=answer.status, reason=answer.reason)
            failed.body = json.dumps({"code": answer.status})
            return False, failed
        self._read = answer.body
        spec = self._spec
        if self._has_held and spec.get("holderIdentity") not in (None, "", self.identity):
            self.taken.set()
        return True, LeaderElectionRecord(
            spec.get("holderIdentity") or None,
            str(spec.get("leaseDurationSeconds") or "") or None,
            spec.get("acquireTime"),
            spec.get("renewTime"),
        )

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Make the Lease, held by this replica."""
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name},
            "spec": self._held(),
        }
        answer = await self._ask("POST", _LEASES, {"namespace": namespace}, body)
        self._has_held = answer.status == 201
        return self._has_held

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Take or renew the Lease, if nobody has written it since it was read."""
        is_held = await self._replace(name, namespace, self._held())
        self._has_held = self._has_held or is_held
        return is_held

    async def release(self) -> None:
        """Give the Lease back, so that another replica need not wait until it ends. At best."""
        await self.get(self.name, self.namespace)
        if self._spec.get("holderIdentity") == self.identity:
            # the values of client-go; the API server takes no duration of 0
            released = {**self._spec, "holderIdentity": "", "leaseDurationSeconds": 1}
            await self._replace(self.name, self.namespace, released)

    @property
    def _spec(self) -> _Wire:
        return self._read.get("spec") or {}

    def _held(self) -> _Wire:
        now = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = self._spec
        ours = before.get("holderIdentity") == self.identity
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "acquireTime": before.get("acquireTime", now) if ours else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if ours or not before else 1),
        }

    async def _replace(self, name: str, namespace: str, spec: _Wire) -> bool:
        body = {**self._read, "spec": spec}
        answer = await self._ask("PUT", _LEASE, {"namespace": namespace, "name": name}, body)
        if answer.status != 200:
            return False
        self._read = answer.body
        return True

    async def _ask(self, method: str, path: str, names: dict[str, str], body: _Wire | None = None) -> APIAnswer:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                return await self._api.request(method, path, names, body=body)
        except (NoAnswerError, TimeoutError) as error:
            return APIAnswer(0, f"no answer: {type(error).__name__}", None)


class Leadership:
    """The turn of this replica: wait for it, keep it, give it back."""

    def __init__(self, lock: LeaseLock) -> None:
        self._lock = lock
        config = Config(lock, LEASE_SECONDS, RENEW_WITHIN_SECONDS, _RETRY_SECONDS, _nothing, _nothing)
        self._election = LeaderElection(config)

    async def acquire(self) -> None:
        """Return when this replica leads."""
        await self._election.acquire()

    async def until_lost(self) -> str:
        """Renew the Lease; return when that has failed for too long and another replica may lead soon, or when one
        leads; which of the two it is.

        The client's election would try for six seconds more, as if the API server had not answered: a replica that
        wakes after another has taken over would work beside it for so long.
        """
        renewing = asyncio.create_task(self._election.renew_loop(), name="renewals")
        taken = asyncio.create_task(self._lock.taken.wait(), name="another leads")
        ends: set[asyncio.Task[Any]] = {renewing, taken}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if taken.done():
                return "another replica holds the Lease"
            renewing.result()
            return "the Lease could not be renewed in time, so another replica may lead by now"
        finally:
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def release(self) -> None:
        """Let another replica lead at once. Only after this one has stopped to work."""
        await self._lock.release()


async def _nothing() -> None:
    """The election's own way to start and stop work is not used: it ends it in the middle of a request."""
