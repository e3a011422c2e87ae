"""A Prometheus beside the sandbox: it scrapes the operator and evaluates the alerts.

Owns where the program comes from, its configuration, and when it is ready. The program is the one on PATH: it is not
needed to run campaigns, and takes minutes to build. The rules are those of the chart, or others that a test gives.
It must not know what the metrics mean.
"""

import asyncio
import json
import shutil
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort

_SHIPPED = Path(__file__).with_name("_monitoring")
_CHECKOUT = Path(__file__).parents[2] / "charts" / "campaign-operator" / "monitoring"
ALERTS = (_SHIPPED if _SHIPPED.exists() else _CHECKOUT) / "alerts.yaml"
"""The alerts as they are shipped: in a wheel beside this module, in a checkout in the chart."""

JOB = "campaign-operator"
SCRAPE_SECONDS = 5
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 5.0


class PrometheusError(Exception):
    """Prometheus cannot be had, or does not come up; the message says what to do."""


def find_prometheus() -> Path:
    """The program. Raises PrometheusError."""
    found = shutil.which("prometheus")
    if found is None:
        raise PrometheusError(
            "prometheus is not on PATH: install it, on Debian with apt-get install prometheus, or leave out "
            "--with-prometheus"
        )
    return Path(found)


@asynccontextmanager
async def running_prometheus(
    program: Path, metrics_port: int, folder: Path, *, alerts: Path = ALERTS, scrape_seconds: int = SCRAPE_SECONDS
) -> AsyncIterator[str]:
    """Prometheus for as long as the block runs; yields its URL. Start it from the main thread.

    Raises PrometheusError if it does not come up.
    """
    home = folder / "prometheus"
    home.mkdir()
    configuration = home / "prometheus.yml"
    # JSON is YAML
    configuration.write_text(json.dumps(_configuration(metrics_port, alerts, scrape_seconds)))
    port = LoopbackPort()
    command: list[str | Path] = [
        *(program, f"--config.file={configuration}", f"--storage.tsdb.path={home / 'data'}"),
        f"--web.listen-address={LOOPBACK}:{port.number}",
    ]
    port.release()  # Prometheus shares it with nobody
    server = ChildProcess("prometheus", command, home / "log", cwd=home)
    url = f"http://{LOOPBACK}:{port.number}"
    try:
        await _until_ready(server, url)
        yield url
    finally:
        await server.stop(timeout_seconds=_STOP_SECONDS)


def _configuration(metrics_port: int, alerts: Path, scrape_seconds: int) -> dict[str, object]:
    return {
        "global": {"scrape_interval": f"{scrape_seconds}s", "evaluation_interval": f"{scrape_seconds}s"},
        "rule_files": [str(alerts)],
        "scrape_configs": [
            {
                "job_name": JOB,
                "honor_labels": True,  # the label namespace is that of the campaign
                "static_configs": [{"targets": [f"{LOOPBACK}:{metrics_port}"]}],
            }
        ],
    }


async def _until_ready(server: ChildProcess, url: str) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not await asyncio.to_thread(_is_ready, url):
                if server.exit_status is not None:
                    raise PrometheusError(f"prometheus ended with {server.exit_status}:\n{server.last_lines()}")
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise PrometheusError(f"prometheus is not ready after {_START_SECONDS:.0f} s:\n{server.last_lines()}") from None


def _is_ready(url: str) -> bool:
    past_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with past_proxies.open(f"{url}/-/ready", timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
