"""What an edit of a campaign would move, add or drop.

Owns the comparison of two forecasts, run by run in their order: the next run with the next run, whatever their nominal
times are. A window that is Skipped counts as one that is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaign_operator.preview.forecast import Forecast, ForecastRun, ForecastWindow


class ChangeKind(StrEnum):
    """What becomes of a zone's window."""

    ADDED = "Added"
    """The zone is called in this run, and was not."""

    DROPPED = "Dropped"
    """The zone was called in this run, and is not any more."""

    MOVED = "Moved"
    """The window has another start or end."""

    RECOUNTED = "Recounted"
    """The window is the same, for another number of contacts."""


@dataclass(frozen=True, slots=True)
class WindowChange:
    """One zone's window in one run, before and after an edit."""

    number: int
    """The place of the run, counted from 1."""

    kind: ChangeKind
    """What the edit does to the window."""

    time_zone: str
    """The zone."""

    old_run_id: str | None
    """The run before the edit; None if there is none."""

    run_id: str | None
    """The run after the edit; None if there is none."""

    old: ForecastWindow | None
    """The window before the edit; None if there is none."""

    new: ForecastWindow | None
    """The window after the edit; None if there is none."""

    @property
    def moved_seconds(self) -> float | None:
        """How much later the window opens; negative: earlier. None unless there is a start before and after."""
        before, after = _start(self.old), _start(self.new)
        return (after - before).total_seconds() if before is not None and after is not None else None


def compare(old: Forecast, new: Forecast) -> tuple[WindowChange, ...]:
    """Every window that is not the same, by run, then from east to west."""
    changes: list[WindowChange] = []
    for index in range(max(len(old.runs), len(new.runs))):
        before = old.runs[index] if index < len(old.runs) else None
        after = new.runs[index] if index < len(new.runs) else None
        changes += sorted(_changes(index + 1, before, after), key=_east_first)
    return tuple(changes)


def _changes(number: int, before: ForecastRun | None, after: ForecastRun | None) -> Iterator[WindowChange]:
    old, new = _by_zone(before), _by_zone(after)
    for zone in {**old, **new}:
        kind = _kind(old.get(zone), new.get(zone))
        if kind is not None:
            yield WindowChange(
                number,
                kind,
                zone,
                before.id if before is not None else None,
                after.id if after is not None else None,
                old.get(zone),
                new.get(zone),
            )


def _by_zone(run: ForecastRun | None) -> dict[str, ForecastWindow]:
    windows = run.windows if run is not None else ()
    return {window.time_zone: window for window in windows if window.start is not None}


def _kind(old: ForecastWindow | None, new: ForecastWindow | None) -> ChangeKind | None:
    if old is None or new is None:
        return ChangeKind.ADDED if old is None else ChangeKind.DROPPED
    if (old.start, old.end) != (new.start, new.end):
        return ChangeKind.MOVED
    return ChangeKind.RECOUNTED if old.contacts != new.contacts else None


def _start(window: ForecastWindow | None) -> datetime | None:
    return window.start if window is not None else None


def _east_first(change: WindowChange) -> tuple[float, str]:
    window = change.new or change.old
    return (-window.utc_offset.total_seconds() if window is not None else 0, change.time_zone)
