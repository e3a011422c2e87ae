"""What the status knows of the schedules at the dialer, at any moment of a life. Pure.

A schedule is one of the dialer's ledger, a campaign its resource as JSON.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from e2e_world import Manifest
from faults.sights import runs_of

_MAY_BE_THERE = ("Planned", "Intent", "Uncertain", "Held")
"""Windows in these states have no schedule that is known by its id."""


def instants(one: Manifest) -> tuple[datetime, datetime]:
    """Start and end of a schedule or a window."""
    start, end = (datetime.fromisoformat(one[name]).astimezone(UTC) for name in ("startTime", "endTime"))
    return start, end


def creation(schedule: Manifest) -> tuple[str, ...]:
    """What was made, and whether it stands."""
    cancelled = "cancelled" if schedule["cancelledAt"] is not None else "standing"
    return schedule["timezone"], schedule["startTime"], schedule["endTime"], cancelled


def forgotten(campaign: Manifest | None, schedules: Iterable[Manifest], now: datetime) -> Iterator[str]:
    """The campaign's own schedules that stand, whose end is ahead, and that no run of the status knows of.

    A status that was lost knows nothing for a while, and what an earlier resource of that name has made is found by a
    look at the listing.
    """
    if campaign is None or not runs_of(campaign):
        return
    windows = [window for run in runs_of(campaign) for window in run.get("windows", [])]
    ids = {window.get("scheduleID") for window in windows}
    open_questions = {(w["timeZone"], instants(w)[1]) for w in windows if w["state"] in _MAY_BE_THERE}
    for schedule in schedules:
        key, end = schedule["idempotencyKey"] or "", instants(schedule)[1]
        own = key.startswith(f"{campaign['metadata']['uid']}/") and schedule["cancelledAt"] is None
        if own and end > now and schedule["id"] not in ids and (schedule["timezone"], end) not in open_questions:
            yield f"forgotten at {now:%d %H:%M:%S}: {' '.join(creation(schedule))}"
