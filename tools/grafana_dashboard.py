"""Writes the dashboard for Grafana as JSON: a part of `make generate`.

Owns what all panels have in common, since the JSON of one has fifty lines. The chart ships what is written.
"""

import json
from collections.abc import Iterator
from typing import Any

from dashboard_panels import ROWS, Panel, Query

UID = "campaign-operator"
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24


def render_dashboard() -> str:
    """The dashboard as Grafana imports it."""
    dashboard = {
        "uid": UID,
        "title": "Calling campaigns",
        "description": "Campaigns, runs, the dialer and the operator. Made by `make generate`.",
        "tags": ["campaign-operator"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": list(_variables())},
        "annotations": {"list": []},
        "panels": list(_panels()),
    }
    return json.dumps(dashboard, indent=2) + "\n"


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    for name, label, asked in (
        ("job", "Job", "label_values(campaign_operator_build_info, job)"),
        ("namespace", "Namespace", 'label_values(campaign_operator_campaign_info{job=~"$job"}, namespace)'),
    ):
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _DATASOURCE,
            "definition": asked,
            "query": {"query": asked, "refId": name},
            "refresh": 2,  # when the time range changes
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".+",
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _panels() -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for row in ROWS:
        number += 1
        yield _heading(number, row.title, y)
        y += 1
        x, height = 0, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            number += 1
            yield _panel(number, panel, {"x": x, "y": y, "w": panel.width, "h": panel.height})
            x, height = x + panel.width, max(height, panel.height)
        y += height


def _heading(number: int, title: str, y: int) -> dict[str, Any]:
    place = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [_target(panel, index, query) for index, query in enumerate(panel.queries)],
        **({"transformations": _OF_A_TABLE} if panel.kind == "table" else {}),
    }


def _field(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    field: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "stat":
        field["decimals"] = 0  # an increase is extrapolated
    if panel.most is not None:
        field["max"] = panel.most
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        field["custom"] = {"fillOpacity": 20 if panel.stacked else 0, "lineWidth": 1, "stacking": stacking}
    return field


def _target(panel: Panel, index: int, query: Query) -> dict[str, Any]:
    at_once = panel.kind != "timeseries"
    return {
        "refId": chr(ord("A") + index),
        "datasource": _DATASOURCE,
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": at_once,
        "range": not at_once,
        **({"format": "table"} if panel.kind == "table" else {}),
    }


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {"reduceOptions": _LAST, "colorMode": "value", "graphMode": "none"},
    "bargauge": {"reduceOptions": _LAST, "orientation": "horizontal", "displayMode": "basic"},
    "table": {"showHeader": True, "cellHeight": "sm"},
}
_OF_A_TABLE = [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]
