"""A stage on which whole lives of campaigns are played in seconds: the real API server, dialer, receiver and adapters,
and a clock that stands still until it is moved.

What kopf does in the real operator is done by hand here: `look` is a watch event or an alarm, `poll` the poll timer.
Everything below that is the operator's own code, so a test moves the clock past a night and sees what the operator
makes of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from math import inf
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from campaign_operator.adapters.analytics import SharedAnalytics
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.cxone.oauth import TokenProvider
from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.events import EventRecorder
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.adapters.kubernetes.policies import Policies
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange
from campaign_operator.adapters.outbound.webhook import WebhookNotifier
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.conditions import ConditionType, find
from campaign_operator.api.status import Condition, OutboundCampaignStatus, RunStatus, WindowStatus
from campaign_operator.domain.campaigns.campaign import CampaignRef, Settings
from campaign_operator.domain.campaigns.label_selector import EVERY_CAMPAIGN, LabelSelector
from campaign_operator.domain.campaigns.runs import shown_run
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.engine.reconcile import Reconciler
from campaign_operator.engine.sightings import Sightings
from campaign_operator.observability.campaign_metrics import CampaignMetrics
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.listener import Listener
from campaign_sandbox.simulator.dialer_faults import FaultRule
from campaign_sandbox.simulator.simulator_settings import Client
from e2e_world import CLIENTS, Manifest, connection_secret
from serving import RunningReceiver, RunningSimulator, running_receiver, running_simulator

STAGE_SETTINGS = Settings(request_timeout_seconds=1, send_within_seconds=2, settle_seconds=60)
"""Short waits, so that a request without an answer is soon given up."""


class StageClock:
    """The time of the operator, the dialer and the receiver: a Tuesday afternoon, UTC, until it is moved.

    Nine o'clock is past in London and New York by then, so a new campaign passes over no match.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2027, 3, 2, 15, 0, 0, tzinfo=UTC)
        self._passed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    __call__ = now

    def monotonic(self) -> float:
        return self._passed

    def advance(self, seconds: float) -> None:
        self._passed += seconds

    def advance_to(self, moment: datetime) -> None:
        self._passed += max(0.0, (moment - self.now()).total_seconds())


class StageAlarms:
    """Alarms that are only written down: on a stage the test rings them."""

    def __init__(self, clock: StageClock) -> None:
        self._clock = clock
        self.moments: dict[CampaignRef, datetime] = {}

    def set(self, ref: CampaignRef, moment: datetime) -> None:
        self.moments[ref] = moment

    def set_in(self, ref: CampaignRef, seconds: float) -> None:
        self.set(ref, self._clock.now() + timedelta(seconds=seconds))

    def clear(self, ref: CampaignRef) -> None:
        self.moments.pop(ref, None)

    def poll(self, ref: CampaignRef) -> None:
        """The test polls."""

    def poll_no_more(self, ref: CampaignRef) -> None:
        """The test polls no more by itself."""


@dataclass
class Stage:
    """One namespace, one operator in this process, one dialer of its own. Campaigns are named by their name alone."""

    control_plane: ControlPlane
    namespace: str
    simulator: RunningSimulator
    receiver: RunningReceiver
    clock: StageClock
    api: APIServer
    egress: Egress
    settings: Settings
    stack: AsyncExitStack = field(repr=False)
    served: Mapping[str, Any] = field(repr=False)
    """How its servers are served, so that the operator trusts them."""
    list_egress: Egress | None = None
    """By which contact lists are downloaded; by default as everything else."""

    new_sightings: Callable[[], Sightings | None] = field(default=lambda: None, repr=False)
    """What each new operator is told by a watch of all namespaces; None where it watches some."""

    recorder: EventRecorder = field(init=False, repr=False)
    """Of the operator that is there."""

    neighbours: list[str] = field(default_factory=list)
    """Other namespaces that the operator watches."""

    async def apply(self, *manifests: Manifest) -> None:
        """`kubectl apply -f -`."""
        await self.control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    async def kubectl(self, *args: str) -> str:
        """kubectl in the stage's namespace."""
        return (await self.control_plane.kubectl(*args, "-n", self.namespace)).stdout

    async def connect(self, name: str = "cxone", **changes: str | None) -> None:
        """The Secret that leads to the stage's dialer."""
        await self.apply(connection_secret(self.namespace, self.simulator, name, **changes))

    async def look(self, name: str, *, poll: bool = False) -> OutboundCampaignStatus:
        """Let the operator look at a campaign now; its status afterwards."""
        await self.operator.reconcile(CampaignRef(self.namespace, name), poll=poll)
        return await self.status(name)

    async def poll(self, name: str) -> OutboundCampaignStatus:
        """As the poll timer does."""
        return await self.look(name, poll=True)

    async def play(self, name: str, seconds: float, step: float = 900) -> OutboundCampaignStatus:
        """Move the clock on in steps, with a poll at each, as the timer does."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.clock.advance(step)
            await self.poll(name)
        return await self.status(name)

    async def open_dialer(self, *clients: Client, **settings: Any) -> RunningSimulator:
        """Another dialer, with clients of its own; `settings` are further fields of SimulatorSettings."""
        offered: dict[str, Any] = {"clients": clients, "campaigns": {"*": 1_000_000}, "now": self.clock}
        return await self.stack.enter_async_context(running_simulator(**offered, **settings, **self.served))

    async def open_neighbour(self) -> str:
        """A namespace of somebody else, which the operator watches from now on."""
        name = f"stage-{uuid4().hex[:12]}"
        await self.control_plane.kubectl("create", "namespace", name)
        self.neighbours.append(name)
        self.operator = new_operator(self)
        return name

    async def look_at_neighbour(self, namespace: str, name: str) -> None:
        """Let the operator look at a campaign of a neighbour now."""
        await self.operator.reconcile(CampaignRef(namespace, name))

    async def look_at_nothing(self, name: str) -> None:
        """Let the operator look at a campaign that is gone."""
        await self.operator.reconcile(CampaignRef(self.namespace, name))

    async def status(self, name: str) -> OutboundCampaignStatus:
        """The status as it stands at the API server."""
        campaign = await new_store(self).read(CampaignRef(self.namespace, name))
        assert campaign is not None
        return campaign.status

    async def schedules(self, campaign_id: str) -> list[dict[str, Any]]:
        """Every schedule ever created for the campaign at the dialer."""
        return list((await self.simulator.ledger(campaign_id))["schedules"])

    async def posts(self, campaign_id: str) -> int:
        """How many requests to submit the campaign's schedules the dialer has seen."""
        found = (await self.simulator.ledger(campaign_id))["requests"]
        return sum(r["method"] == "POST" and r["path"].endswith("/schedules") for r in found)

    async def requests(self) -> int:
        """How many requests of any kind the dialer has seen."""
        return len((await self.simulator.ledger())["requests"])

    def next_look(self, name: str) -> float:
        """In how many seconds the operator wants to look again; infinite if it has no reason to."""
        moment = self.alarms.moments.get(CampaignRef(self.namespace, name))
        return inf if moment is None else max(0.0, (moment - self.clock.now()).total_seconds())

    async def apply_without_a_copy(self, manifest: Manifest) -> None:
        """`kubectl create`: an object near the size limit has no room for the annotation that apply makes."""
        await self.control_plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(manifest))

    async def token_requests(self) -> int:
        """How many requests the dialer's token endpoint has seen."""
        return sum(r["call"] == "token" for r in (await self.simulator.ledger())["requests"])

    async def restart_operator(self, settings: Settings | None = None) -> None:
        """The operator dies and another begins, which remembers nothing."""
        self.settings = settings or self.settings
        await self.recorder.close(5.0)
        self.recorder = EventRecorder(self.api, self.clock)
        self.recorder.start()
        self.operator = new_operator(self)

    async def wait_for_answers(self, monkeypatch: pytest.MonkeyPatch) -> float:
        """For a busy machine: the operator waits longer for what is said of rivals, and less than for a token.

        How long, in seconds.
        """
        patience = 8.0
        monkeypatch.setattr("campaign_operator.engine.submission.ASK_SECONDS", patience)
        await self.restart_operator()
        return patience

    async def events(self, name: str) -> list[str]:
        """The reasons of the campaign's Events, in their order."""
        await self.events_are_posted()
        reasons = "jsonpath={range .items[*]}{.metadata.resourceVersion} {.reason}{'\\n'}{end}"
        lines = await self.kubectl("get", "events", f"--field-selector=involvedObject.name={name}", "-o", reasons)
        # all of one look have the same time on this stage, so the order is that in which they were posted
        return [line.split()[1] for line in sorted(lines.splitlines(), key=lambda line: int(line.split()[0]))]

    async def warnings(self, name: str) -> list[tuple[str, str]]:
        """Reason and message of the campaign's Warning Events, in the order in which they were posted."""
        await self.events_are_posted()
        about = f"--field-selector=involvedObject.name={name},type=Warning"
        found = json.loads(await self.kubectl("get", "events", about, "-o", "json"))["items"]
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["reason"], event["message"]) for event in found]

    async def let_go(self) -> None:
        """Take our finalizer from what is left, or the namespace would be tried again and again and never go."""
        campaigns = "/apis/campaign-operator.io/v1alpha1/namespaces/{namespace}/outboundcampaigns"
        for namespace in (self.namespace, *self.neighbours):
            found = await self.api.request("GET", campaigns, {"namespace": namespace})
            for wire in found.body["items"]:
                if wire["metadata"].get("finalizers"):
                    names = {"namespace": namespace, "name": wire["metadata"]["name"]}
                    no_finalizers = {"metadata": {"finalizers": None}}
                    await self.api.request("PATCH", campaigns + "/{name}", names, body=no_finalizers)

    async def events_are_posted(self) -> None:
        """Wait until the operator's Events have reached the API server."""
        await self.recorder.posted()

    def lists_were_read(self, ref: CampaignRef) -> None:
        """The operator has read lists in the background, and would look again."""
        assert ref.namespace == self.namespace
        self.read_in_background.set()

    def __post_init__(self) -> None:
        self.read_in_background = asyncio.Event()
        self.alarms = StageAlarms(self.clock)
        self.campaign_metrics = CampaignMetrics()
        self.recorder = EventRecorder(self.api, self.clock)
        self.operator = new_operator(self)


def new_store(stage: Stage, namespaces: Sequence[str] = ()) -> KubeStore:
    """A store that has read nothing yet, of these namespaces; without any, of the stage's and all its neighbours'."""
    return KubeStore(
        stage.api,
        namespaces or [stage.namespace, *stage.neighbours],
        KeyedObjects(stage.api, stage.clock),
        stage.recorder,
        parse_connection,
        stage.clock,
    )


def new_operator(
    stage: Stage,
    selector: LabelSelector = EVERY_CAMPAIGN,
    *,
    namespaces: Sequence[str] = (),
    policy: HoursPolicy | None = None,
) -> Reconciler:
    """An operator's core with adapters of its own. `namespaces`: see `new_store`. `policy`: the operator's."""
    exchanges = [HTTPExchange(stage.egress) for _ in range(3)]
    for exchange in exchanges:
        stage.stack.push_async_callback(exchange.aclose)
    api, token, hook = exchanges
    tokens = TokenProvider(token, stage.clock)
    stage.stack.push_async_callback(tokens.aclose)
    dialer = CXoneDialer(api, tokens, stage.clock, request_timeout_seconds=stage.settings.request_timeout_seconds)
    analytics = SharedAnalytics(dialer, stage.clock, stage.settings.poll_seconds)
    notifier = WebhookNotifier(hook, stage.clock, timeout_seconds=stage.settings.request_timeout_seconds)
    stage.alarms = StageAlarms(stage.clock)
    stage.campaign_metrics = CampaignMetrics()
    objects = KeyedObjects(stage.api, stage.clock)
    downloads = Downloads(stage.list_egress or stage.egress, timeout_seconds=stage.settings.request_timeout_seconds)
    stage.stack.push_async_callback(downloads.aclose)
    reader = ListReader(objects, downloads, stage.clock, ListLimits(), ShortSteps())
    # a busy machine takes longer than the operator waits to read a list, so that a look would end without a plan
    lists = ContactLists(reader, stage.clock, stage.lists_were_read, patience_seconds=30)
    stage.stack.push_async_callback(lists.aclose)
    return Reconciler(
        new_store(stage, namespaces),
        lists,
        Calendars(objects, stage.clock, ShortSteps()),
        Policies(objects, stage.clock),
        dialer,
        analytics,
        notifier,
        stage.alarms,
        stage.clock,
        FairPlaces(share=1),
        stage.settings,
        selector,
        policy,
        stage.new_sightings(),
        stage.campaign_metrics,
    )


@asynccontextmanager
async def opened_stage(
    control_plane: ControlPlane, kubeconfig: Path, folder: Path, settings: Settings = STAGE_SETTINGS
) -> AsyncIterator[Stage]:
    """A stage in a namespace of its own, with a dialer that offers everything; the campaign `foreign` is there another
    client's. `kubeconfig` is the operator's, and `folder` takes the certificates.
    """
    namespace, clock, certificate = f"stage-{uuid4().hex[:12]}", StageClock(), issue_server_certificate(folder)
    served: dict[str, Any] = {"listener": Listener(tls=certificate.tls), "authority": str(certificate.authority)}
    offered: dict[str, Any] = {"clients": CLIENTS, "campaigns": {"*": 1_000_000}, "calls_per_second": 1 / 60}
    configuration = Configuration()
    await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
        config_file=str(kubeconfig), client_configuration=configuration, persist_config=False
    )
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(running_simulator(now=clock, **offered, **served))
        receiver = await stack.enter_async_context(running_receiver(**served))
        client = await stack.enter_async_context(ApiClient(configuration))
        egress = Egress(EgressPolicy(ca_file=certificate.authority, allow_cidrs=(ip_network("127.0.0.0/8"),)))
        stack.callback(egress.close)
        stage = Stage(
            control_plane, namespace, simulator, receiver, clock, APIServer(client), egress, settings, stack, served
        )
        stage.recorder.start()
        stack.push_async_callback(lambda: stage.recorder.close(5.0))
        # one kubectl for both, since each takes a tenth of a second
        namespaced = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        beginning = yaml.safe_dump_all([namespaced, connection_secret(namespace, simulator)])
        await control_plane.kubectl("create", "--save-config", "--filename=-", stdin=beginning)
        yield stage
        await stage.let_go()
    await control_plane.kubectl("delete", "namespace", namespace, *stage.neighbours, "--wait=false")


def run_of(status: OutboundCampaignStatus) -> RunStatus:
    """The run that STATE speaks of, which there must be: the oldest that is not finished, else the last."""
    run = shown_run(status)
    assert run is not None
    return run


def run_after(status: OutboundCampaignStatus) -> RunStatus:
    """The run after that one, which there must be."""
    following = status.runs[status.runs.index(run_of(status)) + 1 :]
    assert following
    return following[0]


def windows(status: OutboundCampaignStatus) -> dict[str, WindowStatus]:
    """The windows of the run by time zone."""
    return {w.time_zone: w for w in run_of(status).windows}


def condition(status: OutboundCampaignStatus, kind: ConditionType) -> Condition:
    """The condition of that type, which there must be."""
    found = find(status.conditions, kind)
    assert found is not None, f"{kind} is not among {[(c.type, c.reason) for c in status.conditions]}"
    return found


def told(status: OutboundCampaignStatus, kind: ConditionType) -> tuple[str, str, str]:
    """Status, reason and message of the condition; empty where there is none."""
    found = find(status.conditions, kind)
    return (found.status, found.reason, found.message) if found is not None else ("", "", "")


def fault(
    call: str,
    kind: str,
    *,
    campaign_id: str | None = None,
    time_zone: str | None = None,
    after: int = 0,
    times: int | None = None,
    **effect: object,
) -> FaultRule:
    """A rule for the simulated dialer: what goes wrong with which calls, from when on and how often."""
    match = {"call": call, "campaignId": campaign_id, "timezone": time_zone}
    return FaultRule.model_validate(
        {"match": match, "effect": {"kind": kind, **effect}, "after": after, "times": times}
    )
