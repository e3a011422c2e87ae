"""What the API server and etcd take for a campaign's own requests among few campaigns and among 5,000.

By a bare client, without the one request of which the API server looks at every campaign, and with it: that is the
LIST with which an operator of some namespaces looks for others.

The floor under what `many` says of the operator, whatever it does: a growth that is here without that request is the
API server's own.
"""

import asyncio
from statistics import median
from typing import Any

from bare_client import CountedRequests, bare_client
from burst import burst_of
from campaigns import NAMESPACE, RESOURCE, campaign_id
from figures import Result, told
from kubernetes.aio.client import CustomObjectsApi
from session import Session
from world import World, running_world

ZONES = 2
ROUNDS = 3
WAIT_SECONDS = 600.0
SETTLED_SECONDS = 3.0

_WITHOUT = CountedRequests(reads=1, metadata=1, status=3, events=0, lists=0)
"""What `requests` counts from the create request to Scheduled, for an operator of all namespaces."""

_WITH = CountedRequests(reads=1, metadata=1, status=3, events=0, lists=1)


async def measure(session: Session) -> Result:
    """CPU of the API server and etcd for each of a burst, among few and among many, the median of some rounds."""
    count, few = (500, 20) if session.quick else (5000, 200)
    async with running_world(session.binaries) as world:
        await burst_of(world, "example", few, ZONES, WAIT_SECONDS)
        await world.stop_operator()
        example: Any = await CustomObjectsApi(world.client).get_namespaced_custom_object(
            **RESOURCE, namespace=NAMESPACE, name="example-0"
        )
        floor = _Floor(session, world, example)
        few_without, few_with = await floor.rounds("few", few)
        fill = count - few * (1 + 4 * ROUNDS)
        await floor.burst("fill", fill, _WITHOUT)
        many_without, many_with = await floor.rounds("many", few)
        kubernetes, others = world.kubernetes, floor.others_percent
    among = few * (1 + 2 * ROUNDS)
    return Result(
        title=f"A bare client among {count} campaigns",
        how=f"Bursts of {few} campaigns whose requests are those of the operator from the create request to "
        "`Scheduled`, made by a client that does nothing else, while no operator runs. An operator of some namespaces "
        "also makes a LIST of one `campaignID` for each, of which the API server looks at every campaign; an operator "
        "of all namespaces makes none. The bursts are without it and with it, in turn. CPU of the API server and etcd "
        f"for each campaign, median of {ROUNDS} bursts: the first while there are at most {among} campaigns, the last "
        f"until there are {count}.",
        lines=(
            told(f"without the LIST, among at most {among}", few_without * 1000, "ms", 1),
            told(f"without the LIST, among {count}", many_without * 1000, "ms", 1),
            told("times as much", many_without / few_without, "times"),
            told(f"with the LIST, among at most {among}", few_with * 1000, "ms", 1),
            told(f"with the LIST, among {count}", many_with * 1000, "ms", 1),
            told("times as much", many_with / few_with, "times"),
        ),
        kubernetes=kubernetes,
        others_percent=others,
    )


class _Floor:
    """Bursts of a bare client."""

    def __init__(self, session: Session, world: World, example: dict[str, Any]) -> None:
        self._session = session
        self._world = world
        self._example = example
        self.others_percent = 0.0

    async def rounds(self, prefix: str, count: int) -> tuple[float, float]:
        """Seconds for each campaign, without the LIST and with it."""
        without, with_list = [], []
        for number in range(ROUNDS):
            without.append(await self.burst(f"{prefix}-{number}-without", count, _WITHOUT))
            with_list.append(await self.burst(f"{prefix}-{number}-with", count, _WITH))
        return median(without), median(with_list)

    async def burst(self, prefix: str, count: int, requests: CountedRequests) -> float:
        """Seconds of the API server and etcd for each campaign."""
        names = [f"{prefix}-{number}" for number in range(count)]
        waits = [asyncio.create_task(self._world.reached(name, "Scheduled", WAIT_SECONDS)) for name in names]
        async with bare_client(self._world, requests) as client:
            meter = self._world.meter()
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(client.start(name, campaign_id(name), self._example))
            await asyncio.gather(*waits)
            usage = meter.usage()
        self.others_percent = max(self.others_percent, usage.others_percent)
        each = usage.control_plane_seconds / count
        self._session.progress(f"{prefix}: {each * 1000:.1f} ms of CPU each")
        await asyncio.sleep(SETTLED_SECONDS)
        return each
