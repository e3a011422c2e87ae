"""A rolling update under load: the replicas are replaced one by one while campaigns are submitted.

As a Deployment does it with the chart's `maxSurge: 1` and `maxUnavailable: 0`: a new replica is started, and when it is
ready, an old one is ended. The one that leads is ended first, and only while the dialer has submissions of it that it
has not answered; so is its successor, whichever replica that is. If an old one is left, it follows.
"""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from kubernetes.aio.client import ApiClient, Configuration, CustomObjectsApi
from kubernetes.aio.config import load_kube_config
from kubernetes.aio.watch import Watch

from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from e2e_world import campaign
from replicas import Replica, Replicas
from rollouts.account import Account, HandOver
from rollouts.uncertainty import Uncertainty
from serving import until
from stage import fault

ZONES = ("America/New_York", "Europe/London")
_AHEAD = timedelta(hours=3)
_RESERVE = 8
"""Campaigns that are created before each hand-over but the first, so that there is something to submit in every one."""
_ASKED_SECONDS = 0.2
"""How often replicas and dialer are asked: each time costs both of them, and all share the machine."""


@dataclass(frozen=True)
class Load:
    """`campaigns` of two windows each, at a dialer that needs `submission_seconds` for each submission: half of them
    before it carries it out, which it does even if nobody waits for it any more, and half before it answers.
    """

    campaigns: int
    submission_seconds: float
    scheduled_within_seconds: float


@dataclass
class _Rollout:
    replicas: Replicas
    load: Load
    living: list[Replica]
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    all: list[Replica] = field(default_factory=list)
    created: int = 0
    given_up: set[str] = field(default_factory=set)
    hand_overs: list[HandOver] = field(default_factory=list)
    leads: list[float] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)

    async def leader(self) -> Replica:
        """The replica that leads, once one does."""
        found: list[Replica] = []

        async def one_leads() -> bool:
            found.extend([replica for replica in self.living if await replica.leads()])
            return bool(found)

        await until(one_leads, _ASKED_SECONDS)
        return found[0]

    async def unanswered(self) -> set[str]:
        """The submissions, by idempotency key, that the dialer has received and not answered."""
        requests = (await self.replicas.simulator.ledger())["requests"]
        open_ones = (r["idempotencyKey"] for r in requests if r["call"] == "submit" and r["status"] is None)
        return set(open_ones) - self.given_up

    async def create(self, count: int) -> None:
        """Create so many campaigns more."""
        numbers = range(self.created, self.created + count)
        self.created += count
        manifests = [_campaign_of(self.replicas.namespace, number) for number in numbers]
        await self.replicas.control_plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    async def hand_over(self, number: signal.Signals, hand_overs: int) -> None:
        """Replace the replica that leads, with submissions under way; one of so many hand-overs."""

        async def submits() -> bool:
            return bool(await self.unanswered() - earlier)

        new = await self.start()
        old, earlier = await self.leader(), await self.unanswered()
        await self.create(_RESERVE if self.hand_overs else self.load.campaigns - _RESERVE * (hand_overs - 1))
        # one that has just begun: on a busy machine, those that began earlier may be answered before the signal is sent
        await until(submits, _ASKED_SECONDS)
        before, signalled_at = await self.unanswered(), time.time()
        if number is signal.SIGKILL:
            self.killed_at.append(time.monotonic())
        old.send(number)
        # what was unanswered before the signal and still is after it was under way then
        under_way = before & await self.unanswered()
        self.living.remove(old)
        self.living.append(new)
        await old.process.wait()
        await self.leader()
        self.leads.append(time.monotonic())
        if number is signal.SIGKILL:
            self.given_up |= await self.unanswered()
        leads_at = datetime.fromisoformat((await self.replicas.lease())["acquireTime"]).timestamp()
        self.hand_overs.append(HandOver(number.name, len(under_way), signalled_at, leads_at, None))

    async def end(self, old: Replica, number: signal.Signals) -> None:
        """End an old replica that was not replaced yet: a standby, or the leader since the last hand-over."""
        led = await old.leads()
        old.send(number)
        await old.process.wait()
        self.living.remove(old)
        if led:
            await self.leader()
            self.leads.append(time.monotonic())

    async def start(self) -> Replica:
        """A new replica, which is ready."""
        new = await self.replicas.start()
        self.all.append(new)
        return new


async def play(replicas: Replicas, load: Load, endings: Sequence[signal.Signals], settle_seconds: float) -> Account:
    """Replace the leader once for each of these signals while the load is submitted, and wait until every campaign is
    Scheduled.
    """
    first = list(await replicas.leader_and_standby())
    rollout = _Rollout(replicas, load, first.copy(), all=first.copy())
    half = load.submission_seconds / 2
    await replicas.simulator.put_faults(fault("submit", "delay", before_seconds=half, after_seconds=half))
    async with _watched(replicas, rollout.uncertainty):
        for number in endings:
            await rollout.hand_over(number, len(endings))
        for old in set(first) & set(rollout.living):
            await rollout.end(old, endings[-1])
        await replicas.control_plane.kubectl(
            *("wait", "--for=jsonpath={.status.state}=Scheduled", "ocamp", "--all", "-n", replicas.namespace),
            f"--timeout={load.scheduled_within_seconds:g}s",
            check=False,  # the account says which are not
        )
    found = await replicas.control_plane.kubectl("get", "ocamp", "-n", replicas.namespace, "-o", "json")
    ledger = await replicas.simulator.ledger()
    return Account(
        settle_seconds=settle_seconds,
        killed_at=min(rollout.killed_at, default=None),
        hand_overs=tuple(_with_submission(each, ledger["requests"]) for each in rollout.hand_overs),
        leads=tuple(rollout.leads),
        campaigns=tuple(json.loads(found.stdout)["items"]),
        schedules=tuple(ledger["schedules"]),
        spans=tuple(rollout.uncertainty.spans),
        ended=tuple(r.process.last_lines(1) for r in rollout.living if r.process.exit_status is not None),
        log="\n".join(replica.log() for replica in rollout.all),
    )


def _campaign_of(namespace: str, number: int) -> dict[str, Any]:
    start = datetime.now(UTC) + _AHEAD
    return campaign(
        namespace,
        f"c-{number}",
        cron=f"{start.minute} {start.hour} * * *",
        startMode="SameInstant",
        timeZone="UTC",
        callingHours={"start": "00:00", "end": "24:00"},
        contacts=[{"id": f"contact-{zone}", "timeZone": zone} for zone in ZONES],
    )


def _with_submission(hand_over: HandOver, requests: list[dict[str, Any]]) -> HandOver:
    received = (datetime.fromisoformat(r["at"]).timestamp() for r in requests if r["call"] == "submit")
    first = min((at for at in received if at > hand_over.leads_at), default=None)
    return HandOver(hand_over.signal, hand_over.under_way, hand_over.signalled_at, hand_over.leads_at, submits_at=first)


@asynccontextmanager
async def _watched(replicas: Replicas, uncertainty: Uncertainty) -> AsyncIterator[None]:
    """Campaigns are watched for as long as the block runs."""
    configuration = Configuration()
    await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
        config_file=str(replicas.control_plane.kubeconfig_path),
        client_configuration=configuration,
        persist_config=False,
    )
    async with ApiClient(configuration) as client:
        watching = asyncio.create_task(_follow(client, replicas.namespace, uncertainty))
        try:
            yield
            assert not watching.done(), watching.exception()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _follow(client: ApiClient, namespace: str, uncertainty: Uncertainty) -> None:
    campaigns = CustomObjectsApi(client).list_namespaced_custom_object
    resource: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL, "namespace": namespace}
    async with Watch() as watch:  # type: ignore[no-untyped-call] # it has no types
        async for event in watch.stream(campaigns, **resource):
            uncertainty.saw(event["object"], time.monotonic())
