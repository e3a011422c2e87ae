"""Writes the tables of metrics in `docs/monitoring.md` out of the metrics themselves.

So each metric, its type, its labels and their values are as the operator serves them. The text around the tables is
written by hand: only what is between two markers is replaced.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram, Info, Metric

from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CAMPAIGN_METRICS, family_name

PAGE = Path(__file__).parents[1] / "docs" / "monitoring.md"

_BEGIN, _END = "<!-- begin generated: {} -->", "<!-- end generated: {} -->"
_WITHOUT_MEANING = ("namespace", "version", "python_version")
_MOST_VALUES = 10
_BY_NAMESPACE: tuple[Gauge, ...] = (metrics.namespace_watched, metrics.watch_age)
"""Without a namespace that is watched, they have no series from which their labels could be seen."""

Row = tuple[str, str, str]


def render_page() -> str:
    """The page as it is, with the tables as they must be. Raises ValueError where a marker is missing."""
    page = PAGE.read_text()
    for name, rows in (("metrics by campaign", _by_campaign()), ("metrics by operator", _by_operator())):
        page = _replaced(page, name, _table(list(rows)))
    return page


def _replaced(page: str, name: str, table: str) -> str:
    begin, end = _BEGIN.format(name), _END.format(name)
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"{PAGE.name} must have the lines {begin} and {end}")
    return f"{before}{begin}\n\n{table}\n{end}{after}"


def _by_campaign() -> Iterator[Row]:
    for metric in CAMPAIGN_METRICS:
        labels = ("namespace", "name", *metric.labels)
        yield _named(family_name(metric), labels), "gauge", metric.documentation


def _by_operator() -> Iterator[Row]:
    for gauge in _BY_NAMESPACE:
        gauge.labels("")
    for collector in vars(metrics).values():
        if isinstance(collector, Counter | Gauge | Histogram | Info):
            for family in collector.collect():
                yield _row(family)


def _row(family: Metric) -> Row:
    ending, kind = {"counter": ("_total", "counter"), "info": ("_info", "gauge")}.get(family.type, ("", family.type))
    values: dict[str, dict[str, None]] = {}
    for sample in family.samples:
        for label, value in sample.labels.items():
            if label != "le":
                values.setdefault(label, {})[value] = None
    meaning = family.documentation + "".join(f" {_values(label, [*known])}" for label, known in values.items())
    return _named(family.name + ending, tuple(values)), kind, meaning.strip()


def _values(label: str, known: Sequence[str]) -> str:
    if label in _WITHOUT_MEANING or len(known) > _MOST_VALUES:
        return ""
    return f"`{label}`: {', '.join(f'`{value}`' for value in known)}."


def _named(name: str, labels: Sequence[str]) -> str:
    return f"`{name}{{{', '.join(labels)}}}`" if labels else f"`{name}`"


def _table(rows: Sequence[Row]) -> str:
    lines = [("metric", "type", "meaning"), ("---",) * 3, *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
