"""A forecast and its changes for people, in columns.

Owns the layout: zones from east to west, 80 columns where the names allow it. Colours and the width of a terminal are
given; nothing here asks for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from textwrap import wrap

from campaign_operator.domain.planning.skipped_matches import skipped_matches_message
from campaign_operator.domain.planning.zones import load_zone
from campaign_operator.preview.columns import (
    BOLD,
    DIM,
    GREEN,
    RED,
    YELLOW,
    Paint,
    TableRow,
    aligned,
    shortened,
)
from campaign_operator.preview.comparison import ChangeKind, WindowChange
from campaign_operator.preview.forecast import Forecast, ForecastRun, ForecastWindow
from campaign_operator.wording import counted

_WIDTH = 120
MEANINGS_OF_ADJUSTMENTS = {
    "MovedOutOfGap": "the clocks skip this time; uses the first moment after it",
    "FirstOfTwo": "the clocks show this time twice; uses the first",
    "DeferredToOpening": "outside the calling hours; deferred until they start",
    "ClippedAtClosing": "shortened to end with the calling hours",
    "ClosedDate": "the date is closed; skipped in this run",
    "StartPassed": "already past; skipped in this run",
    "OutsideCallingHours": "outside the calling hours; skipped in this run",
    "StartedLate": "submitted after its start; opens for what is left of it",
}
"""What a reason of a window means, in a few words."""

_KIND_COLOURS = {
    ChangeKind.ADDED: GREEN,
    ChangeKind.DROPPED: RED,
    ChangeKind.MOVED: YELLOW,
    ChangeKind.RECOUNTED: YELLOW,
}


def forecast_table(of: Forecast, *, colours: bool = False, width: int | None = None) -> str:
    """The forecast as a table for each run; zones are shortened where the lines would be longer than `width`."""
    paint = Paint(colours)
    head = f"{of.ref}, seen at {of.now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return "\n".join([paint(head, BOLD), *(line for run in of.runs for line in _run(run, of.now, paint, width)), ""])


def changes_table(changes: Sequence[WindowChange], now: datetime, *, colours: bool = False) -> str:
    """What an edit would move, add or drop."""
    paint = Paint(colours)
    if not changes:
        return "The edit does not change any window.\n"
    lines: list[str] = []
    for number in sorted({change.number for change in changes}):
        of_run = [change for change in changes if change.number == number]
        before, after = of_run[0].old_run_id or "none", of_run[0].run_id or "none"
        run = after if before == after else f"{before} becomes {after}"
        lines += ["", paint(f"changes of run {number}: {run}, {_kinds(of_run)}", BOLD)]
        rows = [_change(change, now) for change in of_run]
        for change, line in zip(of_run, aligned(rows), strict=True):
            lines.append("  " + paint(line, _KIND_COLOURS[change.kind]))
    return "\n".join([*lines, ""])


def _run(run: ForecastRun, now: datetime, paint: Paint, width: int | None) -> Iterator[str]:
    windows = run.windows_from_east
    zones = counted(len(windows), "zone")
    title = f"run {run.id}: {counted(run.contacts, 'contact')} in {zones}, plan {run.plan_hash}"
    yield ""
    for each in run.skipped_matches:
        yield from (paint(line, YELLOW) for line in wrap(skipped_matches_message([each]), width or _WIDTH))
    yield paint(title, BOLD)
    rows = [("ZONE", "CONTACTS", "LOCAL TIME", "UTC"), *(_row(window, now) for window in windows)]
    header, *lines = aligned(shortened(rows, width), right=frozenset({1}))
    yield paint(header, DIM)
    for window, line in zip(windows, lines, strict=True):
        yield paint(line, DIM) if window.start is None else line
        for reason in window.adjustments:
            meaning = MEANINGS_OF_ADJUSTMENTS.get(reason)
            yield paint(f"    {reason}: {meaning}" if meaning else f"    {reason}", YELLOW)
            for rule in window.rules:
                if rule.adjustment == reason:
                    yield paint(f"        {rule.source}: {rule.rule}", YELLOW)
    yield from _totals(windows, now)


def _row(window: ForecastWindow, now: datetime) -> TableRow:
    if window.start is None or window.end is None:
        return (window.time_zone, str(window.contacts), window.state, "")
    zone = load_zone(window.time_zone)
    local = _span(window.start.astimezone(zone), window.end.astimezone(zone), f"{_date_form(window.start, now)} %H:%M")
    return (window.time_zone, str(window.contacts), local, _span(window.start, window.end, "%a %H:%M"))


def _date_form(moment: datetime, now: datetime) -> str:
    """With the year where it is not that of now."""
    return "%a %d %b" if moment.year == now.year else "%a %d %b %Y"


def _span(start: datetime, end: datetime, form: str) -> str:
    """From and to; a date is added to the end as the days that lie between."""
    days = (end.date() - start.date()).days
    return f"{start:{form}}-{end:%H:%M}" + (f" +{days}d" if days else "")


def _totals(windows: Sequence[ForecastWindow], now: datetime) -> Iterator[str]:
    called = [window for window in windows if window.start is not None and window.end is not None]
    skipped = len(windows) - len(called)
    if not called:
        yield "nobody is called: every time zone is skipped in this run"
        return
    first = min(called, key=lambda w: (w.start or w.match, w.time_zone))
    last = max(called, key=lambda w: (w.end or w.match, w.time_zone))
    yield f"first call from   {_moment(first.start, first.time_zone, now)}"
    yield f"last call before  {_moment(last.end, last.time_zone, now)}"
    contacts = sum(window.contacts for window in called)
    left_out = f"; {counted(skipped, 'zone')} skipped" if skipped else ""
    yield f"total             {counted(contacts, 'contact')} called in {counted(len(called), 'zone')}{left_out}"


def _moment(instant: datetime | None, zone: str, now: datetime) -> str:
    if instant is None:
        return ""
    return f"{instant:{_date_form(instant, now)} %H:%M} UTC, {instant.astimezone(load_zone(zone)):%a %H:%M} in {zone}"


def _kinds(changes: Iterable[WindowChange]) -> str:
    kinds = [change.kind for change in changes]
    return ", ".join(f"{kinds.count(kind)} {kind.value.lower()}" for kind in ChangeKind if kind in kinds)


def _change(change: WindowChange, now: datetime) -> TableRow:
    return (change.kind.value, change.time_zone, _difference(change, now))


def _difference(change: WindowChange, now: datetime) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        window = new or old
        return f"{_row(window, now)[2]}, {counted(window.contacts, 'contact')}" if window is not None else ""
    if change.kind is ChangeKind.RECOUNTED:
        return f"{old.contacts} -> {counted(new.contacts, 'contact')}"
    shift = change.moved_seconds
    later = f", {_shift(shift)}" if shift else ""
    return f"{_row(old, now)[2]} -> {_row(new, now)[2]}{later}"


def _shift(seconds: float) -> str:
    size = timedelta(seconds=abs(seconds))
    days, hours, minutes = size.days, size.seconds // 3600, size.seconds % 3600 // 60
    parts = (f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    words = " ".join(part for part in parts if part) or f"{abs(seconds):g} s"
    return f"{words} {'later' if seconds > 0 else 'earlier'}"
