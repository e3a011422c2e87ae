"""The runbook and the reasons in the code are the same: nobody is woken by a word that is explained nowhere."""

import ast
import re
from pathlib import Path

import yaml
from prometheus_client import Counter, Gauge, Histogram, Info

from campaign_operator.api.conditions import Reason
from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CAMPAIGN_METRICS, family_name

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "runbook.md"
MONITORING = ROOT / "docs" / "monitoring.md"
RULES = ROOT / "charts" / "campaign-operator" / "monitoring" / "alerts.yaml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
PACKAGE = ROOT / "operator" / "campaign_operator"


def sections_of(text: str) -> dict[str, str]:
    """The text below each heading of the third level, in order."""
    _, *parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    texts = (re.split(r"^## ", text, flags=re.MULTILINE)[0] for text in parts[1::2])
    return dict(zip(parts[0::2], texts, strict=True))


def sections() -> dict[str, str]:
    """Those of the reasons."""
    before, _, after = RUNBOOK.read_text().partition("\n## Alerts\n")
    return sections_of(before + after[after.index("\n## ") :])


def sections_of_alerts() -> dict[str, str]:
    """Those of the alerts."""
    return sections_of(RUNBOOK.read_text().partition("\n## Alerts\n")[2].partition("\n## ")[0])


def reasons_named_in(module: Path) -> set[str]:
    """The members of Reason that a module names, such as `Reason.WINDOW_HELD`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }


def test_every_reason_has_a_section_and_every_section_a_reason_in_the_order_of_the_code() -> None:
    assert list(sections()) == [reason.value for reason in Reason]


def test_every_alert_has_a_section_which_it_names_and_every_section_an_alert_in_the_order_of_the_file() -> None:
    assert list(sections_of_alerts()) == [alert["alert"] for alert in ALERTS]
    for alert in ALERTS:
        assert alert["annotations"]["runbook"] == f"docs/runbook.md#{alert['alert'].lower()}"


def test_a_section_says_what_an_alert_means_how_severe_it_is_what_to_do_and_when_it_ends() -> None:
    for alert, text in zip(ALERTS, sections_of_alerts().values(), strict=True):
        for part in ("Means:", f"Severity: {alert['labels']['severity']}", "Do:", "Ends:"):
            assert part in text, (alert["alert"], part)


def reasons_in(alert: str) -> set[str]:
    """The reasons whose campaigns an alert is about."""
    (expression,) = [each["expr"] for each in ALERTS if each["alert"] == alert]
    wanted = re.findall(r'reason=~"([^"]+)"', expression)
    left_out = re.findall(r'reason!~"([^"]+)"', expression)
    return {
        reason
        for reason in Reason
        if all(re.fullmatch(each, reason) for each in wanted)
        and not any(re.fullmatch(each, reason) for each in left_out)
    }


def test_every_reason_for_which_a_person_must_act_is_in_one_alert() -> None:
    text = RUNBOOK.read_text().partition("\n## A person must act\n")[2].partition("\n## ")[0]
    act = set(sections_of(text))
    refusing, unreadable = reasons_in("CampaignDialerRefusing"), reasons_in("CampaignListUnreadable")
    stalled = reasons_in("CampaignStalled")

    assert refusing & unreadable == refusing & stalled == unreadable & stalled == set()
    assert act - refusing - unreadable - stalled == {Reason.WINDOW_HELD, Reason.WRITTEN_BY_NEWER_VERSION}


def test_the_runbook_leads_from_an_alert_to_each_of_its_reasons() -> None:
    for alert in ("CampaignDialerRefusing", "CampaignListUnreadable"):
        named = set(re.findall(r"\[(\w+)\]\(#\w+\)", sections_of_alerts()[alert]))
        assert named == reasons_in(alert), alert


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
