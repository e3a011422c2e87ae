"""What becomes of a window whose start passes before it could be sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign_operator.api.status import WindowStatus
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.planning.windows import next_whole_second

SHORTEST_LATE_WINDOW_SECONDS = 900
"""What must remain of a window that could not be sent in time, or it is not worth opening."""


MARGIN_SECONDS = 5
"""Beyond the time a request may take to leave: for the write of the new start."""


@dataclass(frozen=True, slots=True)
class Late:
    """Send it for what is left: it now starts at `start`."""

    start: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """Too little is left of it."""


def too_late(window: WindowStatus, now: datetime, settings: Settings, *, may_be_sent: bool) -> Late | Missed | None:
    """The fate of a planned window that cannot be sent as it stands; None where it still can, or must only wait.

    A start that is nearer than the time a request may take to leave could be past on arrival, and the dialer refuses a
    start in the past for good; so such a window is put off too, as long as enough remains of it.
    """
    if window.start_time > now + timedelta(seconds=settings.send_within_seconds):
        return None
    if now <= last_chance(window, settings):
        return Late(next_whole_second(now + timedelta(seconds=late_lead_seconds(settings)))) if may_be_sent else None
    return Missed() if window.start_time <= now + timedelta(seconds=1) else None


def last_chance(window: WindowStatus, settings: Settings) -> datetime:
    """The last instant at which enough is left of the window to send it late."""
    return window.end_time - timedelta(seconds=SHORTEST_LATE_WINDOW_SECONDS + late_lead_seconds(settings))


def late_lead_seconds(settings: Settings) -> float:
    """How far ahead a late window starts: so far that it is not late again before it can be sent."""
    return max(settings.lead_seconds, settings.send_within_seconds + MARGIN_SECONDS)
