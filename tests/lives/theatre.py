"""Where lives are played, one after another: a namespace, a dialer, and a clock that jumps from one thing to the next.

The API server and the dialer are asked over real HTTP; nothing is waited for but their answers.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.api.vocabulary import GROUP, KIND, PLURAL, REQUESTED_AT_ANNOTATION, VERSION
from campaign_operator.domain.campaigns.campaign import CampaignRef, Settings
from campaign_operator.observability import metrics
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.ledger_schedule import LedgerSchedule
from campaign_sandbox.listener import Listener
from campaign_sandbox.simulator.dialer_faults import FaultRule
from e2e_world import Manifest, connection_secret
from faults.lane import Access
from lives.judging import Played, problems
from lives.life import Act, Ask, Away, Death, Deletion, Edit, Life, Outage, Trouble
from lives.operator_of_a_life import Fate, MortalOperator, Surroundings
from serving import RunningSimulator, running_simulator
from stage import StageClock

SETTINGS = Settings(poll_seconds=3600)
_CAMPAIGNS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{PLURAL}"
_CAMPAIGN = f"{_CAMPAIGNS}/{{name}}"
_SEEN_TO_THE_END = timedelta(minutes=30)
_LONGEST_REST = timedelta(hours=6)
_MOST_LOOKS = 3000
_CALLS = ("submit", "cancel", "list", "analytics")


@dataclass
class _Time:
    """The dialer's clock: that of the life of the moment."""

    clock: StageClock = field(default_factory=StageClock)

    def __call__(self) -> datetime:
        return self.clock.now()


@dataclass(frozen=True)
class Theatre:
    """What lives share, one after another."""

    namespace: str
    user: APIServer
    operator: APIServer
    egress: Egress
    dialer: RunningSimulator
    time: _Time

    async def play(self, life: Life) -> list[str]:
        """Play a life to its end; what is wrong with it, in words."""
        name = f"life-{life.seed}-{uuid4().hex[:6]}"
        clock = self.time.clock = StageClock(life.begins)
        fate = Fate()
        around = Surroundings(self.namespace, self.operator, self.egress, clock, SETTINGS, fate)
        errors = _errors()
        play = _Play(self, life, CampaignRef(self.namespace, name), clock, around)
        try:
            gone_at = await play.to_the_end()
        finally:
            await play.clear_away()
        ledger = await self.dialer.ledger(name)
        if _errors() > errors:
            play.surprises.append("the operator met an error that it had not foreseen, or a rule that never has enough")
        schedules = tuple(LedgerSchedule.read(wire) for wire in ledger["schedules"])
        return [*play.surprises, *problems(Played(life, schedules, gone_at))]


def _errors() -> float:
    """How often an operator in this process has met what should never be."""
    counters = (metrics.unexpected_errors, metrics.idle_actions)
    return sum(
        sample.value
        for counter in counters
        for family in counter.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    )


@dataclass
class _Play:
    theatre: Theatre
    life: Life
    ref: CampaignRef
    clock: StageClock
    around: Surroundings
    surprises: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = {"namespace": self.ref.namespace, "name": self.ref.name}
        self._operator = MortalOperator(self.around, self.clock)
        self._away_until = self.life.begins
        self._out_until = self.life.begins
        self._troubles: list[FaultRule] = []
        self._is_deleted = False

    async def to_the_end(self) -> datetime | None:
        """Go from one thing to the next; when the campaign was gone, if it was."""
        await self.theatre.dialer.put_lag(self.ref.name, self.life.lag_seconds)
        await self._apply()
        acts, gone_at = list(self.life.acts), None
        ends = self.life.ends
        for _ in range(_MOST_LOOKS):
            while acts and acts[0].at <= self.clock.now():
                await self._act(acts.pop(0))
            if self._out_until == self.clock.now():
                await self._put_faults()
            if self._away_until <= self.clock.now():
                await self._look()
            if gone_at is None and self._is_deleted and await self._is_gone():
                gone_at = self.clock.now()
                ends = min(ends, gone_at + _SEEN_TO_THE_END)
            if self.clock.now() >= ends:
                return gone_at
            self.clock.advance_to(self._next_moment(acts, ends))
        self.surprises.append(f"after {_MOST_LOOKS} looks it is only {self.clock.now():%d %H:%M:%S}")
        return gone_at

    def _next_moment(self, acts: list[Act], ends: datetime) -> datetime:
        now = self.clock.now()
        moments = [now + _LONGEST_REST, ends, *(act.at for act in acts[:1])]
        alarm = self._operator.next_look(self.ref)
        if alarm is not None and self._away_until <= now:
            moments.append(max(alarm, now + timedelta(seconds=1)))
        moments += [moment for moment in (self._away_until, self._out_until) if moment > now]
        return min(moments)

    async def _look(self) -> None:
        while not await self._operator.look(self.ref, SETTINGS.poll_seconds):
            await self._begin_anew()

    async def _begin_anew(self) -> None:
        await self._operator.end()
        self._operator = MortalOperator(self.around, self.clock)

    async def _act(self, act: Act) -> None:
        match act:
            case Edit(terms=terms):
                await self._ask("PATCH", _CAMPAIGN, {"spec": terms.spec()})
            case Ask():
                asked = {"annotations": {REQUESTED_AT_ANNOTATION: self.clock.now().isoformat()}}
                await self._ask("PATCH", _CAMPAIGN, {"metadata": asked})
            case Deletion():
                self._is_deleted = True
                await self._ask("DELETE", _CAMPAIGN)
            case Away(seconds=seconds):
                await self._begin_anew()
                self._away_until = max(self._away_until, self.clock.now() + timedelta(seconds=seconds))
            case Death():
                self.around.fate.deaths.append(act)
            case Trouble():
                self._troubles.append(_rule(self.ref.name, act))
                await self._put_faults()
            case Outage(seconds=seconds):
                self._out_until = max(self._out_until, self.clock.now() + timedelta(seconds=seconds))
                await self._put_faults()

    async def _put_faults(self) -> None:
        rules = list(self._troubles)
        if self._out_until > self.clock.now():
            rules = [_out_of_order(self.ref.name, call) for call in _CALLS]
        await self.theatre.dialer.put_faults(*rules, campaign_id=self.ref.name)

    async def _apply(self) -> None:
        spec = {
            "campaignID": self.ref.name,
            "connection": {"secretRef": {"name": "cxone"}},
            "deletionPolicy": "Orphan" if self.life.orphans else "Cancel",
            **self.life.terms.spec(),
        }
        manifest = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": self.ref.name}, "spec": spec}
        await self._ask("POST", _CAMPAIGNS, manifest)

    async def _is_gone(self) -> bool:
        return (await self.theatre.user.request("GET", _CAMPAIGN, self._names)).status == 404

    async def clear_away(self) -> None:
        """Let nothing of the campaign and its operator be left."""
        await self._operator.end()
        if not await self._is_gone():
            await self._ask("PATCH", _CAMPAIGN, {"metadata": {"finalizers": None}})
            await self.theatre.user.request("DELETE", _CAMPAIGN, self._names)

    async def _ask(self, method: str, path: str, body: Manifest | None = None) -> None:
        answer = await self.theatre.user.request(method, path, self._names, body=body)
        assert answer.status in (200, 201, 202), answer.body


def _rule(campaign_id: str, act: Trouble) -> FaultRule:
    match = {"call": act.call, "campaignId": campaign_id}
    return FaultRule.model_validate({"match": match, "effect": act.effect, "after": act.after, "times": act.times})


def _out_of_order(campaign_id: str, call: str) -> FaultRule:
    match = {"call": call, "campaignId": campaign_id}
    return FaultRule.model_validate({"match": match, "effect": {"kind": "answer", "status": 503}})


@asynccontextmanager
async def open_theatre(access: Access, folder: Path) -> AsyncIterator[Theatre]:
    """A theatre in a namespace of its own; `folder` is its own, too."""
    certificate = issue_server_certificate(folder)
    namespace, time = f"lives-{uuid4().hex[:10]}", _Time()
    async with AsyncExitStack() as stack:
        dialer = await stack.enter_async_context(
            running_simulator(
                campaigns={"*": 1_000_000},
                now=time,
                calls_per_second=1 / 60,
                listener=Listener(tls=certificate.tls),
                authority=str(certificate.authority),
            )
        )
        user, operator = [
            APIServer(await stack.enter_async_context(await _client(kubeconfig)))
            for kubeconfig in (access.administrator, access.operator)
        ]
        egress = Egress(EgressPolicy(ca_file=certificate.authority, allow_cidrs=(ip_network("127.0.0.0/8"),)))
        stack.callback(egress.close)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        assert (await user.request("POST", "/api/v1/namespaces", body=body)).status == 201
        names, secret = {"namespace": namespace}, connection_secret(namespace, dialer)
        answer = await user.request("POST", "/api/v1/namespaces/{namespace}/secrets", names, body=secret)
        assert answer.status == 201, answer
        yield Theatre(namespace, user, operator, egress, dialer, time)
        await user.request("DELETE", "/api/v1/namespaces/{namespace}", names)


async def _client(kubeconfig: Path) -> ApiClient:
    configuration = Configuration()
    await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
        config_file=str(kubeconfig), client_configuration=configuration, persist_config=False
    )
    return ApiClient(configuration)
