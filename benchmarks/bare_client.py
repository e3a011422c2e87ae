"""A bare client that makes the requests that the operator was counted to make, and nothing else: what they take on this
machine, whatever an operator does between them. Where it is given a dialer, it makes the requests for schedules, too.

It has as many connections to the API server as the operator has, and no more. Owns what is sent; when, and what is
waited for, is the benchmark's business.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns import NAMESPACE, RESOURCE
from kubernetes.aio.client import ApiClient, CoreV1Api, CustomObjectsApi
from plain_dialer import PlainDialer
from traffic import Traffic
from world import World, administrator

from campaign_operator.adapters.kubernetes.cluster import CONNECTIONS

Wire = dict[str, Any]

_MERGE_PATCH = "application/merge-patch+json"
_INTERMEDIATE = "Planned"


@dataclass(frozen=True, slots=True)
class CountedRequests:
    """What the operator asks for one campaign, to the nearest whole number."""

    reads: int
    metadata: int
    status: int
    events: int
    lists: int = 0
    """Of one `campaignID`."""

    @classmethod
    def of(cls, traffic: Traffic, campaigns: int) -> "CountedRequests":
        """What the API server counted for each."""

        def each(resource: str, *verbs: str) -> int:
            return round(traffic.to(resource, *verbs) / campaigns)

        return cls(
            reads=each("outboundcampaigns", "GET"),
            metadata=each("outboundcampaigns", "PUT", "PATCH"),
            status=each("outboundcampaigns/status", "PUT", "PATCH"),
            events=each("events", "POST", "PATCH"),
            lists=each("outboundcampaigns", "LIST"),
        )


class BareClient:
    """Use `bare_client`."""

    def __init__(self, client: ApiClient, counted: CountedRequests, dialer: PlainDialer | None) -> None:
        self._dialer = dialer
        self._objects = CustomObjectsApi(client)
        self._core = CoreV1Api(client)
        self._counted = counted
        self._turns = asyncio.Semaphore(CONNECTIONS)

    async def create(self, campaign: Wire) -> Wire:
        """The campaign as it is then."""
        created: Any = await self._objects.create_namespaced_custom_object(
            **RESOURCE, namespace=NAMESPACE, body=campaign
        )
        made: Wire = created
        return made

    async def start(self, name: str, campaign_id: str, like: Wire, event: Wire | None = None) -> None:
        """Create a campaign with the spec of `like`, and make all its requests."""
        body = {key: like[key] for key in ("apiVersion", "kind")}
        spec = {**like["spec"], "campaignID": campaign_id}
        await self.ask(await self.create({**body, "metadata": {"name": name}, "spec": spec}), like, event)

    async def ask(self, campaign: Wire, like: Wire, event: Wire | None = None) -> None:
        """All requests of one campaign, one after another; its finalizers and its status are those of `like` then.

        So many campaigns at once as there are connections, or each request of one would wait for those of all others.
        """
        async with self._turns:
            await self._ask(campaign, like, event)

    async def _ask(self, campaign: Wire, like: Wire, event: Wire | None) -> None:
        now: Any = campaign
        name = campaign["metadata"]["name"]
        at: dict[str, Any] = {**RESOURCE, "namespace": NAMESPACE, "name": name}
        for _ in range(self._counted.reads):
            now = await self._objects.get_namespaced_custom_object(**at)
        for _ in range(self._counted.lists):
            chosen = f"spec.campaignID={now['spec']['campaignID']}"
            await self._objects.list_cluster_custom_object(**RESOURCE, field_selector=chosen)
        for number in range(self._counted.metadata):
            finalizers = like["metadata"].get("finalizers", [])
            patch = {"metadata": {"finalizers": finalizers, "annotations": {"number": str(number)}}}
            now = await self._objects.patch_namespaced_custom_object(**at, body=patch, _content_type=_MERGE_PATCH)
        for number in range(self._counted.status):
            if self._dialer is not None and number == self._counted.status - 1:
                await _submit(self._dialer, now["spec"]["campaignID"], like["status"])
            written = _written(now, _nth_status(like["status"], number, self._counted.status))
            now = await self._objects.replace_namespaced_custom_object_status(**at, body=written)
        if event is not None:
            involved = {**event["involvedObject"], "name": name, "uid": now["metadata"]["uid"]}
            for number in range(self._counted.events):
                meta = {"name": f"{name}.{number}", "namespace": NAMESPACE}
                again: Any = {**event, "metadata": meta, "involvedObject": involved}
                await self._core.create_namespaced_event(NAMESPACE, again)


@asynccontextmanager
async def bare_client(
    world: World, counted: CountedRequests, dialer: PlainDialer | None = None
) -> AsyncIterator[BareClient]:
    """A client that makes these requests for each campaign, and those to the dialer, if there is one."""
    async with administrator(world.control_plane, CONNECTIONS) as client:
        yield BareClient(client, counted, dialer)


async def _submit(dialer: PlainDialer, campaign_id: str, status: Wire) -> None:
    """Look at the dialer's listing, and then submit each window of the run at once."""
    await dialer.list_schedules(campaign_id)
    (run,) = status["runs"]
    await asyncio.gather(
        *(
            dialer.submit(
                campaign_id, w["timeZone"], *(datetime.fromisoformat(w[at]) for at in ("startTime", "endTime"))
            )
            for w in run["windows"]
        )
    )


def _nth_status(final: Wire, number: int, of: int) -> Wire:
    """Each is another, or the API server would not write it; only the last is the final one."""
    status = deepcopy(final)
    if number < of - 1:
        status["observedGeneration"] = number + 2
        for run in status["runs"]:
            run["state"] = _INTERMEDIATE
    return status


def _written(campaign: Wire, status: Wire) -> Wire:
    """What the operator sends: the status, and whose it is."""
    whose = {key: campaign["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
    return {"apiVersion": campaign["apiVersion"], "kind": campaign["kind"], "metadata": whose, "status": status}
