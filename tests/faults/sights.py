"""What a user sees of a campaign, and the questions that a scenario waits for the answer of.

Pure. A campaign is its resource as JSON; None where it is gone. Most questions are about *the run*, the one that STATE
speaks of: the oldest that is not finished, else the last.
"""

from collections.abc import Callable
from datetime import datetime

from e2e_world import Manifest

Condition = Callable[[Manifest | None], bool]


def runs_of(campaign: Manifest | None) -> list[Manifest]:
    """The runs in the status, oldest first."""
    return list(((campaign or {}).get("status") or {}).get("runs", []))


def run_of(campaign: Manifest | None) -> Manifest:
    """The run; empty where there is none."""
    runs = runs_of(campaign)
    return next((run for run in runs if "finishTime" not in run), runs[-1] if runs else {})


def runs_and_history(campaign: Manifest | None) -> list[Manifest]:
    """Every run that the status tells of."""
    return [*runs_of(campaign), *((campaign or {}).get("status") or {}).get("history", [])]


def all_of(*conditions: Condition) -> Condition:
    """Whether all of these hold."""
    return lambda campaign: all(condition(campaign) for condition in conditions)


def run_is(*states: str, seconds: int | None = None, run_id: str | None = None) -> Condition:
    """Whether the run is in one of these states, its windows are open for so many seconds, and it is this run."""
    return lambda campaign: _is(run_of(campaign), states, seconds, run_id)


def are_submitted(*run_ids: str, seconds: int | None = None) -> Condition:
    """Whether every window of these runs is at the dialer, for so many seconds."""

    def holds(campaign: Manifest | None) -> bool:
        found = [run for run in runs_of(campaign) if run["id"] in run_ids and "finishTime" not in run]
        return len(found) == len(run_ids) and all(
            all(w["state"] == "Submitted" for w in run["windows"]) and (seconds is None or _are_open(run, seconds))
            for run in found
        )

    return holds


def _is(run: Manifest, states: tuple[str, ...], seconds: int | None, run_id: str | None) -> bool:
    return run.get("state") in states and run_id in (None, run["id"]) and (seconds is None or _are_open(run, seconds))


def _are_open(run: Manifest, seconds: int) -> bool:
    return all(_open_seconds(window) == seconds for window in run["windows"])


def _open_seconds(window: Manifest) -> float:
    start, end = (datetime.fromisoformat(window[name]) for name in ("startTime", "endTime"))
    return (end - start).total_seconds()


def windows_are(**states: str) -> Condition:
    """Whether the windows of the run are in these states, by city."""
    return lambda campaign: _states(run_of(campaign)) >= states.items()


def windows_of(run_id: str, **states: str) -> Condition:
    """Whether the windows of that run are in these states, by city."""
    return lambda campaign: any(run["id"] == run_id and _states(run) >= states.items() for run in runs_of(campaign))


def _states(run: Manifest) -> set[tuple[str, str]]:
    return {(w["timeZone"].split("/")[1], w["state"]) for w in run.get("windows", [])}


def nothing_is_submitted(campaign: Manifest | None) -> bool:
    """Whether no run has anything at the dialer, or may have."""
    return not any(
        w["state"] in ("Submitted", "Cancelling", "Intent", "Uncertain", "Held")
        for run in runs_of(campaign)
        for w in run.get("windows", [])
    )


def has_runs(number: int) -> Condition:
    """Whether the status has so many runs beside its history."""
    return lambda campaign: len(runs_of(campaign)) == number


def has_completed(run_id: str, times: int = 1) -> Condition:
    """Whether this run is Completed, wherever the status keeps it by then; or so many runs of that match."""

    def holds(campaign: Manifest | None) -> bool:
        found = [run for run in runs_and_history(campaign) if run.get("id") == run_id and run["state"] == "Completed"]
        return len(found) == times

    return holds


def is_told(campaign: Manifest | None) -> bool:
    """Whether the webhooks of all runs that have ended have arrived."""
    return all(
        (run.get("webhook") or {}).get("state") == "Delivered"
        for run in runs_and_history(campaign)
        if "finishTime" in run
    )


def ready_is(reason: str) -> Condition:
    """Whether Ready has that reason."""

    def holds(campaign: Manifest | None) -> bool:
        conditions = ((campaign or {}).get("status") or {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["reason"] == reason for c in conditions)

    return holds


def is_gone(campaign: Manifest | None) -> bool:
    """Whether the campaign is no more."""
    return campaign is None
