"""What each reason means and what to do about it: the runbook's own words, from `remedies.json`.

That file is generated from docs/runbook.md, the one source, by `make generate`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Remedy:
    """One section of the runbook. A line of `do` that begins with `$ ` is a command, and with `- ` an item."""

    means: str
    do: str
    recovery: str = ""


def remedy_for(reason: str) -> Remedy | None:
    """The remedy; None for a reason that this version does not know."""
    found = _remedies().get(reason)
    return Remedy(**found) if found is not None else None


@cache
def _remedies() -> Mapping[str, dict[str, str]]:
    text = (resources.files("kubectl_campaign") / "remedies.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found
