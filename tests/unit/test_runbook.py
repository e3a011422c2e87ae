"""The runbook and the reasons in the code are the same: nobody is woken by a word that is explained nowhere."""

import ast
import re
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram, Info

from campaign_operator.api.conditions import Reason
from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CAMPAIGN_METRICS, family_name

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "runbook.md"
MONITORING = ROOT / "docs" / "monitoring.md"
PACKAGE = ROOT / "operator" / "campaign_operator"


def sections() -> dict[str, str]:
    """The text below each heading of the third level, in order."""
    _, *parts = re.split(r"^### (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    texts = (re.split(r"^## ", text, flags=re.MULTILINE)[0] for text in parts[1::2])
    return dict(zip(parts[0::2], texts, strict=True))


def reasons_named_in(module: Path) -> set[str]:
    """The members of Reason that a module names, such as `Reason.WINDOW_HELD`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }


def test_every_reason_has_a_section_and_every_section_a_reason_in_the_order_of_the_code() -> None:
    assert list(sections()) == [reason.value for reason in Reason]


def test_no_reason_has_two_sections() -> None:
    headings = re.findall(r"^### (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    assert len(headings) == len(set(headings))


def test_every_reason_is_given_somewhere_but_those_that_are_reserved() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "api" / "conditions.py"]
    named = set().union(*map(reasons_named_in, modules))
    assert {reason for reason in Reason if reason.name not in named} == set()


def test_a_section_says_what_it_means_and_what_to_do() -> None:
    for heading, text in sections().items():
        assert "Means:" in text, heading
        assert "Do:" in text, heading


def test_the_monitoring_page_has_every_metric_and_no_other() -> None:
    table = MONITORING.read_text().split("\n## Metrics\n")[1]
    named = re.findall(r"^\| `(campaign_operator_\w+)", table, flags=re.MULTILINE)
    endings = {"counter": "_total", "info": "_info"}
    kept = [found for found in vars(metrics).values() if isinstance(found, Counter | Gauge | Histogram | Info)]
    by_operator = [f"{family.name}{endings.get(family.type, '')}" for found in kept for family in found.collect()]
    assert named == [family_name(metric) for metric in CAMPAIGN_METRICS] + by_operator
