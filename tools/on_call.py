"""Plays five faults that somebody on call meets, and writes what they see to docs/on-call.md: `make on-call`.

A real API server, operator, dialer and Prometheus run. A fault is planted; when its alert fires, the commands of
`kubectl campaign` are run, the remedy that they name is carried out, and all that they say goes to the page.
It takes about 20 minutes, for ten of which no operator runs.
"""

import asyncio
import os
import re
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from campaign_operator.wording import counted
from campaign_sandbox.binaries import BinariesError, ensure_control_plane_binaries
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlaneError, KubectlError
from campaign_sandbox.prometheus import ALERTS, SCRAPE_SECONDS, PrometheusError, find_prometheus
from campaign_sandbox.sandbox import NAMESPACE, Sandbox, SandboxSettings, running_sandbox
from campaign_sandbox.simulator.simulator_settings import ANY_CAMPAIGN
from dashboard_answers import Span, ask, panels_of

PAGE = Path(__file__).parents[1] / "docs" / "on-call.md"
DASHBOARD = ALERTS.with_name("dashboard.json")
BEGIN = "<!-- begin transcript, written by make on-call -->"
END = "<!-- end transcript -->"
COLUMNS = 110
PATIENCE_SECONDS = 300.0
DOWN_SECONDS = 600.0
_FLAGS = (
    *("--poll-seconds", "2", "--lead-seconds", "2", "--settle-seconds", "8", "--send-within-seconds", "2"),
    *("--request-timeout-seconds", "5"),
)
_FOR = re.compile(r"^    for: .*\n", flags=re.MULTILINE)


@dataclass
class Page:
    """What is written, block by block."""

    blocks: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """A paragraph or a heading."""
        self.blocks.append(text)

    def show(self, text: str) -> None:
        """What a terminal showed."""
        self.blocks.append(f"```text\n{text.rstrip()}\n```")


@dataclass
class Shift:
    """Somebody on call: the sandbox, the operator that runs in it, and the page on which they write."""

    sandbox: Sandbox
    folder: Path
    trust: ssl.SSLContext
    page: Page
    began: float
    operator: ChildProcess = field(init=False)

    def __post_init__(self) -> None:
        self.start_operator()

    def start_operator(self) -> None:
        """As the sandbox does, so that it can also be killed and started again."""
        command = [
            *(sys.executable, "-m", "campaign_operator.cli", "run", "--all-namespaces", *_FLAGS),
            *("--ca-file", str(self.sandbox.ca_file), "--allow-cidr", "127.0.0.0/8"),
            *("--metrics-port", str(self.sandbox.metrics_port)),
        ]
        self.operator = ChildProcess(
            "operator", command, self.folder / "operator.log", env=self._environment(), cwd=self.folder
        )

    async def run(self, *words: str) -> tuple[str, float]:
        """`kubectl ...`, as it is shown, and how many seconds it took."""
        begun = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            self.sandbox.control_plane.kubectl_path,
            *words,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return f"$ kubectl {' '.join(words)}\n{said.decode()}", time.monotonic() - begun

    async def show(self, *commands: Sequence[str]) -> None:
        """Run them, and put on the page what they say."""
        for command in commands:
            said, _ = await self.run(*command)
            self.page.show(said)

    async def apply(self, *manifests: Mapping[str, Any]) -> None:
        """`kubectl apply -f -`."""
        await self.sandbox.control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    async def plant(self, url: str | None, *rules: Mapping[str, Any]) -> None:
        """The faults of the dialer or the receiver, in place of those before."""
        async with httpx.AsyncClient(verify=self.trust, trust_env=False) as client:
            (await client.put(f"{url}/_faults", json={"rules": rules})).raise_for_status()

    async def ledger(self, campaign_id: str) -> list[dict[str, Any]]:
        """The schedules that the dialer has, whatever its API says."""
        async with httpx.AsyncClient(verify=self.trust, trust_env=False) as client:
            answer = await client.get(f"{self.sandbox.dialer_url}/_ledger", params={"campaign": campaign_id})
            found: list[dict[str, Any]] = answer.raise_for_status().json()["schedules"]
            return found

    async def campaign(self, name: str) -> dict[str, Any]:
        """The status."""
        found = await self.sandbox.control_plane.kubectl("get", "ocamp", name, "-n", NAMESPACE, "-o", "json")
        status: dict[str, Any] = yaml.safe_load(found.stdout).get("status", {})
        return status

    async def alert(self, alert: str, name: str | None = None) -> dict[str, Any]:
        """The alert, once it fires about that campaign."""
        found: list[dict[str, Any]] = []

        async def fires() -> bool:
            data = await self._prometheus("alerts")
            found[:] = [
                each
                for each in data["alerts"]
                if each["state"] == "firing" and each["labels"]["alertname"] == alert
                if name is None or each["labels"].get("name") == name
            ]
            return bool(found)

        await until(fires, f"{alert} fires")
        return found[0]

    async def panel(self, title: str) -> list[str]:
        """What a panel of the dashboard shows at this moment, a line for each series."""
        panels = panels_of(yaml.safe_load(DASHBOARD.read_text()))
        panel = next(each for each in panels if each["title"] == title)
        now = float((await self._prometheus("query?query=time()"))["result"][1])
        answers = await asyncio.to_thread(
            ask, str(self.sandbox.prometheus_url), panel, Span(self.began, now, SCRAPE_SECONDS)
        )
        return [f"{answer.name or title}: {answer.values[-1][1]:g}" for answer in answers if answer.values]

    async def _prometheus(self, path: str) -> Any:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{self.sandbox.prometheus_url}/api/v1/{path}")
            return answer.raise_for_status().json()["data"]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.sandbox.control_plane.kubeconfig_path),
            "HOME": str(self.folder),
            "COLUMNS": str(COLUMNS),
            "NO_COLOR": "1",
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """One fault: its heading, what is said of it, the alert and the panel that show it, and what plays it."""

    title: str
    about: str
    alert: str
    panel: str
    campaign: str | None
    plant: Callable[[Shift], Awaitable[None]]
    remedy: Callable[[Shift], Awaitable[None]]


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for what can only be seen by asking again. Raises TimeoutError, which says what."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await holds():  # noqa: ASYNC110 - what is waited for happens in other processes
                await asyncio.sleep(1)
    except TimeoutError:
        raise TimeoutError(f"not within {PATIENCE_SECONDS:.0f} s: {what}") from None


def manifest(name: str, **spec: Any) -> dict[str, Any]:
    """A campaign of one window in London and one in New York that open at the next minute."""
    fields: dict[str, Any] = {
        "campaignID": f"id-{name}",
        "cron": "* * * * *",
        "startMode": "SameInstant",
        "runPolicy": "Once",
        "windowSeconds": 3600,
        "callingHours": {"start": "00:00", "end": "24:00"},
        "completion": {"expectedCalls": 100_000},
        "connection": {"secretRef": {"name": "cxone"}},
        "contacts": [{"id": "c1", "timeZone": "America/New_York"}, {"id": "c2", "timeZone": "Europe/London"}],
        **spec,
    }
    return {
        "apiVersion": "campaign-operator.io/v1alpha1",
        "kind": "OutboundCampaign",
        "metadata": {"namespace": NAMESPACE, "name": name},
        "spec": {key: value for key, value in fields.items() if value is not None},
    }


def fault(call: str, kind: str, campaign: str, **effect: Any) -> dict[str, Any]:
    """A rule of the simulated dialer."""
    return {"match": {"call": call, "campaignId": f"id-{campaign}"}, "effect": {"kind": kind, **effect}}


def _list_of(*rows: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": NAMESPACE, "name": "customers"},
        "data": {"contacts.csv": "\n".join(["id,timeZone", *rows, ""])},
    }


async def _is_in(shift: Shift, name: str, *states: str) -> None:
    async def is_there() -> bool:
        return (await shift.campaign(name)).get("state") in states

    await until(is_there, f"{name} is {' or '.join(states)}")


async def _plant_refusal(shift: Shift) -> None:
    await shift.plant(shift.sandbox.dialer_url, fault("submit", "answer", "renewals", status=403, body="scope missing"))
    await shift.apply(manifest("renewals"))


async def _grant(shift: Shift) -> None:
    shift.page.say("Somebody gives the client the right at the dialer, and says so:")
    await shift.plant(shift.sandbox.dialer_url)
    await shift.show(("campaign", "retry", "renewals"))
    await _is_in(shift, "renewals", "Scheduled", "Running")
    await shift.show(("campaign", "list"))


async def _plant_lost_answer(shift: Shift) -> None:
    await shift.plant(
        shift.sandbox.dialer_url,
        fault("submit", "reset", "winback", carryOut=True),
        fault("list", "notOffered", "winback"),
    )
    await shift.apply(manifest("winback", contacts=[{"id": "c1", "timeZone": "Europe/London"}]))


async def _resolve(shift: Shift) -> None:
    (schedule,) = await shift.ledger("id-winback")
    shift.page.say(f"The console of the dialer shows one schedule for London, with the ID `{schedule['id']}`:")
    await shift.show(("campaign", "resolve", "winback", f"London={schedule['id']}"))
    await _is_in(shift, "winback", "Scheduled", "Running")
    await shift.show(("campaign", "list"))


async def _plant_dead_receiver(shift: Shift) -> None:
    receiver = shift.sandbox.receiver_url
    await shift.plant(receiver, {"match": {"path": "/ended"}, "effect": {"kind": "answer", "status": 503}})
    await shift.apply(
        manifest("survey", completion={"expectedCalls": 1}, windowSeconds=60, webhook={"url": f"{receiver}/ended"})
    )


async def _revive_receiver(shift: Shift) -> None:
    shift.page.say("The receiver is up again. The operator delivers the webhook at its next attempt:")
    await shift.plant(shift.sandbox.receiver_url)

    async def is_delivered() -> bool:
        return (await shift.campaign("survey")).get("webhookState") == "Delivered"

    await until(is_delivered, "the webhook is delivered")
    await shift.show(("campaign", "list"))


async def _plant_bad_row(shift: Shift) -> None:
    await shift.apply(_list_of("c1,Europe/London", "c2,Europe/Pariss", "c3,Europe/Berlin"))
    source = {"configMapKeyRef": {"name": "customers", "key": "contacts.csv"}}
    await shift.apply(manifest("newsletter", contacts=None, contactsFrom=[source]))


async def _correct_row(shift: Shift) -> None:
    shift.page.say("Line 3 is corrected where the list comes from, and the ConfigMap is applied again:")
    await shift.apply(_list_of("c1,Europe/London", "c2,Europe/Paris", "c3,Europe/Berlin"))
    await _is_in(shift, "newsletter", "Scheduled", "Running")
    await shift.show(("campaign", "list"))


async def _kill_operator(shift: Shift) -> None:
    due = datetime.now(UTC) + timedelta(minutes=5)
    await shift.apply(manifest("evening", cron=f"{due.minute} {due.hour} * * *", submitAheadSeconds=60))
    await _is_in(shift, "evening", "Planned")
    shift.operator.kill()
    shift.page.say(f"Killed at {datetime.now(UTC):%H:%M:%S} UTC, before the windows of `evening` are submitted.")


async def _start_operator_again(shift: Shift) -> None:
    shift.page.say("The statuses are those from before. An edit is kept, and waits for the operator:")
    await shift.show(("campaign", "suspend", "spring", "--timeout", "5"), ("campaign", "list"))
    await asyncio.sleep(DOWN_SECONDS)
    shift.page.say("Ten minutes later, the list tells which campaigns miss the operator:")
    await shift.show(("campaign", "list"), ("campaign", "why", "evening"))
    shift.start_operator()
    shift.page.say(
        f"The operator runs again at {datetime.now(UTC):%H:%M:%S} UTC. It does what is due, and says what is late:"
    )
    await _is_in(shift, "evening", "Scheduled", "Running")
    await _is_in(shift, "spring", "Suspended")
    await shift.show(("campaign", "list"), ("campaign", "why", "evening", "London"))


SCENES = (
    Scene(
        "The dialer answers 403",
        "The client of the Secret `cxone` has no right to submit schedules.",
        "CampaignDialerRefusing",
        "Not ready, by reason",
        "renewals",
        _plant_refusal,
        _grant,
    ),
    Scene(
        "An answer is lost, and the dialer has no listing",
        "The dialer creates a schedule, and the connection breaks before its answer. It has no listing in which the "
        "operator could look.",
        "CampaignWindowHeld",
        "Held windows",
        "winback",
        _plant_lost_answer,
        _resolve,
    ),
    Scene(
        "The receiver of the webhook is down",
        "A run is complete, and the receiver of its webhook answers 503.",
        "CampaignWebhookFailing",
        "Pending webhooks",
        "survey",
        _plant_dead_receiver,
        _revive_receiver,
    ),
    Scene(
        "A list has a bad row",
        "Somebody typed a time zone by hand.",
        "CampaignListUnreadable",
        "Who needs attention",
        "newsletter",
        _plant_bad_row,
        _correct_row,
    ),
    Scene(
        "The operator is killed for ten minutes",
        "No operator runs.",
        "CampaignOperatorNotLeading",
        "Leading replicas",
        None,
        _kill_operator,
        _start_operator_again,
    ),
)


async def play(shift: Shift, scene: Scene) -> None:
    """One fault, from its planting to its end."""
    page = shift.page
    page.say(f"## {scene.title}\n\n{scene.about}")
    begun = time.monotonic()
    await scene.plant(shift)
    alert = await shift.alert(scene.alert, scene.campaign)
    labels, annotations = alert["labels"], alert["annotations"]
    page.say(f"The alert fires {time.monotonic() - begun:.0f} s later:")
    page.show(f"{labels['alertname']} ({labels['severity']}): {annotations['summary']}\n{annotations['description']}")
    shown = await shift.panel(scene.panel)
    page.say(f"On the dashboard, *{scene.panel}* shows `{'`, `'.join(shown) or 'no data'}`.")
    looks: list[tuple[str, ...]] = [("campaign", "list")]
    if scene.campaign is not None:
        looks.append(("campaign", "why", scene.campaign))
    taken = 0.0
    for look in looks:
        said, seconds = await shift.run(*look)
        taken += seconds
        page.show(said)
    await scene.remedy(shift)
    page.say(f"From the alert to the cause and the remedy: {counted(len(looks), 'command')} of {taken:.1f} s together.")
    print(f"{scene.title}: played", flush=True)


@asynccontextmanager
async def on_duty(folder: Path, page: Page) -> AsyncIterator[Shift]:
    """The sandbox without an operator, and an operator beside it."""
    binaries = await ensure_control_plane_binaries(print)
    alerts = folder / "alerts.yaml"
    alerts.write_text(_FOR.sub("", ALERTS.read_text()))
    settings = SandboxSettings(
        with_operator=False,
        prometheus=find_prometheus(),
        alerts=alerts,
        calls_per_second=4,
        campaigns={ANY_CAMPAIGN: 1_000_000},
    )
    async with running_sandbox(binaries, settings, print) as sandbox:
        trust = ssl.create_default_context(cafile=str(sandbox.ca_file))
        shift = Shift(sandbox, folder, trust, page, time.time())
        try:
            yield shift
        except TimeoutError as error:
            raise TimeoutError(f"{error}; the operator says:\n{shift.operator.last_lines()}") from None
        finally:
            await shift.operator.stop(timeout_seconds=35)


async def _transcript() -> str:
    page = Page()
    with tempfile.TemporaryDirectory(prefix="campaign-operator-on-call-") as folder:
        async with on_duty(Path(folder), page) as shift:
            await shift.apply(manifest("spring", cron="0 9 * * *", startMode="ContactLocal", runPolicy="Recurring"))
            await _is_in(shift, "spring", "Planned", "Scheduled")
            for scene in SCENES:
                await play(shift, scene)
    return "\n\n".join(page.blocks)


def main() -> int:
    """The exit status."""
    try:
        transcript = asyncio.run(_transcript())
    except (BinariesError, ControlPlaneError, KubectlError, PrometheusError, TimeoutError, OSError) as error:
        print(f"on-call: {error}", file=sys.stderr)
        return 1
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{transcript}\n\n{END}{after}")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
