"""The timeline as an SVG picture.

Owns coordinates and drawing. Everything goes through xml.etree, which escapes what comes from a manifest; there is no
script, and no reference to anything outside. Why no library draws it: see
docs/decisions/0023-validate-and-preview-without-a-cluster.md.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.zones import load_zone
from campaign_operator.preview.forecast import Forecast, ForecastWindow
from campaign_operator.preview.picture import (
    ClockChange,
    HolidaysByZone,
    OpenHours,
    OpenSpan,
    Picture,
    PictureRow,
    picture_of,
)
from campaign_operator.preview.style import style_sheet
from campaign_operator.wording import counted, cut, listed

_WIDTH = 1200
_LEFT, _RIGHT = 366, 1170
_NAME_END, _OFFSET_END, _CONTACTS_END = 206, 274, 332
_FIRST_ROW = 116
_ROW = 24
_LEGEND = 34
_HOLIDAY = 3
"""Height of the line above a holiday."""
_CHARACTER = 6.4
"""Width of a character of 12 px, on the safe side."""
_DATE = 96
"""Width of a date on the axis."""
_MOST_TICKS = 14
_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 12, 24, 48, 168, 336, 672, 1344, 2688, 8760, 17520))
_ZONES_IN_TOOLTIP = 60
_NOTE_CHARACTERS = 130


def forecast_svg(
    forecast: Forecast, open_hours: OpenHours | None = None, holidays: HolidaysByZone | None = None
) -> str:
    """The picture of the forecast; `open_hours` are the calling hours of each zone, for shading, and `holidays` what is
    marked in it.
    """
    return _Drawing(picture_of(forecast, open_hours, holidays)).draw()


class _Drawing:
    """One picture while it is drawn."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._bottom = _FIRST_ROW + _ROW * len(picture.rows)
        self._height = self._bottom + 34 + _LEGEND
        self._svg = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_WIDTH} {self._height}",
                "width": str(_WIDTH),
                "height": str(self._height),
                "role": "img",
                "aria-labelledby": "title description",
            },
        )

    def draw(self) -> str:
        self._head()
        for index, row in enumerate(self._picture.rows):
            self._shades(row, _FIRST_ROW + index * _ROW)
        self._axis()
        for index, row in enumerate(self._picture.rows):
            self._row(row, _FIRST_ROW + index * _ROW)
        self._legend()
        indent(self._svg)
        return tostring(self._svg, encoding="unicode") + "\n"

    # The parts, from top to bottom

    def _head(self) -> None:
        forecast = self._picture.forecast
        title = f"Who {forecast.ref} calls, and when"
        _child(self._svg, "title", {"id": "title"}, title)
        _child(self._svg, "desc", {"id": "description"}, f"{_summary(self._picture)}. One row for each time zone.")
        _child(self._svg, "style", {}, style_sheet())
        pattern = _child(
            _child(self._svg, "defs", {}),
            "pattern",
            {"id": "closed", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"},
        )
        _child(pattern, "path", {"d": "M-1 1 L1 -1 M0 6 L6 0 M5 7 L7 5", "class": "hatch"})
        _child(self._svg, "rect", {"class": "paper", "width": str(_WIDTH), "height": str(self._height)})
        self._text(20, 34, cut(title, 100), "title")
        self._text(20, 56, _summary(self._picture), "faint")
        self._skipped_matches()
        self._text(20, _FIRST_ROW - 12, "time zone, from east to west", "faint small")
        self._text(_OFFSET_END, _FIRST_ROW - 12, "offset", "faint small end")
        self._text(_CONTACTS_END, _FIRST_ROW - 12, "contacts", "faint small end")

    def _skipped_matches(self) -> None:
        """What is passed over, in one line; all of it where one points at it."""
        said = [
            f"before run {run.id}: {skipped_matches_message(run.skipped_matches)}"
            for run in self._picture.forecast.runs
            if run.skipped_matches
        ]
        if said:
            group = self._group("\n".join(said))
            self._text(20, 76, cut("; ".join(said), _NOTE_CHARACTERS), "faint small", group)

    def _axis(self) -> None:
        """Lines and times, UTC; dates where they begin."""
        step = next((s for s in _STEPS if (self._picture.last - self._picture.first) / s <= _MOST_TICKS), _STEPS[-1])
        dated: list[datetime] = []
        for moment in _ticks(self._picture.first, self._picture.last, step):
            x = self._x(moment)
            self._line(x, _FIRST_ROW - 6, x, self._bottom + 6, "line")
            for y in (_FIRST_ROW - 12, self._bottom + 18):
                label = f"{moment:%H:%M}" if step < timedelta(days=1) else f"{moment:%d %b}"
                self._text(x, y, label, "faint small middle number")
            if not dated or moment.date() != dated[-1].date():
                dated.append(moment)
        if step < timedelta(days=1):
            self._dates(dated)
        self._text(_RIGHT, _FIRST_ROW - 42, "the axis shows UTC; the bars show local times", "faint small end")

    def _dates(self, moments: list[datetime]) -> None:
        """The first date gives way to the second where there is no room for both."""
        if len(moments) > 1 and self._x(moments[1]) - self._x(moments[0]) < _DATE:
            moments = moments[1:]
        for moment in moments:
            x = min(max(self._x(moment), _LEFT - 16 + _DATE / 2), _WIDTH - _DATE / 2)
            self._text(x, _FIRST_ROW - 27, f"{moment:%a %d %b %Y}", "small middle number")

    def _shades(self, row: PictureRow, y: float) -> None:
        for span in row.nights:
            self._box(span, y, _ROW, {"class": "night"})
        for span in row.closed:
            self._box(span, y, _ROW, {"class": "closed", "fill": "url(#closed)"})

    def _row(self, row: PictureRow, y: float) -> None:
        self._line(20, y + _ROW, _RIGHT, y + _ROW, "line")
        label = self._group(_row_tooltip(row))
        baseline = y + _ROW / 2 + 4
        more = f" +{len(row.zones) - 1}" if len(row.zones) > 1 else ""
        room = int((_NAME_END - 20) / _CHARACTER) - len(more)
        self._text(20, baseline, cut(row.zones[0], room) + more, "", label)
        self._text(_OFFSET_END, baseline, _offset_text(row.offset), "faint small end number", label)
        self._text(_CONTACTS_END, baseline, f"{row.contacts:,}", "end number", label)
        for start, end, name in row.holidays:
            group = self._group(f"{row.zones[0]}: {name}")
            self._box((start, end), y + 1, _HOLIDAY, {"class": "holiday"}, group)
        for window in row.windows:
            self._window(window, y, alone=len(row.windows) == 1)
        for change in row.clock_changes:
            self._clock_change(row, change, y)

    def _window(self, window: ForecastWindow, y: float, *, alone: bool) -> None:
        group = self._group(_window_tooltip(window))
        middle = y + _ROW / 2
        if window.start is None or window.end is None:
            self._cross(self._x(window.match), middle, group)
            return
        left, right = self._x(window.start), self._x(window.end)
        attributes = {"class": "bar", "rx": "3"}
        self._box((window.start, window.end), y + 4, _ROW - 8, attributes, group)
        zone = load_zone(window.time_zone)
        times = f"{window.start.astimezone(zone):%H:%M}\u2013{window.end.astimezone(zone):%H:%M}"
        if right - left > len(times) * _CHARACTER:
            self._text((left + right) / 2, middle + 4, times, "on-bar small middle number", group)
        elif alone and right + len(times) * _CHARACTER < _RIGHT:
            self._text(right + 4, middle + 4, times, "halo small number", group)
        if window.match < window.start:
            self._arrow(self._x(window.match), left, middle, group)

    def _clock_change(self, row: PictureRow, change: ClockChange, y: float) -> None:
        group = self._group(
            f"{row.zones[0]}: clocks change from UTC{_offset_text(change.before)} to UTC{_offset_text(change.after)} "
            f"at {change.at:%Y-%m-%d %H:%M} UTC"
        )
        x = self._x(change.at)
        self._line(x, y, x, y + _ROW, "change", group)
        # the side away from the times on a bar
        centres = [
            self._x(w.start + (w.end - w.start) / 2) for w in row.windows if w.start is not None and w.end is not None
        ]
        on_the_left = any(0 <= centre - x < 60 for centre in centres)
        classes = f"on-change halo small{' end' if on_the_left else ''}"
        self._text(x - 3 if on_the_left else x + 3, y + 10, _step_text(change.after - change.before), classes, group)

    def _legend(self) -> None:
        """What occurs in the picture, with its meaning."""
        x, y = 20.0, self._bottom + 34 + 14.0
        rows = self._picture.rows
        windows = [window for row in rows for window in row.windows]
        self._box_at(x, y - 7, 34, 14, {"class": "bar", "rx": "3"})
        x = self._meaning(x, y, "open for calls")
        if any(row.nights for row in rows):
            self._box_at(x, y - 8, 34, 16, {"class": "night"})
            x = self._meaning(x, y, "night, 22 to 6 local time")
        if any(row.closed for row in rows):
            self._box_at(x, y - 8, 34, 16, {"class": "closed", "fill": "url(#closed)"})
            x = self._meaning(x, y, "closed")
        if any(row.holidays for row in rows):
            self._box_at(x, y - 8, 34, _HOLIDAY, {"class": "holiday"})
            x = self._meaning(x, y, "holiday")
        if any(w.start is not None and w.match < w.start for w in windows):
            self._arrow(x + 3, x + 34, y, self._svg)
            x = self._meaning(x, y, "deferred from the time of cron")
        if any(w.start is None for w in windows):
            self._cross(x + 17, y, self._svg)
            x = self._meaning(x, y, "skipped in this run")
        if any(row.clock_changes for row in rows):
            self._line(x + 17, y - 9, x + 17, y + 9, "change")
            self._meaning(x, y, "clocks change")

    def _meaning(self, x: float, y: float, text: str) -> float:
        """Writes a word of the legend; where the next one begins."""
        self._text(x + 42, y + 4, text, "")
        return x + 42 + len(text) * _CHARACTER + 22

    # The pieces

    def _x(self, moment: datetime) -> float:
        first, last = self._picture.first, self._picture.last
        return _LEFT + (moment - first) / (last - first) * (_RIGHT - _LEFT)

    def _group(self, tooltip: str) -> Element:
        group = _child(self._svg, "g", {})
        _child(group, "title", {}, tooltip)
        return group

    def _text(self, x: float, y: float, text: str, classes: str, parent: Element | None = None) -> None:
        attributes = {"x": _number(x), "y": _number(y)} | ({"class": classes} if classes else {})
        _child(self._svg if parent is None else parent, "text", attributes, text)

    def _line(self, x1: float, y1: float, x2: float, y2: float, kind: str, parent: Element | None = None) -> None:
        path = f"M{_number(x1)} {_number(y1)} L{_number(x2)} {_number(y2)}"
        _child(self._svg if parent is None else parent, "path", {"d": path, "class": kind})

    def _box(
        self, span: OpenSpan, y: float, height: float, attributes: dict[str, str], parent: Element | None = None
    ) -> None:
        left, right = self._x(span[0]), self._x(span[1])
        self._box_at(left, y, max(right - left, 1.5), height, attributes, parent)

    def _box_at(
        self, x: float, y: float, width: float, height: float, attributes: dict[str, str], parent: Element | None = None
    ) -> None:
        place = {"x": _number(x), "y": _number(y), "width": _number(width), "height": _number(height)}
        _child(self._svg if parent is None else parent, "rect", place | attributes)

    def _arrow(self, x1: float, x2: float, y: float, parent: Element) -> None:
        """From where the match was to where the window opens."""
        dot = {"cx": _number(x1), "cy": _number(y), "r": "2.6", "class": "tip"}
        _child(parent, "circle", dot)
        self._line(x1, y, max(x1, x2 - 5), y, "arrow", parent)
        tip = f"M{_number(x2)} {_number(y)} l-7 -4 v8 z"
        _child(parent, "path", {"d": tip, "class": "tip"})

    def _cross(self, x: float, y: float, parent: Element) -> None:
        path = f"M{_number(x - 4)} {_number(y - 4)} l8 8 m0 -8 l-8 8"
        _child(parent, "path", {"d": path, "class": "skipped", "fill": "none"})


def _child(parent: Element, tag: str, attributes: dict[str, str], text: str | None = None) -> Element:
    child = SubElement(parent, tag, attributes)
    # XML has no way to write these at all, escaped or not
    child.text = re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text) if text else None
    return child


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _ticks(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    """Round times within the axis."""
    midnight = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight
    while moment <= last:
        if moment >= first:
            yield moment
        moment += step


def _summary(picture: Picture) -> str:
    forecast = picture.forecast
    runs = forecast.runs
    of_runs = f"run {runs[0].id}" if len(runs) == 1 else f"{len(runs)} runs, {runs[0].id} to {runs[-1].id}"
    who = f"{runs[0].contacts:,} {'contact' if runs[0].contacts == 1 else 'contacts'}"
    starts = [w.start for run in runs for w in run.windows if w.start is not None]
    ends = [w.end for run in runs for w in run.windows if w.end is not None]
    when = (
        f"from {min(starts):%d %b %H:%M} to {max(ends):%d %b %Y %H:%M} UTC" if starts and ends else "nobody is called"
    )
    seen = f"seen at {forecast.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{who} in {counted(picture.zones, 'time zone')} \u00b7 {of_runs} \u00b7 {when} \u00b7 {seen}"


def _row_tooltip(row: PictureRow) -> str:
    return listed(row.zones, _ZONES_IN_TOOLTIP)


def _window_tooltip(window: ForecastWindow) -> str:
    because = (*window.adjustments, *(f"{each.source}: {each.rule}" for each in window.rules))
    reasons = f" ({', '.join(because)})" if because else ""
    if window.start is None or window.end is None:
        return f"{window.time_zone}: {window.state}{reasons}"
    zone = load_zone(window.time_zone)
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    return f"{window.time_zone}: {start:%a %d %b %Y %H:%M} to {end:%a %d %b %H:%M}{reasons}"


def _offset_text(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}".replace("-", "\u2212")


def _step_text(step: timedelta) -> str:
    minutes = round(step.total_seconds() / 60)
    size = f"{abs(minutes) / 60:g} h" if abs(minutes) >= 60 else f"{abs(minutes)} min"
    sign = "+" if minutes > 0 else "\u2212"
    return f"{sign}{size}"
