"""What a first user is told to type works where they are."""

from pathlib import Path

import pytest

from campaign_sandbox.next_steps import after_the_demo, export_line, first_commands, own_operator
from processes import write_program

EXAMPLES = Path(__file__).parents[2] / "examples"
KUBECONFIG, KUBECTL = Path("/sandbox/kubeconfig"), Path("/cache/kubectl")


def test_the_sandbox_lends_its_kubectl_to_who_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert export_line(KUBECONFIG, KUBECTL) == 'export KUBECONFIG=/sandbox/kubeconfig PATH="$PATH:/cache"'

    write_program(tmp_path / "kubectl", "#!/bin/sh\n")
    assert export_line(KUBECONFIG, KUBECTL) == "export KUBECONFIG=/sandbox/kubeconfig"


def test_commands_and_files_are_named_as_they_are_reached_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(EXAMPLES.parent / ".venv" / "bin" / "python"))
    monkeypatch.chdir(EXAMPLES.parent)
    assert "kubectl apply -f examples/demo.yaml -f examples/spring-renewals.yaml\n" in first_commands(EXAMPLES)
    assert "  .venv/bin/campaign-operator validate examples/spring-renewals.yaml  #" in after_the_demo(EXAMPLES)

    write_program(tmp_path / "campaign-operator", "#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    assert f"  campaign-operator validate {EXAMPLES / 'spring-renewals.yaml'}  #" in after_the_demo(EXAMPLES)


def test_an_operator_of_ones_own_is_told_of_the_sandboxs_certificates_and_addresses() -> None:
    assert own_operator(Path("/sandbox/ca.pem")).endswith("--ca-file /sandbox/ca.pem --allow-cidr 127.0.0.0/8")


def test_an_operator_of_ones_own_serves_its_metrics_where_prometheus_looks_for_them() -> None:
    assert own_operator(Path("/sandbox/ca.pem"), 9090).endswith(" --metrics-port 9090")
