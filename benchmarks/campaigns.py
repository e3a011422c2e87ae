"""Campaigns as a user has them: created through the API server, and watched there.

Owns the manifests of the benchmarks, one client and one watch. Times are those at which the watch's event was read in
this process, by its monotonic clock: creationTimestamp has whole seconds only, and a kubectl for each campaign would
cost more than what is measured.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from kubernetes.aio.client import ApiClient, CustomObjectsApi
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.watch import Watch

from campaign_operator.api.vocabulary import GROUP, KIND, PLURAL, VERSION

NAMESPACE = "default"
ZONES = (
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Europe/Athens",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
)
"""The easternmost first: its day begins first."""

_GONE = "gone"
_MERGE_PATCH = "application/merge-patch+json"
RESOURCE: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL}


class Campaigns:
    """Creates campaigns and knows when each was first seen in each state."""

    def __init__(self, client: ApiClient) -> None:
        """Use `following`."""
        self._objects = CustomObjectsApi(client)
        self._seen: defaultdict[tuple[str, str], asyncio.Future[float]] = defaultdict(asyncio.Future)
        self._watching = asyncio.create_task(self._follow(), name="watch")

    async def create(
        self, name: str, *, zones: Sequence[str] | int, contacts: int, namespace: str = NAMESPACE, **spec: Any
    ) -> float:
        """Create a campaign that begins in some hours, with so many of the usual zones or with these; `spec` takes
        precedence.

        Returns the monotonic time just before the request was sent.
        """
        body = manifest(namespace, name, zones, contacts, spec)
        started = monotonic()
        await self._objects.create_namespaced_custom_object(**RESOURCE, namespace=namespace, body=body)
        return started

    async def reached(self, name: str, state: str) -> float:
        """The monotonic time at which the campaign's run was first seen in that state."""
        seen = self._seen[name, state]
        either: set[asyncio.Future[Any]] = {seen, self._watching}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not seen.done():
            self._watching.result()  # it ends by an exception only
        return seen.result()

    async def suspend(self, name: str) -> None:
        """Suspend a campaign."""
        await self._objects.patch_namespaced_custom_object(
            **RESOURCE, namespace=NAMESPACE, name=name, body={"spec": {"suspend": True}}, _content_type=_MERGE_PATCH
        )

    async def delete(self, name: str) -> None:
        """Delete a campaign, without waiting until it is gone."""
        await self._objects.delete_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE, name=name)

    async def gone(self, name: str) -> None:
        """Wait until the watch has told that the campaign is gone."""
        await self.reached(name, _GONE)

    async def close(self) -> None:
        """End the watch."""
        self._watching.cancel()
        await asyncio.wait({self._watching})

    async def _follow(self) -> None:
        while True:
            try:
                await self._follow_once()
            except ApiException as error:
                if error.status != 429:  # a resource that was defined a moment ago cannot be watched yet
                    raise
                await asyncio.sleep(0.05)

    async def _follow_once(self) -> None:
        list_campaigns = self._objects.list_namespaced_custom_object
        async with Watch() as watch:  # type: ignore[no-untyped-call] # it has no types
            async for event in watch.stream(list_campaigns, **RESOURCE, namespace=NAMESPACE):
                states = [run["state"] for run in event["object"].get("status", {}).get("runs", [])]
                for state in [_GONE] if event["type"] == "DELETED" else states:
                    seen = self._seen[event["object"]["metadata"]["name"], state]
                    if not seen.done():
                        seen.set_result(monotonic())


def campaign_id(name: str) -> str:
    """The dialer's id of a campaign of that name: each has its own."""
    return f"id-{name}"


@asynccontextmanager
async def following(client: ApiClient) -> AsyncIterator[Campaigns]:
    """Campaigns, watched for as long as the block runs."""
    campaigns = Campaigns(client)
    try:
        yield campaigns
    finally:
        await campaigns.close()


def manifest(
    namespace: str, name: str, zones: Sequence[str] | int, contacts: int, spec: dict[str, Any]
) -> dict[str, Any]:
    """A campaign as the API server takes it; see `Campaigns.create`."""
    of = ZONES[:zones] if isinstance(zones, int) else zones
    people = [{"id": f"contact-{n:04}", "timeZone": of[n % len(of)]} for n in range(contacts)]
    begins = datetime.now(UTC).astimezone(ZoneInfo(ZONES[0])) + timedelta(hours=6)
    fields = {
        "campaignID": campaign_id(name),
        "cron": f"{begins.minute} {begins.hour} * * *",
        "callingHours": {"start": "00:00", "end": "24:00"},  # whatever the hour at which the benchmark is run
        "connection": {"secretRef": {"name": "cxone"}},
        "contacts": people or None,  # they may stand in a list
        **spec,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    meta = {"namespace": namespace, "name": name}
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": meta, "spec": fields}
