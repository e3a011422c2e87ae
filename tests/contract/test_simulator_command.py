"""The command that runs the simulated dialer, as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import typer
from typer.testing import CliRunner

from campaign_sandbox.simulator.simulator_command import simulator
from contract.dialer_client import DialerClient, analytics_body, schedule_body

RUN = "import typer; from campaign_sandbox.simulator.simulator_command import simulator; typer.run(simulator)"
WITHOUT_THE_EXTRA = f"import sys; sys.modules |= dict.fromkeys(('starlette', 'trustme', 'uvicorn')); {RUN}"
CLIENT = ("--client-id", "operator", "--client-secret", "operator-secret")


@dataclass
class Outcome:
    status: int
    output: str
    errors: str


@dataclass
class Running:
    process: asyncio.subprocess.Process
    base_url: str

    async def stop(self, number: signal.Signals) -> Outcome:
        self.process.send_signal(number)
        output, errors = await self.process.communicate()
        return Outcome(await self.process.wait(), output.decode(), errors.decode())


async def start(*options: str, program: str = RUN, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", program, *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
    )


async def finished(*options: str, program: str = RUN, **environment: str) -> Outcome:
    process = await start(*options, program=program, **environment)
    output, errors = await process.communicate()
    return Outcome(await process.wait(), output.decode(), errors.decode())


@asynccontextmanager
async def running(*options: str, **environment: str) -> AsyncIterator[Running]:
    process = await start(*options, **environment)
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert line.startswith("listening on http://127.0.0.1:"), line
        yield Running(process, line.removeprefix("listening on ").strip())
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_prints_its_url_when_it_is_ready_and_ends_well_on_a_signal(number: signal.Signals) -> None:
    async with (
        running(*CLIENT) as command,
        httpx.AsyncClient(base_url=command.base_url, trust_env=False) as http,
    ):
        assert (await http.get("/_ledger")).json()["schedules"] == []
        outcome = await command.stop(number)

    assert outcome == Outcome(0, "", "")


async def test_the_options_are_what_it_does() -> None:
    fault = '{"match": {"call": "submit"}, "effect": {"kind": "answer", "status": 503}, "times": 1}'
    options = (
        *(
            "--client",
            "north:n:c=1",
            "--campaign",
            "c=1=7",
            "--campaign",
            "other=7",
            "--token-lifetime-seconds",
            "99",
        ),
        *("--calls-per-second", "5", "--no-list", "--no-delete", "--fault", fault, "--latency-ms", "1"),
    )
    environment = {"CAMPAIGN_SIMULATOR_CLIENT_ID": "south", "CAMPAIGN_SIMULATOR_CLIENT_SECRET": "s"}
    body = schedule_body("c=1", datetime.now(UTC) + timedelta(hours=1))
    async with (
        running(*options, **environment) as command,
        httpx.AsyncClient(base_url=command.base_url, trust_env=False) as http,
    ):
        north, south = DialerClient(http), DialerClient(http)
        await north.log_in(("north", "n"))
        await south.log_in(("south", "s"))
        assert (await north.token(("north", "n"))).json()["expires_in"] == 99
        assert [(await north.submit("c=1", body)).status_code for _ in range(2)] == [503, 201]
        assert (await south.submit("c=1", body)).status_code == 403
        assert (await north.submit("unknown", body)).status_code == 404
        assert (await north.list("c=1")).status_code == 405
        assert (await north.cancel("c=1", "none")).status_code == 405


async def test_the_options_of_listing_and_analytics_are_what_it_does() -> None:
    options = ("--listing-lag-seconds", "600", "--listing-range", "refused", "--rows-per-campaign", "3")
    now = datetime.now(UTC)
    async with (
        running(*CLIENT, *options, "--calls-per-second", "1000") as command,
        httpx.AsyncClient(base_url=command.base_url, trust_env=False) as http,
    ):
        api = DialerClient(http)
        await api.log_in()
        times = {"startTime": (now - timedelta(hours=1)).isoformat(), "endTime": (now + timedelta(hours=1)).isoformat()}
        made = await http.post("/_schedules", json={"campaignId": "c1", "timezone": "Etc/UTC", **times})
        assert made.status_code == 201
        assert (await api.list("c1")).json()["data"] == []
        assert (await api.list("c1", to=now.isoformat())).status_code == 400
        answer = await api.analytics(analytics_body(["c1"], now - timedelta(hours=1), now))
        assert len(answer.json()["data"]) == 3


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ((), "--client-id"),
        (("--client-id", "operator"), "--client-secret"),
        ((*CLIENT, "--client", "operator:other"), "--client"),
        ((*CLIENT, "--client", "alone"), "--client"),
        ((*CLIENT, "--client", "id:secret:a,,b"), "--client"),
        ((*CLIENT, "--campaign", "c1"), "--campaign"),
        ((*CLIENT, "--campaign", "c1=many"), "--campaign"),
        ((*CLIENT, "--campaign", "c1=1", "--campaign", "c1=2"), "--campaign"),
        ((*CLIENT, "--calls-per-second", "0"), "--calls-per-second"),
        ((*CLIENT, "--calls-per-second", "nan"), "--calls-per-second"),
        ((*CLIENT, "--fault", '{"match": {"call": "dance"}}'), "match.call"),
        ((*CLIENT, "--fault", "{"), "--fault"),
        ((*CLIENT, "--listing-lag-seconds", "-1"), "--listing-lag-seconds"),
        ((*CLIENT, "--listing-range", "sometimes"), "--listing-range"),
        ((*CLIENT, "--rows-per-campaign", "0"), "--rows-per-campaign"),
        ((*CLIENT, "--tls-key", "/dev/null"), "--tls-cert"),
        ((*CLIENT, "--tls-cert", "/does/not/exist", "--tls-key", "/dev/null"), "--tls-cert"),
    ],
)
def test_wrong_usage_is_named_and_ends_with_two(options: tuple[str, ...], named: str) -> None:
    application = typer.Typer()
    application.command()(simulator)

    outcome = CliRunner().invoke(application, options, env={"COLUMNS": "200", "NO_COLOR": "1"})

    assert outcome.exit_code == 2
    assert named in outcome.stderr
    assert "secret:a" not in outcome.stderr


async def test_an_address_that_is_taken_ends_with_one_and_a_sentence() -> None:
    async with running(*CLIENT) as command:
        outcome = await finished(*CLIENT, "--port", command.base_url.rpartition(":")[2])

    assert outcome.status == 1
    assert "in use" in outcome.errors
    assert "Traceback" not in outcome.errors


async def test_without_the_extra_it_says_what_to_install() -> None:
    outcome = await finished(*CLIENT, program=WITHOUT_THE_EXTRA)

    assert (outcome.status, outcome.output) == (1, "")
    assert "pip install 'campaign-operator[sandbox]'" in outcome.errors


async def test_the_help_needs_no_extra_and_shows_no_secret() -> None:
    outcome = await finished("--help", program=WITHOUT_THE_EXTRA, CAMPAIGN_SIMULATOR_CLIENT_SECRET="hush")

    assert outcome.status == 0
    assert "--calls-per-second" in outcome.output
    assert "hush" not in outcome.output
