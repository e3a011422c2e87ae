"""SIGTERM: nothing new begins, and what is under way is answered and on record before the process ends."""

import os
import signal
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4
from zoneinfo import available_timezones

import httpx
import yaml

from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LoopbackPort
from e2e_world import Manifest, campaign, connection_secret, dialer_of_one_client, start_operator
from serving import until
from stage import fault

SLOW_SECONDS = 9
"""More than the five seconds after which kopf cancels what began after itself."""

WAITS = ("--request-timeout-seconds", "15", "--settle-seconds", "30", "--send-within-seconds", "10")
ZONES = sorted(zone for zone in available_timezones() if zone.startswith("Europe/"))[:40]
BATCH = 16
"""As many requests as the operator has under way at one dialer, so all the connections that it opens there."""


def due_in(seconds: float, namespace: str, name: str) -> Manifest:
    """A campaign whose run is to be submitted in so many seconds, which only an alarm can tell."""
    due = datetime.now(UTC) + timedelta(seconds=seconds)
    start = (due + timedelta(minutes=2)).replace(second=0, microsecond=0)
    return campaign(
        namespace,
        name,
        cron=f"{start.minute} {start.hour} * * *",
        startMode="SameInstant",
        timeZone="UTC",
        submitAheadSeconds=round((start - due).total_seconds()),
        callingHours={"start": "00:00", "end": "24:00"},
        contacts=[{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(ZONES)],
    )


async def is_ready(url: str) -> bool:
    """Whether the operator watches, by its own word."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_submission_that_an_alarm_began_is_on_record_before_the_end_and_no_batch_follows_it(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    namespace = f"end-{uuid4().hex[:10]}"
    certificate = issue_server_certificate(tmp_path)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        await simulator.put_faults(fault("submit", "delay", after_seconds=SLOW_SECONDS))
        await control_plane.kubectl("create", "namespace", namespace)
        port = LoopbackPort()
        port.release()
        flags = ("--namespace", namespace, "--health-port", str(port.number), *WAITS)
        operator = start_operator(kubeconfig, certificate.authority, tmp_path, *flags)
        stack.push_async_callback(operator.stop, timeout_seconds=60)
        await until(partial(is_ready, f"http://127.0.0.1:{port.number}/readyz"))
        first, later = due_in(6, namespace, "first"), due_in(6 + SLOW_SECONDS / 2, namespace, "later")
        manifests = [connection_secret(namespace, simulator), first, later]
        await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))

        async def is_sent() -> bool:
            return len((await simulator.ledger(first["spec"]["campaignID"]))["schedules"]) == BATCH

        await until(is_sent)
        os.kill(operator.pid, signal.SIGTERM)
        assert await operator.wait() == 0

        async def states(name: str) -> list[str]:
            answer = await control_plane.kubectl("get", "ocamp", name, "-n", namespace, "-o", "yaml")
            (run,) = yaml.safe_load(answer.stdout)["status"]["runs"]
            return [window["state"] for window in run["windows"]]

        assert sorted(await states("first")) == ["Planned"] * (len(ZONES) - BATCH) + ["Submitted"] * BATCH
        assert await states("later") == ["Planned"] * len(ZONES)
        assert (await simulator.ledger(later["spec"]["campaignID"]))["requests"] == []
    assert "Traceback" not in operator.log_path.read_text()


async def test_campaigns_that_wait_for_their_turn_at_the_dialer_send_nothing_after_the_end_has_begun(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    namespace = f"end-{uuid4().hex[:10]}"
    certificate = issue_server_certificate(tmp_path)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(dialer_of_one_client(certificate))
        await simulator.put_faults(fault("submit", "delay", after_seconds=SLOW_SECONDS))
        await control_plane.kubectl("create", "namespace", namespace)
        # one fewer than there are connections: a campaign whose listing waits for one of them is not at its turn yet,
        # and lists only once the batch of another is over
        batch = BATCH - 1
        people = [{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(ZONES[:batch])]
        campaigns = [campaign(namespace, f"c{number}", contacts=people) for number in range(3)]
        manifests = [connection_secret(namespace, simulator), *campaigns]
        await control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
        operator = start_operator(kubeconfig, certificate.authority, tmp_path, "--namespace", namespace, *WAITS)
        stack.push_async_callback(operator.stop, timeout_seconds=60)

        async def all_wait() -> bool:
            requests = (await simulator.ledger())["requests"]
            listings = [request for request in requests if request["call"] == "list"]
            return len(listings) == len(campaigns) and len((await simulator.ledger())["schedules"]) == batch

        await until(all_wait)
        os.kill(operator.pid, signal.SIGTERM)
        assert await operator.wait() == 0
        answer = await control_plane.kubectl("get", "ocamp", "-n", namespace, "-o", "yaml")
        runs = [run for item in yaml.safe_load(answer.stdout)["items"] for run in item["status"]["runs"]]
        states = Counter(window["state"] for run in runs for window in run["windows"])
        assert states == {"Submitted": batch, "Planned": 2 * batch}
        assert len((await simulator.ledger())["schedules"]) == batch
    assert "the action changed nothing" not in operator.log_path.read_text()
