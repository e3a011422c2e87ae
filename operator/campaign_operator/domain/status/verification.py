"""Whether the schedules that were submitted still stand at the dialer, looked for shortly before they start.

A second cluster that adopted them and deleted its campaign, or a hand at the dialer, is seen before nobody is called.
A schedule that two complete listings, a settling time apart, do not show as it was submitted has drifted. Its window
stays Submitted: suspend and deletion still cancel it by its id. Pure; `decide` says when, `submission` asks.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import RESOLVE_ANNOTATION, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.dialing.outcomes import Listing, Schedule
from campaign_operator.domain.status import record
from campaign_operator.domain.status.adoption import starts_as

REMAINING_SECONDS = 600
"""What is left before a start when it is known at the latest: time for a person to act."""

_TOGETHER_SECONDS = 3600
"""Windows that start within so long of each other are looked for in one listing."""

_MARGIN_SECONDS = 60

NOT_LISTED = "the dialer does not list its schedule as submitted; the operator looks once more"
DRIFTED = (
    "the dialer does not list its schedule as submitted, so it will not call on time; check the dialer, then set "
    f"the annotation {RESOLVE_ANNOTATION} to Resubmit or to the ID of its schedule"
)
NOT_VERIFIED = "it starts before the operator can check its schedule at the dialer"


def next_look(status: OutboundCampaignStatus, now: datetime, settle_seconds: float) -> datetime | None:
    """When the listing is to be looked at next; None where nothing is to be looked for."""
    ahead = timedelta(seconds=REMAINING_SECONDS + settle_seconds + _MARGIN_SECONDS)
    first = [w.start_time - ahead for run in status.runs for w in unverified(run, now)]
    again = [w.next_attempt_time or now for run in status.runs for w in _suspected(run, now)]
    return min((*first, *again), default=None)


def too_late_to_verify(run: RunStatus, now: datetime) -> tuple[WindowStatus, ...]:
    """The windows that could not be looked for in time."""
    limit = now + timedelta(seconds=REMAINING_SECONDS)
    return tuple(w for w in (*unverified(run, now), *_suspected(run, now)) if w.start_time <= limit)


def soon(run: RunStatus, now: datetime, settle_seconds: float) -> tuple[str, ...]:
    """The zones of which the start is too near to look for the schedule twice and leave a person time to act."""
    limit = now + timedelta(seconds=REMAINING_SECONDS + 2 * settle_seconds)
    return tuple(w.time_zone for w in unverified(run, now) if w.start_time <= limit)


def not_verified(status: OutboundCampaignStatus, key: RunKey, time_zones: Iterable[str]) -> OutboundCampaignStatus:
    """Windows that start without having been looked for."""

    def change(w: WindowStatus) -> WindowStatus:
        return record.window_in(w, w.state, reason=Reason.NOT_VERIFIED, message=NOT_VERIFIED)

    return record.changed(status, key, time_zones, change)


def never(status: OutboundCampaignStatus) -> OutboundCampaignStatus:
    """The dialer has no listing, so nothing is ever looked for."""
    return status.model_copy(
        update={"runs": tuple(run.model_copy(update={"verified_until": run.last_end}) for run in status.runs)}
    )


def verified(
    status: OutboundCampaignStatus, listing: Listing, now: datetime, settle_seconds: float
) -> OutboundCampaignStatus:
    """The status after a complete listing that can be trusted."""
    standing = listing.standing
    until = now + timedelta(seconds=_TOGETHER_SECONDS)
    again = now + timedelta(seconds=settle_seconds)
    for run in status.runs:
        looked_for = [w for w in unverified(run, now) if w.start_time < until]
        if not looked_for and not _suspected(run, now):
            continue
        suspected = {w.time_zone for w in _suspected(run, now)}
        chosen = suspected | {w.time_zone for w in looked_for}

        def change(w: WindowStatus, suspected: Iterable[str] = frozenset(suspected)) -> WindowStatus:
            if _stands(w, standing.get(w.schedule_id or "")):
                return record.window_in(w, w.state) if w.time_zone in suspected else w
            if w.time_zone not in suspected:
                return record.waiting(w, w.state, Reason.SCHEDULE_NOT_LISTED, NOT_LISTED, again)
            if w.next_attempt_time is not None and w.next_attempt_time > now:
                return w
            return record.window_in(w, w.state, reason=Reason.SCHEDULE_DRIFTED, message=DRIFTED)

        status = record.changed(status, run.key, chosen, change)
        after = record.run_at(status, run.key).model_copy(update={"verified_until": until})
        status = record.with_run(status, after)
    return status


def drifted(status: OutboundCampaignStatus) -> Iterator[tuple[RunStatus, WindowStatus]]:
    """The windows whose schedules have drifted."""
    for run in status.runs:
        for w in runs.in_state(run, WindowState.SUBMITTED):
            if w.reason == Reason.SCHEDULE_DRIFTED:
                yield run, w


def unverified(run: RunStatus, now: datetime) -> tuple[WindowStatus, ...]:
    """The submitted windows of which the start is ahead and the schedule was not looked for yet."""
    since = run.verified_until
    return tuple(
        w
        for w in runs.in_state(run, WindowState.SUBMITTED)
        if w.reason is None and w.start_time > now and (since is None or w.start_time >= since)
    )


def _suspected(run: RunStatus, now: datetime) -> tuple[WindowStatus, ...]:
    submitted = runs.in_state(run, WindowState.SUBMITTED)
    return tuple(w for w in submitted if w.reason == Reason.SCHEDULE_NOT_LISTED and w.start_time > now)


def _stands(w: WindowStatus, schedule: Schedule | None) -> bool:
    """By instants: a dialer may spell the name of a zone in another way."""
    return schedule is not None and schedule.end == w.end_time and starts_as(w, schedule)
