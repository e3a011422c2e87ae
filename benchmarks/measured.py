"""The figures of the last whole run of each benchmark, in a file beside this one: docs/sizing.md is made from them.

A benchmark that was not run keeps its earlier ones.
"""

import json
from collections.abc import Mapping
from pathlib import Path

PATH = Path(__file__).with_suffix(".json")


def keep(figures: Mapping[str, float]) -> None:
    """Write these in place of those of the same names."""
    all_of_them = kept() | {name: round(value, 4) for name, value in figures.items()}
    PATH.write_text(json.dumps(dict(sorted(all_of_them.items())), indent=2) + "\n")


def kept() -> dict[str, float]:
    """All figures by name."""
    figures: dict[str, float] = json.loads(PATH.read_text())
    return figures
