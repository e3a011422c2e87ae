"""What the dialer's listing tells of windows of which nobody knows, and what it makes of the status: adopted, planned
again, or held for a person. Pure, like `record`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, WindowStatus
from campaign_operator.api.vocabulary import RESOLVE_ANNOTATION, Adjustment, WindowState
from campaign_operator.domain.campaigns.runs import in_state
from campaign_operator.domain.campaigns.window_states import KNOWN_BY_ID, POSSIBLY_THERE
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import Listing, Schedule, ScheduleState, Span
from campaign_operator.domain.planning.zones import canonical_name
from campaign_operator.domain.status.record import at_place, changed, run_at, window_in, with_run

_FAR_AHEAD = timedelta(days=1100)
"""Beyond the furthest window of any run: a match within a year, and its successors within another."""

_ZoneAndEnd = tuple[str, datetime]


def matching(windows: Iterable[WindowStatus], listing: Listing, named: Collection[str]) -> dict[str, Schedule]:
    """By time zone, the schedule that is the window's: same zone, start and end, and not cancelled.

    A dialer may list it under another name of its zone, which a second window may have for its own. So each schedule is
    one window's, none is that of a window which names it (`named` by their ids), and the very name goes before others.
    """
    free: defaultdict[_ZoneAndEnd, list[Schedule]] = defaultdict(list)
    for schedule in sorted(listing.schedules, key=lambda s: s.id):
        if schedule.state is not ScheduleState.CANCELLED and schedule.id not in named:
            free[canonical_name(schedule.time_zone), schedule.end].append(schedule)
    missing, found = {w.time_zone: w for w in windows}, dict[str, Schedule]()
    for by_its_very_name in (True, False):
        for time_zone, w in [*missing.items()]:
            candidates = free[canonical_name(time_zone), w.end_time]
            named_so = (s for s in candidates if not by_its_very_name or s.time_zone == time_zone)
            ours = next((s for s in named_so if starts_as(w, s)), None)
            if ours is not None:
                candidates.remove(ours)
                found[time_zone] = ours
                del missing[time_zone]
    return found


def named_in(status: OutboundCampaignStatus) -> frozenset[str]:
    """The ids of the schedules that the windows of every run name."""
    return frozenset(w.schedule_id for run in status.runs for w in run.windows if w.schedule_id is not None)


def known_by_id(windows: Iterable[WindowStatus], listing: Listing) -> dict[str, Schedule]:
    """By time zone, the schedule that a window names, unless it is cancelled."""
    standing = listing.standing
    return {
        w.time_zone: standing[w.schedule_id] for w in windows if w.schedule_id is not None and w.schedule_id in standing
    }


def unclaimed(status: OutboundCampaignStatus, listing: Listing, now: datetime) -> tuple[Schedule, ...]:
    """The schedules whose end is ahead, that are not cancelled, and that no window of any run holds or may hold."""
    claimed = named_in(status)
    for run in status.runs:
        claimed |= {s.id for s in matching(in_state(run, *POSSIBLY_THERE), listing, claimed).values()}
    return tuple(s for s in listing.standing.values() if s.end > now and s.id not in claimed)


def strange(status: OutboundCampaignStatus, unclaimed: Iterable[Schedule]) -> tuple[Schedule, ...]:
    """Those that no run planned later can find to be its own: they begin before the newest run ends."""
    last_end = max((run.last_end for run in status.runs), default=None)
    return tuple(s for s in unclaimed if last_end is not None and s.start < last_end)


def taken_up(
    status: OutboundCampaignStatus, listing: Listing, connection: Connection, now: datetime
) -> OutboundCampaignStatus:
    """The status under another connection, where the dialer lists by it every schedule that stands; the same object
    where it does not, or where no schedule is known to stand.
    """
    standing = listing.standing.keys()
    for run in status.runs:
        ids = {w.schedule_id for w in in_state(run, *KNOWN_BY_ID) if w.end_time > now and w.schedule_id is not None}
        if run.connection_hash != connection.hash and ids and ids <= standing:
            status = with_run(status, at_place(run, connection))
    return status


def span_to_ask_for(status: OutboundCampaignStatus, now: datetime) -> Span:
    """The part of the listing that matters: from the first window that is not settled, and all that is ahead.

    Begun earlier by the longest window, since a dialer may take the start of the span for the earliest start.
    """
    open_ = [w for run in status.runs for w in run.windows if w.end_time > now or w.state in POSSIBLY_THERE]
    longest = max((w.end_time - w.start_time for w in open_), default=timedelta())
    return Span(min([now, *(w.start_time for w in open_)]) - longest, now + _FAR_AHEAD)


def starts_as(w: WindowStatus, schedule: Schedule) -> bool:
    """A late window was moved before it was sent; what an earlier life sent for it has the earlier start."""
    is_late = Adjustment.STARTED_LATE in w.adjustments
    return schedule.start == w.start_time or (is_late and schedule.start < w.start_time)


def adopted(
    status: OutboundCampaignStatus, key: RunKey, found: Mapping[str, Schedule], connection: Connection
) -> OutboundCampaignStatus:
    """Windows whose schedule is already at the dialer."""
    status = changed(
        status,
        key,
        found,
        lambda w: window_in(
            w,
            WindowState.SUBMITTED,
            schedule_id=found[w.time_zone].id,
            adopted=True,
            message="adopted: the dialer already had it",
        ),
    )
    return with_run(status, at_place(run_at(status, key), connection))


def looked_up(
    status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str], listing: Listing, connection: Connection
) -> OutboundCampaignStatus:
    """Uncertain windows after a complete listing: adopted, or proven not carried out and planned again."""
    run, chosen = run_at(status, key), frozenset(time_zones)
    windows = [w for w in run.windows if w.time_zone in chosen]
    found = known_by_id(windows, listing)
    found |= matching([w for w in windows if w.time_zone not in found], listing, named_in(status))
    status = adopted(status, key, found, connection)
    return changed(status, key, chosen - found.keys(), lambda w: window_in(w, WindowState.PLANNED, schedule_id=None))


def held(status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str], why: str) -> OutboundCampaignStatus:
    """Windows that may have been submitted, where nobody can or may be asked: a person must look."""
    message = f"it may have been submitted, and {why}; check the dialer, then set the annotation {RESOLVE_ANNOTATION}"
    return changed(
        status, key, time_zones, lambda w: window_in(w, WindowState.HELD, reason=Reason.WINDOW_HELD, message=message)
    )
