"""Draws the dashboard of a Prometheus as an SVG, for the documentation: the real answers, in plain lines and bars.

It is not Grafana, and does not look like it: it shows what each panel asks for and what a real run answers. Everything
goes through xml.etree, which escapes names.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dashboard_answers import Answer, Span, ask, panels_of

_CELL_WIDTH, _CELL_HEIGHT = 50, 26
_GAP = 4
_TITLE = 20
_LEGEND_LINE = 12
_LEGENDS = 8
_LEGENDS_IN_A_LINE = 2
_ROWS = 9
_IN_A_TABLE = ("namespace", "name", "reason")
_COLORS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
_STYLE = (
    "text { font: 10px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 11px } "
    ".big { font-size: 30px; text-anchor: middle } .faint { fill: #6e7781 } .end { text-anchor: end } "
    ".heading { font-weight: bold; font-size: 13px } .panel { fill: #ffffff; stroke: #d0d7de } "
    ".line { fill: none; stroke-width: 1.5 } .paper { fill: #f6f8fa }"
)


def draw_dashboard(dashboard: dict[str, Any], url: str, span: Span) -> str:
    """The picture. Raises httpx.HTTPError."""
    panels = dashboard["panels"]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    size = {"width": str(24 * _CELL_WIDTH), "height": str(bottom * _CELL_HEIGHT)}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "viewBox": "0 0 " + " ".join(size.values())})
    SubElement(svg, "style").text = _STYLE
    SubElement(svg, "rect", {"class": "paper", **size})
    for panel in panels:
        if panel["type"] == "row":
            _text(svg, _GAP, panel["gridPos"]["y"] * _CELL_HEIGHT + 18, panel["title"], "heading")
    for panel in panels_of(dashboard):
        _Drawing(svg, panel, ask(url, panel, span), span).draw()
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


class _Drawing:
    """One panel while it is drawn."""

    def __init__(self, svg: Element, panel: dict[str, Any], answers: list[Answer], span: Span) -> None:
        place = panel["gridPos"]
        self._x, self._y = place["x"] * _CELL_WIDTH + _GAP, place["y"] * _CELL_HEIGHT + _GAP
        self._width, self._height = place["w"] * _CELL_WIDTH - 2 * _GAP, place["h"] * _CELL_HEIGHT - 2 * _GAP
        self._panel, self._span = panel, span
        self._answers = _telling(answers) if panel["type"] == "timeseries" else answers
        self._unit = panel["fieldConfig"]["defaults"]["unit"]
        self._svg = SubElement(svg, "g")
        SubElement(self._svg, "title").text = panel["description"]

    def draw(self) -> None:
        box = {"x": self._x, "y": self._y, "width": self._width, "height": self._height, "rx": 3}
        SubElement(self._svg, "rect", {"class": "panel", **{name: str(value) for name, value in box.items()}})
        self._say(8, 14, self._panel["title"], "title")
        if not self._answers:
            self._say(8, _TITLE + 16, "No data", "faint")
            return
        drawn = {"stat": self._number, "table": self._table, "bargauge": self._bars, "timeseries": self._lines}
        drawn[self._panel["type"]]()

    def _say(self, x: float, y: float, text: str, style: str = "") -> None:
        _text(self._svg, self._x + x, self._y + y, text, style)

    def _number(self) -> None:
        self._say(self._width / 2, self._height / 2 + 20, f"{self._answers[0].values[-1][1]:.0f}", "big")

    def _table(self) -> None:
        for index, answer in enumerate(self._answers[:_ROWS]):
            y = _TITLE + 16 + 18 * index
            self._say(8, y, " · ".join(answer.labels[label] for label in _IN_A_TABLE if label in answer.labels))
            if self._unit == "dateTimeAsIso":
                self._say(self._width - 8, y, _shown(answer.values[-1][1], self._unit), "end")

    def _bars(self) -> None:
        most = self._panel["fieldConfig"]["defaults"].get("max") or max(a.values[-1][1] for a in self._answers) or 1
        for index, answer in enumerate(self._answers[:_ROWS]):
            y, value = _TITLE + 8 + 18 * index, answer.values[-1][1]
            long = (self._width - 190) * min(value / most, 1)
            bar = {"x": self._x + 140, "y": self._y + y, "width": long, "height": 11, "fill": _COLORS[2]}
            SubElement(self._svg, "rect", {name: str(part) for name, part in bar.items()})
            self._say(8, y + 9, answer.name)
            self._say(self._width - 8, y + 9, _shown(value, self._unit), "end")

    def _lines(self) -> None:
        left, right = self._x + 52, self._x + self._width - 8
        top = self._y + _TITLE + 8
        bottom = (
            self._y
            + self._height
            - 18
            - _LEGEND_LINE * math.ceil(min(len(self._answers), _LEGENDS) / _LEGENDS_IN_A_LINE)
        )
        summed = _stacked(self._answers) if self._stacks else [answer.values for answer in self._answers]
        finite = [value for values in summed for _, value in values if math.isfinite(value)]
        most = max(finite, default=0) or 1
        for share in (0, 0.5, 1):
            y = bottom - (bottom - top) * share
            grid = {"x1": left, "x2": right, "y1": y, "y2": y, "stroke": "#eaeef2"}
            SubElement(self._svg, "line", {name: str(value) for name, value in grid.items()})
            _text(self._svg, left - 4, y + 3, _shown(most * share, self._unit), "end faint")
        for share, moment in ((0, self._span.start), (1, self._span.end)):
            clock = f"{datetime.fromtimestamp(moment, UTC):%H:%M}"
            _text(self._svg, left + (right - left) * share, bottom + 12, clock, "faint end" if share else "faint")
        for index, values in enumerate(summed):
            points = [
                (
                    left + (right - left) * (moment - self._span.start) / (self._span.end - self._span.start),
                    bottom - (bottom - top) * value / most,
                )
                for moment, value in values
                if math.isfinite(value)
            ]
            drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            SubElement(self._svg, "polyline", {"class": "line", "stroke": _color(index), "points": drawn})
        for index, answer in enumerate(self._answers[:_LEGENDS]):
            line, column = divmod(index, _LEGENDS_IN_A_LINE)
            y, x = bottom + 14 + _LEGEND_LINE * (line + 1), left + (right - left) / _LEGENDS_IN_A_LINE * column
            more = f" and {len(self._answers) - _LEGENDS} more" if len(self._answers) > _LEGENDS == index + 1 else ""
            swatch = {"x": x, "y": y - 7, "width": 8, "height": 8, "fill": _color(index)}
            SubElement(self._svg, "rect", {name: str(value) for name, value in swatch.items()})
            _text(self._svg, x + 12, y, f"{answer.name}{more}", "")

    @property
    def _stacks(self) -> bool:
        return bool(self._panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal")


def _telling(answers: list[Answer]) -> list[Answer]:
    """Without those that were never anything, where there are more than the legend has room for."""
    some = [a for a in answers if any(math.isfinite(value) and value != 0 for _, value in a.values)]
    return some if some and len(answers) > _LEGENDS else answers


def _stacked(answers: Sequence[Answer]) -> list[tuple[tuple[float, float], ...]]:
    below: dict[float, float] = {}
    summed = []
    for answer in answers:
        values = []
        for moment, value in answer.values:
            below[moment] = below.get(moment, 0) + (value if math.isfinite(value) else 0)
            values.append((moment, below[moment]))
        summed.append(tuple(values))
    return summed


def _color(index: int) -> str:
    return _COLORS[index % len(_COLORS)]


def _shown(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "-"
    match unit:
        case "percentunit":
            return f"{100 * value:.0f}%"
        case "s":
            return f"{value:.3g} s"
        case "bytes":
            return f"{value / 2**20:.0f} MiB"
        case "dateTimeAsIso":
            return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M}"
        case _:
            return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _text(parent: Element, x: float, y: float, text: str, style: str) -> None:
    SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": style}).text = text
