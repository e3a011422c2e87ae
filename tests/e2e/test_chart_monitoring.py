"""What the chart installs for Prometheus and Grafana: rendered by the real Helm, the rules checked by promtool."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import CHART

MONITORING = CHART / "monitoring"
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
}
Render = Callable[..., str]


def rendered(render_chart: Render, kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """The one resource of that kind."""
    documents = yaml.safe_load_all(render_chart("any", values))
    (found,) = [document for document in documents if document and document["kind"] == kind]
    return dict(found)


def rules(render_chart: Render, **values: Any) -> dict[str, dict[str, Any]]:
    """The alerts of the PrometheusRule, by name."""
    found = rendered(render_chart, "PrometheusRule", {"prometheusRule": {"enabled": True, **values}})
    return {rule["alert"]: rule for group in found["spec"]["groups"] for rule in group["rules"]}


def test_by_default_nothing_needs_the_prometheus_operator(render_chart: Render) -> None:
    kinds = {document["kind"] for document in yaml.safe_load_all(render_chart("any")) if document}

    assert kinds & {"PrometheusRule", "PodMonitor", "ServiceMonitor", "Service"} == set()


def test_the_rule_has_the_alerts_of_the_file_as_they_are(render_chart: Render) -> None:
    assert rules(render_chart) == ALERTS


def test_an_alert_can_be_changed_and_left_out(render_chart: Render, promtool: Path, tmp_path: Path) -> None:
    changes = {
        "CampaignDialerSlow": {"for": "30m", "severity": "info", "threshold": 20.5},
        "CampaignBehindPace": {"threshold": 0.25},
        "CampaignPermissionLapses": {"threshold": 0},
        "CampaignStalled": {"severity": "critical", "enabled": True},
        "CampaignWindowsMissed": {"for": "1h"},
        "CampaignWebhookFailing": {"enabled": False},
    }
    found = rules(render_chart, alerts=changes)

    assert found.keys() == ALERTS.keys() - {"CampaignWebhookFailing"}
    slow = found["CampaignDialerSlow"]
    assert (slow["for"], slow["labels"]["severity"], slow["expr"].split()[-2:]) == ("30m", "info", [">", "20.5"])
    assert found["CampaignBehindPace"]["expr"].split()[-2:] == ["<", "0.25"]
    assert found["CampaignPermissionLapses"]["expr"].split()[-2:] == [">", "0"]
    assert found["CampaignStalled"] == ALERTS["CampaignStalled"] | {"labels": {"severity": "critical"}}
    assert found["CampaignWindowsMissed"]["for"] == "1h"
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "changed", "rules": list(found.values())}]}))
    subprocess.run([promtool, "check", "rules", path], check=True)


def test_a_link_to_the_runbook_leads_to_the_section_of_the_alert(render_chart: Render) -> None:
    found = rules(render_chart, runbookURL="https://docs.example.com/runbook")

    assert found["CampaignWindowHeld"]["annotations"]["runbook_url"] == (
        "https://docs.example.com/runbook#campaignwindowheld"
    )


@pytest.mark.parametrize(
    ("kind", "value", "endpoints"),
    [("PodMonitor", "podMonitor", "podMetricsEndpoints"), ("ServiceMonitor", "serviceMonitor", "endpoints")],
)
def test_a_monitor_selects_the_pods_by_the_port_that_they_have_and_keeps_the_labels_of_the_campaign(
    render_chart: Render, kind: str, value: str, endpoints: str
) -> None:
    values = {value: {"enabled": True, "interval": "15s", "labels": {"release": "prometheus"}}}
    monitor = rendered(render_chart, kind, values)
    template = rendered(render_chart, "Deployment", values)["spec"]["template"]

    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"][endpoints] == [{"port": "metrics", "honorLabels": True, "interval": "15s"}]
    selected = monitor["spec"]["selector"]["matchLabels"]
    assert selected.items() <= template["metadata"]["labels"].items()
    assert monitor["spec"]["jobLabel"] in template["metadata"]["labels"]
    assert "metrics" in [port["name"] for port in template["spec"]["containers"][0]["ports"]]


def test_the_service_of_a_service_monitor_leads_to_the_pods(render_chart: Render) -> None:
    values = {"serviceMonitor": {"enabled": True}}
    service, monitor = (rendered(render_chart, kind, values) for kind in ("Service", "ServiceMonitor"))
    template = rendered(render_chart, "Deployment", values)["spec"]["template"]

    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [port["name"] for port in service["spec"]["ports"]] == [monitor["spec"]["endpoints"][0]["port"]]


def test_two_monitors_at_once_are_refused(render_chart: Render) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        render_chart("any", {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}})

    assert "exclude each other" in raised.value.stderr


def test_the_dashboard_is_in_a_config_map_with_the_label_of_the_sidecar(render_chart: Render) -> None:
    values = {"enabled": True, "namespace": "grafana", "annotations": {"grafana_folder": "Dialing"}}
    found = rendered(render_chart, "ConfigMap", {"grafanaDashboard": values})

    assert found["metadata"]["namespace"] == "grafana"
    assert found["metadata"]["annotations"] == {"grafana_folder": "Dialing"}
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["campaign-operator.json"]) == json.loads(
        (MONITORING / "dashboard.json").read_text()
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"alerts": {"CampaignWindowHold": {"enabled": False}}}, "CampaignWindowHold"),
        ({"alerts": {"CampaignWindowHeld": {"threshold": 1}}}, "threshold"),
        ({"alerts": {"CampaignDialerSlow": {"for": "ten minutes"}}}, "for"),
        ({"runbookURL": "docs/runbook.md"}, "runbookURL"),
    ],
)
def test_a_change_of_an_alert_that_cannot_be_meant_is_refused_by_name(
    render_chart: Render, values: dict[str, Any], named: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        rules(render_chart, **values)

    assert named in raised.value.stderr


def test_the_schema_knows_the_alerts_of_the_file(render_chart: Render) -> None:
    rules(render_chart, alerts={name: {"enabled": True} for name in ALERTS})
