"""The alerts, evaluated by promtool as Prometheus does it: when each fires, when not, and what it says."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

CASES = sorted(Path(__file__).parent.glob("*.yaml"))
RULES = Path(__file__).parents[2] / "charts" / "campaign-operator" / "monitoring" / "alerts.yaml"
ALERTS = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def tried() -> list[tuple[str, bool]]:
    """Each alert of which a case says something, and whether it is to fire."""
    files = [yaml.safe_load(path.read_text()) for path in CASES]
    cases = [case for file in files for test in file["tests"] for case in test["alert_rule_test"]]
    return [(case["alertname"], bool(case["exp_alerts"])) for case in cases]


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_the_alerts_fire_when_they_should_and_say_what_is_expected(promtool: Path, cases: Path) -> None:
    done = subprocess.run([promtool, "test", "rules", cases], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_the_rules_and_finds_nothing_to_complain_about(promtool: Path) -> None:
    strict = ("check", "rules", "--lint=all", "--lint-fatal", RULES)
    done = subprocess.run([promtool, *strict], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(alert: str) -> None:
    assert {fires for name, fires in tried() if name == alert} == {True, False}


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_expression_keeps_labels_of_the_pod_out_of_the_alert(alert: str) -> None:
    """A label that changes when another replica leads would end the alert and begin another."""
    kept = {label for group in re.findall(r"\bby \(([^)]*)\)", ALERTS[alert]["expr"]) for label in group.split(", ")}

    assert kept <= {"namespace", "name", "reason", "job", "call", "le"}
