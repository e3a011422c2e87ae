"""The chart's values beside the operator's own options: each option has a value, with the same default and bounds."""

import inspect
import json
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import pytest
import yaml
from typer.models import OptionInfo

from campaign_operator.cli.run import run

CHART = Path(__file__).parents[2] / "charts" / "campaign-operator"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())

IN_OTHER_WORDS = {
    "namespace": "watchNamespaces",
    "all_namespaces": "watchNamespaces",
    "allow_cidr": "allowCIDRs",
    "ca_file": "caBundle",
    "metrics_per_campaign": "metrics.perCampaign",
    "list_max_rows": "contactLists.maxRows",
    "list_max_bytes": "contactLists.maxBytes",
    "list_timeout_seconds": "contactLists.timeoutSeconds",
}
FIXED = {
    *("health_port", "metrics_port"),
    *("leader_elect", "leader_elect_resource_namespace", "leader_elect_resource_name"),
}
"""The chart's own: its ports, probes and scrape target name them, and it always elects, by a Lease of its own name."""

OPTIONS = inspect.signature(run).parameters
HINTS = get_type_hints(run, include_extras=True)


def value_of(option: str) -> str:
    """The path of the value that sets an option."""
    first, *others = option.split("_")
    return IN_OTHER_WORDS.get(option, first + "".join(word.title() for word in others))


def at(tree: dict[str, Any], path: str, step: str = "") -> Any:
    """What stands at that path; `step` is a key between two names."""
    for name in path.split("."):
        tree = tree[step][name] if step else tree[name]
    return tree


def option_of(name: str) -> OptionInfo:
    """How typer describes an option."""
    hint = HINTS[name]
    assert getattr(hint, "__metadata__", None), f"{name} is not {Annotated}"
    return next(part for part in get_args(hint) if isinstance(part, OptionInfo))


@pytest.mark.parametrize("option", sorted(OPTIONS.keys() - FIXED))
def test_every_option_of_run_has_a_value(option: str) -> None:
    at(VALUES, value_of(option))
    at(SCHEMA, value_of(option), "properties")


NUMBERS = [name for name, parameter in OPTIONS.items() if type(parameter.default) in (int, float)]


def test_there_are_numbers_among_the_options() -> None:
    assert len(NUMBERS) == 9


@pytest.mark.parametrize("option", NUMBERS)
def test_a_number_has_the_operators_own_default_and_bounds(option: str) -> None:
    schema, info = at(SCHEMA, value_of(option), "properties"), option_of(option)
    assert at(VALUES, value_of(option)) == OPTIONS[option].default
    assert (schema["minimum"], schema["maximum"]) == (info.min, info.max)


def paths(tree: dict[str, Any], above: str = "") -> set[str]:
    """The paths of all values, but for what lies in a value that the chart hands on as it is."""
    found = set()
    for name, value in tree.items():
        path = f"{above}{name}"
        handed_on = path in ("resources", "podSecurityContext", "securityContext") or path.endswith("annotations")
        found |= paths(value, f"{path}.") if isinstance(value, dict) and value and not handed_on else {path}
    return found


def schema_paths(tree: dict[str, Any], above: str = "") -> set[str]:
    """The paths of all values that the schema describes."""
    found = set()
    for name, value in tree["properties"].items():
        path = f"{above}{name}"
        found |= schema_paths(value, f"{path}.") if "properties" in value else {path}
    return found


def test_the_schema_has_every_value_and_no_other_but_what_a_parent_chart_sets() -> None:
    assert schema_paths(SCHEMA) - paths(VALUES) == {"enabled", "global"}
    assert paths(VALUES) - schema_paths(SCHEMA) == set()
