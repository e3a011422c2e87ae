"""A name means one thing: whoever searches for it finds one file, and whoever imports it needs no alias."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "operator"

ENTRY_POINTS = {"app", "main", "__init__.py", "__main__.py"}
"""Named as every console script and package names them."""

TWINS = {"AnalyticsQuery", "Instant", "Schedule", "ScheduleRequest", "ScheduleState", "wire.py"}
"""The simulated dialer says the same as the operator's client, on the other side of the wire, and shares no code."""


def modules() -> list[Path]:
    return sorted(PACKAGES.rglob("*.py"))


def public_names(module: Path) -> Iterator[str]:
    for node in ast.parse(module.read_text()).body:
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                yield name


def doubles(names: Iterator[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1} - ENTRY_POINTS - TWINS


def test_no_two_files_have_one_name() -> None:
    assert len(modules()) > 150
    assert doubles(module.name for module in modules()) == set()


def test_no_two_modules_define_one_public_name() -> None:
    names = (name for module in modules() for name in public_names(module) if not name.startswith("_"))
    assert doubles(names) == set()
