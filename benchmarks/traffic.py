"""What a part of a benchmark costs the API server and etcd, counted by their own metrics.

Owns the counters, and what the cluster does by itself: that is measured while nothing happens, and subtracted. The
benchmark's own requests are the caller's to subtract.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Self

from scraping import Labels, Scrape
from world import World

REQUESTS = "apiserver_request_total"
_WRITTEN = "etcd_disk_wal_write_bytes_total"
_SIZE = "etcd_mvcc_db_total_size_in_bytes"
USERS = "POST outboundcampaigns"
WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE"})


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests by `VERB resource/subresource`, and bytes that etcd wrote to its log, in `seconds`."""

    seconds: float
    requests: Mapping[str, float]
    etcd_bytes: float
    etcd_growth: float
    """Of its file, in bytes."""

    def without(self, quiet: Self) -> "Traffic":
        """Less what the cluster does by itself in the same time."""
        share = self.seconds / quiet.seconds
        less = {what: number - quiet.requests.get(what, 0.0) * share for what, number in self.requests.items()}
        return Traffic(self.seconds, less, self.etcd_bytes - quiet.etcd_bytes * share, self.etcd_growth)

    def to(self, resource: str, *verbs: str) -> float:
        """How many requests with these verbs there were to a resource, such as `outboundcampaigns/status`."""
        return sum(self.requests.get(f"{verb} {resource}", 0.0) for verb in verbs)

    def of_the_operator(self, verbs: Collection[str] | None = None) -> float:
        """How many requests there were beside those that create campaigns, which are the user's; only with these verbs,
        if any are given.
        """
        return sum(
            max(0.0, number)
            for what, number in self.requests.items()
            if what != USERS and (verbs is None or what.split(" ")[0] in verbs)
        )


class Counters:
    """Counts from its making on; use `at_now`."""

    def __init__(self, world: World, began: float, api_server: Scrape, etcd: Scrape) -> None:
        """Use `at_now`."""
        self._world = world
        self._began = began
        self._before = api_server, etcd

    @classmethod
    async def at_now(cls, world: World) -> Self:
        """Counters that begin now."""
        return cls(world, monotonic(), await world.api_server_metrics(REQUESTS), await _etcd(world))

    async def traffic(self) -> Traffic:
        """What has been counted so far, the health checks and the reading of the metrics left out."""
        api_server, etcd = await self._world.api_server_metrics(REQUESTS), await _etcd(self._world)
        seconds = monotonic() - self._began
        requests, stored = api_server.since(self._before[0]), etcd.since(self._before[1])
        by = requests.by(REQUESTS, "verb", "resource", "subresource", matching=_is_of_a_resource)
        named = {_name(key): number for key, number in by.items() if number}
        return Traffic(seconds, named, stored.total(_WRITTEN), stored.total(_SIZE))


async def quiet(world: World, seconds: float) -> Traffic:
    """What the cluster does by itself."""
    counters = await Counters.at_now(world)
    await asyncio.sleep(seconds)
    return await counters.traffic()


async def _etcd(world: World) -> Scrape:
    return await world.etcd_metrics(_WRITTEN, _SIZE)


def _is_of_a_resource(labels: Labels) -> bool:
    return bool(labels.get("resource")) and labels.get("verb") not in ("WATCH", "CONNECT")


def _name(key: str) -> str:
    verb, resource, subresource = key.split(" ")
    return f"{verb} {resource}" + (f"/{subresource}" if subresource else "")
