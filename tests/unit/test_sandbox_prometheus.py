"""The Prometheus beside the sandbox, tried with stand-ins: `make dashboard` runs the real one."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from campaign_sandbox.cli import app
from campaign_sandbox.loopback_port import LoopbackPort
from campaign_sandbox.prometheus import ALERTS, PrometheusError, running_prometheus
from processes import write_program
from prometheus_stand_in import SERVES


def test_without_prometheus_on_the_path_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(app, ["up", "--with-prometheus"])

    assert done.exit_code == 1
    assert "prometheus is not on PATH" in done.stderr
    assert "apt-get install prometheus" in done.stderr


async def test_it_scrapes_the_operator_keeps_its_labels_and_reads_the_alerts(tmp_path: Path) -> None:
    program = tmp_path / "prometheus-program"
    write_program(program, SERVES.format(python=sys.executable))
    port = LoopbackPort()
    async with running_prometheus(program, port.number, tmp_path) as url:
        assert url.startswith("http://127.0.0.1:")
        configuration = json.loads((tmp_path / "prometheus" / "prometheus.yml").read_text())

    (scraped,) = configuration["scrape_configs"]
    assert scraped["honor_labels"] is True
    assert scraped["static_configs"] == [{"targets": [f"127.0.0.1:{port.number}"]}]
    assert configuration["rule_files"] == [str(ALERTS)]
    assert len([rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]) == 12
    port.release()


async def test_a_prometheus_that_ends_says_why(tmp_path: Path) -> None:
    program = tmp_path / "prometheus-program"
    write_program(program, "#!/bin/sh\necho 'unknown flag'; exit 3\n")

    with pytest.raises(PrometheusError, match=r"(?s)ended with 3.*unknown flag"):
        async with running_prometheus(program, 1, tmp_path):
            pass
