"""Asks a Prometheus what the panels of the dashboard ask, as Grafana would."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_ALL = ".+"
_STEPS = 120


@dataclass(frozen=True)
class Span:
    """The time that a dashboard shows, and how often Prometheus scrapes."""

    start: float
    end: float
    scrape_seconds: float

    @property
    def variables(self) -> Mapping[str, str]:
        """What Grafana puts in the place of a variable, the longest name first."""
        return {
            "$__rate_interval": f"{4 * self.scrape_seconds:.0f}s",
            "$__range": f"{self.end - self.start:.0f}s",
            "$namespace": _ALL,
            "$job": _ALL,
        }


@dataclass(frozen=True)
class Answer:
    """One series of a panel: its name, and its values by time; one value where a panel asks for the moment."""

    name: str
    labels: Mapping[str, str]
    values: tuple[tuple[float, float], ...]


def panels_of(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those that ask something."""
    return (panel for panel in dashboard["panels"] if "targets" in panel)


def ask(url: str, panel: dict[str, Any], span: Span) -> list[Answer]:
    """What Prometheus answers to all queries of a panel. Raises httpx.HTTPError; a bad query is answered with 400."""
    found = []
    for target in panel["targets"]:
        expr = target["expr"]
        for name, value in span.variables.items():
            expr = expr.replace(name, value)
        if target["instant"]:
            path, asked = "query", {"query": expr, "time": f"{span.end}"}
        else:
            step = max((span.end - span.start) / _STEPS, 1)
            path, asked = (
                "query_range",
                {"query": expr, "start": f"{span.start}", "end": f"{span.end}", "step": f"{step}"},
            )
        answer = httpx.post(f"{url}/api/v1/{path}", data=asked, trust_env=False, timeout=30)
        answer.raise_for_status()
        found += [_answer(target["legendFormat"], series) for series in answer.json()["data"]["result"]]
    return found


def _answer(legend: str, series: dict[str, Any]) -> Answer:
    values = series.get("values") or [series["value"]]
    labels = series["metric"]
    name = legend if legend != "__auto" else " ".join(labels.values())
    for label, value in labels.items():
        name = name.replace(f"{{{{{label}}}}}", value)
    name = re.sub(r"\{\{\w+\}\}", "", name).strip()  # a label that the series does not have
    return Answer(name, labels, tuple((float(time), float(value)) for time, value in values))
