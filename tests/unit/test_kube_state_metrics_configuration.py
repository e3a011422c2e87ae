"""The configuration for kube-state-metrics: in the documented format, and about fields that the resource has.

That kube-state-metrics makes metrics of it is shown by `make kube-state-metrics`.
https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/extend/customresourcestate-metrics.md
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from campaign_operator.api.crd import custom_resource_definition
from campaign_operator.api.vocabulary import GROUP, KIND, VERSION, RunState, WebhookState

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "examples" / "monitoring" / "kube-state-metrics.yaml"
MONITORING = ROOT / "docs" / "monitoring.md"
METADATA = {"namespace": "string", "name": "string", "generation": "integer", "creationTimestamp": "string"}

Labels = dict[str, list[str]]
MetricName = Field(pattern=r"^[a-z]+(_[a-z]+)*$")


class Strict(BaseModel):
    """kube-state-metrics ignores what it does not know."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Gauge(Strict):
    path: list[str]
    value_from: list[str] = []
    labels_from_path: Labels = {}
    nil_is_zero: bool = False


class StateSet(Strict):
    path: list[str]
    label_name: str
    values: list[str] = Field(alias="list")


class Info(Strict):
    path: list[str] = []
    labels_from_path: Labels


class Each(Strict):
    type: Literal["Gauge", "StateSet", "Info"]
    gauge: Gauge | None = None
    state_set: StateSet | None = None
    info: Info | None = None


class Metric(Strict):
    name: str = MetricName
    help: str
    each: Each


class GroupVersionKind(Strict):
    group: Literal["campaign-operator.io"]
    version: str
    kind: str


class Resource(Strict):
    group_version_kind: GroupVersionKind
    metric_name_prefix: str = MetricName
    labels_from_path: Labels
    error_log_v: int
    metrics: list[Metric]


class Spec(Strict):
    resources: list[Resource] = Field(min_length=1, max_length=1)


class Configuration(Strict):
    kind: Literal["CustomResourceStateMetrics"]
    spec: Spec


(RESOURCE,) = Configuration.model_validate(yaml.safe_load(CONFIGURATION.read_text())).spec.resources
METRICS = {metric.name: metric.each for metric in RESOURCE.metrics}


def schema() -> dict[str, Any]:
    """The schema of the resource; that of metadata is Kubernetes' own."""
    (version,) = custom_resource_definition()["spec"]["versions"]
    whole: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    metadata = {"properties": {name: {"type": kind} for name, kind in METADATA.items()}}
    return {"properties": {**whole["properties"], "metadata": metadata}}


def type_at(path: list[str], above: dict[str, Any]) -> str:
    """The type of the field at the path. Raises LookupError where there is none."""
    for part in path:
        above = above["items"] if re.fullmatch(r"\[type=\w+\]", part) else above["properties"][part]
    return str(above.get("type", "object"))


def field(path: list[str]) -> dict[str, Any]:
    found = schema()
    for part in path:
        found = found["properties"][part]
    return found


def paths() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Each path of a value or a label, with the metric and the schema that it begins at."""
    for path in RESOURCE.labels_from_path.values():
        yield "every metric", path, schema()
    for name, each in METRICS.items():
        chosen = each.gauge or each.state_set or each.info
        assert chosen is not None
        if (isinstance(chosen, Gauge) and not chosen.value_from) or isinstance(chosen, StateSet):
            yield name, chosen.path, schema()
            continue
        start = field(chosen.path) if chosen.path else schema()
        start = start.get("items", start)
        if isinstance(chosen, Gauge):
            yield name, chosen.value_from, start
        yield from ((name, path, start) for path in chosen.labels_from_path.values())


@pytest.mark.parametrize(("metric", "path", "start"), [pytest.param(*p, id=f"{p[0]} {p[1]}") for p in paths()])
def test_every_path_leads_to_a_value_of_the_resource(metric: str, path: list[str], start: dict[str, Any]) -> None:
    assert type_at(path, start) in ("string", "integer", "boolean"), metric


def test_it_is_about_this_resource() -> None:
    assert RESOURCE.group_version_kind.model_dump() == {"group": GROUP, "version": VERSION, "kind": KIND}


def test_a_metric_has_what_its_type_needs_and_a_name_of_its_own() -> None:
    assert len(METRICS) == len(RESOURCE.metrics)
    for each in METRICS.values():
        given = {"Gauge": each.gauge, "StateSet": each.state_set, "Info": each.info}
        assert [kind for kind, value in given.items() if value is not None] == [each.type]


def test_the_states_are_all_that_there_are() -> None:
    state, webhook = METRICS["state"].state_set, METRICS["webhook_state"].state_set
    assert state is not None
    assert webhook is not None
    assert state.values == [*RunState, "Cancelling", "Suspended"]
    assert sorted(webhook.values) == sorted(WebhookState)


def test_the_monitoring_page_has_every_metric_and_no_other() -> None:
    section = MONITORING.read_text().split("\n## kube-state-metrics\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)", section, flags=re.MULTILINE)
    assert named == [f"{RESOURCE.metric_name_prefix}_{metric.name}" for metric in RESOURCE.metrics]
