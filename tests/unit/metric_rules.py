"""The rules of Prometheus for metrics, as `promtool check metrics` has them, where there is no promtool.

After https://prometheus.io/docs/practices/naming/ and promlint, which promtool uses; and one more: all that the
operator counts has its prefix, and every series that is known has begun.
"""

import re
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

_TYPES = ("gauge", "counter", "histogram", "summary", "untyped")
_UNITS = {
    "minutes": "seconds",
    "hours": "seconds",
    "days": "seconds",
    "milliseconds": "seconds",
    "ms": "seconds",
    "kilobytes": "bytes",
    "megabytes": "bytes",
    "percent": "ratio",
}
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def broken_rules(exposition: str) -> list[str]:
    """What is wrong with a scrape, metric by metric; nothing if all is well."""
    served = re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE)
    found = [f"{name} is there twice" for name in {name for name, _ in served if served.count((name, _)) > 1}]
    families = {family.name: family for family in text_string_to_metric_families(exposition)}
    for name, kind in served:
        family = families[name.removesuffix("_total") if kind == "counter" else name]
        found += [f"{name}: {what}" for what in _broken(name, kind, family)]
    return found


def _broken(name: str, kind: str, family: Metric) -> Iterator[str]:
    words = name.split("_")
    if not family.documentation:
        yield "has no help"
    if not _SNAKE.fullmatch(name):
        yield "is not in snake case"
    if (kind == "counter") != name.endswith("_total"):
        yield "ends with _total, or a counter that does not"
    yield from (f"has the type {word} in its name" for word in words if word in _TYPES)
    yield from (f"is in {word} and not in {_UNITS[word]}" for word in words if word in _UNITS)
    if kind not in ("histogram", "summary") and words[-1] in ("count", "sum", "bucket"):
        yield "ends as a part of a histogram does"
    labels = {label for sample in family.samples for label in sample.labels}
    yield from (f"has the label {label}" for label in labels if not _SNAKE.fullmatch(label))
    if kind != "histogram" and "le" in labels:
        yield "has the label of a histogram"
