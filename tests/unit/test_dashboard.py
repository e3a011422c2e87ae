"""The dashboard and the alerts ask for what the operator serves, and a dashboard is one that Grafana can show."""

import json
import re
from itertools import combinations
from typing import Any

import pytest
import yaml
from manifests import ROOT
from prometheus_client import Counter, Gauge, Histogram, Info

from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CAMPAIGN_METRICS, family_name

MONITORING = ROOT / "charts" / "campaign-operator" / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
ENDINGS: dict[type, tuple[str, ...]] = {
    Counter: ("_total",),
    Gauge: ("",),
    Histogram: ("_bucket", "_count", "_sum"),
    Info: ("_info",),
}


def served() -> set[str]:
    """The names of all series."""
    of_the_operator = {
        found._name + ending  # noqa: SLF001 - the library has no other way to ask for it
        for found in vars(metrics).values()
        if type(found) in ENDINGS
        for ending in ENDINGS[type(found)]
    }
    return of_the_operator | {family_name(metric) for metric in CAMPAIGN_METRICS}


def asked_for(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"campaign_operator_\w+", expression)}


def test_every_metric_that_is_asked_for_is_served() -> None:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    alerts = [rule["expr"] for group in groups for rule in group["rules"]]

    assert asked_for(QUERIES) - served() == set()
    assert asked_for(alerts) - served() == set()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows_in_which_unit_and_asks_the_chosen_source(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_the_chosen_jobs_and_rates_over_what_grafana_chooses(query: str) -> None:
    selectors = re.findall(r"\w+\{([^}]*)\}", query)

    assert selectors
    assert all('job=~"$job"' in selector for selector in selectors)
    assert set(re.findall(r"rate\([^\[]+\[([^\]]+)\]", query)) <= {"$__rate_interval"}


def test_panels_have_names_and_numbers_of_their_own_and_do_not_lie_upon_each_other() -> None:
    for values in ([panel["id"] for panel in DASHBOARD["panels"]], [panel["title"] for panel in PANELS]):
        assert len(values) == len(set(values))
    for one, other in combinations((panel["gridPos"] for panel in DASHBOARD["panels"]), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
        assert one["x"] + one["w"] <= 24


def test_the_variables_are_the_source_the_jobs_and_the_namespaces() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}

    assert list(variables) == ["datasource", "job", "namespace"]
    for name in ("job", "namespace"):
        assert variables[name]["multi"]
        assert variables[name]["allValue"] == ".+"
