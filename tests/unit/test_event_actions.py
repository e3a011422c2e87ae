"""Each Event names an action, and one only."""

import ast
import re
from collections import Counter
from pathlib import Path

from campaign_operator.api.conditions import STALLING_CAUSES, Reason
from campaign_operator.domain.status import event_actions
from campaign_operator.domain.status.event_actions import REASONS_BY_ACTION, action_of

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring.md"
STATUS = Path(event_actions.__file__).parent


def reasons_of_events() -> set[Reason]:
    """The reasons that the rules of Events name, and those that a person must act on, which are all told."""
    named = {
        node.attr
        for node in ast.walk(ast.parse((STATUS / "campaign_events.py").read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }
    return {Reason[name] for name in named} | STALLING_CAUSES


def test_the_reason_of_every_event_has_an_action_of_its_own() -> None:
    assert {reason for reason in reasons_of_events() if action_of(reason) == "Reconcile"} == set()


def test_no_reason_has_two_actions() -> None:
    listed = Counter(reason for reasons in REASONS_BY_ACTION.values() for reason in reasons)
    assert [reason for reason, count in listed.items() if count > 1] == []


def test_an_action_is_a_word_as_kubernetes_writes_one() -> None:
    assert [action for action in REASONS_BY_ACTION if not (action.isalpha() and action[0].isupper())] == []


def test_the_monitoring_page_has_every_action_with_its_reasons() -> None:
    section = MONITORING.read_text().split("\n## Events\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, flags=re.MULTILINE)
    assert {action: re.findall(r"`(\w+)`", reasons) for action, reasons in rows} == {
        action: [reason.value for reason in reasons] for action, reasons in REASONS_BY_ACTION.items()
    }
