"""The fields of the log are those that the monitoring page explains."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docs" / "monitoring.md"
PACKAGE = ROOT / "operator" / "campaign_operator"

OF_EVERY_LINE = {"time", "level", "event"}
BOUND = {"namespace", "name", "run", "action", "rule"}
"""What the loop binds for all lines of a campaign, and of an action; tests/e2e/test_log_lines.py sees them."""

SPREAD = {"shared_by"}
"""Of lines about a list, which names one of its campaigns."""


def fields_named() -> Iterator[str]:
    """The keyword arguments of the calls of `_log`."""
    for module in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func.value
                if isinstance(called, ast.Name) and called.id == "_log":
                    yield from (keyword.arg for keyword in node.keywords if keyword.arg is not None)


def test_the_monitoring_page_explains_every_field_and_no_other() -> None:
    section = MONITORING.read_text().split("\n## Logs\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, flags=re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert explained == {*fields_named(), *OF_EVERY_LINE, *BOUND, *SPREAD}
