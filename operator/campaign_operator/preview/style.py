"""The colours of the timeline, light and dark.

Every rule is written out for both, without CSS variables: a converter that does not know `prefers-color-scheme` still
draws the light one right.
"""

from collections.abc import Mapping

_LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "faint": "#59636e",
    "line": "#d8dee4",
    "night": "#e4e3f1",
    "closed": "#8d86a8",
    "holiday": "#1a7f37",
    "bar": "#1f6feb",
    "on-bar": "#ffffff",
    "arrow": "#b35900",
    "change": "#a3107c",
    "skipped": "#c9252d",
}
_DARK: Mapping[str, str] = {
    "paper": "#0d1117",
    "ink": "#e6edf3",
    "faint": "#9da7b1",
    "line": "#2a313a",
    "night": "#1e2238",
    "closed": "#6c7196",
    "holiday": "#3fb950",
    "bar": "#4493f8",
    "on-bar": "#07101f",
    "arrow": "#f0a050",
    "change": "#ff86cf",
    "skipped": "#ff7b72",
}

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
_SHAPE = f"""
text {{ font-family: {_FONT}; font-size: 12px; }}
.title {{ font-size: 19px; font-weight: 600; }}
.small {{ font-size: 10.5px; }}
.number {{ font-variant-numeric: tabular-nums; }}
.end {{ text-anchor: end; }}
.middle {{ text-anchor: middle; }}
.line {{ stroke-width: 1; }}
.arrow {{ stroke-width: 1.6; fill: none; }}
.change {{ stroke-width: 1.4; stroke-dasharray: 3 2; }}
.skipped {{ stroke-width: 2; stroke-linecap: round; }}
.hatch {{ stroke-width: 1; }}
.halo {{ paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }}
"""


def style_sheet() -> str:
    """The text of the picture's <style>."""
    dark = "\n".join(f"  {rule}" for rule in _colours(_DARK).splitlines())
    return f"{_SHAPE}{_colours(_LIGHT)}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _colours(palette: Mapping[str, str]) -> str:
    return f""".paper {{ fill: {palette["paper"]}; }}
text {{ fill: {palette["ink"]}; }}
text.faint {{ fill: {palette["faint"]}; }}
text.on-bar {{ fill: {palette["on-bar"]}; }}
text.on-change {{ fill: {palette["change"]}; }}
.halo {{ stroke: {palette["paper"]}; }}
.line {{ stroke: {palette["line"]}; }}
.night {{ fill: {palette["night"]}; }}
.hatch {{ stroke: {palette["closed"]}; }}
.holiday {{ fill: {palette["holiday"]}; }}
.bar {{ fill: {palette["bar"]}; }}
.arrow {{ stroke: {palette["arrow"]}; }}
.tip {{ fill: {palette["arrow"]}; }}
.change {{ stroke: {palette["change"]}; }}
.skipped {{ stroke: {palette["skipped"]}; }}"""
